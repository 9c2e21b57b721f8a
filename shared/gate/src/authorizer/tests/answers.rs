//! Decisions that need the database to be made, and how they are told.

use super::*;

fn request(format: EventFormat) -> AuthorizationRequest {
    let mut request = AuthorizationRequest::try_from(serde_json::from_str::<Event>(REST).unwrap()).unwrap();
    request.format = format;
    request
}

fn budget() -> Budget {
    RateLimit { limit: 3, window_seconds: 60 }.budget("token", 3, 130)
}

fn told(format: EventFormat, decision: Decision, is_own: bool) -> Value {
    serde_json::to_value(request(format).answer(decision, is_own).unwrap()).unwrap()
}

#[test]
fn a_spent_budget_passes_with_no_identity_to_our_own_functions_only() {
    let context = json!({
        "error": "rate_limited", "code": "rate_limited", "required_permissions": "", "required_permissions_json": "[]",
        "detail": "This token may make 3 requests in 60 seconds: wait as long as Retry-After says.",
        "rate_limit": "token;3;60;0;50", "request_id": "941529f2-1028-45ed-a6da-43e4eb039119",
    });
    for (is_own, effect) in [(true, "Allow"), (false, "Deny")] {
        let answer = told(EventFormat::Policy(ARN.into()), Decision::Limited(budget()), is_own);
        assert_eq!((&answer["principalId"], &answer["context"]), (&json!("anonymous"), &context));
        let statement = &answer["policyDocument"]["Statement"][0];
        assert_eq!((&statement["Effect"], &statement["Resource"]), (&json!(effect), &json!(ARN)));
        let answer = told(EventFormat::Simple, Decision::Limited(budget()), is_own);
        assert_eq!(answer, json!({"isAuthorized": false, "context": context}));
    }
}

#[test]
fn a_person_is_named_and_so_is_what_is_left_of_a_budget() {
    let identity = Identity {
        user: UserId::of_subject("i", "s"),
        credential: Credential::Session,
        token: None,
        replaced_secret_issued_at: None,
        granted: Permissions::all(),
        email: Some("ada@example.com".into()),
        name: Some("Ada \"A\"".into()),
        team: TeamAccess::NotAsked,
    };
    let user = identity.user.clone();
    let effective = Permissions::of(&[Permission::Upload]);
    let left = RateLimit { limit: 3, window_seconds: 60 }.budget("token", 1, 130);
    let answer = told(EventFormat::Simple, Decision::Allow(Box::new(identity), effective, Some(left)), true);
    assert_eq!(
        answer["context"],
        json!({"user_id": user, "credential": "session", "permissions": effective.names(), "rate_limit": "token;3;60;2;50",
            "email": "ada@example.com", "name": "Ada \"A\"", "request_id": "941529f2-1028-45ed-a6da-43e4eb039119"})
    );
}

#[test]
fn a_path_that_no_policy_can_name_is_refused_whoever_it_is() {
    let long = |length: usize| format!("{ARN}{}", "x".repeat(length - ARN.len()));
    let spent = || Decision::Limited(budget());
    let answer = told(EventFormat::Policy(long(512)), spent(), true);
    let statement = &answer["policyDocument"]["Statement"][0];
    assert_eq!((&statement["Effect"], &statement["Resource"]), (&json!("Allow"), &json!(long(512))));
    for length in [513, 700] {
        let answer = told(EventFormat::Policy(long(length)), spent(), true);
        let statement = &answer["policyDocument"]["Statement"][0];
        let named = format!("{}*", long(511));
        assert_eq!((&statement["Effect"], &statement["Resource"]), (&json!("Deny"), &json!(named)));
        assert_eq!(
            answer["context"],
            json!({"error": "no_access", "code": "no_access", "detail": "The path is too long.", "required_permissions": "",
                "required_permissions_json": "[]", "request_id": "941529f2-1028-45ed-a6da-43e4eb039119"})
        );
    }
}
