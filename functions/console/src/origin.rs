//! Origins of the issuer and of the store of files, as the page's Content-Security-Policy names them.

use table::config::Config;

/// The origins that the page may call besides its own. A Cognito user pool gives out its sessions under another name than
/// the issuer's, which has to be told: it is the one domain of the pool, and no other of the region.
pub(crate) fn of_issuer(issuer: &str, discovery_url: &str, sign_in_url: &str) -> Vec<String> {
    let urls = [discovery_url, issuer, sign_in_url];
    let mut origins: Vec<_> = urls.into_iter().filter_map(of).map(str::to_owned).collect();
    origins.dedup();
    origins
}

/// The origin that files are sent to and fetched from; none if there is no bucket. It is that of the URLs that are signed for
/// the bucket: a stand-in has one name for all of its buckets, and S3 one for each.
pub(crate) fn of_files(config: &Config) -> Option<String> {
    let bucket = config.bucket.as_deref()?;
    let url = config.s3_endpoint.clone().unwrap_or_else(|| {
        let suffix = if config.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("https://{bucket}.s3.{}.{suffix}", config.region)
    });
    of(&url).map(str::to_owned)
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
            "https://id.example.com/login",
        );
        assert_eq!(origins, ["https://id.example.com"]);
    }

    #[test]
    fn of_a_user_pool_the_one_domain_is_named_and_none_that_was_not_told() {
        let issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC";
        let own = "https://cognito-idp.eu-west-1.amazonaws.com";
        let domain = "https://engine-1.auth.eu-west-1.amazoncognito.com";
        assert_eq!(of_issuer(issuer, issuer, domain), [own, domain]);
        assert_eq!(of_issuer(issuer, issuer, ""), [own]);
        assert_eq!(of_issuer(issuer, issuer, "https://*.auth.eu-west-1.amazoncognito.com"), [own]);
    }

    fn files(bucket: Option<&str>, region: &str, endpoint: Option<&str>) -> Option<String> {
        of_files(&Config {
            bucket: bucket.map(str::to_owned),
            region: region.to_owned(),
            s3_endpoint: endpoint.map(str::to_owned),
            ..Config::default()
        })
    }

    #[test]
    fn files_lie_under_the_name_of_their_bucket_or_at_the_stand_in() {
        for (bucket, region, endpoint, origin) in [
            (Some("a-files-1"), "eu-west-1", None, Some("https://a-files-1.s3.eu-west-1.amazonaws.com")),
            (Some("a-files-1"), "cn-north-1", None, Some("https://a-files-1.s3.cn-north-1.amazonaws.com.cn")),
            (Some("files"), "eu-west-1", Some("http://127.0.0.1:3001"), Some("http://127.0.0.1:3001")),
            (None, "eu-west-1", Some("http://127.0.0.1:3001"), None),
            (Some("a; script-src *"), "eu-west-1", None, None),
        ] {
            assert_eq!(files(bucket, region, endpoint).as_deref(), origin, "{bucket:?} {endpoint:?}");
        }
    }
}
