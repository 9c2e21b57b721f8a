//! Requests about one object stay in order, whichever queue they go through, and keep to the rate of their
//! team.

use std::time::{Duration, Instant};

use base::id::ObjectId;
use delivery::{DeliveryStatus, Health, Request};
use tokio::io::AsyncWriteExt as _;

use super::{
    receiver::{Receiver, answer, read_request},
    world::World,
};

const OK: &str = "200 OK";

impl World {
    /// Makes the receiver slow, since so many seconds ago, for five minutes.
    async fn is_slow_since(&self, seconds: i64) {
        let slow_until = Some(self.now().plus_seconds(300 - seconds));
        self.set_health(&Health { slow_until, ..self.health().await }).await;
    }

    /// The one request that was rerouted.
    fn rerouted(&self) -> Request {
        let [(request, delay)]: [_; 1] = self.slow.take().try_into().ok().unwrap();
        assert_eq!(delay, 0);
        request
    }
}

#[tokio::test]
async fn requests_to_a_slow_receiver_are_rerouted_though_they_succeed() {
    let world = World::new().await;
    let receiver = Receiver::answering(answer(OK)).await;
    world.is_slow_since(0).await;
    let request = world.request(&receiver, 0).await;
    assert!(!world.handle(&request).await);
    assert!(world.rerouted() == request && receiver.connections() == 0);
    assert!(!world.handle_slow(&request).await);
    assert_eq!(
        (receiver.connections(), world.delivery(&request).await.status),
        (1, DeliveryStatus::Delivered)
    );
    // It counts as slow until the time is over, and is slow again only after another slow response.
    assert!(!world.handle(&world.request(&receiver, 0).await).await);
    assert_eq!((world.slow.take().len(), receiver.connections()), (1, 1));
    world.is_slow_since(300).await;
    assert!(!world.handle(&world.request(&receiver, 0).await).await);
    assert_eq!((world.slow.take().len(), receiver.connections()), (0, 2));
}

#[tokio::test]
async fn a_success_that_takes_long_is_noted_as_slow_and_is_no_failure() {
    let world = World::new().await;
    let receiver = Receiver::start(|mut stream| async move {
        read_request(&mut stream).await;
        tokio::time::sleep(Duration::from_millis(3_100)).await;
        let _ = stream.write_all(answer(OK).as_bytes()).await;
    })
    .await;
    let request = world.request(&receiver, 0).await;
    let worker = world.patient_worker();
    worker.handle(super::world::event("requests", &[serde_json::json!(request).to_string()])).await;
    let health = world.health().await;
    assert_eq!(world.delivery(&request).await.status, DeliveryStatus::Delivered);
    assert!(health.is_slow(world.now()) && !health.is_failing() && health.last_success_at.is_some());
}

#[tokio::test]
async fn later_requests_about_an_object_are_rerouted_behind_one_in_the_slow_queue() {
    let world = World::new().await;
    let receiver = Receiver::answering(answer(OK)).await;
    let (object, other) = (ObjectId::new(), ObjectId::new());
    world.is_slow_since(0).await;
    let first = world.request_about(Some(&object), &receiver, 0).await;
    assert!(!world.handle(&first).await);
    let first = world.rerouted();
    // It is healthy again, and one request is still in the slow queue.
    world.is_slow_since(300).await;
    world.tables.clock.advance(1);
    let second = world.request_about(Some(&object), &receiver, 0).await;
    assert!(!world.handle(&second).await);
    let second = world.rerouted();
    let of_other = world.request_about(Some(&other), &receiver, 0).await;
    let again = world.request_about(Some(&object), &receiver, 1).await;
    for request in [&of_other, &again] {
        assert!(!world.handle(request).await);
        assert_eq!(world.delivery(request).await.status, DeliveryStatus::Delivered);
    }
    assert!(world.slow.take().is_empty());
    // The first request was made, the second is still in the slow queue.
    assert!(!world.handle_slow(&first).await);
    world.tables.clock.advance(1);
    let third = world.request_about(Some(&object), &receiver, 0).await;
    assert!(!world.handle(&third).await);
    let third = world.rerouted();
    for request in [&second, &third] {
        assert!(!world.handle_slow(request).await);
        assert_eq!(world.delivery(request).await.status, DeliveryStatus::Delivered);
    }
    let last = world.request_about(Some(&object), &receiver, 0).await;
    assert!(!world.handle(&last).await);
    assert_eq!((world.delivery(&last).await.status, world.slow.take().len()), (DeliveryStatus::Delivered, 0));
}

#[tokio::test]
async fn a_rerouted_request_that_was_lost_counts_for_a_day() {
    let world = World::new().await;
    let receiver = Receiver::answering(answer(OK)).await;
    let object = ObjectId::new();
    world.is_slow_since(0).await;
    assert!(!world.handle(&world.request_about(Some(&object), &receiver, 0).await).await);
    world.rerouted();
    for (seconds, rerouted) in [(24 * 60 * 60 - 10, 1), (24 * 60 * 60 + 10, 0)] {
        world.tables.clock.advance(seconds);
        assert!(!world.handle(&world.request_about(Some(&object), &receiver, 0).await).await);
        assert_eq!(world.slow.take().len(), rerouted, "{seconds}");
    }
}

#[tokio::test]
async fn a_request_waits_for_its_send_time_in_its_lane() {
    let world = World::new().await;
    let receiver = Receiver::answering(answer(OK)).await;
    let at = |millis: i64| base::Timestamp::from_millis(world.now().millis() + millis);
    for (millis, delay) in [(5_500, 5), (3_600_000, 900)] {
        let request = Request { not_before: at(millis), ..world.request(&receiver, 0).await };
        assert!(world.handle(&request).await);
        let [(receipt, seconds)] = world.postpone.take().try_into().unwrap();
        assert!(receipt == "r0" && (delay - 1..=delay).contains(&seconds), "{millis}: {seconds}");
        assert_eq!((receiver.connections(), world.delivery(&request).await.tries), (0, 0));
    }
    // A request that is due soon is waited for; one that was due before is made at once.
    let begun = Instant::now();
    let soon = Request { not_before: at(300), ..world.request(&receiver, 0).await };
    assert!(!world.handle(&soon).await);
    assert!(begun.elapsed() >= Duration::from_millis(290) && world.postpone.take().is_empty());
    let late = Request { not_before: at(-1_000), ..world.request(&receiver, 0).await };
    assert!(!world.handle(&late).await);
    assert_eq!((receiver.connections(), world.slow.take().len()), (2, 0));
}
