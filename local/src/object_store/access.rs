//! Who may ask: who signed the request, with all of the headers that change what it does.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderName, Uri, header};
use s3s::{
    S3Result,
    access::{S3Access, S3AccessContext},
    s3_error,
};

/// The rule of the one bucket.
pub(super) struct Access {
    bucket: String,
}

impl Access {
    pub(super) fn new(bucket: String) -> Self {
        Self { bucket }
    }
}

#[async_trait::async_trait]
impl S3Access for Access {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "A signature is required"));
        }
        check_signed_headers(context.headers(), context.uri())?;
        match context.s3_path().get_bucket_name() {
            Some(bucket) if bucket != self.bucket => Err(s3_error!(NoSuchBucket)),
            _ => Ok(()),
        }
    }
}

/// Whether a request claims to be signed, by version 4; what is not is refused before anything of it is read. Version 2
/// does not say which headers are signed.
pub(super) fn claims_signature(headers: &HeaderMap, uri: &Uri) -> bool {
    match headers.get(header::AUTHORIZATION) {
        _ if query(uri, "Signature").is_some() => false,
        Some(value) => value.as_bytes().starts_with(b"AWS4-HMAC-SHA256"),
        None => query(uri, "X-Amz-Signature").is_some(),
    }
}

/// Refuses a header of Amazon's that is not under the signature, and a signed one that is missing, as S3 does. The
/// protocol's crate checks neither, and a URL for one PUT would otherwise be one for a copy of any object, by a header
/// `x-amz-copy-source`.
fn check_signed_headers(headers: &HeaderMap, uri: &Uri) -> S3Result<()> {
    let signed =
        signed_headers(headers, uri).ok_or_else(|| s3_error!(AccessDenied, "No header is signed"))?;
    let signed: Vec<&str> = signed.split(';').map(str::trim).collect();
    if let Some(missing) = signed.iter().find(|name| !headers.contains_key(**name)) {
        return Err(s3_error!(AccessDenied, "The signed header {missing} is missing"));
    }
    let needs_signature = |name: &&str| name.starts_with("x-amz-") || *name == "host";
    match headers.keys().map(HeaderName::as_str).filter(needs_signature).find(|name| !signed.contains(name)) {
        Some(name) => Err(s3_error!(AccessDenied, "The header {name} is not signed")),
        None => Ok(()),
    }
}

/// The names of the signed headers, from where the signature is.
fn signed_headers<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<Cow<'a, str>> {
    if query(uri, "X-Amz-Signature").is_some() {
        return query(uri, "X-Amz-SignedHeaders");
    }
    let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (_, names) = authorization.split_once("SignedHeaders=")?;
    names.split(',').next().map(Cow::Borrowed)
}

fn query<'a>(uri: &'a Uri, name: &str) -> Option<Cow<'a, str>> {
    let pairs = form_urlencoded::parse(uri.query()?.as_bytes());
    pairs.into_iter().find_map(|(key, value)| (key == name).then_some(value))
}
