//! The unique index: one entry per value of a unique field, written and removed in the transaction of its
//! object.

use std::collections::BTreeMap;

use crate::object_type::{Changes, FieldValues, StoredObjectType};
use base::{Code, Error, Fault, Result, Violation, id::ObjectId, text::Slug};
use table::{Condition, ConditionFailed, Key, Table, Write, attribute};

use super::keys::unique_keys;

/// What one write of an object changes in the unique index.
#[derive(Default)]
pub(crate) struct UniqueChanges(Vec<EntryChange>);

/// The change of one entry.
#[derive(Clone)]
pub(crate) struct EntryChange {
    field: Slug,
    pub(crate) key: Key,
    action: Action,
}

#[derive(Clone)]
enum Action {
    /// From nobody to this object.
    Claim { by: ObjectId },
    /// From this object to nobody.
    Release { by: ObjectId },
    /// Nobody but this object may have the entry; nothing is written. It is the former key of a value that is
    /// claimed.
    EnsureFree { by: ObjectId },
    /// From one object to another one, of two that change in one transaction.
    Transfer { from: ObjectId, to: ObjectId },
}

impl EntryChange {
    /// The write, and the condition under which it holds.
    pub(crate) fn write(&self, table: &Table) -> Result<Write> {
        let is_of = |id: &ObjectId| Condition::is_text("id", id.as_str());
        let put =
            |id| Ok::<_, Error>(table.put_item(self.key.clone(), [("id".to_owned(), attribute(id)?)].into()));
        Ok(match &self.action {
            Action::Claim { by } => put(by)?.when(Condition::ItemMissing),
            Action::EnsureFree { by } => {
                table.check(self.key.clone(), Condition::Any(vec![Condition::ItemMissing, is_of(by)]))
            }
            Action::Release { by } => table.delete(self.key.clone()).when(is_of(by)),
            Action::Transfer { from, to } => put(to)?.when(is_of(from)),
        })
    }

    /// The field, if what can stand in the way is another object that has the value.
    pub(crate) fn conflicting_field(&self) -> Option<&Slug> {
        matches!(self.action, Action::Claim { .. } | Action::EnsureFree { .. }).then_some(&self.field)
    }

    /// This change and that of the same entry by another object, as one; `None` if both objects want the entry.
    pub(crate) fn merge(&self, other: &EntryChange) -> Option<EntryChange> {
        let (from, to) = match (&self.action, &other.action) {
            (Action::Release { by: from }, Action::Claim { by: to })
            | (Action::Claim { by: to }, Action::Release { by: from }) => Some((from, to)),
            // What is released is another object's no longer.
            (Action::Release { .. }, Action::EnsureFree { .. }) => return Some(self.clone()),
            (Action::EnsureFree { .. }, Action::Release { .. }) => return Some(other.clone()),
            _ => None,
        }?;
        let action = Action::Transfer { from: from.clone(), to: to.clone() };
        Some(EntryChange { action, ..self.clone() })
    }
}

/// The key of the entry of a value.
pub(crate) fn entry_key(object_type: &StoredObjectType, field: &Slug, key: &str) -> Key {
    Key::new(object_type.unique_partition(field), key)
}

impl UniqueChanges {
    /// The entries of these values are claimed.
    pub(crate) fn claim<'a>(
        object_type: &StoredObjectType,
        id: &ObjectId,
        keys: impl IntoIterator<Item = (&'a Slug, &'a String)>,
    ) -> Self {
        Self::all(object_type, keys, &Action::Claim { by: id.clone() })
    }

    /// The entries of these values are released.
    pub(crate) fn release<'a>(
        object_type: &StoredObjectType,
        id: &ObjectId,
        keys: impl IntoIterator<Item = (&'a Slug, &'a String)>,
    ) -> Self {
        Self::all(object_type, keys, &Action::Release { by: id.clone() })
    }

    fn all<'a>(
        object_type: &StoredObjectType,
        keys: impl IntoIterator<Item = (&'a Slug, &'a String)>,
        action: &Action,
    ) -> Self {
        let change = |(field, key): (&Slug, &String)| EntryChange {
            field: field.clone(),
            key: entry_key(object_type, field, key),
            action: action.clone(),
        };
        Self(keys.into_iter().map(change).collect())
    }

    /// The entries of new values are claimed and those of old values released, where the two differ.
    pub(crate) fn replace(
        object_type: &StoredObjectType,
        id: &ObjectId,
        old: &BTreeMap<Slug, String>,
        changes: &Changes,
    ) -> Self {
        let new = unique_keys(&changes.set, object_type);
        let is_kept = |slug: &Slug| {
            !changes.clear.contains(slug) && new.get(slug).is_none_or(|key| old.get(slug) == Some(key))
        };
        let added = new.iter().filter(|(slug, key)| old.get(*slug) != Some(*key));
        let removed = old.iter().filter(|(slug, _)| !is_kept(slug));
        let mut all = Self::claim(object_type, id, added);
        all.0.extend(Self::release(object_type, id, removed).0);
        all
    }

    /// The entries that are this object's after the write.
    pub(crate) fn claimed_by(&self, id: &ObjectId) -> impl Iterator<Item = (Key, ObjectId)> {
        let claimed = self.0.iter().filter(|change| matches!(change.action, Action::Claim { .. }));
        claimed.map(|change| (change.key.clone(), id.clone()))
    }

    /// The same, and no other object may have the entry of a claimed value under the key that a former version
    /// gave it.
    pub(crate) fn with_former_keys_free(
        mut self,
        object_type: &StoredObjectType,
        id: &ObjectId,
        values: &FieldValues,
    ) -> Self {
        for field in object_type.object_type.unique_fields() {
            let is_claimed =
                |change: &EntryChange| change.field == field.slug && change.conflicting_field().is_some();
            let former = values.get(&field.slug).and_then(|value| field.former_unique_key(value));
            let Some(former) = former.filter(|_| self.0.iter().any(is_claimed)) else { continue };
            let key = entry_key(object_type, &field.slug, &former);
            if !self.0.iter().any(|change| change.key == key) {
                let action = Action::EnsureFree { by: id.clone() };
                self.0.push(EntryChange { field: field.slug.clone(), key, action });
            }
        }
        self
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &EntryChange> {
        self.0.iter()
    }

    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields whose values another object has, when a transaction of the object's own write and then these
    /// was refused.
    pub(crate) fn conflicts(&self, refused: &ConditionFailed) -> Vec<&Slug> {
        let failed = self.0.iter().enumerate().filter(|(index, _)| refused.at(index + 1));
        failed.map(|(_, change)| &change.field).collect()
    }
}

/// Another object has these values; which one is not told.
pub(crate) fn not_unique(fields: &[&Slug]) -> Error {
    let fault = |field: &&Slug| {
        Fault::new(
            format!("/fields/{field}"),
            Violation::NotUnique,
            format!("Another object has this value in the unique field {field}."),
        )
    };
    Error::new(Code::NotUnique, "Another object has a value that must be unique.")
        .with_faults(fields.iter().map(fault).collect())
}
