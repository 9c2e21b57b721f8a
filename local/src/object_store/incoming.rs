//! The body of a request on its way into a file: counted, hashed, and compared with what was announced.

use std::{io::Write as _, mem, sync::Arc};

use axum::http::{HeaderMap, HeaderName};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::TryStreamExt as _;
use s3s::{
    S3Error, S3Request, S3Result, TrailingHeaders,
    checksum::ChecksumHasher,
    crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256},
    dto::{Checksum, StreamingBlob},
    header, s3_error,
};

use super::{
    disk::{Disk, blocking},
    new_file::NewFile,
};

/// What one request may carry.
const SIZE_MAX: i64 = 5 << 30;
/// Names the checksums that come behind the body.
const TRAILER: &str = "x-amz-trailer";
/// What is gathered before it is hashed and written.
const CHUNK: usize = 1 << 20;

/// What a request says of its body.
pub(super) struct Announced {
    length: i64,
    md5: Option<String>,
    headers: HeaderMap,
    trailers: Option<TrailingHeaders>,
}

/// A body that was what it was announced to be.
pub(super) struct Received {
    pub(super) file: NewFile,
    pub(super) size: i64,
    pub(super) md5: Vec<u8>,
    /// Of the kinds that were announced.
    pub(super) checksum: Checksum,
}

struct Sink {
    file: NewFile,
    md5: Md5,
    checksums: ChecksumHasher,
    size: i64,
}

impl Announced {
    /// From the headers.
    pub(super) fn of<T>(request: &S3Request<T>, length: Option<i64>, md5: Option<String>) -> S3Result<Self> {
        let length = length.ok_or_else(|| s3_error!(MissingContentLength))?;
        if length > SIZE_MAX {
            return Err(s3_error!(EntityTooLarge));
        }
        let (headers, trailers) = (request.headers.clone(), request.trailing_headers.clone());
        Ok(Self { length, md5, headers, trailers })
    }

    /// Writes the body into a new file. No more than a chunk of it is in memory at a time.
    ///
    /// # Errors
    /// When it is shorter or longer, or has another checksum. The file is gone then.
    pub(super) async fn receive(
        self,
        disk: &Arc<Disk>,
        key: &str,
        body: Option<StreamingBlob>,
    ) -> S3Result<Received> {
        let mut sink = Sink { file: disk.new_file(key)?, md5: Md5::new(), checksums: self.hasher(), size: 0 };
        let mut chunk = Vec::new();
        let mut seen: i64 = 0;
        if let Some(mut body) = body {
            while let Some(bytes) = body.try_next().await.map_err(incomplete)? {
                seen = i64::try_from(bytes.len()).map_or(i64::MAX, |length| seen.saturating_add(length));
                if seen > self.length {
                    return Err(s3_error!(IncompleteBody, "The body is longer than was announced"));
                }
                chunk.extend_from_slice(&bytes);
                if chunk.len() >= CHUNK {
                    let full = mem::take(&mut chunk);
                    sink = blocking(move || sink.take(&full)).await?;
                }
            }
        }
        if seen != self.length {
            return Err(s3_error!(IncompleteBody, "The body is shorter than was announced"));
        }
        blocking(move || self.check(sink.take(&chunk)?)).await
    }

    fn check(&self, sink: Sink) -> S3Result<Received> {
        let Sink { file, md5, checksums, size } = sink;
        let (md5, checksum) = (md5.finalize().as_ref().to_vec(), checksums.finalize());
        let computed = [
            (header::X_AMZ_CHECKSUM_CRC32, &checksum.checksum_crc32),
            (header::X_AMZ_CHECKSUM_CRC32C, &checksum.checksum_crc32c),
            (header::X_AMZ_CHECKSUM_CRC64NVME, &checksum.checksum_crc64nvme),
            (header::X_AMZ_CHECKSUM_SHA1, &checksum.checksum_sha1),
            (header::X_AMZ_CHECKSUM_SHA256, &checksum.checksum_sha256),
        ];
        let is_other = |(name, value): &(HeaderName, &Option<String>)| {
            value.is_some() && self.told(name).as_ref() != value.as_ref()
        };
        if computed.iter().any(is_other)
            || self.md5.as_ref().is_some_and(|told| *told != STANDARD.encode(&md5))
        {
            return Err(s3_error!(BadDigest, "The body has another checksum than was announced"));
        }
        Ok(Received { file, size, md5, checksum })
    }

    /// Hashes of the kinds that are announced.
    fn hasher(&self) -> ChecksumHasher {
        ChecksumHasher {
            crc32: self.announces(&header::X_AMZ_CHECKSUM_CRC32).then(Crc32::new),
            crc32c: self.announces(&header::X_AMZ_CHECKSUM_CRC32C).then(Crc32c::new),
            crc64nvme: self.announces(&header::X_AMZ_CHECKSUM_CRC64NVME).then(Crc64Nvme::new),
            sha1: self.announces(&header::X_AMZ_CHECKSUM_SHA1).then(Sha1::new),
            sha256: self.announces(&header::X_AMZ_CHECKSUM_SHA256).then(Sha256::new),
        }
    }

    /// Whether a checksum comes with the headers, or behind the body.
    fn announces(&self, name: &HeaderName) -> bool {
        let trailers = self.headers.get_all(TRAILER).iter();
        let mut names = trailers.filter_map(|value| value.to_str().ok()).flat_map(|names| names.split(','));
        self.headers.contains_key(name)
            || names.any(|trailer| trailer.trim().eq_ignore_ascii_case(name.as_str()))
    }

    /// A checksum that the client told.
    fn told(&self, name: &HeaderName) -> Option<String> {
        let text = |headers: &HeaderMap| headers.get(name)?.to_str().ok().map(str::to_owned);
        text(&self.headers).or_else(|| self.trailers.as_ref()?.read(text)?)
    }
}

impl Sink {
    fn take(mut self, chunk: &[u8]) -> S3Result<Self> {
        self.md5.update(chunk);
        self.checksums.update(chunk);
        self.file.file.write_all(chunk).map_err(S3Error::internal_error)?;
        self.size += i64::try_from(chunk.len()).map_err(S3Error::internal_error)?;
        Ok(self)
    }
}

/// The connection ended, or a signed part of the body is not what was signed.
fn incomplete(cause: s3s::StdError) -> S3Error {
    let mut error = s3_error!(IncompleteBody, "The body ended early, or is not what was signed");
    error.set_source(cause);
    error
}
