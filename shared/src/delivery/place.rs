//! How often a team asks one host: each request has a place, and what is beyond the rate has a later one. So nothing is
//! refused and nothing lost, and the order stays.

use crate::{
    config::Config,
    error::Result,
    id::TeamId,
    table::{Attempt, AttributeValue, Condition, Key, Table, WriteError, number, retry},
    timestamp::Timestamp,
};

/// Requests of a team to one host in a second, unless the operator says otherwise.
const PER_SECOND: u32 = 50;
/// Who has not asked for a while may ask as often as in so much time at once.
const SAVED_MICROS: u64 = 2_000_000;
/// What is known of a host is kept for so long after its last place.
const KEEP_SECONDS: i64 = 60 * 60;
/// The attribute with the first place that nobody has, in microseconds since 1970.
const NEXT: &str = "next";
/// So many requests of a team may wait in their lanes, over all its hosts: of what waits in lanes, a queue sees the first 120,000.
const WAITING_MAX: u64 = 20_000;

/// How often a team asks one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Between two places.
    micros: u64,
}

/// Places one after the other, at equal distances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    next: u64,
    step: u64,
}

impl Rate {
    /// What the environment says.
    pub fn of(config: &Config) -> Self {
        Self::per_second(config.webhook_requests_per_second.unwrap_or(PER_SECOND))
    }

    /// So many requests in a second; at least one.
    pub fn per_second(requests: u32) -> Self {
        Self { micros: 1_000_000 / u64::from(requests.clamp(1, 1_000_000)) }
    }

    /// Whether a place is too far off to wait for it in a lane, for a team that asks so many hosts.
    pub fn is_far(self, place: Timestamp, now: Timestamp, hosts: usize) -> bool {
        let most = WAITING_MAX / u64::try_from(hosts.max(1)).unwrap_or(1) * self.micros / 1_000;
        u64::try_from(place.millis() - now.millis()).is_ok_and(|millis| millis > most)
    }

    /// Takes places for so many requests of a team to a host: from now on, as far as nobody else has them.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn take(
        self,
        activity: &Table,
        (team, host): (&TeamId, &str),
        requests: usize,
        now: Timestamp,
    ) -> Result<Places> {
        let span = self.micros * u64::try_from(requests).unwrap_or_default();
        let first = micros(now).saturating_sub(SAVED_MICROS);
        let key = Key::new(format!("RELAY#{team}"), format!("HOST#{host}"));
        let expires = AttributeValue::N((now.seconds() + KEEP_SECONDS).to_string());
        let update = &|| activity.update(key.clone()).set("expires", expires.clone());
        retry("host", || async move {
            // Who has asked a moment ago goes on behind that.
            let behind = update().add(NEXT, i64::try_from(span).unwrap_or(i64::MAX));
            match activity.write(behind.when(Condition::AtLeast(NEXT.to_owned(), at(first)))).await {
                Ok(item) => {
                    let end = number(&item, NEXT).unwrap_or_default();
                    return Ok(Attempt::Done(Places { next: end.saturating_sub(span), step: self.micros }));
                }
                Err(WriteError::Failed(error)) => return Err(error),
                Err(WriteError::ConditionFailed(_)) => {}
            }
            let anew = update().set(NEXT, at(first + span));
            let is_old = Condition::Any(vec![
                Condition::AttributeMissing(NEXT.to_owned()),
                Condition::Below(NEXT.to_owned(), at(first)),
            ]);
            let outcome = activity.write(anew.when(is_old)).await;
            Ok(Attempt::of(outcome)?.with(Places { next: first, step: self.micros }))
        })
        .await
    }
}

impl Iterator for Places {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        let place = self.next;
        self.next += self.step;
        Timestamp::from_millis(i64::try_from(place / 1_000).ok()?)
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
    fn places_follow_each_other_at_the_rate() {
        let now = Timestamp::from_millis(1_795_000_000_000).unwrap();
        let places = |per_second: u32| {
            let places = Places { next: micros(now), step: Rate::per_second(per_second).micros };
            places.take(3).map(|at| at.millis() - now.millis()).collect::<Vec<_>>()
        };
        assert_eq!(
            (places(50), places(1), places(0)),
            (vec![0, 20, 40], vec![0, 1_000, 2_000], vec![0, 1_000, 2_000])
        );
        assert_eq!(places(u32::MAX), [0, 0, 0]);
    }

    #[test]
    fn a_team_has_no_more_in_its_lanes_however_many_hosts_it_asks() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000).unwrap();
        let is_far = |seconds: i64, hosts| Rate::per_second(50).is_far(at(1_000 + seconds), at(1_000), hosts);
        assert!(!is_far(-5, 1) && !is_far(400, 1) && is_far(401, 1));
        assert!(!is_far(4, 100) && is_far(5, 100));
    }
}
