//! What holds for every route: the policy names it, the context says what is held or missing, and no other is judged.

use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    changed::{OTHER_TEAM, PATH, world},
    *,
};
use api::manifest::ManifestRoute;
use base::{access::Access, testing::tried};

const ROUTES: &str = include_str!("../../../../api/src/routes.json");

fn routes() -> Vec<ManifestRoute> {
    serde_json::from_str(ROUTES).unwrap()
}

fn permissions() -> impl Strategy<Value = Permissions> {
    vec(any::<bool>(), Permission::ALL.len()).prop_map(|held| {
        Permission::ALL
            .iter()
            .zip(held)
            .filter(|(_, held)| *held)
            .map(|(permission, _)| *permission)
            .collect()
    })
}

/// What the contract says of a token: the code of the refusal and the permissions it names.
fn expected(access: &Access, granted: Permissions, role: Option<Role>) -> Option<(Code, Vec<Permission>)> {
    let held = |list: Permissions| move |permission: &Permission| list.contains(*permission);
    let by_role = |permission: &Permission| role.is_none_or(|role| role.permissions().contains(*permission));
    let needed: &[Permission] = match access {
        Access::Public | Access::Anyone | Access::Token => return None,
        Access::Session | Access::Owner => return Some((Code::SessionRequired, Vec::new())),
        Access::SelfOr(permission) => std::slice::from_ref(permission),
        Access::Needs(permissions) => permissions,
        Access::NeedsAny(any) => {
            let sorted = any.iter().copied().collect::<Permissions>().iter().collect();
            let has = any.iter().any(held(granted));
            let may = any.iter().filter(|permission| by_role(permission)).any(held(granted));
            return match (has, may) {
                (true, true) => None,
                (true, false) => Some((Code::InsufficientRole, sorted)),
                (false, _) => Some((Code::InsufficientScope, sorted)),
            };
        }
    };
    let missing = |has: &dyn Fn(&Permission) -> bool| -> Vec<Permission> {
        Permission::ALL.iter().copied().filter(|one| needed.contains(one) && !has(one)).collect()
    };
    let (of_token, of_role) = (missing(&held(granted)), missing(&by_role));
    match (of_token.as_slice(), of_role.as_slice()) {
        ([], []) => None,
        ([], _) => Some((Code::InsufficientRole, of_role)),
        _ => Some((Code::InsufficientScope, of_token)),
    }
}

proptest! {
    #![proptest_config(tried(4))]

    #[test]
    fn a_good_token_may_do_what_it_and_the_role_allow_and_is_told_what_is_missing(
        route in select(routes()), granted in permissions(), role in select(Role::ALL.to_vec()),
    ) {
        let world = World::with(granted, role);
        let path = route.path.replace("{team}", TEAM).replace("{user}", world.token.user.as_str());
        let path = path.replace(['{', '}'], "");
        let role = Some(role).filter(|_| route.path.contains("{team}"));
        let mut event = world.event(REST);
        let arn = format!("arn:aws:execute-api:eu-west-1:1:a/live/{}{path}", route.method);
        event["httpMethod"] = json!(route.method);
        event["path"] = json!(path);
        event["methodArn"] = json!(arn);
        let answer = world.decide(event).unwrap();
        prop_assert_eq!(&answer["policyDocument"]["Statement"][0]["Resource"], &arn);
        prop_assert_eq!(answer["policyDocument"]["Statement"].as_array().unwrap().len(), 1);
        let expected = expected(&route.access, granted, role);
        prop_assert_eq!(passes(&answer), expected.is_none());
        let context = &answer["context"];
        if let Some((code, missing)) = expected {
            let names: Vec<_> = missing.iter().map(|permission| permission.name()).collect();
            prop_assert_eq!(&context["error"], code.name());
            prop_assert_eq!(&context["required_permissions"], &names.join(" "));
            let list: Vec<String> = serde_json::from_str(context["required_permissions_json"].as_str().unwrap()).unwrap();
            prop_assert_eq!(list, names);
        } else {
            let both = |one: &&Permission| granted.contains(**one) && role.is_none_or(|role| role.permissions().contains(**one));
            let effective: Vec<_> = Permission::ALL.iter().filter(both).map(|one| one.name()).collect();
            prop_assert_eq!(&context["permissions"], &effective.join(" "));
            prop_assert_eq!(context.get("role").and_then(Value::as_str), role.map(Role::name));
        }
    }
}

/// Parts of paths, some of which other software might take for something else.
fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(vec!["v1", "teams", TEAM, OTHER_TEAM, "objects", "contacts", "me", "members", "live"]).prop_map(str::to_owned),
        2 => select(vec!["", ".", "..", "%2e%2e", "%2f", "a%2Fb", "contacts;x", "*", "contacts:x", "{type}"]).prop_map(str::to_owned),
        1 => "[^/]{0,6}",
    ]
}

/// The rule of the listed route that a function would take: each part a word of the route, or in place of a parameter.
fn seen(method: &str, path: &str) -> Option<Access> {
    let parts: Vec<_> = path.split('/').collect();
    let is_plain = |part: &&str| {
        !matches!(*part, "" | "." | "..")
            && part.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '.' | '_' | '~'))
    };
    if !parts[0].is_empty() || !parts[1..].iter().all(is_plain) {
        return None;
    }
    let fits = |route: &&ManifestRoute| {
        let words: Vec<_> = route.path.split('/').collect();
        let same = |(word, part): (&&str, &&str)| word == part || word.starts_with('{');
        words.len() == parts.len() && words.iter().zip(&parts).all(same)
    };
    let method = if method == "HEAD" { "GET" } else { method };
    let routes = routes();
    let found = routes.iter().filter(|route| route.method == method).filter(fits);
    found.min_by_key(|route| route.path.matches('{').count()).map(|route| route.access.clone())
}

proptest! {
    #![proptest_config(tried(4))]

    #[test]
    fn the_route_in_the_arn_is_the_one_that_is_judged(
        method in select(vec!["GET", "PUT", "HEAD", "DELETE", "get", "*", ""]),
        (whole, parts) in (any::<bool>(), vec(segment(), 0..6)),
    ) {
        let world = World::new();
        let start = if whole { format!("{PATH}/") } else { "/".to_owned() };
        let path = format!("{start}{}", parts.join("/"));
        let arn = format!("arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/live/{method}{path}");
        let mut event = world.event(BARE);
        event["methodArn"] = json!(arn);
        let request = AuthorizationRequest::try_from(serde_json::from_value::<Event>(event.clone()).unwrap()).unwrap();
        prop_assert_eq!((request.method.as_str(), request.path.as_str()), (method, path.as_str()));
        let access = world.manifest.route(method, &path).map(|route| route.access.clone());
        prop_assert_eq!(access, seen(method, &path), "{}", path);
        let mut same = world.event(REST);
        same["methodArn"] = json!(arn);
        same["httpMethod"] = json!(method);
        same["path"] = json!(path);
        same["requestContext"]["requestId"] = json!("");
        let answer = world.decide(event).unwrap();
        prop_assert_eq!(&answer["policyDocument"]["Statement"][0]["Resource"], &arn);
        prop_assert_eq!(answer, world.decide(same).unwrap());
    }

    #[test]
    fn no_text_in_the_place_of_an_arn_passes_without_a_route(arn in "(arn:[a-z:]{0,12})?[^a]{0,20}") {
        let world = world();
        let mut event = world.event(BARE);
        event["methodArn"] = json!(arn);
        prop_assert!(world.decide(event).map_or(true, |answer| !passes(&answer)), "{}", arn);
    }
}
