//! What becomes of an upload by what `media` has found in its bytes: ready if they are what its name says, else rejected.

use file_types::{Report, Verdict, agrees, by_extension, may_be_inline};
use upload::{Content, Rejection, Upload, UploadStatus};

/// The upload with what was found out about it.
pub(crate) fn settled(upload: Upload, report: Report) -> Upload {
    let Report { size, sha256, sent_sha256, verdict } = report;
    let is_other = upload.sent_sha256.as_ref().is_some_and(|told| *told != sent_sha256);
    let outcome = match verdict {
        // Of what is sent as a whole the store has checked it; of parts nobody knows the whole before it is read.
        _ if is_other => Err(Rejection::Checksum),
        Verdict::Damaged => Err(Rejection::Damaged),
        Verdict::Found(finding) => match by_extension(&upload.filename) {
            Some(kind) if agrees(kind, &finding) => Ok((kind, finding)),
            _ => Err(Rejection::Mismatch),
        },
    };
    let upload = Upload { size, sent_sha256: Some(sent_sha256), ..upload };
    match outcome {
        Ok((kind, finding)) => {
            let content = Content {
                content_type: kind.content_type.to_owned(),
                category: kind.category,
                inline: may_be_inline(kind, &finding),
                sha256,
                flags: finding.flags,
                width: finding.width,
                height: finding.height,
                variants_failed: false,
            };
            Upload { status: UploadStatus::Ready, content: Some(content), ..upload }
        }
        Err(reason) => Upload { status: UploadStatus::Rejected, reason: Some(reason), ..upload },
    }
}
