//! What the guard lets through, on rows of its own.

use axum::{Router, body::Body, http::StatusCode, middleware::from_fn_with_state, routing::any};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;
use base::{
    error::Code,
    id::{TeamId, UserId},
    permission::Permission,
    role::Role,
};

fn user() -> UserId {
    UserId::of_subject("issuer", "subject")
}

/// The context of a member who may read objects.
fn member(team: &TeamId) -> Value {
    json!({"user_id": user(), "credential": "session", "permissions": Permission::ObjectRead, "team_id": team, "role": "member"})
}

/// A refusal: its code, and the first place that it names.
#[derive(Debug, PartialEq)]
struct Refused(Code, Option<String>);

impl Refused {
    fn with(code: Code) -> Self {
        Self(code, None)
    }
}

/// What a caller gets: the status or the refusal.
async fn sent(access: Access, path: &str, context: Option<Value>) -> Result<StatusCode, Refused> {
    sent_to(
        RoutePolicy {
            access,
            rule: |_| Ok(()),
            reads_query: false,
            reads_body: false,
            writes: false,
            platform: None,
        },
        path,
        context,
    )
    .await
}

async fn sent_to(policy: RoutePolicy, path: &str, context: Option<Value>) -> Result<StatusCode, Refused> {
    let handler = any(async |caller: Option<axum::Extension<Caller>>| match caller {
        Some(_) => StatusCode::OK,
        None => StatusCode::NO_CONTENT,
    });
    let layer = from_fn_with_state(Arc::new(policy), guard);
    let router = Router::new()
        .route("/teams/{team}", handler.clone())
        .route("/teams/{team}/members/{user}", handler.clone())
        .route("/me", handler)
        .route_layer(layer);
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    if let Some(context) = context {
        let context = json!({"httpMethod": "GET", "authorizer": context});
        let context: RequestContext = serde_json::from_value(context).unwrap();
        request.extensions_mut().insert(context);
    }
    let response = router.oneshot(request).await.unwrap();
    match response.extensions().get::<Arc<Error>>() {
        Some(error) => Err(Refused(error.code, error.faults().first().map(|fault| fault.pointer.clone()))),
        None => Ok(response.status()),
    }
}

#[tokio::test]
async fn a_public_row_asks_nobody() {
    assert_eq!(sent(Access::Public, "/me", None).await, Ok(StatusCode::NO_CONTENT));
    let context = member(&TeamId::new());
    assert_eq!(sent(Access::Public, "/me", Some(context)).await, Ok(StatusCode::NO_CONTENT));
}

#[tokio::test]
async fn without_the_context_of_the_gate_nothing_passes() {
    let whole = member(&TeamId::new());
    assert_eq!(sent(Access::Anyone, "/me", Some(whole.clone())).await, Ok(StatusCode::OK));
    assert_eq!(sent(Access::Anyone, "/me", None).await, Err(Refused::with(Code::InvalidToken)));
    assert_eq!(sent(Access::Anyone, "/me", Some(json!({}))).await, Err(Refused::with(Code::InvalidToken)));
    for name in ["user_id", "credential", "team_id", "role"] {
        for value in [json!(null), json!(""), json!("other"), json!(7)] {
            let mut context = whole.clone();
            context[name] = value;
            assert_eq!(
                sent(Access::Anyone, "/me", Some(context)).await,
                Err(Refused::with(Code::InvalidToken)),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn a_budget_without_an_identity_is_answered_429() {
    let spent = json!({"rate_limit": "token;3;60;0;50"});
    assert_eq!(sent(Access::Anyone, "/me", Some(spent)).await, Err(Refused::with(Code::RateLimited)));
    let mut context = member(&TeamId::new());
    context["rate_limit"] = json!("token;3;60;1;50");
    assert_eq!(sent(Access::Anyone, "/me", Some(context)).await, Ok(StatusCode::OK));
}

#[tokio::test]
async fn the_team_of_the_path_is_the_callers() {
    let team = TeamId::new();
    let path = format!("/teams/{team}");
    assert_eq!(sent(Access::Anyone, &path, Some(member(&team))).await, Ok(StatusCode::OK));
    assert_eq!(
        sent(Access::Anyone, &path, Some(member(&TeamId::new()))).await,
        Err(Refused::with(Code::NoAccess))
    );
    assert_eq!(
        sent(Access::Anyone, "/teams/other", Some(member(&team))).await,
        Err(Refused::with(Code::NoAccess))
    );
    let none = json!({"user_id": user(), "credential": "session", "permissions": Permission::ObjectRead});
    assert_eq!(sent(Access::Anyone, &path, Some(none)).await, Err(Refused::with(Code::NoAccess)));
}

#[tokio::test]
async fn the_rule_of_the_row_is_checked_again() {
    let team = TeamId::new();
    let (path, context) = (format!("/teams/{team}"), member(&team));
    let rule = |permission: Permission| Access::from(permission);
    assert_eq!(sent(rule(Permission::ObjectRead), &path, Some(context.clone())).await, Ok(StatusCode::OK));
    let refused = sent(rule(Permission::ObjectCreate), &path, Some(context.clone())).await;
    assert_eq!(refused, Err(Refused::with(Code::InsufficientScope)));
    let mut wide = context;
    wide["permissions"] = json!(Permission::BackupRead.name());
    let refused = sent(rule(Permission::BackupRead), &path, Some(wide)).await;
    assert_eq!(refused, Err(Refused::with(Code::InsufficientRole)), "{}", Role::Member.name());
}

#[tokio::test]
async fn oneself_is_the_user_of_the_path() {
    let team = TeamId::new();
    let rule = || Access::SelfOr(Permission::TeamManageMembers);
    let own = format!("/teams/{team}/members/{}", user());
    let others = format!("/teams/{team}/members/{}", UserId::of_subject("issuer", "other"));
    assert_eq!(sent(rule(), &own, Some(member(&team))).await, Ok(StatusCode::OK));
    assert_eq!(sent(rule(), &others, Some(member(&team))).await, Err(Refused::with(Code::InsufficientScope)));
}

#[tokio::test]
async fn a_query_that_nobody_reads_is_refused_and_an_empty_one_is_none() {
    let policy = |reads_query| RoutePolicy {
        access: Access::Public,
        rule: |_| Ok(()),
        reads_query,
        reads_body: false,
        writes: false,
        platform: None,
    };
    assert_eq!(sent_to(policy(false), "/me?", None).await, Ok(StatusCode::NO_CONTENT));
    for query in ["a", "a=b", "a=b&c", "a&c=d"] {
        let refused = sent_to(policy(false), &format!("/me?{query}"), None).await;
        assert_eq!(refused, Err(Refused(Code::InvalidRequest, Some("?a".into()))), "{query}");
    }
    assert_eq!(sent_to(policy(true), "/me?a=b", None).await, Ok(StatusCode::NO_CONTENT));
}
