//! The handlers of the routes.

use api::{
    Member,
    extract::{Json, List, Page, PageBuilder, Query, State},
};
use audit::AuditEntry;
use base::Result;

use crate::{
    csv::Csv,
    query::{ExportQuery, ListQuery},
    store::Store,
};

pub(crate) async fn list(
    member: Member,
    State(store): State<Store>,
    page: Page<ListQuery>,
) -> Result<Json<List<AuditEntry>>> {
    let filter = store.filter(&member, &page.filter).await?;
    let found = store.log.page(&member.team, &filter, page.after.as_ref(), page.limit).await?;
    Ok(Json(page.of(found.entries, found.next).await?))
}

pub(crate) async fn export(
    member: Member,
    State(store): State<Store>,
    pages: PageBuilder,
    Query(query): Query<ExportQuery>,
) -> Result<Csv> {
    let (query, cursor) = query.parts();
    let page = pages.page("?", (None, cursor.as_deref()), query).await?;
    let filter = store.filter(&member, &page.filter).await?;
    let (rows, next) = store.export(&member, &filter, page.after.as_ref()).await?;
    Ok(Csv { rows, is_first: page.after.is_none(), next: page.cursor(next).await? })
}
