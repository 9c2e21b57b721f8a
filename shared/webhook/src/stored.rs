//! A webhook as it is stored: its item, its key, and which events it is subscribed to.

use serde::{Deserialize, Serialize};
use url::Url;

use super::{SealedKeys, SigningKeys};
use base::{
    Result, Timestamp,
    actor::{Actor, Source},
    id::{JobId, ObjectTypeId, TeamId, UserId, WebhookId},
};
use delivery::{Topic, WebhookContent};
use keys::Keys;
use resources::resource::Resource as _;

/// The prefix of the sort key of webhooks, in the partition of their team.
pub const WEBHOOK_PREFIX: &str = "WEBHOOK#";
/// The sort key of the count of a team's webhooks, and of the counter of their changes of URL.
pub(crate) const COUNT_KEY: &str = "WEBHOOKCOUNT";

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
    /// What came in so is not told, such as what a service itself has written. Webhooks that were stored before there was a choice
    /// have no such member.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except_sources: Vec<Source>,
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

/// What webhooks may be subscribed to.
pub struct Happened<'a> {
    /// What it was.
    pub topic: Topic,
    /// The type of its object.
    pub object_type: &'a ObjectTypeId,
    /// The way it came in; none if nobody did it.
    pub source: Option<Source>,
    /// When it was.
    pub at: Timestamp,
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
    /// Whether it is subscribed to this; `now` is when the webhook was read. That includes webhooks that are switched off or in
    /// the trash, whose deliveries are held, but not those whose time in the trash is over, nor what happened before the webhook
    /// was made and is published late.
    pub fn matches(&self, happened: &Happened<'_>, now: Timestamp) -> bool {
        let Happened { topic, object_type, source, at } = happened;
        let is_of_type = self.object_types.as_ref().is_none_or(|types| types.contains(object_type));
        let is_excepted = source.is_some_and(|source| self.except_sources.contains(&source));
        let is_told = self.topics.contains(topic) && is_of_type && !is_excepted;
        *at >= self.created_at && !self.is_gone(now) && is_told
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
