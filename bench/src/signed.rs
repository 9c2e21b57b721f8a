//! Requests to the store of files, as the API has signed them.

use anyhow::Context as _;
use hyper::{Request, Uri, body::Bytes, header};
use serde_json::Value;

/// Where a signed PUT goes to, and the PUT with these bytes.
pub(crate) fn put(signed: &Value, bytes: Bytes) -> anyhow::Result<(String, Request<Bytes>)> {
    let uri: Uri = signed["url"].as_str().context("the API has signed no URL")?.parse()?;
    let address = uri.authority().context("a signed URL names no store")?.to_string();
    let path = uri.path_and_query().context("a signed URL has no path")?.as_str().to_owned();
    let mut request = Request::put(path).header(header::HOST, &address);
    for (name, value) in signed["headers"].as_object().into_iter().flatten() {
        // The client counts by itself.
        if name != header::CONTENT_LENGTH.as_str() && name != header::HOST.as_str() {
            request = request.header(name, value.as_str().unwrap_or_default());
        }
    }
    Ok((address, request.body(bytes)?))
}
