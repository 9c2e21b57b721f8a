//! What each route does.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::{
    Member, Result,
    answer::{Created, NoContent, Started, Versioned},
    extract::{IfMatch, Json, List, Page, Path, Query, State, TrashFilter},
    id::ObjectTypeId,
    object_type::Field,
};

use crate::{
    change::{Duplicate, FieldPatch, TypePatch, added, removed},
    object_type::NewObjectType,
    shown::ShownType,
    store::Store,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct TypePath {
    r#type: String,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct FieldPath {
    r#type: String,
    slug: String,
}

pub(crate) async fn create(
    member: Member,
    State(store): State<Store>,
    Json(new): Json<NewObjectType>,
) -> Result<Created<ShownType>> {
    Ok(created(store.create(&member, new.checked()?).await?, &member))
}

pub(crate) async fn list(
    member: Member,
    State(store): State<Store>,
    page: Page<TrashFilter>,
) -> Result<Json<List<ShownType>>> {
    let (types, next) = store.list(&member, &page).await?;
    Ok(Json(page.of(types, next).await?))
}

pub(crate) async fn read(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    Query(query): Query<TrashFilter>,
) -> Result<Versioned<ShownType>> {
    Ok(versioned(store.read(&member, &path.r#type, query.trashed.is_some()).await?))
}

pub(crate) async fn update(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    if_match: IfMatch,
    Json(patch): Json<TypePatch>,
) -> Result<Versioned<ShownType>> {
    let draft = |old: &_| patch.clone().draft(old);
    let stored = store.change(&member, &path.r#type, &if_match, draft).await?;
    Ok(versioned(store.shown(stored, &member).await?))
}

pub(crate) async fn duplicate(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    Json(duplicate): Json<Duplicate>,
) -> Result<Created<ShownType>> {
    let stored = store.stored(&member.team, &path.r#type, false).await?;
    let made = store.insert(&member, ObjectTypeId::new(), duplicate.of(&stored.object_type)?).await?;
    Ok(created(made, &member))
}

pub(crate) async fn trash(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    if_match: IfMatch,
) -> Result<NoContent> {
    store.trash(&member, &path.r#type, &if_match).await?;
    Ok(NoContent)
}

pub(crate) async fn restore(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    if_match: IfMatch,
) -> Result<Versioned<ShownType>> {
    let stored = store.restore(&member, &path.r#type, &if_match).await?;
    Ok(versioned(store.shown(stored, &member).await?))
}

pub(crate) async fn destroy(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    if_match: IfMatch,
) -> Result<Started<ShownType>> {
    Ok(Started(store.destroy(&member, &path.r#type, &if_match).await?))
}

pub(crate) async fn add_field(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    if_match: IfMatch,
    Json(field): Json<Field>,
) -> Result<Created<ShownType>> {
    let draft = |old: &_| added(old, field.clone());
    let stored = store.change(&member, &path.r#type, &if_match, draft).await?;
    Ok(created(store.shown(stored, &member).await?, &member))
}

pub(crate) async fn update_field(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<FieldPath>,
    if_match: IfMatch,
    Json(patch): Json<FieldPatch>,
) -> Result<Versioned<ShownType>> {
    let draft = |old: &_| patch.clone().draft(old, &path.slug);
    let stored = store.change(&member, &path.r#type, &if_match, draft).await?;
    Ok(versioned(store.shown(stored, &member).await?))
}

pub(crate) async fn remove_field(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<FieldPath>,
    if_match: IfMatch,
) -> Result<Versioned<ShownType>> {
    let draft = |old: &_| removed(old, &path.slug);
    let stored = store.change(&member, &path.r#type, &if_match, draft).await?;
    store.hidden(stored.object_type.updated_at).await;
    Ok(versioned(store.shown(stored, &member).await?))
}

fn versioned(shown: ShownType) -> Versioned<ShownType> {
    Versioned(shown.version, shown)
}

fn created(body: ShownType, member: &Member) -> Created<ShownType> {
    let location = format!("/v1/teams/{}/object-types/{}", member.team, body.id);
    Created { location, version: body.version, body }
}
