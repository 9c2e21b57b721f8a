//! Who may use what is beside the API: this machine only, under a name of its own, and no page of another site.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use uuid::Uuid;

use super::problem::Problem;
use crate::peer::Peer;

/// The address of the server as this request wrote it, such as `http://127.0.0.1:3000`.
#[derive(Clone)]
pub(super) struct Base(pub(super) String);

/// Refuses whom these paths are not for, and gives errors their form.
pub(super) async fn guard(
    ConnectInfo(peer): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let base = match checked(peer, request.headers()) {
        Ok(base) => base,
        Err(refusal) => return refusal.into_response(),
    };
    request.extensions_mut().insert(base);
    let mut response = next.run(request).await;
    if let Some(error) = response.extensions_mut().remove::<Arc<base::Error>>() {
        response = error.respond(&Uuid::new_v4().to_string());
    }
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn checked(peer: Peer, headers: &HeaderMap) -> Result<Base, Problem> {
    if !peer.is_this_machine() {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "not_local",
            "Only this machine may use these paths.",
        ));
    }
    // A page of another site can give its own name this machine's address (DNS rebinding), but not send another Host.
    let Some(host) = only(headers, header::HOST).filter(|host| is_own(host, peer.local)) else {
        let detail = "Use this server under a name of this machine, such as 127.0.0.1 or localhost.";
        return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "misdirected", detail));
    };
    let base = format!("http://{host}");
    if headers.get_all(header::ORIGIN).iter().any(|origin| origin.as_bytes() != base.as_bytes()) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "cross_site",
            "Pages of other sites may not use these paths.",
        ));
    }
    Ok(Base(base))
}

/// The header, if it was sent once.
fn only(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_none() { Some(value) } else { None }
}

/// Whether a host names this machine: `localhost` or a loopback address, or the address that the request came to.
fn is_own(host: &str, local: IpAddr) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        // The last colon may be one of an IPv6 address.
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (host, "80"),
    };
    let address = || match name.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']')?.parse().ok().map(IpAddr::V6),
        None => name.parse().ok().map(IpAddr::V4),
    };
    let is_port = port.parse::<u16>().is_ok() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_name =
        name.eq_ignore_ascii_case("localhost") || address().is_some_and(|ip| ip.is_loopback() || ip == local);
    is_port && is_name
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "127.0.0.1:50000";

    fn status(remote: &str, headers: &[(&str, &str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<header::HeaderName>().unwrap(), value.parse().unwrap());
        }
        let peer = Peer { remote: remote.parse().unwrap(), local: "192.168.1.2".parse().unwrap() };
        checked(peer, &map).map_or_else(|refusal| refusal.status.as_u16(), |_| 200)
    }

    #[test]
    fn only_this_machine_may_ask() {
        let host = &[("host", "127.0.0.1:3000")];
        for (remote, expected) in [
            (HERE, 200),
            ("127.9.9.9:1", 200),
            ("[::1]:1", 200),
            ("[::ffff:127.0.0.1]:1", 200),
            ("192.168.1.2:1", 200),
            ("192.168.1.3:1", 403),
            ("[fe80::1]:1", 403),
        ] {
            assert_eq!(status(remote, host), expected, "{remote}");
        }
    }

    #[test]
    fn only_names_of_this_machine_count() {
        for (host, expected) in [
            ("127.0.0.1:3000", 200),
            ("127.0.0.1", 200),
            ("localhost:3000", 200),
            ("LOCALHOST", 200),
            ("[::1]:3000", 200),
            ("[::1]", 200),
            ("192.168.1.2:3000", 200),
            ("192.168.1.3:3000", 421),
            ("evil.example:3000", 421),
            ("localhost.evil.example", 421),
            ("127.0.0.1.evil.example", 421),
            ("", 421),
            ("localhost:", 421),
            ("localhost:+80", 421),
            ("localhost:99999", 421),
            ("localhost/x", 421),
            ("x@localhost", 421),
            ("::1", 421),
        ] {
            assert_eq!(status(HERE, &[("host", host)]), expected, "{host}");
        }
        assert_eq!(status(HERE, &[]), 421);
        assert_eq!(status(HERE, &[("host", "localhost"), ("host", "localhost")]), 421);
    }

    #[test]
    fn pages_of_other_sites_may_not() {
        for (origin, expected) in [
            ("http://localhost:3000", 200),
            ("http://127.0.0.1:3000", 403),
            ("https://localhost:3000", 403),
            ("http://localhost:3001", 403),
            ("http://evil.example", 403),
            ("null", 403),
            ("", 403),
        ] {
            assert_eq!(status(HERE, &[("host", "localhost:3000"), ("origin", origin)]), expected, "{origin}");
        }
    }
}
