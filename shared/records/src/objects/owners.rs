//! The owners of unique values: prefetched for several upserts, together with the objects themselves, as an
//! upsert that changes nothing is not written.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use base::{Result, id::ObjectId};
use table::{Item, Key, text};

use super::{Collection, Objects, StoredObject, codec::decode_object, keys::object_key, match_key::MatchKey};

/// More owners than this are not kept: all are forgotten.
const OWNERS_MAX: usize = 10_000;

/// Which object owned which values, or that none did, and these objects. It may be outdated: the condition of
/// the write tells.
#[derive(Default)]
pub(crate) struct Prefetched {
    owners: HashMap<Key, Option<ObjectId>>,
    pub(crate) objects: HashMap<ObjectId, StoredObject>,
}

/// The owners of values as this process saw them last. It saves a round trip: the cached owner and the entry
/// are read at once. An outdated owner is read for nothing, and does no harm.
#[derive(Clone, Default)]
pub(crate) struct OwnerCache {
    entries: Arc<Mutex<HashMap<Key, ObjectId>>>,
}

/// The object that has a value.
pub(crate) enum Owner {
    /// Nobody.
    Nobody,
    /// This object.
    Object(StoredObject),
    /// An object that has just been removed, or has just released the value.
    Unclear,
}

impl OwnerCache {
    fn guess(&self, keys: &[Key]) -> Vec<ObjectId> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        keys.iter().filter_map(|key| entries.get(key).cloned()).collect()
    }

    pub(crate) fn remember(&self, seen: impl Iterator<Item = (Key, ObjectId)>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, owner) in seen {
            if entries.len() >= OWNERS_MAX {
                entries.clear();
            }
            entries.insert(key, owner);
        }
    }
}

impl Prefetched {
    /// The owner of the value, as it was read.
    pub(crate) fn owner(&self, keys: impl IntoIterator<Item = Key>) -> Option<&ObjectId> {
        keys.into_iter().find_map(|key| self.owners.get(&key)?.as_ref())
    }

    /// The object has been written: what was prefetched of it is outdated.
    pub(crate) fn forget(&mut self, id: &ObjectId) {
        self.objects.remove(id);
    }
}

impl Objects {
    /// Reads these unique entries, the objects that own them, and the objects of these ids: all at once where
    /// the owners are cached, else one after the other. `None` if the objects have more bytes than these.
    pub(crate) async fn prefetch_within(
        &self,
        collection: &Collection,
        keys: Vec<Key>,
        mut ids: Vec<ObjectId>,
        size_max: usize,
    ) -> Result<Option<Prefetched>> {
        let read = async |ids: &[ObjectId]| {
            let keys = ids.iter().map(|id| object_key(&collection.stored, id)).collect();
            self.table.get_many_within(keys, size_max).await
        };
        let sure = ids.len();
        ids.extend(self.owners.guess(&keys));
        let (found, objects) = tokio::try_join!(self.table.get_many(keys.clone()), read(&ids))?;
        // Cached owners may be outdated, and are not to count then.
        let objects = match objects {
            None if ids.len() > sure => {
                ids.truncate(sure);
                read(&ids).await?
            }
            objects => objects,
        };
        let Some(mut objects) = objects else { return Ok(None) };
        let held = |key: &Item| Some((Key::of(key)?, ObjectId::parse(text(key, "id")?)?));
        let held: Vec<_> = found.iter().filter_map(held).collect();
        let unread: Vec<_> = held.iter().map(|(_, id)| id).filter(|id| !ids.contains(id)).cloned().collect();
        let Some(behind) = read(&unread).await? else { return Ok(None) };
        objects.extend(behind);
        self.owners.remember(held.iter().cloned());
        let mut owners: HashMap<_, _> = keys.into_iter().map(|key| (key, None)).collect();
        owners.extend(held.into_iter().map(|(key, id)| (key, Some(id))));
        let objects = objects.iter().map(decode_object).collect::<Result<Vec<_>>>()?.into_iter();
        let objects = objects.filter(StoredObject::is_live).map(|object| (object.id.clone(), object));
        Ok(Some(Prefetched { owners, objects: objects.collect() }))
    }

    /// The same for one upsert, whatever the size of the objects.
    async fn prefetch(
        &self,
        collection: &Collection,
        keys: Vec<Key>,
        ids: Vec<ObjectId>,
    ) -> Result<Prefetched> {
        self.prefetch_within(collection, keys, ids, usize::MAX).await.map(Option::unwrap_or_default)
    }

    /// The owner of the value: as it was prefetched, which counts once, or read now.
    pub(crate) async fn owner_of(
        &self,
        collection: &Collection,
        match_key: &MatchKey,
        prefetched: &mut Prefetched,
    ) -> Result<Owner> {
        let keys = match_key.entry_keys(collection);
        if keys.iter().any(|key| !prefetched.owners.contains_key(key)) {
            let read = self.prefetch(collection, keys.clone(), Vec::new()).await?;
            prefetched.owners.extend(read.owners);
            prefetched.objects.extend(read.objects);
        }
        let owner = prefetched.owner(keys.clone()).cloned();
        prefetched.owners.retain(|key, _| !keys.contains(key));
        let Some(id) = owner else { return Ok(Owner::Nobody) };
        let object = match prefetched.objects.remove(&id) {
            Some(object) => Some(object),
            None => self.prefetch(collection, Vec::new(), vec![id.clone()]).await?.objects.remove(&id),
        };
        Ok(object.filter(|object| match_key.matches(object)).map_or(Owner::Unclear, Owner::Object))
    }
}
