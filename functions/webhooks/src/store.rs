//! How webhooks are kept: in their team's partition, with a count of them.

use std::sync::Arc;

use shared::{
    Code, Error, Member, Permission, Platform, Result, Timestamp,
    clock::Clock,
    delivery::{Deliveries, Health, Retry},
    extract::{IfMatch, Page, TrashFilter, Trashed},
    id::{TeamId, WebhookId},
    keys::Keys,
    object_type::{TRASH_SECONDS, workspace_partition},
    queue::Queue,
    table::{
        Attempt, AttributeValue, Condition, Item, Table, TableQuery, Write, WriteError, attribute, number,
        retry,
    },
    webhook::{
        Content, SealedKeys, SigningKeys, StoredWebhook, WEBHOOK_PREFIX, target::Rules, webhook_count,
        webhook_count_key, webhook_key,
    },
};

use crate::webhook::{Effect, WebhookPatch};

/// The most webhooks of a team, with those in the trash: all are looked through at each event.
const WEBHOOKS_MAX: usize = 100;

/// The webhooks.
#[derive(Clone)]
pub struct Store {
    pub(crate) workspace: Table,
    pub(crate) activity: Table,
    pub(crate) keys: Keys,
    pub(crate) deliveries: Deliveries,
    pub(crate) retries: Arc<dyn Queue<Retry>>,
    pub(crate) rules: Rules,
    clock: Clock,
}

impl Store {
    /// The webhooks of the platform, with messages about deliveries by this queue.
    pub fn new(platform: &Platform, retries: Arc<dyn Queue<Retry>>, rules: Rules) -> Self {
        let deliveries = Deliveries::new(platform);
        let Platform { workspace, activity, keys, clock, .. } = platform.clone();
        Self { workspace, activity, keys, deliveries, retries, rules, clock }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Makes a webhook; the other one of the answer is its secret.
    pub(crate) async fn create(
        &self,
        by: &Member,
        new: WebhookPatch,
    ) -> Result<(StoredWebhook, SigningKeys)> {
        if new.content == Some(Content::Full) {
            by.needs(&[Permission::ObjectRead])?;
        }
        let found = self.types(&by.team, new.type_names()).await?;
        let changes = new.checked(&self.rules, &found)?;
        let (id, keys) = (WebhookId::new(), SigningKeys::new()?);
        let sealed = keys.seal(&*self.keys.ring().await?, (&by.team, &id))?;
        let mut webhook = blank(by, id, sealed, self.now());
        changes.apply(&mut webhook, by.may(Permission::ObjectRead));
        self.insert(by, &webhook).await?;
        Ok((webhook, keys))
    }

    /// Writes a new webhook. If there is no room for it, one makes room whose time in the trash is over, or else the one that
    /// the caller has thrown away first: services that subscribe and unsubscribe leave many there, and may not destroy any.
    async fn insert(&self, by: &Member, webhook: &StoredWebhook) -> Result<()> {
        let full = AttributeValue::N(WEBHOOKS_MAX.to_string());
        let has_room = Condition::Any(vec![
            Condition::AttributeMissing("count".into()),
            Condition::Below("count".into(), full),
        ]);
        let has_room = &has_room;
        retry("webhook", || async move {
            let urls = self.room_for_url(webhook).await?;
            let count = webhook_count(&self.workspace, &by.team, 1).when(has_room.clone());
            let put = self.workspace.put_item(webhook.key(), webhook.to_item()?).when(Condition::ItemMissing);
            match self.workspace.transact(vec![put, urls.taken_by(count)]).await {
                Ok(()) => Ok(Attempt::Done(())),
                Err(WriteError::Failed(error)) => Err(error),
                // Nobody else knows the id: if it is there, this very write came through, and only its answer was lost.
                Err(WriteError::ConditionFailed(refused)) if refused.at(0) => Ok(Attempt::Done(())),
                Err(WriteError::ConditionFailed(_)) if self.has_room(&by.team).await? => {
                    Ok(Attempt::Conflict)
                }
                Err(WriteError::ConditionFailed(_)) => self.make_room(by).await.map(|()| Attempt::Conflict),
            }
        })
        .await
    }

    async fn has_room(&self, team: &TeamId) -> Result<bool> {
        let count = self.workspace.get(webhook_count_key(team)).await?;
        let count = count.and_then(|item| number(&item, "count")).unwrap_or_default();
        Ok(usize::try_from(count).is_ok_and(|count| count < WEBHOOKS_MAX))
    }

    async fn make_room(&self, by: &Member) -> Result<()> {
        let query = TableQuery::partition(workspace_partition(&by.team)).prefix(WEBHOOK_PREFIX);
        let found =
            self.workspace.query(query.filter(Condition::AttributeExists("trashed_at".to_owned()))).await?;
        let trashed: Vec<_> = found.items.iter().map(StoredWebhook::from_item).collect::<Result<_>>()?;
        let now = self.now();
        let may_go = |webhook: &StoredWebhook| webhook.is_trash_over(now) || webhook.updated_by == by.user;
        let may_go = trashed.into_iter().filter(may_go);
        let oldest = may_go.min_by_key(|webhook| webhook.trashed_at).ok_or_else(too_many)?;
        if oldest.is_trash_over(now) {
            // If it is not done, its job does it.
            return oldest.finish((&self.workspace, &self.activity), now).await.map(drop);
        }
        match self.destroy(by, &oldest.id, &IfMatch::of(None)).await {
            // Somebody else has done it.
            Err(error) if error.code == Code::NotFound => Ok(()),
            outcome => outcome,
        }
    }

    pub(crate) async fn list(
        &self,
        by: &Member,
        page: &Page<TrashFilter>,
    ) -> Result<(Vec<StoredWebhook>, Option<Item>)> {
        let is_meant = match page.filter.trashed {
            Some(Trashed::Only) => {
                Condition::Above("trashed_at".to_owned(), attribute(&self.end_of_trash())?)
            }
            None => Condition::AttributeMissing("trashed_at".to_owned()),
        };
        let is_meant = is_meant.and(Condition::AttributeMissing("destroyed".to_owned()));
        let query =
            TableQuery::partition(workspace_partition(&by.team)).prefix(WEBHOOK_PREFIX).filter(is_meant);
        let found = self.workspace.query(query.after(page.after.clone()).limit(page.limit)).await?;
        Ok((found.items.iter().map(StoredWebhook::from_item).collect::<Result<_>>()?, found.next))
    }

    /// The webhook; one in the trash only if that is asked for.
    pub(crate) async fn read(&self, by: &Member, id: &WebhookId, trashed: bool) -> Result<StoredWebhook> {
        let webhook = self.stored(&by.team, id).await?;
        if is_trashed(&webhook) == trashed { Ok(webhook) } else { Err(no_such_webhook()) }
    }

    /// The webhook, in the trash or not.
    pub(crate) async fn stored(&self, team: &TeamId, id: &WebhookId) -> Result<StoredWebhook> {
        let item = self.workspace.get(webhook_key(team, id)).await?;
        let webhook = item.as_ref().map(StoredWebhook::from_item).transpose()?;
        let is_there = |webhook: &StoredWebhook| !webhook.destroyed && !webhook.is_trash_over(self.now());
        webhook.filter(is_there).ok_or_else(no_such_webhook)
    }

    /// What was in the trash then already is not there any more.
    fn end_of_trash(&self) -> Timestamp {
        self.now().plus_seconds(-TRASH_SECONDS)
    }

    /// The write by which what was signed before a change is not sent as it is; and by which a receiver is taken for a good
    /// one again, one that was given up only if that is meant.
    pub(crate) fn changed_health(&self, id: &WebhookId, effect: Effect) -> Result<Write> {
        let mut write = self.activity.update(Health::key(id)).set("changed_at", attribute(&self.now())?);
        if effect.is_moved || effect.is_switched_on {
            write = write.remove("failing_since").remove("slow_until");
        }
        if effect.is_switched_on {
            write = write.remove("disabled_at").remove("disabled_reason");
        }
        Ok(write)
    }
}

/// A webhook that has no settings yet.
fn blank(by: &Member, id: WebhookId, keys: SealedKeys, now: Timestamp) -> StoredWebhook {
    StoredWebhook {
        id,
        team: by.team.clone(),
        name: String::new(),
        description: String::new(),
        url: String::new(),
        topics: Vec::new(),
        object_types: None,
        content: Content::Full,
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
        end: None,
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
