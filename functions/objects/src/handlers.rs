//! The handler of each route.

use anyhow::Context as _;
use api::{
    Member,
    extract::{Json, List, Page, PageBuilder, Path, Preconditions, Query, State},
    response::{Accepted, Created, NoContent, Upserted, Versioned},
};
use audit::AuditEntry;
use base::{Result, id::ObjectId};
use records::objects::{Collection, Objects, Outcome, TypePath, Within};
use schemars::JsonSchema;
use search::{
    ListQuery, Object, QueryBody, RawQuery, RelatedQuery, Search, Statistics, Stats, StatsQuery, expanded,
};
use serde::Deserialize;
use view::{Lens, ObjectList};

use crate::{
    batch::{BatchBody, Results},
    expected::Expected,
    store::Store,
    view::{Fields, ReadQuery, UpsertQuery, UpsertedObject},
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ObjectPath {
    id: ObjectId,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct RelatedPath {
    r#type: String,
    id: ObjectId,
    field: String,
}

pub(crate) async fn create(
    member: Member,
    State(objects): State<Objects>,
    Within { collection, body: new }: Within<Fields>,
) -> Result<Created<Object, Option<u64>>> {
    let object = objects.create(&member, &collection, &new.fields).await?;
    Ok(created(Object::of(object, &collection, &member), &member))
}

pub(crate) async fn list(
    member: Member,
    State(Store { objects, views, .. }): State<Store>,
    Path(path): Path<TypePath>,
    page: Page<ListQuery>,
) -> Result<Json<ObjectList>> {
    let raw = page.filter.raw()?;
    let collection = objects.collection(&member, &path.r#type).await?;
    if let Some(view) = &page.filter.view {
        let lens = Lens::of(&views, &objects, &member, view).await?.of_type(&collection)?;
        let search = lens.search(raw)?;
        return Ok(Json(lens.list(&objects, &member, &page.with(search)).await?));
    }
    let page = page.with(raw.resolve(&*collection.stored)?);
    Ok(Json(Search::answer(&objects, &member, &collection, &page).await?.into()))
}

pub(crate) async fn query(
    member: Member,
    State(objects): State<Objects>,
    Path(path): Path<TypePath>,
    pages: PageBuilder,
    Json(body): Json<QueryBody>,
) -> Result<Json<List<Object>>> {
    let raw = RawQuery::of_body(&body)?;
    let collection = objects.collection(&member, &path.r#type).await?;
    let search = raw.resolve(&*collection.stored)?;
    let page = pages.page("/", (body.limit, body.cursor.as_deref()), search).await?;
    Ok(Json(Search::answer(&objects, &member, &collection, &page).await?))
}

pub(crate) async fn stats(
    member: Member,
    State(objects): State<Objects>,
    Path(path): Path<TypePath>,
    pages: PageBuilder,
    Query(query): Query<StatsQuery>,
) -> Result<Json<Stats>> {
    let raw = query.raw()?;
    let collection = objects.collection(&member, &path.r#type).await?;
    let statistics = Statistics::of(raw, &collection.stored)?;
    let page = pages.page("?", (None, query.cursor.as_deref()), statistics).await?;
    let (mut stats, next) = Statistics::run(&objects, &collection, &page).await?;
    stats.next_cursor = page.cursor(next).await?;
    Ok(Json(stats))
}

pub(crate) async fn upsert(
    member: Member,
    Expected(conditions): Expected<Preconditions>,
    State(objects): State<Objects>,
    Query(query): Query<UpsertQuery>,
    Within { collection, body: sent }: Within<Fields>,
) -> Result<Upserted<UpsertedObject, Option<u64>>> {
    let sent = (&*query.r#match, &sent.fields);
    let (object, outcome) = objects.upsert((&member, &conditions), &collection, sent).await?;
    let object = Object::of(object, &collection, &member);
    Ok(match outcome {
        Outcome::Created => Upserted::Created(created(UpsertedObject::new(object, outcome), &member)),
        Outcome::Updated => {
            Upserted::Updated(Versioned(object.version(), UpsertedObject::new(object, outcome)))
        }
    })
}

pub(crate) async fn batch(
    member: Member,
    State(objects): State<Objects>,
    Path(path): Path<TypePath>,
    Json(body): Json<BatchBody>,
) -> Result<Json<Results>> {
    let operations = body.operations()?;
    let collection = objects.collection(&member, &path.r#type).await?;
    let done = if body.atomic {
        objects.run_atomic(&member, &collection, &operations).await?.into_iter().map(Ok).collect()
    } else {
        objects.run_independent(&member, &collection, &operations).await
    };
    Ok(Json(Results::of(body.kinds(), done, &collection, &member)))
}

pub(crate) async fn read(
    member: Member,
    State(objects): State<Objects>,
    Path(path): Path<ObjectPath>,
    Query(query): Query<ReadQuery>,
    collection: Collection,
) -> Result<Versioned<Object, Option<u64>>> {
    let object = objects.read(&member, &collection, &path.id, query.trashed.is_some()).await?;
    let shown = vec![Object::of(object, &collection, &member)];
    let mut shown = expanded(
        query.expand.map(|expand| expand.asked_at("?expand")),
        (&objects, &member),
        &collection,
        shown,
    )
    .await?;
    Ok(versioned(shown.pop().context("an object is shown as nothing")?))
}

pub(crate) async fn update(
    member: Member,
    Expected(if_match): Expected,
    State(objects): State<Objects>,
    Path(path): Path<ObjectPath>,
    Within { collection, body: patch }: Within<Fields>,
) -> Result<Versioned<Object, Option<u64>>> {
    let object = objects.update(&member, &collection, &path.id, &patch.fields, &if_match).await?;
    Ok(versioned(Object::of(object, &collection, &member)))
}

pub(crate) async fn trash(
    member: Member,
    Expected(if_match): Expected,
    State(objects): State<Objects>,
    Path(path): Path<ObjectPath>,
    collection: Collection,
) -> Result<NoContent> {
    objects.trash(&member, &collection, &path.id, &if_match).await?;
    Ok(NoContent)
}

pub(crate) async fn restore(
    member: Member,
    Expected(if_match): Expected,
    State(objects): State<Objects>,
    Path(path): Path<ObjectPath>,
    collection: Collection,
) -> Result<Versioned<Object, Option<u64>>> {
    let object = objects.restore(&member, &collection, &path.id, &if_match).await?;
    Ok(versioned(Object::of(object, &collection, &member)))
}

pub(crate) async fn destroy(
    member: Member,
    Expected(if_match): Expected,
    State(objects): State<Objects>,
    Path(path): Path<ObjectPath>,
    collection: Collection,
) -> Result<NoContent> {
    objects.destroy(&member, &collection, &path.id, &if_match).await?;
    Ok(NoContent)
}

pub(crate) async fn send(
    member: Member,
    Expected(if_match): Expected,
    State(objects): State<Objects>,
    Path(path): Path<ObjectPath>,
    collection: Collection,
) -> Result<Accepted> {
    objects.send(&member, &collection, &path.id, &if_match).await?;
    Ok(Accepted)
}

pub(crate) async fn history(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<ObjectPath>,
    page: Page,
    collection: Collection,
) -> Result<Json<List<AuditEntry>>> {
    let (entries, next) = store.history(&member, &collection, &path.id, &page).await?;
    Ok(Json(page.of(entries, next).await?))
}

pub(crate) async fn related(
    member: Member,
    State(objects): State<Objects>,
    Path(path): Path<RelatedPath>,
    page: Page<RelatedQuery>,
) -> Result<Json<List<Object>>> {
    let raw = page.filter.raw()?;
    let collection = objects.collection(&member, &path.r#type).await?;
    let pointing = match &page.filter.object_type {
        Some(object_type) => objects.collection(&member, object_type).await?,
        None => collection.clone(),
    };
    let search = raw.pointing((&pointing.stored, &path.field), (&collection, &path.id))?;
    objects.read(&member, &collection, &path.id, false).await?;
    Ok(Json(Search::answer(&objects, &member, &pointing, &page.with(search)).await?))
}

fn versioned(object: Object) -> Versioned<Object, Option<u64>> {
    Versioned(object.version(), object)
}

fn created<T: Location>(body: T, member: &Member) -> Created<T, Option<u64>> {
    let object = body.object();
    let location = format!("/v1/teams/{}/objects/{}/{}", member.team, object.object_type.slug, object.id);
    Created { location, version: object.version(), body }
}

/// A body with an object in it, whose path is the `Location`.
trait Location {
    fn object(&self) -> &Object;
}

impl Location for Object {
    fn object(&self) -> &Object {
        self
    }
}

impl Location for UpsertedObject {
    fn object(&self) -> &Object {
        &self.object
    }
}
