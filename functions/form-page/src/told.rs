//! Pages without a form: that it was sent, that it takes no submissions, that there is none.

use anyhow::Context as _;
use askama::Template;
use axum::http::StatusCode;
use base::Result;
use form::{Form, FormState, StoredForm};

use crate::{
    html::{Html, SCRIPT, STYLE},
    markdown,
};

/// The language of what is said here.
pub(crate) const LANGUAGE: &str = "en";

#[derive(Template)]
#[template(path = "told.html")]
struct Told<'a> {
    lang: &'a str,
    title: &'a str,
    message: &'a str,
    style: &'static str,
    script: &'static str,
}

/// That a form was sent.
pub(crate) fn sent(stored: &StoredForm) -> Result<Html> {
    let form = &stored.form;
    let message = form.confirmation.message.as_deref().unwrap_or("Thank you. It was sent.");
    told(StatusCode::OK, form, message)
}

/// That a form takes no submissions, with the status of a page or of a refusal.
pub(crate) fn closed(status: StatusCode, stored: &StoredForm, state: FormState) -> Result<Html> {
    let form = &stored.form;
    let why = match state {
        FormState::NotYet => "This form is not open yet.",
        FormState::Full | FormState::Closed => "This form takes no more answers.",
        FormState::Open | FormState::Unavailable => "This form cannot be filled in now. Try again later.",
    };
    let own = form.closed_message.as_deref().filter(|_| state != FormState::Unavailable);
    told(status, form, own.unwrap_or(why))
}

/// What is to be said of a form in the place of its page.
pub(crate) fn told(status: StatusCode, form: &Form, message: &str) -> Result<Html> {
    let told = Told {
        lang: form.locale.as_deref().unwrap_or(LANGUAGE),
        title: &form.title,
        message: &markdown::to_html(message),
        style: STYLE,
        script: SCRIPT,
    };
    Ok(Html::new(status, told.render().context("writing a page")?, Some(form)))
}

/// That there is no such form, in the same words whatever the reason.
pub(crate) fn none() -> Result<Html> {
    let told = Told {
        lang: LANGUAGE,
        title: "There is no such form",
        message: "<p>The link may be mistyped, or the form was taken away.</p>",
        style: STYLE,
        script: SCRIPT,
    };
    Ok(Html::new(StatusCode::NOT_FOUND, told.render().context("writing a page")?, None))
}
