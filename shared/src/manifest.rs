//! All routes with their rules, as the authorizer knows them.

use std::collections::HashMap;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::{access::Access, id::UserId, path};

/// One route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestRoute {
    /// The method, in capitals.
    pub method: String,
    /// The path with its parameters in braces.
    pub path: String,
    /// Who may use it.
    pub access: Access,
}

/// The routes, ready to be matched.
pub struct Manifest {
    by_method: HashMap<String, matchit::Router<Access>>,
}

/// The route that a request is for.
pub(crate) struct Matched<'a> {
    pub(crate) access: &'a Access,
    pub(crate) team: Option<String>,
    user: Option<String>,
}

impl Matched<'_> {
    /// Whether the path names this user.
    pub(crate) fn is_self(&self, user: &UserId) -> bool {
        self.user.as_deref() == Some(user.as_str())
    }
}

impl Manifest {
    /// Reads the manifest that the route tables generate.
    ///
    /// # Errors
    /// When it is no such JSON or two routes cannot be told apart.
    pub fn parse(json: &str) -> anyhow::Result<Self> {
        let routes: Vec<ManifestRoute> = serde_json::from_str(json).context("reading the routes manifest")?;
        let mut by_method = HashMap::<String, matchit::Router<Access>>::new();
        for route in routes {
            by_method.entry(route.method).or_default().insert(route.path, route.access)?;
        }
        Ok(Self { by_method })
    }

    /// The route of a request; `None` if there is none, or the path is not in its canonical form.
    pub(crate) fn route(&self, method: &str, path: &str) -> Option<Matched<'_>> {
        if !path::is_canonical(path) {
            return None;
        }
        let method = if method == "HEAD" { "GET" } else { method };
        let matched = self.by_method.get(method)?.at(path).ok()?;
        let param = |name: &str| matched.params.get(name).map(str::to_owned);
        Some(Matched { access: matched.value, team: param("team"), user: param("user") })
    }
}
