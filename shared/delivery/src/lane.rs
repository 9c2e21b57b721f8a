//! Lanes: the message groups of a FIFO queue. Requests of one lane are made one after the other, in the order
//! in which they were sent; those of different lanes concurrently. So the number of lanes limits how many
//! requests are in flight at a time.

use base::id::{TeamId, WebhookId};

/// The most lanes of a webhook.
const WEBHOOK_LANES: usize = 8;
/// The lanes of all webhooks of a team together. If it has more webhooks than that, each has one lane.
const TEAM_LANES: usize = 64;
/// The lanes of a team in the slow queue, for receivers that are slow or fail.
const SLOW_LANES: u32 = 4;

/// The number of lanes of each webhook of a team that has so many webhooks. It is a power of two, so that few
/// objects change their lane when the number of webhooks changes.
pub fn lanes(webhooks: usize) -> u32 {
    let share = (TEAM_LANES / webhooks.max(1)).clamp(1, WEBHOOK_LANES);
    1 << share.ilog2()
}

/// The lane of an id, of so many lanes: the same id is always in the same one.
pub fn lane_of(id: &str, lanes: u32) -> u32 {
    crc32fast::hash(id.as_bytes()) % lanes.max(1)
}

/// The message group of a lane of a webhook.
pub(super) fn lane(webhook: &WebhookId, lane: u32) -> String {
    format!("{webhook}.{lane}")
}

/// The message group of a webhook in the slow queue.
pub(super) fn slow_lane(team: &TeamId, webhook: &WebhookId) -> String {
    format!("{team}.{}", lane_of(webhook.as_str(), SLOW_LANES))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use base::id::ObjectId;

    #[test]
    fn no_team_has_more_than_a_hundred_requests_under_way_and_none_of_its_webhooks_waits_for_another() {
        let of = |webhooks: usize| lanes(webhooks);
        assert_eq!([of(0), of(1), of(8), of(9), of(16), of(17), of(33), of(100)], [8, 8, 8, 4, 4, 2, 1, 1]);
        for webhooks in 1..=100_usize {
            let lanes = usize::try_from(of(webhooks)).unwrap();
            assert!((1..=webhooks.max(TEAM_LANES)).contains(&(webhooks * lanes)), "{webhooks}");
        }
    }

    #[test]
    fn an_object_stays_in_its_lane_and_many_have_all_of_them() {
        let objects: Vec<_> = (0..200).map(|_| ObjectId::new()).collect();
        for object in &objects {
            assert_eq!(lane_of(object.as_str(), 8), lane_of(object.as_str(), 8));
            assert_eq!(lane_of(object.as_str(), 8) % 4, lane_of(object.as_str(), 4), "half of them stay");
        }
        let taken: HashSet<_> = objects.iter().map(|object| lane_of(object.as_str(), 8)).collect();
        assert_eq!(taken.len(), 8);
    }

    #[test]
    fn a_team_has_four_lanes_for_all_that_is_slow() {
        let team = TeamId::new();
        let taken: HashSet<_> = (0..200).map(|_| slow_lane(&team, &WebhookId::new())).collect();
        assert_eq!(taken.len(), 4);
    }
}
