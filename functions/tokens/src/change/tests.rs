//! What a change does to a token, and what is told of it.

use std::sync::{Arc, Mutex};

use axum::{body::Body, http::Request};
use lambda_http::{RequestExt as _, request::RequestContext};
use serde_json::{Value, json};
use shared::{Result, Routes, access::Access, answer::NoContent, extract::State};
use tower::ServiceExt as _;

use super::*;
use crate::{
    input::TokenPatch,
    token::tests::{at, stored},
};

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
        let changed = patched(stored(), &patch(json!({ name: value })), &caller, at(5));
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
    let changed =
        patched(stored(), &patch(json!({"rate_limit": null, "description": null})), &caller().await, at(5));
    assert_eq!((changed.rate_limit, changed.description.as_str()), (None, ""));
}

#[test]
fn the_history_tells_of_each_kind_of_change() {
    let told = |change: Value, old_name: &str, was_active: bool, active: bool| {
        events(&patch(change), &StoredToken { active, ..stored() }, old_name, was_active)
    };
    assert_eq!(told(json!({}), "old", true, true), []);
    assert_eq!(told(json!({"name": "old"}), "older", true, true), [Event::Renamed]);
    assert_eq!(told(json!({"active": true}), "old", false, true), [Event::Activated]);
    assert_eq!(told(json!({"active": false}), "old", true, false), [Event::Deactivated]);
    assert_eq!(told(json!({"active": false}), "old", false, false), []);
    for change in [
        json!({"description": "x"}),
        json!({"expires_at": null}),
        json!({"team_ids": null}),
        json!({"allowed_cidrs": null}),
        json!({"rate_limit": null}),
        json!({"on_reuse": "record"}),
    ] {
        assert_eq!(told(change.clone(), "old", true, true), [Event::Changed], "{change}");
    }
    let all = told(json!({"description": "x"}), "older", false, true);
    assert_eq!(all, [Event::Renamed, Event::Activated, Event::Changed]);
}

#[test]
fn each_refusal_says_what_to_do() {
    let team = TeamId::parse("team_1111111111111111111111").unwrap();
    assert_eq!((name_taken().code, name_taken().faults()[0].pointer.as_str()), (Code::NameTaken, "/name"));
    let late = too_long(&team, 30);
    assert_eq!((late.code, late.faults()[0].code), (Code::InvalidData, "too_late"));
    assert!(late.detail().contains("30 days") && late.detail().contains(team.as_str()));
    assert_eq!(too_many().code, Code::LimitReached);
    assert!(too_many().detail().contains("500"));
}
