//! How much of an event is sent to a webhook.

use std::{borrow::Cow, collections::BTreeMap};

use anyhow::Context as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use base::error::Result;

/// How much of an event is sent to a webhook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WebhookContent {
    /// The whole event, with the values of the object.
    #[default]
    Full,
    /// Topic, ids, version and time only: no data that needs permission to read objects.
    Ids,
}

/// The members of a JSON object, byte for byte. They are sorted by name, so that the same content is always the
/// same bytes.
type Members = BTreeMap<String, Box<RawValue>>;

impl WebhookContent {
    /// The lesser of the two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self == Self::Full { other } else { self }
    }

    /// The part of an event's body that is sent. It is always the same bytes, as one function signs them and
    /// another sends them.
    ///
    /// # Errors
    /// 500: the body of an event is JSON.
    pub fn of(self, body: &str) -> Result<Cow<'_, str>> {
        match self {
            Self::Full => Ok(Cow::Borrowed(body)),
            Self::Ids => Ok(Cow::Owned(ids_of(body)?)),
        }
    }
}

/// The body of an event reduced to its ids.
fn ids_of(body: &str) -> Result<String> {
    let mut event = members(body)?;
    if let Some(data) = event.get("data") {
        let mut data = members(data.get())?;
        data.remove("changes");
        for (part, names) in [("object", &["label", "fields"][..]), ("actor", &["token_name"])] {
            // The actor is null if the system made the change.
            if let Some(mut inner) = data.get(part).and_then(|inner| members(inner.get()).ok()) {
                inner.retain(|name, _| !names.contains(&name.as_str()));
                data.insert(part.to_owned(), raw(&inner)?);
            }
        }
        event.insert("data".to_owned(), raw(&data)?);
    }
    Ok(raw(&event)?.get().to_owned())
}

fn members(text: &str) -> Result<Members> {
    Ok(serde_json::from_str(text).context("reading the body of an event")?)
}

fn raw(members: &Members) -> Result<Box<RawValue>> {
    Ok(serde_json::value::to_raw_value(members).context("writing the body of an event")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"type":"object.updated","timestamp":"2026-11-23T10:30:00.000Z","data":{"event_id":"evt_1","object":{"id":"obj_1","label":"Ada","fields":{"name":"Ada"},"version":2},"changes":{"name":{"old":null,"new":"Ada"}},"version":2,"actor":{"user":"usr_1","token":"tok_1","token_name":"Ada's"}}}"#;

    #[test]
    fn ids_are_what_is_left_without_all_that_is_read() {
        assert_eq!(WebhookContent::Full.of(BODY).unwrap(), BODY);
        let ids = WebhookContent::Ids.of(BODY).unwrap();
        let left = r#"{"data":{"actor":{"token":"tok_1","user":"usr_1"},"event_id":"evt_1","object":{"id":"obj_1","version":2},"version":2},"timestamp":"2026-11-23T10:30:00.000Z","type":"object.updated"}"#;
        assert_eq!(ids, left);
        assert_eq!(WebhookContent::Ids.of(&ids).unwrap(), left);
        let by_time = r#"{"data":{"actor":null,"object":{"id":"obj_1"}}}"#;
        assert_eq!(WebhookContent::Ids.of(by_time).unwrap(), by_time);
    }

    #[test]
    fn two_together_allow_what_both_do() {
        use WebhookContent::{Full, Ids};
        assert_eq!([Full.and(Full), Full.and(Ids), Ids.and(Full), Ids.and(Ids)], [Full, Ids, Ids, Ids]);
    }
}
