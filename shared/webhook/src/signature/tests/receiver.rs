//! How a receiver verifies, as docs/use/webhooks.md tells it.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// `header` gives the value of a header; `now` is in seconds since 1970.
pub(super) fn is_genuine<'a>(
    secret: &str,
    header: impl Fn(&str) -> Option<&'a str>,
    body: &[u8],
    now: u64,
) -> Option<()> {
    let (event, sent) = (header("webhook-id")?, header("webhook-timestamp")?);
    let key = BASE64_STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
    let mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    let mac = mac.chain_update(format!("{event}.{sent}.")).chain_update(body);
    let is_ours = |one: &str| {
        let signature = one.strip_prefix("v1,").and_then(|one| BASE64_STANDARD.decode(one).ok());
        // `verify_slice` takes the same time for each signature.
        signature.is_some_and(|signature| mac.clone().verify_slice(&signature).is_ok())
    };
    let is_now = sent.parse::<u64>().ok()?.abs_diff(now) <= 300;
    (is_now && header("webhook-signature")?.split(' ').any(is_ours)).then_some(())
}
