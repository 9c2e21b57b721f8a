//! Looks up the object types that a webhook names. They are stored by id, so that a type that later gets the
//! same slug does not take their place.

use base::{
    Result,
    id::{ObjectTypeId, TeamId},
    text::Slug,
};
use records::object_type::{object_type_key, object_type_slug_key};
use table::{Key, text};

use crate::{store::Store, webhook::ResolvedTypes};

impl Store {
    /// The team's types with these ids and slugs, without those in the trash.
    pub(crate) async fn types(&self, team: &TeamId, names: &[String]) -> Result<ResolvedTypes> {
        let mut found: ResolvedTypes =
            names.iter().filter_map(|name| Some((name.clone(), ObjectTypeId::parse(name)?))).collect();
        let slugs: Vec<_> = names
            .iter()
            .filter(|name| !found.contains_key(*name))
            .filter_map(|name| Some((name.clone(), object_type_slug_key(team, &Slug::parse(name)?))))
            .collect();
        let taken = self.workspace.get_many(slugs.iter().map(|(_, key)| key.clone()).collect()).await?;
        for (name, key) in slugs {
            let item = taken.iter().find(|item| key.is_of(item));
            if let Some(id) = item.and_then(|item| ObjectTypeId::parse(text(item, "id")?)) {
                found.insert(name, id);
            }
        }
        let keys: Vec<Key> = found.values().map(|id| object_type_key(team, id)).collect();
        let types = self.workspace.get_many(keys).await?;
        found.retain(|_, id| {
            let key = object_type_key(team, id);
            types.iter().any(|item| key.is_of(item) && !item.contains_key("trashed_at"))
        });
        Ok(found)
    }
}
