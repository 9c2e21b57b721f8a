//! Who holds which unique values: read ahead for several upserts, with the objects themselves, as an upsert that changes
//! nothing is not written.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use shared::{
    Result,
    id::ObjectId,
    table::{Item, Key, text},
};

use crate::{
    item::{object_key, object_of},
    object::StoredObject,
    store::{Store, TypeInTeam},
    upsert::Wanted,
};

/// More guesses than this are not kept: all are forgotten.
const GUESSES_MAX: usize = 10_000;

/// Who had which values, or that nobody had them, and the objects that had. It may be so no longer: a write finds out.
#[derive(Default)]
pub(crate) struct Ahead {
    holders: HashMap<Key, Option<ObjectId>>,
    pub(crate) objects: HashMap<ObjectId, StoredObject>,
}

/// Who had which values when this process saw it last. It saves a round trip: the guess and its guard are read at once, and
/// a wrong guess is read for nothing.
#[derive(Clone, Default)]
pub(crate) struct Guesses {
    kept: Arc<Mutex<HashMap<Key, ObjectId>>>,
}

/// Who has a value.
pub(crate) enum Holder {
    /// Nobody.
    Nobody,
    /// This object.
    Object(StoredObject),
    /// An object that has just gone, or has just given the value up.
    Unclear,
}

impl Guesses {
    fn of(&self, guards: &[Key]) -> Vec<ObjectId> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        guards.iter().filter_map(|guard| kept.get(guard).cloned()).collect()
    }

    pub(crate) fn learn(&self, seen: impl Iterator<Item = (Key, ObjectId)>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for (guard, holder) in seen {
            if kept.len() >= GUESSES_MAX {
                kept.clear();
            }
            kept.insert(guard, holder);
        }
    }
}

impl Ahead {
    /// Who has the value, as it was read.
    pub(crate) fn holder(&self, guards: impl IntoIterator<Item = Key>) -> Option<&ObjectId> {
        guards.into_iter().find_map(|guard| self.holders.get(&guard)?.as_ref())
    }

    /// The object has been written: what was read of it counts no more.
    pub(crate) fn forget(&mut self, id: &ObjectId) {
        self.objects.remove(id);
    }
}

impl Store {
    /// Reads guards, and the objects behind them and under these ids; all at once where the objects can be guessed, else one
    /// after the other. None if the objects have more bytes than these.
    pub(crate) async fn ahead_within(
        &self,
        object_type: &TypeInTeam,
        guards: Vec<Key>,
        mut ids: Vec<ObjectId>,
        size_max: usize,
    ) -> Result<Option<Ahead>> {
        let read = async |ids: &[ObjectId]| {
            let keys = ids.iter().map(|id| object_key(&object_type.0, id)).collect();
            self.objects.get_many_within(keys, size_max).await
        };
        let sure = ids.len();
        ids.extend(self.guesses.of(&guards));
        let (found, objects) = tokio::try_join!(self.objects.get_many(guards.clone()), read(&ids))?;
        // What was guessed may be about others, and does not count then.
        let objects = match objects {
            None if ids.len() > sure => {
                ids.truncate(sure);
                read(&ids).await?
            }
            objects => objects,
        };
        let Some(mut objects) = objects else { return Ok(None) };
        let held = |guard: &Item| Some((Key::of(guard)?, ObjectId::parse(text(guard, "id")?)?));
        let held: Vec<_> = found.iter().filter_map(held).collect();
        let unread: Vec<_> = held.iter().map(|(_, id)| id).filter(|id| !ids.contains(id)).cloned().collect();
        let Some(behind) = read(&unread).await? else { return Ok(None) };
        objects.extend(behind);
        self.guesses.learn(held.iter().cloned());
        let mut holders: HashMap<_, _> = guards.into_iter().map(|guard| (guard, None)).collect();
        holders.extend(held.into_iter().map(|(guard, id)| (guard, Some(id))));
        let objects = objects.iter().map(object_of).collect::<Result<Vec<_>>>()?.into_iter();
        let objects = objects.filter(StoredObject::is_live).map(|object| (object.id.clone(), object));
        Ok(Some(Ahead { holders, objects: objects.collect() }))
    }

    /// The same whatever the objects' size, of one upsert.
    async fn ahead(&self, object_type: &TypeInTeam, guards: Vec<Key>, ids: Vec<ObjectId>) -> Result<Ahead> {
        self.ahead_within(object_type, guards, ids, usize::MAX).await.map(Option::unwrap_or_default)
    }

    /// Who has the value: as it was read ahead, which counts once, or read now.
    pub(crate) async fn holder_of(
        &self,
        object_type: &TypeInTeam,
        wanted: &Wanted,
        ahead: &mut Ahead,
    ) -> Result<Holder> {
        let guards = wanted.guards(object_type);
        if guards.iter().any(|guard| !ahead.holders.contains_key(guard)) {
            let read = self.ahead(object_type, guards.clone(), Vec::new()).await?;
            ahead.holders.extend(read.holders);
            ahead.objects.extend(read.objects);
        }
        let holder = ahead.holder(guards.clone()).cloned();
        ahead.holders.retain(|guard, _| !guards.contains(guard));
        let Some(id) = holder else { return Ok(Holder::Nobody) };
        let object = match ahead.objects.remove(&id) {
            Some(object) => Some(object),
            None => self.ahead(object_type, Vec::new(), vec![id.clone()]).await?.objects.remove(&id),
        };
        Ok(object.filter(|object| wanted.is_of(object)).map_or(Holder::Unclear, Holder::Object))
    }
}
