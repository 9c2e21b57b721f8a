//! Files that are sent in parts: each part by a URL of its own, and one file when all of them are there.

use std::time::Duration;

use anyhow::Context as _;
use aws_sdk_s3::{
    config::timeout::TimeoutConfig,
    error::{ProvideErrorMetadata, SdkError},
    types::{CompletedMultipartUpload, CompletedPart},
};
use base::Result;

use crate::{
    Bucket, FileKey, SignedUpload, absent, failed,
    signed::{kept_metadata, lasting},
};

/// Parts become a file within this time, or somebody asks again: API Gateway waits no longer than 29 seconds.
const JOIN_MAX: Duration = Duration::from_secs(25);

/// A part that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentPart {
    /// Its place, from 1 on.
    pub number: u32,
    /// Its bytes.
    pub size: u64,
    /// The tag of this very content.
    pub etag: String,
}

impl Bucket {
    /// Begins a file in parts, and gives the id of that.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn begin_parts(
        &self,
        key: &FileKey,
        content_type: &str,
        keep_metadata: bool,
    ) -> Result<String> {
        let call = self.client.create_multipart_upload().bucket(&self.name).key(key.as_str());
        let call = call.set_metadata(kept_metadata(keep_metadata));
        let begun = call.content_type(content_type).send().await.map_err(failed)?;
        Ok(begun.upload_id.context("the bucket gave no id")?)
    }

    /// A PUT of one part: its length is signed. A second one takes the place of the first.
    ///
    /// # Errors
    /// 503 when it cannot be signed.
    pub async fn sign_part(
        &self,
        (key, id): (&FileKey, &str),
        (number, size): (u32, u64),
        life: Duration,
    ) -> Result<SignedUpload> {
        let call = self.client.upload_part().bucket(&self.name).key(key.as_str()).upload_id(id);
        let call = call.part_number(i32::try_from(number).map_err(failed)?);
        let call = call.content_length(i64::try_from(size).map_err(failed)?);
        Ok(SignedUpload::of(&call.presigned(lasting(life)?).await.map_err(failed)?))
    }

    /// The parts that were sent, in their order; none if the file was joined, or given up.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn sent_parts(&self, key: &FileKey, id: &str) -> Result<Option<Vec<SentPart>>> {
        let (mut parts, mut after) = (Vec::new(), None);
        loop {
            let call = self.client.list_parts().bucket(&self.name).key(key.as_str()).upload_id(id);
            let answer = call.set_part_number_marker(after).send().await;
            let Some(page) = absent(answer, is_no_such_upload)? else { return Ok(None) };
            for part in page.parts.into_iter().flatten() {
                parts.push(SentPart {
                    number: part.part_number.and_then(|number| number.try_into().ok()).unwrap_or_default(),
                    size: part.size.and_then(|size| size.try_into().ok()).unwrap_or_default(),
                    etag: part.e_tag.unwrap_or_default(),
                });
            }
            after = page.next_part_number_marker.filter(|_| page.is_truncated == Some(true));
            if after.is_none() {
                return Ok(Some(parts));
            }
        }
    }

    /// Makes one file of these parts, if there is none yet. It is there afterwards, or was before, or was given up.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn join_parts(&self, key: &FileKey, id: &str, parts: &[SentPart]) -> Result<()> {
        let named = |part: &SentPart| {
            let number = i32::try_from(part.number).map_err(failed)?;
            Ok(CompletedPart::builder().part_number(number).e_tag(&part.etag).build())
        };
        let parts = parts.iter().map(named).collect::<Result<_>>()?;
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let call = self.client.complete_multipart_upload().bucket(&self.name).key(key.as_str());
        let call = call.upload_id(id).multipart_upload(parts).if_none_match("*").customize();
        let timeouts =
            TimeoutConfig::builder().operation_attempt_timeout(JOIN_MAX).operation_timeout(JOIN_MAX);
        let patient = aws_sdk_s3::config::Builder::new().timeout_config(timeouts.build());
        match call.config_override(patient).send().await {
            Ok(_) => Ok(()),
            Err(error) if is_over(&error) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Gives up a file in parts, with what was sent of it. It may be over.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn abort_parts(&self, key: &FileKey, id: &str) -> Result<()> {
        let call = self.client.abort_multipart_upload().bucket(&self.name).key(key.as_str()).upload_id(id);
        absent(call.send().await, is_no_such_upload).map(drop)
    }
}

/// Somebody else has joined the parts, or given them up.
fn is_over<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error
        .as_service_error()
        .is_some_and(|error| is_no_such_upload(error) || error.code() == Some("PreconditionFailed"))
}

fn is_no_such_upload<E: ProvideErrorMetadata>(error: &E) -> bool {
    error.code() == Some("NoSuchUpload")
}
