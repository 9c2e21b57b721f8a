//! Key rotation: a webhook gets new keys, and the old ones sign too for a while, so that its receiver can
//! switch without losing events.

use api::{Member, extract::IfMatch};
use base::{Code, Error, Fault, Result, Timestamp, Violation, id::WebhookId};
use schemars::JsonSchema;
use serde::Deserialize;
use webhook::{PreviousKeys, SealedKeys, SigningKeys, StoredWebhook};

use crate::{store::Store, webhook::ChangeEffect};

const OVERLAP_SECONDS_DEFAULT: i64 = 24 * 60 * 60;
/// A week, as with tokens.
const OVERLAP_SECONDS_MAX: i64 = 7 * 24 * 60 * 60;
/// Each old pair of keys adds two signatures to the header.
const PREVIOUS_MAX: usize = 3;

/// Settings of a rotation.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "WebhookRotation")]
pub(crate) struct Rotation {
    /// How long requests are signed with the old secret as well, in seconds: 0 to 604800 (a week). The default
    /// is a day.
    #[schemars(with = "Option<u32>", range(max = OVERLAP_SECONDS_MAX))]
    overlap_seconds: Option<i64>,
}

impl Rotation {
    /// The overlap in seconds, if it is valid.
    pub(crate) fn validate(&self) -> Result<i64> {
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
    /// Gives a webhook new keys, and returns them so that the response can have the secret.
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
            rotate(webhook, sealed.clone(), overlap_seconds, self.now())?;
            Ok(Some(ChangeEffect::default()))
        };
        Ok((self.change(by, id, if_match, rotate).await?, keys))
    }
}

/// Replaces the present keys. No old keys sign for longer than the overlap from now on.
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
