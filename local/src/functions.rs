//! The real functions, invoked as Lambda would: with the event of API Gateway, through the same conversions.

use std::sync::Arc;

use api::{arrival, cors::Origins, manifest::Manifest};
use axum::Router;
use base::clock::Clock;
use bucket::Bucket;
use delivery::target::TargetRules;
use gate::authorizer::{Authorizer, Sessions};
use keys::{KeySource, Platform};
use lambda_http::{Adapter, LambdaEvent, request::LambdaRequest, tower::Service as _};

use serde_json::Value;
use table::config::Config;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::{
    families::{self, Context},
    gateway::{BoxFuture, Function},
    pace::Bell,
    stream::Journal,
    workers::{self, Workers},
};

/// What the functions are told by their environment, but for the key ring, which is given here.
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) key_ring: Arc<dyn KeySource>,
    /// Whether nobody else uses the tables.
    pub(crate) is_alone: bool,
    /// How far the changes of the tables were told, if that is kept.
    pub(crate) journal: Option<Arc<Journal>>,
    /// Whether webhooks may be sent anywhere, and in the clear.
    pub(crate) allows_private_webhooks: bool,
    /// Where the receiver of this machine is: the one private target that is always allowed.
    pub(crate) receiver_url: String,
    /// Whether changes are told here.
    pub(crate) has_relay: bool,
    /// The keys of files that were sent to the bucket.
    pub(crate) sent: UnboundedReceiver<String>,
}

/// All functions of the API.
pub(crate) struct Functions {
    authorizer: Arc<Authorizer>,
    families: Vec<(&'static str, Router)>,
    clock: Clock,
    bucket: Bucket,
    bell: Bell,
    _workers: Workers,
}

impl Functions {
    /// The functions on the tables of the settings.
    ///
    /// # Errors
    /// When the settings are not whole.
    pub(crate) fn start(settings: Settings) -> anyhow::Result<Self> {
        let Settings {
            config,
            key_ring,
            is_alone,
            journal,
            allows_private_webhooks,
            receiver_url,
            has_relay,
            sent,
        } = settings;
        let platform = Platform::new(&config, key_ring)?;
        let issuer = config.oidc_issuer.as_deref().unwrap_or_default();
        let audience = config.oidc_audience.as_deref().unwrap_or_default();
        let sessions = Sessions::new(issuer, audience, config.oidc_discovery_url.clone());
        let authorizer = Authorizer::new(&platform, sessions, Manifest::own()?)
            .with_failures_per_minute(config.failures_per_minute);
        let rules = if allows_private_webhooks { TargetRules::anywhere() } else { TargetRules::of(&config) };
        let rules = rules.with_receiver(&receiver_url);
        let bell = Bell::new();
        let at_work =
            workers::Settings { journal, is_alone, has_relay, bell: bell.clone(), rules: rules.clone() };
        let bucket = Bucket::on_aws(&config)?;
        let (workers, queues) = Workers::start(&platform, (&config, &bucket), (at_work, sent))?;
        let origins = Origins::of(config.allowed_origins.as_deref());
        let context =
            Context { platform: &platform, config: &config, bucket: &bucket, queues, rules, origins };
        let families = families::functions(&context);
        let clock = platform.tables.clock.clone();
        Ok(Self { authorizer: Arc::new(authorizer), families, clock, bucket, bell, _workers: workers })
    }

    /// The clock of all functions.
    pub(crate) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// The bucket of all functions.
    pub(crate) fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// The function of that name.
    ///
    /// # Panics
    /// When there is none: the resources of the gateway name functions that exist.
    pub(crate) fn get(&self, name: &str) -> Arc<dyn Function> {
        if name == "authorizer" {
            return Arc::new(AuthorizerFunction(self.authorizer.clone(), self.bell.clone()));
        }
        match self.families.iter().find(|(family, _)| *family == name) {
            Some((_, router)) => Arc::new(FamilyFunction(router.clone(), self.bell.clone())),
            None => panic!("there is no function {name}"),
        }
    }
}

struct AuthorizerFunction(Arc<Authorizer>, Bell);

impl Function for AuthorizerFunction {
    fn invoke(&self, event: Value) -> BoxFuture<'_, Result<Value, String>> {
        Box::pin(async move {
            let event = serde_json::from_value(event).map_err(|error| error.to_string())?;
            let answer = self.0.handle(event).await;
            self.1.ring();
            answer.map_err(|error| error.to_string())
        })
    }
}

struct FamilyFunction(Router, Bell);

impl Function for FamilyFunction {
    fn invoke(&self, event: Value) -> BoxFuture<'_, Result<Value, String>> {
        let call = serde_json::from_value::<LambdaRequest>(event)
            // A router is always ready, so it is called at once.
            .map(|event| LambdaEvent::new(arrival::sanitize(event), lambda_runtime::Context::default()))
            .map(|event| Adapter::from(self.0.clone()).call(event));
        Box::pin(async move {
            let answer = match call.map_err(|error| error.to_string())?.await {
                Ok(answer) => answer,
                Err(never) => match never {},
            };
            self.1.ring();
            serde_json::to_value(answer).map_err(|error| error.to_string())
        })
    }
}
