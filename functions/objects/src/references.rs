//! What values point at: looked up before a write, all at once.

use std::collections::HashSet;

use shared::{
    Code, Member, Result,
    id::ObjectId,
    object_type::{Checked, Reference, SentFields, Target, checked},
    table::{Item, Key, text},
};

use crate::{
    item::object_key,
    store::{Store, TypeInTeam},
};

/// The most keys of one read.
const KEYS_MAX: usize = 100;

impl Store {
    /// What was sent, read by the types of the fields; what it points at and is not there is among the faults.
    pub(crate) async fn checked(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        sent: &SentFields,
    ) -> Result<Checked> {
        let mut checked = checked(object_type, sent);
        let mut keys = Vec::with_capacity(checked.references.len());
        for reference in &checked.references {
            keys.push(self.key(by, reference).await?);
        }
        let live = self.live(keys.iter().flatten()).await?;
        let is_live = |key: &Option<Key>| key.as_ref().is_some_and(|key| live.contains(&place(key)));
        let missing = checked.references.iter().zip(&keys).filter(|(_, key)| !is_live(key));
        let faults: Vec<_> = missing.map(|(reference, _)| reference.not_found()).collect();
        checked.faults.extend(faults);
        Ok(checked)
    }

    /// Where the thing lies if it is there; `None` if it cannot be.
    async fn key(&self, by: &Member, reference: &Reference) -> Result<Option<Key>> {
        let Target::Object { object_type, id } = &reference.target else {
            // There are no uploads yet.
            return Ok(None);
        };
        let Some(id) = ObjectId::parse(id) else { return Ok(None) };
        match self.object_type(by, object_type).await {
            Ok(object_type) => Ok(Some(object_key(&object_type.0, &id))),
            Err(error) if error.code == Code::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The places of the objects among these that are there and not in the trash.
    async fn live(&self, keys: impl Iterator<Item = &Key>) -> Result<HashSet<(String, String)>> {
        let mut wanted: Vec<Key> = keys.cloned().collect();
        wanted.sort_by_key(place);
        wanted.dedup();
        let mut live = HashSet::new();
        for keys in wanted.chunks(KEYS_MAX) {
            let items = self.objects.get_many(keys.to_vec()).await?;
            let is_live = |item: &&Item| !item.contains_key("trashed_at") && !item.contains_key("destroyed");
            let place = |item: &Item| Some((text(item, "pk")?.to_owned(), text(item, "sk")?.to_owned()));
            live.extend(items.iter().filter(is_live).filter_map(place));
        }
        Ok(live)
    }
}

fn place(key: &Key) -> (String, String) {
    (key.pk.clone(), key.sk.clone())
}
