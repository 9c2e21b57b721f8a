//! What a form is, as its team writes it.

use base::{
    Timestamp,
    id::ObjectTypeId,
    json::{self, Nullable},
    text::Slug,
};
use records::{
    object_type::{SentValue, Visible},
    objects::OnMatch,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    Protection,
    limits::{
        ACCEPTED_MAX, HELP_LENGTH_MAX, ITEMS_MAX, NAME_LENGTH_MAX, ORIGINS_MAX, PAGES_MAX, TEXT_LENGTH_MAX,
        TITLE_LENGTH_MAX, URL_LENGTH_MAX, VALUES_MAX, WORD_LENGTH_MAX,
    },
};

/// What a form is, as its team sees it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Form {
    /// What the team calls it.
    #[schemars(length(min = 1, max = NAME_LENGTH_MAX))]
    pub name: String,
    /// The type of the objects that it makes.
    pub object_type: ObjectTypeId,
    /// What visitors see above it.
    #[schemars(length(max = TITLE_LENGTH_MAX))]
    pub title: String,
    /// What they read first: paragraphs, emphasis, lists and links in Markdown.
    #[schemars(length(max = TEXT_LENGTH_MAX))]
    pub description: Option<String>,
    /// The language that it is written in, such as `de-AT`.
    #[schemars(length(max = WORD_LENGTH_MAX))]
    pub locale: Option<String>,
    /// Whether it takes submissions.
    pub status: FormStatus,
    /// Not before this time.
    pub opens_at: Option<Timestamp>,
    /// Not from this time on.
    pub closes_at: Option<Timestamp>,
    /// How many submissions it accepts.
    #[schemars(range(min = 1, max = ACCEPTED_MAX))]
    pub limit: Option<u64>,
    /// What is told while it takes none.
    #[schemars(length(max = TEXT_LENGTH_MAX))]
    pub closed_message: Option<String>,
    /// Who may fill it in.
    pub audience: Audience,
    /// Its pages, one after the other.
    #[schemars(length(min = 1, max = PAGES_MAX))]
    pub pages: Vec<FormPage>,
    /// Values that nobody sees or chooses.
    #[schemars(length(max = VALUES_MAX))]
    pub values: Vec<FixedValue>,
    /// What a submission does.
    pub action: FormAction,
    /// What is answered to one.
    pub confirmation: Confirmation,
    /// What keeps machines away.
    pub protection: Protection,
    /// The origins whose pages may send it: `https://example.com`, or `*` alone.
    #[schemars(length(max = ORIGINS_MAX))]
    pub allowed_origins: Vec<String>,
    /// Whether the address of a visitor is kept.
    pub keep_address: bool,
}

/// Whether a form takes submissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormStatus {
    /// It is being made: nobody finds it.
    #[default]
    Draft,
    /// It does, within its times and its limit.
    Open,
    /// It does not any more.
    Closed,
}

/// Who may fill in a form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Whoever knows its key.
    #[default]
    Public,
    /// Members of the team, and nobody by its key.
    Members,
}

/// A page of a form.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormPage {
    /// What stands above it.
    #[serde(default, deserialize_with = "json::nullable", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Nullable<String>", length(max = TITLE_LENGTH_MAX))]
    pub title: Option<String>,
    /// What is read first.
    #[serde(default, deserialize_with = "json::nullable", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Nullable<String>", length(max = TEXT_LENGTH_MAX))]
    pub description: Option<String>,
    /// Whether it is there.
    #[serde(default)]
    pub visible: Visible,
    /// What stands on it.
    #[schemars(length(max = ITEMS_MAX))]
    pub items: Vec<FormItem>,
}

/// What stands on a page: a field with how it is asked for, or a text alone.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormItem {
    /// The field that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Slug>,
    /// In its place a text between fields, in Markdown; then nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = TEXT_LENGTH_MAX))]
    pub text: Option<String>,
    /// What the field is called here; what the type calls it, if this is left out.
    #[serde(default, deserialize_with = "json::nullable", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Nullable<String>", length(min = 1, max = TITLE_LENGTH_MAX))]
    pub label: Option<String>,
    /// What helps with it, in Markdown.
    #[serde(default, deserialize_with = "json::nullable", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Nullable<String>", length(max = HELP_LENGTH_MAX))]
    pub help: Option<String>,
    /// What stands in it as long as it is empty.
    #[serde(default, deserialize_with = "json::nullable", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Nullable<String>", length(min = 1, max = TITLE_LENGTH_MAX))]
    pub placeholder: Option<String>,
    /// True requires a value here, also where the type does not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Whether it is there; a further condition beside that of the type.
    #[serde(default)]
    pub visible: Visible,
    /// Those of the options of the field that are offered.
    #[serde(default, deserialize_with = "json::nullable", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Nullable<Vec<String>>", length(min = 1))]
    pub options: Option<Vec<String>>,
    /// What it is filled in with at first.
    #[serde(default, deserialize_with = "json::nullable", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Nullable<SentValue>")]
    pub default: Option<Box<RawValue>>,
    /// Whether a link to the form may fill it in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prefill: bool,
    /// How much of the line it takes.
    #[serde(default, skip_serializing_if = "ItemWidth::is_full")]
    pub width: ItemWidth,
    /// What a browser may fill in (HTML, section 4.10.18.7), such as `email`.
    #[serde(default, deserialize_with = "json::nullable", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Nullable<String>", length(min = 1, max = WORD_LENGTH_MAX))]
    pub autocomplete: Option<String>,
}

/// How much of a line a field takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemWidth {
    /// All of it.
    #[default]
    Full,
    /// Half of it.
    Half,
}

impl ItemWidth {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
    fn is_full(&self) -> bool {
        *self == Self::Full
    }
}

/// A value that nobody sees or chooses: a fixed one, or what a link to the form says.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FixedValue {
    /// The field.
    pub field: Slug,
    /// Its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<SentValue>")]
    pub value: Option<Box<RawValue>>,
    /// In its place the name of one of the `params` of the submission, whose text is the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = WORD_LENGTH_MAX))]
    pub from: Option<String>,
}

/// What a submission does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormAction {
    /// Whether it always makes an object.
    pub kind: FormActionKind,
    /// Of `upsert` the unique field by whose value an object is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#match: Option<Slug>,
    /// Of `upsert` what becomes of an object that is found; `fill` if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_match: Option<OnMatch>,
}

/// Whether a submission always makes an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormActionKind {
    /// It does.
    Create,
    /// It does if there is none with the value of the field that is matched by.
    Upsert,
}

/// What is answered to a submission: a message, or where to go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// A message, in Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = TEXT_LENGTH_MAX))]
    pub message: Option<String>,
    /// In its place an `https` URL to go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = URL_LENGTH_MAX))]
    pub redirect: Option<String>,
    /// The fields of the form whose values the URL gets as parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = ITEMS_MAX))]
    pub append: Vec<Slug>,
}

impl FormAction {
    /// The action that always makes an object.
    pub const CREATE: Self = Self { kind: FormActionKind::Create, r#match: None, on_match: None };

    /// The field that is matched by, and what becomes of an object that is found.
    pub fn matching(&self) -> Option<(&Slug, OnMatch)> {
        let field = self.r#match.as_ref().filter(|_| self.kind == FormActionKind::Upsert)?;
        Some((field, self.on_match.unwrap_or(OnMatch::Fill)))
    }
}

impl Form {
    /// All that stands on its pages, each with its page and its place.
    pub fn items(&self) -> impl Iterator<Item = (&FormPage, &FormItem, String)> {
        self.pages.iter().enumerate().flat_map(|(at, page)| {
            let items = page.items.iter().enumerate();
            items.map(move |(index, item)| (page, item, format!("/pages/{at}/items/{index}")))
        })
    }

    /// The slugs of the fields that it asks for.
    pub fn asked(&self) -> impl Iterator<Item = &Slug> {
        self.items().filter_map(|(_, item, _)| item.field.as_ref())
    }

    /// The names of the parameters that values are taken from.
    pub fn params(&self) -> impl Iterator<Item = &str> {
        self.values.iter().filter_map(|value| value.from.as_deref())
    }
}
