//! The page and its assets as a browser gets them through API Gateway.

use std::{collections::BTreeSet, io::Read as _};

use axum::{
    body::{Body, to_bytes},
    http::{Response, StatusCode},
};
use gate::token::Refusal;
use serde_json::{Value, json};
use table::config::Config;
use tower::ServiceExt as _;

use crate::{
    Store,
    asset::{ASSETS, Asset, VERSION},
    routes,
    store::{first_modules, modules_of},
};

/// What could be made of a text where an attribute is expected.
const HOSTILE: &str = "\"><script>alert(1)</script><!-- & \u{2028} '\" {assets} {stage}";
/// What is sent at most, compressed, before the first section is there, and for another section.
const FIRST_VIEW_MAX: usize = 60 * 1024;
const SECTION_MAX: usize = 25 * 1024;

fn config() -> Config {
    Config {
        oidc_issuer: Some("https://id.example.com/pool".to_owned()),
        oidc_audience: Some("console-client".to_owned()),
        ..Config::default()
    }
}

/// What is answered behind a stage, to a path with headers.
async fn get_from(config: &Config, stage: &str, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut event: Value = serde_json::from_str(include_str!("../../../events/console-page.json")).unwrap();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    event["path"] = json!(path);
    event["requestContext"]["path"] = json!(format!("{stage}{path}"));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    event["multiValueQueryStringParameters"] =
        pairs.map(|(name, value)| (name.to_owned(), json!([value]))).collect();
    event["multiValueHeaders"] =
        headers.iter().map(|(name, value)| ((*name).to_owned(), json!([value]))).collect();
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    routes().router(Store::new(config), None).oneshot(request.map(Body::new)).await.unwrap()
}

async fn get(path: &str) -> Response<Body> {
    get_from(&config(), "", path, &[]).await
}

async fn bytes(response: Response<Body>) -> Vec<u8> {
    to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()
}

async fn page(config: &Config) -> (String, String) {
    let response = get_from(config, "", "/console", &[]).await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    (String::from_utf8(bytes(response).await).unwrap(), policy)
}

/// The value of the only attribute that begins so.
fn attribute<'a>(page: &'a str, start: &str) -> &'a str {
    assert_eq!(page.matches(start).count(), 1, "{start}");
    page.split_once(start).unwrap().1.split_once('"').unwrap().0
}

/// The settings as a browser reads them.
fn settings(page: &str) -> Value {
    let names =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#123;", "{"), ("&#125;", "}"), ("&amp;", "&")];
    let text = attribute(page, "<meta name=\"settings\" content=\"").to_owned();
    let text = names.into_iter().fold(text, |text, (name, sign)| text.replace(name, sign));
    serde_json::from_str(&text).unwrap()
}

fn directive<'a>(policy: &'a str, name: &str) -> &'a str {
    policy.split("; ").find_map(|part| part.strip_prefix(name)?.strip_prefix(' ')).unwrap_or_default()
}

fn source(name: &str) -> &'static str {
    std::str::from_utf8(Asset::find(name).unwrap_or_else(|| panic!("{name}")).plain).unwrap()
}

/// The modules of the console with their sources.
fn modules() -> impl Iterator<Item = (&'static str, &'static str)> {
    ASSETS.iter().filter(|asset| asset.is_module()).map(|asset| (asset.name, source(asset.name)))
}

/// What stands in quotes behind each start.
fn quoted<'a>(text: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).filter_map(|rest| rest.split('"').next())
}

#[tokio::test]
async fn the_address_itself_leads_to_the_console_on_a_domain_and_behind_a_stage() {
    for (stage, console) in [("", "/console"), ("/live", "/live/console")] {
        let response = get_from(&config(), stage, "/", &[]).await;
        let location = response.headers()["location"].to_str().unwrap();
        assert_eq!((response.status(), location), (StatusCode::FOUND, console));
    }
}

#[tokio::test]
async fn the_page_keeps_to_itself_at_each_of_its_addresses() {
    for path in [
        "/console",
        "/console/webhooks",
        "/console/webhooks/whk_1",
        "/console/nothing?team=t&dialog=create",
        "/console?code=a%20b&state=c",
        "/console?error=access_denied&error_description=x&state=c",
    ] {
        let response = get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(response.headers()[name], value, "{path} {name}");
        }
    }
}

#[tokio::test]
async fn the_policy_allows_assets_of_this_origin_alone() {
    let (page, policy) = page(&config()).await;
    for (name, value) in [
        ("default-src", "'none'"),
        ("script-src", "'self'"),
        ("style-src", "'self'"),
        ("img-src", "'self' data:"),
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
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("<script type=\"module\" src=\"/console/assets/"));
    assert!(!page.contains("<style") && !page.contains("{assets}") && !page.contains("{stage}"));
}

#[tokio::test]
async fn files_are_sent_to_their_store_and_pictures_drawn_from_there() {
    let config = Config { bucket: Some("files-1".to_owned()), region: "eu-west-1".to_owned(), ..config() };
    let (_, policy) = page(&config).await;
    let store = "https://files-1.s3.eu-west-1.amazonaws.com";
    assert_eq!(directive(&policy, "img-src"), format!("'self' data: {store}"));
    assert_eq!(directive(&policy, "connect-src"), format!("'self' https://id.example.com {store}"));
    assert_eq!(directive(&policy, "script-src"), "'self'");
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
async fn no_module_makes_markup_or_code_of_text() {
    let (page, _) = page(&config()).await;
    let page: &'static str = page.leak();
    for (name, source) in modules().chain([("page.html", page)]) {
        for forbidden in [
            "@import",
            "url(",
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
            "console.log",
        ] {
            assert!(!source.contains(forbidden), "{name}: {forbidden}");
        }
    }
}

#[tokio::test]
async fn the_settings_are_escaped_and_read_back_unchanged() {
    let hostile = Config { oidc_audience: Some(HOSTILE.to_owned()), ..config() };
    let ((page, policy), (plain, plain_policy)) = (page(&hostile).await, page(&config()).await);
    assert_eq!(settings(&page)["client_id"], HOSTILE);
    assert_eq!(policy, plain_policy);
    for markup in ["<", ">", "\"", "<script", "{"] {
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
async fn an_asset_is_kept_for_ever_under_its_version_and_comes_as_small_as_the_browser_takes_it() {
    let brotli = |bytes: &[u8]| {
        let mut plain = Vec::new();
        brotli::BrotliDecompress(&mut &bytes[..], &mut plain).unwrap();
        plain
    };
    let gzip = |bytes: &[u8]| {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
        plain
    };
    for asset in ASSETS {
        let path = format!("/console/assets/{VERSION}/{}", asset.name);
        for (accepted, coding) in [("", None), ("gzip", Some("gzip")), ("gzip, br", Some("br"))] {
            let response = get_from(&config(), "", &path, &[("accept-encoding", accepted)]).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            let headers = response.headers().clone();
            let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(text("content-encoding").as_deref(), coding);
            assert_eq!(text("cache-control").unwrap(), "public, max-age=31536000, immutable");
            assert_eq!(text("vary").unwrap(), "accept-encoding");
            assert_eq!(text("content-type").unwrap().starts_with("text/javascript"), asset.is_module());
            let sent = bytes(response).await;
            let plain = match coding {
                Some("br") => brotli(&sent),
                Some(_) => gzip(&sent),
                None => sent,
            };
            assert_eq!(plain, asset.plain, "{path} {coding:?}");
        }
    }
}

#[tokio::test]
async fn an_asset_that_the_browser_has_is_not_sent_again_and_one_of_another_version_is_not_there() {
    let path = format!("/console/assets/{VERSION}/shell/main.js");
    let tag = get(&path).await.headers()["etag"].to_str().unwrap().to_owned();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}")] {
        let response = get_from(&config(), "", &path, &[("if-none-match", &known)]).await;
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known}");
        assert!(bytes(response).await.is_empty());
    }
    let other = get_from(&config(), "", &path, &[("if-none-match", "\"x\"")]).await;
    assert_eq!(other.status(), StatusCode::OK);
    for path in [
        "/console/assets/0123456789abcdef/shell/main.js",
        &format!("/console/assets/{VERSION}/shell/none.js"),
        &format!("/console/assets/{VERSION}/shell/..%2fpage.html"),
    ] {
        let response = get(path).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(response.headers()["cache-control"], "no-store", "{path}");
    }
}

#[tokio::test]
async fn whatever_is_needed_first_is_asked_for_at_once_and_behind_the_stage() {
    let response = get_from(&config(), "/live", "/console/members", &[]).await;
    let page = String::from_utf8(bytes(response).await).unwrap();
    let links: BTreeSet<_> = quoted(&page, "<link rel=\"modulepreload\" href=\"").collect();
    let first: BTreeSet<_> =
        first_modules().into_iter().map(|name| format!("/live/console/assets/{VERSION}/{name}")).collect();
    assert_eq!(links, first.iter().map(String::as_str).collect());
    assert!(first.iter().any(|path| path.ends_with("/shell/dom.js")));
    let styles = quoted(&page, "<link rel=\"stylesheet\" href=\"").count();
    assert_eq!(styles, ASSETS.iter().filter(|asset| !asset.is_module()).count());
}

/// The names between the braces of an import or export.
fn names(line: &str) -> impl Iterator<Item = &str> {
    let inside =
        line.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map_or("", |(inside, _)| inside);
    inside
        .split(',')
        .map(|name| name.split(" as ").next().unwrap_or_default().trim())
        .filter(|name| !name.is_empty())
}

#[test]
fn whatever_a_module_imports_is_exported_and_used() {
    for (name, source) in modules() {
        for line in source.lines().filter(|line| line.starts_with("import ")) {
            assert!(line.ends_with("\";"), "{name}: one line for each import: {line}");
            let path = line.split('"').nth(1).unwrap();
            let folder = name.split('/').next().unwrap();
            let target =
                path.strip_prefix("../").map_or_else(|| path.replacen('.', folder, 1), str::to_owned);
            let exported = self::source(&target);
            for import in names(line) {
                let is_exported = ["function", "async function", "const", "let", "class"]
                    .into_iter()
                    .any(|kind| exported.contains(&format!("export {kind} {import}")));
                assert!(is_exported, "{name}: {target} has no {import}");
            }
            let locals =
                line.split_once('{').map_or("", |(_, rest)| rest.split('}').next().unwrap_or_default());
            for local in locals.split(',').filter_map(|name| name.split(" as ").last()).map(str::trim) {
                let uses = source.split(|sign: char| !sign.is_alphanumeric() && sign != '_' && sign != '$');
                assert!(uses.filter(|word| *word == local).count() > 1, "{name}: {local} is not used");
            }
        }
    }
}

#[test]
fn each_module_belongs_to_the_page() {
    let mut reached = first_modules();
    for opened in modules().flat_map(|(_, source)| quoted(source, "import(\"../")) {
        assert!(Asset::find(opened).is_some(), "{opened}");
        reached.extend(modules_of(opened));
    }
    let all: BTreeSet<_> = modules().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(reached, all, "a module that nothing imports, or an import of none");
}

/// The bytes of modules, and of style sheets, as most browsers get them.
fn weight<'a>(names: impl IntoIterator<Item = &'a String>) -> usize {
    names.into_iter().map(|name| Asset::find(name).unwrap().brotli.len()).sum()
}

#[tokio::test]
async fn the_page_is_light() {
    let (page, _) = page(&config()).await;
    let styles: Vec<_> =
        ASSETS.iter().filter(|asset| !asset.is_module()).map(|asset| asset.name.to_owned()).collect();
    let first: BTreeSet<_> = first_modules().into_iter().chain(modules_of("tokens/section.js")).collect();
    let first_view = page.len() + weight(&styles) + weight(&first);
    assert!(first_view <= FIRST_VIEW_MAX, "{first_view}");
    for section in quoted(source("shell/sections.js"), "import(\"../") {
        let more: BTreeSet<_> = modules_of(section).difference(&first_modules()).cloned().collect();
        let weight = weight(&more);
        assert!(weight <= SECTION_MAX, "{section}: {weight}");
    }
}

#[test]
fn whatever_a_module_calls_is_an_operation() {
    let operations: BTreeSet<_> = quoted(source("shell/routes.js"), "\n  \"").collect();
    let mut calls = 0;
    for (name, source) in modules() {
        for start in
            ["call(\"", "listAll(\"", "action(\"", "requestFor(\"", "operation: \"", "needs: \"", "may(\""]
        {
            for operation in quoted(source, start) {
                assert!(operations.contains(operation), "{name}: {operation}");
                calls += 1;
            }
        }
        for start in ["moveToTrash(\"", "bringBack(\""] {
            for family in quoted(source, start) {
                for verb in ["trash", "restore"] {
                    assert!(operations.contains(format!("{family}.{verb}").as_str()), "{name}: {family}");
                }
            }
        }
    }
    assert!(calls > 50, "{calls}");
}

#[test]
fn every_line_of_a_history_has_words() {
    let words = source("tokens/history.js");
    let document: Value = serde_json::from_str(include_str!("../../../docs/reference/openapi.json")).unwrap();
    let events = document["components"]["schemas"]["TokenEvent"]["enum"].as_array().unwrap().iter();
    let events = events.map(|event| event.as_str().unwrap());
    let (revoked, replaced) = (Refusal::Revoked, Refusal::Retired);
    let refusals =
        [revoked, replaced, Refusal::Inactive, Refusal::Expired, Refusal::Address].map(Refusal::name);
    for name in events.chain(refusals) {
        assert!(words.contains(&format!("\n  {name}: \"")), "{name}");
    }
}
