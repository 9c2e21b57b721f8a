//! What the `main` of the authorizer needs.

use api::manifest::Manifest;
use keys::Platform;
use lambda_runtime::LambdaEvent;
use table::{
    Key,
    config::Config,
    lambda::{LambdaResult, start_log},
};
use tracing_subscriber::filter::LevelFilter;

use crate::authorizer::{Authorizer, Event, Sessions};

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
