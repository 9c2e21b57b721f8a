//! Origins of the issuer, as the page's Content-Security-Policy names them.

/// The origins that the page may call besides its own.
pub(crate) fn of_issuer(issuer: &str, discovery_url: &str) -> Vec<String> {
    let mut origins: Vec<_> = [discovery_url, issuer].into_iter().filter_map(of).map(str::to_owned).collect();
    origins.extend(cognito_domain(issuer));
    origins.dedup();
    origins
}

/// Scheme, host and port of a URL. None if it is no URL that could stand in a policy without changing it.
fn of(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    let is_origin =
        matches!(scheme, "https" | "http") && !authority.is_empty() && authority.bytes().all(is_plain);
    is_origin.then(|| &url[..scheme.len() + "://".len() + authority.len()])
}

/// A Cognito user pool gives out its sessions under another name than the issuer's: its domain in the same region.
fn cognito_domain(issuer: &str) -> Option<String> {
    let host = of(issuer)?.strip_prefix("https://cognito-idp.")?;
    let (region, suffix) = host.split_once('.')?;
    suffix.starts_with("amazonaws.com").then(|| format!("https://*.auth.{region}.amazoncognito.com"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (url, origin) in [
            ("https://id.example.com", Some("https://id.example.com")),
            ("https://id.example.com/realms/a?b#c", Some("https://id.example.com")),
            ("http://127.0.0.1:3000/local/oidc", Some("http://127.0.0.1:3000")),
            ("http://[::1]:3000/local", Some("http://[::1]:3000")),
            ("https://id.example.com?a=b", Some("https://id.example.com")),
        ] {
            assert_eq!(of(url), origin, "{url}");
        }
    }

    #[test]
    fn what_would_change_the_policy_is_no_origin() {
        for url in [
            "",
            "id.example.com",
            "https://",
            "javascript://x",
            "https://a; script-src *",
            "https://a b",
            "https://*",
            "https://a@b",
            "https://a,b",
            "https://ä.example",
        ] {
            assert_eq!(of(url), None, "{url}");
        }
    }

    #[test]
    fn one_origin_is_named_once() {
        let origins = of_issuer(
            "https://id.example.com/a",
            "https://id.example.com/a/.well-known/openid-configuration",
        );
        assert_eq!(origins, ["https://id.example.com"]);
    }

    #[test]
    fn a_user_pool_brings_the_domains_of_its_region() {
        let issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC";
        let origins =
            ["https://cognito-idp.eu-west-1.amazonaws.com", "https://*.auth.eu-west-1.amazoncognito.com"];
        assert_eq!(of_issuer(issuer, issuer), origins);
        assert_eq!(cognito_domain("https://cognito-idp.evil.example/pool"), None);
    }
}
