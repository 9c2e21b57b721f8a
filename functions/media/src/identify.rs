//! Which of the ways of looking at a file is asked.

use file_types::{Finding, UNKNOWN};

use crate::{Source, ole, package, pdf, picture, signature, source::HEAD, text};

/// What a file is. Only a few bounded parts of it are read, however large it is.
///
/// Text comes before signatures, because short signatures are text themselves: what is text throughout and begins like
/// a GIF is a script that wants to be called a picture. Only PDF and RTF may be text throughout.
pub async fn identify(source: &impl Source) -> anyhow::Result<Finding> {
    let head = source.read(0, HEAD).await?;
    if package::begins(&head) {
        return package::identify(source, &head).await;
    }
    if ole::begins(&head) {
        return ole::identify(source, &head).await;
    }
    if pdf::begins(&head)
        && let Some(finding) = pdf::identify(source, &head).await?
    {
        return Ok(finding);
    }
    if head.starts_with(b"{\\rtf") {
        return Ok(Finding::of("application/rtf"));
    }
    let whole = head.len() as u64 >= source.size();
    if let Some(kind) = text::kind(&head, whole) {
        return Ok(Finding::text(kind));
    }
    let Some(content_type) = signature::content_type(source, &head).await? else {
        return Ok(Finding::of(UNKNOWN));
    };
    let size = picture::size(content_type, source, &head).await?;
    Ok(Finding {
        width: size.map(|size| size.width),
        height: size.map(|size| size.height),
        frames: picture::frames(content_type, &head),
        ..Finding::of(content_type)
    })
}
