//! Uploads in parts and their parts, page by page.

use std::sync::Arc;

use s3s::{
    S3Result,
    dto::{
        ETag, ListMultipartUploadsInput, ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput,
        MultipartUpload, Part as ListedPart,
    },
    s3_error,
};

use super::{
    disk::{Disk, blocking},
    listing,
    multipart::upload_of,
    multipart_index::{self as index, Part, Upload},
    reading,
};

/// The parts that were sent.
pub(super) async fn list_parts(disk: Arc<Disk>, input: ListPartsInput) -> S3Result<ListPartsOutput> {
    let page = listing::page_of(input.max_parts.unwrap_or(i32::MAX))?;
    let (id, key) = (input.upload_id.clone(), input.key.clone());
    let after = input.part_number_marker.unwrap_or_default();
    let found = blocking(move || {
        upload_of(&disk, &id, &key)?;
        disk.read(|connection| index::parts(connection, &id, after, page + 1))
    })
    .await?;
    let (found, is_truncated) = listing::cut(found, page);
    Ok(ListPartsOutput {
        next_part_number_marker: found.last().filter(|_| is_truncated).map(|part| part.number),
        parts: Some(found.into_iter().map(listed_part).collect::<S3Result<_>>()?),
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        is_truncated: Some(is_truncated),
        max_parts: i32::try_from(page).ok(),
        ..ListPartsOutput::default()
    })
}

/// The uploads that go on.
pub(super) async fn list(
    disk: Arc<Disk>,
    input: ListMultipartUploadsInput,
) -> S3Result<ListMultipartUploadsOutput> {
    if input.delimiter.is_some() {
        return Err(s3_error!(NotImplemented, "Keys are flat: there is no list by a delimiter"));
    }
    let page = listing::page_of(input.max_uploads.unwrap_or(i32::MAX))?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let key = input.key_marker.unwrap_or_default();
    // Without an id the whole key is behind: no id is above this.
    let id = input.upload_id_marker.unwrap_or_else(|| char::MAX.to_string());
    let found =
        blocking(move || disk.read(|connection| index::uploads(connection, &prefix, (&key, &id), page + 1)))
            .await?;
    let (found, is_truncated) = listing::cut(found, page);
    let last = found.last().filter(|_| is_truncated);
    Ok(ListMultipartUploadsOutput {
        next_key_marker: last.map(|upload| upload.key.clone()),
        next_upload_id_marker: last.map(|upload| upload.id.clone()),
        uploads: Some(found.into_iter().map(listed).collect::<S3Result<_>>()?),
        bucket: Some(input.bucket),
        prefix: input.prefix,
        is_truncated: Some(is_truncated),
        max_uploads: i32::try_from(page).ok(),
        ..ListMultipartUploadsOutput::default()
    })
}

fn listed_part(part: Part) -> S3Result<ListedPart> {
    Ok(ListedPart {
        e_tag: Some(ETag::Strong(hex::encode(&part.md5))),
        part_number: Some(part.number),
        size: Some(part.size),
        checksum_sha256: part.sha256,
        last_modified: Some(reading::timestamp(part.last_modified)?),
        ..ListedPart::default()
    })
}

fn listed(upload: Upload) -> S3Result<MultipartUpload> {
    Ok(MultipartUpload {
        initiated: Some(reading::timestamp(upload.started)?),
        key: Some(upload.key),
        upload_id: Some(upload.id),
        ..MultipartUpload::default()
    })
}
