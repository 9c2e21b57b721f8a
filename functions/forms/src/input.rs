//! What is sent to make and to change a form.

use base::{
    Timestamp,
    json::{self, Nullable},
};
use form::{
    Audience, Confirmation, FixedValue, FormAction, FormPage, FormStatus, Protection,
    limits::{
        ACCEPTED_MAX, NAME_LENGTH_MAX, ORIGINS_MAX, PAGES_MAX, TEXT_LENGTH_MAX, TITLE_LENGTH_MAX, VALUES_MAX,
        WORD_LENGTH_MAX,
    },
};
use schemars::JsonSchema;
use serde::Deserialize;

/// A form to be created.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = example())]
pub(crate) struct NewForm {
    /// What the team calls it.
    #[schemars(length(min = 1, max = NAME_LENGTH_MAX))]
    name: String,
    /// The type of the objects that it makes, by id or slug.
    pub(crate) object_type: String,
    /// What visitors see above it; the name, if it is left out.
    #[schemars(length(max = TITLE_LENGTH_MAX))]
    title: Option<String>,
    /// What they read first, in Markdown.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<String>", length(max = TEXT_LENGTH_MAX))]
    description: Option<String>,
    /// The language that it is written in, such as `de-AT`.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<String>", length(max = WORD_LENGTH_MAX))]
    locale: Option<String>,
    /// Whether it takes submissions at once; that needs permission to do what the form does.
    #[serde(default)]
    status: FormStatus,
    /// Not before this time.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Timestamp>")]
    opens_at: Option<Timestamp>,
    /// Not from this time on.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Timestamp>")]
    closes_at: Option<Timestamp>,
    /// How many submissions it accepts.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<u64>", range(min = 1, max = ACCEPTED_MAX))]
    limit: Option<u64>,
    /// What is told while it takes none, in Markdown.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<String>", length(max = TEXT_LENGTH_MAX))]
    closed_message: Option<String>,
    /// Who may fill it in.
    #[serde(default)]
    audience: Audience,
    /// Its pages, one after the other.
    #[schemars(length(min = 1, max = PAGES_MAX))]
    pages: Vec<FormPage>,
    /// Values that nobody sees or chooses.
    #[serde(default)]
    #[schemars(length(max = VALUES_MAX))]
    values: Vec<FixedValue>,
    /// What a submission does; it makes an object, if this is left out.
    action: Option<FormAction>,
    /// What is answered to one.
    #[serde(default)]
    confirmation: Confirmation,
    /// What keeps machines away.
    #[serde(default)]
    protection: Protection,
    /// The origins whose pages may send it: `https://example.com`, or `*` alone.
    #[serde(default)]
    #[schemars(length(max = ORIGINS_MAX))]
    allowed_origins: Vec<String>,
    /// Whether the address of a visitor is kept.
    #[serde(default)]
    keep_address: bool,
}

/// An example for the OpenAPI document.
fn example() -> serde_json::Value {
    serde_json::json!({
        "name": "Newsletter",
        "object_type": "customers",
        "pages": [{"items": [{"field": "email", "required": true, "autocomplete": "email"}, {"field": "name"}]}],
        "confirmation": {"message": "Thank you."},
    })
}

/// Changes of a form. A member that is absent leaves what it is about as it is.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FormPatch {
    /// What the team calls it.
    #[schemars(length(min = 1, max = NAME_LENGTH_MAX))]
    pub(crate) name: Option<String>,
    /// What visitors see above it.
    #[schemars(length(max = TITLE_LENGTH_MAX))]
    pub(crate) title: Option<String>,
    /// What they read first, in Markdown.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<String>", length(max = TEXT_LENGTH_MAX))]
    pub(crate) description: Option<Option<String>>,
    /// The language that it is written in.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<String>", length(max = WORD_LENGTH_MAX))]
    pub(crate) locale: Option<Option<String>>,
    /// Whether it takes submissions. A form is open only with permission to do what it does.
    pub(crate) status: Option<FormStatus>,
    /// Not before this time.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<Timestamp>")]
    pub(crate) opens_at: Option<Option<Timestamp>>,
    /// Not from this time on.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<Timestamp>")]
    pub(crate) closes_at: Option<Option<Timestamp>>,
    /// How many submissions it accepts; a greater number opens a full one again.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<u64>", range(min = 1, max = ACCEPTED_MAX))]
    pub(crate) limit: Option<Option<u64>>,
    /// What is told while it takes none, in Markdown.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<String>", length(max = TEXT_LENGTH_MAX))]
    pub(crate) closed_message: Option<Option<String>>,
    /// Who may fill it in.
    pub(crate) audience: Option<Audience>,
    /// Its pages, one after the other: all of them.
    #[schemars(length(min = 1, max = PAGES_MAX))]
    pub(crate) pages: Option<Vec<FormPage>>,
    /// Values that nobody sees or chooses: all of them.
    #[schemars(length(max = VALUES_MAX))]
    pub(crate) values: Option<Vec<FixedValue>>,
    /// What a submission does.
    pub(crate) action: Option<FormAction>,
    /// What is answered to one.
    pub(crate) confirmation: Option<Confirmation>,
    /// What keeps machines away; what is left out has its default.
    pub(crate) protection: Option<Protection>,
    /// The origins whose pages may send it: all of them.
    #[schemars(length(max = ORIGINS_MAX))]
    pub(crate) allowed_origins: Option<Vec<String>>,
    /// Whether the address of a visitor is kept.
    pub(crate) keep_address: Option<bool>,
}

/// What a duplicate is called.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DuplicateForm")]
pub(crate) struct Duplicate {
    /// What the team calls it; the name of the other one, if this is left out.
    #[schemars(length(min = 1, max = NAME_LENGTH_MAX))]
    pub(crate) name: Option<String>,
}

impl From<NewForm> for FormPatch {
    fn from(new: NewForm) -> Self {
        Self {
            title: Some(new.title.unwrap_or_else(|| new.name.clone())),
            name: Some(new.name),
            description: Some(new.description),
            locale: Some(new.locale),
            status: Some(new.status),
            opens_at: Some(new.opens_at),
            closes_at: Some(new.closes_at),
            limit: Some(new.limit),
            closed_message: Some(new.closed_message),
            audience: Some(new.audience),
            pages: Some(new.pages),
            values: Some(new.values),
            action: Some(new.action.unwrap_or(FormAction::CREATE)),
            confirmation: Some(new.confirmation),
            protection: Some(new.protection),
            allowed_origins: Some(new.allowed_origins),
            keep_address: Some(new.keep_address),
        }
    }
}
