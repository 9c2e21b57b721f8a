//! The keys of files: the team and the upload, and nothing that a client has chosen.

use std::fmt;

use base::id::{TeamId, UploadId};
use file_types::Variant;

/// What the keys of uploads begin with.
pub(crate) const UPLOADS: &str = "t/";
/// What the keys begin with under which it is kept what was found out about an upload.
pub(crate) const FINDINGS: &str = "f/";

/// What the keys of variants of pictures begin with.
pub(crate) const VARIANTS: &str = "v/";
/// What the keys begin with by which variants are asked for.
pub(crate) const REQUESTS: &str = "r/";

/// The key of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileKey(pub(crate) String);

impl FileKey {
    /// Where an upload lies.
    pub fn upload(team: &TeamId, upload: &UploadId) -> Self {
        Self(format!("{UPLOADS}{team}/{upload}"))
    }

    /// Where it is kept what was found out about an upload.
    pub fn finding(team: &TeamId, upload: &UploadId) -> Self {
        Self(format!("{FINDINGS}{team}/{upload}"))
    }

    /// The keys of an upload and of its finding, if the text is the key of an upload.
    pub fn parse_upload(text: &str) -> Option<(Self, Self)> {
        let (team, upload) = text.strip_prefix(UPLOADS)?.split_once('/')?;
        let (team, upload) = (TeamId::parse(team)?, UploadId::parse(upload)?);
        Some((Self::upload(&team, &upload), Self::finding(&team, &upload)))
    }

    /// The key of the upload that one of its variants is of.
    pub(crate) fn of_variant(text: &str) -> Option<Self> {
        let (upload, _) = text.strip_prefix(VARIANTS)?.rsplit_once('/')?;
        Self::parse_upload(&format!("{UPLOADS}{upload}")).map(|(upload, _)| upload)
    }

    /// The key as the bucket knows it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The keys of a variant of an uploaded picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantKeys {
    /// Which variant it is.
    pub variant: Variant,
    /// Where the picture lies.
    pub original: FileKey,
    /// Where the variant lies when it is made.
    pub made: FileKey,
    /// What is stored to ask for it.
    pub request: FileKey,
}

impl VariantKeys {
    /// Those of a variant.
    pub fn new(team: &TeamId, upload: &UploadId, variant: Variant) -> Self {
        let key = |prefix| FileKey(format!("{prefix}{team}/{upload}/{}", variant.name()));
        Self { variant, original: FileKey::upload(team, upload), made: key(VARIANTS), request: key(REQUESTS) }
    }

    /// The variant that is asked for, if the text is the key by which one is.
    pub fn parse_request(text: &str) -> Option<Self> {
        let (team, rest) = text.strip_prefix(REQUESTS)?.split_once('/')?;
        let (upload, variant) = rest.split_once('/')?;
        Some(Self::new(&TeamId::parse(team)?, &UploadId::parse(upload)?, Variant::parse(variant)?))
    }
}

impl fmt::Display for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_requests_for_variants_that_there_are_are_read() {
        let (team, upload) = (TeamId::new(), UploadId::new());
        for variant in Variant::ALL {
            let keys = VariantKeys::new(&team, &upload, variant);
            assert_eq!(VariantKeys::parse_request(keys.request.as_str()), Some(keys.clone()));
            assert_eq!(FileKey::of_variant(keys.made.as_str()), Some(keys.original));
        }
        for text in ["", "/huge", "/small/x"].map(|rest| format!("r/{team}/{upload}{rest}")) {
            assert_eq!(VariantKeys::parse_request(&text), None, "{text}");
            assert_eq!(FileKey::of_variant(&text), None, "{text}");
        }
    }

    #[test]
    fn only_keys_of_uploads_are_read() {
        let (team, upload) = (TeamId::new(), UploadId::new());
        let (key, finding) = (FileKey::upload(&team, &upload), FileKey::finding(&team, &upload));
        assert_eq!(FileKey::parse_upload(key.as_str()), Some((key.clone(), finding.clone())));
        for text in
            [finding.to_string(), format!("{key}/x"), format!("/{key}"), "t/".to_owned(), String::new()]
        {
            assert_eq!(FileKey::parse_upload(&text), None, "{text}");
        }
    }
}
