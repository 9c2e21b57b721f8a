//! The rules of a form that its type has to do with: what it asks for and gives is there, and narrows the type only. All faults at
//! once.

use std::collections::HashSet;

use base::{
    Fault, Violation,
    text::{self, Slug},
};
use records::object_type::{
    Field, FieldReference, FieldType, StoredObjectType, Visible, check_condition, read_value,
};

use crate::{
    FixedValue, Form, FormActionKind, FormItem, FormPage,
    check::{label, lines, tidy},
    limits::{
        HELP_LENGTH_MAX, ITEMS_MAX, PAGES_MAX, TEXT_LENGTH_MAX, TITLE_LENGTH_MAX, VALUES_MAX, WORD_LENGTH_MAX,
    },
    narrowed::{missing, narrowed},
};

/// Tidies what a form asks for and gives, and finds what is wrong with it: the fields that it refers to.
pub fn check_against_type(
    form: &mut Form,
    object_type: &StoredObjectType,
    faults: &mut Vec<Fault>,
) -> Vec<FieldReference> {
    let fields = &object_type.object_type.fields;
    let asked: Vec<Field> = form.asked().filter_map(|slug| find(fields, slug)).cloned().collect();
    check_pages(&mut form.pages, (fields, &asked), faults);
    check_values(&form.values, (fields, &asked), faults);
    check_action(form, object_type, faults);
    for (index, slug) in form.confirmation.append.iter().enumerate() {
        if !form.asked().any(|asked| asked == slug) {
            let pointer = format!("/confirmation/append/{index}");
            faults.push(Fault::new(pointer, Violation::UnknownField, "Name a field that the form asks for."));
        }
    }
    for slug in missing(form, &object_type.object_type) {
        let detail = format!("The object type may require {slug}: ask for it, or give it a value.");
        faults.push(Fault::new("/pages", Violation::Required, detail));
    }
    let named = form.asked().chain(form.values.iter().map(|value| &value.field));
    named.filter_map(|slug| object_type.reference(slug.as_str())).collect()
}

fn check_pages(pages: &mut [FormPage], (fields, asked): (&[Field], &[Field]), faults: &mut Vec<Fault>) {
    if !(1..=PAGES_MAX).contains(&pages.len()) {
        faults.push(Fault::new("/pages", Violation::OutOfRange, format!("Give 1 to {PAGES_MAX} pages.")));
    }
    if pages.iter().map(|page| page.items.len()).sum::<usize>() > ITEMS_MAX {
        let detail = format!("Give at most {ITEMS_MAX} items on all pages.");
        faults.push(Fault::new("/pages", Violation::TooMany, detail));
        return;
    }
    let mut seen = HashSet::new();
    for (at, page) in pages.iter_mut().enumerate() {
        let pointer = format!("/pages/{at}");
        label(&mut page.title, &format!("{pointer}/title"), TITLE_LENGTH_MAX, faults);
        lines(&mut page.description, &format!("{pointer}/description"), TEXT_LENGTH_MAX, faults);
        check_visible(&page.visible, (None, asked), &pointer, faults);
        for (index, item) in page.items.iter_mut().enumerate() {
            let pointer = format!("{pointer}/items/{index}");
            check_item(item, (fields, asked), &pointer, faults);
            if item.field.clone().is_some_and(|slug| !seen.insert(slug)) {
                let detail = "The form asks for this field already.";
                faults.push(Fault::new(format!("{pointer}/field"), Violation::Duplicate, detail));
            }
        }
    }
}

fn check_item(
    item: &mut FormItem,
    (fields, asked): (&[Field], &[Field]),
    pointer: &str,
    faults: &mut Vec<Fault>,
) {
    let at = |name: &str| format!("{pointer}/{name}");
    let slug = match (&item.field, &mut item.text) {
        (Some(slug), None) => slug.clone(),
        (None, Some(shown)) => {
            tidy(text::lines(&at("text"), shown, TEXT_LENGTH_MAX), shown, faults);
            if text::is_blank(shown) {
                faults.push(Fault::new(at("text"), Violation::Required, "Give a text."));
            }
            return check_text_alone(item, pointer, faults);
        }
        _ => {
            let detail = "Give a field or a text, and not both.";
            return faults.push(Fault::new(pointer, Violation::Required, detail));
        }
    };
    label(&mut item.label, &at("label"), TITLE_LENGTH_MAX, faults);
    label(&mut item.placeholder, &at("placeholder"), TITLE_LENGTH_MAX, faults);
    label(&mut item.autocomplete, &at("autocomplete"), WORD_LENGTH_MAX, faults);
    lines(&mut item.help, &at("help"), HELP_LENGTH_MAX, faults);
    let Some(field) = find(fields, &slug) else {
        let detail = "The object type has no such field.";
        return faults.push(Fault::new(at("field"), Violation::UnknownField, detail));
    };
    if let Some(detail) = not_for_forms(field) {
        return faults.push(Fault::new(at("field"), Violation::NotPossible, detail));
    }
    check_visible(&item.visible, (Some(&slug), asked), pointer, faults);
    check_options(item, field, pointer, faults);
    check_default(item, field, pointer, faults);
}

fn check_text_alone(item: &FormItem, pointer: &str, faults: &mut Vec<Fault>) {
    let FormItem {
        label, help, placeholder, required, visible, options, default, prefill, autocomplete, ..
    } = item;
    let besides = [
        ("label", label.is_some()),
        ("help", help.is_some()),
        ("placeholder", placeholder.is_some()),
        ("required", *required),
        ("visible", !matches!(visible, Visible::Always)),
        ("options", options.is_some()),
        ("default", default.is_some()),
        ("prefill", *prefill),
        ("autocomplete", autocomplete.is_some()),
    ];
    for (name, _) in besides.into_iter().filter(|(_, is_there)| *is_there) {
        let detail = "A text between fields has nothing besides.";
        faults.push(Fault::new(format!("{pointer}/{name}"), Violation::NotPossible, detail));
    }
}

fn check_options(item: &FormItem, field: &Field, pointer: &str, faults: &mut Vec<Fault>) {
    let Some(offered) = &item.options else { return };
    let pointer = format!("{pointer}/options");
    let Some(known) = &field.settings.options else {
        let detail = "A field of this type has no options.";
        return faults.push(Fault::new(pointer, Violation::NotPossible, detail));
    };
    if offered.is_empty() {
        faults.push(Fault::new(&pointer, Violation::Required, "Offer at least one option."));
    }
    for (index, option) in offered.iter().enumerate() {
        let pointer = format!("{pointer}/{index}");
        if !known.contains(option) {
            let detail = "Offer options that the field has, with their case.";
            faults.push(Fault::new(pointer, Violation::NotAnOption, detail));
        } else if offered[..index].contains(option) {
            faults.push(Fault::new(pointer, Violation::Duplicate, "This option stands in the list twice."));
        }
    }
}

fn check_default(item: &FormItem, field: &Field, pointer: &str, faults: &mut Vec<Fault>) {
    let Some(default) = &item.default else { return };
    let pointer = format!("{pointer}/default");
    if field.unique {
        let detail = "A unique field cannot have a default: the second object would break the rule.";
        return faults.push(Fault::new(pointer, Violation::NotPossible, detail));
    }
    let mut offered = field.clone();
    if item.options.is_some() {
        offered.settings.options.clone_from(&item.options);
    }
    faults.extend(read_value(&offered, &pointer, default).err().into_iter().flatten());
}

fn check_values(values: &[FixedValue], (fields, asked): (&[Field], &[Field]), faults: &mut Vec<Fault>) {
    if values.len() > VALUES_MAX {
        let detail = format!("Give at most {VALUES_MAX} values.");
        return faults.push(Fault::new("/values", Violation::TooMany, detail));
    }
    for (index, value) in values.iter().enumerate() {
        let at = |name: &str| format!("/values/{index}/{name}");
        let is_twice = find(asked, &value.field).is_some()
            || values[..index].iter().any(|other| other.field == value.field);
        if is_twice {
            let detail = "The form asks for this field, or gives it a value already.";
            faults.push(Fault::new(at("field"), Violation::Duplicate, detail));
        }
        let Some(field) = find(fields, &value.field) else {
            let detail = "The object type has no such field.";
            faults.push(Fault::new(at("field"), Violation::UnknownField, detail));
            continue;
        };
        if let Some(detail) = not_for_forms(field) {
            faults.push(Fault::new(at("field"), Violation::NotPossible, detail));
            continue;
        }
        match (&value.value, &value.from) {
            (Some(_), None) if field.unique => {
                let detail =
                    "A unique field cannot have a fixed value: the second object would break the rule.";
                faults.push(Fault::new(at("value"), Violation::NotPossible, detail));
            }
            (Some(raw), None) => match read_value(field, &at("value"), raw) {
                Ok(Some(_)) => {}
                Ok(None) => faults.push(Fault::new(at("value"), Violation::Required, "Give a value.")),
                Err(found) => faults.extend(found),
            },
            (None, Some(name)) if is_param(name) => {}
            (None, Some(_)) => {
                let detail = format!("Give 1 to {WORD_LENGTH_MAX} letters, digits, dots, - or _.");
                faults.push(Fault::new(at("from"), Violation::Invalid, detail));
            }
            _ => {
                let detail = "Give a value, or the name of a parameter in from, and not both.";
                faults.push(Fault::new(format!("/values/{index}"), Violation::Required, detail));
            }
        }
    }
}

fn check_action(form: &Form, object_type: &StoredObjectType, faults: &mut Vec<Fault>) {
    let action = &form.action;
    let mut refuse = |name: &str, violation, detail: &str| {
        faults.push(Fault::new(format!("/action/{name}"), violation, detail));
    };
    if action.kind == FormActionKind::Create {
        let detail = "This belongs to upsert: leave it out.";
        if action.r#match.is_some() {
            refuse("match", Violation::NotPossible, detail);
        }
        if action.on_match.is_some() {
            refuse("on_match", Violation::NotPossible, detail);
        }
        return;
    }
    let Some(matched) = &action.r#match else {
        return refuse("match", Violation::Required, "Name the unique field that objects are found by.");
    };
    let narrowed = narrowed(form, &object_type.object_type);
    match narrowed.field(matched.as_str()).filter(|field| field.unique) {
        None => refuse("match", Violation::NotAUniqueField, "Name a unique field of the object type."),
        Some(_) if !object_type.is_unique_index_built(matched.as_str()) => {
            refuse(
                "match",
                Violation::IndexBuilding,
                "Not every value of this field is known to be unique yet.",
            );
        }
        Some(field)
            if !form.asked().any(|slug| slug == matched) || !matches!(field.visible, Visible::Always) =>
        {
            refuse(
                "match",
                Violation::NotPossible,
                "The form must ask for this field, whatever else is sent.",
            );
        }
        Some(_) => {}
    }
}

fn check_visible(
    visible: &Visible,
    fields: (Option<&Slug>, &[Field]),
    pointer: &str,
    faults: &mut Vec<Fault>,
) {
    if let Visible::If(condition) = visible {
        check_condition(condition, fields, &format!("{pointer}/visible/if"), faults);
    }
}

/// Why a form cannot ask for the field, or give it a value; none if it can.
fn not_for_forms(field: &Field) -> Option<&'static str> {
    match field.r#type {
        _ if field.is_read_only() => Some("The value of this field comes by itself."),
        FieldType::Relationship => Some("Forms do not offer objects to choose from yet."),
        r#type if r#type.holds_uploads() => Some("Forms do not take files yet."),
        _ => None,
    }
}

fn find<'a>(fields: &'a [Field], slug: &Slug) -> Option<&'a Field> {
    fields.iter().find(|field| field.slug == *slug)
}

fn is_param(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=WORD_LENGTH_MAX).contains(&name.len()) && name.bytes().all(is_plain)
}
