//! The manifest: all routes with their access rules, as the authorizer knows them.

use std::collections::HashMap;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::path;
use base::{
    access::Access,
    id::{TeamId, UserId},
    permission::{Permission, Permissions},
};

/// The routes of this API with their rules, generated from the route tables of all families.
const OWN: &str = include_str!("routes.json");

/// The methods that a route may have; HEAD counts as GET.
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

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

/// A route of another API, as its `ROUTES` lists it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForeignRoute {
    method: String,
    path: String,
    /// All that are needed; none means that any good credential passes.
    permissions: Vec<Permission>,
}

impl TryFrom<ForeignRoute> for ManifestRoute {
    type Error = anyhow::Error;

    /// # Errors
    /// When no request could ever match it, as with a method in small letters or API Gateway's `{proxy+}`.
    fn try_from(route: ForeignRoute) -> anyhow::Result<Self> {
        let ForeignRoute { method, path, permissions } = route;
        anyhow::ensure!(
            METHODS.contains(&method.as_str()),
            "{method} {path}: the method is none of {METHODS:?}"
        );
        anyhow::ensure!(
            path::is_canonical(&path.replace(['{', '}'], "")),
            "{method} {path}: no path is like this"
        );
        let access = if permissions.is_empty() { Access::Anyone } else { Access::Needs(permissions) };
        Ok(Self { method, path, access })
    }
}

/// The routes, ready to be matched.
pub struct Manifest {
    by_method: HashMap<String, matchit::Router<Access>>,
    of: Owner,
}

/// Whose routes these are, and so what stands behind them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// This API's: its functions check again, and answer what is unknown with 404.
    Us,
    /// Another API's, listed: what is not listed is refused, as nobody knows what stands behind it.
    Others,
    /// Another API's, not listed: it asks only who is asking.
    Nobody,
}

/// The route that a request is for.
pub struct Matched<'a> {
    /// Its rule.
    pub access: &'a Access,
    team: Option<String>,
    user: Option<String>,
}

impl Matched<'_> {
    /// Whether the path names a team.
    pub fn has_team(&self) -> bool {
        self.team.is_some()
    }

    /// The team of the path, if what stands in its place could be one.
    pub fn team(&self) -> Option<TeamId> {
        TeamId::parse(self.team.as_deref()?)
    }

    /// Whether the path names this user.
    pub fn is_self(&self, user: &UserId) -> bool {
        self.user.as_deref() == Some(user.as_str())
    }
}

impl Manifest {
    /// The routes of this API.
    ///
    /// # Errors
    /// When two routes cannot be told apart.
    pub fn own() -> anyhow::Result<Self> {
        Self::of(Owner::Us, own_routes()?)
    }

    /// The permissions that some route of this API needs.
    ///
    /// # Errors
    /// As [`Manifest::own`].
    pub fn permissions_in_use() -> anyhow::Result<Permissions> {
        let needed = own_routes()?.into_iter().map(|route| route.access.permissions());
        Ok(needed.fold(Permissions::NONE, Permissions::union))
    }

    /// The routes of another API: a JSON list of `{method, path, permissions}`. An empty one lets every good credential
    /// pass.
    ///
    /// # Errors
    /// When it is no such JSON, names a permission that is not, a route could never match, or two cannot be told apart.
    pub fn foreign(json: &str) -> anyhow::Result<Self> {
        let routes: Vec<ForeignRoute> = serde_json::from_str(json).context("reading ROUTES")?;
        let owner = if routes.is_empty() { Owner::Nobody } else { Owner::Others };
        let routes = routes.into_iter().map(ManifestRoute::try_from).collect::<anyhow::Result<_>>()?;
        Self::of(owner, routes)
    }

    fn of(owner: Owner, routes: Vec<ManifestRoute>) -> anyhow::Result<Self> {
        let mut by_method = HashMap::<String, matchit::Router<Access>>::new();
        for route in routes {
            let ManifestRoute { method, path, access } = route;
            let added = by_method.entry(method).or_default().insert(&path, access);
            added.with_context(|| format!("the route {path}"))?;
        }
        Ok(Self { by_method, of: owner })
    }

    /// Whether a good credential passes where no route is known.
    pub fn passes_unknown(&self) -> bool {
        self.of != Owner::Others
    }

    /// Whether what stands behind the routes is ours, and can say more than yes or no.
    pub fn is_own(&self) -> bool {
        self.of == Owner::Us
    }

    /// The route of a request; `None` if there is none, or the path is not in its canonical form.
    pub fn route(&self, method: &str, path: &str) -> Option<Matched<'_>> {
        if !path::is_canonical(path) {
            return None;
        }
        let method = if method == "HEAD" { "GET" } else { method };
        let matched = self.by_method.get(method)?.at(path).ok()?;
        let param = |name: &str| matched.params.get(name).map(str::to_owned);
        Some(Matched { access: matched.value, team: param("team"), user: param("user") })
    }
}

/// The rows of this API, as `make update` has written them.
fn own_routes() -> anyhow::Result<Vec<ManifestRoute>> {
    serde_json::from_str(OWN).context("reading the routes manifest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_found_by_method_and_canonical_path() {
        let own = Manifest::own().unwrap();
        let team = TeamId::new();
        let found = own.route("GET", &format!("/v1/teams/{team}/objects/contacts")).unwrap();
        assert_eq!((found.access, found.team()), (&Access::from(Permission::ObjectRead), Some(team.clone())));
        assert!(own.route("HEAD", &format!("/v1/teams/{team}/objects/contacts")).is_some());
        assert!(own.route("GET", &format!("/v1/teams/{team}/objects/contacts/")).is_none());
        assert!(own.route("TRACE", "/v1/me").is_none());
        let odd = own.route("GET", "/v1/teams/other/objects/contacts").unwrap();
        assert!(odd.has_team() && odd.team().is_none());
        assert!(!own.route("GET", "/v1/me").unwrap().has_team());
        assert!(own.is_own() && own.passes_unknown());
    }

    #[test]
    fn a_path_may_name_the_caller() {
        let (own, user) = (Manifest::own().unwrap(), UserId::of_subject("i", "s"));
        let path = format!("/v1/teams/{}/members/{user}", TeamId::new());
        let found = own.route("DELETE", &path).unwrap();
        assert!(found.is_self(&user) && !found.is_self(&UserId::of_subject("i", "other")));
    }

    #[test]
    fn another_api_lists_its_routes_or_none() {
        let listed = r#"[{"method": "GET", "path": "/orders/{id}", "permissions": ["object:read"]},
                         {"method": "GET", "path": "/health", "permissions": []}]"#;
        let listed = Manifest::foreign(listed).unwrap();
        assert!(!listed.is_own() && !listed.passes_unknown());
        assert_eq!(listed.route("GET", "/orders/1").unwrap().access, &Access::from(Permission::ObjectRead));
        assert_eq!(listed.route("GET", "/health").unwrap().access, &Access::Anyone);
        assert!(listed.route("POST", "/orders/1").is_none());
        let none = Manifest::foreign("[]").unwrap();
        assert!(!none.is_own() && none.passes_unknown());
    }

    #[test]
    fn routes_that_are_not_sound_are_refused() {
        for broken in [
            "",
            "{}",
            r#"[{"method": "GET", "path": "/a"}]"#,
            r#"[{"method": "GET", "path": "/a", "permissions": ["object:*"]}]"#,
            r#"[{"method": "GET", "path": "/a", "permissions": [], "public": true}]"#,
            r#"[{"method": "get", "path": "/a", "permissions": []}]"#,
            r#"[{"method": "HEAD", "path": "/a", "permissions": []}]"#,
            r#"[{"method": "ANY", "path": "/a", "permissions": []}]"#,
            r#"[{"method": "GET", "path": "a", "permissions": []}]"#,
            r#"[{"method": "GET", "path": "/a/", "permissions": []}]"#,
            r#"[{"method": "GET", "path": "/{proxy+}", "permissions": []}]"#,
            r#"[{"method": "GET", "path": "/{a}", "permissions": []}, {"method": "GET", "path": "/{b}", "permissions": []}]"#,
        ] {
            assert!(Manifest::foreign(broken).is_err(), "{broken}");
        }
    }
}
