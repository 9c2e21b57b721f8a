//! The rules for creating and changing webhooks.

use std::collections::HashMap;

use base::{
    Error, Fault, Result, Violation,
    actor::Source,
    change::news,
    id::ObjectTypeId,
    json::{self, Nullable},
    text,
};
use delivery::{
    Topic, WebhookContent,
    target::{TargetRules, URL_LENGTH_MAX},
};
use schemars::JsonSchema;
use serde::Deserialize;
use webhook::StoredWebhook;

const NAME_LENGTH_MAX: usize = 100;
const DESCRIPTION_LENGTH_MAX: usize = 1_000;
const OBJECT_TYPES_MAX: usize = 100;

/// A webhook to be created.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = example())]
pub(crate) struct NewWebhook {
    /// The name that people see.
    #[schemars(length(min = 1, max = NAME_LENGTH_MAX), regex(pattern = text::NAME_FORM))]
    name: String,
    /// What the webhook is for.
    #[serde(default)]
    #[schemars(length(max = DESCRIPTION_LENGTH_MAX), regex(pattern = text::LINES_FORM))]
    description: String,
    /// The URL that receives the requests: `https`, to a host on the public internet.
    #[schemars(url, length(min = 1, max = URL_LENGTH_MAX))]
    url: String,
    /// The events to subscribe to; at least one.
    #[schemars(with = "Vec<Topic>", length(min = 1))]
    topics: Vec<String>,
    /// The object types to subscribe to, by id or slug; absent or null means all.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Vec<String>>", length(min = 1, max = OBJECT_TYPES_MAX))]
    object_types: Option<Vec<String>>,
    /// What comes in so is not told: `form` for what strangers send with forms, `api` for what services with tokens do, so that
    /// what one of them writes does not go back to it.
    #[serde(default)]
    except_sources: Vec<Source>,
    /// How much of an event is sent: `full`, which needs permission to read objects, or `ids`. The default is
    /// `full` if you may read objects, else `ids`.
    pub(crate) content: Option<WebhookContent>,
    /// Set to false to create the webhook switched off.
    #[serde(default = "on")]
    active: bool,
}

/// An example for the OpenAPI document.
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

/// Changes of a webhook. A member that is absent leaves its setting unchanged.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookPatch {
    /// The name that people see.
    #[schemars(length(min = 1, max = NAME_LENGTH_MAX), regex(pattern = text::NAME_FORM))]
    pub(crate) name: Option<String>,
    /// What the webhook is for; null removes the description.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<String>", length(max = DESCRIPTION_LENGTH_MAX), regex(pattern = text::LINES_FORM))]
    pub(crate) description: Option<Option<String>>,
    /// The URL that receives the requests: `https`, to a host on the public internet.
    #[schemars(url, length(min = 1, max = URL_LENGTH_MAX))]
    pub(crate) url: Option<String>,
    /// The events to subscribe to; at least one.
    #[schemars(with = "Option<Vec<Topic>>", length(min = 1))]
    pub(crate) topics: Option<Vec<String>>,
    /// The object types to subscribe to, by id or slug; null means all.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<Vec<String>>", length(min = 1, max = OBJECT_TYPES_MAX))]
    pub(crate) object_types: Option<Option<Vec<String>>>,
    /// What comes in so is not told.
    pub(crate) except_sources: Option<Vec<Source>>,
    /// How much of an event is sent: `full`, which needs permission to read objects, or `ids`. If you may not
    /// read objects and change the URL, the topics, the object types or `except_sources`, this becomes `ids`.
    pub(crate) content: Option<WebhookContent>,
    /// False switches the webhook off. True switches it on, also after it was disabled automatically.
    pub(crate) active: Option<bool>,
}

/// The object types that were found, by the id or slug that the request names them by.
pub(crate) type ResolvedTypes = HashMap<String, ObjectTypeId>;

/// Changes that were validated.
#[derive(Clone)]
pub(crate) struct Changes {
    name: Option<String>,
    description: Option<String>,
    url: Option<String>,
    topics: Option<Vec<Topic>>,
    object_types: Option<Option<Vec<ObjectTypeId>>>,
    except_sources: Option<Vec<Source>>,
    content: Option<WebhookContent>,
    active: Option<bool>,
}

impl From<NewWebhook> for WebhookPatch {
    fn from(new: NewWebhook) -> Self {
        let NewWebhook { name, description, url, topics, object_types, except_sources, content, active } =
            new;
        Self {
            name: Some(name),
            description: Some(Some(description)),
            url: Some(url),
            topics: Some(topics),
            object_types: Some(object_types),
            except_sources: Some(except_sources),
            content,
            active: Some(active),
        }
    }
}

impl WebhookPatch {
    /// The ids and slugs of object types to look up; none if there are too many, which is a fault.
    pub(crate) fn type_names(&self) -> &[String] {
        let names = self.object_types.as_ref().and_then(|names| names.as_deref());
        names.filter(|names| names.len() <= OBJECT_TYPES_MAX).unwrap_or_default()
    }

    /// The patch without the settings that the webhook has already.
    pub(crate) fn without_unchanged(self, webhook: &StoredWebhook) -> Self {
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

    /// The changes, if they are valid; otherwise all faults at once.
    pub(crate) fn validate(self, rules: &TargetRules, types: &ResolvedTypes) -> Result<Changes> {
        let Self { name, description, url, topics, object_types, except_sources, content, active } = self;
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
            object_types.map(|names| names.map(|names| check_types(&names, types, &mut faults)));
        let except_sources = except_sources.map(|sources| in_order(&sources));
        if !faults.is_empty() {
            return Err(Error::unprocessable(faults));
        }
        Ok(Changes { name, description, url, topics, object_types, except_sources, content, active })
    }
}

/// The sources without duplicates, in the order of [`Source::ALL`].
fn in_order(sources: &[Source]) -> Vec<Source> {
    Source::ALL.iter().copied().filter(|source| sources.contains(source)).collect()
}

/// The topics without duplicates, in the order of [`Topic::ALL`].
fn check_topics(names: &[String], faults: &mut Vec<Fault>) -> Vec<Topic> {
    if names.is_empty() {
        faults.push(Fault::new("/topics", Violation::Required, "Give at least one topic."));
    }
    for (index, _) in names.iter().enumerate().filter(|(_, name)| Topic::parse(name).is_none()) {
        let names: Vec<_> = Topic::ALL.iter().map(|topic| topic.name()).collect();
        let detail = format!("There is no such topic; there are {}.", names.join(", "));
        faults.push(Fault::new(format!("/topics/{index}"), Violation::UnknownTopic, detail));
    }
    Topic::ALL.iter().copied().filter(|topic| names.iter().any(|name| name == topic.name())).collect()
}

/// The ids of the types, without duplicates.
fn check_types(names: &[String], types: &ResolvedTypes, faults: &mut Vec<Fault>) -> Vec<ObjectTypeId> {
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
    for (index, name) in names.iter().enumerate() {
        match types.get(name) {
            Some(id) if ids.contains(id) => {}
            Some(id) => ids.push(id.clone()),
            None => {
                let detail = "The team has no object type of this id or slug.";
                faults.push(Fault::new(format!("/object_types/{index}"), Violation::NotFound, detail));
            }
        }
    }
    ids
}

/// The effects of a change beyond the settings themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each says something of its own")]
pub(crate) struct ChangeEffect {
    /// Whether any setting differs from before.
    pub(crate) is_change: bool,
    /// Whether requests go to another URL: the health of the receiver before says nothing of the new one.
    pub(crate) is_url_changed: bool,
    /// Whether the request asks for the webhook to be on: it is enabled again if it was disabled automatically.
    pub(crate) is_switched_on: bool,
    /// Whether somebody who may not read objects asks for their data to be sent.
    pub(crate) shows_objects: bool,
}

impl Changes {
    /// Applies the changes. Whoever chooses the URL, the topics, the types or the sources chooses where data of
    /// objects goes: if they may not read objects themselves, only ids are sent from then on.
    pub(crate) fn apply(self, webhook: &mut StoredWebhook, reads_objects: bool) -> ChangeEffect {
        let Self { name, description, url, topics, object_types, except_sources, content, active } = self;
        let is_url_changed = url.as_ref().is_some_and(|url| *url != webhook.url);
        let mut is_change = false;
        macro_rules! put {
            ($($member:ident)*) => { $(if let Some(value) = $member && value != webhook.$member {
                webhook.$member = value;
                is_change = true;
            })* };
        }
        put!(url topics object_types except_sources);
        let is_target_changed = is_change;
        let shows_objects = content == Some(WebhookContent::Full)
            && (is_target_changed || webhook.content != WebhookContent::Full)
            && !reads_objects;
        let content = if is_target_changed && !reads_objects { Some(WebhookContent::Ids) } else { content };
        put!(name description content active);
        ChangeEffect { is_change, is_url_changed, is_switched_on: active == Some(true), shows_objects }
    }
}

#[cfg(test)]
mod tests;
