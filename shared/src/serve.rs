//! What every `main` needs: the log, the platform, the runtime.

use std::pin::Pin;

use axum::Router;
use lambda_http::{Adapter, LambdaEvent, lambda_runtime, request::LambdaRequest};
use serde::{Serialize, de::DeserializeOwned};
use tower::ServiceExt as _;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::{
    arrival,
    authorizer::{Authorizer, Event, Sessions},
    config::Config,
    cors::Origins,
    deadline::Deadline,
    error::Result,
    manifest::Manifest,
    platform::Platform,
    routes::Routes,
    table::Key,
};

/// What a `main` returns.
pub type LambdaResult = Result<(), lambda_runtime::Error>;

/// Serves a family that keeps things, on Lambda.
///
/// # Errors
/// When the environment is not whole or the runtime ends.
pub async fn serve<S>(routes: Routes<S>, store: impl FnOnce(&Platform) -> S) -> LambdaResult
where
    S: Clone + Send + Sync + 'static,
{
    log();
    let config = Config::from_env();
    let platform = Platform::on_aws(&config)?;
    // Every such function may read its idempotency records, so this look-up is within its rights.
    let warm = platform.warm(&platform.activity, Key::new("IDEMPOTENCY#", "warm"));
    let routes = routes.called_from(Origins::of(config.allowed_origins.as_deref()));
    let router = routes.router(store(&platform), Some(platform.clone()));
    warm.await;
    serve_requests(router).await
}

/// Serves a family that keeps nothing, on Lambda.
///
/// # Errors
/// When the runtime ends.
pub async fn serve_public<S>(routes: Routes<S>, store: impl FnOnce(&Config) -> S) -> LambdaResult
where
    S: Clone + Send + Sync + 'static,
{
    log();
    let config = Config::from_env();
    let routes = routes.called_from(Origins::of(config.allowed_origins.as_deref()));
    serve_requests(routes.router(store(&config), None)).await
}

async fn serve_requests(router: Router) -> LambdaResult {
    let sanitize =
        |event: LambdaEvent<LambdaRequest>| LambdaEvent::new(arrival::sanitize(event.payload), event.context);
    lambda_runtime::run(Adapter::from(router).map_request(sanitize)).await
}

/// Serves the authorizer, on Lambda: for the routes in `ROUTES`, or for those of this API.
///
/// # Errors
/// When the environment is not whole, the routes are not sound, or the runtime ends.
pub async fn serve_authorizer() -> LambdaResult {
    // Refused credentials are told by failing, of which the runtime writes a line each: anybody could fill the log. What
    // else it fails by, the authorizer logs itself.
    start_log(&[("lambda_runtime::layers", LevelFilter::OFF)]);
    let config = Config::from_env();
    let platform = Platform::on_aws(&config)?;
    let issuer = config.oidc_issuer.ok_or("OIDC_ISSUER is not set")?;
    let audience = config.oidc_audience.ok_or("OIDC_AUDIENCE is not set")?;
    let sessions = Sessions::new(&issuer, &audience, config.oidc_discovery_url);
    let manifest = config.routes.as_deref().map_or_else(Manifest::own, Manifest::foreign)?;
    let authorizer =
        Authorizer::new(&platform, sessions, manifest).with_failures_per_minute(config.failures_per_minute);
    platform.warm(&platform.identity, Key::new("USER#", "warm")).await;
    let authorizer = &authorizer;
    lambda_runtime::run(lambda_runtime::service_fn(async move |event: LambdaEvent<Event>| {
        authorizer.answer_in_time(event).await
    }))
    .await
}

/// The future of a handler, in a box: the runtime wraps it in types of its own, too many for the compiler
/// otherwise.
pub type HandlerFuture<A> = Pin<Box<dyn Future<Output = Result<A>> + Send>>;

/// Serves a function that is given other events than requests, on Lambda. It has tables and no keys.
///
/// # Errors
/// When the environment is not whole or the runtime ends.
pub async fn serve_events<E, A, F>(
    start: impl FnOnce(&Config, &Platform) -> anyhow::Result<F>,
) -> LambdaResult
where
    E: DeserializeOwned,
    A: Serialize,
    F: Fn(E) -> HandlerFuture<A>,
{
    log();
    let config = Config::from_env();
    let handler = start(&config, &Platform::without_keys(&config)?)?;
    let handler = &handler;
    lambda_runtime::run(lambda_runtime::service_fn(async move |event: LambdaEvent<E>| {
        let deadline = Deadline::of(Some(&event.context));
        deadline.limit(handler(event.payload)).await.flatten().map_err(lambda_runtime::Error::from)
    }))
    .await
}

fn log() {
    start_log(&[]);
}

fn start_log(but: &[(&'static str, LevelFilter)]) {
    // Below info the runtime and the SDK log whole events and requests, credentials included: only our own code may.
    let levels = Targets::new().with_default(LevelFilter::INFO).with_target("shared", Config::log_level());
    let levels = levels.with_targets(but.iter().copied());
    let lines = tracing_subscriber::fmt::layer().json().with_current_span(false).without_time();
    tracing_subscriber::registry().with(lines).with(levels).init();
}
