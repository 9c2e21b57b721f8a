//! An entry of the audit log, as it is kept and as it is told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Event, FieldChange, Kind, Refusals};
use crate::{
    actor::Source,
    id::{AuditId, ObjectTypeId, TokenId, UserId},
    timestamp::Timestamp,
};

/// One thing that happened.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
pub struct Entry {
    /// Its id; the ids of a team are in the order of what happened.
    pub id: AuditId,
    /// What happened.
    pub event: Event,
    /// When.
    pub at: Timestamp,
    /// Who did it, how and from where.
    pub actor: Who,
    /// What it happened to.
    pub subject: Subject,
    /// What changed of it.
    #[serde(default)]
    pub fields: Vec<FieldChange>,
    /// Why, where nobody asked for it: `trash_ended`.
    #[serde(default)]
    pub reason: Option<String>,
    /// Of `refused`: how often and why.
    #[serde(default)]
    pub refusals: Option<Refusals>,
    /// The request that did it; of one operation of a batch with its place behind it.
    #[serde(default)]
    pub request_id: Option<String>,
}

/// Who did it, how and from where.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Who {
    /// The person, or the one for whom a token acted; null where nobody did it, as time did.
    #[serde(default)]
    pub user_id: Option<UserId>,
    /// The person's name at that time, as far as it is known.
    #[serde(default)]
    pub name: Option<String>,
    /// The person's e-mail address at that time, as far as it is known.
    #[serde(default)]
    pub email: Option<String>,
    /// The token, if it was one.
    #[serde(default)]
    pub token: Option<TokenOfActor>,
    /// The address it came from.
    #[serde(default)]
    pub ip: Option<String>,
    /// The way it came in: `app`, `api`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub source: Option<Source>,
}

/// The token that acted.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TokenOfActor {
    /// Its id.
    pub id: TokenId,
    /// Its name at that time, as far as it is known.
    #[serde(default)]
    pub name: Option<String>,
}

/// What it happened to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// What sort of thing it is.
    pub kind: Kind,
    /// Its id; of a member the user's.
    pub id: String,
    /// What people called it then.
    pub label: String,
    /// The object type, of an object and of the type itself.
    #[serde(default, rename = "type")]
    pub of_type: Option<TypeOfSubject>,
}

/// An object type, as it was called then.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TypeOfSubject {
    /// Its id.
    pub id: ObjectTypeId,
    /// Its slug.
    pub slug: String,
}

impl Entry {
    /// The same for those who may see the thing, but not the audit log: who and when, not from where.
    #[must_use]
    pub fn without_place(self) -> Self {
        let actor = Who { email: None, ip: None, ..self.actor };
        Self { actor, request_id: None, ..self }
    }
}
