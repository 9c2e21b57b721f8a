//! Every family of the API, once: its name, what it keeps, and the resources of the gateway that lead to it. The gateway and
//! the functions of this machine, the paths, permissions and logs of `template.yaml`, the manifest of the authorizer, the
//! OpenAPI document and the tests of every route are made from this table.

use api::{
    cors::Origins,
    routes::{RouteInfo, Routes},
};
use axum::Router;
use bucket::Bucket;
use delivery::target::TargetRules;
use keys::Platform;
use table::config::Config;

use crate::workers::Queues;

/// A resource of the REST API.
#[derive(Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its path, with `{name}` for one segment and `{name+}` at the end for all that follow.
    pub path: &'static str,
    /// The function behind it.
    pub function: &'static str,
    /// Whether the authorizer is asked first.
    pub is_guarded: bool,
    /// Whether its function has to know where people sign in, which the template tells it by what depends on the API.
    pub is_page: bool,
}

impl Resource {
    /// One for which the authorizer is asked first.
    pub const fn guarded(path: &'static str, function: &'static str) -> Self {
        Self { path, function, is_guarded: true, is_page: false }
    }

    /// One for everybody.
    pub const fn open(path: &'static str, function: &'static str) -> Self {
        Self { path, function, is_guarded: false, is_page: false }
    }

    /// One for everybody whose function has to know where people sign in.
    pub const fn page(path: &'static str, function: &'static str) -> Self {
        Self { path, function, is_guarded: false, is_page: true }
    }
}

/// What the functions of families are made of.
pub(crate) struct Context<'a> {
    pub(crate) platform: &'a Platform,
    pub(crate) config: &'a Config,
    pub(crate) bucket: &'a Bucket,
    pub(crate) queues: Queues,
    pub(crate) rules: TargetRules,
    pub(crate) origins: Origins,
}

/// Of each family its crate, its name, its kind, its store, and its resources. The kind is `kept` if the family keeps
/// anything, `public` if not, and `page` or `kept_page` if it is no part of the API. A resource is `guarded` if the authorizer is asked
/// first, and else `open`, or `page` if the page there has to know where people sign in.
macro_rules! families {
    ($($family:ident $name:literal $kind:ident |$context:ident| $store:expr => [$($guard:ident $path:literal,)+];)+) => {
        /// The names of all families.
        pub const FAMILIES: &[&str] = &[$($name,)+];

        /// All resources of the gateway; the first that a path fits is its own.
        pub const RESOURCES: &[Resource] = &[$($(Resource::$guard($path, $name),)+)+];

        /// All routes of the API, family by family.
        pub fn routes() -> Vec<RouteInfo> {
            [$(families!(@$kind routes $family),)+].concat()
        }

        /// The OpenAPI document of the API.
        #[cfg(feature = "openapi")]
        pub fn document() -> serde_json::Value {
            let document = api::routes::Document::default();
            $(let document = families!(@$kind document $family document);)+
            document.finish()
        }

        /// The function of each family, as its `main` makes it.
        pub(crate) fn functions(context: &Context<'_>) -> Vec<(&'static str, Router)> {
            vec![$(($name, {
                let $context = context;
                family($family::routes(), $store, families!(@$kind platform context), &context.origins)
            }),)+]
        }
    };
    (@page routes $family:ident) => { Vec::new() };
    (@kept_page routes $family:ident) => { Vec::new() };
    (@$kind:ident routes $family:ident) => { $family::routes().infos() };
    (@page document $family:ident $document:ident) => { $document };
    (@kept_page document $family:ident $document:ident) => { $document };
    (@$kind:ident document $family:ident $document:ident) => { $document.with(&$family::routes()) };
    (@kept platform $context:ident) => { Some($context.platform.clone()) };
    (@kept_page platform $context:ident) => { Some($context.platform.clone()) };
    (@$kind:ident platform $context:ident) => { None };
}

families! {
    tokens "tokens" kept |on| tokens::Store::new(on.platform) => [
        guarded "/v1/tokens",
        guarded "/v1/tokens/{proxy+}",
        guarded "/v1/token",
        guarded "/v1/token/{proxy+}",
        open "/v1/credentials/revoke",
    ];
    teams "teams" kept |on| teams::Store::new(on.platform) => [
        guarded "/v1/me",
        guarded "/v1/teams",
        guarded "/v1/teams/{team}",
        guarded "/v1/teams/{team}/members",
        guarded "/v1/teams/{team}/members/{proxy+}",
        guarded "/v1/teams/{team}/tokens",
        guarded "/v1/teams/{team}/tokens/{proxy+}",
        guarded "/v1/teams/{team}/invitations",
        guarded "/v1/teams/{team}/invitations/{proxy+}",
        guarded "/v1/invitations/{proxy+}",
    ];
    object_types "object-types" kept |on| object_types::Store::new(on.platform, on.queues.jobs.clone()) => [
        guarded "/v1/teams/{team}/object-types",
        guarded "/v1/teams/{team}/object-types/{proxy+}",
    ];
    objects "objects" kept |on| objects::Store::new(on.platform) => [
        guarded "/v1/teams/{team}/objects/{proxy+}",
    ];
    forms "forms" kept |on| forms::Store::new(on.platform) => [
        guarded "/v1/teams/{team}/forms",
        guarded "/v1/teams/{team}/forms/{proxy+}",
    ];
    form_submissions "form-submissions" kept |on| form_submissions::Store::new(on.platform) => [
        open "/v1/forms/{proxy+}",
    ];
    form_page "form-page" kept_page |on| form_page::Store::new(on.platform) => [
        open "/f/{proxy+}",
    ];
    webhooks "webhooks" kept
        |on| webhooks::Store::new(on.platform, on.queues.retries.clone(), on.rules.clone()) => [
        guarded "/v1/teams/{team}/webhooks",
        guarded "/v1/teams/{team}/webhooks/{proxy+}",
    ];
    uploads "uploads" kept
        |on| uploads::Store::new(on.platform, on.bucket.clone(), on.queues.jobs.clone()) => [
        guarded "/v1/teams/{team}/uploads",
        guarded "/v1/teams/{team}/uploads/{proxy+}",
    ];
    views "views" kept |on| views::Store::new(on.platform) => [
        guarded "/v1/teams/{team}/views",
        guarded "/v1/teams/{team}/views/{proxy+}",
    ];
    audit_logs "audit-logs" kept |on| audit_logs::Store::new(on.platform) => [
        guarded "/v1/teams/{team}/audit-logs",
        guarded "/v1/teams/{team}/audit-logs/{proxy+}",
    ];
    console "console" page |on| console::Store::new(on.config) => [
        page "/",
        page "/console",
        page "/console/{proxy+}",
    ];
    discovery "discovery" public |_on| () => [
        open "/v1/permissions",
        open "/v1/openapi.json",
        open "/v1/health",
        // Whatever else is asked for: API Gateway itself would take an unknown path with a credential for a bad signature.
        open "/{proxy+}",
    ];
}

fn family<S>(routes: Routes<S>, store: S, platform: Option<Platform>, origins: &Origins) -> Router
where
    S: Clone + Send + Sync + 'static,
{
    routes.called_from(origins.clone()).router(store, platform)
}
