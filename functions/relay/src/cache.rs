//! What was read before, as long as it can be gone by.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use shared::{Result, Timestamp, clock::Clock};
use tokio::sync::Mutex as Turn;

/// More things than this are not kept: all are forgotten, and those in use come back.
const KEPT_MAX: usize = 200;
/// Clocks of functions differ by less than this.
const SKEW_MILLIS: i64 = 20;

/// Things with the moments at which they were read.
pub(crate) struct Cache<K, V>(Arc<Mutex<HashMap<K, Slot<V>>>>);

/// One thing, and the moment at which it was asked for. Who reads it does so alone: changes that are looked at side by side
/// mostly need the same things.
type Slot<V> = Arc<Turn<Option<(V, Timestamp)>>>;

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    /// The thing, as it was read at that moment or later, or is read now.
    pub(crate) async fn get(
        &self,
        key: K,
        since: Timestamp,
        clock: &Clock,
        read: impl Future<Output = Result<V>>,
    ) -> Result<V> {
        self.renewed(key, since, clock, |_| read).await
    }

    /// The same for what is read by less when it is known how it was.
    pub(crate) async fn renewed<F: Future<Output = Result<V>>>(
        &self,
        key: K,
        since: Timestamp,
        clock: &Clock,
        read: impl FnOnce(Option<V>) -> F,
    ) -> Result<V> {
        let slot = self.slot(key);
        let mut kept = slot.lock().await;
        if let Some((value, asked_at)) = &*kept
            && *asked_at >= since
        {
            return Ok(value.clone());
        }
        let asked_at = clock.now();
        let value = read(kept.as_ref().map(|(value, _)| value.clone())).await?;
        *kept = Some((value.clone(), asked_at));
        Ok(value)
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn slot(&self, key: K) -> Slot<V> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.entry(key).or_default().clone()
    }
}

/// From when on a thing must have been read so that it shows all that was there when a change was made.
pub(crate) fn after(change: Timestamp) -> Timestamp {
    Timestamp::from_millis(change.millis() + SKEW_MILLIS).unwrap_or(change)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn what_was_read_before_a_change_is_not_gone_by() {
        let (cache, clock) = (Cache::default(), Clock::default());
        let get =
            async |key, since, value| cache.get(key, since, &clock, async move { Ok(value) }).await.unwrap();
        let now = clock.now();
        assert_eq!(get("a", now, 1).await, 1);
        let before = |millis: i64| after(Timestamp::from_millis(now.millis() - millis).unwrap());
        assert_eq!((get("a", before(1_000), 2).await, get("a", before(SKEW_MILLIS), 3).await), (1, 1));
        assert_eq!(get("b", before(1_000), 4).await, 4);
        clock.advance(60);
        assert_eq!(get("a", after(clock.now()), 5).await, 5);
        cache.clear();
        assert_eq!(get("a", before(1_000), 6).await, 6);
    }

    #[tokio::test]
    async fn what_many_need_at_once_is_read_once_and_a_failure_is_not_kept() {
        let (cache, clock, reads) = (Cache::default(), Clock::default(), AtomicUsize::new(0));
        let read = async || {
            let read = async {
                tokio::task::yield_now().await;
                match reads.fetch_add(1, Ordering::SeqCst) {
                    0 => Err(anyhow::anyhow!("away").into()),
                    count => Ok(count),
                }
            };
            cache.get("a", clock.now().plus_seconds(-1), &clock, read).await
        };
        let (first, second, third) = tokio::join!(read(), read(), read());
        assert!(first.is_err());
        assert_eq!((second.ok(), third.ok(), reads.load(Ordering::SeqCst)), (Some(1), Some(1), 2));
    }
}
