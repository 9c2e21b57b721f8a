//! A read-through cache with a minimum read time for each lookup.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Mutex as AsyncMutex;

use base::{clock::Clock, error::Result, timestamp::Timestamp};

/// The clocks of functions differ by less than this.
const SKEW_MILLIS: i64 = 20;

/// Values with the times at which they were read, shared by all clones.
pub struct Cache<K, V> {
    slots: Arc<Mutex<HashMap<K, Slot<V>>>>,
    entries_max: usize,
}

/// One value, and the time at which its read began. Only one task at a time reads it, as changes that are
/// processed concurrently mostly need the same values.
type Slot<V> = Arc<AsyncMutex<Option<(V, Timestamp)>>>;

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self { slots: self.slots.clone(), entries_max: self.entries_max }
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Cache<K, V> {
    /// A cache for so many entries. When there are more, it is cleared, and entries in use come back.
    pub fn new(entries_max: usize) -> Self {
        Self { slots: Arc::default(), entries_max }
    }

    /// The cached value, if it was read at `min_read_time` or later; otherwise it is read now.
    ///
    /// # Errors
    /// As the read, of which nothing is cached then.
    pub async fn get(
        &self,
        key: K,
        min_read_time: Timestamp,
        clock: &Clock,
        read: impl Future<Output = Result<V>>,
    ) -> Result<V> {
        self.get_or_refresh(key, min_read_time, clock, |_| read).await
    }

    /// The same for a read that is cheaper if it gets the old value.
    ///
    /// # Errors
    /// As the read, of which nothing is cached then.
    pub async fn get_or_refresh<F: Future<Output = Result<V>>>(
        &self,
        key: K,
        min_read_time: Timestamp,
        clock: &Clock,
        read: impl FnOnce(Option<V>) -> F,
    ) -> Result<V> {
        let slot = self.slot(key.clone());
        let mut cached = slot.lock().await;
        if let Some((value, asked_at)) = &*cached
            && *asked_at >= min_read_time
        {
            return Ok(value.clone());
        }
        let asked_at = clock.now();
        match read(cached.as_ref().map(|(value, _)| value.clone())).await {
            Ok(value) => {
                *cached = Some((value.clone(), asked_at));
                Ok(value)
            }
            Err(error) => {
                // Keys that stand for nothing take no room.
                if cached.is_none() {
                    let mut slots = self.slots();
                    if slots.get(&key).is_some_and(|other| Arc::ptr_eq(other, &slot)) {
                        slots.remove(&key);
                    }
                }
                Err(error)
            }
        }
    }

    /// Removes all entries.
    pub fn clear(&self) {
        self.slots().clear();
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<K, Slot<V>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(&self, key: K) -> Slot<V> {
        let mut cached = self.slots();
        if cached.len() >= self.entries_max {
            cached.clear();
        }
        cached.entry(key).or_default().clone()
    }
}

/// The minimum read time for a value to include all that was written before a change: the time of the change
/// plus the clock skew.
pub fn with_clock_skew(change: Timestamp) -> Timestamp {
    Timestamp::from_millis(change.millis() + SKEW_MILLIS).unwrap_or(change)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_value_that_was_read_before_the_minimum_read_time_is_read_again() {
        let (cache, clock) = (Cache::new(10), Clock::default());
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
        let (cache, clock, reads) = (Cache::new(10), Clock::default(), AtomicUsize::new(0));
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

    #[tokio::test]
    async fn keys_that_stand_for_nothing_take_no_room() {
        let (cache, clock) = (Cache::new(2), Clock::default());
        let now = clock.now();
        assert_eq!(cache.get("a".to_owned(), now, &clock, async { Ok(1) }).await.unwrap(), 1);
        for number in 0..10 {
            let missing = async { Err(anyhow::anyhow!("there is none").into()) };
            cache.get(format!("missing {number}"), now, &clock, missing).await.unwrap_err();
        }
        assert_eq!(cache.get("a".to_owned(), now, &clock, async { Ok(2) }).await.unwrap(), 1);
    }
}
