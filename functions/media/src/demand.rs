//! Makes variants of pictures when they are first asked for.

use std::time::Duration;

use base::Result;
use bucket::{Attempts, VariantKeys, VariantState};
use file_types::PICTURE_BYTES_MAX;

use crate::{Inspector, variants::shrink};

/// So long it may take. A picture of the most pixels takes a few seconds.
const TIME_MAX: Duration = Duration::from_secs(10);
/// So often it is tried: what ends this process would end the next one too.
const ATTEMPTS_MAX: u32 = 3;

impl Inspector {
    /// Makes the variant that is asked for, unless it is there, and ends the request.
    pub(crate) async fn answer(&self, keys: &VariantKeys) -> Result<()> {
        let attempts = match self.bucket.variant(keys).await? {
            VariantState::Made | VariantState::Failed => None,
            VariantState::Absent => Some(Attempts::default()),
            VariantState::Begun(attempts) => Some(attempts),
        };
        match attempts {
            Some(attempts) if attempts.count >= ATTEMPTS_MAX => {
                self.bucket.give_up_variant(keys, &attempts).await?;
            }
            // Somebody else is about it, and ends the request.
            Some(attempts) if !self.make(keys, &attempts).await? => return Ok(()),
            _ => {}
        }
        // Whoever removes a picture removes its variants after it. One that came later goes here.
        if self.bucket.head(&keys.original).await?.is_none() {
            self.bucket.delete(&keys.made).await?;
        }
        self.bucket.delete(&keys.request).await
    }

    /// Makes a variant. Returns false if somebody else does at the same time.
    async fn make(&self, keys: &VariantKeys, before: &Attempts) -> Result<bool> {
        let Some(head) = self.bucket.head(&keys.original).await? else { return Ok(true) };
        if head.size > PICTURE_BYTES_MAX {
            return self.bucket.store_variant(keys, None).await.map(|()| true);
        }
        let length = usize::try_from(head.size).map_err(anyhow::Error::from)?;
        // One at a time, so that as much memory is taken as for one.
        let turn = self.turns.clone().acquire_owned().await.map_err(anyhow::Error::from)?;
        let picture = self.bucket.read(&keys.original, &head, 0, length).await?;
        if !self.bucket.begin_variant(keys, before).await? {
            return Ok(false);
        }
        let variant = keys.variant;
        let made = tokio::task::spawn_blocking(move || {
            let made = shrink(&picture, variant);
            drop(turn);
            made
        });
        // What takes too long may only have met a busy machine: when somebody asks again, it is tried again.
        let Ok(ended) = tokio::time::timeout(TIME_MAX, made).await else { return Ok(true) };
        // What panics is no picture.
        self.bucket.store_variant(keys, ended.ok().and_then(std::result::Result::ok)).await.map(|()| true)
    }
}
