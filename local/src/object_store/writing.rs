//! Objects on their way in, as a whole or from another object.

use std::{
    io::{self, Read, Write},
    sync::Arc,
};

use s3s::{
    S3Error, S3Request, S3Result,
    crypto::{Checksum as _, Md5},
    dto::{
        CopyObjectInput, CopyObjectResult, CopySource, ETag, MetadataDirective, PutObjectInput,
        PutObjectOutput,
    },
    s3_error,
};

use super::{
    conditions::{Condition, ReadConditions},
    disk::{Commit, Disk, blocking, now},
    incoming::Announced,
    index::Object,
    reading,
};

/// What is copied at once.
const CHUNK: u64 = 1 << 20;

/// Takes an object.
pub(super) async fn put(
    disk: Arc<Disk>,
    mut request: S3Request<PutObjectInput>,
) -> S3Result<PutObjectOutput> {
    let body = request.input.body.take();
    let md5 = request.input.content_md5.take();
    let announced = Announced::of(&request, request.input.content_length, md5)?;
    let PutObjectInput { key, content_type, metadata, if_match, if_none_match, .. } = request.input;
    let condition = Condition::of(if_match, if_none_match)?;
    let received = announced.receive(&disk, &key, body).await?;
    let checksum = received.checksum;
    let object = Object {
        key,
        file: received.file.name().to_owned(),
        size: received.size,
        etag: hex::encode(&received.md5),
        content_type,
        sha256: checksum.checksum_sha256.clone(),
        metadata: metadata.unwrap_or_default(),
        last_modified: now(),
    };
    let etag = object.etag.clone();
    let commit = Commit { object, file: received.file, condition, upload: None };
    blocking(move || disk.commit(commit)).await?;
    Ok(PutObjectOutput {
        e_tag: Some(ETag::Strong(etag)),
        checksum_crc32: checksum.checksum_crc32,
        checksum_crc32c: checksum.checksum_crc32c,
        checksum_crc64nvme: checksum.checksum_crc64nvme,
        checksum_sha1: checksum.checksum_sha1,
        checksum_sha256: checksum.checksum_sha256,
        ..PutObjectOutput::default()
    })
}

/// Makes an object of another one of the bucket.
pub(super) async fn copy(disk: Arc<Disk>, input: CopyObjectInput) -> S3Result<CopyObjectResult> {
    let CopySource::Bucket { bucket, key: source, version_id: None } = &input.copy_source else {
        return Err(s3_error!(NotImplemented, "There is one bucket, without versions"));
    };
    if **bucket != input.bucket {
        return Err(s3_error!(NoSuchBucket));
    }
    let is_new =
        input.metadata_directive.as_ref().map(MetadataDirective::as_str) == Some(MetadataDirective::REPLACE);
    if !is_new && **source == input.key {
        return Err(s3_error!(InvalidRequest, "A copy onto itself changes nothing"));
    }
    let source = source.to_string();
    blocking(move || {
        let (there, mut bytes) = disk.object(&source)?;
        check_source(&input, &there)?;
        let mut file = disk.new_file(&input.key)?;
        let md5 = copy_hashed(&mut bytes, &mut file.file).map_err(S3Error::internal_error)?;
        let (content_type, metadata) = if is_new {
            (input.content_type, input.metadata.unwrap_or_default())
        } else {
            (there.content_type, there.metadata)
        };
        let object = Object {
            key: input.key,
            file: file.name().to_owned(),
            etag: hex::encode(&md5),
            content_type,
            metadata,
            last_modified: now(),
            ..there
        };
        let result = CopyObjectResult {
            e_tag: Some(ETag::Strong(object.etag.clone())),
            checksum_sha256: object.sha256.clone(),
            last_modified: Some(reading::timestamp(object.last_modified)?),
            ..CopyObjectResult::default()
        };
        disk.commit(Commit { object, file, condition: Condition::None, upload: None })?;
        Ok(result)
    })
    .await
}

/// What a copy asks of its source. S3 answers 412 to all of them.
fn check_source(input: &CopyObjectInput, source: &Object) -> S3Result<()> {
    let conditions = ReadConditions {
        if_match: input.copy_source_if_match.clone(),
        if_none_match: input.copy_source_if_none_match.clone(),
        if_modified_since: input.copy_source_if_modified_since.clone(),
        if_unmodified_since: input.copy_source_if_unmodified_since.clone(),
    };
    conditions.check(source).map_err(|_| s3_error!(PreconditionFailed))
}

/// Copies a file, and tells the MD5: that of an object of parts is not the one of its bytes.
fn copy_hashed(mut from: impl Read, mut to: impl Write) -> io::Result<Vec<u8>> {
    let (mut md5, mut chunk) = (Md5::new(), Vec::new());
    loop {
        chunk.clear();
        from.by_ref().take(CHUNK).read_to_end(&mut chunk)?;
        if chunk.is_empty() {
            return Ok(md5.finalize().as_ref().to_vec());
        }
        md5.update(&chunk);
        to.write_all(&chunk)?;
    }
}
