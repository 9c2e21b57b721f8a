//! What somebody has sent, judged by the rules of the form and its type.

use std::collections::BTreeMap;

use base::{Code, Error, Fault, Result, Violation, text::Slug};
use records::{
    object_type::{
        Changes, Field, FieldType, ObjectType, Precision, SentFields, Validation, read_value, validate_fields,
    },
    objects::Objects,
};
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};

use crate::{FixedValue, Form, narrowed::narrowed};

/// What somebody has sent.
#[derive(Clone, Debug, Default)]
pub struct FilledIn {
    /// The values by the slug of their field.
    pub fields: SentFields,
    /// What the link to the form said.
    pub params: BTreeMap<String, String>,
}

/// What was sent, as it is to be written.
#[derive(Clone)]
pub struct Judged {
    /// The values of a new object.
    pub changes: Changes,
    /// What was sent of them.
    pub(crate) validation: Validation,
}

/// Judges what was sent. What the form does not ask for is refused, whether the type has it or not; what is not visible by what
/// was sent is dropped, and not required.
///
/// # Errors
/// 422 with all faults of what was sent, and nothing of what the team has set; 409 when the form cannot be filled in.
pub fn judge(
    objects: &Objects,
    form: &Form,
    object_type: &ObjectType,
    filled_in: &FilledIn,
) -> Result<Judged> {
    let narrowed = narrowed(form, object_type);
    let is_asked = |name: &str| form.asked().any(|slug| slug.as_str() == name);
    let foreign = filled_in.fields.keys().filter(|name| !is_asked(name)).map(|name| not_in_form(name));
    let mut faults: Vec<Fault> = foreign.collect();
    let validation = validation(form, &narrowed, filled_in);
    let has_fault = |slug: &Slug| {
        let pointer = format!("/fields/{slug}");
        validation.all_faults().any(|fault| fault.pointer.starts_with(&pointer))
    };
    if let Some((matched, _)) = form.action.matching()
        && !validation.changes.set.contains_key(matched)
        && !has_fault(matched)
    {
        let detail = format!("{matched} needs a value.");
        faults.push(Fault::new(format!("/fields/{matched}"), Violation::Required, detail));
    }
    let found = match objects.new_values(&narrowed, validation.clone()) {
        Ok(changes) if faults.is_empty() => return Ok(Judged { changes, validation }),
        Ok(_) => Vec::new(),
        Err(refusal) => refusal.faults().to_vec(),
    };
    for fault in found {
        let name = fault.pointer.strip_prefix("/fields/").and_then(|rest| rest.split('/').next());
        if name.is_some_and(is_asked) && !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    // What the type wants of fields that the form does not ask for is not the visitor's.
    if faults.is_empty() { Err(unavailable()) } else { Err(Error::unprocessable(faults)) }
}

/// What was sent for what the form asks for, with what the form gives, but for what is not visible by it.
pub(crate) fn validation(form: &Form, narrowed: &ObjectType, filled_in: &FilledIn) -> Validation {
    let is_asked = |name: &str| form.asked().any(|slug| slug.as_str() == name);
    let asked = filled_in.fields.iter().filter(|(name, _)| is_asked(name));
    let mut sent: SentFields = asked.map(|(name, raw)| (name.clone(), raw.clone())).collect();
    sent.extend(form.values.iter().filter_map(|value| given(narrowed, value, &filled_in.params)));
    validate_fields(narrowed, &sent).without_hidden(narrowed)
}

/// 409: the type is not what the form needs.
pub(crate) fn unavailable() -> Error {
    Error::new(Code::FormUnavailable, "This form cannot be filled in now.")
}

fn not_in_form(name: &str) -> Fault {
    let pointer = format!("/fields/{}", name.replace('~', "~0").replace('/', "~1"));
    Fault::new(pointer, Violation::NotInForm, "The form does not ask for this: leave it out.")
}

/// A value that the form gives, if its field still takes it: a bad one of a link to the form counts as none.
fn given(
    object_type: &ObjectType,
    value: &FixedValue,
    params: &BTreeMap<String, String>,
) -> Option<(String, Box<RawValue>)> {
    let field = object_type.field(value.field.as_str())?;
    let raw = match (&value.value, &value.from) {
        (Some(raw), _) => raw.clone(),
        (None, Some(name)) => of_texts(field, std::slice::from_ref(params.get(name)?)),
        (None, None) => return None,
    };
    read_value(field, "", &raw).ok()?.map(|_| (field.slug.to_string(), raw))
}

/// A value out of texts, as plain HTML and links have nothing else: an empty one is none.
pub(crate) fn of_texts(field: &Field, texts: &[String]) -> Box<RawValue> {
    let text = texts.last().map(|text| text.trim()).unwrap_or_default();
    let json = match field.r#type {
        FieldType::Checkboxes => json!(texts.iter().filter(|text| !text.is_empty()).collect::<Vec<_>>()),
        _ if text.is_empty() => json!(null),
        FieldType::Number => return number(text),
        FieldType::Checkbox => match text {
            "on" | "true" | "1" => json!(true),
            "off" | "false" | "0" => json!(false),
            other => json!(other),
        },
        FieldType::Money => json!({"amount": text}),
        FieldType::Date if field.settings.precision == Some(Precision::DateTime) => json!(moment(text)),
        _ => json!(texts.last()),
    };
    raw(&json)
}

/// A moment as browsers send it, which is without a zone and often without seconds (HTML, section 2.3.5.7): in UTC.
fn moment(text: &str) -> String {
    let Some((_, time)) = text.split_once('T') else { return text.to_owned() };
    let has_zone = time.contains(['Z', 'z', '+', '-']);
    let has_seconds = time.matches(':').count() > 1;
    match (has_zone, has_seconds) {
        (true, _) => text.to_owned(),
        (false, true) => format!("{text}Z"),
        (false, false) => format!("{text}:00Z"),
    }
}

/// A number to the last digit; what is none is a text, which the field refuses.
fn number(text: &str) -> Box<RawValue> {
    let number = serde_json::from_str::<serde_json::Number>(text).ok();
    let exact = number.and_then(|_| RawValue::from_string(text.to_owned()).ok());
    exact.unwrap_or_else(|| raw(&json!(text)))
}

pub(crate) fn raw(json: &serde_json::Value) -> Box<RawValue> {
    to_raw_value(json).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
