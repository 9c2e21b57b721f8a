//! What a change does to a token, and what is told of it.

use std::sync::{Arc, Mutex};

use api::{Routes, extract::State, response::NoContent};
use axum::{body::Body, http::Request};
use base::{Result, access::Access};
use gate::token::OnReuse;
use lambda_http::{RequestExt as _, request::RequestContext};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;
use crate::token::tests::{at, stored};

type Seen = Arc<Mutex<Option<Caller>>>;

async fn keep(caller: Caller, State(seen): State<Seen>) -> Result<NoContent> {
    *seen.lock().unwrap() = Some(caller);
    Ok(NoContent)
}

/// A caller, whom only the guard can make.
async fn caller() -> Caller {
    let context = json!({
        "httpMethod": "GET", "requestId": "changed", "identity": {"sourceIp": "192.0.2.9"},
        "authorizer": {"user_id": stored().user, "credential": "session", "permissions": ""},
    });
    let context: RequestContext = serde_json::from_value(context).unwrap();
    let mut request = Request::get("/v1/me").body(Body::empty()).unwrap().with_raw_http_path("/v1/me");
    request.extensions_mut().insert(context);
    let seen = Seen::default();
    let routes = Routes::new("tests", "/v1").get("/me", Access::Anyone, "", keep);
    routes.router(seen.clone(), None).oneshot(request).await.unwrap();
    seen.lock().unwrap().take().unwrap()
}

fn patch(json: Value) -> CheckedPatch {
    serde_json::from_value::<TokenPatch>(json).unwrap().checked(at(4)).unwrap()
}

/// All of a token, as it is stored.
fn all(token: &StoredToken) -> Value {
    serde_json::to_value(token).unwrap()
}

#[tokio::test]
async fn what_is_given_changes_and_what_is_not_stays() {
    let team = "team_1111111111111111111111";
    for (name, value) in [
        ("name", json!("new")),
        ("description", json!("other")),
        ("active", json!(false)),
        ("expires_at", json!(at(60))),
        ("expires_at", json!(null)),
        ("team_ids", json!([team])),
        ("team_ids", json!(null)),
        ("allowed_cidrs", json!(["2001:db8::/32"])),
        ("allowed_cidrs", json!(null)),
        ("rate_limit", json!({"limit": 9, "window_seconds": 1})),
        ("on_reuse", json!("record")),
    ] {
        let caller = caller().await;
        let changed = patched(&stored(), &patch(json!({ name: value })), &caller, at(5)).unwrap();
        let mut expected = all(&stored());
        expected[name] = value;
        expected["updated_at"] = json!(at(5));
        expected["version"] = json!(8);
        expected["actor"] = serde_json::to_value(caller.actor()).unwrap();
        assert_eq!(expected["actor"]["request_id"], "changed");
        assert_eq!(all(&changed), expected, "{name}");
    }
}

#[tokio::test]
async fn a_limit_of_use_may_go_and_a_description_too() {
    let none = patch(json!({"rate_limit": null, "description": null}));
    let changed = patched(&stored(), &none, &caller().await, at(5)).unwrap();
    assert_eq!((changed.rate_limit, changed.description.as_str()), (None, ""));
}

#[tokio::test]
async fn what_changes_nothing_is_no_change_however_it_is_sent() {
    let (stored, caller) = (StoredToken { expires_at: Some(at(1)), ..stored() }, caller().await);
    let same = json!({
        "name": format!(" {} ", stored.name), "description": stored.description, "active": stored.active,
        "permissions": stored.permissions, "expires_at": at(1), "team_ids": stored.team_ids,
        "allowed_cidrs": stored.allowed_cidrs, "rate_limit": stored.rate_limit, "on_reuse": stored.on_reuse,
    });
    let patch = |json: Value| serde_json::from_value::<TokenPatch>(json).unwrap();
    let checked = patch(same.clone()).beside(&stored).checked(at(4)).ok().unwrap();
    assert!(patched(&stored, &checked, &caller, at(5)).is_none());
    // Without the token beside it an end that has come is one.
    assert!(patch(same).checked(at(4)).is_err());
    for (other, code) in [
        (json!({"expires_at": at(2)}), Violation::InThePast),
        (json!({"permissions": []}), Violation::PermissionsFixed),
    ] {
        let refused = patch(other).beside(&stored).checked(at(4)).err().unwrap();
        assert_eq!(refused.faults()[0].code, code);
    }
}

#[tokio::test]
async fn the_history_tells_of_each_kind_of_change() {
    let caller = caller().await;
    let told = |change: Value, active: bool| {
        let old = StoredToken { active, on_reuse: OnReuse::Deactivate, ..stored() };
        patched(&old, &patch(change), &caller, at(5)).map(|new| events(&old, &new)).unwrap_or_default()
    };
    assert_eq!(told(json!({}), true), []);
    assert_eq!(told(json!({"name": "another"}), true), [TokenEvent::Renamed]);
    assert_eq!(told(json!({"active": true}), false), [TokenEvent::Activated]);
    assert_eq!(told(json!({"active": false}), true), [TokenEvent::Deactivated]);
    assert_eq!(told(json!({"active": false}), false), []);
    for change in [
        json!({"description": "x"}),
        json!({"expires_at": at(60)}),
        json!({"team_ids": ["team_2222222222222222222222"]}),
        json!({"allowed_cidrs": ["203.0.113.0/24"]}),
        json!({"rate_limit": {"limit": 9, "window_seconds": 9}}),
        json!({"on_reuse": "record"}),
    ] {
        assert_eq!(told(change.clone(), true), [TokenEvent::Changed], "{change}");
    }
    let all = told(json!({"name": "another", "active": true, "description": "x"}), false);
    assert_eq!(all, [TokenEvent::Renamed, TokenEvent::Activated, TokenEvent::Changed]);
}
