//! Storage of webhooks: in their team's partition, with a counter.

use std::sync::Arc;

use api::{
    Member,
    extract::{IfMatch, Page},
};
use base::{
    Code, Error, Permission, Result, Timestamp,
    clock::Clock,
    id::{TeamId, WebhookId},
};
use delivery::{Deliveries, Health, Retry, WebhookContent, target::TargetRules};
use keys::{Keys, Platform};
use resources::{TRASH_SECONDS, workspace_partition};
use resources::{TrashFilter, Trashed};
use table::{
    Attempt, AttributeValue, Condition, Item, Table, TableQuery, Tables, Write, WriteError, attribute,
    number, queue::Queue, retry,
};
use webhook::{
    SealedKeys, SigningKeys, StoredWebhook, WEBHOOK_PREFIX, webhook_count, webhook_count_key, webhook_key,
};

use crate::webhook::{ChangeEffect, WebhookPatch};

/// The most webhooks of a team, with those in the trash: all of them are read for each event.
const WEBHOOKS_MAX: usize = 100;

/// The webhooks.
#[derive(Clone)]
pub struct Store {
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
        let deliveries = Deliveries::new(platform);
        let Platform { tables, keys } = platform.clone();
        let Tables { workspace, activity, clock, .. } = tables;
        Self { workspace, activity, keys, deliveries, retries, rules, clock }
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
        self.insert(by, &webhook).await?;
        Ok((webhook, keys))
    }

    /// Writes a new webhook. At the limit it evicts one from the trash: one whose time is over, or else the
    /// oldest that the caller has trashed. Services that subscribe and unsubscribe leave many there, and often
    /// may not destroy any.
    async fn insert(&self, by: &Member, webhook: &StoredWebhook) -> Result<()> {
        let full = AttributeValue::N(WEBHOOKS_MAX.to_string());
        let is_below_limit = Condition::Any(vec![
            Condition::AttributeMissing("count".into()),
            Condition::Below("count".into(), full),
        ]);
        let is_below_limit = &is_below_limit;
        retry("webhook", || async move {
            let urls = self.check_url_limit(webhook).await?;
            let count = webhook_count(&self.workspace, &by.team, 1).when(is_below_limit.clone());
            let put = self.workspace.put_item(webhook.key(), webhook.to_item()?).when(Condition::ItemMissing);
            match self.workspace.transact(vec![put, urls.claim_in(count)]).await {
                Ok(()) => Ok(Attempt::Done(())),
                Err(WriteError::Failed(error)) => Err(error),
                // The id is new: if it exists, this very write was applied, and only its response was lost.
                Err(WriteError::ConditionFailed(refused)) if refused.at(0) => Ok(Attempt::Done(())),
                Err(WriteError::ConditionFailed(_)) if self.is_below_limit(&by.team).await? => {
                    Ok(Attempt::Conflict)
                }
                Err(WriteError::ConditionFailed(_)) => {
                    self.evict_from_trash(by).await.map(|()| Attempt::Conflict)
                }
            }
        })
        .await
    }

    async fn is_below_limit(&self, team: &TeamId) -> Result<bool> {
        let count = self.workspace.get(webhook_count_key(team)).await?;
        let count = count.and_then(|item| number(&item, "count")).unwrap_or_default();
        Ok(usize::try_from(count).is_ok_and(|count| count < WEBHOOKS_MAX))
    }

    async fn evict_from_trash(&self, by: &Member) -> Result<()> {
        let query = TableQuery::partition(workspace_partition(&by.team)).prefix(WEBHOOK_PREFIX);
        let found =
            self.workspace.query(query.filter(Condition::AttributeExists("trashed_at".to_owned()))).await?;
        let trashed: Vec<_> = found.items.iter().map(StoredWebhook::from_item).collect::<Result<_>>()?;
        let now = self.now();
        let is_evictable =
            |webhook: &StoredWebhook| webhook.is_trash_expired(now) || webhook.updated_by == by.user;
        let evictable = trashed.into_iter().filter(is_evictable);
        let oldest = evictable.min_by_key(|webhook| webhook.trashed_at).ok_or_else(too_many)?;
        if oldest.is_trash_expired(now) {
            // If this does not succeed, the webhook's job does it.
            return oldest.purge_expired((&self.workspace, &self.activity), now).await.map(drop);
        }
        match self.destroy(by, &oldest.id, &IfMatch::of(None)).await {
            // Another caller has destroyed it meanwhile.
            Err(error) if error.code == Code::NotFound => Ok(()),
            outcome => outcome,
        }
    }

    pub(crate) async fn list(
        &self,
        by: &Member,
        page: &Page<TrashFilter>,
    ) -> Result<(Vec<StoredWebhook>, Option<Item>)> {
        let condition = match page.filter.trashed {
            Some(Trashed::Only) => {
                Condition::Above("trashed_at".to_owned(), attribute(&self.trash_cutoff())?)
            }
            None => Condition::AttributeMissing("trashed_at".to_owned()),
        };
        let condition = condition.and(Condition::AttributeMissing("destroyed".to_owned()));
        let query =
            TableQuery::partition(workspace_partition(&by.team)).prefix(WEBHOOK_PREFIX).filter(condition);
        let found = self.workspace.query(query.after(page.after.clone()).limit(page.limit)).await?;
        Ok((found.items.iter().map(StoredWebhook::from_item).collect::<Result<_>>()?, found.next))
    }

    /// The webhook: one in the trash if `trashed` is true, else one that is not.
    pub(crate) async fn read(&self, by: &Member, id: &WebhookId, trashed: bool) -> Result<StoredWebhook> {
        let webhook = self.stored(&by.team, id).await?;
        if is_trashed(&webhook) == trashed { Ok(webhook) } else { Err(no_such_webhook()) }
    }

    /// The webhook, in the trash or not.
    pub(crate) async fn stored(&self, team: &TeamId, id: &WebhookId) -> Result<StoredWebhook> {
        let item = self.workspace.get(webhook_key(team, id)).await?;
        let webhook = item.as_ref().map(StoredWebhook::from_item).transpose()?;
        let is_there = |webhook: &StoredWebhook| !webhook.destroyed && !webhook.is_trash_expired(self.now());
        webhook.filter(is_there).ok_or_else(no_such_webhook)
    }

    /// Whatever was moved to the trash at or before this time is gone.
    fn trash_cutoff(&self) -> Timestamp {
        self.now().plus_seconds(-TRASH_SECONDS)
    }

    /// The write that makes requests invalid that were signed before the change. A new URL also clears the
    /// receiver's failures; switching the webhook on clears them and enables it again.
    pub(crate) fn reset_health(&self, id: &WebhookId, effect: ChangeEffect) -> Result<Write> {
        let mut write = self.activity.update(Health::key(id)).set("changed_at", attribute(&self.now())?);
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

pub(crate) fn is_trashed(webhook: &StoredWebhook) -> bool {
    webhook.trashed_at.is_some()
}

pub(crate) fn no_such_webhook() -> Error {
    Error::not_found("webhook")
}

fn too_many() -> Error {
    let detail = format!("The team has {WEBHOOKS_MAX} webhooks: move one to the trash first.");
    Error::new(Code::LimitReached, detail)
}
