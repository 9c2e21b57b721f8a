//! A family's table of routes. From it follow the guard, the router, the manifest and the documents.

#[cfg(feature = "openapi")]
mod document;
mod edge;
mod guard;
mod handler;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    handler::Handler,
    http::Method,
    middleware::from_fn_with_state,
    routing::{MethodFilter, MethodRouter, on},
};

#[cfg(feature = "openapi")]
pub use document::Document;
pub use handler::RouteHandler;

#[cfg(feature = "openapi")]
use crate::openapi::Operation;
use crate::{cors::Origins, manifest::ManifestRoute};
use base::{
    access::Access,
    error::{Code, Error},
};
use keys::Platform;

pub use self::guard::CallerRule;
use self::guard::RoutePolicy;

/// The most bytes a body may have.
pub(crate) const BODY_LENGTH_MAX: usize = 1024 * 1024;

/// The table of a family: where it stands, and a row for each operation.
pub struct Routes<S> {
    family: Option<&'static str>,
    tag: &'static str,
    about: &'static str,
    base: &'static str,
    rows: Vec<Row<S>>,
    origins: Origins,
}

/// One operation.
struct Row<S> {
    method: Method,
    path: String,
    access: Access,
    summary: &'static str,
    id: String,
    reads_query: bool,
    reads_body: bool,
    writes: bool,
    refusals: &'static [u16],
    rule: CallerRule,
    #[cfg(feature = "openapi")]
    describe: fn(&mut Operation),
    handler: MethodRouter<S>,
}

/// The description of a row for use outside its table.
#[derive(Clone, Debug)]
pub struct RouteInfo {
    /// The family.
    pub tag: &'static str,
    /// What the family is about, in a sentence.
    pub about: &'static str,
    /// Method, path and rule.
    pub route: ManifestRoute,
    /// What it does, for people.
    pub summary: &'static str,
    /// Its name: family and verb.
    pub id: String,
    /// Whether it reads a body.
    pub reads_body: bool,
    /// Whether it changes anything.
    pub writes: bool,
    /// Statuses of refusals that nothing else tells of.
    pub refusals: &'static [u16],
}

macro_rules! row_of {
    ($name:ident, $method:ident) => {
        #[doc = concat!("A row for ", stringify!($method), ".")]
        #[must_use]
        pub fn $name<H, T>(
            self,
            path: &str,
            access: impl Into<Access>,
            summary: &'static str,
            handler: H,
        ) -> Self
        where
            H: RouteHandler<T, S> + Handler<T, S>,
            T: 'static,
        {
            let path = format!("{}{path}", self.base);
            self.row((Method::$method, MethodFilter::$method, path), access.into(), summary, handler)
        }
    };
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// An empty table of the family named so, its paths under `base`.
    pub fn new(tag: &'static str, base: &'static str) -> Self {
        Self { family: None, tag, about: "", base, rows: Vec::new(), origins: Origins::default() }
    }

    /// What the family is about, in a sentence, for the documents.
    #[must_use]
    pub fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// The name of the family in those of its operations, where handlers stand in another crate.
    #[must_use]
    pub fn family(self, name: &'static str) -> Self {
        Self { family: Some(name), ..self }
    }

    row_of!(get, GET);
    row_of!(post, POST);
    row_of!(put, PUT);
    row_of!(patch, PATCH);
    row_of!(delete, DELETE);

    /// A row for a POST that only asks, in a body because a URL is too short for it. It changes nothing, so no answer of it
    /// is kept either.
    #[must_use]
    pub fn ask<H, T>(self, path: &str, access: impl Into<Access>, summary: &'static str, handler: H) -> Self
    where
        H: RouteHandler<T, S> + Handler<T, S>,
        T: 'static,
    {
        let mut table = self.post(path, access, summary, handler);
        if let Some(row) = table.rows.last_mut() {
            row.writes = false;
        }
        table
    }

    /// The same table for pages of these origins alone, unless its answers say which may read them.
    #[must_use]
    pub fn called_from(self, origins: Origins) -> Self {
        if self.origins == Origins::OfAnswers { self } else { Self { origins, ..self } }
    }

    /// The same table, whose answers say themselves which pages may read them.
    #[must_use]
    pub fn answering_for_origins(self) -> Self {
        Self { origins: Origins::OfAnswers, ..self }
    }

    fn row<H, T>(
        mut self,
        (method, filter, path): (Method, MethodFilter, String),
        access: Access,
        summary: &'static str,
        handler: H,
    ) -> Self
    where
        H: RouteHandler<T, S> + Handler<T, S>,
        T: 'static,
    {
        self.rows.push(Row {
            writes: method != Method::GET,
            method,
            path,
            access,
            summary,
            id: operation_id::<H>(self.family),
            reads_query: H::READS_QUERY,
            reads_body: H::READS_BODY,
            refusals: &[],
            rule: |_| Ok(()),
            #[cfg(feature = "openapi")]
            describe: H::describe,
            handler: on(filter, handler),
        });
        self
    }

    /// The row before may also refuse with these statuses, which neither its path nor what it takes tells of.
    #[must_use]
    pub fn refusing(mut self, statuses: &'static [u16]) -> Self {
        if let Some(row) = self.rows.last_mut() {
            row.refusals = statuses;
        }
        self
    }

    /// The row before is for those callers alone whom the rule lets pass. It is asked before a kept answer is looked for, which
    /// may have a secret in it.
    #[must_use]
    pub fn only_for(mut self, rule: CallerRule) -> Self {
        if let Some(row) = self.rows.last_mut() {
            row.rule = rule;
        }
        self
    }

    /// The rows, as others may know them.
    pub fn infos(&self) -> Vec<RouteInfo> {
        let info = |row: &Row<S>| RouteInfo {
            tag: self.tag,
            about: self.about,
            route: ManifestRoute {
                method: row.method.to_string(),
                path: row.path.clone(),
                access: row.access.clone(),
            },
            summary: row.summary,
            id: row.id.clone(),
            reads_body: row.reads_body,
            writes: row.writes,
            refusals: row.refusals,
        };
        self.rows.iter().map(info).collect()
    }

    /// The router: the edge around all, the guard in front of every row.
    pub fn router(self, store: S, platform: Option<Platform>) -> Router {
        let mut router = Router::new();
        for row in self.rows {
            let Row { access, rule, reads_query, reads_body, writes, .. } = row;
            let platform = platform.clone();
            let policy = RoutePolicy { access, rule, reads_query, reads_body, writes, platform };
            let guarded = row.handler.route_layer(from_fn_with_state(Arc::new(policy), guard::guard));
            router = router.route(&row.path, guarded);
        }
        let family = router
            .fallback(async || Error::not_found("path"))
            .method_not_allowed_fallback(async || {
                Error::new(Code::MethodNotAllowed, "This path has no such method.")
            })
            .layer(DefaultBodyLimit::max(BODY_LENGTH_MAX))
            .with_state(store);
        // The edge stands before the routing, as it settles which path is meant.
        Router::new().fallback_service(family).layer(from_fn_with_state(self.origins, edge::edge))
    }
}

/// Family and verb, from where the handler stands: `objects::handlers::create` is `objects.create`. What a handler is made for
/// stands behind it in angle brackets.
fn operation_id<H>(family: Option<&str>) -> String {
    let name = std::any::type_name::<H>();
    let path: Vec<_> = name.split('<').next().unwrap_or_default().split("::").collect();
    match path.as_slice() {
        [own, .., handler] => format!("{}.{handler}", family.unwrap_or(own).replace('_', "-")),
        _ => String::new(),
    }
}
