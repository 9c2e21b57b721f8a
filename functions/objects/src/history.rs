//! The history of an object, from the audit log, for those who may read the object: who and when, not from
//! which address.

use shared::{
    Member, Result,
    audit::{Entry, Narrowing},
    extract::Page,
    id::ObjectId,
    table::Item,
};

use crate::store::{Collection, Store};

impl Store {
    /// A page of what happened to an object that is there, in the trash or not; the latest first.
    pub(crate) async fn history(
        &self,
        by: &Member,
        collection: &Collection,
        id: &ObjectId,
        page: &Page,
    ) -> Result<(Vec<Entry>, Option<Item>)> {
        self.stored(collection, id).await?;
        let narrowing = Narrowing { subject: Some(id.to_string()), ..Narrowing::default() };
        let part = self.log.part(&by.team, &narrowing, page.after.as_ref(), page.limit).await?;
        Ok((part.entries.into_iter().map(Entry::without_place).collect(), part.next))
    }
}
