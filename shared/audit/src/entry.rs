//! An entry of the audit log, as it is stored and as the API returns it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AuditEvent, FieldChange, Kind};
use base::{
    actor::Source,
    id::{AuditId, FormId, ObjectTypeId, TokenId, UserId},
    timestamp::Timestamp,
};

/// An entry of the audit log: one event.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// The id of the entry. Sorted by id, the entries of a team are in chronological order.
    pub id: AuditId,
    /// What happened.
    pub event: AuditEvent,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it, and from where.
    pub actor: ActorView,
    /// The resource that it happened to.
    pub subject: AuditSubject,
    /// The fields that changed.
    #[serde(default)]
    pub fields: Vec<FieldChange>,
    /// Why it happened, if nobody asked for it: `trash_ended`, or `expired` of an upload that was not sent.
    #[serde(default)]
    pub reason: Option<String>,
    /// For `refused`: the number of refused requests, and the reasons.
    #[serde(default)]
    pub refusals: Option<Refusals>,
    /// The id of the request that caused it; for an operation of a batch followed by the operation's index.
    #[serde(default)]
    pub request_id: Option<String>,
}

/// Who did it, and from where.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Who")]
pub struct ActorView {
    /// The user, or the owner of the token that was used; null if the system did it, such as when time in the
    /// trash is over, or a visitor with a form.
    #[serde(default)]
    pub user_id: Option<UserId>,
    /// The user's name at that time, if known.
    #[serde(default)]
    pub name: Option<String>,
    /// The user's e-mail address at that time, if known.
    #[serde(default)]
    pub email: Option<String>,
    /// The token that was used; null for a session.
    #[serde(default)]
    pub token: Option<ActorToken>,
    /// The form that it came through.
    #[serde(default)]
    pub form: Option<ActorForm>,
    /// The IP address that the request came from.
    #[serde(default)]
    pub ip: Option<String>,
    /// The interface that was used.
    #[serde(default)]
    pub source: Option<Source>,
}

/// The token that was used.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TokenOfActor")]
pub struct ActorToken {
    /// The id of the token.
    pub id: TokenId,
    /// The name of the token at that time, if known.
    #[serde(default)]
    pub name: Option<String>,
}

/// The form that something came through.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FormOfActor")]
pub struct ActorForm {
    /// The id of the form.
    pub id: FormId,
    /// The name of the form at that time, if known.
    #[serde(default)]
    pub name: Option<String>,
}

/// The resource that something happened to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Subject")]
pub struct AuditSubject {
    /// The kind of resource.
    pub kind: Kind,
    /// The id of the resource; for a member the id of the user.
    pub id: String,
    /// The name of the resource at that time.
    pub label: String,
    /// The object type: of an object, or the object type itself.
    #[serde(default, rename = "type")]
    pub of_type: Option<SubjectType>,
}

/// The object type of a subject.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TypeOfSubject")]
pub struct SubjectType {
    /// The id of the object type.
    pub id: ObjectTypeId,
    /// The slug of the object type at that time.
    pub slug: String,
}

/// The number of refused requests with a token, and the reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusals {
    /// The minimum number of refused requests: a few may be lost before they are counted.
    pub count: u64,
    /// The number of refused requests for each reason: an error code, or a reason that the sender is not told.
    pub reasons: BTreeMap<String, u64>,
    /// The time of the latest refused request.
    pub last_at: Option<Timestamp>,
}

impl AuditEntry {
    /// The entry for those who may read the resource, but not the audit log: without e-mail address, IP address
    /// and request id.
    #[must_use]
    pub fn redacted(self) -> Self {
        let actor = ActorView { email: None, ip: None, ..self.actor };
        Self { actor, request_id: None, ..self }
    }
}
