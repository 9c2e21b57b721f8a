//! Messages in their lanes, in turn, at their time, and again.

use base::id::{DeliveryId, TeamId, WebhookId};
use delivery::{Retry, RetryAction};
use serde_json::Value;
use tokio::time::timeout;

use super::*;

/// A message that is not handled.
const FAILS: u64 = 99;
/// One that is put off for a minute when it comes for the first time.
const PUT_OFF: u64 = 98;

/// The messages that came.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<Retry>>>);

impl Seen {
    /// A function that keeps what comes, and does not come to an end for these teams.
    fn handler(&self, hanging: Vec<TeamId>, queue: Arc<dyn Postpone>) -> Handler {
        let seen = self.0.clone();
        Arc::new(move |event| {
            let event: Value = serde_json::from_str(&event).unwrap();
            let record = &event["Records"][0];
            let retry: Retry = serde_json::from_str(record["body"].as_str().unwrap()).unwrap();
            let hangs = hanging.contains(&retry.team);
            let is_first = record["attributes"]["ApproximateReceiveCount"] == "1";
            let is_put_off = retry.tries == PUT_OFF && is_first;
            let is_handled = retry.tries != FAILS && !is_put_off;
            let (queue, receipt) = (queue.clone(), record["receiptHandle"].as_str().unwrap().to_owned());
            seen.lock().unwrap().push(retry);
            Box::pin(async move {
                if hangs {
                    std::future::pending::<()>().await;
                }
                if is_put_off {
                    queue.postpone(&receipt, 60).await.unwrap();
                }
                is_handled
            })
        })
    }

    async fn until(&self, count: usize) -> Vec<Retry> {
        let waiting = async {
            while self.0.lock().unwrap().len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_mins(2), waiting).await.expect("the messages come");
        self.0.lock().unwrap().clone()
    }

    async fn tries(&self, count: usize) -> Vec<u64> {
        self.until(count).await.iter().map(|retry| retry.tries).collect()
    }
}

fn retry(team: &TeamId, tries: u64) -> Retry {
    let (webhook, delivery) = (WebhookId::new(), DeliveryId::new());
    Retry { team: team.clone(), webhook, delivery, tries, action: RetryAction::Try }
}

fn lane(retry: &Retry) -> String {
    retry.team.to_string()
}

#[tokio::test]
async fn messages_come_at_their_time_and_again_when_they_were_not_handled() {
    let clock = Clock::default();
    let (queue, pool) = queue::<Retry>("retries", 4, Order::Fair, &clock);
    let seen = Seen::default();
    let _running = tokio::spawn(pool.run(seen.handler(vec![], queue.clone())));
    let team = TeamId::new();
    queue.send(retry(&team, 2), 100).await.unwrap();
    queue.send(retry(&team, FAILS), 0).await.unwrap();
    queue.send_all(vec![retry(&team, 1)]).await.unwrap();
    assert_eq!(seen.tries(2).await, [99, 1]);
    clock.advance(6);
    assert_eq!(seen.tries(3).await, [99, 1, 99]);
    clock.advance(94);
    let mut all = seen.tries(5).await;
    all.sort_unstable();
    assert_eq!(all, [1, 2, 99, 99, 99]);
}

#[tokio::test]
async fn who_hangs_keeps_some_workers_and_not_all() {
    let clock = Clock::default();
    for (order, of_one) in [(Order::Fair, OF_A_GROUP), (Order::Lanes(lane as fn(&Retry) -> String), 1)] {
        let (queue, pool) = queue("retries", OF_A_GROUP + 2, order, &clock);
        let (hanging, other) = (TeamId::new(), TeamId::new());
        let seen = Seen::default();
        let _running = tokio::spawn(pool.run(seen.handler(vec![hanging.clone()], queue.clone())));
        queue.send_all((0..20).map(|_| retry(&hanging, 0)).collect()).await.unwrap();
        queue.send_all((0..20).map(|_| retry(&other, 0)).collect()).await.unwrap();
        let seen = seen.until(of_one + 20).await;
        let of = |team: &TeamId| seen.iter().filter(|retry| retry.team == *team).count();
        assert_eq!((of(&hanging), of(&other)), (of_one, 20));
    }
}

#[tokio::test]
async fn messages_of_a_lane_come_in_their_order_whatever_becomes_of_one() {
    let clock = Clock::default();
    let (queue, pool) = queue("requests", 64, Order::Lanes(lane as fn(&Retry) -> String), &clock);
    let (lane, other) = (TeamId::new(), TeamId::new());
    let seen = Seen::default();
    queue.send_all([0, 1, PUT_OFF, 2, 3].map(|tries| retry(&lane, tries)).into()).await.unwrap();
    queue.send_all((10..30).map(|tries| retry(&other, tries)).collect()).await.unwrap();
    let _running = tokio::spawn(pool.run(seen.handler(vec![], queue.clone())));
    let of = |seen: &[Retry], team: &TeamId| -> Vec<u64> {
        seen.iter().filter(|retry| retry.team == *team).map(|retry| retry.tries).collect()
    };
    let early = seen.until(23).await;
    assert_eq!((of(&early, &lane), of(&early, &other)), (vec![0, 1, PUT_OFF], (10..30).collect()));
    clock.advance(59);
    queue.send(retry(&other, 30), 0).await.unwrap();
    assert_eq!(of(&seen.until(24).await, &lane), [0, 1, PUT_OFF]);
    clock.advance(1);
    assert_eq!(of(&seen.until(27).await, &lane), [0, 1, PUT_OFF, PUT_OFF, 2, 3]);
}
