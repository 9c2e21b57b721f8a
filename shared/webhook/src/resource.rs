//! A webhook is a resource of its team. Its state decides whether anything is sent to its receiver.

use audit::{AuditEvent, FieldChange, Kind, properties, property_changes};
use base::{
    Result, Timestamp,
    actor::Actor,
    id::{TeamId, WebhookId},
};
use delivery::Health;
use resources::resource::{Count, Full, Resource, Transition};
use table::{Key, Table, Tables, Write, attribute};

use crate::{
    StoredWebhook, WEBHOOK_PREFIX,
    stored::COUNT_KEY,
    url_limit::{check_url_limit, take_url},
};

/// The most webhooks of a team, with those in the trash: all of them are read for each event.
const WEBHOOKS_MAX: u64 = 100;

impl Resource for StoredWebhook {
    type Id = WebhookId;
    const KIND: Kind = Kind::Webhook;
    const NOUN: &'static str = "webhook";
    const PREFIX: &'static str = WEBHOOK_PREFIX;
    const COUNT: Option<Count> =
        Some(Count { key: COUNT_KEY, max: WEBHOOKS_MAX, full: Full::EvictOldestTrashed });
    const AUDITED: &'static [(&'static str, &'static str)] = &[
        ("name", "Name"),
        ("description", "Description"),
        ("topics", "Topics"),
        ("object_types", "Object types"),
        ("except_sources", "Sources that are not told"),
        ("content", "Content"),
        ("active", "Active"),
    ];

    fn team(&self) -> &TeamId {
        &self.team
    }

    fn id(&self) -> &WebhookId {
        &self.id
    }

    fn label(&self) -> &str {
        &self.name
    }

    resources::kept_in_fields!();

    fn touch(&mut self, by: Actor, now: Timestamp) {
        self.version += 1;
        self.updated_at = now;
        if let Some(user) = &by.user {
            self.updated_by = user.clone();
        }
        self.actor = by;
    }

    async fn claim(&self, count: Write, tables: &Tables) -> Result<Write> {
        Ok(check_url_limit(&tables.workspace, self).await?.claim_in(count))
    }

    async fn effects(&self, transition: Transition, tables: &Tables) -> Result<Vec<Write>> {
        let now = tables.clock.now();
        if transition == Transition::Purged {
            return Ok(vec![Health::disable_permanently(&tables.activity, &self.id, now)?]);
        }
        let mut writes = vec![outdate_requests(&tables.activity, &self.id, now)?];
        if transition == Transition::Restored {
            writes.push(take_url(&tables.workspace, self).await?);
        }
        Ok(writes)
    }

    fn change_event(&self, after: &Self) -> AuditEvent {
        match (self.active, after.active) {
            _ if self.keys != after.keys => AuditEvent::Rotated,
            (true, false) => AuditEvent::Deactivated,
            (false, true) => AuditEvent::Activated,
            _ => AuditEvent::Updated,
        }
    }

    /// Never the keys, and only the host of the URL: the rest may be a secret of the receiver.
    fn field_changes(before: Option<&Self>, after: &Self) -> Result<Vec<FieldChange>> {
        let known = before.map(properties).transpose()?;
        let mut fields = property_changes(known.as_ref(), &properties(after)?, Self::AUDITED);
        if before.is_none_or(|before| before.url != after.url) {
            let (was, is) = (before.map(|before| origin(&before.url)), Some(origin(&after.url)));
            fields.push(FieldChange::new("url", "URL").values(was.as_ref(), is.as_ref()));
        }
        Ok(fields)
    }
}

/// The write that makes requests invalid that were signed before a change of the webhook.
///
/// # Errors
/// 500: a time can always be written.
pub fn outdate_requests(activity: &Table, id: &WebhookId, now: Timestamp) -> Result<Write> {
    Ok(activity.update(Health::key(id)).set("changed_at", attribute(&now)?))
}

/// The key of a webhook.
pub fn webhook_key(team: &TeamId, id: &WebhookId) -> Key {
    StoredWebhook::key_of(team, id)
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
