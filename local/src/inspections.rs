//! What S3 does on AWS: it tells the function that looks at files which ones were sent.

use base::Result;
use bucket::{Bucket, VariantKeys};
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
        let (mut files, mut variants) = (JoinSet::new(), JoinSet::new());
        let mut left = left_behind(&bucket).await.unwrap_or_default().into_iter();
        while let Some(key) = match left.next() {
            Some(key) => Some(key),
            None => sent.recv().await,
        } {
            let work = look_at(inspector.clone(), key.clone());
            // Smaller pictures take turns by themselves, and no file waits for them.
            if VariantKeys::parse_request(&key).is_some() {
                while variants.try_join_next().is_some() {}
                variants.spawn(work);
                continue;
            }
            while files.len() >= AT_ONCE {
                files.join_next().await;
            }
            files.spawn(work);
        }
    });
    Inspections { _running: running }
}

/// What a process before this one was told of, and has not done.
async fn left_behind(bucket: &Bucket) -> Result<Vec<String>> {
    bucket.remove_orphaned_variants().await?;
    Ok([bucket.uninspected().await?, bucket.requests().await?].concat())
}

async fn look_at(inspector: Inspector, key: String) {
    for _ in 0..TRIES {
        match inspector.handle(Event::of(&key)).await {
            Ok(()) => return,
            Err(error) => tracing::warn!(code = error.code.name(), "a file could not be looked at"),
        }
        sleep(PAUSE).await;
    }
}
