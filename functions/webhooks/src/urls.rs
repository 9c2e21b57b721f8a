//! One URL stands at most twice in a team, so that nobody is told a hundred times of what happened once. Those in the trash do
//! not count: one that comes back has to find room.

use shared::{
    Code, Error, Result,
    id::TeamId,
    object_type::workspace_partition,
    table::{Condition, TableQuery, Write, number},
    webhook::{StoredWebhook, WEBHOOK_PREFIX, webhook_count_key},
};

use crate::store::Store;

/// The most webhooks of a team with the same URL.
const SAME_URL_MAX: usize = 2;
/// The attribute that grows when a URL comes into a team: who has counted the same ones knows that nothing came between.
const URLS: &str = "urls";

/// That the URLs of a team are those that were counted.
pub(crate) struct Counted(Condition);

impl Counted {
    /// The same update, with one URL more, if no other came between.
    pub(crate) fn taken_by(self, update: Write) -> Write {
        update.add(URLS, 1).and_when(self.0)
    }
}

impl Store {
    /// Whether there is room for the URL of a webhook.
    pub(crate) async fn room_for_url(&self, webhook: &StoredWebhook) -> Result<Counted> {
        // First, so that what is listed is as new at least.
        let item = self.workspace.get(webhook_count_key(&webhook.team)).await?;
        let counted = match item.and_then(|item| number(&item, URLS)) {
            Some(urls) => Condition::is_number(URLS, urls),
            None => Condition::AttributeMissing(URLS.to_owned()),
        };
        let is_same = |other: &StoredWebhook| {
            other.id != webhook.id
                && other.trashed_at.is_none()
                && !other.destroyed
                && target(&other.url) == target(&webhook.url)
        };
        let same = self.all(&webhook.team).await?.into_iter().filter(is_same).count();
        if same >= SAME_URL_MAX { Err(twice()) } else { Ok(Counted(counted)) }
    }

    /// The write by which a webhook takes its URL, if it had not before this change.
    pub(crate) async fn taking_url(
        &self,
        (url, was_trashed): (&str, bool),
        webhook: &StoredWebhook,
    ) -> Result<Option<Write>> {
        let takes = webhook.trashed_at.is_none() && (was_trashed || target(url) != target(&webhook.url));
        if !takes {
            return Ok(None);
        }
        let update = self.workspace.update(webhook_count_key(&webhook.team));
        Ok(Some(self.room_for_url(webhook).await?.taken_by(update)))
    }

    async fn all(&self, team: &TeamId) -> Result<Vec<StoredWebhook>> {
        let (mut webhooks, mut after) = (Vec::new(), None);
        loop {
            let query =
                TableQuery::partition(workspace_partition(team)).prefix(WEBHOOK_PREFIX).after(after.take());
            let found = self.workspace.query(query).await?;
            for item in &found.items {
                webhooks.push(StoredWebhook::from_item(item)?);
            }
            after = found.next;
            if after.is_none() {
                return Ok(webhooks);
            }
        }
    }
}

/// The place that requests to a saved URL come to, in one spelling (RFC 3986, section 6.2.2): without its fragment, an empty
/// query, and escapes of what needs none.
fn target(url: &str) -> String {
    let sent = url.split('#').next().unwrap_or_default();
    unescaped(sent.strip_suffix('?').unwrap_or(sent))
}

/// The text without escapes of letters, digits, `-`, `.`, `_` and `~`; those of all else in capitals.
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

fn twice() -> Error {
    let detail = "Two webhooks of the team have this URL: one event would come there three times. Use one of them for more topics or types.";
    Error::new(Code::LimitReached, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_one_spelling() {
        for (one, other) in [
            ("https://example.com/a?b=1#one", "https://example.com/a?b=1#two"),
            ("https://example.com/a", "https://example.com/%61"),
            ("https://example.com/a", "https://example.com/a?"),
            ("https://example.com/a", "https://example.com/a?#b"),
            ("https://example.com/%2f", "https://example.com/%2F"),
            ("https://example.com/?a=%7e", "https://example.com/?a=~"),
        ] {
            assert_eq!(target(one), target(other), "{one} {other}");
        }
        for (one, other) in [
            ("https://example.com/a?b=1", "https://example.com/a?b=2"),
            ("https://example.com/a", "https://example.com/a/"),
            ("https://example.com/a/b", "https://example.com/a%2Fb"),
            ("https://example.com/%", "https://example.com/%25"),
            ("https://example.com/%zz", "https://example.com/zz"),
            ("https://example.com/%2561", "https://example.com/%61"),
        ] {
            assert_ne!(target(one), target(other), "{one} {other}");
        }
    }
}
