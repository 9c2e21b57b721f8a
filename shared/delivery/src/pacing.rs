//! Pacing: limits how many requests a team's webhooks send to one host. Each request reserves a send time;
//! beyond the rate it is a later one. So no request is refused or lost, and they stay in their order.

use base::{error::Result, id::TeamId, timestamp::Timestamp};
use table::{Attempt, AttributeValue, Condition, Key, Table, WriteError, config::Config, number, retry};

/// The requests of a team to one host in a second, unless the operator sets another rate.
const PER_SECOND: u32 = 50;
/// The burst: after a pause, as many requests as fit into so much time may be sent at once.
const BURST_MICROS: u64 = 2_000_000;
/// The state of a host is kept for so long after the last reservation.
const KEEP_SECONDS: i64 = 60 * 60;
/// The attribute with the first send time that is not reserved, in microseconds since 1970.
const NEXT: &str = "next";
/// The requests of a team that may wait in their lanes, over all its hosts: a FIFO queue only looks through the
/// first 120,000 messages.
const WAITING_MAX: u64 = 20_000;

/// The rate of requests of a team to one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostRate {
    /// The microseconds between two requests.
    micros: u64,
}

/// Send times at equal intervals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendTimes {
    next: u64,
    interval: u64,
}

impl HostRate {
    /// The rate that the environment sets, or the default.
    pub fn of(config: &Config) -> Self {
        Self::per_second(config.webhook_requests_per_second.unwrap_or(PER_SECOND))
    }

    /// A rate of so many requests in a second; at least one.
    pub fn per_second(requests: u32) -> Self {
        Self { micros: 1_000_000 / u64::from(requests.clamp(1, 1_000_000)) }
    }

    /// Whether a send time is too far off for the request to wait in its lane, for a team with webhooks at so
    /// many hosts.
    pub fn is_far(self, time: Timestamp, now: Timestamp, hosts: usize) -> bool {
        let most = WAITING_MAX / u64::try_from(hosts.max(1)).unwrap_or(1) * self.micros / 1_000;
        u64::try_from(time.millis() - now.millis()).is_ok_and(|millis| millis > most)
    }

    /// Reserves send times for so many requests of a team to a host: the first ones from now on that are not
    /// reserved.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn reserve(
        self,
        activity: &Table,
        (team, host): (&TeamId, &str),
        requests: usize,
        now: Timestamp,
    ) -> Result<SendTimes> {
        let span = self.micros * u64::try_from(requests).unwrap_or_default();
        let first = micros(now).saturating_sub(BURST_MICROS);
        let key = Key::new(format!("RELAY#{team}"), format!("HOST#{host}"));
        let expires = AttributeValue::N((now.seconds() + KEEP_SECONDS).to_string());
        let update = &|| activity.update(key.clone()).set("expires", expires.clone());
        retry("host", || async move {
            // There are recent reservations: continue behind them.
            let continued = update().add(NEXT, i64::try_from(span).unwrap_or(i64::MAX));
            match activity.write(continued.when(Condition::AtLeast(NEXT.to_owned(), at(first)))).await {
                Ok(item) => {
                    let end = number(&item, NEXT).unwrap_or_default();
                    return Ok(Attempt::Done(SendTimes {
                        next: end.saturating_sub(span),
                        interval: self.micros,
                    }));
                }
                Err(WriteError::Failed(error)) => return Err(error),
                Err(WriteError::ConditionFailed(_)) => {}
            }
            let restarted = update().set(NEXT, at(first + span));
            let is_old = Condition::Any(vec![
                Condition::AttributeMissing(NEXT.to_owned()),
                Condition::Below(NEXT.to_owned(), at(first)),
            ]);
            let outcome = activity.write(restarted.when(is_old)).await;
            Ok(Attempt::of(outcome)?.with(SendTimes { next: first, interval: self.micros }))
        })
        .await
    }
}

impl Iterator for SendTimes {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        let time = self.next;
        self.next += self.interval;
        Timestamp::from_millis(i64::try_from(time / 1_000).ok()?)
    }
}

fn micros(at: Timestamp) -> u64 {
    u64::try_from(at.millis()).unwrap_or_default() * 1_000
}

fn at(micros: u64) -> AttributeValue {
    AttributeValue::N(micros.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn send_times_follow_each_other_at_the_rate() {
        let now = Timestamp::from_millis(1_795_000_000_000).unwrap();
        let send_times = |per_second: u32| {
            let send_times =
                SendTimes { next: micros(now), interval: HostRate::per_second(per_second).micros };
            send_times.take(3).map(|at| at.millis() - now.millis()).collect::<Vec<_>>()
        };
        assert_eq!(
            (send_times(50), send_times(1), send_times(0)),
            (vec![0, 20, 40], vec![0, 1_000, 2_000], vec![0, 1_000, 2_000])
        );
        assert_eq!(send_times(u32::MAX), [0, 0, 0]);
    }

    #[test]
    fn a_team_has_no_more_in_its_lanes_however_many_hosts_it_asks() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000).unwrap();
        let is_far =
            |seconds: i64, hosts| HostRate::per_second(50).is_far(at(1_000 + seconds), at(1_000), hosts);
        assert!(!is_far(-5, 1) && !is_far(400, 1) && is_far(401, 1));
        assert!(!is_far(4, 100) && is_far(5, 100));
    }
}
