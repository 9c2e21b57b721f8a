//! Signing the request of a delivery.

use super::{StoredWebhook, signed_headers};
use base::{error::Result, timestamp::Timestamp};
use delivery::{SignedRequest, StoredDelivery, StoredEvent};
use keys::Keys;

/// Signs the next request of a delivery. It has as much of the event as the webhook may get now, and might when
/// it happened.
///
/// # Errors
/// 500 when the keys of the webhook cannot be had.
pub async fn sign_request(
    keys: &Keys,
    webhook: &StoredWebhook,
    (delivery, event): (&StoredDelivery, &StoredEvent),
    now: Timestamp,
) -> Result<SignedRequest> {
    let signing = webhook.signing_keys(keys, now).await?;
    let content = delivery.content.and(webhook.content);
    let headers = signed_headers(&signing, &event.id, now, &content.of(&event.body)?)?;
    Ok(SignedRequest { url: webhook.url.clone(), headers, content })
}
