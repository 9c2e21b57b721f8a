//! What the `main` of a function needs that is given other events than requests: the log, the tables, the runtime.

use std::pin::Pin;

use lambda_runtime::LambdaEvent;
use serde::{Serialize, de::DeserializeOwned};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::{Tables, config::Config, deadline::Deadline};
use base::Result;

/// Our own code, whose lines are as many as the environment asks for.
const OWN: [&str; 12] = [
    "base",
    "table",
    "keys",
    "api",
    "gate",
    "audit",
    "resources",
    "records",
    "form",
    "delivery",
    "webhook",
    "bucket",
];

/// What a `main` returns.
pub type LambdaResult = Result<(), lambda_runtime::Error>;

/// The future of a handler, in a box: the runtime wraps it in types of its own, too many for the compiler
/// otherwise.
pub type HandlerFuture<A> = Pin<Box<dyn Future<Output = Result<A>> + Send>>;

/// Serves a function that is given other events than requests, on Lambda. It has tables and no keys.
///
/// # Errors
/// When the environment is not whole or the runtime ends.
pub async fn serve_events<E, A, F>(start: impl FnOnce(&Config, &Tables) -> anyhow::Result<F>) -> LambdaResult
where
    E: DeserializeOwned,
    A: Serialize,
    F: Fn(E) -> HandlerFuture<A>,
{
    serve_events_of(|config| start(config, &Tables::on_aws(config)?)).await
}

/// The same for a function that has no tables.
///
/// # Errors
/// When the environment is not whole or the runtime ends.
pub async fn serve_events_of<E, A, F>(start: impl FnOnce(&Config) -> anyhow::Result<F>) -> LambdaResult
where
    E: DeserializeOwned,
    A: Serialize,
    F: Fn(E) -> HandlerFuture<A>,
{
    start_log(&[]);
    let config = Config::from_env();
    let handler = start(&config)?;
    let handler = &handler;
    lambda_runtime::run(lambda_runtime::service_fn(async move |event: LambdaEvent<E>| {
        let deadline = Deadline::of(Some(&event.context));
        deadline.limit(handler(event.payload)).await.flatten().map_err(lambda_runtime::Error::from)
    }))
    .await
}

/// Writes lines of JSON to standard output, less of what is named here.
pub fn start_log(but: &[(&'static str, LevelFilter)]) {
    // Below info the runtime and the SDK log whole events and requests, credentials included: only our own code may.
    let levels = Targets::new().with_default(LevelFilter::INFO);
    let levels = levels.with_targets(OWN.map(|name| (name, Config::log_level())));
    let levels = levels.with_targets(but.iter().copied());
    let lines = tracing_subscriber::fmt::layer().json().with_current_span(false).without_time();
    tracing_subscriber::registry().with(lines).with(levels).init();
}
