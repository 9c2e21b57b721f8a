//! How a change of what functions cache for a few seconds reaches all of them.

use std::time::Duration;

use base::clock::Clock;

use super::CACHE_SECONDS;

/// How often the clock is polled, which tests may set.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Waits until no cache of a function has a type, or what is built on one, as it was before the write that was just made. The
/// time counts from now: until the write was done, others could still read and cache what was before.
pub async fn wait_for_cache_expiry(clock: &Clock) {
    let since = clock.now();
    while clock.now() <= since.plus_seconds(CACHE_SECONDS) {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
