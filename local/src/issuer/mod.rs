//! A small OIDC issuer for one machine: anybody may be anyone, and all else is as with a real one.

mod authorize;
mod codes;
mod guard;
mod parameters;
mod person;
mod problem;
mod session;
mod signer;
mod token;

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::State,
    http::StatusCode,
    middleware::from_fn,
    routing::{get, post},
};
use serde_json::{Value, json};

pub(crate) use signer::new_key;

use self::{
    codes::Codes,
    guard::{Base, guard},
    problem::Problem,
    signer::Signer,
};

/// The name of the issuer in sessions. It is the same whatever the port, as users are told apart by it.
pub(crate) const ISSUER: &str = "https://engine.localhost/oidc";
/// The only client and audience.
pub(crate) const AUDIENCE: &str = "engine-local";
/// Where the configuration is, behind the address of the server.
pub(crate) const DISCOVERY_PATH: &str = "/local/oidc/.well-known/openid-configuration";

const SCOPES: &str = "openid email profile";

/// The issuer.
pub(crate) struct Issuer {
    signer: Signer,
    codes: Codes,
}

impl Issuer {
    /// The issuer that signs with this key (PEM).
    ///
    /// # Errors
    /// When it is no such key.
    pub(crate) fn new(key: &str) -> anyhow::Result<Self> {
        Ok(Self { signer: Signer::new(key)?, codes: Codes::default() })
    }
}

/// What the issuer has under `/local`.
pub(crate) fn routes<S>(issuer: Issuer) -> Router<S> {
    Router::new()
        .route("/session", post(session::create))
        .route("/oidc/.well-known/openid-configuration", get(discovery))
        .route("/oidc/jwks.json", get(jwks))
        .route("/oidc/authorize", get(authorize::page).post(authorize::sign_in))
        .route("/oidc/token", post(token::exchange))
        .with_state(Arc::new(issuer))
}

/// Everything under `/local`, for this machine alone.
pub(crate) fn guarded<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes.fallback(no_such_path).method_not_allowed_fallback(no_such_method).layer(from_fn(guard))
}

async fn discovery(Extension(Base(base)): Extension<Base>) -> Json<Value> {
    Json(json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{base}/local/oidc/authorize"),
        "token_endpoint": format!("{base}/local/oidc/token"),
        "jwks_uri": format!("{base}/local/oidc/jwks.json"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": SCOPES.split(' ').collect::<Vec<_>>(),
        "claims_supported": ["iss", "aud", "sub", "email", "email_verified", "name", "iat", "exp", "auth_time", "nonce"],
    }))
}

async fn jwks(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    Json(json!({"keys": [issuer.signer.public_key()]}))
}

async fn no_such_path() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "There is no such path.")
}

async fn no_such_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This path does not have this method.")
}
