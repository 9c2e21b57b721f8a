//! The handler of each route.

use api::{
    Member,
    extract::{IfMatch, Json, List, Page, Path, Query, State},
    response::{AcceptedWith, Created, NoContent, Versioned},
    thin::{ForReader, Members, Sent},
};
use base::{Permission::ObjectTypeRead, Result, id::ObjectTypeId};
use records::object_type::{Field, wait_for_cache_expiry};
use resources::TrashFilter;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    change::{Duplicate, FieldPatch, TypePatch, added, removed},
    object_type::NewObjectType,
    store::Store,
    view::ObjectTypeView,
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
    Sent { body, members }: Sent<NewObjectType>,
) -> Result<ForReader<Created<ObjectTypeView>>> {
    Ok(created(store.create(&member, body.checked()?).await?, &member, members))
}

pub(crate) async fn list(
    member: Member,
    State(store): State<Store>,
    page: Page<TrashFilter>,
) -> Result<Json<List<ObjectTypeView>>> {
    let (types, next) = store.list(&member, &page).await?;
    Ok(Json(page.of(types, next).await?))
}

pub(crate) async fn read(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    Query(query): Query<TrashFilter>,
) -> Result<Versioned<ObjectTypeView>> {
    Ok(versioned(store.read(&member, &path.r#type, query.trashed.is_some()).await?))
}

pub(crate) async fn update(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    if_match: IfMatch,
    Sent { body, members }: Sent<TypePatch>,
) -> Result<ForReader<Versioned<ObjectTypeView>>> {
    member.may_compare(&if_match, ObjectTypeRead)?;
    let draft = |old: &_| body.clone().draft(old);
    let stored = store.change(&member, &path.r#type, &if_match, draft).await?;
    Ok(changed(store.view(stored, &member).await?, &member, members))
}

pub(crate) async fn duplicate(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    Sent { body, members }: Sent<Duplicate>,
) -> Result<ForReader<Created<ObjectTypeView>>> {
    let stored = store.types.read(&member.team, &path.r#type, false).await?;
    let made = store.insert(&member, ObjectTypeId::new(), body.of(&stored.object_type)?).await?;
    Ok(created(made, &member, members))
}

pub(crate) async fn trash(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    if_match: IfMatch,
) -> Result<NoContent> {
    member.may_compare(&if_match, ObjectTypeRead)?;
    store.trash(&member, &path.r#type, &if_match).await?;
    Ok(NoContent)
}

pub(crate) async fn restore(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    if_match: IfMatch,
) -> Result<ForReader<Versioned<ObjectTypeView>>> {
    member.may_compare(&if_match, ObjectTypeRead)?;
    let stored = store.types.restore(&member, &path.r#type, &if_match).await?;
    Ok(changed(store.view(stored, &member).await?, &member, Members::default()))
}

pub(crate) async fn destroy(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    if_match: IfMatch,
) -> Result<ForReader<AcceptedWith<ObjectTypeView>>> {
    member.may_compare(&if_match, ObjectTypeRead)?;
    let view = store.destroy(&member, &path.r#type, &if_match).await?;
    let id = view.id.clone();
    Ok(ForReader::new(&member, ObjectTypeRead, id, Members::default(), AcceptedWith(view)))
}

pub(crate) async fn add_field(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TypePath>,
    if_match: IfMatch,
    Sent { body, members }: Sent<Field>,
) -> Result<ForReader<Created<ObjectTypeView>>> {
    member.may_compare(&if_match, ObjectTypeRead)?;
    let draft = |old: &_| added(old, body.clone());
    let stored = store.change(&member, &path.r#type, &if_match, draft).await?;
    Ok(created(store.view(stored, &member).await?, &member, members))
}

pub(crate) async fn update_field(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<FieldPath>,
    if_match: IfMatch,
    Sent { body, members }: Sent<FieldPatch>,
) -> Result<ForReader<Versioned<ObjectTypeView>>> {
    member.may_compare(&if_match, ObjectTypeRead)?;
    let draft = |old: &_| body.clone().draft(old, &path.slug);
    let stored = store.change(&member, &path.r#type, &if_match, draft).await?;
    Ok(changed(store.view(stored, &member).await?, &member, members))
}

pub(crate) async fn remove_field(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<FieldPath>,
    if_match: IfMatch,
) -> Result<ForReader<Versioned<ObjectTypeView>>> {
    member.may_compare(&if_match, ObjectTypeRead)?;
    let draft = |old: &_| removed(old, &path.slug);
    let stored = store.change(&member, &path.r#type, &if_match, draft).await?;
    wait_for_cache_expiry(&store.clock).await;
    Ok(changed(store.view(stored, &member).await?, &member, Members::default()))
}

fn versioned(view: ObjectTypeView) -> Versioned<ObjectTypeView> {
    Versioned(view.version, view)
}

fn changed(view: ObjectTypeView, member: &Member, sent: Members) -> ForReader<Versioned<ObjectTypeView>> {
    let id = view.id.clone();
    ForReader::new(member, ObjectTypeRead, id, sent, versioned(view))
}

fn created(body: ObjectTypeView, member: &Member, sent: Members) -> ForReader<Created<ObjectTypeView>> {
    let id = body.id.clone();
    let location = format!("/v1/teams/{}/object-types/{id}", member.team);
    let version = body.version;
    ForReader::new(member, ObjectTypeRead, id, sent, Created { location, version, body })
}
