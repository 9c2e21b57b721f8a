//! Guards: an item for each value of a unique field, written and removed in the same transaction as the object.

use std::collections::BTreeMap;

use shared::{
    Code, Error, Fault, Result,
    id::ObjectId,
    object_type::{Changes, StoredObjectType},
    table::{Key, Refused, Table, When, Write, attribute, text},
    text::Slug,
};

/// The writes about guards that go with a write of an object, and which field each is about.
pub(crate) struct Guards {
    writes: Vec<(Slug, Write)>,
}

/// Where the guard of a value lies.
pub(crate) fn guard_key(object_type: &StoredObjectType, field: &Slug, key: &str) -> Key {
    Key::new(object_type.guards(field), key)
}

/// The object that holds a value, read strongly.
pub(crate) async fn holder(table: &Table, key: Key) -> Result<Option<ObjectId>> {
    Ok(table.get(key).await?.as_ref().and_then(|guard| text(guard, "id")).and_then(ObjectId::parse))
}

impl Guards {
    /// The guards of these values are taken.
    pub(crate) fn taken<'a>(
        table: &Table,
        object_type: &StoredObjectType,
        id: &ObjectId,
        keys: impl IntoIterator<Item = (&'a Slug, &'a String)>,
    ) -> Result<Self> {
        let take = |(field, key): (&Slug, &String)| {
            let guard = [("id".to_owned(), attribute(id)?)].into();
            let write = table.put_item(guard_key(object_type, field, key), guard).when(When::Absent);
            Ok((field.clone(), write))
        };
        Ok(Self { writes: keys.into_iter().map(take).collect::<Result<_>>()? })
    }

    /// The guards of these values are given up.
    pub(crate) fn released(
        table: &Table,
        object_type: &StoredObjectType,
        id: &ObjectId,
        keys: &BTreeMap<Slug, String>,
    ) -> Self {
        let release = |(field, key): (&Slug, &String)| {
            let is_mine = When::is_text("id", id.as_str());
            (field.clone(), table.delete(guard_key(object_type, field, key)).when(is_mine))
        };
        Self { writes: keys.iter().map(release).collect() }
    }

    /// The guards move from the old values to the new ones, where these differ.
    pub(crate) fn moved(
        table: &Table,
        object_type: &StoredObjectType,
        id: &ObjectId,
        old: &BTreeMap<Slug, String>,
        changes: &Changes,
    ) -> Result<Self> {
        let new = crate::item::unique_keys(&changes.set, object_type);
        let is_kept = |slug: &Slug| {
            !changes.clear.contains(slug) && new.get(slug).is_none_or(|key| old.get(slug) == Some(key))
        };
        let gone = old
            .iter()
            .filter(|(slug, _)| !is_kept(slug))
            .map(|(slug, key)| (slug.clone(), key.clone()))
            .collect();
        let come = new.iter().filter(|(slug, key)| old.get(*slug) != Some(*key));
        let mut guards = Self::taken(table, object_type, id, come)?;
        guards.writes.extend(Self::released(table, object_type, id, &gone).writes);
        Ok(guards)
    }

    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// The fields whose values another object has, of a transaction that the object's own write begins.
    pub(crate) fn conflicts(&self, refused: &Refused) -> Vec<&Slug> {
        let refused_fields = self.writes.iter().enumerate().filter(|(place, _)| refused.at(place + 1));
        refused_fields.map(|(_, (field, _))| field).collect()
    }

    /// The object's write, and these behind it.
    pub(crate) fn behind(&self, write: Write) -> Vec<Write> {
        std::iter::once(write).chain(self.writes.iter().map(|(_, write)| write.clone())).collect()
    }
}

/// Another object has these values; which one is not told.
pub(crate) fn not_unique(fields: &[&Slug]) -> Error {
    let fault = |field: &&Slug| {
        Fault::new(
            format!("/fields/{field}"),
            "not_unique",
            format!("Another object has this value in the unique field {field}."),
        )
    };
    Error::new(Code::NotUnique, "Another object has a value that must be unique.")
        .with_faults(fields.iter().map(fault).collect())
}
