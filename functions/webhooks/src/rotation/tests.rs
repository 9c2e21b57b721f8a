//! Which keys sign after a rotation, and until when.

use base::id::{TeamId, UserId};
use serde_json::json;

use super::*;

fn keys(name: &str) -> SealedKeys {
    serde_json::from_value(json!({"key_id": "k", "sealed": "", "public_key": name})).unwrap()
}

fn webhook() -> StoredWebhook {
    let (user, at) = (UserId::of_subject("i", "s"), "2026-11-23T00:00:00.000Z");
    let actor = json!({"user": user, "credential": "session", "token": null, "ip": "", "source": "app", "request_id": ""});
    let json = json!({
        "id": WebhookId::new(), "team": TeamId::new(), "name": "", "description": "", "url": "", "topics": [],
        "object_types": null, "active": true, "keys": {"key_id": "k", "sealed": "", "public_key": "0"}, "previous": [],
        "created_at": at, "updated_at": at, "created_by": user, "updated_by": user, "version": 1, "actor": actor,
    });
    serde_json::from_value(json).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000).unwrap()
}

/// Present and old keys, each old one with the second until which it signs.
fn signing_keys(webhook: &StoredWebhook) -> String {
    let old = webhook.previous.iter().map(|old| format!(" {}:{}", old.keys.public_key, old.until.seconds()));
    format!("{}{}", webhook.keys.public_key, old.collect::<String>())
}

#[test]
fn old_keys_sign_until_their_end_and_no_longer_than_the_last_rotation_allows() {
    let mut webhook = webhook();
    let mut rotated = |name: &str, overlap, now| {
        let outcome = rotate(&mut webhook, keys(name), overlap, at(now));
        (outcome.map_err(|error| error.code), signing_keys(&webhook))
    };
    for (name, overlap, now, expected) in [
        ("1", 100, 0, "1 0:100"),
        ("2", 100, 10, "2 1:110 0:100"),
        ("3", 50, 20, "3 2:70 1:70 0:70"),
        ("4", 100, 80, "4 3:180"),
        ("5", 0, 90, "5"),
    ] {
        assert_eq!(rotated(name, overlap, now), (Ok(()), expected.to_owned()));
    }
}

#[test]
fn at_most_three_old_ones_sign_and_zero_ends_all() {
    let mut webhook = webhook();
    for name in ["1", "2", "3"] {
        rotate(&mut webhook, keys(name), 100, at(0)).unwrap();
    }
    let refused = rotate(&mut webhook.clone(), keys("4"), 100, at(0)).err().unwrap();
    assert_eq!(refused.code, Code::LimitReached);
    rotate(&mut webhook, keys("4"), 0, at(0)).unwrap();
    assert_eq!(signing_keys(&webhook), "4");
}

#[test]
fn an_overlap_is_a_day_unless_told_and_a_week_at_most() {
    let seconds = |text: &str| {
        let rotation: Rotation = serde_json::from_str(text).unwrap();
        rotation.validate().map_err(|error| error.faults()[0].pointer.clone())
    };
    assert_eq!(seconds("{}"), Ok(86_400));
    assert_eq!(seconds(r#"{"overlap_seconds": 0}"#), Ok(0));
    assert_eq!(seconds(r#"{"overlap_seconds": 604800}"#), Ok(604_800));
    assert_eq!(seconds(r#"{"overlap_seconds": 604801}"#), Err("/overlap_seconds".to_owned()));
}
