//! Finds the resource of the API that a path belongs to, as API Gateway does.

use percent_encoding::percent_decode_str;

use crate::families::{RESOURCES, Resource};

/// The values of the names in a resource's path.
pub(super) type PathParameters = Vec<(&'static str, String)>;

/// The resource that a path, as it was sent, belongs to. API Gateway looks past a slash at the end.
pub(super) fn find(path: &str) -> Option<(&'static Resource, PathParameters)> {
    let bare = path.strip_suffix('/').filter(|bare| !bare.is_empty());
    RESOURCES.iter().find_map(|resource| {
        let parameters = parameters(resource.path, path).or_else(|| parameters(resource.path, bare?));
        Some((resource, parameters?))
    })
}

fn parameters(pattern: &'static str, path: &str) -> Option<PathParameters> {
    let mut found = PathParameters::new();
    let mut rest = path.strip_prefix('/')?;
    let mut segments = pattern.trim_start_matches('/').split('/').peekable();
    while let Some(segment) = segments.next() {
        let name = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
        if let Some(greedy) = name.and_then(|name| name.strip_suffix('+')) {
            found.push((greedy, decoded(rest)?));
            return Some(found);
        }
        let (value, tail) = rest.split_once('/').map_or((rest, None), |(value, tail)| (value, Some(tail)));
        match name {
            Some(name) => found.push((name, decoded(value)?)),
            None if value != segment => return None,
            None => {}
        }
        match (segments.peek(), tail) {
            (Some(_), Some(tail)) => rest = tail,
            (None, None) => return Some(found),
            (Some(_), None) | (None, Some(_)) => return None,
        }
    }
    None
}

/// A parameter's value; an empty one is none.
fn decoded(raw: &str) -> Option<String> {
    (!raw.is_empty()).then(|| percent_decode_str(raw).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str) -> Option<(&'static str, PathParameters)> {
        find(path).map(|(resource, parameters)| (resource.path, parameters))
    }

    #[test]
    fn paths_find_their_resource_and_its_parameters() {
        type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)]);
        let cases: &[Case] = &[
            ("/v1/me", "/v1/me", &[]),
            ("/v1/tokens", "/v1/tokens", &[]),
            ("/v1/tokens/tok_1/rotate", "/v1/tokens/{proxy+}", &[("proxy", "tok_1/rotate")]),
            ("/v1/teams/team_1", "/v1/teams/{team}", &[("team", "team_1")]),
            ("/v1/teams/a%20b", "/v1/teams/{team}", &[("team", "a b")]),
            ("/v1/teams/t/members", "/v1/teams/{team}/members", &[("team", "t")]),
            (
                "/v1/teams/t/objects/contacts/obj_1/force",
                "/v1/teams/{team}/objects/{proxy+}",
                &[("team", "t"), ("proxy", "contacts/obj_1/force")],
            ),
            (
                "/v1/teams/t/objects/a//b/",
                "/v1/teams/{team}/objects/{proxy+}",
                &[("team", "t"), ("proxy", "a//b/")],
            ),
            (
                "/v1/teams/t/objects/..%2f..",
                "/v1/teams/{team}/objects/{proxy+}",
                &[("team", "t"), ("proxy", "../..")],
            ),
            ("/v1/teams/%ff", "/v1/teams/{team}", &[("team", "\u{fffd}")]),
            ("/console", "/console", &[]),
            ("/console/", "/console", &[]),
            ("/v1/me/", "/v1/me", &[]),
            ("/v1/tokens/", "/v1/tokens", &[]),
            ("/v1/tokens//", "/v1/tokens/{proxy+}", &[("proxy", "/")]),
            ("/v1/teams/", "/v1/teams", &[]),
            ("/v1/teams/t/", "/v1/teams/{team}", &[("team", "t")]),
        ];
        for (path, resource, parameters) in cases {
            let parameters = parameters.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            assert_eq!(found(path), Some((*resource, parameters)), "{path}");
        }
    }

    #[test]
    fn other_paths_are_for_everybody_to_be_told_that_they_are_none() {
        for path in [
            "/",
            "//",
            "/v1",
            "/v1/",
            "//v1/me",
            "/v1//me",
            "/v1/me//",
            "/v1/ME",
            "/V1/me",
            "/v1%2fme",
            "/v1/m%65",
            "/v1/teams//members",
            "/v1/teams/t/objects",
            "/v1/teams/t/objects/",
            "/v1/teams/t/x",
            "/v1/invitations",
            "/v1/../console",
        ] {
            let (resource, _) = find(path).unwrap();
            assert!(["/", "/{proxy+}"].contains(&resource.path), "{path}");
            // The console leads from the address itself to its page, and knows no other paths.
            let function = if resource.path == "/" { "console" } else { "discovery" };
            assert_eq!((resource.function, resource.is_guarded), (function, false));
        }
    }

    #[test]
    fn what_is_no_path_finds_none() {
        for path in ["", "*", "v1/me"] {
            assert_eq!(found(path), None, "{path}");
        }
    }

    #[test]
    fn no_resource_hides_another() {
        for resource in RESOURCES {
            let path = resource.path.replace("{proxy+}", "x/y").replace("{team}", "t");
            assert_eq!(find(&path).unwrap().0, resource, "{path}");
        }
    }
}
