//! The handler of each route.

use shared::{
    Member, Result,
    audit::Entry,
    extract::{Json, List, Page, PageBuilder, Query, State},
};

use crate::{
    csv::Csv,
    query::{ExportQuery, ListQuery},
    store::Store,
};

pub(crate) async fn list(
    member: Member,
    State(store): State<Store>,
    page: Page<ListQuery>,
) -> Result<Json<List<Entry>>> {
    let narrowing = store.narrowing(&member, &page.filter).await?;
    let part = store.log.part(&member.team, &narrowing, page.after.as_ref(), page.limit).await?;
    Ok(Json(page.of(part.entries, part.next).await?))
}

pub(crate) async fn export(
    member: Member,
    State(store): State<Store>,
    pages: PageBuilder,
    Query(query): Query<ExportQuery>,
) -> Result<Csv> {
    let (asked, cursor) = query.parts();
    let page = pages.page("?", (None, cursor.as_deref()), asked).await?;
    let narrowing = store.narrowing(&member, &page.filter).await?;
    let (rows, next) = store.export(&member, &narrowing, page.after.as_ref()).await?;
    Ok(Csv { rows, is_first: page.after.is_none(), next: page.cursor(next).await? })
}
