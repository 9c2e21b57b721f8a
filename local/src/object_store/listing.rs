//! Objects of a prefix, page by page.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use s3s::{
    S3Result,
    dto::{ETag, EncodingType, ListObjectsV2Input, ListObjectsV2Output, Object},
    s3_error,
};

use super::{
    disk::{Disk, blocking},
    index, reading,
};

/// The largest page, of every kind of list.
const PAGE_MAX: i32 = 1_000;

/// The next objects.
pub(super) async fn list(disk: Arc<Disk>, input: ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
    if input.delimiter.is_some() {
        return Err(s3_error!(NotImplemented, "Keys are flat: there is no list by a delimiter"));
    }
    let max_keys = input.max_keys.unwrap_or(PAGE_MAX);
    let page = page_of(max_keys)?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let after = match &input.continuation_token {
        Some(token) => key_of(token)?,
        None => input.start_after.clone().unwrap_or_default(),
    };
    let found = blocking(move || disk.read(|index| index::objects(index, &prefix, &after, page + 1))).await?;
    let (found, is_truncated) = cut(found, page);
    let last = found.last().filter(|_| is_truncated);
    let next_continuation_token = last.map(|object| URL_SAFE_NO_PAD.encode(&object.key));
    let is_encoded = input.encoding_type.as_ref().map(EncodingType::as_str) == Some(EncodingType::URL);
    let text = |key: String| if is_encoded { encoded(&key) } else { key };
    let contents = found.into_iter().map(|object| listed(object, text));
    let contents: Vec<Object> = contents.collect::<S3Result<_>>()?;
    Ok(ListObjectsV2Output {
        key_count: i32::try_from(contents.len()).ok(),
        contents: Some(contents),
        name: Some(input.bucket),
        prefix: input.prefix.map(text),
        max_keys: Some(max_keys),
        continuation_token: input.continuation_token,
        start_after: input.start_after.map(text),
        encoding_type: input.encoding_type,
        is_truncated: Some(is_truncated),
        next_continuation_token,
        ..ListObjectsV2Output::default()
    })
}

/// How many a page has.
pub(super) fn page_of(wanted: i32) -> S3Result<usize> {
    usize::try_from(wanted.min(PAGE_MAX)).map_err(|_| s3_error!(InvalidArgument, "A page has no less than 0"))
}

/// Cuts what was found, one more than a page, to the page, and tells whether there is more.
pub(super) fn cut<T>(mut found: Vec<T>, page: usize) -> (Vec<T>, bool) {
    // A page of none has no last one to go on from.
    let is_truncated = page > 0 && found.len() > page;
    found.truncate(page);
    (found, is_truncated)
}

fn key_of(token: &str) -> S3Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| s3_error!(InvalidArgument, "The continuation token is none of this store"))
}

/// A key as a list has it whose reader asks for it: XML cannot hold every character that a key can.
fn encoded(key: &str) -> String {
    form_urlencoded::byte_serialize(key.as_bytes()).collect()
}

fn listed(object: index::Object, text: impl Fn(String) -> String) -> S3Result<Object> {
    Ok(Object {
        e_tag: Some(ETag::Strong(object.etag)),
        key: Some(text(object.key)),
        last_modified: Some(reading::timestamp(object.last_modified)?),
        size: Some(object.size),
        ..Object::default()
    })
}
