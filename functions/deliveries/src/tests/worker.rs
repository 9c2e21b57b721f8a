//! What is recorded of each attempt, and what follows from it.

use delivery::{DeliveryStatus, DisabledReason, Health, StoredDelivery, target::TargetRules};
use table::{attribute, text};

use super::{
    receiver::{Receiver, answer, until_async},
    world::World,
};

const DAY: i64 = 24 * 60 * 60;

#[tokio::test]
async fn what_has_arrived_is_delivered_and_the_receiver_does_well() {
    let world = World::new().await;
    let (receiver, kept) = Receiver::keeping("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone").await;
    let request = world.request(&receiver, 0).await;
    assert!(!world.handle(&request).await);
    let body = format!(r#"{{"event":"{}"}}"#, request.event);
    assert!(kept.lock().unwrap()[0].ends_with(&body));
    let delivery = world.delivery(&request).await;
    assert_eq!(
        (delivery.status, delivery.tries, delivery.next_attempt_at),
        (DeliveryStatus::Delivered, 1, None)
    );
    let [attempt] = delivery.attempts.as_slice() else { panic!("one attempt") };
    assert_eq!((attempt.status, attempt.response.as_deref(), attempt.next), (Some(200), Some("done"), None));
    assert_eq!(
        (attempt.error.as_deref(), attempt.signed_at.map(|at| at.to_string())),
        (None, request.signed.headers.get("webhook-timestamp").cloned())
    );
    let health = world.health().await;
    assert!(health.last_success_at.is_some() && !health.is_failing());
    let item = world.item(&request).await;
    assert_eq!((text(&item, "claimed_until"), text(&item, "open")), (None, None));
    assert!(world.retries.take().is_empty() && world.slow.take().is_empty());
}

#[tokio::test]
async fn what_has_failed_is_tried_again_and_the_receiver_fails_until_it_succeeds() {
    let world = World::new().await;
    let failing = Receiver::answering(answer("500 No")).await;
    let request = world.request(&failing, 0).await;
    let before = world.now();
    assert!(!world.handle(&request).await);
    let after = world.now();
    let delivery = world.delivery(&request).await;
    assert_eq!((delivery.status, delivery.tries, delivery.attempts.len()), (DeliveryStatus::Pending, 1, 1));
    let attempt = &delivery.attempts[0];
    assert_eq!((attempt.status, attempt.next), (Some(500), delivery.next_attempt_at));
    let next = delivery.next_attempt_at.unwrap().millis();
    assert!((before.millis() + 4_000..=after.millis() + 6_000).contains(&next), "{before} {next} {after}");
    let [(retry, seconds)] = world.retries.take().try_into().unwrap();
    assert_eq!(
        (retry.delivery, retry.webhook, retry.team, retry.tries),
        (delivery.id, delivery.webhook, delivery.team, 1)
    );
    assert!((4..=6).contains(&seconds), "{seconds}");
    assert_eq!(world.health().await.failing_since, Some(attempt.at));
    // Another failure does not change the time of the first, and a success clears it.
    let again = world.request(&failing, 0).await;
    world.handle_slow(&again).await;
    assert_eq!(world.health().await.failing_since, Some(attempt.at));
    let good = Receiver::answering(answer("204 Fine")).await;
    world.handle_slow(&world.request(&good, 0).await).await;
    assert_eq!(world.health().await.failing_since, None);
}

#[tokio::test]
async fn who_is_gone_is_not_asked_again() {
    let world = World::new().await;
    let receiver = Receiver::answering(answer("410 Gone\r\nretry-after: 5")).await;
    let request = world.request(&receiver, 0).await;
    world.handle(&request).await;
    let delivery = world.delivery(&request).await;
    assert_eq!((delivery.status, delivery.next_attempt_at), (DeliveryStatus::Failed, None));
    assert_eq!(text(&world.item(&request).await, "open"), Some(&*format!("{}#failed", world.webhook)));
    let health = world.health().await;
    assert!(health.is_disabled() && health.disabled_reason == Some(DisabledReason::Gone));
    assert!(world.retries.take().is_empty());
    // The next delivery is held, and the receiver gets no request.
    let next = world.request(&receiver, 0).await;
    assert!(!world.handle(&next).await);
    let held = world.delivery(&next).await;
    assert_eq!((held.status, held.tries, held.next_attempt_at), (DeliveryStatus::Held, 0, None));
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn a_receiver_gets_the_time_that_it_asks_for() {
    let world = World::new().await;
    for (head, tries, least, most, in_queue) in [
        ("429 Wait\r\nretry-after: 400", 1, 400, 400, 400),
        ("503 Wait\r\nretry-after: 4000", 1, 600, 600, 600),
        ("429 Wait", 1, 240, 360, 0),
        ("429 Wait\r\nretry-after: never", 1, 240, 360, 0),
        ("500 No\r\nretry-after: 400", 1, 240, 360, 0),
        ("429 Wait\r\nretry-after: 10", 3, 5_760, 8_640, 900),
        ("301 Elsewhere\r\nlocation: /", 8, 69_120, 103_680, 900),
    ] {
        let receiver = Receiver::answering(answer(head)).await;
        let request = world.request(&receiver, tries).await;
        let before = world.now();
        world.handle_slow(&request).await;
        let after = world.now();
        let delivery = world.delivery(&request).await;
        assert_eq!((delivery.status, delivery.tries), (DeliveryStatus::Pending, tries + 1), "{head}");
        let next = delivery.next_attempt_at.unwrap().seconds();
        let expected = before.seconds() + least..=after.seconds() + most;
        assert!(expected.contains(&next), "{head}: {before} {next} {after}");
        let [(retry, delay)] = world.retries.take().try_into().unwrap();
        assert_eq!(retry.tries, tries + 1);
        assert!(delay == in_queue || (in_queue == 0 && (least..=most).contains(&delay)), "{head}: {delay}");
    }
}

#[tokio::test]
async fn the_last_try_ends_it_and_redelivering_begins_anew() {
    let world = World::new().await;
    let receiver = Receiver::answering(answer("500 No")).await;
    let request = world.request(&receiver, 9).await;
    world.handle_slow(&request).await;
    let failed = world.delivery(&request).await;
    assert_eq!((failed.status, failed.tries, failed.next_attempt_at), (DeliveryStatus::Failed, 10, None));
    assert!(world.retries.take().is_empty());
    let pending = StoredDelivery { status: DeliveryStatus::Pending, tries_before: 10, ..failed };
    world.write(world.tables.activity.put_item(pending.key(), pending.to_item().unwrap())).await;
    let again = delivery::Request { tries: 10, ..request };
    world.handle_slow(&again).await;
    let [(retry, delay)] = world.retries.take().try_into().unwrap();
    assert!(retry.tries == 11 && (4..=6).contains(&delay), "{delay}");
}

#[tokio::test]
async fn the_last_ten_attempts_are_kept_with_the_beginning_of_each_answer() {
    let world = World::new().await;
    let receiver = Receiver::answering(format!("HTTP/1.1 500 No\r\n\r\n{}", "x".repeat(10_000))).await;
    let request = world.request(&receiver, 0).await;
    for tries in 0..12 {
        let update = world.update(&request).set("tries", attribute(&tries).unwrap());
        let update = update.set("tries_before", attribute(&tries).unwrap());
        world.write(update).await;
        world.handle_slow(&delivery::Request { tries, ..request.clone() }).await;
    }
    let delivery = world.delivery(&request).await;
    assert_eq!((delivery.tries, delivery.attempts.len()), (12, 10));
    assert!(delivery.attempts.is_sorted_by_key(|attempt| attempt.at));
    assert!(delivery.attempts.iter().all(|attempt| attempt.response.as_ref().unwrap().len() == 2_048));
}

#[tokio::test]
async fn after_five_days_of_failure_the_webhook_is_given_up() {
    let world = World::new().await;
    let receiver = Receiver::answering(answer("500 No")).await;
    let failing = |seconds: i64| Health {
        failing_since: Some(world.now().plus_seconds(-seconds)),
        ..Health::default()
    };
    world.set_health(&failing(5 * DAY - 60)).await;
    let early = world.request(&receiver, 0).await;
    world.handle_slow(&early).await;
    assert!(!world.health().await.is_disabled());
    assert_eq!(
        (world.delivery(&early).await.status, world.retries.take().len()),
        (DeliveryStatus::Pending, 1)
    );
    world.set_health(&failing(5 * DAY)).await;
    let late = world.request(&receiver, 0).await;
    world.handle_slow(&late).await;
    assert_eq!(world.health().await.disabled_reason, Some(DisabledReason::Failing));
    let held = world.delivery(&late).await;
    assert_eq!((held.status, held.attempts.len(), held.next_attempt_at), (DeliveryStatus::Held, 1, None));
    assert!(world.retries.take().is_empty());
}

#[tokio::test]
async fn a_refused_target_is_told_as_that_and_nothing_of_an_answer() {
    let world = World::with(TargetRules::default().with_http()).await;
    let receiver = Receiver::answering(answer("200 OK")).await;
    let request = world.request(&receiver, 0).await;
    assert!(!world.handle(&request).await);
    assert_eq!(receiver.connections(), 0);
    let delivery = world.delivery(&request).await;
    let attempt = &delivery.attempts[0];
    assert_eq!(
        (attempt.error.as_deref(), attempt.status, attempt.response.as_deref()),
        (Some("refused_target"), None, None)
    );
    assert_eq!((delivery.status, world.retries.take().len()), (DeliveryStatus::Pending, 1));
    assert!(world.health().await.is_failing());
}

#[tokio::test]
async fn a_receiver_that_hangs_delays_none_of_its_batch() {
    let world = World::new().await;
    let (ends, ended) = tokio::sync::watch::channel(false);
    let hanging = Receiver::start(move |stream| {
        let mut ended = ended.clone();
        async move {
            let _open = stream;
            let _ = ended.wait_for(|has_ended| *has_ended).await;
        }
    });
    let (hanging, good) = (hanging.await, Receiver::answering(answer("200 OK")).await);
    let mut requests = Vec::new();
    for receiver in [&hanging, &hanging, &hanging, &good, &good] {
        requests.push(world.request(receiver, 0).await);
    }
    let mut bodies: Vec<_> = requests.iter().map(|request| serde_json::json!(request).to_string()).collect();
    bodies.push("{}".to_owned());
    let (worker, event) = (world.worker.clone(), super::world::event("requests", &bodies));
    let handling = tokio::spawn(async move { worker.handle(event).await });
    // The others are delivered while these still hang.
    for request in &requests[3..] {
        until_async(|| async { world.delivery(request).await.status == DeliveryStatus::Delivered }).await;
    }
    until_async(|| async { hanging.connections() == 3 }).await;
    assert!(!handling.is_finished());
    ends.send(true).unwrap();
    let again = handling.await.unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), r#"{"batchItemFailures":[{"itemIdentifier":"m5"}]}"#);
    for (request, error) in requests.iter().zip([Some("closed"), Some("closed"), Some("closed"), None, None])
    {
        assert_eq!(world.delivery(request).await.attempts[0].error.as_deref(), error);
    }
}
