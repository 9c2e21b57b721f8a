//! Uploads in parts: an object becomes visible once all of them are one file.

use std::{io, sync::Arc};

use s3s::{
    S3Error, S3Request, S3Result,
    crypto::{Checksum as _, Md5},
    dto::{
        CompleteMultipartUploadInput, CompletedPart, CreateMultipartUploadInput, ETag, UploadPartInput,
        UploadPartOutput,
    },
    s3_error,
};
use uuid::Uuid;

use super::{
    conditions::Condition,
    disk::{Commit, Disk, blocking, now},
    incoming::Announced,
    index::Object,
    multipart_index::{self as index, Part, Upload},
};

/// Numbers of parts are from 1 to this.
const PART_MAX: i32 = 10_000;
/// All parts but the last have this many bytes at least.
const PART_SIZE_MIN: i64 = 5 << 20;

/// Starts an upload, and tells its id.
pub(super) async fn create(disk: Arc<Disk>, input: CreateMultipartUploadInput) -> S3Result<String> {
    let upload = Upload {
        id: Uuid::new_v4().simple().to_string(),
        key: input.key,
        content_type: input.content_type,
        metadata: input.metadata.unwrap_or_default(),
        started: now(),
    };
    blocking(move || {
        disk.write(|transaction| index::start(transaction, &upload).map_err(S3Error::internal_error))?;
        Ok(upload.id)
    })
    .await
}

/// Takes a part.
pub(super) async fn upload_part(
    disk: Arc<Disk>,
    mut request: S3Request<UploadPartInput>,
) -> S3Result<UploadPartOutput> {
    let body = request.input.body.take();
    let md5 = request.input.content_md5.take();
    let announced = Announced::of(&request, request.input.content_length, md5)?;
    let UploadPartInput { key, upload_id, part_number: number, .. } = request.input;
    if !(1..=PART_MAX).contains(&number) {
        return Err(s3_error!(InvalidArgument, "Parts are numbered from 1 to {PART_MAX}"));
    }
    let (there, id, name) = (disk.clone(), upload_id.clone(), key.clone());
    blocking(move || upload_of(&there, &id, &name)).await?;
    let received = announced.receive(&disk, &key, body).await?;
    let (md5, checksum) = (received.md5.clone(), received.checksum.clone());
    let part = Part {
        number,
        file: received.file.name().to_owned(),
        size: received.size,
        md5: received.md5,
        sha256: received.checksum.checksum_sha256,
        last_modified: now(),
    };
    blocking(move || {
        disk.sync(&received.file)?;
        let earlier = disk.write(|transaction| {
            let upload = index::upload(transaction, &upload_id, &key).map_err(S3Error::internal_error)?;
            upload.ok_or_else(|| s3_error!(NoSuchUpload))?;
            index::put(transaction, &upload_id, &part).map_err(S3Error::internal_error)
        })?;
        received.file.keep();
        disk.remove(earlier.as_slice());
        Ok(())
    })
    .await?;
    Ok(UploadPartOutput {
        e_tag: Some(ETag::Strong(hex::encode(&md5))),
        checksum_crc32: checksum.checksum_crc32,
        checksum_crc32c: checksum.checksum_crc32c,
        checksum_crc64nvme: checksum.checksum_crc64nvme,
        checksum_sha1: checksum.checksum_sha1,
        checksum_sha256: checksum.checksum_sha256,
        ..UploadPartOutput::default()
    })
}

/// Makes an object of the named parts, and tells its `ETag`.
pub(super) async fn complete(disk: Arc<Disk>, input: CompleteMultipartUploadInput) -> S3Result<String> {
    let condition = Condition::of(input.if_match, input.if_none_match)?;
    let named = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    let (key, id, size) = (input.key, input.upload_id, input.mpu_object_size);
    blocking(move || {
        let upload = upload_of(&disk, &id, &key)?;
        let parts = chosen(disk.read(|connection| index::parts(connection, &id, 0, usize::MAX))?, &named)?;
        let mut file = disk.new_file(&key)?;
        let object = object_of(upload, &parts, file.name());
        if size.is_some_and(|size| size != object.size) {
            return Err(s3_error!(InvalidRequest, "The parts have another size than was announced"));
        }
        for part in &parts {
            // Gone if the part was sent again at this moment, or the upload was ended.
            let mut bytes = disk.open_file(&part.file).map_err(|error| s3_error!(error, InvalidPart))?;
            io::copy(&mut bytes, &mut file.file).map_err(S3Error::internal_error)?;
        }
        let etag = object.etag.clone();
        disk.commit(Commit { object, file, condition, upload: Some(id) })?;
        Ok(etag)
    })
    .await
}

/// Ends an upload without an object.
pub(super) async fn abort(disk: Arc<Disk>, id: String, key: String) -> S3Result<()> {
    blocking(move || {
        let files = disk.write(|transaction| {
            let upload = index::upload(transaction, &id, &key).map_err(S3Error::internal_error)?;
            upload.ok_or_else(|| s3_error!(NoSuchUpload))?;
            index::end(transaction, &id).map_err(S3Error::internal_error)
        })?;
        disk.remove(&files);
        Ok(())
    })
    .await
}

/// The upload of an id, if it is one of this key.
pub(super) fn upload_of(disk: &Disk, id: &str, key: &str) -> S3Result<Upload> {
    disk.read(|connection| index::upload(connection, id, key))?.ok_or_else(|| s3_error!(NoSuchUpload))
}

/// The parts that are named, if they are there, in order and large enough.
fn chosen(there: Vec<Part>, named: &[CompletedPart]) -> S3Result<Vec<Part>> {
    if named.is_empty() {
        return Err(s3_error!(MalformedXML, "An object has one part at least"));
    }
    if !named.is_sorted_by(|one, next| one.part_number < next.part_number) {
        return Err(s3_error!(InvalidPartOrder));
    }
    let is_named = |part: &Part, named: &CompletedPart| {
        let sha256 = named.checksum_sha256.as_ref();
        named.part_number == Some(part.number)
            && named.e_tag.as_ref().is_some_and(|etag| etag.value() == hex::encode(&part.md5))
            && sha256.is_none_or(|sha256| part.sha256.as_ref() == Some(sha256))
    };
    // Both are in the order of their numbers.
    let mut wanted = named.iter().peekable();
    let chosen: Vec<Part> =
        there.into_iter().filter(|part| wanted.next_if(|named| is_named(part, named)).is_some()).collect();
    if wanted.peek().is_some() {
        return Err(s3_error!(InvalidPart));
    }
    match chosen.split_last() {
        Some((_, earlier)) if earlier.iter().any(|part| part.size < PART_SIZE_MIN) => {
            Err(s3_error!(EntityTooSmall))
        }
        _ => Ok(chosen),
    }
}

fn object_of(upload: Upload, parts: &[Part], file: &str) -> Object {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(&part.md5);
    }
    Object {
        key: upload.key,
        file: file.to_owned(),
        size: parts.iter().map(|part| part.size).sum(),
        etag: format!("{}-{}", hex::encode(md5.finalize().as_ref()), parts.len()),
        content_type: upload.content_type,
        // S3 has none of a whole made of parts.
        sha256: None,
        metadata: upload.metadata,
        last_modified: now(),
    }
}
