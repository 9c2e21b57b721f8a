//! What is looked for in an audit log.

use super::{AuditEvent, Kind};
use base::{
    id::{ObjectTypeId, UserId},
    timestamp::Timestamp,
};

/// A filter: it matches entries for which all of these conditions hold.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// The actor is this user.
    pub user: Option<UserId>,
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
