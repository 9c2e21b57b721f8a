//! Makes variants of pictures when they are first asked for.

use std::time::Duration;

use base::Result;
use bucket::{VariantKeys, VariantState};
use file_types::PICTURE_BYTES_MAX;

use crate::{Inspector, variants::shrink};

/// So long it may take. A picture of the most pixels takes a few seconds.
const TIME_MAX: Duration = Duration::from_secs(10);
/// So often it is tried: what ends this process would end the next one too.
const ATTEMPTS_MAX: u32 = 3;

impl Inspector {
    /// Makes the variant that is asked for, unless it is there, and ends the request.
    pub(crate) async fn answer(&self, keys: &VariantKeys) -> Result<()> {
        match self.bucket.variant(keys).await? {
            VariantState::Made | VariantState::Failed => {}
            VariantState::Absent => self.make(keys, 1).await?,
            VariantState::Begun(attempts) if attempts < ATTEMPTS_MAX => self.make(keys, attempts + 1).await?,
            VariantState::Begun(_) => self.bucket.store_variant(keys, None).await?,
        }
        // Whoever removes a picture removes its variants after it. One that came later goes here.
        if self.bucket.head(&keys.original).await?.is_none() {
            self.bucket.delete(&keys.made).await?;
        }
        self.bucket.delete(&keys.request).await
    }

    async fn make(&self, keys: &VariantKeys, attempt: u32) -> Result<()> {
        let Some(head) = self.bucket.head(&keys.original).await? else { return Ok(()) };
        if head.size > PICTURE_BYTES_MAX {
            return self.bucket.store_variant(keys, None).await;
        }
        let length = usize::try_from(head.size).map_err(anyhow::Error::from)?;
        // One at a time, so that as much memory is taken as for one.
        let turn = self.turns.clone().acquire_owned().await.map_err(anyhow::Error::from)?;
        let picture = self.bucket.read(&keys.original, &head, 0, length).await?;
        self.bucket.begin_variant(keys, attempt).await?;
        let variant = keys.variant;
        let made = tokio::task::spawn_blocking(move || {
            let made = shrink(&picture, variant);
            drop(turn);
            made
        });
        // Neither what takes too long nor what panics is a picture.
        let made = tokio::time::timeout(TIME_MAX, made).await.ok().and_then(|ended| ended.ok()?.ok());
        self.bucket.store_variant(keys, made).await
    }
}
