//! What was read before, as long as it can be gone by.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use shared::Timestamp;

/// More things than this are not kept: all are forgotten, and those in use come back.
const KEPT_MAX: usize = 1_000;
/// Clocks of functions differ by less than this.
const SKEW_MILLIS: i64 = 20;

/// Things with the moments at which they were read.
pub(crate) struct Cache<K, V>(Arc<Mutex<HashMap<K, (V, Timestamp)>>>);

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
    /// The thing, if it was read at that moment or later.
    pub(crate) fn get(&self, key: &K, since: Timestamp) -> Option<V> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).filter(|(_, read_at)| *read_at >= since).map(|(value, _)| value.clone())
    }

    /// Keeps a thing that was asked for at that moment.
    pub(crate) fn put(&self, key: K, value: V, asked_at: Timestamp) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(key, (value, asked_at));
    }
}

/// From when on a thing must have been read so that it shows all that was there when a change was made.
pub(crate) fn after(change: Timestamp) -> Timestamp {
    Timestamp::from_millis(change.millis() + SKEW_MILLIS).unwrap_or(change)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_change_is_not_gone_by() {
        let at = |millis| Timestamp::from_millis(millis).unwrap();
        let cache = Cache::default();
        cache.put("a", 1, at(1_000));
        assert_eq!(cache.get(&"a", after(at(979))), Some(1));
        assert_eq!(cache.get(&"a", after(at(980))), Some(1));
        assert_eq!(cache.get(&"a", after(at(981))), None);
        assert_eq!(cache.get(&"b", at(0)), None);
    }
}
