//! What visitors see of a form: what it asks for and how, and nothing that the team has set besides.

use std::collections::BTreeSet;

use base::text::Slug;
use records::object_type::{
    Field, FieldType, FieldValues, ObjectType, Required, SentValue, Settings, Visible,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    Form, FormItem, FormPage, FormState, ItemWidth,
    narrowed::{Settled, narrowed, settled, values_outside},
};

/// A form as visitors see it.
#[derive(Serialize, JsonSchema)]
pub struct ShownForm {
    /// Whether it takes submissions now.
    state: FormState,
    title: String,
    /// In Markdown.
    description: Option<String>,
    locale: Option<String>,
    /// What the team says while it takes none, in Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Its pages, while it takes submissions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pages: Option<Vec<ShownPage>>,
    /// The names of the `params` that a submission may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<BTreeSet<String>>,
    /// What a submission is sent with, once; good for a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The field that is to stay empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trap: Option<Trap>,
}

/// A field that people do not see and leave empty.
#[derive(Serialize, JsonSchema)]
pub struct Trap {
    /// Its name among `fields`.
    pub name: String,
}

/// A page as visitors see it.
#[derive(Default, Serialize, JsonSchema)]
pub struct ShownPage {
    /// What stands above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// In Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it is there.
    visible: Visible,
    /// What stands on it.
    pub items: Vec<ShownItem>,
}

/// A field that is asked for, or a text between fields.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ShownItem {
    /// A field.
    Field(Box<ShownField>),
    /// A text.
    Text {
        /// In Markdown.
        text: String,
    },
}

/// A field as visitors are asked for it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AskedField")]
pub struct ShownField {
    /// Its slug.
    pub field: Slug,
    /// What its values are.
    pub r#type: FieldType,
    /// What it is called.
    pub label: String,
    /// In Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What stands in it as long as it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// Whether it must be filled in.
    pub required: Required,
    /// Whether it is there.
    pub visible: Visible,
    /// What it is filled in with at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<SentValue>")]
    pub default: Option<Box<RawValue>>,
    /// Whether a link to the form may fill it in.
    pub prefill: bool,
    /// How much of the line it takes.
    pub width: ItemWidth,
    /// What a browser may fill in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autocomplete: Option<String>,
    /// What else its values keep to.
    pub settings: Settings,
}

/// What visitors see of a form in that state; without its type nothing is asked.
pub fn shown(form: &Form, state: FormState, object_type: Option<&ObjectType>) -> ShownForm {
    let is_open = state == FormState::Open;
    ShownForm {
        state,
        title: form.title.clone(),
        description: form.description.clone(),
        locale: form.locale.clone(),
        message: form.closed_message.clone().filter(|_| !is_open),
        pages: object_type.filter(|_| is_open).map(|object_type| pages(form, object_type)),
        params: is_open.then(|| form.params().map(str::to_owned).collect()),
        token: None,
        trap: None,
    }
}

fn pages(form: &Form, object_type: &ObjectType) -> Vec<ShownPage> {
    let narrowed = narrowed(form, object_type);
    let others = values_outside(form, &narrowed);
    let is_sent = |slug: &Slug| form.asked().any(|asked| asked == slug);
    form.pages.iter().map(|page| shown_page(page, &narrowed, (&is_sent, &others))).collect()
}

/// A page as it is shown where only some fields are sent and these are the values of the others.
pub(crate) fn shown_page(
    page: &FormPage,
    narrowed: &ObjectType,
    known: (&dyn Fn(&Slug) -> bool, &FieldValues),
) -> ShownPage {
    ShownPage {
        title: page.title.clone(),
        description: page.description.clone(),
        visible: page.visible.clone(),
        items: page.items.iter().filter_map(|item| shown_item(item, narrowed, known)).collect(),
    }
}

/// An item as it is shown; none of a field that is not there whatever is sent: a visitor sees nothing of it.
fn shown_item(
    item: &FormItem,
    narrowed: &ObjectType,
    known: (&dyn Fn(&Slug) -> bool, &FieldValues),
) -> Option<ShownItem> {
    let Some(field) = item.field.as_ref().and_then(|slug| narrowed.field(slug.as_str())) else {
        return item.text.clone().map(|text| ShownItem::Text { text });
    };
    let left = |condition: &_| settled(condition, narrowed, known);
    let required = match &field.required {
        Required::If(condition) => match left(condition) {
            Settled::Known(true) => Required::Always,
            Settled::Known(false) => Required::Never,
            Settled::Open(condition) => Required::If(condition),
        },
        other => other.clone(),
    };
    let visible = match &field.visible {
        Visible::Always => Visible::Always,
        Visible::If(condition) => match left(condition) {
            Settled::Known(true) => Visible::Always,
            Settled::Known(false) => return None,
            Settled::Open(condition) => Visible::If(condition),
        },
    };
    Some(ShownItem::Field(Box::new(shown_field(field, item, (required, visible)))))
}

fn shown_field(field: &Field, item: &FormItem, (required, visible): (Required, Visible)) -> ShownField {
    let Settings {
        max_length, options, precision, default_country, currency, required_parts, fields, ..
    } = field.settings.clone();
    ShownField {
        field: field.slug.clone(),
        r#type: field.r#type,
        label: item.label.clone().unwrap_or_else(|| field.label.clone()),
        help: item.help.clone(),
        placeholder: item.placeholder.clone(),
        required,
        visible,
        default: item.default.clone().or_else(|| field.default.clone()),
        prefill: item.prefill,
        width: item.width,
        autocomplete: item.autocomplete.clone(),
        settings: Settings {
            max_length,
            options,
            precision,
            default_country,
            currency,
            required_parts,
            fields,
            ..Settings::default()
        },
    }
}
