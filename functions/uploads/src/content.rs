//! The content of an upload: a URL of the original, or of a smaller picture.

use std::time::Duration;

use api::Member;
use base::{Result, Timestamp};
use bucket::{FileKey, VariantKeys, VariantState};
use file_types::{Disposition, Variant, content_disposition};
use resources::resource::Resource as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::applied;
use upload::{Content, Download, StoredUpload, Upload, Variants};

use crate::{
    Store,
    store::{LOOK_INTERVAL, LOOKS_MAX},
};

/// So long a URL of the content lasts.
const GET_SECONDS: i64 = 5 * 60;
const GET_LIFE: Duration = Duration::from_secs(GET_SECONDS.unsigned_abs());
/// What is served in no form of its own.
const BYTES: &str = "application/octet-stream";

/// A URL of the content, for who has it, as long as it lasts.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ContentUrl {
    /// Where to fetch the bytes, without a credential.
    url: String,
    /// What they come as.
    content_type: String,
    /// Whether a browser shows or saves them.
    disposition: Disposition,
    /// Which picture it is: the original where the one that was asked for cannot be made, or takes longer.
    variant: Shown,
    /// When the URL ends.
    expires_at: Timestamp,
}

/// How the content is asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContentQuery {
    /// What a browser is to do with it. Types in which something can run are always saved.
    disposition: Option<Disposition>,
    /// A smaller picture, as WebP, instead of the original.
    variant: Option<Shown>,
}

/// A picture, or what else was sent, in one of its sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "UploadVariant")]
pub(crate) enum Shown {
    /// What was sent.
    #[default]
    Original,
    /// In a list: the longest side has at most 128 pixels.
    Small,
    /// In a text: at most 512 pixels.
    Medium,
    /// On a whole screen: at most 2,048 pixels.
    Large,
}

impl Shown {
    /// None for the original.
    const fn variant(self) -> Option<Variant> {
        match self {
            Self::Original => None,
            Self::Small => Some(Variant::Small),
            Self::Medium => Some(Variant::Medium),
            Self::Large => Some(Variant::Large),
        }
    }
}

impl Store {
    /// A URL of the content of an upload that is ready.
    pub(crate) async fn content_url(
        &self,
        by: &Member,
        upload: &StoredUpload,
        query: ContentQuery,
    ) -> Result<ContentUrl> {
        let wanted = query.variant.unwrap_or_default();
        let made = match wanted.variant() {
            Some(variant) => self.made(upload, variant).await?,
            None => None,
        };
        let is_inline = matches!(query.disposition, Some(Disposition::Inline));
        let content = upload.body.content.as_ref();
        let shown_as = match (&made, content) {
            (Some(_), _) => Some(Variant::CONTENT_TYPE),
            (None, Some(content)) if content.inline => Some(&*content.content_type),
            _ => None,
        };
        let (content_type, disposition) = match shown_as.filter(|_| is_inline) {
            Some(content_type) => (content_type, Disposition::Inline),
            None => (BYTES, Disposition::Attachment),
        };
        let (key, filename, variant) = match made {
            Some(keys) => (keys.made, keys.variant.filename(&upload.body.filename), wanted),
            None => {
                (FileKey::upload(&upload.team, &upload.id), upload.body.filename.clone(), Shown::Original)
            }
        };
        let now = self.now();
        // A page shows forty of the smallest at once: they would fill the audit log, and tell little.
        if variant != Shown::Small {
            Download::store(&self.uploads.tables.workspace, upload, by.actor(), now).await?;
        }
        let expires_at = now.plus_seconds(GET_SECONDS);
        let header = content_disposition(disposition, &filename);
        let url = self.bucket.sign_get(&key, (content_type, &header), GET_LIFE).await?;
        Ok(ContentUrl { url, content_type: content_type.to_owned(), disposition, variant, expires_at })
    }

    /// The smaller picture, if it is there, or is made in a moment.
    async fn made(&self, upload: &StoredUpload, variant: Variant) -> Result<Option<VariantKeys>> {
        if upload.body.content.as_ref().map(Content::variants) != Some(Variants::OnDemand) {
            return Ok(None);
        }
        let keys = VariantKeys::new(&upload.team, &upload.id, variant);
        for look in 0..LOOKS_MAX {
            match self.bucket.variant(&keys).await? {
                VariantState::Made => return Ok(Some(keys)),
                VariantState::Failed => {
                    self.store_failure(upload).await?;
                    return Ok(None);
                }
                VariantState::Absent | VariantState::Begun(_) if look == 0 => {
                    self.bucket.ask_for_variant(&keys).await?;
                }
                VariantState::Absent | VariantState::Begun(_) => {}
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
        Ok(None)
    }

    /// Stores that there are no variants, so that nobody waits for one again.
    async fn store_failure(&self, upload: &StoredUpload) -> Result<()> {
        let Some(content) = upload.body.content.clone() else { return Ok(()) };
        let content = Some(Content { variants_failed: true, ..content });
        let workspace = &self.uploads.tables.workspace;
        // Its version stays: nobody has changed it.
        let mut after = upload.clone().with_body(Upload { content, ..upload.body.clone() });
        let writes = upload.replacement(&mut after, workspace, self.now())?;
        applied(workspace.transact(writes).await).map(drop)
    }
}
