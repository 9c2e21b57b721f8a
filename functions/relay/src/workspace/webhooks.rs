//! What happens to a webhook. Its keys are never told, and of its URL only the host: the rest may be a secret of the
//! receiver.

use anyhow::Context as _;
use shared::{
    Result,
    audit::{Event, FieldChange, Kind, Subject},
    id::TeamId,
    table::{Item, Key},
    webhook::StoredWebhook,
};

use crate::{
    Relay,
    event::Change,
    happened::{Happened, changed, parts, told_apart},
};

/// What is told of a webhook, with what people call it.
const NAMED: &[(&str, &str)] = &[
    ("name", "Name"),
    ("description", "Description"),
    ("topics", "Topics"),
    ("object_types", "Object types"),
    ("content", "Content"),
    ("active", "Active"),
];

impl Relay {
    pub(super) async fn webhook_changed(
        &self,
        key: &Key,
        team: TeamId,
        change: &Change,
        new: &Item,
    ) -> Result<()> {
        let old = change.before().map(StoredWebhook::from_item).transpose()?;
        let new = StoredWebhook::from_item(new)?;
        // By its version it is told what somebody did. That its time in the trash is over leaves the version alone.
        let is_over = old.as_ref().is_some_and(|old| old.version == new.version);
        if is_over && old.as_ref().is_some_and(|old| old.destroyed == new.destroyed) {
            return Ok(());
        }
        let version = new.version.to_string();
        let by = if is_over { vec![version, "trash_ended".to_owned()] } else { vec![version] };
        let at = if is_over { change.noted_at() } else { Some(new.updated_at) };
        let happened = Happened {
            team,
            event: event(old.as_ref(), &new),
            at: at.context("a change has no time")?,
            subject: Subject {
                kind: Kind::Webhook,
                id: new.id.to_string(),
                label: new.name.clone(),
                of_type: None,
            },
            fields: fields(old.as_ref(), &new)?,
            reason: is_over.then_some("trash_ended"),
            from: told_apart(key, by),
            actor: (!is_over).then_some(new.actor),
        };
        self.tell(happened).await
    }
}

/// What happened, in one word: of several things at once the weightiest.
fn event(old: Option<&StoredWebhook>, new: &StoredWebhook) -> Event {
    let Some(old) = old else { return Event::Created };
    match (old.trashed_at, new.trashed_at) {
        _ if new.destroyed => Event::Destroyed,
        (None, Some(_)) => Event::Deleted,
        (Some(_), None) => Event::Restored,
        _ if old.keys != new.keys => Event::Rotated,
        _ if old.active && !new.active => Event::Deactivated,
        _ if !old.active && new.active => Event::Activated,
        _ => Event::Updated,
    }
}

fn fields(old: Option<&StoredWebhook>, new: &StoredWebhook) -> Result<Vec<FieldChange>> {
    let mut fields = changed(old.map(parts).transpose()?.as_ref(), &parts(new)?, NAMED);
    if old.is_none_or(|old| old.url != new.url) {
        let (was, is) = (old.map(|old| origin(&old.url)), Some(origin(&new.url)));
        fields.push(FieldChange::new("url", "URL").values(was.as_ref(), is.as_ref()));
    }
    Ok(fields)
}

/// Scheme and host: what stands before the third `/` of a URL.
fn origin(url: &str) -> String {
    url.split('/').take(3).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_url_only_the_host_is_told() {
        for (url, told) in [
            ("https://hooks.example.com/hooks/catch/123/secret/?key=1", "https://hooks.example.com"),
            ("https://example.com:8443/", "https://example.com:8443"),
            ("https://example.com", "https://example.com"),
        ] {
            assert_eq!(origin(url), told);
        }
    }
}
