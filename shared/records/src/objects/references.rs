//! Validates what was sent, and looks up before a write what its values point at, all at once.

use std::collections::HashSet;

use crate::object_type::{Reference, ReferenceTarget, SentFields, Validation, validate_fields};
use anyhow::Context as _;
use api::Member;
use base::{Code, Result, id::ObjectId};
use table::{Item, Key};

use super::{Collection, Objects, keys::object_key};

impl Objects {
    /// Validates what was sent against the fields of the type. References to objects that do not exist are
    /// listed as dangling.
    pub(crate) async fn validate(
        &self,
        by: &Member,
        collection: &Collection,
        sent: &SentFields,
    ) -> Result<Validation> {
        let mut all = self.validate_all(by, collection, &[sent]).await?;
        Ok(all.pop().context("what was sent came to nothing")?)
    }

    /// The same for several objects; the references of all are looked up together.
    pub(crate) async fn validate_all(
        &self,
        by: &Member,
        collection: &Collection,
        sent: &[&SentFields],
    ) -> Result<Vec<Validation>> {
        let mut all: Vec<_> = sent.iter().map(|sent| validate_fields(collection, sent)).collect();
        let mut keys = Vec::new();
        for reference in all.iter().flat_map(|validation| &validation.references) {
            keys.push(self.key(by, reference).await?);
        }
        let live = self.live(keys.iter().flatten().cloned().collect()).await?;
        let mut keys = keys.into_iter();
        for validation in &mut all {
            for reference in &validation.references {
                if !keys.next().flatten().is_some_and(|key| live.contains(&key)) {
                    validation.dangling.push(reference.clone());
                }
            }
        }
        Ok(all)
    }

    /// The key of what the reference points at; `None` if it cannot exist.
    async fn key(&self, by: &Member, reference: &Reference) -> Result<Option<Key>> {
        let ReferenceTarget::Object { object_type, id } = &reference.target else {
            // There are no uploads yet.
            return Ok(None);
        };
        let Some(id) = ObjectId::parse(id) else { return Ok(None) };
        match self.collection(by, object_type).await {
            Ok(collection) => Ok(Some(object_key(&collection.stored, &id))),
            Err(error) if error.code == Code::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Those of these keys under which there is an object that is not in the trash.
    async fn live(&self, keys: Vec<Key>) -> Result<HashSet<Key>> {
        let items = self.table.get_many(keys).await?;
        let is_live = |item: &&Item| !item.contains_key("trashed_at") && !item.contains_key("destroyed");
        Ok(items.iter().filter(is_live).filter_map(Key::of).collect())
    }
}
