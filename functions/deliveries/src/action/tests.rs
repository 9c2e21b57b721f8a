//! Messages that come in time, late, twice, and when the delivery is finished.

use base::id::{DeliveryId, EventId, TeamId, WebhookId};
use delivery::{Topic, WebhookContent};

use super::*;

const NOW: i64 = 1_795_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis((NOW + seconds) * 1_000).unwrap()
}

fn snapshot(status: DeliveryStatus, tries: u64, claimed_until: Option<i64>) -> DeliverySnapshot {
    let delivery = StoredDelivery {
        id: DeliveryId::new(),
        team: TeamId::new(),
        webhook: WebhookId::new(),
        event_id: EventId::new(),
        topic: Topic::ObjectCreated,
        object_type: None,
        object: None,
        content: WebhookContent::Full,
        status,
        tries,
        tries_before: 0,
        attempts: vec![],
        next_attempt_at: (status == DeliveryStatus::Pending).then(|| at(90)),
        created_at: at(0),
        expires: NOW + 1_000,
    };
    DeliverySnapshot { delivery, claimed_until: claimed_until.map(at), signed: None }
}

fn request(tries: u64, signed: i64) -> Request {
    Request {
        team: TeamId::new(),
        webhook: WebhookId::new(),
        delivery: DeliveryId::new(),
        event: EventId::new(),
        tries,
        lane: 0,
        not_before: None,
        signed: signed_at(signed),
    }
}

fn signed_at(seconds: i64) -> SignedRequest {
    let headers = [("webhook-timestamp".to_owned(), (NOW + seconds).to_string())].into();
    SignedRequest { url: String::new(), headers, content: WebhookContent::Full }
}

fn action(snapshot: &DeliverySnapshot, tries: u64) -> Action {
    snapshot.next_action(&request(tries, 0), &Health::default(), false, at(0))
}

#[test]
fn only_the_next_attempt_of_a_pending_delivery_is_made() {
    for (status, tries, of, expected) in [
        (DeliveryStatus::Pending, 0, 0, Action::Attempt { is_next: true }),
        (DeliveryStatus::Pending, 3, 3, Action::Attempt { is_next: true }),
        (DeliveryStatus::Pending, 3, 4, Action::Nothing),
        (DeliveryStatus::Pending, 3, 1, Action::Nothing),
        (DeliveryStatus::Delivered, 0, 0, Action::Nothing),
        (DeliveryStatus::Failed, 3, 3, Action::Nothing),
        (DeliveryStatus::Held, 0, 0, Action::Nothing),
        (DeliveryStatus::Delivered, 1, 0, Action::Nothing),
    ] {
        assert_eq!(action(&snapshot(status, tries, None), of), expected, "{status:?} {tries} {of}");
    }
}

#[test]
fn a_message_that_comes_again_queues_the_one_for_the_next_attempt() {
    assert_eq!(action(&snapshot(DeliveryStatus::Pending, 1, None), 0), Action::Retry(90));
}

#[test]
fn a_worker_waits_while_another_has_the_claim_and_takes_over_when_it_expires() {
    for (tries, until, expected) in [
        (1, 30, Action::Wait(30)),
        (0, 30, Action::Wait(30)),
        (1, 0, Action::Attempt { is_next: false }),
        (1, -30, Action::Attempt { is_next: false }),
        (0, -30, Action::Attempt { is_next: true }),
    ] {
        assert_eq!(
            action(&snapshot(DeliveryStatus::Pending, tries, Some(until)), 0),
            expected,
            "{tries} {until}"
        );
    }
}

#[test]
fn nothing_is_sent_to_a_disabled_receiver_and_requests_to_a_failing_one_are_rerouted() {
    let failing = Health { failing_since: Some(at(-30)), ..Health::default() };
    let now_and_then = Health { failing_since: Some(at(-29)), ..Health::default() };
    let slow = Health { slow_until: Some(at(1)), ..Health::default() };
    let disabled = Health { disabled_at: Some(at(-10)), ..failing.clone() };
    let pending = snapshot(DeliveryStatus::Pending, 0, None);
    for (health, is_slow, expected) in [
        (&now_and_then, false, Action::Attempt { is_next: true }),
        (&failing, false, Action::Reroute),
        (&failing, true, Action::Attempt { is_next: true }),
        (&slow, false, Action::Reroute),
        (&slow, true, Action::Attempt { is_next: true }),
        (&disabled, false, Action::Hold),
        (&disabled, true, Action::Hold),
    ] {
        assert_eq!(pending.next_action(&request(0, 0), health, is_slow, at(0)), expected);
    }
}

#[test]
fn a_request_with_an_old_signature_is_signed_again() {
    let pending = snapshot(DeliveryStatus::Pending, 0, None);
    for (signed, expected) in [
        (0, Action::Attempt { is_next: true }),
        (-240, Action::Attempt { is_next: true }),
        (-241, Action::SignAgain(0)),
        (5, Action::Attempt { is_next: true }),
    ] {
        assert_eq!(
            pending.next_action(&request(0, signed), &Health::default(), true, at(0)),
            expected,
            "{signed}"
        );
    }
    // The webhook has changed since: its keys, its URL, or whether it accepts deliveries.
    for (signed, changed, expected) in [
        (-3, -2, Action::SignAgain(0)),
        (-2, -2, Action::SignAgain(0)),
        (-1, -2, Action::Attempt { is_next: true }),
        (0, 0, Action::SignAgain(1)),
    ] {
        let health = Health { changed_at: Some(at(changed)), ..Health::default() };
        assert_eq!(
            pending.next_action(&request(0, signed), &health, true, at(0)),
            expected,
            "{signed} {changed}"
        );
    }
    let unsigned = SignedRequest { headers: [].into(), ..signed_at(0) };
    let unsigned = Request { signed: unsigned, ..request(0, 0) };
    assert_eq!(pending.next_action(&unsigned, &Health::default(), true, at(0)), Action::SignAgain(0));
}

#[test]
fn of_two_signatures_the_later_one_counts() {
    for (waiting, expected) in [(None, -300), (Some(-10), -10), (Some(-400), -300)] {
        let mut pending =
            DeliverySnapshot { signed: waiting.map(signed_at), ..snapshot(DeliveryStatus::Pending, 0, None) };
        let request = pending.with_signature(request(0, -300));
        assert_eq!(request.signed.at(), Some(NOW + expected));
    }
}
