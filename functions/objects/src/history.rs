//! The history of an object, from the audit log, for those who may read the object: who and when, not from
//! which address.

use api::{Member, extract::Page};
use audit::{AuditEntry, AuditFilter};
use base::{Result, id::ObjectId};
use table::Item;

use records::objects::Collection;

use crate::Store;

impl Store {
    /// A page of what happened to an object that is there, in the trash or not; the latest first.
    pub(crate) async fn history(
        &self,
        by: &Member,
        collection: &Collection,
        id: &ObjectId,
        page: &Page,
    ) -> Result<(Vec<AuditEntry>, Option<Item>)> {
        self.objects.stored(collection, id).await?;
        let filter = AuditFilter { subject: Some(id.to_string()), ..AuditFilter::default() };
        let part = self.log.page(&by.team, &filter, page.after.as_ref(), page.limit).await?;
        Ok((part.entries.into_iter().map(AuditEntry::redacted).collect(), part.next))
    }
}
