//! The rules of fields for a caller who may not read the object, so that no answer depends on what it holds.
//! What was sent decides about a rule; where it does not, the rule refuses.

use super::{Field, FieldCondition, FieldValues, Locked, ObjectType, Required, Validation, Visible, rules};
use base::error::{Fault, Violation};

/// The faults of the rules of all fields, told only of what was sent, and of whether a field that is locked once it is set
/// has a value.
pub fn unseen_rule_faults(
    object_type: &ObjectType,
    validation: &Validation,
    before: &FieldValues,
) -> Vec<Fault> {
    let context = BlindContext { object_type, validation };
    object_type.fields.iter().filter_map(|field| context.fault(field, before)).collect()
}

/// The known values: those that were sent, and were valid.
struct BlindContext<'a> {
    object_type: &'a ObjectType,
    validation: &'a Validation,
}

impl BlindContext<'_> {
    fn fault(&self, field: &Field, before: &FieldValues) -> Option<Fault> {
        if field.is_read_only() || !self.validation.is_known(&field.slug) {
            return None;
        }
        let (is_set, is_cleared) =
            (self.validation.changes.set.contains_key(&field.slug), self.is_cleared(field));
        let is_visible = match &field.visible {
            Visible::Always => Some(true),
            Visible::If(condition) => self.holds(condition),
        };
        if is_set && is_visible != Some(true) {
            let detail =
                "is not there unless what is sent with it says so: leave it out, or send what decides it.";
            return Some(fault(field, Violation::NotVisible, detail));
        }
        if (is_set || is_cleared) && self.is_locked(field, before) {
            return Some(fault(
                field,
                Violation::Locked,
                "is locked, unless what is sent with it decides otherwise.",
            ));
        }
        let is_made_needed = match &field.required {
            Required::Never => false,
            Required::Always => is_visible == Some(true) && !matches!(field.visible, Visible::Always),
            Required::If(condition) => self.holds(condition) == Some(true),
        };
        let may_be_needed = match &field.required {
            Required::Never => false,
            Required::Always => true,
            Required::If(condition) => self.holds(condition) != Some(false),
        };
        let is_missing = !is_set && is_visible != Some(false);
        (is_missing && (is_made_needed || (is_cleared && may_be_needed))).then(|| rules::required(field))
    }

    fn is_locked(&self, field: &Field, before: &FieldValues) -> bool {
        match &field.locked {
            Locked::Never => false,
            Locked::OnceSet => before.contains_key(&field.slug),
            Locked::If(condition) => self.holds(condition) != Some(false),
        }
    }

    fn is_cleared(&self, field: &Field) -> bool {
        self.validation.changes.clear.contains(&field.slug)
    }

    /// Whether the condition holds after the change; `None` where it looks at what was not sent.
    fn holds(&self, condition: &FieldCondition) -> Option<bool> {
        let changes = &self.validation.changes;
        let is_unknown = |slug: &_| !changes.set.contains_key(slug) && !changes.clear.contains(slug);
        (!condition.looks_at(&is_unknown)).then(|| condition.holds(self.object_type, &changes.set))
    }
}

fn fault(field: &Field, code: Violation, detail: &str) -> Fault {
    Fault::new(format!("/fields/{}", field.slug), code, format!("{} {detail}", field.slug))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::object_type::{SentFields, validate_fields};

    fn deals() -> ObjectType {
        let won = json!({"if": {"field": "stage", "op": "eq", "value": "Won"}});
        let field = |slug: &str, rules: Json| {
            let mut field = json!({"slug": slug, "label": slug, "type": "text"});
            field.as_object_mut().unwrap().extend(rules.as_object().unwrap().clone());
            field
        };
        let json = json!({
            "id": base::id::ObjectTypeId::new(), "slug": "deals", "singular_label": "Deal", "plural_label": "Deals",
            "item_label_fields": [], "created_at": "2026-11-23T00:00:00Z", "updated_at": "2026-11-23T00:00:00Z", "version": 1,
            "fields": [
                field("stage", json!({})),
                field("title", json!({"required": "always"})),
                field("amount", json!({"required": won})),
                field("reason", json!({"visible": won})),
                field("both", json!({"visible": won, "required": "always"})),
                field("code", json!({"locked": "once_set"})),
                field("owner", json!({"locked": won})),
            ],
        });
        serde_json::from_str(&json.to_string()).unwrap()
    }

    fn faults(sent: &Json, before: &Json) -> Vec<String> {
        let of = |json: &Json| {
            validate_fields(&deals(), &serde_json::from_str::<SentFields>(&json.to_string()).unwrap())
        };
        let faults = unseen_rule_faults(&deals(), &of(sent), &of(before).changes.set);
        faults.into_iter().map(|fault| format!("{} {}", &fault.pointer[8..], fault.code.name())).collect()
    }

    #[test]
    fn what_is_stored_changes_no_answer_but_that_of_a_value_that_is_set_once() {
        let won =
            json!({"stage": "Won", "title": "t", "amount": "1", "reason": "r", "both": "b", "owner": "o"});
        let new = json!({"stage": "New", "amount": "2", "reason": "r2", "both": "b", "owner": "o"});
        for (sent, expected) in [
            (json!({}), vec![]),
            (json!({"title": "t"}), vec![]),
            (json!({"title": null}), vec!["title required"]),
            (json!({"stage": "Won"}), vec!["amount required", "both required"]),
            (json!({"stage": "Won", "amount": "1", "both": "b"}), vec![]),
            (json!({"stage": "New"}), vec![]),
            (json!({"amount": "1"}), vec![]),
            (json!({"amount": null}), vec!["amount required"]),
            (json!({"amount": null, "stage": "New"}), vec![]),
            (json!({"reason": "r"}), vec!["reason not_visible"]),
            (json!({"reason": "r", "stage": "New"}), vec!["reason not_visible"]),
            (json!({"reason": "r", "stage": "Won", "amount": "1", "both": "b"}), vec![]),
            (json!({"reason": null}), vec![]),
            (json!({"both": null}), vec!["both required"]),
            (json!({"both": null, "stage": "New"}), vec![]),
            (json!({"owner": "o"}), vec!["owner locked"]),
            (json!({"owner": null}), vec!["owner locked"]),
            (json!({"owner": "o", "stage": "New"}), vec![]),
            (json!({"owner": "o", "stage": "Won", "amount": "1", "both": "b"}), vec!["owner locked"]),
            (json!({"code": "c"}), vec![]),
        ] {
            for before in [&won, &new, &json!({})] {
                assert_eq!(faults(&sent, before), expected, "{sent} {before}");
            }
        }
        for code in [json!("c"), json!("d"), Json::Null] {
            assert_eq!(faults(&json!({"code": code}), &json!({"code": "c"})), ["code locked"]);
        }
    }
}
