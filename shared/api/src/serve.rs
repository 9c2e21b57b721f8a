//! What the `main` of a family needs: the log, the platform, the runtime.

use axum::Router;
use keys::Platform;
use lambda_http::{Adapter, LambdaEvent, lambda_runtime, request::LambdaRequest};
use table::{
    Key,
    config::Config,
    lambda::{LambdaResult, start_log},
};
use tower::ServiceExt as _;

use crate::{arrival, cors::Origins, routes::Routes};

/// Serves a family that keeps things, on Lambda.
///
/// # Errors
/// When the environment is not whole or the runtime ends.
pub async fn serve<S>(routes: Routes<S>, store: impl FnOnce(&Platform) -> S) -> LambdaResult
where
    S: Clone + Send + Sync + 'static,
{
    start_log(&[]);
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
    start_log(&[]);
    let config = Config::from_env();
    let routes = routes.called_from(Origins::of(config.allowed_origins.as_deref()));
    serve_requests(routes.router(store(&config), None)).await
}

async fn serve_requests(router: Router) -> LambdaResult {
    let sanitize =
        |event: LambdaEvent<LambdaRequest>| LambdaEvent::new(arrival::sanitize(event.payload), event.context);
    lambda_runtime::run(Adapter::from(router).map_request(sanitize)).await
}
