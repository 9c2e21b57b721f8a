//! The targets that a webhook may have: checked when it is saved, and again at each request.

use std::net::IpAddr;

use url::{Host, Url};

pub use super::address::{is_public, special_use};

use base::{
    domain,
    error::{Fault, Violation},
};
use table::config::Config;

/// The longest URL, in bytes.
pub const URL_LENGTH_MAX: usize = 2_000;
/// Names that only resolve inside a network, or on one machine: RFC 6761 (localhost), RFC 6762 (local), ICANN's
/// resolution 2024.07.29.06 (internal), RFC 8375 (home.arpa).
const PRIVATE_NAMES: [&str; 4] = ["localhost", "local", "internal", "home.arpa"];

/// The rules for targets: HTTPS to the public internet, and whatever else the operator allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetRules {
    allows_http: bool,
    /// Whether any address is allowed.
    allows_private: bool,
    /// Hosts that are allowed at any address.
    hosts: Vec<Host>,
    /// A receiver of the operator's own, which is allowed as it is.
    receiver: Option<Url>,
}

/// A target that passed the rules. The addresses of its name still have to be checked at each request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookTarget {
    url: Url,
    is_exempt: bool,
}

impl TargetRules {
    /// The rules that the environment sets.
    pub fn of(config: &Config) -> Self {
        let hosts = config.webhook_allowed_hosts.as_deref().unwrap_or_default();
        Self { allows_http: config.webhook_allows_http, ..Self::default() }.with_hosts(hosts)
    }

    /// Rules that allow every target: for tests, and for local development.
    pub fn anywhere() -> Self {
        Self { allows_http: true, allows_private: true, ..Self::default() }
    }

    /// The rules, with plain HTTP allowed too.
    #[must_use]
    pub fn with_http(self) -> Self {
        Self { allows_http: true, ..self }
    }

    /// The rules, with these hosts allowed at any address: names or addresses, separated by commas.
    #[must_use]
    pub fn with_hosts(self, list: &str) -> Self {
        let parts = list.split(',').map(str::trim).filter(|part| !part.is_empty());
        // What is not a valid host cannot be in a URL either.
        let hosts = parts.filter_map(|part| Host::parse(part.trim_end_matches('.')).ok()).collect();
        Self { hosts, ..self }
    }

    /// The rules, with this very URL allowed, wherever it leads: a receiver of the operator's own.
    #[must_use]
    pub fn with_receiver(self, url: &str) -> Self {
        Self { receiver: Url::parse(url).ok(), ..self }
    }

    /// Checks a URL and normalizes it to the form that is stored and called.
    ///
    /// # Errors
    /// All faults at once. Names are not resolved here: their addresses may differ at each request.
    pub fn check(&self, pointer: &str, text: &str) -> Result<WebhookTarget, Vec<Fault>> {
        let fault = |code, detail: &str| Fault::new(pointer, code, detail);
        let too_long =
            || vec![fault(Violation::TooLong, &format!("A URL has at most {URL_LENGTH_MAX} characters."))];
        if text.len() > URL_LENGTH_MAX {
            return Err(too_long());
        }
        let not_a_url = || vec![fault(Violation::NotAUrl, "Give a URL, such as https://example.com/hooks.")];
        let mut url = Url::parse(text).map_err(|_| not_a_url())?;
        trim_root(&mut url);
        // Normalization may make it longer by percent-encoding, and the stored URL must be valid as input
        // again.
        if url.as_str().len() > URL_LENGTH_MAX {
            return Err(too_long());
        }
        if self.receiver.as_ref() == Some(&url) {
            return Ok(WebhookTarget { url, is_exempt: true });
        }
        let mut faults = Vec::new();
        match url.scheme() {
            "https" => {}
            "http" if self.allows_http => {}
            "http" => {
                faults.push(fault(
                    Violation::NotHttps,
                    "Use https: what is sent in the clear can be read by others.",
                ));
            }
            _ => return Err(vec![fault(Violation::NotHttps, "Only https can be sent to.")]),
        }
        if !url.username().is_empty() || url.password().is_some() {
            faults.push(fault(
                Violation::UserInfo,
                "Leave the user name and the password out: requests are signed.",
            ));
        }
        if url.port() == Some(0) {
            faults.push(fault(Violation::RefusedTarget, "There is no port 0."));
        }
        let host = url.host().map(|host| host.to_owned()).ok_or_else(not_a_url)?;
        let is_exempt = self.allows_private || self.hosts.contains(&host);
        if !is_exempt && let Some(why) = why_refused(&host) {
            faults.push(fault(Violation::RefusedTarget, &why));
        }
        if faults.is_empty() { Ok(WebhookTarget { url, is_exempt }) } else { Err(faults) }
    }
}

impl WebhookTarget {
    /// The normalized URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The port, or the default one of the scheme.
    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(443)
    }

    /// Whether it may be connected to at that address.
    pub fn may_be_at(&self, address: IpAddr) -> bool {
        self.is_exempt || is_public(address)
    }
}

/// Removes the trailing dot of a fully qualified name.
fn trim_root(url: &mut Url) {
    if let Some(name) = url.domain().and_then(|name| name.strip_suffix('.')).map(str::to_owned) {
        // If it is not a valid name without the dot, it stays unchanged and is refused.
        let _ = url.set_host(Some(&name));
    }
}

fn why_refused(host: &Host) -> Option<String> {
    let told = |why: &str| format!("{host} is not an address of the public internet: {why}.");
    match host {
        Host::Ipv4(address) => special_use((*address).into()).map(told),
        Host::Ipv6(address) => special_use((*address).into()).map(told),
        Host::Domain(name) => {
            is_private(name).then(|| format!("{host} is not a name of the public internet."))
        }
    }
}

fn is_private(name: &str) -> bool {
    let is_below =
        |zone: &str| name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    !name.contains('.') || !domain::is_domain(name) || PRIVATE_NAMES.iter().any(|zone| is_below(zone))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    fn codes(rules: &TargetRules, text: &str) -> Vec<&'static str> {
        match rules.check("/url", text) {
            Ok(_) => vec![],
            Err(faults) => faults.iter().map(|fault| fault.code.name()).collect(),
        }
    }

    #[test]
    fn public_targets_have_one_form() {
        for (text, form) in [
            ("https://example.com", "https://example.com/"),
            (" https://EXAMPLE.com:443/a?b=c ", "https://example.com/a?b=c"),
            ("https://example.com./x", "https://example.com/x"),
            ("https://bücher.example.com/", "https://xn--bcher-kva.example.com/"),
            ("https://8.8.8.8:8443/", "https://8.8.8.8:8443/"),
            ("https://134744072/", "https://8.8.8.8/"),
            ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
            ("https://localhost.example.com/", "https://localhost.example.com/"),
            ("https://internal.com/", "https://internal.com/"),
        ] {
            let target = TargetRules::default().check("/url", text).unwrap();
            assert_eq!(target.url().as_str(), form);
        }
    }

    #[test]
    fn of_the_operators_receiver_its_very_url_is_allowed_and_nothing_beside_it() {
        let rules = TargetRules::default().with_receiver("http://127.0.0.1:3000/local/receiver");
        let target = rules.check("/url", "http://127.0.0.1:3000/local/receiver").unwrap();
        assert!(target.may_be_at("127.0.0.1".parse().unwrap()));
        for url in [
            "http://127.0.0.1:3000/local/receiver/",
            "http://127.0.0.1:3000/local/receiver?a",
            "http://127.0.0.1:3000/local/session",
            "http://127.0.0.1:3001/local/receiver",
            "http://a@127.0.0.1:3000/local/receiver",
            "http://localhost:3000/local/receiver",
        ] {
            assert!(rules.check("/url", url).is_err(), "{url}");
        }
    }

    /// Addresses inside, in all the forms in which they can be written.
    const INSIDE: &str = "127.0.0.1 127.1 127.0.1 2130706433 017700000001 0x7f000001 0x7f.1 0177.0.0.1 127.0.0.1. 0x7F.0x0.0x0.0x1 0 \
        0.0.0.0 00000000177.0.0.1 ①②⑦.⓪.⓪.① １２７.0.0.1 127。0。0。1 %31%32%37.0.0.1 10.0.0.1 0xa000001 012.1.2.3 \
        172.16.0.1 192.168.1.1 0xc0a80101 3232235777 169.254.169.254 2852039166 0xa9fea9fe 0xa9.0xfe.0xa9.0xfe \
        0251.0376.0251.0376 169.254.43518 100.64.0.1 100.100.100.200 198.18.0.1 192.0.0.192 192.0.2.1 224.0.0.1 \
        240.0.0.1 255.255.255.255 4294967295 168.63.129.16 \
        [::] [::1] [0:0:0:0:0:0:0:1] [::127.0.0.1] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:a9fe:a9fe] \
        [::ffff:8.8.8.8] [64:ff9b::7f00:1] [64:ff9b::8.8.8.8] [64:ff9b:1::1] [2002:7f00:1::] [2001::1] [2001:10::1] \
        [5f00::1] [100::1] [fe80::1] [fec0::1] [fc00::1] [fd00:ec2::254] [ff02::1] [2001:db8::1]";

    #[test]
    fn an_address_is_refused_however_it_is_written() {
        for host in INSIDE.split_whitespace() {
            assert_eq!(
                codes(&TargetRules::default(), &format!("https://{host}/")),
                ["refused_target"],
                "{host}"
            );
            assert_eq!(
                codes(&TargetRules::default(), &format!("https://{host}:8443/x")),
                ["refused_target"],
                "{host}"
            );
        }
    }

    #[test]
    fn names_inside_networks_are_refused() {
        for name in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "a.localhost",
            "printer.local",
            "metadata.google.internal",
            "ip-10-0-0-1.ec2.internal",
            "router.home.arpa",
            "intranet",
            "a..example.com",
            ".example.com",
            &format!("{}.example.com", "a".repeat(64)),
            "ｌｏｃａｌｈｏｓｔ",
            "local%68ost",
        ] {
            assert_eq!(
                codes(&TargetRules::default(), &format!("https://{name}/")),
                ["refused_target"],
                "{name}"
            );
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let long = format!("https://example.com/{}", "a".repeat(URL_LENGTH_MAX));
        let wide = format!("https://example.com/{}", "é".repeat(URL_LENGTH_MAX / 4));
        for (text, expected) in [
            (
                "http://user:pw@127.0.0.1:0/",
                vec!["not_https", "user_info", "refused_target", "refused_target"],
            ),
            ("http://example.com/", vec!["not_https"]),
            ("https://user@example.com/", vec!["user_info"]),
            ("https://:pw@example.com/", vec!["user_info"]),
            ("https://example.com:0/", vec!["refused_target"]),
            ("ftp://example.com/", vec!["not_https"]),
            ("file:///etc/passwd", vec!["not_https"]),
            ("gopher://127.0.0.1/", vec!["not_https"]),
            ("javascript:alert(1)", vec!["not_https"]),
            ("unix:/run/x.sock", vec!["not_https"]),
            ("example.com/hooks", vec!["not_a_url"]),
            ("//example.com", vec!["not_a_url"]),
            ("https://", vec!["not_a_url"]),
            ("https://999.1.1.1/", vec!["not_a_url"]),
            ("https://[fe80::1%25eth0]/", vec!["not_a_url"]),
            ("", vec!["not_a_url"]),
            (&long, vec!["too_long"]),
            (&wide, vec!["too_long"]),
        ] {
            assert_eq!(codes(&TargetRules::default(), text), expected, "{text}");
        }
    }

    #[test]
    fn an_operator_may_allow_hosts_plain_http_and_everything() {
        let hosts = TargetRules::default().with_hosts("hooks.internal, 10.0.0.5 ,[fd00::5],, a b");
        for (text, expected) in [
            ("https://hooks.internal/", vec![]),
            ("https://HOOKS.internal.:8443/", vec![]),
            ("https://10.0.0.5/", vec![]),
            ("https://0xa000005/", vec![]),
            ("https://[fd00:0::5]/", vec![]),
            ("https://10.0.0.6/", vec!["refused_target"]),
            ("https://a.hooks.internal/", vec!["refused_target"]),
            ("http://hooks.internal/", vec!["not_https"]),
        ] {
            assert_eq!(codes(&hosts, text), expected, "{text}");
        }
        let http = TargetRules::default().with_http();
        assert!(codes(&http, "http://example.com/").is_empty());
        assert_eq!(codes(&http, "http://127.0.0.1/"), ["refused_target"]);
        let all = TargetRules::anywhere();
        assert!(
            codes(&all, "http://127.0.0.1:8000/").is_empty() && codes(&all, "https://localhost/").is_empty()
        );
        assert_eq!(codes(&all, "ftp://127.0.0.1/"), ["not_https"]);
    }

    #[test]
    fn addresses_count_unless_the_host_is_allowed() {
        let (inside, outside): (IpAddr, IpAddr) = ("10.0.0.5".parse().unwrap(), "8.8.8.8".parse().unwrap());
        let rules = TargetRules::default().with_hosts("hooks.example.com");
        let named = rules.check("", "https://hooks.example.com/").unwrap();
        let other = rules.check("", "https://example.com:8443/").unwrap();
        assert!(named.may_be_at(inside) && other.may_be_at(outside) && !other.may_be_at(inside));
        assert_eq!((named.port(), other.port()), (443, 8443));
    }

    proptest::proptest! {
        #![proptest_config(base::testing::tried(1))]

        #[test]
        fn a_number_is_one_address_in_every_form(bits: u32, is_inside: bool) {
            // Half of the numbers lie in networks that are refused.
            let bits = if is_inside { 10 << 24 | bits >> 8 } else { bits };
            let [a, b, c, d] = bits.to_be_bytes();
            let (low, lower) = (bits & 0x00ff_ffff, bits & 0xffff);
            let is_public = is_public(IpAddr::V4(bits.into()));
            for form in [
                format!("{a}.{b}.{c}.{d}"),
                format!("{bits}"),
                format!("0x{bits:x}"),
                format!("0{bits:o}"),
                format!("{a}.{low}"),
                format!("0{a:o}.0x{b:X}.{lower}"),
                format!("0x{a:x}.0{b:o}.{c}.0x{d:x}."),
            ] {
                let checked = TargetRules::default().check("/url", &format!("https://{form}/"));
                proptest::prop_assert_eq!(checked.is_ok(), is_public, "{}", form);
            }
            for form in ["::ffff:0:0", "::", "64:ff9b::", "::ffff:0:0:0"] {
                let carrier: Ipv6Addr = form.parse().unwrap();
                let carried = Ipv6Addr::from_bits(carrier.to_bits() | u128::from(bits));
                proptest::prop_assert!(!super::is_public(carried.into()), "{}", carried);
            }
        }
    }
}
