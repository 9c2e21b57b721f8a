//! What S3 does on AWS: it tells the function that looks at files which ones were sent.

use base::Result;
use bucket::Bucket;
use media::{Event, Inspector};
use tokio::{
    sync::mpsc::UnboundedReceiver,
    task::JoinSet,
    time::{Duration, sleep},
};

/// Files that are looked at at the same time.
const AT_ONCE: usize = 2;
/// A file that cannot be looked at is tried so often, as Lambda does.
const TRIES: usize = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// The files that are looked at. It ends, in the middle of whatever it does, when this is dropped.
pub(crate) struct Inspections {
    _running: JoinSet<()>,
}

/// Looks at the files that are sent from now on, and at those that a process before this one was told of and has not looked at.
pub(crate) fn inspections(bucket: &Bucket, mut sent: UnboundedReceiver<String>) -> Inspections {
    let (mut running, inspector, bucket) = (JoinSet::new(), Inspector::new(bucket.clone()), bucket.clone());
    running.spawn(async move {
        let mut at_work = JoinSet::new();
        for key in left_behind(&bucket).await.unwrap_or_default() {
            start(&mut at_work, &inspector, key).await;
        }
        while let Some(key) = sent.recv().await {
            start(&mut at_work, &inspector, key).await;
        }
    });
    Inspections { _running: running }
}

/// What a process before this one was told of, and has not done.
async fn left_behind(bucket: &Bucket) -> Result<Vec<String>> {
    bucket.remove_orphaned_variants().await?;
    Ok([bucket.uninspected().await?, bucket.requests().await?].concat())
}

async fn start(at_work: &mut JoinSet<()>, inspector: &Inspector, key: String) {
    while at_work.len() >= AT_ONCE {
        at_work.join_next().await;
    }
    let inspector = inspector.clone();
    at_work.spawn(async move {
        for _ in 0..TRIES {
            match inspector.handle(Event::of(&key)).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(code = error.code.name(), "a file could not be looked at"),
            }
            sleep(PAUSE).await;
        }
    });
}
