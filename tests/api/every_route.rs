//! What holds for every route of every table; no route is named here.

use api::routes::RouteInfo;
use base::{Permission, Role, access::Access, id::TeamId};
use serde_json::{Value, json};

use crate::harness::{Api, Person, World};

pub(crate) fn all() -> Vec<RouteInfo> {
    local::families::routes()
}

fn guarded() -> impl Iterator<Item = RouteInfo> {
    all().into_iter().filter(|info| info.route.access != Access::Public)
}

/// Who has blocked a token may undo it as an owner may; whoever else has signed in is refused like any other role.
fn is_for_owners(info: &RouteInfo) -> bool {
    let is_undone_by_its_maker = info.route.path == "/v1/teams/{team}/tokens/{token}/restore";
    info.route.access == Access::Owner || is_undone_by_its_maker
}

/// The path of a route, with the team, and for all else something of the right form that is not there.
pub(crate) fn path_in(route: &str, team: &str) -> String {
    let mut before = "";
    let fill = |segment| {
        let filled = match (before, segment) {
            (_, "{team}") => team,
            (_, "{type}") => "contacts",
            (_, "{slug}" | "{field}") => "nothing",
            ("{type}", "{id}") => "obj_0000000000000000000000",
            (_, "{user}") => "usr_0000000000000000000000",
            (_, "{token}") => "tok_0000000000000000000000",
            (_, "{invitation}") => "inv_0000000000000000000000",
            (_, "{webhook}") => "whk_0000000000000000000000",
            (_, "{delivery}") => "dlv_0000000000000000000000",
            (_, "{view}") => "view_0000000000000000000000",
            (_, "{upload}") => "upl_0000000000000000000000",
            (_, "{form}") => "form_0000000000000000000000",
            (_, "{submission}") => "sub_0000000000000000000000",
            (_, "{key}") => "0000000000000000000000000000",
            (_, other) if other.starts_with('{') => panic!("give {before}/{other} a form in this test"),
            (_, other) => other,
        };
        before = segment;
        filled
    };
    route.split('/').map(fill).collect::<Vec<_>>().join("/")
}

async fn call(api: &Api, info: &RouteInfo, path: &str) -> crate::harness::Answer {
    let body = info.reads_body.then(|| "{}".to_owned());
    api.send(&info.route.method, path, body).await
}

#[tokio::test]
async fn without_a_credential_or_with_a_bad_one_it_is_401() {
    let world = World::new().await;
    let session = world.owner.api.credential().to_owned();
    let token = world.owner.token(Permission::ALL).await.credential().to_owned();
    let mistyped = format!("{}{}", &token[..token.len() - 1], if token.ends_with('0') { '1' } else { '0' });
    let unknown =
        base::secret::Secret::new(base::secret::SecretKind::Token, &token[7..29], &token[29..51]).unwrap();
    // In the middle of the signature, as of its last character not all bits count.
    let (head, tail) = session.split_at(session.len() - 20);
    let forged = format!("{head}{}{}", if tail.starts_with('A') { 'B' } else { 'A' }, &tail[1..]);
    let callers = ["x", "ea_pat_", &mistyped, unknown.reveal(), &forged, "a.b.c"].map(Api::with);
    for info in guarded() {
        let path = path_in(&info.route.path, &world.team);
        for api in std::iter::once(&Api::anonymous()).chain(&callers) {
            let answer = call(api, &info, &path).await;
            assert!(
                answer.header("www-authenticate").starts_with("Bearer realm=\"api\""),
                "{} {path}",
                info.route.method
            );
            answer.expect_problem(401, "invalid_token");
        }
    }
}

/// What a token may lack so that the route is closed to it.
fn lacking(access: &Access) -> Vec<Vec<Permission>> {
    let all: Vec<_> = access.permissions().iter().collect();
    match access {
        Access::NeedsAny(_) => vec![all],
        _ => all.into_iter().map(|one| vec![one]).collect(),
    }
}

#[tokio::test]
async fn with_every_permission_but_the_needed_one_it_is_403_and_names_it() {
    let world = World::new().await;
    let mut checked = 0;
    for info in guarded() {
        let path = path_in(&info.route.path, &world.team);
        for missing in lacking(&info.route.access) {
            let others: Vec<_> =
                Permission::ALL.iter().copied().filter(|permission| !missing.contains(permission)).collect();
            let token = world.owner.token(&others).await;
            let answer = call(&token, &info, &path).await;
            let challenge = answer.header("www-authenticate");
            let problem = answer.expect_problem(403, "insufficient_scope");
            assert_eq!(problem["required_permissions"], json!(missing), "{} {path}", info.route.method);
            let scope = missing.iter().map(|permission| permission.name()).collect::<Vec<_>>().join(" ");
            assert_eq!(challenge, format!(r#"Bearer error="insufficient_scope", scope="{scope}""#));
            let detail = problem["detail"].as_str().unwrap();
            assert!(missing.iter().all(|permission| detail.contains(permission.name())), "{detail}");
            checked += 1;
        }
    }
    assert!(checked >= guarded().filter(|info| !info.route.access.permissions().is_empty()).count());
}

#[tokio::test]
async fn with_the_needed_permissions_alone_the_gate_opens() {
    let world = World::new().await;
    for info in guarded().filter(|info| !info.route.access.permissions().is_empty()) {
        let token = world.owner.token(&info.route.access.permissions().iter().collect::<Vec<_>>()).await;
        let answer = call(&token, &info, &path_in(&info.route.path, &world.team)).await;
        assert!(
            ![401, 403].contains(&answer.status) && answer.status < 500,
            "{:?} {}",
            info.route,
            answer.text
        );
    }
}

#[tokio::test]
async fn a_role_that_does_not_allow_it_is_403_and_is_named() {
    let world = World::new().await;
    let billing = world.member("billing-manager").await;
    let token = billing.token(Permission::ALL).await;
    for info in guarded().filter(|info| info.route.path.contains("{team}") && !is_for_owners(info)) {
        let needed = info.route.access.permissions();
        for api in [&billing.api, &token] {
            let answer = call(api, &info, &path_in(&info.route.path, &world.team)).await;
            if needed.is_empty() {
                assert!(answer.status < 400, "{:?} {}", info.route, answer.text);
            } else {
                assert_eq!(answer.header("www-authenticate"), "");
                let problem = answer.expect_problem(403, "insufficient_role");
                assert!(problem["detail"].as_str().unwrap().contains("billing-manager"));
                assert_eq!(problem["required_permissions"], json!(needed));
            }
        }
    }
}

#[tokio::test]
async fn what_is_for_owners_is_403_for_every_other_role_and_names_it() {
    let world = World::new().await;
    for role in Role::ALL.iter().map(|role| role.name()).filter(|name| *name != Role::Owner.name()) {
        let session = world.member(role).await.api;
        for info in guarded().filter(is_for_owners) {
            let answer = call(&session, &info, &path_in(&info.route.path, &world.team)).await;
            let problem = answer.expect_problem(403, "insufficient_role");
            assert!(problem["detail"].as_str().unwrap().contains(role), "{problem}");
        }
    }
    for info in guarded().filter(is_for_owners) {
        let answer = call(&world.owner.api, &info, &path_in(&info.route.path, &world.team)).await;
        assert!(![401, 403].contains(&answer.status) && answer.status < 500, "{}", answer.text);
    }
}

#[tokio::test]
async fn another_team_is_refused_in_the_same_bytes_as_one_that_never_was() {
    let (world, stranger) = (World::new().await, Person::new().await);
    let token = stranger.token(Permission::ALL).await;
    let never = TeamId::new().to_string();
    for info in guarded().filter(|info| info.route.path.contains("{team}")) {
        for api in [&stranger.api, &token] {
            let mut bodies = Vec::new();
            for team in [world.team.as_str(), &never, "nonsense"] {
                let answer = call(api, &info, &path_in(&info.route.path, team)).await;
                assert_eq!(answer.header("www-authenticate"), "");
                let mut body = answer.expect_problem(403, "no_access");
                body["request_id"] = Value::Null;
                bodies.push(body.to_string());
            }
            assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
        }
    }
}

#[tokio::test]
async fn sessions_and_tokens_are_kept_apart_where_the_rule_says_so() {
    let world = World::new().await;
    let token = world.owner.token(Permission::ALL).await;
    for info in guarded() {
        let path = path_in(&info.route.path, &world.team);
        let (caller, code) = match info.route.access {
            Access::Session | Access::Owner => (&token, "session_required"),
            Access::Token => (&world.owner.api, "token_required"),
            _ => continue,
        };
        call(caller, &info, &path).await.expect_problem(403, code);
    }
}

#[tokio::test]
async fn an_unknown_member_of_a_body_is_400_and_is_named() {
    let world = World::new().await;
    let token = world.owner.token(Permission::ALL).await;
    for info in guarded().filter(|info| info.reads_body) {
        let path = path_in(&info.route.path, &world.team)
            + if info.route.method == "PUT" { "?match=email" } else { "" };
        let body = json!({"no-such-member": 1}).to_string();
        let api = if info.route.access == Access::Token { &token } else { &world.owner.api };
        let answer = api.send(&info.route.method, &path, Some(body)).await;
        let problem = answer.expect_problem(400, "invalid_request");
        assert_eq!(problem["errors"][0]["pointer"], json!("/no-such-member"), "{} {path}", info.route.method);
        assert_eq!(problem["errors"][0]["code"], json!("unknown_member"));
    }
}

#[tokio::test]
async fn an_unknown_parameter_of_a_query_is_400_and_is_named() {
    let world = World::new().await;
    let token = world.owner.token(Permission::ALL).await;
    for info in guarded() {
        let path = format!("{}?no-such-parameter=1", path_in(&info.route.path, &world.team));
        let api = if info.route.access == Access::Token { &token } else { &world.owner.api };
        let problem = call(api, &info, &path).await.expect_problem(400, "invalid_request");
        let pointer = problem["errors"][0]["pointer"].as_str().unwrap();
        assert!(
            pointer == "?no-such-parameter" || pointer == "?match",
            "{pointer} {} {path}",
            info.route.method
        );
    }
}
