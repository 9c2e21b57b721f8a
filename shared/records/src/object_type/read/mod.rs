//! Parses the value that is sent for a field, by the type of the field.

mod color;
mod money;
mod parts;
mod phone;
mod url;

use serde_json::value::RawValue;

use super::{
    Field, Precision, Reference, ReferenceTarget, Value, decimal,
    field_type::Form,
    limits::{EMAIL_LENGTH_MAX, TEXT_LENGTH_MAX, TEXTAREA_LENGTH_MAX, UPLOADS_MAX},
};
use base::{
    domain,
    error::{Fault, Violation},
    text,
    timestamp::Timestamp,
};

pub(super) use money::places as currency_places;
pub(super) use phone::is_country;

/// A value that was read, and the things it points at.
pub(super) struct ParsedValue {
    pub(super) value: Option<Value>,
    pub(super) references: Vec<Reference>,
}

/// Reads a value that is to be set; `None` for null, an empty text, and what has nothing in it.
///
/// # Errors
/// All faults, at the pointer or below it.
pub fn read_value(field: &Field, pointer: &str, raw: &RawValue) -> Result<Option<Value>, Vec<Fault>> {
    parse_value(field, pointer, raw).map(|parsed| parsed.value)
}

/// Reads what a write sets; no value for null, an empty text, and what has nothing in it.
///
/// # Errors
/// All faults, at the pointer or below it.
pub(super) fn parse_value(field: &Field, pointer: &str, raw: &RawValue) -> Result<ParsedValue, Vec<Fault>> {
    let plain = |value| ParsedValue { value, references: Vec::new() };
    if field.is_read_only() {
        let detail = "This value comes by itself: leave it out.";
        return Err(vec![Fault::new(pointer, Violation::ReadOnly, detail)]);
    }
    if raw.get() == "null" {
        return Ok(plain(None));
    }
    match field.r#type.form() {
        Form::Choices => options(field, pointer, raw).map(plain),
        Form::Address => parts::address(field, pointer, raw).map(plain),
        Form::Composite => parts::composite(field, pointer, raw).map(plain),
        Form::Uploads => uploads(field, pointer, raw),
        Form::Reference => related(field, pointer, raw),
        Form::Money => {
            money::sent(field, pointer, raw).map(|money| plain(Some(money))).map_err(|fault| vec![fault])
        }
        Form::Line
        | Form::Prose
        | Form::Email
        | Form::Phone
        | Form::Url
        | Form::Decimal
        | Form::Numbered
        | Form::Choice
        | Form::Boolean
        | Form::Date
        | Form::Color => check_value(field, pointer, raw).map(plain).map_err(|fault| vec![fault]),
    }
}

/// Reads a value that others are compared with, also of a field that is read-only; `None` for none: null, or an empty
/// text. Money may be an amount alone.
///
/// # Errors
/// The fault, at the pointer. Of some types no values are compared.
pub fn check_value(field: &Field, pointer: &str, raw: &RawValue) -> Result<Option<Value>, Fault> {
    if raw.get() == "null" {
        return Ok(None);
    }
    let length_max = |most: usize| field.settings.max_length.unwrap_or(most);
    let read: &dyn Fn(&str) -> Result<Value, Fault> = match field.r#type.form() {
        Form::Decimal => return decimal(pointer, raw).map(Some),
        Form::Boolean => return boolean(pointer, raw).map(Some),
        Form::Money => return money::compared(field, pointer, raw).map(Some),
        Form::Choices | Form::Address | Form::Composite | Form::Uploads => {
            return Err(Fault::new(pointer, Violation::NotPossible, "Values of this type are not compared."));
        }
        Form::Line => &|sent| text::prose_line(pointer, sent, length_max(TEXT_LENGTH_MAX)).map(Value::Text),
        Form::Prose => &|sent| text::prose(pointer, sent, length_max(TEXTAREA_LENGTH_MAX)).map(Value::Text),
        Form::Email => &|sent| email(pointer, sent).map(Value::Text),
        Form::Phone => {
            &|sent| phone::parse(field.settings.default_country.as_deref(), pointer, sent).map(Value::Text)
        }
        Form::Url => &|sent| url::parse(pointer, sent).map(Value::Exact),
        Form::Color => &|sent| color::parse(pointer, sent).map(Value::Text),
        Form::Choice => &|sent| option(field, pointer, sent).map(Value::Exact),
        Form::Date => {
            &|sent| date(field.settings.precision.unwrap_or_default(), pointer, sent).map(Value::Text)
        }
        Form::Numbered => &|sent| numbered(field, pointer, sent),
        Form::Reference => &|sent| Ok(Value::Exact(sent.trim().to_owned())),
    };
    let sent = string(pointer, raw)?;
    if text::is_blank(&sent) { Ok(None) } else { read(&sent).map(Some) }
}

fn string(pointer: &str, raw: &RawValue) -> Result<String, Fault> {
    serde_json::from_str(raw.get()).map_err(|_| Fault::new(pointer, Violation::WrongType, "Send a text."))
}

fn decimal(pointer: &str, raw: &RawValue) -> Result<Value, Fault> {
    if !raw.get().starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Err(Fault::new(pointer, Violation::WrongType, "Send a number."));
    }
    let plain = decimal::parse(raw.get()).map(Value::Decimal);
    plain.ok_or_else(|| Fault::new(pointer, Violation::OutOfRange, "Send a number of at most 38 digits."))
}

fn boolean(pointer: &str, raw: &RawValue) -> Result<Value, Fault> {
    let flag = serde_json::from_str(raw.get()).map(Value::Bool);
    flag.map_err(|_| Fault::new(pointer, Violation::WrongType, "Send true or false."))
}

fn email(pointer: &str, sent: &str) -> Result<String, Fault> {
    let address = text::line(pointer, sent, EMAIL_LENGTH_MAX)?;
    if domain::is_email(&address) {
        return Ok(address);
    }
    Err(Fault::new(pointer, Violation::NotAnEmail, "Send an e-mail address such as ada@example.com."))
}

fn option(field: &Field, pointer: &str, sent: &str) -> Result<String, Fault> {
    let sent = text::composed(sent);
    let options = field.settings.options.as_deref().unwrap_or_default();
    if options.iter().any(|option| text::composed(option) == sent) {
        return Ok(sent);
    }
    Err(Fault::new(pointer, Violation::NotAnOption, "Send one of the options of this field, with its case."))
}

/// Any of the options, none twice; they come out in the order of the field.
fn options(field: &Field, pointer: &str, raw: &RawValue) -> Result<Option<Value>, Vec<Fault>> {
    let sent = strings(pointer, raw, "Send an array of options.")?;
    let sent: Vec<_> = sent.iter().map(|option| text::composed(option)).collect();
    let mut faults = Vec::new();
    for (index, item) in sent.iter().enumerate() {
        let pointer = format!("{pointer}/{index}");
        if sent[..index].contains(item) {
            faults.push(Fault::new(pointer, Violation::Duplicate, "This option stands in the list twice."));
        } else {
            faults.extend(option(field, &pointer, item).err());
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let all = field.settings.options.iter().flatten().map(|option| text::composed(option));
    let chosen: Vec<_> = all.filter(|option| sent.contains(option)).collect();
    Ok(Some(Value::List(chosen)).filter(|_| !sent.is_empty()))
}

/// The texts of a list; what is none is named by its place.
fn strings(pointer: &str, raw: &RawValue, detail: &str) -> Result<Vec<String>, Vec<Fault>> {
    let fault = |pointer: &str| Fault::new(pointer, Violation::WrongType, detail);
    let items: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(|_| vec![fault(pointer)])?;
    let (mut texts, mut faults) = (Vec::with_capacity(items.len()), Vec::new());
    for (index, item) in items.iter().enumerate() {
        match serde_json::from_str(item.get()) {
            Ok(text) => texts.push(text),
            Err(_) => faults.push(fault(&format!("{pointer}/{index}"))),
        }
    }
    if faults.is_empty() { Ok(texts) } else { Err(faults) }
}

/// The ids of uploads, none twice. Whether these are there only the caller can tell.
fn uploads(field: &Field, pointer: &str, raw: &RawValue) -> Result<ParsedValue, Vec<Fault>> {
    let ids = strings(pointer, raw, "Send an array of ids of uploads.")?;
    if ids.len() > UPLOADS_MAX {
        let detail = format!("Send at most {UPLOADS_MAX} uploads.");
        return Err(vec![Fault::new(pointer, Violation::TooMany, detail)]);
    }
    let place = |index: usize| format!("{pointer}/{index}");
    let twice = ids.iter().enumerate().filter(|(index, id)| ids[..*index].contains(id));
    let detail = "This upload stands in the list twice.";
    let faults: Vec<_> =
        twice.map(|(index, _)| Fault::new(place(index), Violation::Duplicate, detail)).collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    let reference = |(index, id): (usize, &String)| Reference {
        pointer: place(index),
        target: ReferenceTarget::Upload { id: id.clone(), rule: field.upload_rule() },
    };
    let references = ids.iter().enumerate().map(reference).collect();
    Ok(ParsedValue { value: (!ids.is_empty()).then_some(Value::List(ids)), references })
}

/// The id of an object. Whether it is there only the caller can tell.
fn related(field: &Field, pointer: &str, raw: &RawValue) -> Result<ParsedValue, Vec<Fault>> {
    let value = check_value(field, pointer, raw).map_err(|fault| vec![fault])?;
    let target = |id: &Value| ReferenceTarget::Object {
        object_type: field.settings.object_type.clone().unwrap_or_default(),
        id: id.display().into_owned(),
    };
    let references =
        value.iter().map(|id| Reference { pointer: pointer.to_owned(), target: target(id) }).collect();
    Ok(ParsedValue { value, references })
}

/// The number in a text that this field could have given.
fn numbered(field: &Field, pointer: &str, sent: &str) -> Result<Value, Fault> {
    let settings = &field.settings;
    let rest = sent.strip_prefix(settings.prefix.as_deref().unwrap_or_default());
    let digits = rest.and_then(|rest| rest.strip_suffix(settings.postfix.as_deref().unwrap_or_default()));
    let n = digits.and_then(|digits| digits.parse().ok()).filter(|n| field.numbered(*n) == sent);
    let detail = || format!("Send a number as this field gives it, such as {}.", field.numbered(1));
    let fault = || Fault::new(pointer, Violation::NotANumberOfThisField, detail());
    n.map(|n| Value::Numbered { n, text: sent.to_owned() }).ok_or_else(fault)
}

fn date(precision: Precision, pointer: &str, sent: &str) -> Result<String, Fault> {
    match precision {
        Precision::Date => {
            let has_the_form = sent.len() == 10 && format!("{sent}T00:00:00Z").parse::<Timestamp>().is_ok();
            let refusal = || Fault::new(pointer, Violation::NotADate, "Send a date such as 2026-11-23.");
            has_the_form.then(|| sent.to_owned()).ok_or_else(refusal)
        }
        Precision::DateTime => {
            let at = sent.parse::<Timestamp>().map(|at| at.to_string());
            at.map_err(|_| {
                Fault::new(
                    pointer,
                    Violation::NotADate,
                    "Send a date with time such as 2026-11-23T10:30:00Z.",
                )
            })
        }
    }
}

#[cfg(test)]
mod tests;
