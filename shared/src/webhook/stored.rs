//! A webhook as it is stored, where it lies, and what it is to be told of.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Content, SealedKeys, SigningKeys, Topic};
use crate::{
    actor::Actor,
    delivery::Health,
    error::Result,
    id::{JobId, ObjectTypeId, TeamId, UserId, WebhookId},
    jobs::StoredJob,
    keys::Keys,
    object_type::{TRASH_SECONDS, workspace_partition},
    table::{AttributeValue, Condition, Item, Key, Table, Write, applied, attribute, text},
    timestamp::Timestamp,
};

/// What the sort key of every webhook begins with, in the partition of its team.
pub const WEBHOOK_PREFIX: &str = "WEBHOOK#";

/// A webhook as it is stored: as one JSON text, like all that a team sets up. It has no `Debug`, as it has keys.
#[derive(Clone, Serialize, Deserialize)]
pub struct StoredWebhook {
    /// Its id.
    pub id: WebhookId,
    /// The team it belongs to.
    pub team: TeamId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Where requests go, in the one form of a URL.
    pub url: String,
    /// What it is told of.
    pub topics: Vec<Topic>,
    /// The types whose objects it is told of; all, if there is no list.
    pub object_types: Option<Vec<ObjectTypeId>>,
    /// How much it is told; all, as before there was a choice, if nothing is said.
    #[serde(default)]
    pub content: Content,
    /// Whether its owner wants it to be told.
    pub active: bool,
    /// What requests are signed with.
    pub keys: SealedKeys,
    /// What they are signed with besides, for a while.
    pub previous: Vec<PreviousKeys>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Who made it.
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<JobId>,
    /// Whether it is being destroyed: nobody sees it any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub destroyed: bool,
}

/// Keys that were rotated away, and count for a while yet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousKeys {
    /// The keys.
    pub keys: SealedKeys,
    /// Until then requests are signed with them too.
    pub until: Timestamp,
}

impl StoredWebhook {
    /// The attributes that hold it.
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

    /// The webhook in those attributes.
    ///
    /// # Errors
    /// 500: what is stored always has its form.
    pub fn from_item(item: &Item) -> Result<Self> {
        let definition = text(item, "definition").context("a stored webhook has no definition")?;
        Ok(serde_json::from_str(definition).context("reading a stored webhook")?)
    }

    /// Writes what has become of it, by whom and when, if it is still as it was read.
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

    /// Whether its time in the trash is over: it is gone for everybody.
    pub fn is_trash_over(&self, now: Timestamp) -> bool {
        self.trashed_at.is_some_and(|at| at.plus_seconds(TRASH_SECONDS) <= now)
    }

    /// Ends it, as its time in the trash is over: marked first, so that its last change tells why it went. Whether nobody else
    /// came between.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn finish(mut self, tables: (&Table, &Table), now: Timestamp) -> Result<bool> {
        let (workspace, _) = tables;
        if !self.destroyed && !applied(workspace.transact(self.end_of_trash(tables, now)?).await)? {
            return Ok(false);
        }
        applied(workspace.transact(self.removal(workspace)).await)
    }

    /// The writes that mark it as destroyed because its time in the trash is over, if it is still as it was read; to be
    /// followed by [`StoredWebhook::removal`]. Nobody does that: version and doer stay, and so it is told apart.
    ///
    /// # Errors
    /// 500: a webhook can always be written.
    pub fn end_of_trash(
        &mut self,
        (workspace, activity): (&Table, &Table),
        now: Timestamp,
    ) -> Result<Vec<Write>> {
        let is_unchanged = self.is_unchanged();
        self.destroyed = true;
        Ok(vec![
            workspace.put_item(self.key(), self.to_item()?).when(is_unchanged),
            webhook_count(workspace, &self.team, -1),
            Health::end(activity, &self.id, now)?,
        ])
    }

    fn is_unchanged(&self) -> Condition {
        Condition::is_number("revision", self.version).and(Condition::AttributeMissing("destroyed".into()))
    }

    /// The writes that remove it when it is marked as destroyed, with its job; that of the webhook is the first.
    pub fn removal(&self, workspace: &Table) -> Vec<Write> {
        let deletion = workspace.delete(self.key()).when(Condition::AttributeExists("destroyed".into()));
        let job = self.end.as_ref().map(|job| StoredJob::removal(workspace, job));
        std::iter::once(deletion).chain(job).collect()
    }

    /// Where it lies.
    pub fn key(&self) -> Key {
        webhook_key(&self.team, &self.id)
    }

    /// Whether it asked to be told of this. One that takes nothing at the moment is to be told later; one whose time in the
    /// trash is over is not there any more.
    pub fn matches(&self, topic: Topic, object_type: &ObjectTypeId, now: Timestamp) -> bool {
        let is_of_type = self.object_types.as_ref().is_none_or(|types| types.contains(object_type));
        !self.destroyed && !self.is_trash_over(now) && self.topics.contains(&topic) && is_of_type
    }

    /// The host that it asks.
    pub fn host(&self) -> String {
        host(&self.url)
    }

    /// Whether requests are sent, as far as the webhook itself says.
    pub fn is_open(&self) -> bool {
        self.active && self.trashed_at.is_none() && !self.destroyed
    }

    /// The keys that sign at this moment, the present ones first.
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
    pub async fn with_keys_renewed(mut self, keys: &Keys) -> Result<Self> {
        let of = (&self.team, &self.id);
        self.keys = self.keys.renewed(keys, of).await?;
        for previous in &mut self.previous {
            previous.keys = previous.keys.clone().renewed(keys, of).await?;
        }
        Ok(self)
    }
}

/// The host of a URL, whatever its port.
pub fn host(url: &str) -> String {
    Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

/// The write that counts the webhooks of a team, with those in the trash.
pub fn webhook_count(workspace: &Table, team: &TeamId, amount: i64) -> Write {
    workspace.update(webhook_count_key(team)).add("count", amount)
}

/// Where the webhooks of a team are counted, and the changes of where they lead.
pub fn webhook_count_key(team: &TeamId) -> Key {
    Key::new(workspace_partition(team), "WEBHOOKCOUNT")
}

/// Where a webhook lies.
pub fn webhook_key(team: &TeamId, id: &WebhookId) -> Key {
    Key::new(workspace_partition(team), format!("{WEBHOOK_PREFIX}{id}"))
}
