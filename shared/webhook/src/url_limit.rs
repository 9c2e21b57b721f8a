//! At most two webhooks of a team may have the same URL, so that one event is not sent to a receiver a hundred
//! times. Webhooks in the trash do not count, so the limit is checked when one is restored.

use base::{Code, Error, Result, id::TeamId};
use resources::resource::Resource as _;
use resources::workspace_partition;
use table::{Condition, Key, Table, TableQuery, Write};

use crate::{StoredWebhook, WEBHOOK_PREFIX, stored::COUNT_KEY};

/// The most webhooks of a team with the same URL.
const SAME_URL_MAX: usize = 2;
/// A counter on the team's item that grows whenever a webhook takes a URL. Whoever has counted the webhooks
/// with a URL writes on the condition that it has not grown since.
const URLS: &str = "urls";

/// The condition that no webhook of the team has taken a URL since they were counted.
pub(crate) struct UrlCount(Condition);

impl UrlCount {
    /// The update with the URL taken as well, under the condition.
    pub(crate) fn claim_in(self, update: Write) -> Write {
        update.add(URLS, 1).and_when(self.0)
    }
}

/// Checks that fewer than [`SAME_URL_MAX`] other webhooks of the team have the URL.
///
/// # Errors
/// 409 when there are so many.
pub(crate) async fn check_url_limit(workspace: &Table, webhook: &StoredWebhook) -> Result<UrlCount> {
    // The counter is read first, so that the list that follows is at least as new.
    let item = workspace.get(count_key(&webhook.team)).await?;
    let counted = Condition::is_still(URLS, item.and_then(|mut item| item.remove(URLS)));
    let is_same = |other: &StoredWebhook| {
        other.id != webhook.id
            && other.trashed_at.is_none()
            && !other.destroyed
            && normalized(&other.url) == normalized(&webhook.url)
    };
    let same = all(workspace, &webhook.team).await?.into_iter().filter(is_same).count();
    if same >= SAME_URL_MAX { Err(url_limit_reached()) } else { Ok(UrlCount(counted)) }
}

/// The write by which a webhook takes its URL; none if it had it before this change.
///
/// # Errors
/// 409 when two others have it.
pub async fn claim_url(workspace: &Table, before: &str, webhook: &StoredWebhook) -> Result<Option<Write>> {
    if normalized(before) == normalized(&webhook.url) {
        return Ok(None);
    }
    take_url(workspace, webhook).await.map(Some)
}

/// The write by which a webhook takes its URL.
///
/// # Errors
/// 409 when two others have it.
pub(crate) async fn take_url(workspace: &Table, webhook: &StoredWebhook) -> Result<Write> {
    let update = workspace.update(count_key(&webhook.team));
    Ok(check_url_limit(workspace, webhook).await?.claim_in(update))
}

fn count_key(team: &TeamId) -> Key {
    Key::new(workspace_partition(team), COUNT_KEY)
}

async fn all(workspace: &Table, team: &TeamId) -> Result<Vec<StoredWebhook>> {
    let (mut webhooks, mut after) = (Vec::new(), None);
    loop {
        let query =
            TableQuery::partition(workspace_partition(team)).prefix(WEBHOOK_PREFIX).after(after.take());
        let found = workspace.query(query).await?;
        for item in &found.items {
            webhooks.push(StoredWebhook::from_item(item)?);
        }
        after = found.next;
        if after.is_none() {
            return Ok(webhooks);
        }
    }
}

/// The URL normalized for comparison (RFC 3986, section 6.2.2): without fragment, empty query, and unneeded
/// percent-encoding.
fn normalized(url: &str) -> String {
    let url = url.split('#').next().unwrap_or_default();
    unescaped(url.strip_suffix('?').unwrap_or(url))
}

/// Decodes percent-encoded letters, digits, `-`, `.`, `_` and `~`; writes all other percent-encodings in upper
/// case.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('%');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let escape = part.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let Some(digits) = escape else {
            plain.push('%');
            plain.push_str(part);
            continue;
        };
        match u8::from_str_radix(digits, 16).map(char::from) {
            Ok(letter) if letter.is_ascii_alphanumeric() || "-._~".contains(letter) => plain.push(letter),
            _ => {
                plain.push('%');
                plain.push_str(&digits.to_ascii_uppercase());
            }
        }
        plain.push_str(&part[2..]);
    }
    plain
}

fn url_limit_reached() -> Error {
    let detail = "Two webhooks of the team have this URL: one event would come there three times. Use one of them for more topics or types.";
    Error::new(Code::LimitReached, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_the_same_resource_are_equal_when_normalized() {
        for (one, other) in [
            ("https://example.com/a?b=1#one", "https://example.com/a?b=1#two"),
            ("https://example.com/a", "https://example.com/%61"),
            ("https://example.com/a", "https://example.com/a?"),
            ("https://example.com/a", "https://example.com/a?#b"),
            ("https://example.com/%2f", "https://example.com/%2F"),
            ("https://example.com/?a=%7e", "https://example.com/?a=~"),
        ] {
            assert_eq!(normalized(one), normalized(other), "{one} {other}");
        }
        for (one, other) in [
            ("https://example.com/a?b=1", "https://example.com/a?b=2"),
            ("https://example.com/a", "https://example.com/a/"),
            ("https://example.com/a/b", "https://example.com/a%2Fb"),
            ("https://example.com/%", "https://example.com/%25"),
            ("https://example.com/%zz", "https://example.com/zz"),
            ("https://example.com/%2561", "https://example.com/%61"),
        ] {
            assert_ne!(normalized(one), normalized(other), "{one} {other}");
        }
    }
}
