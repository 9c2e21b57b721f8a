//! The rules of a type, applied to a new object and to changes of one.

use base::{Error, Fault, Result, Timestamp};

use super::{StoredObject, Writer};
use crate::object_type::{
    Changes, FieldValues, ObjectType, Validation, clear_faults, rule_faults, unseen_rule_faults,
};

impl StoredObject {
    /// The changes that a request makes, if the object is of a version that the client expects and the changes
    /// keep to the rules of its type. What is wrong with the request itself is told before the version, and the
    /// rules behind it.
    pub(crate) fn changes_by(
        &self,
        by: &dyn Writer,
        object_type: &ObjectType,
        validation: &Validation,
        is_expected: Result<()>,
    ) -> Result<Changes> {
        let before = Before::of(&self.fields, by);
        if let Err(stale) = is_expected {
            return Err(before.check_form(validation).err().unwrap_or(stale));
        }
        validate_patch(object_type, validation, before)
    }
}

/// Validates a new object against the rules of its type: its values, or all faults at once.
pub(crate) fn validate_create(
    object_type: &ObjectType,
    validation: Validation,
    now: Timestamp,
) -> Result<Changes> {
    let validation = validation.with_defaults(object_type, now);
    changes_unless_faulty(&validation, rule_faults(object_type, &validation, None))
}

/// The values of an object before a change, as far as the answer may depend on them.
#[derive(Clone, Copy)]
pub(crate) enum Before<'a> {
    /// They were not read.
    Unread,
    /// The caller may read them.
    Seen(&'a FieldValues),
    /// The caller may not read them: whatever they are, the answer must be the same.
    Unseen(&'a FieldValues),
}

impl<'a> Before<'a> {
    pub(crate) fn of(values: &'a FieldValues, by: &dyn Writer) -> Self {
        if by.reads() { Self::Seen(values) } else { Self::Unseen(values) }
    }

    /// What was sent without the values that are unchanged: nothing about these is a fault.
    fn relevant(self, validation: &Validation) -> Validation {
        match self {
            Self::Seen(values) => validation.ignoring_unchanged(values),
            Self::Unread | Self::Unseen(_) => validation.clone(),
        }
    }

    /// Refuses what is wrong with the request itself, whatever the rules of the fields say.
    pub(crate) fn check_form(self, validation: &Validation) -> Result<()> {
        changes_unless_faulty(&self.relevant(validation), Vec::new()).map(drop)
    }
}

/// Validates the changes of an object against the rules of its type: the changes, or all faults at once. Values
/// that it has already are no changes. Where the old values were not read, only what does not depend on them is
/// validated.
pub(crate) fn validate_patch(
    object_type: &ObjectType,
    validation: &Validation,
    before: Before<'_>,
) -> Result<Changes> {
    let sent = before.relevant(validation);
    let (broken, values) = match before {
        Before::Unread => return changes_unless_faulty(&sent, clear_faults(object_type, &sent)),
        Before::Seen(values) => (rule_faults(object_type, &sent, Some(values)), values),
        Before::Unseen(values) => (unseen_rule_faults(object_type, &sent, values), values),
    };
    changes_unless_faulty(&sent, broken).map(|_| sent.ignoring_unchanged(values).changes)
}

fn changes_unless_faulty(validation: &Validation, broken: Vec<Fault>) -> Result<Changes> {
    let faults: Vec<_> = validation.all_faults().chain(broken).collect();
    if faults.is_empty() { Ok(validation.changes.clone()) } else { Err(Error::unprocessable(faults)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object_type::{Value, validate_fields};
    use base::{id::ObjectTypeId, text::Slug};
    use serde_json::json;

    fn contacts() -> ObjectType {
        let json = json!({
            "id": ObjectTypeId::new(), "slug": "contacts", "singular_label": "Contact", "plural_label": "Contacts",
            "item_label_fields": ["name"], "created_at": "2026-11-23T00:00:00Z", "updated_at": "2026-11-23T00:00:00Z", "version": 1,
            "fields": [
                {"slug": "email", "label": "E-mail", "type": "email", "unique": true, "required": "always"},
                {"slug": "name", "label": "Name", "type": "name"},
                {"slug": "made", "label": "Made", "type": "date", "semantics": "date-created"},
                {"slug": "stage", "label": "Stage", "type": "dropdown", "default": "New", "settings": {"options": ["New", "Won"]}},
            ],
        });
        serde_json::from_str(&json.to_string()).unwrap()
    }

    fn new(json: serde_json::Value) -> Result<Changes> {
        validate_create(&contacts(), sent(json), "2026-11-23T10:00:00Z".parse().unwrap())
    }

    fn patch(json: serde_json::Value) -> Result<Changes> {
        validate_patch(&contacts(), &sent(json), Before::Unread)
    }

    fn sent(json: serde_json::Value) -> Validation {
        validate_fields(&contacts(), &serde_json::from_str(&json.to_string()).unwrap())
    }

    fn faults(outcome: Result<Changes>) -> Vec<(String, &'static str)> {
        outcome
            .unwrap_err()
            .problem("")
            .errors
            .into_iter()
            .map(|fault| (fault.pointer, fault.code.name()))
            .collect()
    }

    #[test]
    fn a_new_object_gets_defaults_and_needs_what_is_required() {
        let changes = new(json!({"email": "a@b.de"})).unwrap();
        assert_eq!(changes.set[&Slug::parse("stage").unwrap()], Value::Exact("New".to_owned()));
        assert_eq!(changes.set[&Slug::parse("made").unwrap()], Value::Text("2026-11-23".to_owned()));
        assert_eq!(faults(new(json!({"name": "A"}))), [("/fields/email".to_owned(), "required")]);
        assert_eq!(faults(new(json!({"email": null}))), [("/fields/email".to_owned(), "required")]);
    }

    #[test]
    fn null_sent_on_purpose_is_no_default() {
        let changes = new(json!({"email": "a@b.de", "stage": null})).unwrap();
        assert!(!changes.set.contains_key(&Slug::parse("stage").unwrap()));
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let found = faults(new(json!({"name": 1, "stage": "new", "nope": 1})));
        let codes: Vec<_> = found.iter().map(|(pointer, code)| (pointer.as_str(), *code)).collect();
        assert_eq!(
            codes,
            [
                ("/fields/name", "wrong_type"),
                ("/fields/nope", "unknown_field"),
                ("/fields/stage", "not_an_option"),
                ("/fields/email", "required")
            ]
        );
    }

    #[test]
    fn a_patch_may_leave_out_but_not_clear_what_is_required() {
        assert!(patch(json!({"name": null})).is_ok());
        assert_eq!(faults(patch(json!({"email": ""}))), [("/fields/email".to_owned(), "required")]);
    }
}
