//! Counts failed authentications per address, in memory: they cost no write, and a valid credential from the
//! same address, as behind the gateway of an office, is never held up by them.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use base::{
    rate_limit::{Budget, RateLimit},
    timestamp::Timestamp,
};
use table::limiter::client_prefix;

/// So many a minute may fail, if nothing else is said.
const LIMIT: u32 = 300;
const WINDOW_SECONDS: u32 = 60;
/// More addresses than this are not counted: then all are forgotten.
const ADDRESSES_MAX: usize = 20_000;

/// The failed attempts by address.
pub(super) struct FailedAttempts {
    rate: RateLimit,
    window: Mutex<Window>,
}

/// What was counted since the start of the minute.
#[derive(Default)]
struct Window {
    begun: i64,
    by_address: HashMap<IpAddr, u64>,
}

impl Default for FailedAttempts {
    fn default() -> Self {
        Self::new(LIMIT)
    }
}

impl FailedAttempts {
    /// So many a minute may fail.
    pub(super) fn new(limit: u32) -> Self {
        Self { rate: RateLimit { limit, window_seconds: WINDOW_SECONDS }, window: Mutex::default() }
    }

    /// Counts one that failed; the budget, if it is exceeded.
    pub(super) fn fail(&self, ip: IpAddr, now: Timestamp) -> Option<Budget> {
        let seconds = now.seconds();
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = seconds - seconds.rem_euclid(WINDOW_SECONDS.into());
        if window.begun != begun || window.by_address.len() >= ADDRESSES_MAX {
            *window = Window { begun, by_address: HashMap::new() };
        }
        let count = window.by_address.entry(client_prefix(ip)).or_default();
        *count += 1;
        (*count > self.rate.limit.into()).then(|| self.rate.budget("address", *count, seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::tests::now;

    #[test]
    fn an_address_is_told_when_it_fails_too_often_and_begins_anew_with_each_minute() {
        let attempts = FailedAttempts::new(2);
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let over = |ip, seconds| attempts.fail(ip, now().plus_seconds(seconds)).is_some();
        assert_eq!([over(one, 0), over(one, 1), over(one, 2), over(other, 3)], [false, false, true, false]);
        let budget = attempts.fail(one, now().plus_seconds(3)).unwrap();
        assert_eq!((budget.remaining, budget.reset_seconds, budget.of.as_str()), (0, 57, "address"));
        assert!(!over(one, 60));
    }

    #[test]
    fn very_many_addresses_take_bounded_memory() {
        let attempts = FailedAttempts::new(1);
        for number in 0..=u32::try_from(ADDRESSES_MAX).unwrap() {
            attempts.fail(std::net::Ipv4Addr::from_bits(number).into(), now());
        }
        assert_eq!(attempts.window.lock().unwrap().by_address.len(), 1);
    }
}
