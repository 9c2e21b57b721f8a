//! The handler of each route.

use api::{
    Member,
    extract::{IfMatch, Json, List, Page, PageBuilder, Path, Query, State},
    response::{Created, NoContent, Versioned},
    thin::{ForReader, Members, Sent},
};
use base::{
    Permission::{ObjectRead, ViewRead},
    Result,
    id::ViewId,
};
use resources::TrashFilter;
use schemars::JsonSchema;
use serde::Deserialize;
use view::{
    Board, BoardQuery, DataQuery, Groups, GroupsQuery, ObjectList, RangeObjects, RangeQuery, ViewData,
    ViewKind, ViewQuery, ViewQueryBody,
};

use crate::{
    answer::ViewAnswer,
    filter::ViewFilter,
    store::Store,
    view::{Duplicate, NewView, ViewPatch},
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ViewPath {
    view: ViewId,
}

pub(crate) async fn create(
    member: Member,
    State(store): State<Store>,
    Sent { body, members }: Sent<NewView>,
) -> Result<ForReader<Created<ViewAnswer>>> {
    Ok(created(store.create(&member, body).await?, &member, members))
}

pub(crate) async fn list(
    member: Member,
    State(store): State<Store>,
    page: Page<ViewFilter>,
) -> Result<Json<List<ViewAnswer>>> {
    let (views, next) = store.list(&member, &page).await?;
    Ok(Json(page.of(views, next).await?))
}

pub(crate) async fn read(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<ViewPath>,
    Query(query): Query<TrashFilter>,
) -> Result<Versioned<ViewAnswer>> {
    let view = store.seen(&member, &path.view, query.trashed.is_some()).await?;
    Ok(versioned(store.answer(view, &member).await?))
}

pub(crate) async fn update(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<ViewPath>,
    if_match: IfMatch,
    Sent { body, members }: Sent<ViewPatch>,
) -> Result<ForReader<Versioned<ViewAnswer>>> {
    member.may_compare(&if_match, ViewRead)?;
    let view = store.update(&member, &path.view, body, &if_match).await?;
    Ok(ForReader::new(&member, ViewRead, path.view, members, versioned(view)))
}

pub(crate) async fn trash(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<ViewPath>,
    if_match: IfMatch,
) -> Result<NoContent> {
    member.may_compare(&if_match, ViewRead)?;
    let view = store.seen(&member, &path.view, false).await?;
    store.views.trash(&member, path.view.as_str(), &if_match).await?;
    store.settle(view.body.restricted).await;
    Ok(NoContent)
}

pub(crate) async fn restore(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<ViewPath>,
    if_match: IfMatch,
) -> Result<ForReader<Versioned<ViewAnswer>>> {
    member.may_compare(&if_match, ViewRead)?;
    if store.seen_anywhere(&member, &path.view).await?.body.restricted {
        member.needs(&[ObjectRead])?;
    }
    let view = store.views.restore(&member, path.view.as_str(), &if_match).await?;
    let view = versioned(store.answer(view, &member).await?);
    Ok(ForReader::new(&member, ViewRead, path.view, Members::default(), view))
}

pub(crate) async fn destroy(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<ViewPath>,
    if_match: IfMatch,
) -> Result<NoContent> {
    member.may_compare(&if_match, ViewRead)?;
    let view = store.seen_anywhere(&member, &path.view).await?;
    store.views.destroy(&member, path.view.as_str(), &if_match).await?;
    store.settle(view.body.restricted).await;
    Ok(NoContent)
}

pub(crate) async fn duplicate(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<ViewPath>,
    Sent { body, members }: Sent<Duplicate>,
) -> Result<ForReader<Created<ViewAnswer>>> {
    Ok(created(store.duplicate(&member, &path.view, body).await?, &member, members))
}

pub(crate) async fn objects(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<ViewPath>,
    page: Page<ViewQuery>,
) -> Result<Json<ObjectList>> {
    let raw = page.filter.raw()?;
    let lens = store.lens(&member, &path.view).await?;
    let mut search = lens.search(raw)?;
    if let Some(group) = &page.filter.group {
        search = lens.group(search, ("?group", Some(group)))?;
    }
    Ok(Json(lens.list(&store.objects, &member, &page.with(search)).await?))
}

pub(crate) async fn query(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<ViewPath>,
    pages: PageBuilder,
    Json(body): Json<ViewQueryBody>,
) -> Result<Json<ObjectList>> {
    let raw = body.raw()?;
    let lens = store.lens(&member, &path.view).await?;
    let mut search = lens.search(raw)?;
    if let Some(group) = &body.group {
        search = lens.group(search, ("/group", Some(group)))?;
    }
    let page = pages.page("/", (body.limit, body.cursor.as_deref()), search).await?;
    Ok(Json(lens.list(&store.objects, &member, &page).await?))
}

pub(crate) async fn groups(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<ViewPath>,
    Query(query): Query<GroupsQuery>,
) -> Result<Json<Groups>> {
    query.check_form()?;
    let lens = store.lens(&member, &path.view).await?;
    Ok(Json(query.run(&lens, &store.objects, &member).await?))
}

pub(crate) async fn board(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<ViewPath>,
    pages: PageBuilder,
    Query(query): Query<BoardQuery>,
) -> Result<Json<Board>> {
    query.check_form()?;
    let lens = store.lens(&member, &path.view).await?;
    let list = format!("/v1/teams/{}/views/{}/objects", member.team, path.view);
    Ok(Json(query.run(&lens, (&store.objects, &member), (&pages, &list)).await?))
}

pub(crate) async fn range(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<ViewPath>,
    pages: PageBuilder,
    Query(query): Query<RangeQuery>,
) -> Result<Json<RangeObjects>> {
    query.check_form()?;
    let lens = store.lens(&member, &path.view).await?;
    Ok(Json(query.run(&lens, (&store.objects, &member), pages).await?))
}

pub(crate) async fn data(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<ViewPath>,
    pages: PageBuilder,
    Query(query): Query<DataQuery>,
) -> Result<Json<ViewData>> {
    query.conditions.check_form()?;
    let view = store.runnable(&member, &path.view).await?;
    if view.body.kind == ViewKind::Dashboard {
        let dashboard = store.dashboard(&member).run(&view, &query, pages).await?;
        return Ok(Json(ViewData::Dashboard(dashboard)));
    }
    // What is told at once has no next page, and no cursor that leads to one.
    pages.page("?", (None, query.cursor.as_deref()), view.version).await?;
    let lens = store.lens(&member, &path.view).await?;
    Ok(Json(ViewData::Chart(query.run(&lens, &store.objects).await?)))
}

fn versioned(view: ViewAnswer) -> Versioned<ViewAnswer> {
    Versioned(view.version, view)
}

fn created(body: ViewAnswer, member: &Member, sent: Members) -> ForReader<Created<ViewAnswer>> {
    let id = body.id.clone();
    let location = format!("/v1/teams/{}/views/{id}", member.team);
    let version = body.version;
    ForReader::new(member, ViewRead, id, sent, Created { location, version, body })
}
