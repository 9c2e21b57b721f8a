//! Storage of webhooks: in their team's partition, with a counter.

use std::sync::Arc;

use api::Member;
use base::{
    Permission, Result, Timestamp,
    clock::Clock,
    id::{TeamId, WebhookId},
};
use delivery::{Deliveries, Retry, WebhookContent, target::TargetRules};
use keys::{Keys, Platform};
use resources::resource::Resources;
use table::{Table, Tables, Write, queue::Queue};
use webhook::{SealedKeys, SigningKeys, StoredWebhook, outdate_requests};

use crate::webhook::{ChangeEffect, WebhookPatch};

/// The webhooks.
#[derive(Clone)]
pub struct Store {
    pub(crate) webhooks: Resources<StoredWebhook>,
    pub(crate) workspace: Table,
    pub(crate) activity: Table,
    pub(crate) keys: Keys,
    pub(crate) deliveries: Deliveries,
    pub(crate) retries: Arc<dyn Queue<Retry>>,
    pub(crate) rules: TargetRules,
    clock: Clock,
}

impl Store {
    /// The webhooks of the platform; deliveries to be sent again go to the queue.
    pub fn new(platform: &Platform, retries: Arc<dyn Queue<Retry>>, rules: TargetRules) -> Self {
        let (webhooks, deliveries) = (Resources::new(platform), Deliveries::new(platform));
        let Platform { tables, keys } = platform.clone();
        let Tables { workspace, activity, clock, .. } = tables;
        Self { webhooks, workspace, activity, keys, deliveries, retries, rules, clock }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Creates a webhook, and returns it with its new keys.
    pub(crate) async fn create(
        &self,
        by: &Member,
        new: WebhookPatch,
    ) -> Result<(StoredWebhook, SigningKeys)> {
        if new.content == Some(WebhookContent::Full) {
            by.needs(&[Permission::ObjectRead])?;
        }
        let types = self.types(&by.team, new.type_names()).await?;
        let changes = new.validate(&self.rules, &types)?;
        let (id, keys) = (WebhookId::new(), SigningKeys::new()?);
        let sealed = keys.seal(&*self.keys.ring().await?, (&by.team, &id))?;
        let mut webhook = blank(by, id, sealed, self.now());
        changes.apply(&mut webhook, by.may(Permission::ObjectRead));
        self.webhooks.create(by, &webhook).await?;
        Ok((webhook, keys))
    }

    /// The webhook, in the trash or not.
    pub(crate) async fn stored(&self, team: &TeamId, id: &WebhookId) -> Result<StoredWebhook> {
        self.webhooks.find(team, id.as_str()).await
    }

    /// The write that makes requests invalid that were signed before the change. A new URL also clears the
    /// receiver's failures; switching the webhook on clears them and enables it again.
    pub(crate) fn reset_health(&self, id: &WebhookId, effect: ChangeEffect) -> Result<Write> {
        let mut write = outdate_requests(&self.activity, id, self.now())?;
        if effect.is_url_changed || effect.is_switched_on {
            write = write.remove("failing_since").remove("slow_until");
        }
        if effect.is_switched_on {
            write = write.remove("disabled_at").remove("disabled_reason");
        }
        Ok(write)
    }
}

/// A webhook without settings.
fn blank(by: &Member, id: WebhookId, keys: SealedKeys, now: Timestamp) -> StoredWebhook {
    StoredWebhook {
        id,
        team: by.team.clone(),
        name: String::new(),
        description: String::new(),
        url: String::new(),
        topics: Vec::new(),
        object_types: None,
        except_sources: Vec::new(),
        content: WebhookContent::Full,
        active: false,
        keys,
        previous: Vec::new(),
        created_at: now,
        updated_at: now,
        created_by: by.user.clone(),
        updated_by: by.user.clone(),
        version: 1,
        actor: by.actor(),
        trashed_at: None,
        purge_job: None,
        destroyed: false,
    }
}
