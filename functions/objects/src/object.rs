//! Objects: as they are stored, as they are sent, and as the caller may see them.

use std::collections::{BTreeMap, BTreeSet};

use api::Member;
use base::{
    Error, Fault, Permission, Result, Timestamp,
    id::{ObjectId, ObjectTypeId, UserId},
    text::Slug,
};
use records::object_type::{
    Changes, FieldValues, ObjectType, SentFields, SentValues, StoredObjectType, Validation, Value,
    clear_faults, rule_faults, unseen_rule_faults,
};
use resources::TRASH_SECONDS;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{codec::unique_keys, store::Collection, upsert::Outcome};

/// The body of a write.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({"fields": {"email": "ada@example.com", "name": "Ada", "amount": 12.5}}))]
pub(crate) struct Fields {
    /// The values by the slug of their field, 350,000 bytes together; null or an empty text is no value.
    #[schemars(with = "SentValues")]
    pub(crate) fields: SentFields,
}

/// The query of an upsert.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpsertQuery {
    /// The unique field by whose value the object is found.
    #[schemars(length(min = 1), example = &"email")]
    pub(crate) r#match: String,
}

/// An object as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredObject {
    pub(crate) id: ObjectId,
    pub(crate) fields: FieldValues,
    /// The keys of its values in unique fields, whose entries in the unique index are its own unless it is in
    /// the trash.
    pub(crate) unique: BTreeMap<Slug, String>,
    pub(crate) version: u64,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) created_by: UserId,
    pub(crate) updated_by: UserId,
    pub(crate) trashed_at: Option<Timestamp>,
    /// Marked to be destroyed.
    pub(crate) destroyed: bool,
}

impl StoredObject {
    /// Whether it is not in the trash and not about to be destroyed.
    pub(crate) fn is_live(&self) -> bool {
        self.trashed_at.is_none() && !self.destroyed
    }

    /// Whether nobody can reach it any more: it is being destroyed, or its time in the trash is over.
    pub(crate) fn is_purged(&self, now: Timestamp) -> bool {
        self.destroyed || self.trashed_at.is_some_and(|at| at < trash_cutoff(now))
    }

    /// The changes that a request makes, if the object is of a version that the client expects and the changes
    /// keep to the rules of its type. What is wrong with the request itself is told before the version, and the
    /// rules behind it.
    pub(crate) fn changes_by(
        &self,
        by: &Member,
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

    /// The object with the keys that its values have now, where it holds one of a version before.
    pub(crate) fn with_keys_renewed(mut self, object_type: &StoredObjectType) -> Self {
        for (slug, held) in &mut self.unique {
            let field = object_type.object_type.field(slug.as_str()).zip(self.fields.get(slug));
            if let Some((field, value)) = field
                && field.former_unique_key(value).as_ref() == Some(held)
            {
                *held = field.unique_key(value);
            }
        }
        self
    }

    /// The object as these changes leave it.
    pub(crate) fn changed(
        self,
        changes: &Changes,
        collection: &Collection,
        (by, now): (&Member, Timestamp),
    ) -> Self {
        let (mut fields, mut unique) = (self.fields, self.unique);
        fields.extend(changes.set.clone());
        unique.extend(unique_keys(&changes.set, &collection.stored));
        for slug in &changes.clear {
            fields.remove(slug);
            unique.remove(slug);
        }
        Self {
            fields,
            unique,
            version: self.version + 1,
            updated_at: now,
            updated_by: by.user.clone(),
            ..self
        }
    }
}

/// The retention limit of the trash: what was moved there before that moment is gone. DynamoDB removes it some
/// time later.
pub(crate) fn trash_cutoff(now: Timestamp) -> Timestamp {
    now.plus_seconds(-TRASH_SECONDS)
}

/// An object as the caller may see it; values, version and times only if the caller may read objects.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Object {
    pub(crate) id: ObjectId,
    pub(crate) object_type: TypeName,
    #[serde(flatten)]
    state: Option<State>,
    #[serde(flatten)]
    content: Option<Content>,
}

/// The version and times of an object, which only readers see: others could test a guess at a value by whether
/// it is a change.
#[derive(Serialize, JsonSchema)]
struct State {
    version: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
    trashed_at: Option<Timestamp>,
}

/// The type of an object.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TypeName {
    id: ObjectTypeId,
    pub(crate) slug: Slug,
}

/// What only readers see.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Content {
    /// Its name, of the values of `item_label_fields`.
    label: String,
    fields: BTreeMap<Slug, Option<Value>>,
    created_by: UserId,
    updated_by: UserId,
}

/// An object that was created or changed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct UpsertedObject {
    #[serde(flatten)]
    pub(crate) object: Object,
    outcome: Outcome,
}

impl UpsertedObject {
    pub(crate) fn new(object: Object, outcome: Outcome) -> Self {
        Self { object, outcome }
    }
}

impl Object {
    /// The stored object, as the caller may see it.
    pub(crate) fn of(object: StoredObject, object_type: &ObjectType, caller: &Member) -> Self {
        let label = label(&object, object_type);
        let StoredObject {
            id,
            mut fields,
            version,
            created_at,
            updated_at,
            created_by,
            updated_by,
            trashed_at,
            ..
        } = object;
        let may_read = caller.may(Permission::ObjectRead);
        let state = may_read.then_some(State { version, created_at, updated_at, trashed_at });
        let content = may_read.then(|| Content {
            label,
            fields: object_type
                .fields
                .iter()
                .map(|field| (field.slug.clone(), fields.remove(&field.slug)))
                .collect(),
            created_by,
            updated_by,
        });
        let object_type = TypeName { id: object_type.id.clone(), slug: object_type.slug.clone() };
        Self { id, object_type, state, content }
    }

    /// Its version, for those who may read objects.
    pub(crate) fn version(&self) -> Option<u64> {
        self.state.as_ref().map(|state| state.version)
    }

    /// Without its values.
    pub(crate) fn without_content(self) -> Self {
        Self { content: None, ..self }
    }

    /// Projects the object to these fields, if some were asked for.
    pub(crate) fn select_fields(mut self, slugs: Option<&BTreeSet<Slug>>) -> Self {
        if let (Some(content), Some(slugs)) = (&mut self.content, slugs) {
            content.fields.retain(|slug, _| slugs.contains(slug));
        }
        self
    }
}

fn label(object: &StoredObject, object_type: &ObjectType) -> String {
    object_type.label_of(&object.fields).unwrap_or_else(|| object.id.to_string())
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
    pub(crate) fn of(values: &'a FieldValues, by: &Member) -> Self {
        if by.may(Permission::ObjectRead) { Self::Seen(values) } else { Self::Unseen(values) }
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
    use records::object_type::validate_fields;
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
