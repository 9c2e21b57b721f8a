//! Variants of pictures, which are made when somebody first asks for one. Who asks and who makes it know of each other by the
//! bucket alone: the request is an object, of which the bucket tells the function `media`.

use aws_sdk_s3::operation::head_object::HeadObjectError;
use base::{
    Result,
    id::{TeamId, UploadId},
};
use file_types::Variant;

use crate::{Bucket, FileKey, VariantKeys, absent, failed, key};

/// What the metadata of a variant is called that is not made yet: how often that was tried.
const ATTEMPT: &str = "attempt";
/// A request that stands already.
const PRECONDITION_FAILED: u16 = 412;

/// What there is of a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariantState {
    /// Nothing.
    Absent,
    /// It was tried so often to make it.
    Begun(u32),
    /// The picture.
    Made,
    /// It cannot be made.
    Failed,
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
        let attempt = found.metadata.and_then(|metadata| metadata.get(ATTEMPT)?.parse().ok());
        Ok(match attempt {
            Some(attempt) => VariantState::Begun(attempt),
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
        match call.send().await {
            Err(error) if error.raw_response().is_none_or(|r| r.status().as_u16() != PRECONDITION_FAILED) => {
                Err(failed(error))
            }
            _ => Ok(()),
        }
    }

    /// Stores that it is tried to make a variant, so that it is known if that ends whoever tries.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away.
    pub async fn begin_variant(&self, keys: &VariantKeys, attempt: u32) -> Result<()> {
        let call = self.client.put_object().bucket(&self.name).key(keys.made.as_str());
        call.metadata(ATTEMPT, attempt.to_string()).send().await.map_err(failed)?;
        Ok(())
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
        for variant in self.keys(key::VARIANTS).await? {
            let Some(original) = FileKey::of_variant(&variant) else { continue };
            if self.head(&original).await?.is_none() {
                self.delete(&FileKey(variant)).await?;
            }
        }
        Ok(())
    }
}
