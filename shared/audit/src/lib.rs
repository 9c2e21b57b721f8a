//! The audit log of a team: who changed what, when and how; how entries are stored and queried.

mod entry;
mod fields;
mod filter;
mod item;
mod log;
mod merge;
mod properties;
mod refusals;
mod scan;
mod tombstone;
mod vocabulary;

pub use entry::{ActorForm, ActorToken, ActorView, AuditEntry, AuditSubject, Refusals, SubjectType};
pub use fields::{FieldChange, fit_to_item, raw_json};
pub use filter::AuditFilter;
pub use item::{KEEP_DAYS, expires};
pub use log::{AuditLog, AuditPage};
pub use properties::{Properties, properties, property_changes};
pub use refusals::RefusedRequests;
pub use tombstone::Tombstone;
pub use vocabulary::{AuditEvent, Kind};
