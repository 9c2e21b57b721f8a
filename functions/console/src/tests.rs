//! The page as a browser gets it through API Gateway.

use axum::{
    body::{Body, to_bytes},
    http::{Response, StatusCode},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use gate::token::Refusal;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use table::config::Config;
use tower::ServiceExt as _;

use crate::{Store, routes};

/// What could be made of a text where markup is expected.
const HOSTILE: &str = "</script><script>alert(1)</script><!-- & \u{2028} '\" /*script*/";

fn config() -> Config {
    Config {
        oidc_issuer: Some("https://id.example.com/pool".to_owned()),
        oidc_audience: Some("console-client".to_owned()),
        ..Config::default()
    }
}

async fn get(config: &Config, query: &[(&str, &str)]) -> Response<Body> {
    let mut event: Value = serde_json::from_str(include_str!("../../../events/console-page.json")).unwrap();
    event["multiValueQueryStringParameters"] =
        query.iter().map(|(name, value)| ((*name).to_owned(), json!([value]))).collect();
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    let router = routes().router(Store::new(config), None);
    router.oneshot(request.map(Body::new)).await.unwrap()
}

async fn page(config: &Config) -> (String, String) {
    let response = get(config, &[]).await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (String::from_utf8(bytes.to_vec()).unwrap(), policy)
}

/// The content of the only element that begins so.
fn element<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    assert_eq!(page.matches(start).count(), 1, "{start}");
    page.split_once(start).unwrap().1.split_once(end).unwrap().0
}

fn settings(page: &str) -> Value {
    serde_json::from_str(element(page, r#"<script type="application/json" id="settings">"#, "</script>"))
        .unwrap()
}

fn directive<'a>(policy: &'a str, name: &str) -> &'a str {
    policy.split("; ").find_map(|part| part.strip_prefix(name)?.strip_prefix(' ')).unwrap_or_default()
}

fn source_of(content: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(content)))
}

#[tokio::test]
async fn the_address_itself_leads_to_the_console_on_a_domain_and_behind_a_stage() {
    for (path, console) in [("/", "/console"), ("/live/", "/live/console"), ("/live", "/live/console")] {
        let mut event: Value =
            serde_json::from_str(include_str!("../../../events/console-page.json")).unwrap();
        event["path"] = json!("/");
        event["resource"] = json!("/");
        event["requestContext"]["path"] = json!(path);
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        let router = routes().router(Store::new(&config()), None);
        let response = router.oneshot(request.map(Body::new)).await.unwrap();
        let location = response.headers()["location"].to_str().unwrap();
        assert_eq!((response.status(), location), (StatusCode::FOUND, console));
    }
}

#[tokio::test]
async fn the_page_keeps_to_itself() {
    let response = get(&config(), &[]).await;
    assert_eq!(response.status(), StatusCode::OK);
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(response.headers()[name], value, "{name}");
    }
}

#[tokio::test]
async fn the_policy_allows_this_script_and_this_style_alone() {
    let (page, policy) = page(&config()).await;
    let script = element(&page, r#"<script type="module">"#, "</script>");
    let style = element(&page, "<style>", "</style>");
    assert_eq!(directive(&policy, "script-src"), source_of(script));
    assert_eq!(directive(&policy, "style-src"), source_of(style));
    for (name, value) in [
        ("default-src", "'none'"),
        ("connect-src", "'self' https://id.example.com"),
        ("frame-ancestors", "'none'"),
        ("base-uri", "'none'"),
        ("form-action", "'none'"),
        ("require-trusted-types-for", "'script'"),
        ("trusted-types", "'none'"),
    ] {
        assert_eq!(directive(&policy, name), value, "{name}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn a_foreign_text_cannot_change_the_policy() {
    for issuer in ["https://a.example; script-src *", "https://a.example 'unsafe-inline'", "https://*", "\n"]
    {
        let (_, policy) = page(&Config { oidc_issuer: Some(issuer.to_owned()), ..config() }).await;
        assert_eq!(directive(&policy, "connect-src"), "'self'", "{issuer}");
        assert!(!policy.contains('*') && !policy.contains("unsafe"), "{policy}");
    }
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere_and_makes_no_markup_of_text() {
    let (page, _) = page(&config()).await;
    for forbidden in [
        "src=",
        "@import",
        "url(",
        "import(",
        " style=\"",
        " onclick=\"",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "localStorage",
        "document.cookie",
        "<!--",
    ] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert_eq!(page.matches("<link").count(), 1);
    element(&page, r#"<link rel="icon" href="data:"#, ">");
}

#[tokio::test]
async fn the_settings_are_escaped_and_read_back_unchanged() {
    let hostile = Config { oidc_audience: Some(HOSTILE.to_owned()), ..config() };
    let ((page, policy), (plain, plain_policy)) = (page(&hostile).await, page(&config()).await);
    assert_eq!(settings(&page)["client_id"], HOSTILE);
    assert_eq!(policy, plain_policy);
    for markup in ["<", ">", "<script", "</script"] {
        assert_eq!(page.matches(markup).count(), plain.matches(markup).count(), "{markup}");
    }
}

#[tokio::test]
async fn the_settings_are_what_a_sign_in_needs() {
    let (default_page, _) = page(&config()).await;
    let well_known = "https://id.example.com/pool/.well-known/openid-configuration";
    let expected = json!({"issuer": "https://id.example.com/pool", "client_id": "console-client", "discovery_url": well_known});
    assert_eq!(settings(&default_page), expected);

    let elsewhere = "http://127.0.0.1:3000/local/oidc/.well-known/openid-configuration";
    let (page, policy) = page(&Config { oidc_discovery_url: Some(elsewhere.to_owned()), ..config() }).await;
    assert_eq!(settings(&page)["discovery_url"], elsewhere);
    assert_eq!(directive(&policy, "connect-src"), "'self' http://127.0.0.1:3000 https://id.example.com");
}

#[tokio::test]
async fn without_an_issuer_the_page_is_told_so() {
    let (page, policy) = page(&Config::default()).await;
    assert_eq!(settings(&page), Value::Null);
    assert_eq!(directive(&policy, "connect-src"), "'self'");
}

#[tokio::test]
async fn whatever_the_issuer_sends_back_is_taken() {
    for query in [
        &[("code", "a b"), ("state", "c")][..],
        &[("error", "access_denied"), ("error_description", "x & y"), ("state", "c"), ("session_state", "1")],
    ] {
        assert_eq!(get(&config(), query).await.status(), StatusCode::OK, "{query:?}");
    }
}

/// What stands in quotes behind each start.
fn quoted<'a>(text: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).filter_map(|rest| rest.split('"').next())
}

/// The path that a call of the script asks for: a text, the path of a token, or a text that begins with that.
fn path_in(argument: &str) -> String {
    let quote = argument.chars().next().filter(|first| ['"', '`'].contains(first));
    let text = argument.trim_start_matches(['"', '`']).split(quote.unwrap_or(')')).next().unwrap_or_default();
    let path = text.split('?').next().unwrap_or_default();
    match path.split_once("pathOf(") {
        Some((_, rest)) => {
            format!("/v1/tokens/{{token}}{}", rest.split_once('}').map_or("", |(_, rest)| rest))
        }
        None => format!("/v1{}", path.replace("${", "{")),
    }
}

#[tokio::test]
async fn the_page_calls_routes_that_are_there_and_that_a_session_may_use() {
    let (page, _) = page(&config()).await;
    let routes: Vec<Value> =
        serde_json::from_str(include_str!("../../../shared/api/src/routes.json")).unwrap();
    let listed = quoted(&page, "listAll(\"").map(|path| ("GET", format!("/v1{path}")));
    let called = page.split("call(\"").skip(1).filter_map(|rest| rest.split_once("\", "));
    let called = called.map(|(method, rest)| (method, path_in(rest)));
    // The list that is given its path is counted by that path.
    let calls: Vec<_> = listed.chain(called).filter(|(_, path)| path != "/v1{path}").collect();
    for (method, path) in &calls {
        let route = routes.iter().find(|route| route["method"] == *method && route["path"] == *path);
        let access = &route.unwrap_or_else(|| panic!("{method} {path}"))["access"];
        // Whoever has made a team is its owner.
        let is_of_own_team = path.contains("/{team}/");
        assert!(
            is_of_own_team || ["public", "anyone", "session"].contains(&access.as_str().unwrap_or_default()),
            "{method} {path}"
        );
    }
    for tail in ["", "/rotate", "/history"] {
        assert!(calls.iter().any(|(_, path)| *path == format!("/v1/tokens/{{token}}{tail}")), "{tail}");
    }
}

#[tokio::test]
async fn what_the_script_looks_for_is_in_the_page() {
    let (page, _) = page(&config()).await;
    let parts = page.split("part(").skip(1).filter_map(|rest| rest.split(')').next()?.split('"').nth(1));
    for part in parts {
        assert!(page.contains(&format!("data-part=\"{part}\"")), "{part}");
    }
    for id in quoted(&page, "byId(\"").chain(quoted(&page, "copyOf(\"")) {
        assert_eq!(page.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
    }
}

#[tokio::test]
async fn labels_and_descriptions_point_at_something() {
    let (page, _) = page(&config()).await;
    for start in [" for=\"", " aria-labelledby=\"", " aria-describedby=\""] {
        for id in quoted(&page, start).flat_map(str::split_whitespace) {
            assert_eq!(page.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
        }
    }
}

#[tokio::test]
async fn every_line_of_a_history_has_words() {
    let (page, _) = page(&config()).await;
    let document: Value = serde_json::from_str(include_str!("../../../docs/reference/openapi.json")).unwrap();
    let events = document["components"]["schemas"]["TokenEvent"]["enum"].as_array().unwrap().iter();
    let events = events.map(|event| event.as_str().unwrap());
    let (revoked, replaced) = (Refusal::Revoked, Refusal::Retired);
    let refusals =
        [revoked, replaced, Refusal::Inactive, Refusal::Expired, Refusal::Address].map(Refusal::name);
    for name in events.chain(refusals) {
        assert!(page.contains(&format!("\n  {name}: \"")), "{name}");
    }
}
