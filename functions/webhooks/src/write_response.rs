//! The responses to writes. Whoever may read webhooks gets the webhook. Whoever may not gets back what they
//! sent, and nothing from which they could learn whether a guess about the rest is right.

use api::{Member, extract::IfMatch, response::Versioned};
use base::{
    Permission, Result,
    actor::Source,
    id::{DeliveryId, WebhookId},
};
use delivery::{StoredDelivery, WebhookContent};
use schemars::JsonSchema;
use serde::Serialize;
use webhook::{SigningKeys, StoredWebhook};

use crate::{
    store::Store,
    view::{Delivery, ReceiverState, Recovered, Webhook, WebhookWithSecret},
    webhook::WebhookPatch,
};

/// The full resource for those who may read it, or the limited response for others.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum WriteResponse<Full, Limited> {
    Full(Box<Full>),
    Limited(Limited),
}

/// The response without permission to read webhooks: the id, and the settings that were sent.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SentWebhook {
    id: WebhookId,
    #[serde(flatten)]
    sent: SentSettings,
}

/// The response without permission to read webhooks: the id, the settings that were sent, and the new keys.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SentWebhookWithSecret {
    #[serde(flatten)]
    about: SentWebhook,
    /// The public key with which `v1a` signatures are verified.
    public_key: String,
    /// The shared secret for `v1` signatures. Store it now: it is never returned again.
    secret: String,
}

/// The response without permission to read webhooks: the id of the delivery.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SentDelivery {
    id: DeliveryId,
}

/// The response without permission to read webhooks: whether to repeat the request.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SentRecovery {
    /// Whether there are more: repeat the request until this is false.
    more: bool,
}

/// The settings of a webhook exactly as the request had them.
#[derive(Default, Serialize, JsonSchema)]
pub(crate) struct SentSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topics: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_types: Option<Option<Vec<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    except_sources: Option<Vec<Source>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<WebhookContent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
}

/// The response to a write of a webhook.
pub(crate) type WebhookResponse = WriteResponse<Webhook, SentWebhook>;
/// The response to a write that creates keys.
pub(crate) type SecretResponse = WriteResponse<WebhookWithSecret, SentWebhookWithSecret>;
/// The response to a request that sends a delivery.
pub(crate) type DeliveryResponse = WriteResponse<Delivery, SentDelivery>;

impl SentSettings {
    pub(crate) fn of(patch: &WebhookPatch) -> Self {
        let WebhookPatch { name, description, url, topics, object_types, except_sources, content, active } =
            patch.clone();
        Self { name, description, url, topics, object_types, except_sources, content, active }
    }
}

impl Store {
    /// The response with the webhook after a write.
    pub(crate) async fn webhook_response(
        &self,
        by: &Member,
        webhook: StoredWebhook,
        sent: SentSettings,
    ) -> Result<Versioned<WebhookResponse, Option<u64>>> {
        if !reads(by) {
            return Ok(Versioned(None, WriteResponse::Limited(SentWebhook { id: webhook.id, sent })));
        }
        let view = self.view(webhook).await?;
        Ok(Versioned(Some(view.version()), WriteResponse::Full(Box::new(view))))
    }

    /// The response with the webhook and its new secret.
    pub(crate) fn secret_response(
        &self,
        by: &Member,
        (webhook, keys): (StoredWebhook, &SigningKeys),
        (state, sent): (ReceiverState, SentSettings),
    ) -> Versioned<SecretResponse, Option<u64>> {
        if !reads(by) {
            let public_key = webhook.keys.public_key.clone();
            let about = SentWebhook { id: webhook.id, sent };
            let limited = SentWebhookWithSecret { about, public_key, secret: keys.secret() };
            return Versioned(None, WriteResponse::Limited(limited));
        }
        let full = WebhookWithSecret::new(Webhook::of(webhook, state, self.now()), keys);
        Versioned(Some(full.version()), WriteResponse::Full(Box::new(full)))
    }
}

/// The response with a delivery that was queued.
pub(crate) fn delivery_response(by: &Member, delivery: StoredDelivery) -> DeliveryResponse {
    if !reads(by) {
        return WriteResponse::Limited(SentDelivery { id: delivery.id });
    }
    WriteResponse::Full(Box::new(Delivery::of(delivery)))
}

/// The response with the result of a recovery.
pub(crate) fn recovery_response(by: &Member, recovered: Recovered) -> WriteResponse<Recovered, SentRecovery> {
    if !reads(by) {
        return WriteResponse::Limited(SentRecovery { more: recovered.more });
    }
    WriteResponse::Full(Box::new(recovered))
}

/// Refuses `If-Match` from those who may not read webhooks: whether the version has grown would tell them
/// whether a setting that they guessed was already there.
pub(crate) fn check_may_send_version(by: &Member, if_match: &IfMatch) -> Result<()> {
    if if_match.is_set() { by.needs(&[Permission::WebhookRead]) } else { Ok(()) }
}

fn reads(by: &Member) -> bool {
    by.may(Permission::WebhookRead)
}
