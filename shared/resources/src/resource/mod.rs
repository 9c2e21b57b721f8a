//! What is the same for every kind of resource of a team: it has a version, it is created, listed, read, changed, moved to
//! the trash, restored and destroyed, and the audit log tells of all that. What one kind means is its [`Resource`].

mod audited;
mod count;
/// Handlers that are the same in every family.
pub mod handlers;
mod quota;
mod state;
mod store;
mod stored;
mod trash;

use anyhow::Context as _;
use audit::{AuditEvent, FieldChange, Kind, SubjectType, properties, property_changes};
use base::{
    Error, Result, Timestamp,
    actor::Actor,
    id::{Id, TeamId},
};
use serde::{Serialize, de::DeserializeOwned};
use table::{AttributeValue, Condition, ConditionFailed, Item, Key, Table, Tables, Write, attribute, text};

use crate::{jobs::StoredJob, workspace_partition};

pub use audited::AuditedChange;
pub use quota::QuotaClaim;
pub use state::{State, Transition};
pub use store::{Change, Resources};
pub use stored::{Body, Stored};

/// What a [`Resource`] says of itself that keeps it in fields of these names: `version`, `updated_at`, `actor`, `trashed_at`,
/// `purge_job` and `destroyed`.
#[macro_export]
macro_rules! kept_in_fields {
    () => {
        fn version(&self) -> u64 {
            self.version
        }

        fn updated_at(&self) -> ::base::Timestamp {
            self.updated_at
        }

        fn actor(&self) -> &::base::actor::Actor {
            &self.actor
        }

        fn state(&self) -> $crate::resource::State {
            $crate::resource::State::of(self.trashed_at, self.purge_job.as_ref(), self.destroyed)
        }

        fn set_state(&mut self, state: $crate::resource::State) {
            self.trashed_at = state.trashed_at();
            self.purge_job = state.job().cloned();
            self.destroyed = state.is_purging();
        }
    };
}

/// How many of a kind a team may have, with those in the trash; counted in an item of their own.
#[derive(Clone, Copy, Debug)]
pub struct Count {
    /// The sort key of the item with the count, in the partition of the team.
    pub key: &'static str,
    /// The most there may be.
    pub max: u64,
    /// What becomes of another one.
    pub full: Full,
}

/// What becomes of a new resource when there is no room for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// It is refused.
    Refuse,
    /// It takes the place of one in the trash, if there is one whose time is over or that the caller has put there. Services
    /// that subscribe and unsubscribe leave many there, and often may not destroy any.
    EvictOldestTrashed,
}

/// One kind of resource, as it is stored.
pub trait Resource: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its id.
    type Id: Id;
    /// The kind in the audit log, and in jobs.
    const KIND: Kind;
    /// What one is called, as in "There is no such webhook."
    const NOUN: &'static str;
    /// What the sort keys begin with, in the partition of the team.
    const PREFIX: &'static str;
    /// How many there may be, if the mechanism is to count them.
    const COUNT: Option<Count>;
    /// Whether a job ends it, which removes first what hangs on it. Else it is removed at once.
    const ENDS_BY_JOB: bool = false;
    /// Why it ends when nobody has asked for it.
    const END_REASON: &'static str = "trash_ended";
    /// The members that the audit log tells of, with their labels. What is not listed is never in the log.
    const AUDITED: &'static [(&'static str, &'static str)];

    /// The team that it belongs to.
    fn team(&self) -> &TeamId;
    /// Its id.
    fn id(&self) -> &Self::Id;
    /// What people call it.
    fn label(&self) -> &str;
    /// Grows by one with each change that somebody makes.
    fn version(&self) -> u64;
    /// When it last changed.
    fn updated_at(&self) -> Timestamp;
    /// Who made the last change.
    fn actor(&self) -> &Actor;
    /// Whether it is in the trash, or about to be no more.
    fn state(&self) -> State;
    /// The same resource in another state.
    fn set_state(&mut self, state: State);
    /// Somebody changes it: its version grows.
    fn touch(&mut self, by: Actor, now: Timestamp);

    /// The resource in an item.
    ///
    /// # Errors
    /// 500: what is stored always has its form.
    fn from_item(item: &Item) -> Result<Self> {
        let definition =
            text(item, "definition").with_context(|| format!("a stored {} has no definition", Self::NOUN))?;
        Ok(serde_json::from_str(definition).with_context(|| format!("reading a stored {}", Self::NOUN))?)
    }

    /// The item that holds it: as one JSON text, and beside it what conditions and filters ask for.
    ///
    /// # Errors
    /// 500: a resource can always be written.
    fn to_item(&self) -> Result<Item> {
        let definition = serde_json::to_string(self).map_err(anyhow::Error::from)?;
        let mut item: Item = [
            ("definition".to_owned(), AttributeValue::S(definition)),
            ("revision".to_owned(), attribute(&self.version())?),
        ]
        .into();
        let state = self.state();
        if let Some(trashed_at) = state.trashed_at() {
            item.insert("trashed_at".to_owned(), attribute(&trashed_at)?);
        }
        if state.is_purging() {
            item.insert("destroyed".to_owned(), AttributeValue::Bool(true));
        }
        Ok(item)
    }

    /// The condition that it is still as it was read.
    fn is_unchanged(&self) -> Condition {
        Condition::is_number("revision", self.version()).and(Condition::AttributeMissing("destroyed".into()))
    }

    /// The key of the item.
    fn key_of(team: &TeamId, id: &Self::Id) -> Key {
        Key::new(workspace_partition(team), format!("{}{}", Self::PREFIX, id.as_str()))
    }

    /// The key of its item.
    fn key(&self) -> Key {
        Self::key_of(self.team(), self.id())
    }

    /// The resource that a path names, by its id or otherwise.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    fn find(
        workspace: &Table,
        team: &TeamId,
        name: &str,
    ) -> impl Future<Output = Result<Option<Self>>> + Send {
        let key = Self::Id::parse(name).map(|id| Self::key_of(team, &id));
        async move {
            let Some(key) = key else { return Ok(None) };
            workspace.get(key).await?.as_ref().map(Self::from_item).transpose()
        }
    }

    /// Whether clients do not see it any more.
    fn is_gone(&self, now: Timestamp) -> bool {
        self.state().is_purging() || self.state().is_trash_over(now)
    }

    /// The writes that store a new one, its own first.
    ///
    /// # Errors
    /// 500: a resource can always be written.
    fn insertion(&self, workspace: &Table) -> Result<Vec<Write>> {
        let own = workspace.put_item(self.key(), self.to_item()?).when(Condition::ItemMissing);
        Ok(std::iter::once(own).chain(quota::take(self.claims(), workspace, self.team())).collect())
    }

    /// What it takes of what its team has a limited amount of.
    fn claims(&self) -> Vec<QuotaClaim> {
        Vec::new()
    }

    /// Why the writes that store a new one were refused, if it is not that there is one.
    fn insertion_refusal(&self, refused: &ConditionFailed) -> Option<Error> {
        quota::not_taken(&self.claims(), refused, 1)
    }

    /// The writes that put `after` in the place of this one, if this one is still as it was read. Its own is the first.
    ///
    /// # Errors
    /// 500: a resource can always be written.
    fn replacement(&self, after: &mut Self, workspace: &Table, _: Timestamp) -> Result<Vec<Write>> {
        let own = workspace.put_item(after.key(), after.to_item()?).when(self.is_unchanged());
        let amounts = quota::retake(self.claims(), after.claims(), workspace, self.team());
        Ok(std::iter::once(own).chain(amounts).collect())
    }

    /// The writes that remove it, of one that is being purged. Its own is the first.
    fn removal(&self, workspace: &Table) -> Vec<Write> {
        let deletion = workspace.delete(self.key()).when(Condition::AttributeExists("destroyed".into()));
        let job = self.state().job().map(|job| StoredJob::removal(workspace, job));
        std::iter::once(deletion).chain(job).collect()
    }

    /// The write of the count, with what else a new resource takes of its team. What it checks first is part of the condition.
    ///
    /// # Errors
    /// 409 when it may not have it.
    fn claim(&self, count: Write, _: &Tables) -> impl Future<Output = Result<Write>> + Send {
        std::future::ready(Ok(count))
    }

    /// Writes that belong to a change of its state, of this one as it will be.
    ///
    /// # Errors
    /// 409 when it cannot be.
    fn effects(&self, _: Transition, _: &Tables) -> impl Future<Output = Result<Vec<Write>>> + Send {
        std::future::ready(Ok(Vec::new()))
    }

    /// The event of a change that leaves the state as it is: a weightier word than `updated`, if there is one.
    fn change_event(&self, _: &Self) -> AuditEvent {
        AuditEvent::Updated
    }

    /// What the audit log tells of the members of a new resource, or of what has changed.
    ///
    /// # Errors
    /// 500: a resource can always be written.
    fn field_changes(before: Option<&Self>, after: &Self) -> Result<Vec<FieldChange>> {
        let before = before.map(properties).transpose()?;
        Ok(property_changes(before.as_ref(), &properties(after)?, Self::AUDITED))
    }

    /// The object type that it is or belongs to, for the audit log.
    fn of_type(&self) -> Option<SubjectType> {
        None
    }

    /// What tells a change of it from all others in the audit log.
    fn dedup_key(&self, is_by_time: bool) -> Vec<String> {
        let version = self.version().to_string();
        if is_by_time { vec![version, "trash_ended".to_owned()] } else { vec![version] }
    }

    /// 404.
    fn no_such() -> Error {
        Error::not_found(Self::NOUN)
    }
}
