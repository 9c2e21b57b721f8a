//! What each route does.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::{
    Member, Result,
    answer::{Accepted, Created, NoContent, Upserted, Versioned},
    audit::Entry,
    extract::{Json, List, Page, Pages, Path, Preconditions, Query, State, TrashFilter},
    id::ObjectId,
};

use crate::{
    batch::{BatchBody, Results},
    expected::Expected,
    holders::Ahead,
    object::{Fields, Object, UpsertQuery, UpsertedObject},
    query::{Asked, ListQuery, QueryBody, RelatedQuery, Search, Statistics, Stats, StatsQuery},
    store::{Store, TypeInTeam},
    upsert::Outcome,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct TypePath {
    r#type: String,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ObjectPath {
    r#type: String,
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
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    Json(new): Json<Fields>,
) -> Result<Created<Object, Option<u64>>> {
    let object_type = store.object_type(&member, &path.r#type).await?;
    let object = store.create(&member, &object_type, &new.fields).await?;
    Ok(created(Object::of(object, &object_type, &member), &member))
}

pub(crate) async fn list(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    page: Page<ListQuery>,
) -> Result<Json<List<Object>>> {
    let asked = page.filter.asked()?;
    let object_type = store.object_type(&member, &path.r#type).await?;
    let page = page.with(asked.of(&object_type.0)?);
    found(&store, &member, &object_type, &page).await
}

pub(crate) async fn query(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    pages: Pages,
    Json(body): Json<QueryBody>,
) -> Result<Json<List<Object>>> {
    let asked = Asked::of_body(&body)?;
    let object_type = store.object_type(&member, &path.r#type).await?;
    let search = asked.of(&object_type.0)?;
    let page = pages.page("/", (body.limit, body.cursor.as_deref()), search).await?;
    found(&store, &member, &object_type, &page).await
}

pub(crate) async fn stats(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    pages: Pages,
    Query(query): Query<StatsQuery>,
) -> Result<Json<Stats>> {
    let asked = query.asked()?;
    let object_type = store.object_type(&member, &path.r#type).await?;
    let statistics = Statistics::of(asked, &object_type.0)?;
    let page = pages.page("?", (None, query.cursor.as_deref()), statistics).await?;
    let (mut stats, next) = store.stats(&object_type, &page).await?;
    stats.next_cursor = page.cursor(next).await?;
    Ok(Json(stats))
}

pub(crate) async fn upsert(
    member: Member,
    Expected(conditions): Expected<Preconditions>,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    Query(query): Query<UpsertQuery>,
    Json(sent): Json<Fields>,
) -> Result<Upserted<UpsertedObject, Option<u64>>> {
    let object_type = store.object_type(&member, &path.r#type).await?;
    let (object, outcome) = store
        .upsert((&member, &conditions), &object_type, (&query.r#match, &sent.fields), &mut Ahead::default())
        .await?;
    let object = Object::of(object, &object_type, &member);
    Ok(match outcome {
        Outcome::Created => Upserted::Created(created(UpsertedObject::new(object, outcome), &member)),
        Outcome::Updated => {
            Upserted::Updated(Versioned(object.version(), UpsertedObject::new(object, outcome)))
        }
    })
}

pub(crate) async fn batch(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    Json(body): Json<BatchBody>,
) -> Result<Json<Results>> {
    let operations = body.operations()?;
    let object_type = store.object_type(&member, &path.r#type).await?;
    let done = if body.atomic {
        store.all_or_none(&member, &object_type, &operations).await?.into_iter().map(Ok).collect()
    } else {
        store.each(&member, &object_type, &operations).await
    };
    Ok(Json(Results::of(&operations, done, &object_type, &member)))
}

pub(crate) async fn read(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<ObjectPath>,
    Query(query): Query<TrashFilter>,
) -> Result<Versioned<Object, Option<u64>>> {
    let object_type = store.object_type(&member, &path.r#type).await?;
    let object = store.read(&member, &object_type, &path.id, query.trashed.is_some()).await?;
    Ok(versioned(Object::of(object, &object_type, &member)))
}

pub(crate) async fn update(
    member: Member,
    Expected(if_match): Expected,
    State(store): State<Store>,
    Path(path): Path<ObjectPath>,
    Json(patch): Json<Fields>,
) -> Result<Versioned<Object, Option<u64>>> {
    let object_type = store.object_type(&member, &path.r#type).await?;
    let object = store.update(&member, &object_type, &path.id, &patch.fields, &if_match).await?;
    Ok(versioned(Object::of(object, &object_type, &member)))
}

pub(crate) async fn trash(
    member: Member,
    Expected(if_match): Expected,
    State(store): State<Store>,
    Path(path): Path<ObjectPath>,
) -> Result<NoContent> {
    let object_type = store.object_type(&member, &path.r#type).await?;
    store.trash(&member, &object_type, &path.id, &if_match).await?;
    Ok(NoContent)
}

pub(crate) async fn restore(
    member: Member,
    Expected(if_match): Expected,
    State(store): State<Store>,
    Path(path): Path<ObjectPath>,
) -> Result<Versioned<Object, Option<u64>>> {
    let object_type = store.object_type(&member, &path.r#type).await?;
    let object = store.restore(&member, &object_type, &path.id, &if_match).await?;
    Ok(versioned(Object::of(object, &object_type, &member)))
}

pub(crate) async fn destroy(
    member: Member,
    Expected(if_match): Expected,
    State(store): State<Store>,
    Path(path): Path<ObjectPath>,
) -> Result<NoContent> {
    let object_type = store.object_type(&member, &path.r#type).await?;
    store.destroy(&member, &object_type, &path.id, &if_match).await?;
    Ok(NoContent)
}

pub(crate) async fn send(
    member: Member,
    Expected(if_match): Expected,
    State(store): State<Store>,
    Path(path): Path<ObjectPath>,
) -> Result<Accepted> {
    let object_type = store.object_type(&member, &path.r#type).await?;
    store.send(&member, &object_type, &path.id, &if_match).await?;
    Ok(Accepted)
}

pub(crate) async fn history(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<ObjectPath>,
    page: Page,
) -> Result<Json<List<Entry>>> {
    let object_type = store.object_type(&member, &path.r#type).await?;
    let (entries, next) = store.history(&member, &object_type, &path.id, &page).await?;
    Ok(Json(page.of(entries, next).await?))
}

pub(crate) async fn related(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<RelatedPath>,
    page: Page<RelatedQuery>,
) -> Result<Json<List<Object>>> {
    let asked = page.filter.asked()?;
    let object_type = store.object_type(&member, &path.r#type).await?;
    let pointing = page.filter.object_type.as_deref().unwrap_or(&path.r#type);
    let pointing = store.object_type(&member, pointing).await?;
    let search = asked.pointing((&pointing.0, &path.field), (&object_type, &path.id))?;
    store.read(&member, &object_type, &path.id, false).await?;
    found(&store, &member, &pointing, &page.with(search)).await
}

async fn found(
    store: &Store,
    member: &Member,
    object_type: &TypeInTeam,
    page: &Page<Search>,
) -> Result<Json<List<Object>>> {
    let (objects, next) = store.search(object_type, page).await?;
    let fields = page.filter.fields.as_ref();
    let seen = |object| Object::of(object, object_type, member).only(fields);
    Ok(Json(page.of(objects.into_iter().map(seen).collect(), next).await?))
}

fn versioned(object: Object) -> Versioned<Object, Option<u64>> {
    Versioned(object.version(), object)
}

fn created<T: Location>(body: T, member: &Member) -> Created<T, Option<u64>> {
    let object = body.object();
    let location = format!("/v1/teams/{}/objects/{}/{}", member.team, object.object_type.slug, object.id);
    Created { location, version: object.version(), body }
}

/// What has an object in it, of which the path can be told.
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
