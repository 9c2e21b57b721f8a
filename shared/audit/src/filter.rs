//! What is looked for in an audit log.

use super::{AuditEntry, AuditEvent, Kind};
use base::{
    id::{ObjectTypeId, TokenId, UserId},
    timestamp::Timestamp,
};

/// A filter: it matches entries for which all of these conditions hold.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// The actor is this user.
    pub user: Option<UserId>,
    /// The token that was used is this one.
    pub token: Option<TokenId>,
    /// The event.
    pub event: Option<AuditEvent>,
    /// The kind of the subject.
    pub kind: Option<Kind>,
    /// The object type: of objects, and the type itself.
    pub object_type: Option<ObjectTypeId>,
    /// The id of the subject.
    pub subject: Option<String>,
    /// At or after this time.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
    /// The name of the subject, the person, the token or the type contains this text, whatever the case.
    pub text: Option<String>,
}

impl AuditFilter {
    /// Whether an entry matches what cannot be asked of all that is stored: entries from before there was this filter say
    /// which token was used in their text alone.
    pub(super) fn is_matched_by(&self, entry: &AuditEntry) -> bool {
        let used = entry.actor.token.as_ref().map(|token| &token.id);
        self.token.is_none() || self.token.as_ref() == used
    }
}
