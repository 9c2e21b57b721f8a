//! Which webhooks may be made, and which changes of one.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Deserialize;
use shared::{
    Error, Fault, Result, Violation,
    change::news,
    id::ObjectTypeId,
    json::{self, Nullable},
    text,
    webhook::{
        Content, StoredWebhook, Topic,
        target::{Rules, URL_LENGTH_MAX},
    },
};

const NAME_LENGTH_MAX: usize = 100;
const DESCRIPTION_LENGTH_MAX: usize = 1_000;
const OBJECT_TYPES_MAX: usize = 100;

/// A webhook to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = example())]
pub(crate) struct NewWebhook {
    /// What people call it.
    #[schemars(length(min = 1, max = NAME_LENGTH_MAX), regex(pattern = text::NAME_FORM))]
    name: String,
    /// What it is for.
    #[serde(default)]
    #[schemars(length(max = DESCRIPTION_LENGTH_MAX), regex(pattern = text::LINES_FORM))]
    description: String,
    /// Where requests go: an address of the public internet, by https.
    #[schemars(url, length(min = 1, max = URL_LENGTH_MAX))]
    url: String,
    /// What it is told of; at least one.
    #[schemars(with = "Vec<Topic>", length(min = 1))]
    topics: Vec<String>,
    /// The types, by id or slug, whose objects it is told of; all, if absent or null.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Vec<String>>", length(min = 1, max = OBJECT_TYPES_MAX))]
    object_types: Option<Vec<String>>,
    /// How much of an event is sent: `full`, for who may read objects, or `ids`. If absent, as much as you may see.
    pub(crate) content: Option<Content>,
    /// False to make it without sending anything yet.
    #[serde(default = "on")]
    active: bool,
}

/// A webhook as it may be sent, for the documents.
fn example() -> serde_json::Value {
    serde_json::json!({
        "name": "Newsletter",
        "url": "https://hooks.example.com/customers",
        "topics": [Topic::ObjectCreated, Topic::ObjectUpdated],
        "object_types": ["customers"],
    })
}

fn on() -> bool {
    true
}

/// What changes of a webhook. Absent leaves as it is.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookPatch {
    /// What people call it.
    #[schemars(length(min = 1, max = NAME_LENGTH_MAX), regex(pattern = text::NAME_FORM))]
    pub(crate) name: Option<String>,
    /// What it is for; null for nothing.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<String>", length(max = DESCRIPTION_LENGTH_MAX), regex(pattern = text::LINES_FORM))]
    pub(crate) description: Option<Option<String>>,
    /// Where requests go.
    #[schemars(url, length(min = 1, max = URL_LENGTH_MAX))]
    pub(crate) url: Option<String>,
    /// What it is told of.
    #[schemars(with = "Option<Vec<Topic>>", length(min = 1))]
    pub(crate) topics: Option<Vec<String>>,
    /// The types, by id or slug, whose objects it is told of; null for all.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<Vec<String>>", length(min = 1, max = OBJECT_TYPES_MAX))]
    pub(crate) object_types: Option<Option<Vec<String>>>,
    /// How much of an event is sent: `full`, for who may read objects, or `ids`. Whatever else you change of what is sent, and
    /// where: if you may not read objects, only ids are sent from then on.
    pub(crate) content: Option<Content>,
    /// False switches it off, true on again, also if it was disabled.
    pub(crate) active: Option<bool>,
}

/// Object types by the id or slug that was asked for.
pub(crate) type Found = HashMap<String, ObjectTypeId>;

/// Changes that may be made.
#[derive(Clone)]
pub(crate) struct Changes {
    name: Option<String>,
    description: Option<String>,
    url: Option<String>,
    topics: Option<Vec<Topic>>,
    object_types: Option<Option<Vec<ObjectTypeId>>>,
    content: Option<Content>,
    active: Option<bool>,
}

impl From<NewWebhook> for WebhookPatch {
    fn from(new: NewWebhook) -> Self {
        let NewWebhook { name, description, url, topics, object_types, content, active } = new;
        Self {
            name: Some(name),
            description: Some(Some(description)),
            url: Some(url),
            topics: Some(topics),
            object_types: Some(object_types),
            content,
            active: Some(active),
        }
    }
}

impl WebhookPatch {
    /// The types that are named, unless they are too many.
    pub(crate) fn type_names(&self) -> &[String] {
        let names = self.object_types.as_ref().and_then(|names| names.as_deref());
        names.filter(|names| names.len() <= OBJECT_TYPES_MAX).unwrap_or_default()
    }

    /// Without what the webhook has already.
    pub(crate) fn beside(self, webhook: &StoredWebhook) -> Self {
        let types = webhook.object_types.as_ref();
        let types = types.map(|ids| ids.iter().map(ToString::to_string).collect());
        Self {
            name: news(self.name, &webhook.name),
            description: news(self.description, &Some(webhook.description.clone())),
            url: news(self.url, &webhook.url),
            object_types: news(self.object_types, &types),
            ..self
        }
    }

    /// The changes, if they keep to the rules; all faults at once if not.
    pub(crate) fn checked(self, rules: &Rules, found: &Found) -> Result<Changes> {
        let Self { name, description, url, topics, object_types, content, active } = self;
        let mut faults = Vec::new();
        let mut one = |outcome: Result<String, Fault>| {
            outcome.unwrap_or_else(|fault| {
                faults.push(fault);
                String::new()
            })
        };
        let name = name.map(|name| one(text::name("/name", &name, NAME_LENGTH_MAX)));
        let description = description.map(|about| {
            one(text::lines("/description", &about.unwrap_or_default(), DESCRIPTION_LENGTH_MAX))
        });
        let url = url.map(|url| match rules.check("/url", &url) {
            Ok(target) => target.url().to_string(),
            Err(found) => {
                faults.extend(found);
                url
            }
        });
        let topics = topics.map(|topics| check_topics(&topics, &mut faults));
        let object_types =
            object_types.map(|names| names.map(|names| check_types(&names, found, &mut faults)));
        if !faults.is_empty() {
            return Err(Error::unprocessable(faults));
        }
        Ok(Changes { name, description, url, topics, object_types, content, active })
    }
}

/// The topics, each once and in their order.
fn check_topics(names: &[String], faults: &mut Vec<Fault>) -> Vec<Topic> {
    if names.is_empty() {
        faults.push(Fault::new("/topics", Violation::Required, "Give at least one topic."));
    }
    for (place, _) in names.iter().enumerate().filter(|(_, name)| Topic::parse(name).is_none()) {
        let names: Vec<_> = Topic::ALL.iter().map(|topic| topic.name()).collect();
        let detail = format!("There is no such topic; there are {}.", names.join(", "));
        faults.push(Fault::new(format!("/topics/{place}"), Violation::UnknownTopic, detail));
    }
    Topic::ALL.iter().copied().filter(|topic| names.iter().any(|name| name == topic.name())).collect()
}

/// The ids of the types, each once.
fn check_types(names: &[String], found: &Found, faults: &mut Vec<Fault>) -> Vec<ObjectTypeId> {
    if names.is_empty() {
        let detail = "Give at least one object type, or null for all.";
        faults.push(Fault::new("/object_types", Violation::Required, detail));
    }
    if names.len() > OBJECT_TYPES_MAX {
        let detail = format!("Give at most {OBJECT_TYPES_MAX} object types, or null for all.");
        faults.push(Fault::new("/object_types", Violation::TooMany, detail));
        return Vec::new();
    }
    let mut ids = Vec::with_capacity(names.len());
    for (place, name) in names.iter().enumerate() {
        match found.get(name) {
            Some(id) if ids.contains(id) => {}
            Some(id) => ids.push(id.clone()),
            None => {
                let detail = "The team has no object type of this id or slug.";
                faults.push(Fault::new(format!("/object_types/{place}"), Violation::NotFound, detail));
            }
        }
    }
    ids
}

/// What a change means for what is known of the receiver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each says something of its own")]
pub(crate) struct Effect {
    /// Whether anything is another than before.
    pub(crate) is_change: bool,
    /// Whether requests go elsewhere: how the receiver did before says nothing any more.
    pub(crate) is_moved: bool,
    /// Whether it is to be on: from now on it is asked again, though it may have been given up.
    pub(crate) is_switched_on: bool,
    /// Whether somebody wants objects to be shown who may not see them.
    pub(crate) shows_objects: bool,
}

impl Changes {
    /// Makes the changes. Where the webhook leads, and what of, only who may read objects decides while all is sent: after others
    /// only ids are.
    pub(crate) fn apply(self, webhook: &mut StoredWebhook, reads_objects: bool) -> Effect {
        let Self { name, description, url, topics, object_types, content, active } = self;
        let is_moved = url.as_ref().is_some_and(|url| *url != webhook.url);
        let mut is_change = false;
        macro_rules! put {
            ($($member:ident)*) => { $(if let Some(value) = $member && value != webhook.$member {
                webhook.$member = value;
                is_change = true;
            })* };
        }
        put!(url topics object_types);
        let is_aimed = is_change;
        let shows_objects = content == Some(Content::Full)
            && (is_aimed || webhook.content != Content::Full)
            && !reads_objects;
        let content = if is_aimed && !reads_objects { Some(Content::Ids) } else { content };
        put!(name description content active);
        Effect { is_change, is_moved, is_switched_on: active == Some(true), shows_objects }
    }
}

#[cfg(test)]
mod tests;
