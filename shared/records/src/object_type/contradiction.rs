//! Whether objects violate a field as a change would define it.

use serde_json::value::to_raw_value;

use super::{Field, FieldType, FieldValues, ObjectType, Required, Settings, Value, read::parse_value};
use base::change::is_same;

/// Whether the new definition is narrower: objects that were valid may violate it. Options are no such rule:
/// what was chosen stays, whatever there is to choose from now on.
pub fn is_narrowing(old: Option<&Field>, new: &Field) -> bool {
    let is_needed = !matches!(new.required, Required::Never);
    let Some(old) = old else { return is_needed };
    let needs_more =
        is_needed && !(is_same(&old.required, &new.required) && is_same(&old.visible, &new.visible));
    needs_more || !is_same(&bounds(&old.settings), &bounds(&new.settings))
}

/// The member of the definition that an object with these values violates, if it does.
pub fn violated_member(
    object_type: &ObjectType,
    field: &Field,
    values: &FieldValues,
) -> Option<&'static str> {
    if field.is_read_only() {
        return None;
    }
    if let Some(value) = values.get(&field.slug) {
        return (!is_taken(field, value)).then_some("settings");
    }
    let is_needed = match &field.required {
        Required::Never => false,
        Required::Always => true,
        Required::If(condition) => condition.holds(object_type, values),
    };
    (is_needed && field.is_visible(object_type, values)).then_some("required")
}

/// The settings that bound which values there may be.
fn bounds(settings: &Settings) -> Settings {
    Settings {
        options: None,
        default_country: None,
        start: None,
        prefix: None,
        postfix: None,
        categories: None,
        keep_metadata: None,
        ..settings.clone()
    }
}

/// Whether the field would take the value that it has.
fn is_taken(field: &Field, value: &Value) -> bool {
    match (field.r#type, value) {
        (
            FieldType::Dropdown
            | FieldType::Radio
            | FieldType::Checkboxes
            | FieldType::File
            | FieldType::Image
            | FieldType::Media,
            _,
        ) => true,
        (FieldType::Composite, Value::Parts(parts)) => {
            let mut field = field.clone();
            let mut parts = parts.clone();
            let has_options = |field: &Field| field.settings.options.is_some();
            for part in field.settings.fields.iter().flatten().filter(|part| has_options(part)) {
                parts.remove(part.slug.as_str());
            }
            field.settings.fields.iter_mut().for_each(|fields| fields.retain(|part| !has_options(part)));
            reads(&field, &Value::Parts(parts)).is_some()
        }
        _ => reads(field, value).flatten().is_some_and(|again| field.is_same(&again, value)),
    }
}

/// The value that the field would store if it was sent; `None` if the field refuses it.
fn reads(field: &Field, value: &Value) -> Option<Option<Value>> {
    let raw = to_raw_value(value).ok()?;
    parse_value(field, "", &raw).ok().map(|sent| sent.value)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::object_type::{SentFields, validate_fields};

    fn object_type(field: &Json) -> ObjectType {
        let json = json!({
            "id": base::id::ObjectTypeId::new(), "slug": "t", "singular_label": "T", "plural_label": "Ts",
            "item_label_fields": [], "created_at": "2026-11-23T00:00:00Z", "updated_at": "2026-11-23T00:00:00Z", "version": 1,
            "fields": [field, {"slug": "vip", "label": "VIP", "type": "checkbox"}],
        });
        serde_json::from_str(&json.to_string()).unwrap()
    }

    fn field(kind: &str, rest: &Json) -> Json {
        let mut field = json!({"slug": "a", "label": "A", "type": kind});
        field.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        field
    }

    /// Whether the change is narrowing, and the member that a value which was valid before violates afterwards.
    fn found(kind: &str, before: &Json, after: &Json, values: &Json) -> (bool, Option<&'static str>) {
        let (before, after) = (object_type(&field(kind, before)), object_type(&field(kind, after)));
        let sent = serde_json::from_str::<SentFields>(&values.to_string()).unwrap();
        let validation = validate_fields(&before, &sent);
        assert!(validation.faults.is_empty(), "{:?}", validation.faults);
        let is_narrowing_change = is_narrowing(Some(&before.fields[0]), &after.fields[0]);
        (is_narrowing_change, violated_member(&after, &after.fields[0], &validation.changes.set))
    }

    #[test]
    fn values_contradict_what_they_could_not_be_sent_under() {
        let sub = |more: Json| json!({"settings": {"fields": [{"slug": "n", "label": "N", "type": "text", "settings": more}]}});
        let when_vip = json!({"required": {"if": {"field": "vip", "op": "checked"}}});
        let part = json!({"settings": {"required_parts": ["city"]}});
        let none = json!({});
        for (kind, before, after, values, expected) in [
            ("text", none.clone(), json!({"required": "always"}), none.clone(), Some("required")),
            ("text", none.clone(), json!({"required": "always"}), json!({"a": "x"}), None),
            ("text", none.clone(), when_vip.clone(), json!({"vip": true}), Some("required")),
            ("text", none.clone(), when_vip, json!({"vip": false}), None),
            (
                "text",
                none.clone(),
                json!({"settings": {"max_length": 2}}),
                json!({"a": "abc"}),
                Some("settings"),
            ),
            ("text", none.clone(), json!({"settings": {"max_length": 2}}), json!({"a": "ab"}), None),
            (
                "date",
                none.clone(),
                json!({"settings": {"precision": "date-time"}}),
                json!({"a": "2026-11-23"}),
                Some("settings"),
            ),
            (
                "money",
                none.clone(),
                json!({"settings": {"currency": "EUR"}}),
                json!({"a": {"amount": "1.00", "currency": "USD"}}),
                Some("settings"),
            ),
            ("address", none.clone(), part.clone(), json!({"a": {"zip": "1"}}), Some("settings")),
            ("address", none, part, json!({"a": {"city": "Ulm"}}), None),
            (
                "composite",
                sub(json!({})),
                sub(json!({"max_length": 1})),
                json!({"a": {"n": "xy"}}),
                Some("settings"),
            ),
        ] {
            assert_eq!(found(kind, &before, &after, &values), (true, expected), "{kind} {after} {values}");
        }
    }

    #[test]
    fn what_loosens_and_what_may_be_chosen_is_contradicted_by_nothing() {
        let options = |options: Json| json!({"settings": {"options": options}});
        for (kind, before, after, values) in [
            ("text", json!({"required": "always"}), json!({}), json!({"a": "x"})),
            ("text", json!({}), json!({"label": "B", "locked": "once_set"}), json!({"a": "x"})),
            ("dropdown", options(json!(["x", "y"])), options(json!(["z"])), json!({"a": "x"})),
            ("checkboxes", options(json!(["x", "y"])), options(json!(["z"])), json!({"a": ["x"]})),
        ] {
            assert_eq!(found(kind, &before, &after, &values), (false, None), "{kind} {after}");
        }
    }
}
