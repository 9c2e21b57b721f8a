//! Objects on their way out.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    ops,
    sync::Arc,
};

use bytes::Bytes;
use futures_util::stream;
use s3s::{
    S3Error, S3Result,
    dto::{
        ETag, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, Range, StreamingBlob,
        Timestamp,
    },
    s3_error,
};
use time::OffsetDateTime;

use super::{
    conditions::ReadConditions,
    disk::{Disk, blocking},
    index::Object,
};

/// What is read at once.
const CHUNK: u64 = 256 << 10;

/// An object, or a range of it.
pub(super) async fn get(disk: Arc<Disk>, input: GetObjectInput) -> S3Result<GetObjectOutput> {
    if input.part_number.is_some() {
        return Err(s3_error!(NotImplemented, "Parts of an object cannot be read by number"));
    }
    let GetObjectInput { key, range, checksum_mode, if_match, if_none_match, .. } = input;
    let (if_modified_since, if_unmodified_since) = (input.if_modified_since, input.if_unmodified_since);
    let (object, file) = blocking(move || disk.object(&key)).await?;
    ReadConditions { if_match, if_none_match, if_modified_since, if_unmodified_since }.check(&object)?;
    let bytes = bytes_of(&object, range)?;
    let sha256 = object.sha256.filter(|_| checksum_mode.is_some() && range.is_none());
    Ok(GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(length(&bytes)?),
        content_range: range.map(|_| content_range(&bytes, object.size)),
        body: Some(StreamingBlob::wrap(stream_of(file, bytes))),
        content_type: object.content_type,
        checksum_sha256: sha256,
        e_tag: Some(ETag::Strong(object.etag)),
        last_modified: Some(timestamp(object.last_modified)?),
        metadata: Some(object.metadata),
        ..GetObjectOutput::default()
    })
}

/// What is known of an object.
pub(super) async fn head(disk: Arc<Disk>, input: HeadObjectInput) -> S3Result<HeadObjectOutput> {
    let HeadObjectInput { key, range, checksum_mode, if_match, if_none_match, .. } = input;
    let (if_modified_since, if_unmodified_since) = (input.if_modified_since, input.if_unmodified_since);
    let (object, _) = blocking(move || disk.object(&key)).await?;
    ReadConditions { if_match, if_none_match, if_modified_since, if_unmodified_since }.check(&object)?;
    let bytes = bytes_of(&object, range)?;
    let sha256 = object.sha256.filter(|_| checksum_mode.is_some() && range.is_none());
    Ok(HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(length(&bytes)?),
        content_range: range.map(|_| content_range(&bytes, object.size)),
        content_type: object.content_type,
        checksum_sha256: sha256,
        e_tag: Some(ETag::Strong(object.etag)),
        last_modified: Some(timestamp(object.last_modified)?),
        metadata: Some(object.metadata),
        ..HeadObjectOutput::default()
    })
}

/// A time as the protocol has it.
///
/// # Errors
/// When it is beyond the calendar.
pub(super) fn timestamp(milliseconds: i64) -> S3Result<Timestamp> {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000);
    time.map(Timestamp::from).map_err(S3Error::internal_error)
}

fn bytes_of(object: &Object, range: Option<Range>) -> S3Result<ops::Range<u64>> {
    let size = u64::try_from(object.size).map_err(S3Error::internal_error)?;
    match range {
        None => Ok(0..size),
        // A suffix of nothing is nothing, which no range can say.
        Some(_) if size == 0 => Err(s3_error!(InvalidRange)),
        Some(range) => Ok(range.check(size)?),
    }
}

fn length(bytes: &ops::Range<u64>) -> S3Result<i64> {
    i64::try_from(bytes.end.saturating_sub(bytes.start)).map_err(S3Error::internal_error)
}

fn content_range(bytes: &ops::Range<u64>, size: i64) -> String {
    format!("bytes {}-{}/{size}", bytes.start, bytes.end.saturating_sub(1))
}

/// Reads as fast as the client takes it: there is one chunk in memory at a time.
fn stream_of(
    file: File,
    bytes: ops::Range<u64>,
) -> impl futures_util::Stream<Item = Result<Bytes, S3Error>> + Send + Sync + 'static {
    stream::try_unfold((file, bytes), |(mut file, bytes)| async move {
        if bytes.is_empty() {
            return Ok(None);
        }
        blocking(move || {
            let end = bytes.end.min(bytes.start.saturating_add(CHUNK));
            let mut chunk = Vec::new();
            file.seek(SeekFrom::Start(bytes.start)).map_err(S3Error::internal_error)?;
            let wanted = end - bytes.start;
            let read = file.by_ref().take(wanted).read_to_end(&mut chunk).map_err(S3Error::internal_error)?;
            if u64::try_from(read) != Ok(wanted) {
                return Err(s3_error!(InternalError, "The file is shorter than the object"));
            }
            Ok(Some((Bytes::from(chunk), (file, end..bytes.end))))
        })
        .await
    })
}
