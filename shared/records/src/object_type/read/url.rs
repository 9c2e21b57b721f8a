//! URLs of the web, normalised as browsers do (WHATWG URL); without a scheme it is https.

use ::url::Url;

use super::super::limits::URL_LENGTH_MAX;
use base::{
    domain,
    error::{Fault, Violation},
    text,
};

pub(super) fn parse(pointer: &str, sent: &str) -> Result<String, Fault> {
    let line = text::line(pointer, sent, URL_LENGTH_MAX)?;
    let detail = "Send a URL of the web such as https://example.com/page.";
    let url = web_url(&line).ok_or_else(|| Fault::new(pointer, Violation::NotAUrl, detail))?;
    // Letters that are escaped take more room than they took before.
    text::line(pointer, url.as_str(), URL_LENGTH_MAX)
}

fn web_url(line: &str) -> Option<Url> {
    let has_scheme = line.contains("://");
    let url = if has_scheme { Url::parse(line) } else { Url::parse(&format!("https://{line}")) }.ok()?;
    let is_web = matches!(url.scheme(), "http" | "https");
    // A name and a password would end in histories and logs, and let one host look like another.
    let is_open = url.username().is_empty() && url.password().is_none();
    // Without a scheme only a domain tells a URL from a word.
    let host = url.host_str()?;
    let is_there = url.domain().is_none_or(domain::is_domain);
    (is_there && is_web && is_open && (has_scheme || host.contains(['.', ':']))).then_some(url)
}
