//! Queues: what functions send each other, at least once and not before its time. SQS in the cloud.

mod sqs;

use std::{future::Future, pin::Pin};

use serde::{Serialize, de::DeserializeOwned};

pub use sqs::Sqs;

/// A message of a queue.
pub trait Message: Serialize + DeserializeOwned + Send + 'static {
    /// Who shares the queue with others: many messages of one of them, or slow ones, must not keep those of others
    /// waiting. SQS calls it a fair queue.
    fn group(&self) -> Option<&str>;
}

/// In which order a queue hands its messages on.
pub enum Order<M> {
    /// In none, and side by side; those of a group of which many are under way behind those of others. A fair queue of SQS.
    Fair,
    /// One after the other in each lane, as they were sent, and lanes side by side: none before the one before it is done. A
    /// FIFO queue of SQS.
    Lanes(fn(&M) -> String),
}

/// What lets a message come again when who took it wants, and all behind it in its lane with it.
pub trait Postpone: Send + Sync {
    /// Lets the message of this receipt come again after so many seconds; it is not done with it.
    fn postpone<'a>(&'a self, receipt: &'a str, seconds: i64) -> Sending<'a>;
}

/// A future of a queue.
pub type Sending<'a> = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send + 'a>>;

/// What brings messages, at least once, and not before their time.
pub trait Queue<M: Message>: Send + Sync {
    /// Sends a message that comes after so many seconds; where there are lanes, when its turn comes.
    fn send(&self, message: M, delay_seconds: i64) -> Sending<'_>;

    /// Sends messages that come at once. If it fails, some may have been sent.
    fn send_all(&self, messages: Vec<M>) -> Sending<'_>;
}
