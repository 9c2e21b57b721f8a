//! A read-through cache with a minimum read time for each lookup.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use shared::{Result, Timestamp, clock::Clock};
use tokio::sync::Mutex as AsyncMutex;

/// The most entries. When there are more, the cache is cleared, and entries in use come back.
const ENTRIES_MAX: usize = 200;
/// The clocks of functions differ by less than this.
const SKEW_MILLIS: i64 = 20;

/// Values with the times at which they were read.
pub(crate) struct Cache<K, V>(Arc<Mutex<HashMap<K, Slot<V>>>>);

/// One value, and the time at which its read began. Only one task at a time reads it, as changes that are
/// processed concurrently mostly need the same values.
type Slot<V> = Arc<AsyncMutex<Option<(V, Timestamp)>>>;

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
    /// The cached value, if it was read at `min_read_time` or later; otherwise it is read now.
    pub(crate) async fn get(
        &self,
        key: K,
        min_read_time: Timestamp,
        clock: &Clock,
        read: impl Future<Output = Result<V>>,
    ) -> Result<V> {
        self.get_or_refresh(key, min_read_time, clock, |_| read).await
    }

    /// The same for a read that is cheaper if it gets the old value.
    pub(crate) async fn get_or_refresh<F: Future<Output = Result<V>>>(
        &self,
        key: K,
        min_read_time: Timestamp,
        clock: &Clock,
        read: impl FnOnce(Option<V>) -> F,
    ) -> Result<V> {
        let slot = self.slot(key);
        let mut cached = slot.lock().await;
        if let Some((value, asked_at)) = &*cached
            && *asked_at >= min_read_time
        {
            return Ok(value.clone());
        }
        let asked_at = clock.now();
        let value = read(cached.as_ref().map(|(value, _)| value.clone())).await?;
        *cached = Some((value.clone(), asked_at));
        Ok(value)
    }

    /// Removes all entries.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn slot(&self, key: K) -> Slot<V> {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.len() >= ENTRIES_MAX {
            cached.clear();
        }
        cached.entry(key).or_default().clone()
    }
}

/// The minimum read time for a value to include all that was written before a change: the time of the change
/// plus the clock skew.
pub(crate) fn with_clock_skew(change: Timestamp) -> Timestamp {
    Timestamp::from_millis(change.millis() + SKEW_MILLIS).unwrap_or(change)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_value_that_was_read_before_the_minimum_read_time_is_read_again() {
        let (cache, clock) = (Cache::default(), Clock::default());
        let get = async |key, min_read_time, value| {
            cache.get(key, min_read_time, &clock, async move { Ok(value) }).await.unwrap()
        };
        let now = clock.now();
        assert_eq!(get("a", now, 1).await, 1);
        let before = |millis: i64| with_clock_skew(Timestamp::from_millis(now.millis() - millis).unwrap());
        assert_eq!((get("a", before(1_000), 2).await, get("a", before(SKEW_MILLIS), 3).await), (1, 1));
        assert_eq!(get("b", before(1_000), 4).await, 4);
        clock.advance(60);
        assert_eq!(get("a", with_clock_skew(clock.now()), 5).await, 5);
        cache.clear();
        assert_eq!(get("a", before(1_000), 6).await, 6);
    }

    #[tokio::test]
    async fn a_value_that_many_need_at_once_is_read_once_and_a_failure_is_not_cached() {
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
