//! New keys for a webhook, beside which the old ones sign for a while, so that its receiver can take its time.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::{
    Code, Error, Fault, Member, Result, Timestamp, Violation,
    extract::IfMatch,
    id::WebhookId,
    webhook::{PreviousKeys, SealedKeys, SigningKeys, StoredWebhook},
};

use crate::{
    store::{Store, is_trashed, no_such_webhook},
    webhook::Effect,
};

const OVERLAP_SECONDS_DEFAULT: i64 = 24 * 60 * 60;
/// A week, as with tokens.
const OVERLAP_SECONDS_MAX: i64 = 7 * 24 * 60 * 60;
/// Each pair of keys makes two more signatures in a header.
const PREVIOUS_MAX: usize = 3;

/// How long the old keys sign.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WebhookRotation")]
pub(crate) struct Rotation {
    /// How long the old secret signs beside the new one: 0 to 604800 seconds, a day if absent.
    #[schemars(with = "Option<u32>", range(max = OVERLAP_SECONDS_MAX))]
    overlap_seconds: Option<i64>,
}

impl Rotation {
    /// The seconds, if they keep to the rules.
    pub(crate) fn checked(&self) -> Result<i64> {
        let seconds = self.overlap_seconds.unwrap_or(OVERLAP_SECONDS_DEFAULT);
        if !(0..=OVERLAP_SECONDS_MAX).contains(&seconds) {
            let detail = format!("Give 0 to {OVERLAP_SECONDS_MAX} seconds.");
            let fault = Fault::new("/overlap_seconds", Violation::OutOfRange, detail);
            return Err(Error::unprocessable(vec![fault]));
        }
        Ok(seconds)
    }
}

impl Store {
    /// Gives a webhook new keys, of which the answer has the secret.
    pub(crate) async fn rotate(
        &self,
        by: &Member,
        id: &WebhookId,
        overlap_seconds: i64,
        if_match: &IfMatch,
    ) -> Result<(StoredWebhook, SigningKeys)> {
        let keys = SigningKeys::new()?;
        let sealed = keys.seal(&*self.keys.ring().await?, (&by.team, id))?;
        let rotate = |webhook: &mut StoredWebhook| {
            if is_trashed(webhook) {
                return Err(no_such_webhook());
            }
            rotate(webhook, sealed.clone(), overlap_seconds, self.now())?;
            Ok(Some(Effect::default()))
        };
        Ok((self.change(by, id, if_match, rotate).await?, keys))
    }
}

/// Puts the keys in the place of the present ones. From then on none of the old ones signs for longer than that.
fn rotate(webhook: &mut StoredWebhook, keys: SealedKeys, overlap_seconds: i64, now: Timestamp) -> Result<()> {
    let until = now.plus_seconds(overlap_seconds);
    let old = PreviousKeys { keys: std::mem::replace(&mut webhook.keys, keys), until };
    webhook.previous.insert(0, old);
    for previous in &mut webhook.previous {
        previous.until = previous.until.min(until);
    }
    webhook.previous.retain(|previous| previous.until > now);
    if webhook.previous.len() > PREVIOUS_MAX {
        let detail =
            "Three old secrets sign already: wait for the end of one, or send overlap_seconds 0 to end all.";
        return Err(Error::new(Code::LimitReached, detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
