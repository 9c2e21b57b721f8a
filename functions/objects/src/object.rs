//! What an object is, what may be sent for one, and what who may see of it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    Error, Fault, Member, Permission, Result, Timestamp,
    id::{ObjectId, ObjectTypeId, UserId},
    object_type::{
        Changes, Checked, FieldValues, ObjectType, SentFields, SentValues, StoredObjectType, TRASH_SECONDS,
        Value, clear_faults, rule_faults, unseen_rule_faults,
    },
    text::Slug,
};

use crate::{item::unique_keys, store::TypeInTeam, upsert::Outcome};

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
    /// The keys of its values in unique fields, which it holds the guards of.
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

    /// Whether it is gone for everybody: about to be destroyed, or its time in the trash is over.
    pub(crate) fn is_gone(&self, now: Timestamp) -> bool {
        self.destroyed || self.trashed_at.is_some_and(|at| at < first_in_trash(now))
    }

    /// What changes of it by what was sent, if it is of a version that the client expects and keeps to the rules of its
    /// type. What is wrong with the request itself is told before the version, and the rules behind it.
    pub(crate) fn changes_by(
        &self,
        by: &Member,
        object_type: &ObjectType,
        checked: &Checked,
        is_expected: Result<()>,
    ) -> Result<Changes> {
        let before = Before::of(&self.fields, by);
        if let Err(stale) = is_expected {
            return Err(before.sound(checked).err().unwrap_or(stale));
        }
        settled_patch(object_type, checked, before)
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
        object_type: &TypeInTeam,
        (by, now): (&Member, Timestamp),
    ) -> Self {
        let (mut fields, mut unique) = (self.fields, self.unique);
        fields.extend(changes.set.clone());
        unique.extend(unique_keys(&changes.set, &object_type.0));
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

/// What was thrown away before that moment is not in the trash any more. DynamoDB removes it some time later.
pub(crate) fn first_in_trash(now: Timestamp) -> Timestamp {
    now.plus_seconds(-TRASH_SECONDS)
}

/// An object as the caller may see it. What it holds, and what moves with that, is there only for those who may read objects.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Object {
    pub(crate) id: ObjectId,
    pub(crate) object_type: TypeName,
    #[serde(flatten)]
    state: Option<State>,
    #[serde(flatten)]
    content: Option<Content>,
}

/// How far an object is, which only readers see: else a guess at a value could be tested by whether it is a change.
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

    /// Of its fields only these, if some were asked for.
    pub(crate) fn only(mut self, slugs: Option<&BTreeSet<Slug>>) -> Self {
        if let (Some(content), Some(slugs)) = (&mut self.content, slugs) {
            content.fields.retain(|slug, _| slugs.contains(slug));
        }
        self
    }
}

fn label(object: &StoredObject, object_type: &ObjectType) -> String {
    object_type.label_of(&object.fields).unwrap_or_else(|| object.id.to_string())
}

/// The values of a new object, if they keep to the rules of its type; all faults at once if not.
pub(crate) fn settled_new(object_type: &ObjectType, checked: Checked, now: Timestamp) -> Result<Changes> {
    let checked = checked.with_defaults(object_type, now);
    settled(&checked, rule_faults(object_type, &checked, None))
}

/// The values of an object before a change, as far as the answer may depend on them.
#[derive(Clone, Copy)]
pub(crate) enum Before<'a> {
    /// They were not read.
    Unread,
    /// Who makes the change may read them.
    Seen(&'a FieldValues),
    /// Who makes the change may not: whatever they are, the answer is the same.
    Unseen(&'a FieldValues),
}

impl<'a> Before<'a> {
    pub(crate) fn of(values: &'a FieldValues, by: &Member) -> Self {
        if by.may(Permission::ObjectRead) { Self::Seen(values) } else { Self::Unseen(values) }
    }

    /// What was sent, without what is no fault for these values.
    fn checked(self, checked: &Checked) -> Checked {
        match self {
            Self::Seen(values) => checked.without_kept(values),
            Self::Unread | Self::Unseen(_) => checked.clone(),
        }
    }

    /// Refuses what is wrong with what was sent, whatever the rules of the fields say.
    pub(crate) fn sound(self, checked: &Checked) -> Result<()> {
        settled(&self.checked(checked), Vec::new()).map(drop)
    }
}

/// The changes to an object, if they keep to the rules of its type; all faults at once if not. What it holds already is no
/// change. Without the values before them only what needs none of these is judged.
pub(crate) fn settled_patch(
    object_type: &ObjectType,
    checked: &Checked,
    before: Before<'_>,
) -> Result<Changes> {
    let sent = before.checked(checked);
    let (broken, values) = match before {
        Before::Unread => return settled(&sent, clear_faults(object_type, &sent)),
        Before::Seen(values) => (rule_faults(object_type, &sent, Some(values)), values),
        Before::Unseen(values) => (unseen_rule_faults(object_type, &sent, values), values),
    };
    settled(&sent, broken).map(|_| sent.without_kept(values).changes)
}

fn settled(checked: &Checked, broken: Vec<Fault>) -> Result<Changes> {
    let faults: Vec<_> = checked.all_faults().chain(broken).collect();
    if faults.is_empty() { Ok(checked.changes.clone()) } else { Err(Error::unprocessable(faults)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::object_type::checked;

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
        settled_new(&contacts(), sent(json), "2026-11-23T10:00:00Z".parse().unwrap())
    }

    fn patch(json: serde_json::Value) -> Result<Changes> {
        settled_patch(&contacts(), &sent(json), Before::Unread)
    }

    fn sent(json: serde_json::Value) -> Checked {
        checked(&contacts(), &serde_json::from_str(&json.to_string()).unwrap())
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
