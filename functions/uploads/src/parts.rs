//! Files that are sent in parts: URLs for the parts, as often as they are asked for, and one file when all are there.

use std::{collections::HashMap, time::Duration};

use api::Member;
use base::{Error, Fault, Result, Violation, id::UploadId};
use bucket::{FileKey, SentPart};
use schemars::JsonSchema;
use serde::Deserialize;
use upload::{PART_SECONDS, Parts, StoredUpload, UploadStatus};

use crate::{
    store::{LOOK_INTERVAL, LOOKS_MAX, Store, wrong_state},
    view::{SignedPart, SignedPut},
};

/// The most parts that are asked for at once.
const NUMBERS_MAX: usize = 100;
/// So many missing parts are named.
const NAMED_MAX: usize = 20;
/// So long the URL for a part lasts.
const PART_LIFE: Duration = Duration::from_secs(PART_SECONDS.unsigned_abs());

/// The parts to send next.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({"numbers": [1, 2, 3]}))]
pub(crate) struct PartNumbers {
    /// Their numbers, from 1 to `part_count`.
    #[schemars(length(min = 1, max = NUMBERS_MAX))]
    numbers: Vec<u32>,
}

impl PartNumbers {
    fn check(&self, parts: &Parts) -> Result<()> {
        let list = |violation, detail: String| Fault::new("/numbers", violation, detail);
        if self.numbers.is_empty() {
            return Err(Error::unprocessable(vec![list(Violation::Required, "Name a part.".to_owned())]));
        }
        if self.numbers.len() > NUMBERS_MAX {
            let detail = format!("Name at most {NUMBERS_MAX} parts at once.");
            return Err(Error::unprocessable(vec![list(Violation::TooMany, detail)]));
        }
        let is_part = |number: u32| (1..=parts.count()).contains(&number);
        let fault = |(index, number): (usize, &u32)| {
            let detail = format!("The parts of this upload are 1 to {}.", parts.count());
            let at = format!("/numbers/{index}");
            (!is_part(*number)).then(|| Fault::new(at, Violation::OutOfRange, detail))
        };
        let faults: Vec<_> = self.numbers.iter().enumerate().filter_map(fault).collect();
        if faults.is_empty() { Ok(()) } else { Err(Error::unprocessable(faults)) }
    }
}

impl Store {
    /// URLs for these parts. What was sent of them already is told, so that nobody sends it twice.
    pub(crate) async fn sign_parts(
        &self,
        by: &Member,
        id: &UploadId,
        wanted: &PartNumbers,
    ) -> Result<Vec<SignedPart>> {
        let upload = self.own(by, id).await?;
        let Some(parts) = &upload.body.parts else {
            return Err(wrong_state("This upload is sent as a whole, to the URL that it began with."));
        };
        wanted.check(parts)?;
        let over = || wrong_state("All parts of this upload were sent, or its time is over.");
        if upload.body.status != UploadStatus::Waiting || upload.body.is_over(upload.created_at, self.now()) {
            return Err(over());
        }
        let key = FileKey::upload(&upload.team, &upload.id);
        let sent = self.bucket.sent_parts(&key, &parts.id).await?.ok_or_else(over)?;
        let sent: HashMap<u32, SentPart> = sent.into_iter().map(|part| (part.number, part)).collect();
        let expires_at = self.now().plus_seconds(PART_SECONDS);
        let mut signed = Vec::with_capacity(wanted.numbers.len());
        for number in &wanted.numbers {
            let of = (*number, parts.size_of(*number));
            let put = self.bucket.sign_part((&key, &parts.id), of, PART_LIFE).await?;
            let etag = sent.get(number).map(|part| part.etag.clone());
            signed.push(SignedPart { number: *number, etag, put: SignedPut::new(put, expires_at) });
        }
        Ok(signed)
    }

    /// Joins parts. Of two who do so at once the store refuses one, while the other is still at it.
    async fn join(&self, key: &FileKey, id: &str, parts: &[SentPart]) -> Result<()> {
        let Err(refused) = self.bucket.join_parts(key, id, parts).await else { return Ok(()) };
        for _ in 0..LOOKS_MAX {
            if self.bucket.head(key).await?.is_some() {
                return Ok(());
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        Err(refused)
    }

    /// Makes one file of the parts, if all are there and it was not done before.
    pub(crate) async fn join_parts(&self, upload: &StoredUpload, parts: &Parts) -> Result<()> {
        let key = FileKey::upload(&upload.team, &upload.id);
        let Some(sent) = self.bucket.sent_parts(&key, &parts.id).await? else { return Ok(()) };
        let is_there = |number: &u32| {
            sent.iter().any(|part| part.number == *number && part.size == parts.size_of(*number))
        };
        let missing: Vec<_> = (1..=parts.count()).filter(|number| !is_there(number)).collect();
        if missing.is_empty() {
            return self.join(&key, &parts.id, &sent).await;
        }
        let named: Vec<_> = missing.iter().take(NAMED_MAX).map(u32::to_string).collect();
        let more = if missing.len() > NAMED_MAX { " and more" } else { "" };
        Err(wrong_state(&format!(
            "Of {} parts these were not sent yet: {}{more}.",
            parts.count(),
            named.join(", ")
        )))
    }
}
