//! Pages of other origins: what a browser lets them send to the API, and read of its answers.

use std::collections::BTreeSet;

use api::{cors::EXPOSED, routes::RouteInfo};
use base::Permission;
use serde_json::json;

use crate::{
    every_route,
    harness::{Answer, Api, System, World},
    hostile::Scene,
};

const ORIGIN: &str = "https://page.example";
/// What a page may read of any answer (Fetch, section 2.2.2), and what only the browser itself reads.
const NOT_FOR_PAGES: &[&str] = &[
    "cache-control",
    "content-length",
    "content-type",
    "date",
    "vary",
    "x-content-type-options",
    "access-control-allow-origin",
    "access-control-expose-headers",
];

/// Whether a page of that origin can read all that the answer says.
fn check_readable(answer: &Answer) {
    assert_eq!(answer.header("access-control-allow-origin"), "*", "{} {}", answer.status, answer.text);
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    let exposed = answer.header("access-control-expose-headers").to_lowercase();
    let exposed: BTreeSet<_> = exposed.split(", ").collect();
    for name in answer.headers.keys() {
        let name = name.as_str();
        assert!(exposed.contains(name) || NOT_FOR_PAGES.contains(&name), "{name} is not exposed");
    }
}

/// What a browser asks before a page may send a request: without a credential.
async fn preflight(api: &Api, method: &str, path: &str) -> Answer {
    let asking = api.header("access-control-request-method", method);
    let headers = "authorization,content-type,idempotency-key,if-match,if-none-match";
    asking.header("access-control-request-headers", headers).send("OPTIONS", path, None).await
}

#[tokio::test]
async fn a_page_may_ask_for_every_route_without_a_credential() {
    let scene = Scene::new().await;
    let page = Api::anonymous().header("origin", ORIGIN);
    let routes = every_route::all().into_iter().map(|info| (info.route.method, scene.path(&info.route.path)));
    for (method, path) in routes.chain([("GET".to_owned(), "/v1/nothing".to_owned())]) {
        let answer = preflight(&page, &method, &path).await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{method} {path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("access-control-allow-credentials"), "");
        assert!(answer.header("access-control-allow-methods").split(", ").any(|allowed| allowed == method));
        let allowed = answer.header("access-control-allow-headers").to_lowercase();
        for header in ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match"] {
            assert!(allowed.split(", ").any(|allowed| allowed == header), "{header}");
        }
        assert!(
            !answer.header("access-control-max-age").is_empty() && !answer.header("x-request-id").is_empty()
        );
    }
}

#[tokio::test]
async fn a_page_reads_every_answer_of_every_route() {
    let scene = Scene::new().await;
    let everything = scene.world.owner.token(Permission::ALL).await;
    let nothing = scene.world.owner.token(&[Permission::Upload]).await;
    let mut seen = BTreeSet::new();
    // The answers of public forms say themselves which pages may read them: `forms::visitors`.
    let is_of_forms = |info: &RouteInfo| info.route.path.starts_with("/v1/forms/");
    for info in every_route::all().into_iter().filter(|info| !is_of_forms(info)) {
        let (method, path) = (&info.route.method, scene.path(&info.route.path));
        for api in [&Api::anonymous(), &nothing, &everything, &scene.world.owner.api] {
            let page = api.header("origin", ORIGIN).header("idempotency-key", &path);
            for body in ["{}".to_owned(), " ".repeat(1024 * 1024 + 1)] {
                let answer = page.send(method, &path, Some(body)).await;
                check_readable(&answer);
                seen.insert(answer.status);
            }
        }
    }
    assert!(seen.is_superset(&[200, 204, 400, 401, 403, 413].into()), "{seen:?}");
}

#[tokio::test]
async fn a_page_reads_what_is_said_of_limits_of_things_and_of_keys() {
    let world = World::new().await;
    let rate = json!({"limit": 1, "window_seconds": 86_400});
    let limited = world.owner.token_with(json!({"permissions": ["object:read"], "rate_limit": rate})).await;
    let page = |api: &Api| api.header("origin", ORIGIN);
    page(&limited).get(&world.contacts()).await.expect(200);
    let keyed = page(&world.owner.api).header("idempotency-key", "one");
    keyed.post(&world.contacts(), json!({"fields": {}})).await.expect(201);
    let packed = world.owner.api.header("content-encoding", "gzip");
    let mut read = BTreeSet::new();
    for (answer, status) in [
        (page(&limited).get(&world.contacts()).await, 429),
        (keyed.post(&world.contacts(), json!({"fields": {}})).await, 201),
        (page(&world.owner.api).get(&format!("/v1/teams/{}/audit-logs/export", world.team)).await, 200),
        (page(&packed).post(&world.contacts(), json!({})).await, 415),
        (page(&world.owner.api).delete("/v1/me").await, 405),
        (page(&world.owner.api).get("/v1/nothing").await, 404),
        (page(&Api::anonymous()).get("/v1/me").await, 401),
    ] {
        assert_eq!(answer.status, status, "{}", answer.text);
        check_readable(&answer);
        read.extend(answer.headers.keys().map(|name| name.as_str().to_owned()));
    }
    // Only a long export has the last one.
    let exposed = EXPOSED.to_lowercase();
    let unread: Vec<_> = exposed.split(", ").filter(|name| !read.contains(*name)).collect();
    assert_eq!(unread, ["next-cursor"]);
    let document = include_str!("../../docs/use/requests.md");
    assert!(EXPOSED.split(", ").all(|name| document.contains(&format!("`{name}`"))));
}

#[tokio::test]
async fn the_operator_says_whose_pages_may_call() {
    let system = System::with(vec!["--allowed-origins=https://shop.example,https://desk.example".to_owned()]);
    let world = World::at(&Api::at(&system.url)).await;
    let nobody = Api::at(&system.url);
    for (origin, allowed) in [
        ("https://shop.example", "https://shop.example"),
        ("https://desk.example", "https://desk.example"),
        (ORIGIN, ""),
        ("null", ""),
        ("https://shop.example.evil.example", ""),
    ] {
        let page = |api: &Api| api.header("origin", origin);
        for answer in [
            preflight(&page(&nobody), "GET", &world.contacts()).await,
            page(&world.owner.api).get(&world.contacts()).await,
            page(&world.owner.api).get("/v1/nothing").await,
        ] {
            assert_eq!(answer.header("access-control-allow-origin"), allowed, "{origin} {}", answer.status);
            assert_eq!(answer.header("vary").to_lowercase(), "origin");
        }
    }
}
