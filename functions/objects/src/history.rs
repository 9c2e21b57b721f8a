//! What happened to an object, out of the audit log, for those who may read it: who and when, not from where.

use shared::{
    Member, Result,
    audit::{Entry, Narrowing},
    extract::Page,
    id::ObjectId,
    table::Item,
};

use crate::store::{Store, TypeInTeam};

impl Store {
    /// A page of what happened to an object that is there, in the trash or not; the latest first.
    pub(crate) async fn history(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        id: &ObjectId,
        page: &Page,
    ) -> Result<(Vec<Entry>, Option<Item>)> {
        self.stored(object_type, id).await?;
        let narrowing = Narrowing { subject: Some(id.to_string()), ..Narrowing::default() };
        let part = self.log.part(&by.team, &narrowing, page.after.as_ref(), page.limit).await?;
        Ok((part.entries.into_iter().map(Entry::without_place).collect(), part.next))
    }
}
