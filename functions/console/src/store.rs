//! The page, assembled once: markup, style, script, and the settings that the browser needs.

use axum::{body::Bytes, http::HeaderValue};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use table::config::Config;

use crate::origin;

const MARKUP: &str = include_str!("page/page.html");
const DIALOGS: &str = include_str!("page/dialogs.html");
const TEMPLATES: &str = include_str!("page/templates.html");
const STYLE: &str = concat!(include_str!("page/base.css"), include_str!("page/parts.css"));
/// One module, in the order in which its parts build on each other.
const SCRIPT: &str = concat!(
    include_str!("page/dom.js"),
    include_str!("page/api.js"),
    include_str!("page/session.js"),
    include_str!("page/forms.js"),
    include_str!("page/words.js"),
    include_str!("page/permissions.js"),
    include_str!("page/list.js"),
    include_str!("page/card.js"),
    include_str!("page/history.js"),
    include_str!("page/changes.js"),
    include_str!("page/rotate.js"),
    include_str!("page/secret.js"),
    include_str!("page/editor.js"),
    include_str!("page/create.js"),
    include_str!("page/start.js"),
    include_str!("page/main.js"),
);

/// The page and its policy.
#[derive(Clone)]
pub struct Store {
    pub(crate) html: Bytes,
    pub(crate) policy: HeaderValue,
}

impl Store {
    /// The page of these settings. Without an issuer it says that nobody can sign in.
    pub fn new(config: &Config) -> Self {
        let html = MARKUP
            .replace("/*dialogs*/", DIALOGS)
            .replace("/*templates*/", TEMPLATES)
            .replace("/*style*/", STYLE)
            .replace("/*script*/", SCRIPT)
            .replace("/*settings*/", &embedded(&settings(config)));
        let policy = HeaderValue::from_str(&policy(config));
        // A policy that cannot be sent must not leave the page without any.
        Self { html: html.into(), policy: policy.unwrap_or(HeaderValue::from_static("default-src 'none'")) }
    }
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

/// JSON that can stand in a `<script>`: nothing in it can end the element or begin a comment.
fn embedded(value: &Value) -> String {
    value.to_string().replace('<', r"\u003c").replace('>', r"\u003e").replace('&', r"\u0026")
}

/// The Content-Security-Policy: this script, this style, this API, the issuer, and nothing else. Nothing is ever sent by
/// a form of its own accord, and text never becomes markup.
fn policy(config: &Config) -> String {
    let issuer = config.oidc_issuer.as_deref().unwrap_or_default();
    let sign_in_url = config.oidc_sign_in_url.as_deref().unwrap_or_default();
    let origins = origin::of_issuer(issuer, &discovery_url(config, issuer), sign_in_url);
    let callable = ["'self'".to_owned()].into_iter().chain(origins).collect::<Vec<_>>().join(" ");
    let (script, style) = (digest(SCRIPT), digest(STYLE));
    format!(
        "default-src 'none'; script-src '{script}'; style-src '{style}'; img-src data:; connect-src {callable}; \
         form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

fn digest(source: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(source)))
}
