//! The keys of files: the team and the upload, and nothing that a client has chosen.

use std::fmt;

use base::id::{TeamId, UploadId};

/// What the keys of uploads begin with.
pub(crate) const UPLOADS: &str = "t/";
/// What the keys begin with under which it is kept what was found out about an upload.
pub(crate) const FINDINGS: &str = "f/";

/// The key of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileKey(String);

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

    /// The key as the bucket knows it.
    pub fn as_str(&self) -> &str {
        &self.0
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
