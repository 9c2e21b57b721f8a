//! A webhook as it is stored: its item, its key, and which events it is subscribed to.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{SealedKeys, SigningKeys};
use base::{
    actor::Actor,
    error::Result,
    id::{JobId, ObjectTypeId, TeamId, UserId, WebhookId},
    timestamp::Timestamp,
};
use delivery::{Health, Topic, WebhookContent};
use keys::Keys;
use resources::jobs::StoredJob;
use resources::{TRASH_SECONDS, workspace_partition};
use table::{AttributeValue, Condition, Item, Key, Table, Write, applied, attribute, text};

/// The prefix of the sort key of webhooks, in the partition of their team.
pub const WEBHOOK_PREFIX: &str = "WEBHOOK#";

/// A webhook as it is stored: as one JSON text, like object types. It has no `Debug`, as it has keys.
#[derive(Clone, Serialize, Deserialize)]
pub struct StoredWebhook {
    /// The id.
    pub id: WebhookId,
    /// The team it belongs to.
    pub team: TeamId,
    /// The name.
    pub name: String,
    /// The description.
    pub description: String,
    /// The URL that receives the requests, normalized.
    pub url: String,
    /// The events that it is subscribed to.
    pub topics: Vec<Topic>,
    /// The object types that it is subscribed to; all, if there is no list.
    pub object_types: Option<Vec<ObjectTypeId>>,
    /// How much of an event is sent. Webhooks that were stored before there was a choice have no such member,
    /// and get all.
    #[serde(default)]
    pub content: WebhookContent,
    /// Whether it is switched on.
    pub active: bool,
    /// The keys that sign its requests.
    pub keys: SealedKeys,
    /// The keys from before rotations that sign too, during their overlap.
    pub previous: Vec<PreviousKeys>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Who created it.
    pub created_by: UserId,
    /// Who changed it last.
    pub updated_by: UserId,
    /// Grows by one with each write.
    pub version: u64,
    /// Who made the last change.
    pub actor: Actor,
    /// When it was moved to the trash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trashed_at: Option<Timestamp>,
    /// The job that destroys it when its time in the trash is over.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "end")]
    pub purge_job: Option<JobId>,
    /// Whether it is being destroyed: for clients it does not exist any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub destroyed: bool,
}

/// Keys from before a rotation, which still sign during the overlap.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousKeys {
    /// The keys.
    pub keys: SealedKeys,
    /// When the overlap ends.
    pub until: Timestamp,
}

impl StoredWebhook {
    /// The attributes of the item.
    ///
    /// # Errors
    /// 500: a webhook can always be written.
    pub fn to_item(&self) -> Result<Item> {
        let definition = serde_json::to_string(self).map_err(anyhow::Error::from)?;
        let mut item: Item = [
            ("definition".to_owned(), AttributeValue::S(definition)),
            ("revision".to_owned(), attribute(&self.version)?),
        ]
        .into();
        if let Some(trashed_at) = &self.trashed_at {
            item.insert("trashed_at".to_owned(), attribute(trashed_at)?);
        }
        if self.destroyed {
            item.insert("destroyed".to_owned(), AttributeValue::Bool(true));
        }
        Ok(item)
    }

    /// The webhook of an item.
    ///
    /// # Errors
    /// 500: what is stored always has its form.
    pub fn from_item(item: &Item) -> Result<Self> {
        let definition = text(item, "definition").context("a stored webhook has no definition")?;
        Ok(serde_json::from_str(definition).context("reading a stored webhook")?)
    }

    /// The write of the changed webhook, with actor and time, on the condition that the stored one has not
    /// changed since it was read.
    ///
    /// # Errors
    /// 500: a webhook can always be written.
    pub fn write(&mut self, workspace: &Table, by: Actor, now: Timestamp) -> Result<Write> {
        let is_unchanged = self.is_unchanged();
        self.version += 1;
        (self.updated_at, self.updated_by) = (now, by.user.clone());
        self.actor = by;
        Ok(workspace.put_item(self.key(), self.to_item()?).when(is_unchanged))
    }

    /// Whether its time in the trash is over: for clients it does not exist any more.
    pub fn is_trash_expired(&self, now: Timestamp) -> bool {
        self.trashed_at.is_some_and(|at| at.plus_seconds(TRASH_SECONDS) <= now)
    }

    /// Destroys a webhook whose time in the trash is over. It is marked as destroyed first, so that its last
    /// change in the stream says why. Returns false if another write came between.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn purge_expired(mut self, tables: (&Table, &Table), now: Timestamp) -> Result<bool> {
        let (workspace, _) = tables;
        if !self.destroyed && !applied(workspace.transact(self.trash_expiry_writes(tables, now)?).await)? {
            return Ok(false);
        }
        applied(workspace.transact(self.delete_writes(workspace)).await)
    }

    /// The writes that mark it as destroyed because its time in the trash is over, if it has not changed since
    /// it was read; to be followed by [`StoredWebhook::delete_writes`]. They leave version and actor alone, by
    /// which the relay knows that nobody asked for it.
    ///
    /// # Errors
    /// 500: a webhook can always be written.
    pub fn trash_expiry_writes(
        &mut self,
        (workspace, activity): (&Table, &Table),
        now: Timestamp,
    ) -> Result<Vec<Write>> {
        let is_unchanged = self.is_unchanged();
        self.destroyed = true;
        Ok(vec![
            workspace.put_item(self.key(), self.to_item()?).when(is_unchanged),
            webhook_count(workspace, &self.team, -1),
            Health::disable_permanently(activity, &self.id, now)?,
        ])
    }

    fn is_unchanged(&self) -> Condition {
        Condition::is_number("revision", self.version).and(Condition::AttributeMissing("destroyed".into()))
    }

    /// The writes that delete it and its job, on the condition that it is marked as destroyed. The webhook's is
    /// the first.
    pub fn delete_writes(&self, workspace: &Table) -> Vec<Write> {
        let deletion = workspace.delete(self.key()).when(Condition::AttributeExists("destroyed".into()));
        let job = self.purge_job.as_ref().map(|job| StoredJob::removal(workspace, job));
        std::iter::once(deletion).chain(job).collect()
    }

    /// The key of the item.
    pub fn key(&self) -> Key {
        webhook_key(&self.team, &self.id)
    }

    /// Whether it is subscribed to this. That includes webhooks that are switched off or in the trash, whose
    /// deliveries are held, but not those whose time in the trash is over.
    pub fn matches(&self, topic: Topic, object_type: &ObjectTypeId, now: Timestamp) -> bool {
        let is_of_type = self.object_types.as_ref().is_none_or(|types| types.contains(object_type));
        !self.destroyed && !self.is_trash_expired(now) && self.topics.contains(&topic) && is_of_type
    }

    /// The host of its URL.
    pub fn host(&self) -> String {
        host(&self.url)
    }

    /// Whether requests are sent, unless its receiver is disabled.
    pub fn accepts_deliveries(&self) -> bool {
        self.active && self.trashed_at.is_none() && !self.destroyed
    }

    /// The keys that sign at this time, the present ones first.
    ///
    /// # Errors
    /// 500: what is sealed opens, as long as the key ring has its key.
    pub async fn signing_keys(&self, keys: &Keys, now: Timestamp) -> Result<Vec<SigningKeys>> {
        let previous = self.previous.iter().filter(|previous| previous.until > now);
        let mut opened = Vec::new();
        for sealed in std::iter::once(&self.keys).chain(previous.map(|previous| &previous.keys)) {
            opened.push(sealed.open(keys, (&self.team, &self.id)).await?);
        }
        Ok(opened)
    }

    /// The webhook with all its keys sealed under the current key of the ring.
    ///
    /// # Errors
    /// As [`StoredWebhook::signing_keys`].
    pub async fn with_keys_resealed(mut self, keys: &Keys) -> Result<Self> {
        let of = (&self.team, &self.id);
        self.keys = self.keys.resealed(keys, of).await?;
        for previous in &mut self.previous {
            previous.keys = previous.keys.clone().resealed(keys, of).await?;
        }
        Ok(self)
    }
}

/// The host of a URL, without the port.
pub fn host(url: &str) -> String {
    Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// The write that changes the count of a team's webhooks, which includes those in the trash.
pub fn webhook_count(workspace: &Table, team: &TeamId, amount: i64) -> Write {
    workspace.update(webhook_count_key(team)).add("count", amount)
}

/// The key of the item with the count of a team's webhooks, and the counter of their changes of URL.
pub fn webhook_count_key(team: &TeamId) -> Key {
    Key::new(workspace_partition(team), "WEBHOOKCOUNT")
}

/// The key of a webhook.
pub fn webhook_key(team: &TeamId, id: &WebhookId) -> Key {
    Key::new(workspace_partition(team), format!("{WEBHOOK_PREFIX}{id}"))
}
