//! Messages that come twice, to two workers at once, too late, or after a worker has died.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use delivery::{DeliveryStatus, Health, Request, RetryAction, SIGNED};
use serde_json::json;
use table::{attribute, text};
use tokio::{io::AsyncWriteExt as _, sync::Notify, task::JoinSet};

use super::{
    receiver::{Receiver, answer, read_request, until},
    world::{World, event, signed_at},
};

#[tokio::test]
async fn what_is_delivered_is_not_sent_again() {
    let world = World::new().await;
    let receiver = Receiver::answering(answer("200 OK")).await;
    let request = world.request(&receiver, 0).await;
    for _ in 0..3 {
        assert!(!world.handle(&request).await);
    }
    assert_eq!((receiver.connections(), world.delivery(&request).await.tries), (1, 1));
}

#[tokio::test]
async fn of_many_at_once_one_makes_the_request() {
    let world = World::new().await;
    for head in ["200 OK", "500 No"] {
        let receiver = Receiver::answering(answer(head)).await;
        let request = world.request(&receiver, 0).await;
        let mut running = JoinSet::new();
        for _ in 0..10 {
            let (worker, body) = (world.worker.clone(), json!(request).to_string());
            running.spawn(async move { worker.handle(event("slow", &[body])).await });
        }
        running.join_all().await;
        assert_eq!((receiver.connections(), world.delivery(&request).await.attempts.len()), (1, 1), "{head}");
    }
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_known_for_the_own_one() {
    let world = World::new().await;
    // The update of the claim, and that of the result.
    for updates in [0, 1] {
        let receiver = Receiver::answering(answer("500 No")).await;
        let request = world.request(&receiver, 0).await;
        world.losing.after(updates);
        assert!(!world.handle_slow(&request).await, "{updates}");
        assert!(world.losing.is_over(), "{updates}");
        let delivery = world.delivery(&request).await;
        assert_eq!((receiver.connections(), delivery.tries, delivery.attempts.len()), (1, 1, 1), "{updates}");
        let [(retry, _)] = world.retries.take().try_into().unwrap();
        assert_eq!((retry.tries, retry.action), (1, RetryAction::Try), "{updates}");
    }
}

#[tokio::test]
async fn a_message_for_the_next_try_that_could_not_be_sent_is_sent_when_it_comes_again() {
    let world = World::new().await;
    let receiver = Receiver::answering(answer("500 No")).await;
    let request = world.request(&receiver, 0).await;
    world.retries.set_away(true);
    assert!(world.handle_slow(&request).await);
    world.retries.set_away(false);
    assert!(!world.handle_slow(&request).await);
    let [(retry, delay)] = world.retries.take().try_into().unwrap();
    assert!(retry.tries == 1 && retry.action == RetryAction::Try && (1..=6).contains(&delay), "{delay}");
    assert_eq!((receiver.connections(), world.delivery(&request).await.tries), (1, 1));
}

#[tokio::test]
async fn a_try_that_a_dead_worker_has_claimed_is_made_when_its_time_is_over() {
    let world = World::new().await;
    let receiver = Receiver::answering(answer("200 OK")).await;
    let request = world.request(&receiver, 0).await;
    let claim = world.update(&request).set("tries", attribute(&1).unwrap());
    world.write(claim.set("claimed_until", attribute(&world.now().plus_seconds(60)).unwrap())).await;
    assert!(world.handle(&request).await, "it is needed again");
    let [(_, seconds)] = world.postpone.take().try_into().unwrap();
    assert!(receiver.connections() == 0 && (59..=60).contains(&seconds), "{seconds}");
    world.tables.clock.advance(61);
    assert!(!world.handle(&request).await);
    let delivery = world.delivery(&request).await;
    assert_eq!((delivery.status, delivery.tries, delivery.attempts.len()), (DeliveryStatus::Delivered, 1, 1));
    assert_eq!((receiver.connections(), text(&world.item(&request).await, "claimed_until")), (1, None));
}

#[tokio::test]
async fn a_receiver_that_fails_is_asked_from_the_slow_queue_only() {
    let world = World::new().await;
    let receiver = Receiver::answering(answer("200 OK")).await;
    world
        .set_health(&Health { failing_since: Some(world.now().plus_seconds(-30)), ..Health::default() })
        .await;
    let request = world.request(&receiver, 0).await;
    assert!(!world.handle(&request).await);
    let [(rerouted, delay)] = world.slow.take().try_into().ok().unwrap();
    assert!(rerouted == request && delay == 0);
    assert_eq!((receiver.connections(), world.delivery(&request).await.tries), (0, 0));
    assert!(!world.handle_slow(&rerouted).await);
    assert_eq!(
        (receiver.connections(), world.delivery(&request).await.status),
        (1, DeliveryStatus::Delivered)
    );
    // If it cannot be rerouted, its message comes again.
    world
        .set_health(&Health { failing_since: Some(world.now().plus_seconds(-30)), ..Health::default() })
        .await;
    world.slow.set_away(true);
    assert!(world.handle(&world.request(&receiver, 0).await).await);
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn a_request_that_waited_long_is_signed_anew_in_its_place_and_not_counted() {
    let world = World::new().await;
    let (receiver, kept) = Receiver::keeping("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let request = world.request(&receiver, 2).await;
    world.tables.clock.advance(300);
    assert!(world.handle(&request).await, "none of its lane comes before it");
    let [(retry, delay)] = world.retries.take().try_into().unwrap();
    assert_eq!((retry.tries, retry.action, delay, receiver.connections()), (2, RetryAction::Signature, 0, 0));
    assert_eq!(world.postpone.take(), [("r0".to_owned(), 1)]);
    let delivery = world.delivery(&request).await;
    assert_eq!((delivery.tries, delivery.attempts.len(), delivery.status), (2, 0, DeliveryStatus::Pending));
    // The new signature is there when the message comes again, and is used once.
    let signed = signed_at(&receiver, world.now().seconds());
    world.write(world.update(&request).set(SIGNED, attribute(&signed).unwrap())).await;
    assert!(!world.handle(&request).await);
    let timestamp = format!("webhook-timestamp: {}", signed.at().unwrap());
    assert!(kept.lock().unwrap()[0].contains(&timestamp));
    let delivery = world.delivery(&request).await;
    assert_eq!((delivery.tries, delivery.status), (3, DeliveryStatus::Delivered));
    assert!(!world.item(&request).await.contains_key(SIGNED));
}

#[tokio::test]
async fn what_is_over_or_unknown_makes_nothing() {
    let world = World::new().await;
    let receiver = Receiver::answering(answer("200 OK")).await;
    let (request, other) = (world.request(&receiver, 0).await, world.request(&receiver, 0).await);
    let unknown = Request { delivery: base::id::DeliveryId::new(), ..request.clone() };
    assert!(!world.handle(&unknown).await);
    let eventless = Request { event: base::id::EventId::new(), ..request.clone() };
    assert!(!world.handle(&eventless).await);
    world.tables.clock.advance(1_000_001);
    assert!(!world.handle(&other).await);
    assert_eq!((receiver.connections(), world.delivery(&other).await.tries), (0, 0));
    assert!(world.retries.take().is_empty() && world.slow.take().is_empty());
}

#[tokio::test]
async fn a_message_that_is_not_whole_makes_nothing() {
    let world = World::new().await;
    let receiver = Receiver::answering(answer("200 OK")).await;
    let request = world.request(&receiver, 0).await;
    let mut broken = request.clone();
    broken.signed.headers.insert("webhook-id".to_owned(), "a\r\nx-more: b".to_owned());
    assert!(world.handle(&broken).await);
    assert_eq!((receiver.connections(), world.delivery(&request).await.tries), (0, 0));
}

/// A receiver whose first response waits for a signal and is a failure, and whose others are successes.
async fn slow_at_first() -> (Receiver, Arc<Notify>) {
    slow_at_first_with("500 No").await
}

async fn slow_at_first_with(failure: &'static str) -> (Receiver, Arc<Notify>) {
    let (is_first, now) = (Arc::new(AtomicBool::new(true)), Arc::new(Notify::new()));
    let told = now.clone();
    let receiver = Receiver::start(move |mut stream| {
        let (is_first, told) = (is_first.swap(false, Ordering::SeqCst), told.clone());
        async move {
            read_request(&mut stream).await;
            if is_first {
                told.notified().await;
            }
            let head = if is_first { failure } else { "200 OK" };
            let _ = stream.write_all(answer(head).as_bytes()).await;
        }
    });
    (receiver.await, now)
}

#[tokio::test]
async fn a_worker_that_was_taken_for_dead_writes_nothing() {
    let world = World::new().await;
    let (receiver, answers) = slow_at_first().await;
    let request = world.request(&receiver, 0).await;
    let (worker, body) = (world.worker.clone(), json!(request).to_string());
    let slow = tokio::spawn(async move { worker.handle(event("requests", &[body])).await });
    until(|| receiver.connections() > 0).await;
    world.tables.clock.advance(61);
    assert!(!world.handle(&request).await);
    let delivered = world.delivery(&request).await;
    assert_eq!((delivered.status, receiver.connections()), (DeliveryStatus::Delivered, 2));
    answers.notify_one();
    slow.await.unwrap();
    let after = world.delivery(&request).await;
    assert_eq!(
        (after.status, after.tries, after.attempts),
        (DeliveryStatus::Delivered, 1, delivered.attempts)
    );
    assert!(world.retries.take().is_empty() && !world.health().await.is_failing());
}

#[tokio::test]
async fn a_success_in_between_keeps_a_receiver_from_being_given_up() {
    let world = World::new().await;
    let (receiver, answers) = slow_at_first().await;
    let long_ago = world.now().plus_seconds(-10 * 24 * 60 * 60);
    world.set_health(&Health { failing_since: Some(long_ago), ..Health::default() }).await;
    let (first, second) = (world.request(&receiver, 0).await, world.request(&receiver, 0).await);
    let (worker, body) = (world.worker.clone(), json!(first).to_string());
    let slow = tokio::spawn(async move { worker.handle(event("slow", &[body])).await });
    until(|| receiver.connections() > 0).await;
    assert!(!world.handle_slow(&second).await);
    answers.notify_one();
    slow.await.unwrap();
    assert!(!world.health().await.is_disabled());
}

#[tokio::test]
async fn what_the_old_address_says_late_is_nothing_about_the_new_one() {
    for failure in ["410 Gone", "500 No"] {
        let world = World::new().await;
        let (receiver, answers) = slow_at_first_with(failure).await;
        let request = world.request(&receiver, 0).await;
        let (worker, body) = (world.worker.clone(), json!(request).to_string());
        let late = tokio::spawn(async move { worker.handle(event("requests", &[body])).await });
        until(|| receiver.connections() > 0).await;
        world.set_health(&Health { changed_at: Some(world.now()), ..Health::default() }).await;
        answers.notify_one();
        late.await.unwrap();
        let health = world.health().await;
        assert!(!health.is_disabled() && !health.is_failing(), "{failure}");
        assert_eq!(world.delivery(&request).await.tries, 1);
    }
}
