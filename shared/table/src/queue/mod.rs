//! Queues between functions: they deliver messages at least once, and not before their delay is over.

mod sqs;

use std::{future::Future, pin::Pin};

use serde::{Serialize, de::DeserializeOwned};

pub use sqs::Sqs;

/// A message of a queue.
pub trait Message: Serialize + DeserializeOwned + Send + 'static {
    /// The tenant of the message, for the fair queues of SQS: many messages of one tenant, or slow ones, do not
    /// delay those of others.
    fn group(&self) -> Option<&str>;
}

/// The order in which a queue delivers its messages.
pub enum Order<M> {
    /// Concurrently, in no order; those of a tenant with many messages in flight come behind those of others. A
    /// fair queue of SQS.
    Fair,
    /// In the order in which they were sent within each lane, one at a time; lanes concurrently. A FIFO queue
    /// of SQS.
    Lanes(fn(&M) -> String),
}

/// Changes when a received message is delivered again; all messages behind it in its lane wait too.
pub trait Postpone: Send + Sync {
    /// Has the message of this receipt delivered again after so many seconds.
    fn postpone<'a>(&'a self, receipt: &'a str, seconds: i64) -> Sending<'a>;
}

/// A future of a queue.
pub type Sending<'a> = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send + 'a>>;

/// A queue: it delivers messages at least once, and not before their delay is over.
pub trait Queue<M: Message>: Send + Sync {
    /// Sends a message that is delivered after so many seconds. A queue with lanes ignores the delay.
    fn send(&self, message: M, delay_seconds: i64) -> Sending<'_>;

    /// Sends messages without a delay. If it fails, some of them may have been sent.
    fn send_all(&self, messages: Vec<M>) -> Sending<'_>;
}
