//! The bucket that files lie in: S3, or the store of one machine, which speaks the same protocol. Clients send and fetch the
//! bytes themselves, by URLs that are signed here.

mod key;
mod parts;
mod signed;
mod variants;

use std::{collections::HashSet, time::Duration};

use anyhow::Context as _;
use aws_sdk_s3::{
    Client,
    config::{
        BehaviorVersion, Region, RequestChecksumCalculation, ResponseChecksumValidation, retry::RetryConfig,
    },
    error::SdkError,
    primitives::{ByteStream, SdkBody},
};
use base::{Error, Result};
use table::{aws, config::Config};

pub use key::{FileKey, VariantKeys};
pub use parts::SentPart;
pub use signed::{NewFile, SignedUpload};
pub use variants::{Attempts, VariantState};

/// One attempt of a call may take so long: the longest ones send or fetch a picture.
const ATTEMPT_MAX: Duration = Duration::from_secs(10);
/// What the metadata of an object is called that was changed since it was sent: the checksum of what was sent.
const SENT_SHA256: &str = "sent-sha256";

/// The bucket.
#[derive(Clone)]
pub struct Bucket {
    client: Client,
    name: String,
}

/// What the metadata of an object is called of which nothing is cut out.
const KEEP_METADATA: &str = "keep-metadata";
/// Any value would do.
const YES: &str = "true";

/// What is known of a file without fetching it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its bytes.
    pub size: u64,
    /// The tag of this very content.
    pub etag: String,
    /// The type it was sent with.
    pub content_type: String,
    /// The checksum of what was sent, in hex, if it was changed since.
    pub sent_sha256: Option<String>,
    /// Whether nothing is to be cut out of it.
    pub keep_metadata: bool,
}

impl Bucket {
    /// The bucket `BUCKET`.
    ///
    /// # Errors
    /// When the environment names none, or lacks what the client needs.
    pub fn on_aws(config: &Config) -> anyhow::Result<Self> {
        let name = config.bucket.clone().context("BUCKET is not set")?;
        let endpoint = config.s3_endpoint.as_deref();
        let mut settings = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(config.region.clone()))
            .credentials_provider(aws::credentials(config)?)
            .http_client(aws::http_client(endpoint)?)
            .retry_config(RetryConfig::standard().with_max_attempts(4))
            .timeout_config(aws::timeouts_of(ATTEMPT_MAX))
            // A stand-in is reached by one name; so the bucket is part of the path there.
            .force_path_style(endpoint.is_some())
            // Whoever uses a URL would have to send the checksums that the SDK adds.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        settings.set_endpoint_url(config.s3_endpoint.clone());
        Ok(Self { client: Client::from_conf(settings.build()), name })
    }

    /// What is known of a file; none if there is none.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn head(&self, key: &FileKey) -> Result<Option<Head>> {
        let answer = self.client.head_object().bucket(&self.name).key(key.as_str()).send().await;
        let found = absent(answer, aws_sdk_s3::operation::head_object::HeadObjectError::is_not_found)?;
        Ok(found.map(|found| Head {
            keep_metadata: found
                .metadata
                .as_ref()
                .is_some_and(|metadata| metadata.contains_key(KEEP_METADATA)),
            size: found.content_length.and_then(|size| size.try_into().ok()).unwrap_or_default(),
            etag: found.e_tag.unwrap_or_default(),
            content_type: found.content_type.unwrap_or_default(),
            sent_sha256: found.metadata.and_then(|mut metadata| metadata.remove(SENT_SHA256)),
        }))
    }

    /// So many bytes of a file from there on, or as many as there are, if it is still the one with this head.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away, or something else was there.
    pub async fn read(&self, key: &FileKey, head: &Head, from: u64, length: usize) -> Result<Vec<u8>> {
        if length == 0 {
            return Ok(Vec::new());
        }
        let last = from.saturating_add(u64::try_from(length).unwrap_or(u64::MAX)).saturating_sub(1);
        let range = format!("bytes={from}-{last}");
        let call = self.client.get_object().bucket(&self.name).key(key.as_str());
        let call = call.if_match(&head.etag).range(range);
        let found = call.send().await.map_err(failed)?;
        Ok(found.body.collect().await.map_err(Error::unavailable)?.to_vec())
    }

    /// The whole of a file as a stream of pieces.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn stream(&self, key: &FileKey) -> Result<ByteStream> {
        let found = self.client.get_object().bucket(&self.name).key(key.as_str()).send().await;
        Ok(found.map_err(failed)?.body)
    }

    /// A small file of our own; none if there is none.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn get(&self, key: &FileKey) -> Result<Option<Vec<u8>>> {
        let answer = self.client.get_object().bucket(&self.name).key(key.as_str()).send().await;
        let found = absent(answer, aws_sdk_s3::operation::get_object::GetObjectError::is_no_such_key)?;
        let Some(found) = found else { return Ok(None) };
        Ok(Some(found.body.collect().await.map_err(Error::unavailable)?.to_vec()))
    }

    /// Stores a small file of our own.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn put(&self, key: &FileKey, content_type: &str, bytes: Vec<u8>) -> Result<()> {
        let call = self.client.put_object().bucket(&self.name).key(key.as_str()).content_type(content_type);
        call.body(ByteStream::new(SdkBody::from(bytes))).send().await.map_err(failed)?;
        Ok(())
    }

    /// Puts other bytes in the place of a file, if it is still the one with this head, and keeps the checksum of what was sent.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away, or something else was there.
    pub async fn replace(&self, key: &FileKey, head: &Head, bytes: Vec<u8>, sent_sha256: &str) -> Result<()> {
        let call = self.client.put_object().bucket(&self.name).key(key.as_str());
        let call =
            call.content_type(&head.content_type).if_match(&head.etag).metadata(SENT_SHA256, sent_sha256);
        call.body(ByteStream::new(SdkBody::from(bytes))).send().await.map_err(failed)?;
        Ok(())
    }

    /// The keys of all uploads that are in the bucket.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn uploads(&self) -> Result<Vec<String>> {
        self.keys(key::UPLOADS).await
    }

    /// The keys of those about which nothing was found out yet.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn uninspected(&self) -> Result<Vec<String>> {
        let findings: HashSet<String> = self.keys(key::FINDINGS).await?.into_iter().collect();
        let mut uploads = self.uploads().await?;
        uploads.retain(|upload| {
            let places = FileKey::parse_upload(upload);
            places.is_some_and(|(_, finding)| !findings.contains(finding.as_str()))
        });
        Ok(uploads)
    }

    /// All keys that begin so.
    async fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        let list = self.client.list_objects_v2().bucket(&self.name).prefix(prefix);
        let (mut keys, mut pages) = (Vec::new(), list.into_paginator().send());
        while let Some(page) = pages.next().await {
            keys.extend(page.map_err(failed)?.contents.into_iter().flatten().filter_map(|object| object.key));
        }
        Ok(keys)
    }

    /// Removes a file. There may be none.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn delete(&self, key: &FileKey) -> Result<()> {
        let call = self.client.delete_object().bucket(&self.name).key(key.as_str());
        call.send().await.map_err(failed)?;
        Ok(())
    }
}

fn failed(error: impl Into<anyhow::Error>) -> Error {
    Error::unavailable(error)
}

/// None where the error says that there is no such file.
fn absent<T, E, R>(answer: Result<T, SdkError<E, R>>, is_absent: fn(&E) -> bool) -> Result<Option<T>>
where
    E: std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.as_service_error().is_some_and(is_absent) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}
