//! A page of a form, as it is drawn.

use std::collections::BTreeMap;

use anyhow::Context as _;
use askama::Template;
use axum::http::StatusCode;
use base::{Fault, Result};
use form::{ShownField, ShownItem, ShownPage};
use records::object_type::{FieldType, Required, Visible};
use serde::Serialize;

use crate::{
    control::{Control, Filled, id_of, words_of},
    filling::{ANSWERS, Filling, PAGE, TOKEN, field_of_fault},
    html::{Html, SCRIPT, STYLE},
    markdown,
    told::LANGUAGE,
};

/// What is said beside a field that the link has a bad value for.
const NOT_TAKEN: &str = "The link had a value for this that does not fit. It was left out.";

#[derive(Template)]
#[template(path = "form.html")]
struct FormPage<'a> {
    lang: &'a str,
    /// The path of the page, from where it is.
    action: &'a str,
    title: &'a str,
    description: Option<String>,
    step: Option<String>,
    faults: Vec<ToldFault>,
    hidden: Vec<(&'static str, String)>,
    trap: Option<String>,
    heading: Option<String>,
    about: Option<String>,
    items: Vec<Item>,
    is_behind_another: bool,
    is_last: bool,
    rules: String,
    style: &'static str,
    script: &'static str,
}

/// What stands on a page.
enum Item {
    Text(String),
    Field(Box<Control>),
}

/// What is wrong, with the control to go to.
struct ToldFault {
    id: Option<String>,
    text: String,
}

/// What a script needs of a field to show and to check it.
#[derive(Serialize)]
struct Rule<'a> {
    r#type: FieldType,
    required: &'a Required,
    visible: &'a Visible,
}

/// The page of a form that somebody is at, with what is wrong with it.
pub(crate) fn page(filling: &Filling<'_>, status: StatusCode, faults: &[Fault]) -> Result<Html> {
    let form = &filling.found.stored.form;
    let progress = filling.progress();
    let pages = progress.pages();
    let shown = progress.page(filling.page).unwrap_or_default();
    let place = pages.iter().position(|page| *page == filling.page).unwrap_or_default();
    let trap = filling.trap();
    let hidden = [
        (TOKEN, filling.token.clone().unwrap_or_default()),
        (PAGE, filling.page.to_string()),
        (ANSWERS, filling.sealed()?),
    ];
    let page = FormPage {
        lang: form.locale.as_deref().unwrap_or(LANGUAGE),
        action: filling.key,
        title: &form.title,
        description: form.description.as_deref().filter(|_| place == 0).map(markdown::to_html),
        step: (pages.len() > 1).then(|| format!("Step {} of {}", place + 1, pages.len())),
        faults: told(faults, &shown),
        hidden: hidden.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        trap,
        rules: rules(&shown)?,
        heading: shown.title.clone(),
        about: shown.description.as_deref().map(markdown::to_html),
        items: items(filling, shown, faults),
        is_behind_another: place > 0,
        is_last: place + 1 >= pages.len(),
        style: STYLE,
        script: SCRIPT,
    };
    Ok(Html::new(status, page.render().context("writing a page")?, Some(form)))
}

fn items(filling: &Filling<'_>, shown: ShownPage, faults: &[Fault]) -> Vec<Item> {
    let note = |field: &str| filling.refused.contains(field).then_some(NOT_TAKEN);
    let filled = Filled { inputs: &filling.inputs, faults, note: &note };
    let item = |item: ShownItem| match item {
        ShownItem::Text { text } => Item::Text(markdown::to_html(&text)),
        ShownItem::Field(field) => Item::Field(Control::of(&field, &filled).into()),
    };
    shown.items.into_iter().map(item).collect()
}

fn fields(shown: &ShownPage) -> impl Iterator<Item = &ShownField> {
    shown.items.iter().filter_map(|item| match item {
        ShownItem::Field(field) => Some(&**field),
        ShownItem::Text { .. } => None,
    })
}

/// What is wrong, each with the name of its field.
fn told(faults: &[Fault], shown: &ShownPage) -> Vec<ToldFault> {
    let told = |fault: &Fault| {
        let slug = field_of_fault(fault);
        match fields(shown).find(|field| field.field.as_str() == slug) {
            Some(field) => {
                ToldFault { id: Some(id_of(slug)), text: format!("{}: {}", field.label, words_of(fault)) }
            }
            None => ToldFault { id: None, text: words_of(fault) },
        }
    };
    faults.iter().map(told).collect()
}

/// The rules of the fields on a page, as JSON that stands in HTML.
fn rules(shown: &ShownPage) -> Result<String> {
    let rules = fields(shown).map(|field| {
        let ShownField { r#type, required, visible, .. } = field;
        (field.field.as_str(), Rule { r#type: *r#type, required, visible })
    });
    let rules: BTreeMap<&str, Rule<'_>> = rules.collect();
    Ok(serde_json::to_string(&rules).context("writing rules")?.replace('<', "\\u003c"))
}
