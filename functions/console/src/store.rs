//! The page, assembled once: markup, links to its assets, and the settings that the browser needs.

use std::collections::BTreeSet;

use axum::http::HeaderValue;
use serde_json::{Value, json};
use table::config::Config;

use crate::{
    asset::{ASSETS, Asset, VERSION},
    origin,
};

const MARKUP: &str = include_str!("page/page.html");
/// The module that the page begins with.
const MAIN: &str = "shell/main.js";
/// The folder of what sections are made of.
const PARTS: &str = "parts/";
/// Style sheets that others build on; they come first.
const FIRST_STYLES: [&str; 2] = ["style/base.css", "style/parts.css"];

/// The page and its policy.
#[derive(Clone)]
pub struct Store {
    /// The page, but for where it stands.
    html: String,
    pub(crate) policy: HeaderValue,
}

impl Store {
    /// The page of these settings. Without an issuer it says that nobody can sign in.
    pub fn new(config: &Config) -> Self {
        let html = MARKUP.replace("{links}", &links()).replace("{settings}", &embedded(&settings(config)));
        let policy = HeaderValue::from_str(&policy(config));
        // A policy that cannot be sent must not leave the page without any.
        Self { html, policy: policy.unwrap_or(HeaderValue::from_static("default-src 'none'")) }
    }

    /// The page behind a stage of the gateway, such as `/live`.
    pub(crate) fn html(&self, stage: &str) -> String {
        let assets = format!("{stage}/console/assets/{VERSION}");
        self.html.replace("{assets}", &assets).replace("{stage}", stage)
    }
}

/// The links to the style sheets, and to the modules that are needed first, so that the browser asks for all of them at once
/// and not for one after the other.
fn links() -> String {
    let mut styles: Vec<_> =
        ASSETS.iter().filter(|asset| !asset.is_module()).map(|asset| asset.name).collect();
    styles.sort_by_key(|name| !FIRST_STYLES.contains(name));
    let styles =
        styles.into_iter().map(|name| format!("<link rel=\"stylesheet\" href=\"{{assets}}/{name}\">"));
    let modules = first_modules()
        .into_iter()
        .map(|name| format!("<link rel=\"modulepreload\" href=\"{{assets}}/{name}\">"));
    styles.chain(modules).collect::<Vec<_>>().join("\n")
}

/// What the page begins with, and what all sections are made of.
pub(crate) fn first_modules() -> BTreeSet<String> {
    let parts = ASSETS.iter().filter(|asset| asset.is_module() && asset.name.starts_with(PARTS));
    parts.map(|asset| asset.name.to_owned()).chain(modules_of(MAIN)).collect()
}

/// A module and all that it imports at once, directly or not.
pub(crate) fn modules_of(name: &str) -> BTreeSet<String> {
    let (mut found, mut open) = (BTreeSet::new(), vec![name.to_owned()]);
    while let Some(name) = open.pop() {
        let Some(asset) = Asset::find(&name) else { continue };
        let source = String::from_utf8_lossy(asset.plain);
        open.extend(
            source.lines().filter_map(|line| imported(&name, line)).filter(|name| !found.contains(name)),
        );
        found.insert(name);
    }
    found
}

/// The module that a line of another one imports: `import { a } from "./b.js";`
fn imported(name: &str, line: &str) -> Option<String> {
    let path = line.strip_prefix("import ")?.split('"').nth(1)?;
    let folder = name.split('/').next()?;
    Some(path.strip_prefix("../").map_or_else(|| path.replacen('.', folder, 1), str::to_owned))
}

/// What the script is told: nothing that is not public.
fn settings(config: &Config) -> Value {
    let (Some(issuer), Some(client_id)) = (&config.oidc_issuer, &config.oidc_audience) else {
        return Value::Null;
    };
    json!({"issuer": issuer, "client_id": client_id, "discovery_url": discovery_url(config, issuer)})
}

fn discovery_url(config: &Config, issuer: &str) -> String {
    let well_known = || format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    config.oidc_discovery_url.clone().unwrap_or_else(well_known)
}

/// JSON that can stand in an attribute in quotes: nothing in it can end the attribute, and no placeholder is in it.
fn embedded(value: &Value) -> String {
    [('&', "&amp;"), ('"', "&quot;"), ('<', "&lt;"), ('>', "&gt;"), ('{', "&#123;"), ('}', "&#125;")]
        .into_iter()
        .fold(value.to_string(), |text, (sign, name)| text.replace(sign, name))
}

/// The Content-Security-Policy: the assets of this origin, this API, the issuer, the store of files, and nothing else. Nothing
/// is ever sent by a form of its own accord, and text never becomes markup.
fn policy(config: &Config) -> String {
    let issuer = config.oidc_issuer.as_deref().unwrap_or_default();
    let sign_in_url = config.oidc_sign_in_url.as_deref().unwrap_or_default();
    let origins = origin::of_issuer(issuer, &discovery_url(config, issuer), sign_in_url);
    let files = origin::of_files(config);
    let callable = ["'self'".to_owned()].into_iter().chain(origins).chain(files.clone());
    let callable = callable.collect::<Vec<_>>().join(" ");
    let drawn = ["'self' data:".to_owned()].into_iter().chain(files).collect::<Vec<_>>().join(" ");
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src {drawn}; connect-src {callable}; \
         form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
}
