//! Counting what rate limits allow, in DynamoDB, so that all instances count together.

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use crate::Tables;
use crate::table::{AttributeValue, Condition, Key, Table, WriteError, number};
use base::{
    clock::Clock,
    error::Result,
    rate_limit::{Allowance, Budget, RateLimit},
};

/// The count of a window is kept so long after its end.
const KEEP: Duration = Duration::from_mins(10);

/// Counts in DynamoDB.
#[derive(Clone)]
pub struct Limiter {
    activity: Table,
    clock: Clock,
}

impl Limiter {
    /// A limiter that counts in the activity table.
    pub fn new(tables: &Tables) -> Self {
        let Tables { activity, clock, .. } = tables.clone();
        Self { activity, clock }
    }

    /// Counts so many more for the subject, at most as many as the limit is. What is refused is not counted.
    ///
    /// # Errors
    /// 503 when the database is busy or away: then nothing passes.
    pub async fn spend(&self, of: &str, subject: &str, rate: RateLimit, amount: u32) -> Result<Allowance> {
        let now = self.clock.now().seconds();
        let (begun, left) = rate.window(now);
        let expires =
            begun + i64::from(rate.window_seconds) + i64::try_from(KEEP.as_secs()).unwrap_or_default();
        let key = Key::new(format!("RATE#{of}#{subject}"), format!("{}#{begun}", rate.window_seconds));
        let room = AttributeValue::N(rate.limit.saturating_sub(amount).to_string());
        let has_room = Condition::Any(vec![
            Condition::AttributeMissing("count".into()),
            Condition::AtMost("count".into(), room),
        ]);
        let write = self.activity.update(key).add("count", amount.into()).when(has_room);
        match self.activity.write(write.set("expires", AttributeValue::N(expires.to_string()))).await {
            Ok(item) => {
                let used = number(&item, "count").unwrap_or(amount.into());
                Ok(Allowance::Allowed(rate.budget(of, used, now)))
            }
            Err(WriteError::ConditionFailed(_)) => {
                Ok(Allowance::Exceeded(Budget { reset_seconds: left, ..rate.budget(of, u64::MAX, now) }))
            }
            Err(WriteError::Failed(error)) => Err(error),
        }
    }
}

/// The prefix by which a client is counted. A client usually controls its whole /64, so IPv6 is counted by /64
/// (RFC 4291, section 2.5.4).
pub fn client_prefix(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
        ip @ IpAddr::V4(_) => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_count_together() {
        let of = |text: &str| client_prefix(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(of("192.0.2.1"), "192.0.2.1");
    }
}
