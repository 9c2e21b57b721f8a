//! Headers as API Gateway hands them on: as texts, with its own word on where the request came from.

use std::{collections::BTreeMap, net::IpAddr};

use axum::http::{HeaderMap, HeaderValue, header};
use url::Url;

/// Every value of every name.
pub(super) type Lists = BTreeMap<String, Vec<String>>;

/// The headers of a request with those that API Gateway sets. They take the place of what a client sent under the same
/// names; only the list of addresses goes on from the client's.
pub(super) fn handed_on(headers: &HeaderMap, source_ip: IpAddr) -> Lists {
    let mut lists = Lists::new();
    for (name, value) in headers {
        lists.entry(name.as_str().to_owned()).or_default().push(text(value));
    }
    let mut addresses = lists.remove("x-forwarded-for").unwrap_or_default();
    addresses.push(source_ip.to_string());
    for (name, value) in [
        ("x-forwarded-for", addresses.join(", ")),
        ("x-forwarded-port", port(headers)),
        ("x-forwarded-proto", "http".to_owned()),
    ] {
        lists.insert(name.to_owned(), vec![value]);
    }
    lists
}

/// A header's value; what is no text in it is replaced.
pub(super) fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn port(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).map(text).unwrap_or_default();
    let url = Url::parse(&format!("http://{host}/")).ok();
    url.and_then(|url| url.port_or_known_default()).unwrap_or(80).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_that_of_the_host() {
        for (host, expected) in [
            ("localhost:3000", "3000"),
            ("localhost", "80"),
            ("[::1]", "80"),
            ("[::1]:3000", "3000"),
            ("", "80"),
        ] {
            let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
            assert_eq!(port(&headers), expected, "{host}");
        }
    }
}
