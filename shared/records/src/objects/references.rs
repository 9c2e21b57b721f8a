//! Validates what was sent, and looks up before a write what its values point at, all at once.

use std::collections::{HashMap, HashSet};

use crate::object_type::{Reference, ReferenceTarget, SentFields, Validation, validate_fields};
use anyhow::Context as _;
use base::{Result, id::ObjectId};
use table::{Item, Key};

use super::{Collection, Objects, StoredObject, Writer, codec::decode_object, keys::object_key};

impl Objects {
    /// Validates what was sent against the fields of the type. References to objects that do not exist are
    /// listed as dangling.
    pub(crate) async fn validate(
        &self,
        by: &dyn Writer,
        collection: &Collection,
        sent: &SentFields,
    ) -> Result<Validation> {
        let mut all = self.validate_all(by, collection, &[sent]).await?;
        Ok(all.pop().context("what was sent came to nothing")?)
    }

    /// The same for several objects; the references of all are looked up together.
    pub(crate) async fn validate_all(
        &self,
        by: &dyn Writer,
        collection: &Collection,
        sent: &[&SentFields],
    ) -> Result<Vec<Validation>> {
        let mut all: Vec<_> = sent.iter().map(|sent| validate_fields(collection, sent)).collect();
        let references: Vec<_> = all.iter().flat_map(|validation| &validation.references).collect();
        let (objects, uploads) = tokio::try_join!(
            Box::pin(self.live_objects(by, &references)),
            Box::pin(self.referred_uploads(by, &references))
        )?;
        let now = self.now();
        for validation in &mut all {
            let fault = |reference: &Reference| match &reference.target {
                ReferenceTarget::Object { object_type, id } => {
                    let is_live = objects.contains(&(object_type.clone(), id.clone()));
                    (!is_live).then(|| reference.not_found())
                }
                ReferenceTarget::Upload { id, rule } => uploads.fault(reference, (id, rule), now),
            };
            validation.dangling.extend(validation.references.iter().filter_map(fault));
        }
        Ok(all)
    }

    /// The labels of these objects of a collection, as far as they are there and have one.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn labels(
        &self,
        collection: &Collection,
        ids: &[ObjectId],
    ) -> Result<HashMap<ObjectId, String>> {
        let keys = ids.iter().map(|id| object_key(&collection.stored, id)).collect();
        let found = self.table.get_many(keys).await?;
        let found = found.iter().map(decode_object).collect::<Result<Vec<_>>>()?;
        let live = found.into_iter().filter(StoredObject::is_live);
        Ok(live.filter_map(|object| Some((object.id, collection.label_of(&object.fields)?))).collect())
    }

    /// Those of the objects that are pointed at, by type and id, which are there and not in the trash.
    async fn live_objects(
        &self,
        by: &dyn Writer,
        references: &[&Reference],
    ) -> Result<HashSet<(String, String)>> {
        let mut targets = Vec::new();
        for reference in references {
            let ReferenceTarget::Object { object_type, id } = &reference.target else { continue };
            if let Some(key) = self.object_key(by, object_type, id).await? {
                targets.push((key, (object_type.clone(), id.clone())));
            }
        }
        let live = self.live(targets.iter().map(|(key, _)| key.clone()).collect()).await?;
        Ok(targets.into_iter().filter(|(key, _)| live.contains(key)).map(|(_, target)| target).collect())
    }

    /// The key of an object; `None` if it cannot exist.
    async fn object_key(&self, by: &dyn Writer, object_type: &str, id: &str) -> Result<Option<Key>> {
        let Some(id) = ObjectId::parse(id) else { return Ok(None) };
        let found = self.known_collection(by, object_type).await?;
        Ok(found.map(|collection| object_key(&collection.stored, &id)))
    }

    /// Those of these keys under which there is an object that is not in the trash.
    async fn live(&self, keys: Vec<Key>) -> Result<HashSet<Key>> {
        let items = self.table.get_many(keys).await?;
        let is_live = |item: &&Item| !item.contains_key("trashed_at") && !item.contains_key("destroyed");
        Ok(items.iter().filter(is_live).filter_map(Key::of).collect())
    }
}
