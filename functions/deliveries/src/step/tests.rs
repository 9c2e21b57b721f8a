//! Messages that come in time, late, twice, and after all is done.

use shared::{
    id::{DeliveryId, EventId, TeamId, WebhookId},
    webhook::{Content, Topic},
};

use super::*;

const NOW: i64 = 1_795_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis((NOW + seconds) * 1_000).unwrap()
}

fn seen(status: Status, tries: u64, claimed_until: Option<i64>) -> Seen {
    let delivery = StoredDelivery {
        id: DeliveryId::new(),
        team: TeamId::new(),
        webhook: WebhookId::new(),
        event_id: EventId::new(),
        topic: Topic::ObjectCreated,
        object_type: None,
        object: None,
        content: Content::Full,
        status,
        tries,
        tries_before: 0,
        attempts: vec![],
        next_attempt_at: (status == Status::Pending).then(|| at(90)),
        created_at: at(0),
        expires: NOW + 1_000,
    };
    Seen { delivery, claimed_until: claimed_until.map(at), signed: None }
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

fn signed_at(seconds: i64) -> Signed {
    let headers = [("webhook-timestamp".to_owned(), (NOW + seconds).to_string())].into();
    Signed { url: String::new(), headers, content: Content::Full }
}

fn step(seen: &Seen, tries: u64) -> Step {
    seen.step(&request(tries, 0), &Health::default(), false, at(0))
}

#[test]
fn only_the_next_try_of_what_is_pending_is_made() {
    for (status, tries, of, expected) in [
        (Status::Pending, 0, 0, Step::Try { is_next: true }),
        (Status::Pending, 3, 3, Step::Try { is_next: true }),
        (Status::Pending, 3, 4, Step::Nothing),
        (Status::Pending, 3, 1, Step::Nothing),
        (Status::Delivered, 0, 0, Step::Nothing),
        (Status::Failed, 3, 3, Step::Nothing),
        (Status::Held, 0, 0, Step::Nothing),
        (Status::Delivered, 1, 0, Step::Nothing),
    ] {
        assert_eq!(step(&seen(status, tries, None), of), expected, "{status:?} {tries} {of}");
    }
}

#[test]
fn a_message_that_comes_again_sees_to_it_that_the_next_one_comes() {
    assert_eq!(step(&seen(Status::Pending, 1, None), 0), Step::Retry(90));
}

#[test]
fn who_meets_another_waits_and_goes_on_when_nothing_comes_of_it() {
    for (tries, until, expected) in [
        (1, 30, Step::Wait(30)),
        (0, 30, Step::Wait(30)),
        (1, 0, Step::Try { is_next: false }),
        (1, -30, Step::Try { is_next: false }),
        (0, -30, Step::Try { is_next: true }),
    ] {
        assert_eq!(step(&seen(Status::Pending, tries, Some(until)), 0), expected, "{tries} {until}");
    }
}

#[test]
fn who_is_given_up_is_not_asked_and_who_fails_is_asked_where_it_delays_nobody() {
    let failing = Health { failing_since: Some(at(-30)), ..Health::default() };
    let now_and_then = Health { failing_since: Some(at(-29)), ..Health::default() };
    let slow = Health { slow_until: Some(at(1)), ..Health::default() };
    let disabled = Health { disabled_at: Some(at(-10)), ..failing.clone() };
    let pending = seen(Status::Pending, 0, None);
    for (health, is_slow, expected) in [
        (&now_and_then, false, Step::Try { is_next: true }),
        (&failing, false, Step::PassOn),
        (&failing, true, Step::Try { is_next: true }),
        (&slow, false, Step::PassOn),
        (&slow, true, Step::Try { is_next: true }),
        (&disabled, false, Step::Hold),
        (&disabled, true, Step::Hold),
    ] {
        assert_eq!(pending.step(&request(0, 0), health, is_slow, at(0)), expected);
    }
}

#[test]
fn an_old_signature_is_made_anew() {
    let pending = seen(Status::Pending, 0, None);
    for (signed, expected) in [
        (0, Step::Try { is_next: true }),
        (-240, Step::Try { is_next: true }),
        (-241, Step::Sign(0)),
        (5, Step::Try { is_next: true }),
    ] {
        assert_eq!(pending.step(&request(0, signed), &Health::default(), true, at(0)), expected, "{signed}");
    }
    // The webhook has changed since: its keys, its address, or whether it takes anything at all.
    for (signed, changed, expected) in [
        (-3, -2, Step::Sign(0)),
        (-2, -2, Step::Sign(0)),
        (-1, -2, Step::Try { is_next: true }),
        (0, 0, Step::Sign(1)),
    ] {
        let health = Health { changed_at: Some(at(changed)), ..Health::default() };
        assert_eq!(pending.step(&request(0, signed), &health, true, at(0)), expected, "{signed} {changed}");
    }
    let unsigned = Signed { headers: [].into(), ..signed_at(0) };
    let unsigned = Request { signed: unsigned, ..request(0, 0) };
    assert_eq!(pending.step(&unsigned, &Health::default(), true, at(0)), Step::Sign(0));
}

#[test]
fn of_two_signatures_the_later_one_counts() {
    for (waiting, expected) in [(None, -300), (Some(-10), -10), (Some(-400), -300)] {
        let mut pending = Seen { signed: waiting.map(signed_at), ..seen(Status::Pending, 0, None) };
        let request = pending.with_signature(request(0, -300));
        assert_eq!(request.signed.at(), Some(NOW + expected));
    }
}
