//! Guards: an item for each value of a unique field, written and removed in the same transaction as the object.

use std::collections::BTreeMap;

use shared::{
    Code, Error, Fault, Result, Violation,
    id::ObjectId,
    object_type::{Changes, FieldValues, StoredObjectType},
    table::{Key, Refused, Table, When, Write, attribute},
    text::Slug,
};

use crate::item::unique_keys;

/// What becomes of the guards of an object's values in one write of it.
#[derive(Default)]
pub(crate) struct Guards(Vec<Guard>);

/// What becomes of one guard.
#[derive(Clone)]
pub(crate) struct Guard {
    field: Slug,
    pub(crate) place: Key,
    turn: Turn,
}

#[derive(Clone)]
enum Turn {
    /// From nobody.
    Taken { by: ObjectId },
    /// To nobody.
    Released { by: ObjectId },
    /// From nobody to nobody: another key of a value that is taken.
    Spared { by: ObjectId },
    /// From one object to another, of two that change at once.
    Passed { from: ObjectId, to: ObjectId },
}

impl Guard {
    /// The write, and the condition under which it holds.
    pub(crate) fn write(&self, table: &Table) -> Result<Write> {
        let is_of = |id: &ObjectId| When::is_text("id", id.as_str());
        let put = |id| {
            Ok::<_, Error>(table.put_item(self.place.clone(), [("id".to_owned(), attribute(id)?)].into()))
        };
        Ok(match &self.turn {
            Turn::Taken { by } => put(by)?.when(When::Absent),
            Turn::Spared { by } => table.check(self.place.clone(), When::Any(vec![When::Absent, is_of(by)])),
            Turn::Released { by } => table.delete(self.place.clone()).when(is_of(by)),
            Turn::Passed { from, to } => put(to)?.when(is_of(from)),
        })
    }

    /// The field, if another object that has the value is what can stand in the way.
    pub(crate) fn contested(&self) -> Option<&Slug> {
        matches!(self.turn, Turn::Taken { .. } | Turn::Spared { .. }).then_some(&self.field)
    }

    /// This and what becomes of the same guard in another object's change, as one; `None` if both want it.
    pub(crate) fn and(&self, other: &Guard) -> Option<Guard> {
        let (from, to) = match (&self.turn, &other.turn) {
            (Turn::Released { by: from }, Turn::Taken { by: to })
            | (Turn::Taken { by: to }, Turn::Released { by: from }) => Some((from, to)),
            // What is given up is another's no longer.
            (Turn::Released { .. }, Turn::Spared { .. }) => return Some(self.clone()),
            (Turn::Spared { .. }, Turn::Released { .. }) => return Some(other.clone()),
            _ => None,
        }?;
        let turn = Turn::Passed { from: from.clone(), to: to.clone() };
        Some(Guard { turn, ..self.clone() })
    }
}

/// Where the guard of a value lies.
pub(crate) fn guard_key(object_type: &StoredObjectType, field: &Slug, key: &str) -> Key {
    Key::new(object_type.guards(field), key)
}

impl Guards {
    /// The guards of these values are taken.
    pub(crate) fn taken<'a>(
        object_type: &StoredObjectType,
        id: &ObjectId,
        keys: impl IntoIterator<Item = (&'a Slug, &'a String)>,
    ) -> Self {
        Self::all(object_type, keys, &Turn::Taken { by: id.clone() })
    }

    /// The guards of these values are given up.
    pub(crate) fn released<'a>(
        object_type: &StoredObjectType,
        id: &ObjectId,
        keys: impl IntoIterator<Item = (&'a Slug, &'a String)>,
    ) -> Self {
        Self::all(object_type, keys, &Turn::Released { by: id.clone() })
    }

    fn all<'a>(
        object_type: &StoredObjectType,
        keys: impl IntoIterator<Item = (&'a Slug, &'a String)>,
        turn: &Turn,
    ) -> Self {
        let guard = |(field, key): (&Slug, &String)| Guard {
            field: field.clone(),
            place: guard_key(object_type, field, key),
            turn: turn.clone(),
        };
        Self(keys.into_iter().map(guard).collect())
    }

    /// The guards move from the old values to the new ones, where these differ.
    pub(crate) fn moved(
        object_type: &StoredObjectType,
        id: &ObjectId,
        old: &BTreeMap<Slug, String>,
        changes: &Changes,
    ) -> Self {
        let new = unique_keys(&changes.set, object_type);
        let is_kept = |slug: &Slug| {
            !changes.clear.contains(slug) && new.get(slug).is_none_or(|key| old.get(slug) == Some(key))
        };
        let come = new.iter().filter(|(slug, key)| old.get(*slug) != Some(*key));
        let gone = old.iter().filter(|(slug, _)| !is_kept(slug));
        let mut guards = Self::taken(object_type, id, come);
        guards.0.extend(Self::released(object_type, id, gone).0);
        guards
    }

    /// The guards that are this object's with these writes.
    pub(crate) fn taken_by(&self, id: &ObjectId) -> impl Iterator<Item = (Key, ObjectId)> {
        let taken = self.0.iter().filter(|guard| matches!(guard.turn, Turn::Taken { .. }));
        taken.map(|guard| (guard.place.clone(), id.clone()))
    }

    /// The same, and of the values that are taken no other object may have a guard that lies by the key of a version before.
    pub(crate) fn sparing(
        mut self,
        object_type: &StoredObjectType,
        id: &ObjectId,
        values: &FieldValues,
    ) -> Self {
        for field in object_type.object_type.unique_fields() {
            let is_taken = |guard: &Guard| guard.field == field.slug && guard.contested().is_some();
            let former = values.get(&field.slug).and_then(|value| field.former_unique_key(value));
            let Some(key) = former.filter(|_| self.0.iter().any(is_taken)) else { continue };
            let place = guard_key(object_type, &field.slug, &key);
            if !self.0.iter().any(|guard| guard.place == place) {
                self.0.push(Guard {
                    field: field.slug.clone(),
                    place,
                    turn: Turn::Spared { by: id.clone() },
                });
            }
        }
        self
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Guard> {
        self.0.iter()
    }

    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields whose values another object has, of a transaction that the object's own write begins.
    pub(crate) fn conflicts(&self, refused: &Refused) -> Vec<&Slug> {
        let refused_guards = self.0.iter().enumerate().filter(|(place, _)| refused.at(place + 1));
        refused_guards.map(|(_, guard)| &guard.field).collect()
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
