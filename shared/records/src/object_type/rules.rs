//! The rules of fields that depend on the other values of the object: required, visible, locked.

use super::{Field, FieldCondition, FieldValues, Locked, ObjectType, Required, Validation, Visible};
use base::{
    error::{Fault, Violation},
    text::Slug,
};

/// What the rules are evaluated on.
struct RuleContext<'a> {
    object_type: &'a ObjectType,
    validation: &'a Validation,
    /// The values before, none for a new object.
    before: Option<&'a FieldValues>,
    after: FieldValues,
}

/// The faults of the rules of all fields; of an object that is changed with its values before. A rule that
/// looks at a field whose value is faulty is not evaluated.
pub fn rule_faults(
    object_type: &ObjectType,
    validation: &Validation,
    before: Option<&FieldValues>,
) -> Vec<Fault> {
    let after = validation.changes.applied_to(before.cloned().unwrap_or_default());
    let context = RuleContext { object_type, validation, before, after };
    object_type.fields.iter().filter_map(|field| context.fault(field)).collect()
}

/// The faults of a change that can be told without the values before: what an object must always have is cleared.
pub fn clear_faults(object_type: &ObjectType, validation: &Validation) -> Vec<Fault> {
    let is_cleared = |field: &&Field| {
        matches!((&field.required, &field.visible), (Required::Always, Visible::Always))
            && validation.changes.clear.contains(&field.slug)
    };
    object_type.fields.iter().filter(is_cleared).map(required).collect()
}

impl RuleContext<'_> {
    fn fault(&self, field: &Field) -> Option<Fault> {
        if field.is_read_only() || !self.validation.is_known(&field.slug) {
            return None;
        }
        self.not_visible(field).or_else(|| self.locked(field)).or_else(|| self.missing(field))
    }

    fn not_visible(&self, field: &Field) -> Option<Fault> {
        let value = self.validation.changes.set.get(&field.slug)?;
        let is_new = self.value_before(&field.slug) != Some(value);
        (is_new && self.is_hidden(field)).then(|| {
            let detail = format!("{} is not there with these values: leave it out.", field.slug);
            fault(field, Violation::NotVisible, detail)
        })
    }

    fn locked(&self, field: &Field) -> Option<Fault> {
        self.before?;
        let (before, after) = (self.value_before(&field.slug), self.after.get(&field.slug));
        let is_locked = match &field.locked {
            Locked::Never => false,
            Locked::OnceSet => before.is_some(),
            Locked::If(condition) => self.holds(condition) == Some(true),
        };
        (is_locked && before != after)
            .then(|| fault(field, Violation::Locked, format!("{} cannot be changed any more.", field.slug)))
    }

    /// A value is missing if this write takes it away or makes the need for it: what was missing before is no reason to
    /// refuse a change of something else.
    fn missing(&self, field: &Field) -> Option<Fault> {
        if self.after.contains_key(&field.slug) || self.is_hidden(field) {
            return None;
        }
        let is_cleared = self.validation.changes.clear.contains(&field.slug);
        let is_needed = match (&field.required, self.before) {
            (Required::Never, _) => false,
            (Required::Always, None) => true,
            (Required::Always, Some(before)) => is_cleared || !field.is_visible(self.object_type, before),
            (Required::If(condition), before) => {
                let was_needed = before.is_some_and(|before| {
                    condition.holds(self.object_type, before) && field.is_visible(self.object_type, before)
                });
                self.holds(condition) == Some(true) && (is_cleared || !was_needed)
            }
        };
        is_needed.then(|| required(field))
    }

    fn is_hidden(&self, field: &Field) -> bool {
        match &field.visible {
            Visible::Always => false,
            // Where it cannot be told, neither a value nor its absence is a fault.
            Visible::If(condition) => self.holds(condition) == Some(false),
        }
    }

    /// Whether the condition holds after the write; `None` if it looks at a faulty value.
    fn holds(&self, condition: &FieldCondition) -> Option<bool> {
        let is_unknown = |slug: &Slug| !self.validation.is_known(slug);
        (!condition.looks_at(&is_unknown)).then(|| condition.holds(self.object_type, &self.after))
    }

    fn value_before(&self, slug: &Slug) -> Option<&super::Value> {
        self.before?.get(slug)
    }
}

impl Field {
    /// Whether it is there for an object of these values.
    pub(super) fn is_visible(&self, object_type: &ObjectType, values: &FieldValues) -> bool {
        match &self.visible {
            Visible::Always => true,
            Visible::If(condition) => condition.holds(object_type, values),
        }
    }
}

pub(super) fn required(field: &Field) -> Fault {
    fault(field, Violation::Required, format!("{} needs a value.", field.slug))
}

fn fault(field: &Field, code: Violation, detail: String) -> Fault {
    Fault::new(format!("/fields/{}", field.slug), code, detail)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::{SentFields, validate_fields};
    use super::*;

    fn deals() -> ObjectType {
        let won = json!({"if": {"field": "stage", "op": "eq", "value": "Won"}});
        let options = json!({"options": ["New", "Won", "Lost"]});
        let json = json!({
            "id": base::id::ObjectTypeId::new(), "slug": "deals", "singular_label": "Deal", "plural_label": "Deals",
            "item_label_fields": [], "created_at": "2026-11-23T00:00:00Z", "updated_at": "2026-11-23T00:00:00Z", "version": 1,
            "fields": [
                {"slug": "title", "label": "Title", "type": "text", "required": "always"},
                {"slug": "stage", "label": "Stage", "type": "dropdown", "settings": options},
                {"slug": "amount", "label": "Amount", "type": "number", "required": won},
                {"slug": "reason", "label": "Reason", "type": "text",
                    "visible": {"if": {"any": [{"field": "stage", "op": "in", "value": ["Lost"]}, {"field": "vip", "op": "checked"}]}}},
                {"slug": "code", "label": "Code", "type": "text", "locked": "once_set"},
                {"slug": "owner", "label": "Owner", "type": "text", "locked": won},
                {"slug": "vip", "label": "VIP", "type": "checkbox"},
            ],
        });
        serde_json::from_str(&json.to_string()).unwrap()
    }

    fn of(json: &Json) -> Validation {
        validate_fields(&deals(), &serde_json::from_str::<SentFields>(&json.to_string()).unwrap())
    }

    /// The rules on what is sent for an object of these values; a new one if there are none.
    fn faults(before: Option<&Json>, sent: &Json) -> Vec<String> {
        let before = before.map(|before| of(before).changes.set);
        let faults = rule_faults(&deals(), &of(sent), before.as_ref());
        faults.into_iter().map(|fault| format!("{} {}", &fault.pointer[8..], fault.code.name())).collect()
    }

    #[test]
    fn a_new_object_has_what_its_values_need_and_nothing_hidden() {
        for (sent, expected) in [
            (json!({"title": "a"}), vec![]),
            (json!({}), vec!["title required"]),
            (json!({"title": "a", "stage": "Won"}), vec!["amount required"]),
            (json!({"title": "a", "stage": "Won", "amount": 1}), vec![]),
            (json!({"title": "a", "reason": "price"}), vec!["reason not_visible"]),
            (json!({"title": "a", "reason": null}), vec![]),
            (json!({"title": "a", "stage": "Lost", "reason": "price"}), vec![]),
            (json!({"title": "a", "vip": true, "reason": "price"}), vec![]),
            (json!({"title": "a", "vip": false, "reason": "price"}), vec!["reason not_visible"]),
            (json!({"title": "a", "stage": "Won", "amount": 1, "owner": "me", "code": "x"}), vec![]),
        ] {
            assert_eq!(faults(None, &sent), expected, "{sent}");
        }
    }

    #[test]
    fn a_change_is_judged_by_the_values_it_leaves() {
        for (before, sent, expected) in [
            (json!({"title": "a"}), json!({"stage": "Won"}), vec!["amount required"]),
            (json!({"title": "a", "amount": 1}), json!({"stage": "Won"}), vec![]),
            (
                json!({"title": "a", "stage": "Won", "amount": 1}),
                json!({"amount": null}),
                vec!["amount required"],
            ),
            (json!({"title": "a", "stage": "Won"}), json!({"vip": true}), vec![]),
            (json!({"title": "a"}), json!({"title": null}), vec!["title required"]),
            (json!({}), json!({"vip": true}), vec![]),
            (json!({"stage": "Lost"}), json!({"reason": "price"}), vec![]),
            (json!({"stage": "Lost", "reason": "price"}), json!({"stage": "New"}), vec![]),
            (json!({"stage": "New", "reason": "price"}), json!({"reason": "price"}), vec![]),
            (
                json!({"stage": "New", "reason": "price"}),
                json!({"reason": "other"}),
                vec!["reason not_visible"],
            ),
            (json!({"code": "x"}), json!({"code": "x"}), vec![]),
            (json!({"code": "x"}), json!({"code": "y"}), vec!["code locked"]),
            (json!({"code": "x"}), json!({"code": null}), vec!["code locked"]),
            (json!({}), json!({"code": "y"}), vec![]),
            (json!({"stage": "Won", "amount": 1}), json!({"owner": "me"}), vec!["owner locked"]),
            (json!({"stage": "Won", "amount": 1}), json!({"owner": "me", "stage": "New"}), vec![]),
        ] {
            assert_eq!(faults(Some(&before), &sent), expected, "{before} {sent}");
        }
    }

    #[test]
    fn a_rule_on_a_faulty_value_is_not_judged() {
        assert_eq!(faults(None, &json!({"title": "a", "stage": "won"})), Vec::<String>::new());
        assert_eq!(faults(None, &json!({"title": 1, "stage": "won"})), Vec::<String>::new());
    }

    #[test]
    fn each_operator_looks_at_a_value() {
        let holds = |condition: Json, values: &Json| {
            let condition: FieldCondition = serde_json::from_str(&condition.to_string()).unwrap();
            condition.holds(&deals(), &of(values).changes.set)
        };
        let values = json!({"title": "Ada", "amount": 12.30, "vip": true});
        for (condition, expected) in [
            (json!({"field": "title", "op": "eq", "value": "ADA"}), true),
            (json!({"field": "title", "op": "ne", "value": "Eve"}), true),
            (json!({"field": "stage", "op": "ne", "value": "Won"}), true),
            (json!({"field": "stage", "op": "eq", "value": "Won"}), false),
            (json!({"field": "amount", "op": "eq", "value": 12.3}), true),
            (json!({"field": "amount", "op": "in", "value": [1, 12.3]}), true),
            (json!({"field": "stage", "op": "empty"}), true),
            (json!({"field": "title", "op": "not_empty"}), true),
            (json!({"field": "vip", "op": "checked"}), true),
            (json!({"all": [{"field": "vip", "op": "checked"}, {"field": "stage", "op": "empty"}]}), true),
            (json!({"all": [{"field": "vip", "op": "checked"}, {"field": "vip", "op": "empty"}]}), false),
            (json!({"any": [{"field": "vip", "op": "empty"}, {"field": "stage", "op": "empty"}]}), true),
        ] {
            assert_eq!(holds(condition.clone(), &values), expected, "{condition}");
        }
    }

    #[test]
    fn a_condition_is_one_thing_and_is_written_as_it_was_read() {
        for text in [
            r#"{"all":[{"field":"a","op":"eq","value":1.0}]}"#,
            r#"{"any":[{"field":"a","op":"not_empty"}]}"#,
        ] {
            let condition: FieldCondition = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&condition).unwrap(), text);
        }
        for text in
            ["{}", r#"{"field":"a"}"#, r#"{"all":[],"any":[]}"#, r#"{"all":[],"op":"eq"}"#, r#"{"x":1}"#]
        {
            assert!(serde_json::from_str::<FieldCondition>(text).is_err(), "{text}");
        }
    }
}
