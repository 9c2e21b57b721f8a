//! Personal views of somebody who is no member of their team any more: nobody else sees them, so they go to the trash.

use base::{
    Result, Timestamp,
    actor::Actor,
    id::{TeamId, UserId},
};
use resources::{resource::Resource as _, workspace_partition};
use table::TableQuery;
use view::{StoredView, ViewScope};

use crate::Relay;

impl Relay {
    /// Moves the views to the trash that somebody had made for themselves before they left.
    pub(crate) async fn trash_personal_views(
        &self,
        team: &TeamId,
        (user, left_at): (&UserId, Timestamp),
        by: &Actor,
    ) -> Result<()> {
        let is_left = |view: &StoredView| {
            view.created_by == *user
                && view.body.scope == ViewScope::Personal
                && view.created_at <= left_at
                && view.trashed_at.is_none()
                && !view.is_gone(left_at)
        };
        let mut after = None;
        loop {
            let query = TableQuery::partition(workspace_partition(team)).prefix(StoredView::PREFIX);
            let page = self.workspace.query(query.after(after.take())).await?;
            for item in &page.items {
                let view = StoredView::from_item(item)?;
                if is_left(&view) {
                    // Locked or not: nobody is left to unlock it.
                    self.views.trash_for((team, by), &view.id, |view| view.body.locked = false).await?;
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }
}
