//! What is told of a token, and what is not.

use base::secret::SecretKind;
use serde_json::{Value, json};

use super::*;

/// A token as it is stored, with everything set.
pub(crate) fn stored() -> StoredToken {
    let (user, team) = ("usr_0000000000000000000000", "team_0000000000000000000000");
    serde_json::from_value(json!({
        "id": "tok_0000000000000000000000", "user": user, "name": "old", "description": "about", "active": true,
        "permissions": [Permission::ObjectRead, Permission::Upload], "hint": "ea_pat_…hint", "on_reuse": "deactivate",
        "secret": format!("k1.{}", "A".repeat(43)), "rotated_away": [format!("k1.{}", "B".repeat(42) + "A")],
        "pending": {"secret": format!("k1.{}", "C".repeat(42) + "A"), "hint": "ea_pat_…next", "overlap_until": at(7),
            "created_at": at(3), "by": "session", "until": "time"},
        "replaced": [{"secret": format!("k1.{}", "D".repeat(42) + "A"), "hint": "ea_pat_…prev", "created_at": at(0),
            "overlap_until": at(6)}],
        "secret_created_at": at(1), "expires_at": at(30), "team_ids": [team], "blocked_team_ids": [team],
        "allowed_cidrs": ["192.0.2.0/24"], "rate_limit": {"limit": 3, "window_seconds": 60},
        "last_used": {"at": at(2), "ip": "192.0.2.1", "user_agent": "curl"},
        "used": {Permission::ObjectRead.name(): at(2).seconds()},
        "created_at": at(0), "updated_at": at(3), "version": 7,
        "actor": {"user": user, "credential": "session", "token": null, "ip": "192.0.2.1", "source": "app", "request_id": "r"},
    }))
    .unwrap()
}

/// That many days after a day.
pub(crate) fn at(days: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000).unwrap().plus_seconds(days * 86_400)
}

fn told(now: Timestamp) -> Value {
    serde_json::to_value(Token::of(stored(), now)).unwrap()
}

#[test]
fn all_is_told_but_the_hashes() {
    let expected = json!({
        "id": "tok_0000000000000000000000", "name": "old", "description": "about", "active": true, "status": "active",
        "permissions": [Permission::ObjectRead, Permission::Upload], "hint": "ea_pat_…hint", "on_reuse": "deactivate",
        "pending": {"hint": "ea_pat_…next", "overlap_until": at(7)}, "expires_at": at(30),
        "replaced": [{"hint": "ea_pat_…prev", "overlap_until": at(6)}],
        "team_ids": ["team_0000000000000000000000"], "blocked_team_ids": ["team_0000000000000000000000"],
        "allowed_cidrs": ["192.0.2.0/24"], "rate_limit": {"limit": 3, "window_seconds": 60},
        "last_used": {"at": at(2), "ip": "192.0.2.1", "user_agent": "curl"},
        "used_permissions": [{"permission": Permission::ObjectRead, "last_used_at": at(2)}],
        "unused_permissions": [Permission::Upload], "created_at": at(0), "updated_at": at(3), "revoked_at": null, "version": 7,
    });
    assert_eq!(told(at(4)), expected);
    assert_eq!((&told(at(30))["status"], &told(at(6))["replaced"]), (&json!("expired"), &json!([])));
}

#[test]
fn the_secret_is_told_beside_it_this_once() {
    let secret = Secret::new(SecretKind::Token, &"0".repeat(22), &"0".repeat(22)).unwrap();
    let with = TokenWithSecret::new(Token::of(stored(), at(4)), &secret);
    assert_eq!((with.token_id(), with.version()), (&stored().id, 7));
    let mut expected = told(at(4));
    expected["token"] = json!(secret.reveal());
    assert_eq!(serde_json::to_value(with).unwrap(), expected);
}

#[test]
fn a_verdict_says_why_and_what_is_missing() {
    let result = DryRunResult {
        outcome: Err(base::Error::insufficient_scope(Permissions::of(&[Permission::Upload]))),
        required: Permissions::of(&[Permission::Upload, Permission::ObjectRead]),
        role: Some(Role::Member),
    };
    assert_eq!(
        serde_json::to_value(CheckResult::new(result, TokenStatus::Inactive)).unwrap(),
        json!({
            "allowed": false, "reason": "insufficient_scope", "role": "member", "token_status": "inactive",
            "detail": format!("The token needs the permission {}.", Permission::Upload),
            "required_permissions": [Permission::ObjectRead, Permission::Upload],
            "missing_permissions": [Permission::Upload],
        })
    );
    let result = DryRunResult { outcome: Ok(Permissions::NONE), required: Permissions::NONE, role: None };
    assert_eq!(
        serde_json::to_value(CheckResult::new(result, TokenStatus::Active)).unwrap(),
        json!({"allowed": true, "reason": null, "detail": null, "role": null, "token_status": "active",
            "required_permissions": [], "missing_permissions": []})
    );
}
