//! Decisions from the event to the answer, without a database: what passes, what does not, and what is told.

mod answers;
mod authorized;
mod changed;

use serde_json::{Value, json};

use super::{event::EventFormat, *};
use crate::{
    identity::{Membership, token_key},
    token::{
        StoredToken, parse_range,
        tests::{now, ring, rotated},
    },
};
use base::{
    error::Code,
    id::{TeamId, TokenId},
    permission::Permission,
    rate_limit::RateLimit,
    role::Role,
    secret::Secret,
    timestamp::Timestamp,
};
use keys::testing::{BOTH, OLD};
use table::{AttributeValue, Key, attribute};

const REST: &str = include_str!("../../../../events/authorizer-request.json");
const BARE: &str = include_str!("../../../../events/authorizer-token.json");
const HTTP: &str = include_str!("../../../../events/authorizer-http2.json");
/// What stands in those events.
const SENT: &str =
    "ea_pat_000000000000000000demo000000000000000000demoEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE03Q6zeF";
const TEAM: &str = "team_000000000000000000demo";
const ARN: &str = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/live/PUT/v1/teams/team_000000000000000000demo/objects/contacts";

/// A token of a member, and what the database holds.
struct World {
    secret: Secret,
    token: StoredToken,
    membership: Option<Membership>,
    manifest: Manifest,
    now: Timestamp,
}

impl World {
    /// A token that may do what the event of a REST API asks for.
    fn new() -> Self {
        let granted =
            Permissions::of(&[Permission::ObjectCreate, Permission::ObjectUpdate, Permission::Upload]);
        Self::with(granted, Role::Member)
    }

    fn with(granted: Permissions, role: Role) -> Self {
        let stored = crate::token::tests::token("");
        let secret = Secret::new(SecretKind::Token, stored.user.suffix(), stored.id.suffix()).unwrap();
        let hash = ring(BOTH).hash(secret.reveal());
        let token = StoredToken { permissions: granted, secret: hash, ..stored };
        let membership = Membership {
            team: TeamId::parse(TEAM).unwrap(),
            user: token.user.clone(),
            role,
            token_lifetime_days_max: None,
            created_at: now(),
            updated_at: now(),
            version: 1,
            actor: token.actor.clone(),
        };
        Self { secret, token, membership: Some(membership), manifest: Manifest::own().unwrap(), now: now() }
    }

    /// An event with this token instead of the written one.
    fn event(&self, text: &str) -> Value {
        serde_json::from_str(&text.replace(SENT, self.secret.reveal())).unwrap()
    }

    /// The items under the keys, in no order that could be relied on.
    fn items(&self, keys: &[Key]) -> Vec<Item> {
        let item = |key: Key, value: Value| {
            let mut item = attribute(&value).unwrap().as_m().unwrap().clone();
            item.insert("pk".into(), AttributeValue::S(key.pk));
            item.insert("sk".into(), AttributeValue::S(key.sk));
            item
        };
        let token = token_key(&self.token.user, &self.token.id);
        let mut items = Vec::new();
        if let Some(member) = &self.membership {
            items.push(item(
                membership_key(&member.user, &member.team),
                serde_json::to_value(member).unwrap(),
            ));
        }
        items.push(item(token, serde_json::to_value(&self.token).unwrap()));
        items.retain(|item| keys.iter().any(|key| key.is_of(item)));
        items
    }

    fn decide(&self, event: Value) -> Result<Value, String> {
        let event = serde_json::from_value(event).map_err(|error| error.to_string())?;
        let answer = decide(&self.manifest, &ring(BOTH), self.now, event, |keys| self.items(&keys));
        Ok(serde_json::to_value(answer.map_err(|error| error.to_string())?).unwrap())
    }

    /// The code of a refusal of the REST event; `None` if it passes.
    fn refusal(&self) -> Option<String> {
        match self.decide(self.event(REST)) {
            Err(message) => Some(message),
            Ok(answer) if passes(&answer) => None,
            Ok(answer) => Some(answer["context"]["error"].as_str().unwrap().to_owned()),
        }
    }
}

/// Whether an answer of either form lets the request through.
fn passes(answer: &Value) -> bool {
    answer["isAuthorized"] == true || answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"
}

mod good {
    use super::*;

    #[test]
    fn a_token_gets_a_policy_for_this_path_and_a_context_that_says_who() {
        let world = World::new();
        let answer = world.decide(world.event(REST)).unwrap();
        assert_eq!(
            answer,
            json!({
                "principalId": world.token.user,
                "policyDocument": {"Version": "2012-10-17", "Statement": [
                    {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": ARN}
                ]},
                "context": {
                    "user_id": world.token.user, "credential": "token", "token_id": world.token.id, "team_id": TEAM,
                    "role": "member", "permissions": "object:create object:update upload",
                    "request_id": "941529f2-1028-45ed-a6da-43e4eb039119",
                },
            })
        );
    }

    #[test]
    fn an_event_of_a_bare_token_has_no_team_and_no_request_id() {
        let world = World::new();
        let answer = world.decide(world.event(BARE)).unwrap();
        assert!(passes(&answer));
        assert_eq!(
            answer["context"],
            json!({"user_id": world.token.user, "credential": "token", "token_id": world.token.id, "request_id": "",
                "permissions": "object:create object:update upload"})
        );
    }

    #[test]
    fn an_http_api_gets_a_yes() {
        let world = World::new();
        let answer = world.decide(world.event(HTTP)).unwrap();
        assert_eq!(
            (&answer["isAuthorized"], &answer["context"]["request_id"]),
            (&json!(true), &json!("JKJaXmPLvHcESHA="))
        );
        assert!(answer.get("policyDocument").is_none());
    }

    #[test]
    fn the_new_secret_counts_and_the_old_one_as_long_as_both_do() {
        let mut world = World::new();
        let other = StoredToken { secret: ring(BOTH).hash("other"), ..world.token };
        world.token = rotated(other, world.secret.reveal(), 0, 0);
        assert_eq!(world.refusal(), None);
        let hash = world.token.pending.clone().unwrap().secret;
        world.token = StoredToken { secret: hash, pending: None, ..world.token };
        world.token = rotated(world.token, "new", 60, 0);
        assert_eq!(world.refusal(), None);
        world.now = now().plus_seconds(60);
        assert_eq!(world.refusal().as_deref(), Some("Unauthorized"));
    }
}

mod refused {
    use super::*;

    /// A name, and what it does to the world.
    type Case<'a> = (&'static str, Box<dyn Fn(&mut World) + 'a>);

    #[test]
    fn a_token_that_does_not_count_is_told_nothing() {
        let cases: [Case; 9] = [
            ("revoked", Box::new(|world| world.token.revoked_at = Some(now()))),
            ("inactive", Box::new(|world| world.token.active = false)),
            ("expired", Box::new(|world| world.token.expires_at = Some(now()))),
            (
                "address",
                Box::new(|world| {
                    world.token.allowed_cidrs = Some(vec![parse_range("192.0.2.0/24").unwrap()]);
                }),
            ),
            (
                "rotated away",
                Box::new(|world| {
                    let hash = ring(BOTH).hash("new");
                    world.token = rotated(world.token.clone(), "new", 0, 0).confirmed(hash, now());
                }),
            ),
            ("another secret", Box::new(|world| world.token.secret = ring(BOTH).hash("other"))),
            (
                "a key that is gone",
                Box::new(|world| {
                    let gone = r#"{"current":"k0","k0":"00000000000000000000000000000000"}"#;
                    world.token.secret = ring(gone).hash(world.secret.reveal());
                }),
            ),
            ("another token", Box::new(|world| world.token.id = TokenId::new())),
            ("another user", Box::new(|world| world.token.user = UserId::of_subject("issuer", "other"))),
        ];
        for (name, change) in cases {
            let mut world = World::new();
            change(&mut world);
            assert_eq!(world.decide(world.event(REST)), Err("Unauthorized".into()), "{name}");
            assert_eq!(world.decide(world.event(BARE)), Err("Unauthorized".into()), "{name}");
            let answer = world.decide(world.event(HTTP)).unwrap();
            assert_eq!(
                answer,
                json!({"isAuthorized": false, "context": {"error": "invalid_token", "code": "invalid_token", "detail": "No valid credential was sent. Of a token, its owner finds the reason in its history, under SETTINGS > API ACCESS.",
                    "required_permissions": "", "required_permissions_json": "[]", "request_id": "JKJaXmPLvHcESHA=",
                    "challenge": "Bearer realm=\"api\", error=\"invalid_token\""}}),
                "{name}"
            );
        }
    }

    #[test]
    fn a_token_under_a_retired_key_counts() {
        let mut world = World::new();
        world.token.secret = ring(OLD).hash(world.secret.reveal());
        assert_eq!(world.refusal(), None);
    }

    #[test]
    fn a_team_that_is_out_of_reach_is_no_access() {
        let other = TeamId::new();
        let cases: [Case; 6] = [
            ("no member", Box::new(|world| world.membership = None)),
            ("limited to another", Box::new(|world| world.token.team_ids = Some(vec![other.clone()]))),
            ("limited to none", Box::new(|world| world.token.team_ids = Some(Vec::new()))),
            ("blocked", Box::new(|world| world.token.blocked_team_ids = vec![TeamId::parse(TEAM).unwrap()])),
            (
                "without an end",
                Box::new(|world| {
                    world.membership.as_mut().unwrap().token_lifetime_days_max = Some(30);
                }),
            ),
            (
                "too long",
                Box::new(|world| {
                    world.token.expires_at = Some(now().plus_seconds(31 * 86_400));
                    world.membership.as_mut().unwrap().token_lifetime_days_max = Some(30);
                }),
            ),
        ];
        for (name, change) in cases {
            let mut world = World::new();
            change(&mut world);
            let answer = world.decide(world.event(REST)).unwrap();
            assert_eq!(world.refusal().as_deref(), Some("no_access"), "{name}");
            assert_eq!(
                answer["context"],
                json!({"error": "no_access", "code": "no_access", "detail": "You have no access to this team.", "required_permissions": "",
                    "required_permissions_json": "[]", "request_id": "941529f2-1028-45ed-a6da-43e4eb039119"}),
                "{name}"
            );
            assert!(
                passes(&world.decide(world.event(BARE)).unwrap()),
                "{name}: what has no team is not concerned"
            );
        }
    }

    #[test]
    fn a_team_within_reach_passes() {
        let team = TeamId::parse(TEAM).unwrap();
        let mut world = World::new();
        world.token.team_ids = Some(vec![TeamId::new(), team]);
        world.token.blocked_team_ids = vec![TeamId::new()];
        world.token.expires_at = Some(now().plus_seconds(30 * 86_400));
        world.membership.as_mut().unwrap().token_lifetime_days_max = Some(30);
        world.token.allowed_cidrs = Some(vec![parse_range("203.0.113.0/24").unwrap()]);
        assert_eq!(world.refusal(), None);
    }

    #[test]
    fn a_path_whose_team_is_none_is_no_access() {
        let world = World::new();
        let mut event = world.event(REST);
        event["path"] = json!("/v1/teams/contacts/objects/contacts");
        let answer = world.decide(event).unwrap();
        assert_eq!((passes(&answer), &answer["context"]["error"]), (false, &json!("no_access")));
    }

    #[test]
    fn what_the_token_or_the_role_lacks_is_listed() {
        let needed = Permissions::of(&[Permission::ObjectCreate, Permission::ObjectUpdate]);
        let create = Permissions::of(&[Permission::ObjectCreate]);
        for (granted, role, code, missing) in [
            (Permissions::NONE, Role::Owner, Code::InsufficientScope, needed),
            (needed.without(create), Role::Owner, Code::InsufficientScope, create),
            (needed, Role::UpdateOnly, Code::InsufficientRole, create),
        ] {
            let world = World::with(granted, role);
            let answer = world.decide(world.event(REST)).unwrap();
            assert_eq!(answer["principalId"], json!(world.token.user));
            let statement = &answer["policyDocument"]["Statement"];
            assert_eq!(
                *statement,
                json!([{"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": ARN}])
            );
            let context = &answer["context"];
            assert_eq!(
                (&context["error"], &context["required_permissions"]),
                (&json!(code.name()), &json!(missing.names()))
            );
            assert_eq!(context["required_permissions_json"], serde_json::to_string(&missing).unwrap());
            assert!(context.get("user_id").is_none() && context.get("permissions").is_none());
        }
    }
}

mod foreign {
    use super::*;

    #[test]
    fn what_is_not_listed_is_refused_and_what_is_needs_its_permissions() {
        for (path, code) in [
            ("/orders/{id}", Some("no_access")),
            ("/v1/teams/{team}/objects/{type}", None),
            ("/v1/teams/{any}/objects/{type}", None),
        ] {
            let routes = json!([{"method": "PUT", "path": path, "permissions": [Permission::ObjectCreate]}]);
            let world = World { manifest: Manifest::foreign(&routes.to_string()).unwrap(), ..World::new() };
            assert_eq!(world.refusal().as_deref(), code, "{path}");
            let without = World { manifest: world.manifest, ..World::with(Permissions::NONE, Role::Owner) };
            assert_eq!(without.refusal().as_deref(), code.or(Some("insufficient_scope")), "{path}");
        }
    }

    #[test]
    fn without_a_list_every_good_credential_passes_and_no_other() {
        let world = World {
            manifest: Manifest::foreign("[]").unwrap(),
            ..World::with(Permissions::NONE, Role::ViewOnly)
        };
        assert_eq!(world.refusal(), None);
        let bad = World { token: StoredToken { active: false, ..world.token.clone() }, ..world };
        assert_eq!(bad.refusal().as_deref(), Some("Unauthorized"));
    }
}

mod dry_run {
    use super::*;

    #[test]
    fn a_token_is_told_what_it_would_be_told() {
        let path = format!("/v1/teams/{TEAM}/objects/contacts");
        let World { token, membership, manifest, .. } = World::new();
        let dry_run = DryRun::of(&manifest, "PUT", &path);
        assert_eq!(dry_run.team(), TeamId::parse(TEAM));
        let found = dry_run.run(token.clone(), token.secret_created_at, membership.clone());
        let needed = Permissions::of(&[Permission::ObjectCreate, Permission::ObjectUpdate]);
        assert_eq!(found.outcome.ok(), Some(token.permissions));
        assert_eq!((found.required, found.role), (needed, Some(Role::Member)));
        let found = dry_run.run(token.clone(), token.secret_created_at, None);
        assert_eq!(
            (found.outcome.unwrap_err().code, found.required, found.role),
            (Code::NoAccess, needed, None)
        );
        let found = DryRun::of(&manifest, "DELETE", &format!("{path}/obj_1")).run(
            token.clone(),
            token.secret_created_at,
            membership.clone(),
        );
        assert_eq!(
            (found.outcome.unwrap_err().code, found.role),
            (Code::InsufficientScope, Some(Role::Member))
        );
        let found = DryRun::of(&manifest, "GET", "/v1/me").run(
            token.clone(),
            token.secret_created_at,
            membership.clone(),
        );
        assert_eq!((found.outcome.ok(), found.role), (Some(token.permissions), None));
        let unknown = DryRun::of(&manifest, "PUT", &format!("{path}/"));
        assert_eq!(unknown.team(), None);
        let found = unknown.run(token.clone(), token.secret_created_at, membership);
        assert_eq!(
            (found.outcome.unwrap_err().code, found.required, found.role),
            (Code::NotFound, Permissions::NONE, None)
        );
    }
}
