//! One URL stands at most twice in a team, so that nobody is told a hundred times of what happened once. Those in the trash do
//! not count: one that comes back has to find room.

use shared::{
    Code, Error, Result,
    id::TeamId,
    object_type::workspace_partition,
    table::{Query, When, Write, number},
    webhook::{StoredWebhook, WEBHOOK_PREFIX, webhook_count_key},
};

use crate::store::Store;

/// The most webhooks of a team with the same URL.
const SAME_URL_MAX: usize = 2;
/// The attribute that grows when a URL comes into a team: who has counted the same ones knows that nothing came between.
const URLS: &str = "urls";

/// That the URLs of a team are those that were counted.
pub(crate) struct Counted(When);

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
            Some(urls) => When::is_number(URLS, urls),
            None => When::Unset(URLS.to_owned()),
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
                Query::partition(workspace_partition(team)).prefix(WEBHOOK_PREFIX).after(after.take());
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

/// What of a URL a receiver gets to see.
fn target(url: &str) -> &str {
    url.split('#').next().unwrap_or_default()
}

fn twice() -> Error {
    let detail = "Two webhooks of the team have this URL: one event would come there three times. Use one of them for more topics or types.";
    Error::new(Code::LimitReached, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_makes_no_other_target_of_a_url() {
        assert_eq!(target("https://example.com/a?b=1#one"), target("https://example.com/a?b=1#two"));
        assert_ne!(target("https://example.com/a?b=1"), target("https://example.com/a?b=2"));
    }
}
