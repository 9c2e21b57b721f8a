//! What a visitor has filled in on the other pages of a form. It travels in the page, sealed, so that nothing is kept of who does
//! not send the form, and nothing changes on the way.

use anyhow::Context as _;
use base::{Result, id::FormId};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use keys::KeyRing;

use crate::inputs::Inputs;

/// What answers are sealed for.
const CONTEXT: &str = "form answers";
/// What it is sealed for that somebody has sent a form.
const SENT: &str = "form sent";

/// The answers as a text; empty if there are none.
pub(crate) fn seal(answers: &Inputs, ring: &KeyRing, form: &FormId) -> Result<String> {
    if answers.is_empty() {
        return Ok(String::new());
    }
    let plain = serde_json::to_vec(&(form, answers)).context("writing answers")?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(ring.seal(CONTEXT, &plain)?))
}

/// The answers in a text that this form was sealed with; none in any other text.
pub(crate) fn open(text: &str, ring: &KeyRing, form: &FormId) -> Option<Inputs> {
    if text.is_empty() {
        return Some(Inputs::new());
    }
    let sealed = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    let plain = ring.open(CONTEXT, &sealed)?;
    let (of, answers): (FormId, Inputs) = serde_json::from_slice(&plain).ok()?;
    (of == *form).then_some(answers)
}

/// That somebody has sent the form, as a text: what is said to who has is said to nobody else.
pub(crate) fn sent(ring: &KeyRing, form: &FormId) -> Result<String> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(ring.seal(SENT, form.as_str().as_bytes())?))
}

/// Whether a text says so.
pub(crate) fn is_sent(text: &str, ring: &KeyRing, form: &FormId) -> bool {
    let sealed = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
    sealed.and_then(|sealed| ring.open(SENT, &sealed)).is_some_and(|plain| plain == form.as_str().as_bytes())
}
