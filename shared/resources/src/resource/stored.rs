//! How the resources of a new family are stored: the body, and around it what every resource has.

use api::Member;
use audit::{AuditEvent, FieldChange, Kind, properties, property_changes};
use base::{
    Result, Timestamp,
    actor::Actor,
    id::{Id, JobId, TeamId, UserId},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use table::{Tables, Write};

use super::{Count, QuotaClaim, Resource, Transition};

/// What one family means by its resource. All else is the mechanism's.
pub trait Body: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The id of the resource.
    type Id: Id;
    /// As [`Resource::KIND`].
    const KIND: Kind;
    /// As [`Resource::NOUN`].
    const NOUN: &'static str;
    /// As [`Resource::PREFIX`].
    const PREFIX: &'static str;
    /// As [`Resource::COUNT`].
    const COUNT: Option<Count>;
    /// As [`Resource::ENDS_BY_JOB`].
    const ENDS_BY_JOB: bool = false;
    /// As [`Resource::END_REASON`].
    const END_REASON: &'static str = "trash_ended";
    /// As [`Resource::AUDITED`].
    const AUDITED: &'static [(&'static str, &'static str)];

    /// What people call it.
    fn label(&self) -> &str;

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

    /// Whether its state may change so; what is in the trash may always end there.
    ///
    /// # Errors
    /// 409 when it may not.
    fn check_transition(&self, _: Transition) -> Result<()> {
        Ok(())
    }

    /// What it takes of what its team has a limited amount of. The person has created it.
    fn quota_claims(&self, _: &UserId) -> Vec<QuotaClaim> {
        Vec::new()
    }
}

/// A resource as it is stored. The body is a member of its own: what serde flattens it buffers, and then numbers lose digits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Stored<B: Body> {
    /// Its id.
    pub id: B::Id,
    /// The team that it belongs to.
    pub team: TeamId,
    /// What it is.
    pub body: B,
    /// Grows by one with each change.
    pub version: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it.
    pub created_by: UserId,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Who made the last change.
    pub actor: Actor,
    /// When it was moved to the trash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trashed_at: Option<Timestamp>,
    /// The job that purges it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    purge_job: Option<JobId>,
    /// Whether it is being purged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    destroyed: bool,
}

impl<B: Body> Stored<B> {
    /// A new resource.
    pub fn new(by: &Member, body: B, now: Timestamp) -> Self {
        Self {
            id: B::Id::new(),
            team: by.team.clone(),
            body,
            version: 1,
            created_at: now,
            created_by: by.user.clone(),
            updated_at: now,
            actor: by.actor(),
            trashed_at: None,
            purge_job: None,
            destroyed: false,
        }
    }
}

impl<B: Body> Stored<B> {
    /// The same resource with another body.
    #[must_use]
    pub fn with_body(self, body: B) -> Self {
        Self { body, ..self }
    }
}

impl<B: Body> Resource for Stored<B> {
    type Id = B::Id;
    const KIND: Kind = B::KIND;
    const NOUN: &'static str = B::NOUN;
    const PREFIX: &'static str = B::PREFIX;
    const COUNT: Option<Count> = B::COUNT;
    const ENDS_BY_JOB: bool = B::ENDS_BY_JOB;
    const END_REASON: &'static str = B::END_REASON;
    const AUDITED: &'static [(&'static str, &'static str)] = B::AUDITED;

    fn team(&self) -> &TeamId {
        &self.team
    }

    fn id(&self) -> &B::Id {
        &self.id
    }

    fn label(&self) -> &str {
        self.body.label()
    }

    fn change_event(&self, after: &Self) -> AuditEvent {
        self.body.change_event(&after.body)
    }

    crate::kept_in_fields!();

    async fn effects(&self, transition: Transition, _: &Tables) -> Result<Vec<Write>> {
        // What is in the trash may end there.
        let is_free = transition == Transition::Purged && self.trashed_at.is_some();
        if !is_free {
            self.body.check_transition(transition)?;
        }
        Ok(Vec::new())
    }

    fn touch(&mut self, by: Actor, now: Timestamp) {
        self.version += 1;
        self.updated_at = now;
        self.actor = by;
    }

    fn claims(&self) -> Vec<QuotaClaim> {
        // What is being purged takes nothing any more.
        if self.destroyed { Vec::new() } else { self.body.quota_claims(&self.created_by) }
    }

    fn field_changes(before: Option<&Self>, after: &Self) -> Result<Vec<FieldChange>> {
        B::field_changes(before.map(|before| &before.body), &after.body)
    }
}
