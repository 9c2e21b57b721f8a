//! The schedule of retries.

use rand::TryRng as _;

use base::timestamp::Timestamp;

/// The seconds between attempts, as Standard Webhooks 1.0.0 recommends: more than three days in all.
const SCHEDULE: [i64; 9] =
    [5, 5 * 60, 30 * 60, 2 * 60 * 60, 5 * 60 * 60, 10 * 60 * 60, 14 * 60 * 60, 20 * 60 * 60, 24 * 60 * 60];
/// The jitter: a delay is longer or shorter by up to this share, so that what failed together is not retried
/// together.
const JITTER: f64 = 0.2;
/// A webhook is disabled when its receiver has failed for so long.
pub const DISABLED_AFTER_SECONDS: i64 = 5 * 24 * 60 * 60;
/// The longest delay of a message in SQS. For a retry that is due later, the message is queued again and again.
const REQUEUE_DELAY_SECONDS_MAX: i64 = 15 * 60;

/// The delay after so many failed attempts of a run; `None` after the last one. A receiver that asks for more
/// time with `Retry-After` gets it, up to twice the delay. `random`, from 0 to 1, chooses the jitter.
pub fn delay_seconds(tries_in_run: u64, retry_after: Option<i64>, random: f64) -> Option<i64> {
    let step = *SCHEDULE.get(usize::try_from(tries_in_run).ok()?.checked_sub(1)?)?;
    let wait = with_jitter(step, random);
    Some(retry_after.map_or(wait, |asked| wait.max(asked.min(2 * step))))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a day has few seconds")]
fn with_jitter(step: i64, random: f64) -> i64 {
    (step as f64 * (1.0 - JITTER + 2.0 * JITTER * random)).round() as i64
}

/// A random number from 0 to 1, evenly distributed.
pub fn random_unit() -> f64 {
    rand::rngs::SysRng.try_next_u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX))
}

/// The delay of a message about a retry that is due at that time, at most what SQS allows.
pub fn requeue_delay_seconds(due: Timestamp, now: Timestamp) -> i64 {
    // Rounded up: a message that comes too early would only be queued again.
    (((due.millis() - now.millis()).max(0) + 999) / 1_000).min(REQUEUE_DELAY_SECONDS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delays_are_those_of_the_schedule_give_or_take_a_fifth() {
        let delays = |random| (1..=10).map(|tries| delay_seconds(tries, None, random)).collect::<Vec<_>>();
        let middle = SCHEDULE.iter().map(|step| Some(*step)).chain([None]).collect::<Vec<_>>();
        assert_eq!(delays(0.5), middle);
        let (least, most) = (delays(0.0), delays(1.0));
        assert_eq!((least[0], least[1], least[8]), (Some(4), Some(240), Some(69_120)));
        assert_eq!((most[0], most[1], most[8]), (Some(6), Some(360), Some(103_680)));
        assert_eq!(delay_seconds(0, None, 0.5), None);
        assert!((75 * 3_600..76 * 3_600).contains(&SCHEDULE.iter().sum::<i64>()));
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_and_not_for_less() {
        for (asked, delay) in [(0, 300), (-5, 300), (200, 300), (400, 400), (600, 600), (i64::MAX, 600)] {
            assert_eq!(delay_seconds(2, Some(asked), 0.5), Some(delay), "{asked}");
        }
    }

    #[test]
    fn random_numbers_are_between_zero_and_one() {
        assert!((0..1_000).all(|_| (0.0..=1.0).contains(&random_unit())));
    }

    #[test]
    fn a_message_waits_fifteen_minutes_at_the_most() {
        let at = |millis| Timestamp::from_millis(millis).unwrap();
        for (due, seconds) in
            [(0, 0), (10_000, 0), (10_001, 1), (12_000, 2), (86_400_000, REQUEUE_DELAY_SECONDS_MAX)]
        {
            assert_eq!(requeue_delay_seconds(at(due), at(10_000)), seconds, "{due}");
        }
    }
}
