//! The canonical form of a path, the only one that the authorizer and the functions take.

/// Whether the path is in canonical form: `/`, or segments of unreserved characters (RFC 3986), none empty, `.` or `..`.
///
/// Ids and slugs need no escape, so an escaped path is always another spelling of something: it is not found.
pub(crate) fn is_canonical(path: &str) -> bool {
    path == "/" || path.strip_prefix('/').is_some_and(|path| path.split('/').all(is_canonical_segment))
}

fn is_canonical_segment(segment: &str) -> bool {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !segment.is_empty() && segment != "." && segment != ".." && segment.bytes().all(is_unreserved)
}

#[cfg(test)]
mod tests {
    use super::is_canonical;

    #[test]
    fn only_one_spelling_counts() {
        for path in ["/", "/v1/me", "/v1/openapi.json", "/v1/teams/team_0/objects/contacts/obj_1/force"] {
            assert!(is_canonical(path), "{path}");
        }
        for path in [
            "",
            "//",
            "v1/me",
            "/v1//me",
            "/v1/me/",
            "/v1/./me",
            "/v1/x/../me",
            "/v1%2fme",
            "/v1/m%65",
            "/v1/é",
            "/v1/a b",
            "/v1/me\0",
        ] {
            assert!(!is_canonical(path), "{path}");
        }
    }
}
