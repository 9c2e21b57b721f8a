//! The request of a delivery, signed at the moment.

use super::{Request, StoredDelivery, StoredEvent};
use crate::{
    error::Result,
    keys::Keys,
    timestamp::Timestamp,
    webhook::{StoredWebhook, signed_headers},
};

/// The next request of a delivery to a webhook.
///
/// # Errors
/// 500 when the keys of the webhook cannot be had.
pub async fn signed_request(
    keys: &Keys,
    webhook: &StoredWebhook,
    (delivery, event): (&StoredDelivery, &StoredEvent),
    now: Timestamp,
) -> Result<Request> {
    let signing = webhook.signing_keys(keys, now).await?;
    Ok(Request {
        team: webhook.team.clone(),
        webhook: webhook.id.clone(),
        delivery: delivery.id.clone(),
        event: event.id.clone(),
        tries: delivery.tries,
        url: webhook.url.clone(),
        headers: signed_headers(&signing, &event.id, now, &event.body)?,
    })
}
