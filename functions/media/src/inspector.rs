//! Looks at a file that was sent: finds out what it is, cuts from a picture what tells where and by whom it was made, and leaves
//! a report beside it. What is asked of a picture later is asked here too.

use std::sync::Arc;

use base::{Error, Result};
use bucket::{Bucket, FileKey, Head, VariantKeys};
use file_types::{PICTURE_BYTES_MAX, Report, Verdict};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use crate::{Cut, Event, Source, identify, without_metadata};

/// Looks at files of a bucket.
#[derive(Clone)]
pub struct Inspector {
    pub(crate) bucket: Bucket,
    /// Held by whoever makes a variant.
    pub(crate) turns: Arc<Semaphore>,
}

/// A file of the bucket, read in pieces. Another look at the same time may put one without metadata in its place: then this one
/// fails, or it would tell of a part of each.
struct InBucket<'a> {
    bucket: &'a Bucket,
    key: &'a FileKey,
    head: &'a Head,
}

impl Source for InBucket<'_> {
    fn size(&self) -> u64 {
        self.head.size
    }

    async fn read(&self, from: u64, length: usize) -> anyhow::Result<Vec<u8>> {
        self.bucket.read(self.key, self.head, from, length).await.map_err(anyhow::Error::from)
    }
}

impl Inspector {
    /// One for this bucket.
    pub fn new(bucket: Bucket) -> Self {
        Self { bucket, turns: Arc::new(Semaphore::new(1)) }
    }

    /// Looks at the files of a notification, and makes the variants that it asks for. S3 sends one at least once, and nothing is
    /// done twice.
    ///
    /// # Errors
    /// 503 when the bucket is busy or away: Lambda tries again.
    pub async fn handle(&self, event: Event) -> Result<()> {
        for record in &event.records {
            if let Some((file, report)) = FileKey::parse_upload(record.key()) {
                self.inspect(&file, &report).await?;
            } else if let Some(keys) = VariantKeys::parse_request(record.key()) {
                self.answer(&keys).await?;
            }
        }
        Ok(())
    }

    async fn inspect(&self, file: &FileKey, report: &FileKey) -> Result<()> {
        let Some(head) = self.bucket.head(file).await? else { return Ok(()) };
        if self.bucket.head(report).await?.is_some() {
            return Ok(());
        }
        let found = self.report(file, &head).await?;
        let text = serde_json::to_vec(&found).map_err(anyhow::Error::from)?;
        self.bucket.put(report, "application/json", text).await
    }

    /// What is found. Where metadata is cut out, what is left is stored first, with the checksum of what was sent, so that a
    /// second look after an interruption comes to the same.
    async fn report(&self, file: &FileKey, head: &Head) -> Result<Report> {
        let source = InBucket { bucket: &self.bucket, key: file, head };
        let finding = identify(&source).await.map_err(Error::unavailable)?;
        // No larger picture can be told of, so this is none by its name.
        if !finding.is_picture() || head.size > PICTURE_BYTES_MAX {
            let sha256 = self.sha256(file).await?;
            let (size, sent_sha256) = (head.size, sha256.clone());
            return Ok(Report { size, sha256, sent_sha256, verdict: Verdict::Found(finding) });
        }
        let length = usize::try_from(head.size).map_err(anyhow::Error::from)?;
        let bytes = self.bucket.read(file, head, 0, length).await?;
        let sha256 = hex::encode(Sha256::digest(&bytes));
        let sent_sha256 = head.sent_sha256.clone().unwrap_or_else(|| sha256.clone());
        let of = |size, sha256, verdict| Report { size, sha256, sent_sha256: sent_sha256.clone(), verdict };
        match without_metadata(&finding.content_type, bytes) {
            // It was read all the same, to know whether it is whole.
            Ok(Cut::Changed(_)) if head.keep_metadata => Ok(of(head.size, sha256, Verdict::Found(finding))),
            Ok(Cut::Same) => Ok(of(head.size, sha256, Verdict::Found(finding))),
            Ok(Cut::Changed(bytes)) => {
                let size = u64::try_from(bytes.len()).map_err(anyhow::Error::from)?;
                let hash = hex::encode(Sha256::digest(&bytes));
                self.bucket.replace(file, head, bytes, &sent_sha256).await?;
                Ok(of(size, hash, Verdict::Found(finding)))
            }
            Err(_) => Ok(of(head.size, sha256, Verdict::Damaged)),
        }
    }

    async fn sha256(&self, file: &FileKey) -> Result<String> {
        let (mut hash, mut pieces) = (Sha256::new(), self.bucket.stream(file).await?);
        while let Some(piece) = pieces.next().await {
            hash.update(piece.map_err(Error::unavailable)?);
        }
        Ok(hex::encode(hash.finalize()))
    }
}
