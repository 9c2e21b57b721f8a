//! The type as a form narrows it: more is required, fewer options are offered, fields are there under further conditions. What is
//! sent with the form is judged by it, and what visitors see is made of it.

use base::text::Slug;
use records::object_type::{Field, FieldCondition, FieldValues, ObjectType, Required, Visible, read_value};

use crate::{Form, FormItem, FormPage};

/// What is left of a condition by what is known.
pub(crate) enum Settled {
    /// It holds, or not, whatever is sent.
    Known(bool),
    /// It depends on what is sent.
    Open(FieldCondition),
}

/// The type as the form narrows it.
pub(crate) fn narrowed(form: &Form, object_type: &ObjectType) -> ObjectType {
    let mut narrowed = object_type.clone();
    for (page, item, _) in form.items() {
        let field = narrowed.fields.iter_mut().find(|field| Some(&field.slug) == item.field.as_ref());
        if let Some(field) = field {
            narrow(field, (page, item));
        }
    }
    narrowed
}

fn narrow(field: &mut Field, (page, item): (&FormPage, &FormItem)) {
    if item.required {
        field.required = Required::Always;
    }
    if let Some(offered) = &item.options {
        let known = field.settings.options.iter().flatten();
        field.settings.options = Some(known.filter(|option| offered.contains(option)).cloned().collect());
    }
    let rules = [&field.visible, &page.visible, &item.visible];
    let conditions = rules.into_iter().filter_map(|visible| match visible {
        Visible::Always => None,
        Visible::If(condition) => Some(condition.clone()),
    });
    let mut conditions: Vec<_> = conditions.collect();
    field.visible = match conditions.len() {
        0 => Visible::Always,
        1 => Visible::If(conditions.remove(0)),
        _ => Visible::If(FieldCondition::All(conditions)),
    };
}

/// The values of the fields that the form does not ask for: those that it gives them, or their defaults.
pub(crate) fn values_outside(form: &Form, object_type: &ObjectType) -> FieldValues {
    let asked: Vec<&Slug> = form.asked().collect();
    let outside = object_type.fields.iter().filter(|field| !asked.contains(&&field.slug));
    let value = |field: &Field| {
        let given = form.values.iter().find(|value| value.field == field.slug);
        let raw = given.map_or(field.default.as_ref(), |given| given.value.as_ref())?;
        Some((field.slug.clone(), read_value(field, "", raw).ok()??))
    };
    outside.filter_map(value).collect()
}

/// What is left of a condition where only some fields are sent and these are the values of the others.
pub(crate) fn settled(
    condition: &FieldCondition,
    object_type: &ObjectType,
    (is_sent, others): (&dyn Fn(&Slug) -> bool, &FieldValues),
) -> Settled {
    let part = |part: &FieldCondition| settled(part, object_type, (is_sent, others));
    match condition {
        FieldCondition::Test(test) if is_sent(&test.field) => Settled::Open(condition.clone()),
        FieldCondition::Test(_) => Settled::Known(condition.holds(object_type, others)),
        FieldCondition::All(parts) => joined(parts.iter().map(part), false, FieldCondition::All),
        FieldCondition::Any(parts) => joined(parts.iter().map(part), true, FieldCondition::Any),
    }
}

/// What is left of several parts, of which one that is known to be `decisive` decides.
fn joined(
    parts: impl Iterator<Item = Settled>,
    decisive: bool,
    join: fn(Vec<FieldCondition>) -> FieldCondition,
) -> Settled {
    let mut open = Vec::new();
    for part in parts {
        match part {
            Settled::Known(known) if known == decisive => return Settled::Known(decisive),
            Settled::Known(_) => {}
            Settled::Open(condition) => open.push(condition),
        }
    }
    match open.len() {
        0 => Settled::Known(!decisive),
        1 => Settled::Open(open.remove(0)),
        _ => Settled::Open(join(open)),
    }
}

/// The fields that the type may require of an object, and that no submission of the form gives a value.
pub(crate) fn missing(form: &Form, object_type: &ObjectType) -> Vec<Slug> {
    let others = values_outside(form, object_type);
    let is_sent = |slug: &Slug| {
        let mut sent = form
            .asked()
            .chain(form.values.iter().filter(|value| value.from.is_some()).map(|value| &value.field));
        sent.any(|asked| asked == slug)
    };
    let may_hold = |condition: &FieldCondition| {
        !matches!(settled(condition, object_type, (&is_sent, &others)), Settled::Known(false))
    };
    // What the form itself may hide is not sent then, and only its default stands in for it.
    let is_hidden = |slug: &Slug| {
        form.items().any(|(page, item, _)| {
            item.field.as_ref() == Some(slug)
                && !(matches!(page.visible, Visible::Always) && matches!(item.visible, Visible::Always))
        })
    };
    let is_missing = |field: &&Field| {
        let is_always_sent = is_sent(&field.slug) && (field.default.is_some() || !is_hidden(&field.slug));
        let is_given = field.is_read_only() || is_always_sent || others.contains_key(&field.slug);
        let is_required = match &field.required {
            Required::Never => false,
            Required::Always => true,
            Required::If(condition) => may_hold(condition),
        };
        let is_there = match &field.visible {
            Visible::Always => true,
            Visible::If(condition) => may_hold(condition),
        };
        !is_given && is_required && is_there
    };
    object_type.fields.iter().filter(is_missing).map(|field| field.slug.clone()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn object_type() -> ObjectType {
        let text = |slug: &str| json!({"slug": slug, "label": slug, "type": "text"});
        let json = json!({
            "id": "type_0000000000000000000001", "slug": "a", "singular_label": "A", "plural_label": "A",
            "item_label_fields": [], "fields": [text("sent"), text("fixed"), text("empty")],
            "created_at": "2026-11-23T00:00:00Z", "updated_at": "2026-11-23T00:00:00Z", "version": 1,
        });
        serde_json::from_str(&json.to_string()).unwrap()
    }

    #[test]
    fn what_depends_on_what_is_sent_stays_and_all_else_is_settled() {
        let object_type = object_type();
        let fixed = (Slug::parse("fixed").unwrap(), records::object_type::Value::Text("x".to_owned()));
        let others: FieldValues = [fixed].into();
        let left = |condition: &Value| {
            let condition: FieldCondition = serde_json::from_str(&condition.to_string()).unwrap();
            match settled(&condition, &object_type, (&|slug| slug.as_str() == "sent", &others)) {
                Settled::Known(known) => json!(known),
                Settled::Open(condition) => serde_json::to_value(condition).unwrap(),
            }
        };
        let sent = json!({"field": "sent", "op": "not_empty"});
        let is_x = |value: &str| json!({"field": "fixed", "op": "eq", "value": value});
        let none = json!({"field": "empty", "op": "empty"});
        for (condition, expected) in [
            (sent.clone(), sent.clone()),
            (is_x("x"), json!(true)),
            (is_x("y"), json!(false)),
            (none.clone(), json!(true)),
            (json!({"all": [sent, is_x("x")]}), sent.clone()),
            (json!({"all": [sent, is_x("y")]}), json!(false)),
            (json!({"any": [sent, is_x("x")]}), json!(true)),
            (json!({"any": [is_x("y"), sent]}), sent.clone()),
            (json!({"all": [{"any": [is_x("y"), sent]}, sent, none]}), json!({"all": [sent, sent]})),
        ] {
            assert_eq!(left(&condition), expected, "{condition}");
        }
    }
}
