//! The handlers of the pages of forms.

use api::{
    extract::{Client, Path, State},
    openapi::{Operation, Output},
};
use axum::{
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use base::{Code, Error, Fault, Result, Violation};
use form::{Confirmed, FormState, FoundForm};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    Store, answers,
    filling::{Filling, Step},
    html::Html,
    inputs::{Inputs, text_of},
    page::page,
    request::{LinkQuery, Unread},
    told,
};

/// What a link to the page behind a submission says. No parameter of a form begins so.
const DONE: &str = "_done";
const EMBED: &str = include_str!("embed.js");
/// So long a browser uses what it has, in seconds.
const EMBED_CACHE: &str = "public, max-age=3600";

#[derive(Deserialize, JsonSchema)]
pub(crate) struct KeyPath {
    key: String,
}

/// A page, or where to go.
pub(crate) enum Answer {
    Page(Html),
    Other(String),
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Page(html) => html.into_response(),
            // Whoever reads the page behind it anew sends nothing again (RFC 9110, section 15.4.4).
            Self::Other(to) => axum::response::Redirect::to(&to).into_response(),
        }
    }
}

impl Output for Answer {
    fn describe(operation: &mut Operation) {
        Html::describe(operation);
        operation.empty_answer(303, "Sent, and on to what is said of it.");
    }
}

pub(crate) async fn open(
    State(store): State<Store>,
    Path(path): Path<KeyPath>,
    LinkQuery(query): LinkQuery,
) -> Result<Html> {
    let found = match store.find(&path.key).await {
        Err(error) if error.code == Code::NotFound => return told::none(),
        found => found?,
    };
    if answers::is_sent(text_of(&query, DONE), &found.ring, &found.stored.id) {
        return told::sent(&found.stored);
    }
    let Some(collection) = found.open() else {
        return told::closed(StatusCode::OK, &found.stored, found.state);
    };
    let filling = Filling::new((&path.key, &found), collection, &query, store.now())?;
    page(&filling, StatusCode::OK, &[])
}

pub(crate) async fn fill_in(
    client: Client,
    State(store): State<Store>,
    Path(path): Path<KeyPath>,
    sent: Unread,
) -> Result<Answer> {
    let found = match store.find(&path.key).await {
        Err(error) if error.code == Code::NotFound => return told::none().map(Answer::Page),
        found => found?,
    };
    if !sent.may_send(&client.host, &found.stored.form.allowed_origins) {
        let message = "This page may not send this form. Open the form itself.";
        return told::told(StatusCode::FORBIDDEN, &found.stored.form, message).map(Answer::Page);
    }
    answer(&store, (&path.key, &found), &client, sent.inputs().await?).await
}

/// The script is the same for all forms: a key that is none sets a page in that says so.
pub(crate) async fn embed(_: Path<KeyPath>) -> Result<Script> {
    Ok(Script)
}

/// Takes a page in: to the next one, back, or to what is said once all of it is sent.
async fn answer(
    store: &Store,
    (key, found): (&str, &FoundForm),
    client: &Client,
    inputs: Inputs,
) -> Result<Answer> {
    let Some(collection) = &found.collection else {
        return told::closed(StatusCode::CONFLICT, &found.stored, found.state).map(Answer::Page);
    };
    let Some((mut filling, is_back)) = Filling::of_page((key, found), collection, (inputs, store.now()))
    else {
        let message = "This page is not as it was sent. Open the form again.";
        return told::told(StatusCode::UNPROCESSABLE_ENTITY, &found.stored.form, message).map(Answer::Page);
    };
    // What was sent before is answered the same, though the form takes no more by now.
    if found.state == FormState::Open {
        let step = if is_back { filling.back() } else { filling.on(store.objects()) };
        if let Step::Page(faults) = step {
            let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
            return page(&filling, status, &faults).map(Answer::Page);
        }
    }
    let received = filling.received();
    match store.visit(found, client, async |_| Ok(received)).await {
        Ok(Confirmed { redirect: Some(to), .. }) => Ok(Answer::Other(to)),
        Ok(Confirmed { redirect: None, .. }) => {
            Ok(Answer::Other(format!("{key}?{DONE}={}", answers::sent(&found.ring, &found.stored.id)?)))
        }
        Err(refusal) => refused((store, client), filling, &refusal).map(Answer::Page),
    }
}

/// A refusal as a page: what is filled in stays there.
fn refused((store, client): (&Store, &Client), mut filling: Filling<'_>, refusal: &Error) -> Result<Html> {
    let stored = &filling.found.stored;
    let told = match refusal.code {
        Code::FormClosed => {
            // The last place was taken meanwhile.
            let state =
                if filling.found.state == FormState::Open { FormState::Full } else { filling.found.state };
            return told::closed(StatusCode::CONFLICT, stored, state);
        }
        Code::FormUnavailable => return told::closed(StatusCode::CONFLICT, stored, FormState::Unavailable),
        Code::AlreadySubmitted => {
            let message =
                "This form was sent already, with other answers. Open it again to send it once more.";
            return told::told(StatusCode::CONFLICT, &stored.form, message);
        }
        _ => refusal.faults().to_vec(),
    };
    filling.mend(&told);
    if told.iter().any(|fault| [Violation::TokenInvalid, Violation::TokenMissing].contains(&fault.code)) {
        // It was open for longer than a day, or somebody has made it: with a new token it can be sent as it is.
        filling.token = Some(filling.found.new_token(store.now()).seal(&filling.found.ring)?);
    }
    let told = if told.is_empty() { vec![general(refusal)] } else { told };
    // What is no fault of the visitor is logged where it becomes an answer.
    let response = refusal.respond(&client.request_id);
    let retry_after = response.headers().get(header::RETRY_AFTER).cloned();
    Ok(page(&filling, response.status(), &told)?.with_retry_after(retry_after))
}

/// What is told of a refusal that is about no field.
fn general(refusal: &Error) -> Fault {
    let detail = match refusal.code {
        Code::RateLimited => "Too much was sent from here. Wait some minutes, and press Send again.",
        _ => "It could not be sent now, and nothing is lost. Press Send again in a moment.",
    };
    Fault::new("", Violation::NotPossible, detail)
}

/// The script that sets a form into a page.
pub(crate) struct Script;

impl IntoResponse for Script {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
            (header::CACHE_CONTROL, EMBED_CACHE),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            // Pages of any origin load it.
            (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
        ];
        (headers, EMBED).into_response()
    }
}

impl Output for Script {
    fn describe(operation: &mut Operation) {
        operation.empty_answer(200, "The script.");
    }
}
