//! Variants of pictures, which are made when somebody first asks for one. Who asks and who makes it know of each other by the
//! bucket alone: the request is an object, of which the bucket tells the function `media`.

use std::collections::HashSet;

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::SdkError,
    operation::{head_object::HeadObjectError, put_object::builders::PutObjectFluentBuilder},
    primitives::ByteStream,
};
use base::{
    Result,
    id::{TeamId, UploadId},
};
use file_types::Variant;

use crate::{Bucket, FileKey, VariantKeys, absent, failed, key};

/// What the metadata of a variant is called that is not made yet: how often that was tried.
const ATTEMPT: &str = "attempt";
/// What is answered to a write whose condition does not hold.
const PRECONDITION_FAILED: u16 = 412;

/// What there is of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariantState {
    /// Nothing.
    Absent,
    /// It was tried to make it.
    Begun(Attempts),
    /// The picture.
    Made,
    /// It cannot be made.
    Failed,
}

/// How often it was tried to make a variant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// So often.
    pub count: u32,
    /// The tag of what says so.
    etag: Option<String>,
}

impl Attempts {
    /// The same write, on the condition that nothing else was written since.
    fn unchanged(&self, call: PutObjectFluentBuilder) -> PutObjectFluentBuilder {
        match &self.etag {
            Some(etag) => call.if_match(etag),
            None => call.if_none_match("*"),
        }
    }
}

impl Bucket {
    /// What there is of a variant.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn variant(&self, keys: &VariantKeys) -> Result<VariantState> {
        let answer = self.client.head_object().bucket(&self.name).key(keys.made.as_str()).send().await;
        let Some(found) = absent(answer, HeadObjectError::is_not_found)? else {
            return Ok(VariantState::Absent);
        };
        let count = found.metadata.and_then(|metadata| metadata.get(ATTEMPT)?.parse().ok());
        Ok(match count {
            Some(count) => VariantState::Begun(Attempts { count, etag: found.e_tag }),
            None if found.content_length == Some(0) => VariantState::Failed,
            None => VariantState::Made,
        })
    }

    /// Asks for a variant. Whoever has asked before has asked for all.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn ask_for_variant(&self, keys: &VariantKeys) -> Result<()> {
        let call = self.client.put_object().bucket(&self.name).key(keys.request.as_str()).if_none_match("*");
        unless_overtaken(call.send().await).map(drop)
    }

    /// Stores that it is tried once more to make a variant, so that it is known if that ends whoever tries. Returns false if
    /// somebody else has come before.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn begin_variant(&self, keys: &VariantKeys, before: &Attempts) -> Result<bool> {
        let call = self.client.put_object().bucket(&self.name).key(keys.made.as_str());
        let count = (before.count + 1).to_string();
        // It is the content too, by which its tag differs from that of the one before.
        let call = call.metadata(ATTEMPT, &count).body(ByteStream::from(count.into_bytes()));
        unless_overtaken(before.unchanged(call).send().await)
    }

    /// Stores that a variant cannot be made, unless somebody has made it or tries to.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn give_up_variant(&self, keys: &VariantKeys, before: &Attempts) -> Result<()> {
        let call = self.client.put_object().bucket(&self.name).key(keys.made.as_str());
        unless_overtaken(before.unchanged(call).send().await).map(drop)
    }

    /// Stores a variant, or that it cannot be made.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn store_variant(&self, keys: &VariantKeys, made: Option<Vec<u8>>) -> Result<()> {
        self.put(&keys.made, Variant::CONTENT_TYPE, made.unwrap_or_default()).await
    }

    /// Removes the variants of a picture, which is gone already: what is being made meanwhile its maker removes.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn remove_variants(&self, team: &TeamId, upload: &UploadId) -> Result<()> {
        for keys in Variant::ALL.map(|variant| VariantKeys::new(team, upload, variant)) {
            self.delete(&keys.request).await?;
            self.delete(&keys.made).await?;
        }
        Ok(())
    }

    /// The keys of the requests that nobody has answered.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn requests(&self) -> Result<Vec<String>> {
        self.keys(key::REQUESTS).await
    }

    /// Removes the variants of pictures that are gone. A process may have ended just when it had made one.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn remove_orphaned_variants(&self) -> Result<()> {
        let variants = self.keys(key::VARIANTS).await?;
        // They are listed first: what is sent meanwhile has none among them.
        let uploads: HashSet<String> = self.uploads().await?.into_iter().collect();
        for variant in variants {
            let Some(original) = FileKey::of_variant(&variant) else { continue };
            if !uploads.contains(original.as_str()) {
                self.delete(&FileKey(variant)).await?;
            }
        }
        Ok(())
    }
}

/// Whether a write with a condition was made; not if somebody else has written before.
fn unless_overtaken<T, E>(answer: std::result::Result<T, SdkError<E, HttpResponse>>) -> Result<bool>
where
    E: std::error::Error + Send + Sync + 'static,
{
    match answer {
        Ok(_) => Ok(true),
        Err(error)
            if error
                .raw_response()
                .is_some_and(|response| response.status().as_u16() == PRECONDITION_FAILED) =>
        {
            Ok(false)
        }
        Err(error) => Err(failed(error)),
    }
}
