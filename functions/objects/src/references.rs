//! What values point at: looked up before a write, all at once.

use std::collections::HashSet;

use anyhow::Context as _;
use shared::{
    Code, Member, Result,
    id::ObjectId,
    object_type::{Checked, Reference, SentFields, Target, checked},
    table::{Item, Key},
};

use crate::{
    item::object_key,
    store::{Store, TypeInTeam},
};

impl Store {
    /// What was sent, read by the types of the fields; what it points at and is not there is told apart.
    pub(crate) async fn checked(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        sent: &SentFields,
    ) -> Result<Checked> {
        let mut all = self.checked_all(by, object_type, &[sent]).await?;
        Ok(all.pop().context("what was sent came to nothing")?)
    }

    /// The same of several objects; what all of them point at is looked up together.
    pub(crate) async fn checked_all(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        sent: &[&SentFields],
    ) -> Result<Vec<Checked>> {
        let mut all: Vec<_> = sent.iter().map(|sent| checked(object_type, sent)).collect();
        let mut keys = Vec::new();
        for reference in all.iter().flat_map(|checked| &checked.references) {
            keys.push(self.key(by, reference).await?);
        }
        let live = self.live(keys.iter().flatten().cloned().collect()).await?;
        let mut keys = keys.into_iter();
        for checked in &mut all {
            for reference in &checked.references {
                if !keys.next().flatten().is_some_and(|key| live.contains(&key)) {
                    checked.missing.push(reference.clone());
                }
            }
        }
        Ok(all)
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

    /// Those of these places where there is an object that is not in the trash.
    async fn live(&self, keys: Vec<Key>) -> Result<HashSet<Key>> {
        let items = self.objects.get_many(keys).await?;
        let is_live = |item: &&Item| !item.contains_key("trashed_at") && !item.contains_key("destroyed");
        Ok(items.iter().filter(is_live).filter_map(Key::of).collect())
    }
}
