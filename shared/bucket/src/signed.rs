//! URLs by which a client sends or fetches the bytes of one file, for a time. They carry what they are for in their signature
//! (AWS Signature Version 4, query parameters).

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use base::Result;
use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::{Bucket, FileKey, KEEP_METADATA, YES, failed};

/// What a file is to be, exactly. The store refuses another one.
#[derive(Clone, Copy, Debug)]
pub struct NewFile<'a> {
    /// Its bytes.
    pub size: u64,
    /// Its type.
    pub content_type: &'a str,
    /// Its SHA-256, if it is known beforehand.
    pub sha256: Option<&'a [u8]>,
    /// Whether nothing is to be cut out of it.
    pub keep_metadata: bool,
}

/// A PUT that is allowed by its URL, if it is sent with just these headers.
#[derive(Clone, Debug)]
pub struct SignedUpload {
    /// The URL.
    pub url: String,
    /// The headers.
    pub headers: BTreeMap<String, String>,
}

impl SignedUpload {
    pub(crate) fn of(signed: &PresignedRequest) -> Self {
        let headers = signed.headers().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
        Self { headers: headers.collect(), url: signed.uri().to_owned() }
    }
}

impl Bucket {
    /// A PUT that makes this one file, once: length, type and checksum are signed, and that nothing is there yet.
    ///
    /// # Errors
    /// 503 when it cannot be signed.
    pub async fn sign_put(&self, key: &FileKey, file: NewFile<'_>, life: Duration) -> Result<SignedUpload> {
        let call = self.client.put_object().bucket(&self.name).key(key.as_str());
        let call = call.content_type(file.content_type).if_none_match("*");
        let call = call.content_length(i64::try_from(file.size).map_err(failed)?);
        let call = call.set_checksum_sha256(file.sha256.map(|hash| BASE64_STANDARD.encode(hash)));
        let call = call.set_metadata(kept_metadata(file.keep_metadata));
        Ok(SignedUpload::of(&call.presigned(lasting(life)?).await.map_err(failed)?))
    }

    /// A URL that answers with the bytes of a file, as this type and with this `Content-Disposition` whatever it was sent as.
    ///
    /// # Errors
    /// 503 when it cannot be signed.
    pub async fn sign_get(
        &self,
        key: &FileKey,
        (content_type, disposition): (&str, &str),
        life: Duration,
    ) -> Result<String> {
        let call = self.client.get_object().bucket(&self.name).key(key.as_str());
        let call = call.response_content_type(content_type).response_content_disposition(disposition);
        let call = call.response_cache_control("private, no-store");
        Ok(call.presigned(lasting(life)?).await.map_err(failed)?.uri().to_owned())
    }
}

/// What tells who looks at the file that nothing is to be cut out of it.
pub(crate) fn kept_metadata(is_kept: bool) -> Option<HashMap<String, String>> {
    is_kept.then(|| HashMap::from([(KEEP_METADATA.to_owned(), YES.to_owned())]))
}

pub(crate) fn lasting(life: Duration) -> Result<PresigningConfig> {
    PresigningConfig::expires_in(life).map_err(failed)
}
