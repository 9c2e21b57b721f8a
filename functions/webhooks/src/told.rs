//! What the answer to a write tells: who may read webhooks sees the webhook; who may not, what was sent, and nothing by which a
//! guess could be tried.

use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    Member, Permission, Result,
    delivery::StoredDelivery,
    extract::IfMatch,
    id::{DeliveryId, WebhookId},
    response::Versioned,
    webhook::{Content, SigningKeys, StoredWebhook},
};

use crate::{
    shown::{Delivery, Known, Recovered, Webhook, WebhookWithSecret},
    store::Store,
    webhook::WebhookPatch,
};

/// A thing as who may read it sees it, or what of it others are told.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum Told<Whole, Part> {
    Whole(Box<Whole>),
    Part(Part),
}

/// For who may not read webhooks: the id, and what was sent.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SentWebhook {
    id: WebhookId,
    #[serde(flatten)]
    sent: Sent,
}

/// For who may not read webhooks: the id, what was sent, and the new keys.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SentWebhookWithSecret {
    #[serde(flatten)]
    about: SentWebhook,
    /// What `v1a` signatures are verified with.
    public_key: String,
    /// What `v1` signatures are made with. Keep it now: it is never shown again.
    secret: String,
}

/// For who may not read webhooks: the id of a delivery.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SentDelivery {
    id: DeliveryId,
}

/// For who may not read webhooks: whether to ask for the same again.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SentRecovery {
    /// Whether there are more: ask for the same again.
    more: bool,
}

/// The settings of a webhook that were sent, as they were sent.
#[derive(Default, Serialize, JsonSchema)]
pub(crate) struct Sent {
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
    content: Option<Content>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
}

/// The answer to a write of a webhook.
pub(crate) type ToldWebhook = Told<Webhook, SentWebhook>;
/// The answer to one that makes keys.
pub(crate) type ToldWithSecret = Told<WebhookWithSecret, SentWebhookWithSecret>;
/// The answer to what sends a delivery.
pub(crate) type ToldDelivery = Told<Delivery, SentDelivery>;

impl Sent {
    pub(crate) fn of(patch: &WebhookPatch) -> Self {
        let WebhookPatch { name, description, url, topics, object_types, content, active } = patch.clone();
        Self { name, description, url, topics, object_types, content, active }
    }
}

impl Store {
    /// The webhook after a write of it.
    pub(crate) async fn told(
        &self,
        by: &Member,
        webhook: StoredWebhook,
        sent: Sent,
    ) -> Result<Versioned<ToldWebhook, Option<u64>>> {
        if !reads(by) {
            return Ok(Versioned(None, Told::Part(SentWebhook { id: webhook.id, sent })));
        }
        let shown = self.shown(webhook).await?;
        Ok(Versioned(Some(shown.version()), Told::Whole(Box::new(shown))))
    }

    /// The webhook after a write that has made keys.
    pub(crate) fn told_with_secret(
        &self,
        by: &Member,
        (webhook, keys): (StoredWebhook, &SigningKeys),
        (known, sent): (Known, Sent),
    ) -> Versioned<ToldWithSecret, Option<u64>> {
        if !reads(by) {
            let public_key = webhook.keys.public_key.clone();
            let about = SentWebhook { id: webhook.id, sent };
            let part = SentWebhookWithSecret { about, public_key, secret: keys.secret() };
            return Versioned(None, Told::Part(part));
        }
        let whole = WebhookWithSecret::new(Webhook::of(webhook, known, self.now()), keys);
        Versioned(Some(whole.version()), Told::Whole(Box::new(whole)))
    }
}

/// A delivery that is sent.
pub(crate) fn told_delivery(by: &Member, delivery: StoredDelivery) -> ToldDelivery {
    if !reads(by) {
        return Told::Part(SentDelivery { id: delivery.id });
    }
    Told::Whole(Box::new(Delivery::of(delivery)))
}

/// What is being sent again.
pub(crate) fn told_recovery(by: &Member, recovered: Recovered) -> Told<Recovered, SentRecovery> {
    if !reads(by) {
        return Told::Part(SentRecovery { more: recovered.more });
    }
    Told::Whole(Box::new(recovered))
}

/// Refuses a version from who may not read it: whether it grows would tell whether a guess was right.
pub(crate) fn check_versions(by: &Member, if_match: &IfMatch) -> Result<()> {
    if if_match.is_set() { by.needs(&[Permission::WebhookRead]) } else { Ok(()) }
}

fn reads(by: &Member) -> bool {
    by.may(Permission::WebhookRead)
}
