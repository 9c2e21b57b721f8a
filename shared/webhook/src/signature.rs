//! The signature of a request, as Standard Webhooks 1.0.0 defines it: over id, time and body, separated by
//! dots.

use std::collections::BTreeMap;

use super::SigningKeys;
use base::{error::Result, id::EventId, timestamp::Timestamp};

/// The `User-Agent` of all requests.
const USER_AGENT: &str = "Engine-Webhooks/1";

/// The headers of a request, except those of the connection, with two signatures for each of the keys, the
/// present ones first.
///
/// # Errors
/// 500: a key can always sign.
pub fn signed_headers(
    keys: &[SigningKeys],
    event: &EventId,
    at: Timestamp,
    body: &str,
) -> Result<BTreeMap<String, String>> {
    let content = format!("{event}.{}.{body}", at.seconds());
    let mut signatures = Vec::with_capacity(2 * keys.len());
    for keys in keys {
        signatures.push(format!("v1,{}", keys.mac(content.as_bytes())?));
        signatures.push(format!("v1a,{}", keys.signature(content.as_bytes())));
    }
    let mut headers = unsigned_headers(event, Some(at.seconds()));
    headers.insert("webhook-signature".to_owned(), signatures.join(" "));
    Ok(headers)
}

/// The same headers without the signature, and with the time if it is known.
pub fn unsigned_headers(event: &EventId, signed_at: Option<i64>) -> BTreeMap<String, String> {
    let time = signed_at.map(|seconds| ("webhook-timestamp", seconds.to_string()));
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("user-agent", USER_AGENT.to_owned()),
        ("webhook-id", event.to_string()),
    ];
    headers.into_iter().chain(time).map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests;
