//! The audit log: what happened in a team, told by whom, how and what; how it is kept, and how it is asked.

mod entry;
mod fields;
mod item;
mod lanes;
mod log;
mod refusals;
mod removal;
mod walk;
mod words;

pub use entry::{Entry, Subject, TokenOfActor, TypeOfSubject, Who};
pub use fields::{FieldChange, bounded, raw};
pub use item::{KEEP_DAYS, expires};
pub use log::{Log, Narrowing, Part};
pub use refusals::{Refusals, Refused};
pub use removal::Removal;
pub use words::{Event, Kind};
