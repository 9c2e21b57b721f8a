//! DynamoDB and other services of AWS, and work within limits of time.

/// Clients of AWS.
pub mod aws;
/// A read-through cache.
pub mod cache;
/// Tasks at the same time, a limited number of them.
pub mod concurrent;
/// The environment.
pub mod config;
/// The deadline of an invocation.
pub mod deadline;
/// Functions that are given events.
pub mod lambda;
/// Counting what rate limits allow.
pub mod limiter;
/// Which records of an event are to come again.
pub mod partial_batch;
/// Queues between functions.
pub mod queue;
mod table;
mod tables;

pub use table::{
    Attempt, AttributeValue, Batch, Condition, ConditionFailed, Item, Key, QueryPage, ScanBudget, Table,
    TableQuery, Write, WriteError, applied, applied_as, attribute, decode, is_expired, number, retry, text,
};
pub use tables::Tables;
