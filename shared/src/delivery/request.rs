//! The request of a delivery, signed at the moment.

use super::{Signed, StoredDelivery, StoredEvent};
use crate::{
    error::Result,
    keys::Keys,
    timestamp::Timestamp,
    webhook::{StoredWebhook, signed_headers},
};

/// A signature for the next request of a delivery to a webhook: over as much of the event as the webhook may be told now,
/// and might be when it happened.
///
/// # Errors
/// 500 when the keys of the webhook cannot be had.
pub async fn signed(
    keys: &Keys,
    webhook: &StoredWebhook,
    (delivery, event): (&StoredDelivery, &StoredEvent),
    now: Timestamp,
) -> Result<Signed> {
    let signing = webhook.signing_keys(keys, now).await?;
    let content = delivery.content.and(webhook.content);
    let headers = signed_headers(&signing, &event.id, now, &content.of(&event.body)?)?;
    Ok(Signed { url: webhook.url.clone(), headers, content })
}
