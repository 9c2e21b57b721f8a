//! The handlers of forms.

use api::{
    Member,
    extract::{IfMatch, Json, List, OptionalJson, Page, Path, Query, State},
    response::{Created, NoContent, Versioned},
    thin::{ForReader, Members, Sent},
};
use base::{Permission::FormRead, Result, id::FormId};
use form::{ShownForm, StoredForm};
use resources::TrashFilter;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    Store,
    input::{Duplicate, FormPatch, NewForm},
    patch::needs_rights,
    rotation::Rotation,
    view::FormView,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct FormPath {
    pub(crate) form: FormId,
}

pub(crate) async fn create(
    member: Member,
    State(store): State<Store>,
    Sent { body, members }: Sent<NewForm>,
) -> Result<ForReader<Created<FormView>>> {
    let stored = store.create(&member, body).await?;
    created(&store, stored, &member, members).await
}

pub(crate) async fn list(
    member: Member,
    State(store): State<Store>,
    page: Page<TrashFilter>,
) -> Result<Json<List<FormView>>> {
    let (forms, next) = store.list(&member, &page).await?;
    Ok(Json(page.of(forms, next).await?))
}

pub(crate) async fn read(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<FormPath>,
    Query(query): Query<TrashFilter>,
) -> Result<Versioned<FormView>> {
    let stored = store.forms.read(&member.team, path.form.as_str(), query.trashed.is_some()).await?;
    Ok(versioned(store.view(stored).await?))
}

pub(crate) async fn update(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<FormPath>,
    if_match: IfMatch,
    Sent { body, members }: Sent<FormPatch>,
) -> Result<ForReader<Versioned<FormView>>> {
    member.may_compare(&if_match, FormRead)?;
    let stored = store.update(&member, &path.form, &body, &if_match).await?;
    changed(&store, stored, &member, members).await
}

pub(crate) async fn trash(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<FormPath>,
    if_match: IfMatch,
) -> Result<NoContent> {
    member.may_compare(&if_match, FormRead)?;
    store.forms.trash(&member, path.form.as_str(), &if_match).await?;
    Ok(NoContent)
}

pub(crate) async fn destroy(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<FormPath>,
    if_match: IfMatch,
) -> Result<NoContent> {
    member.may_compare(&if_match, FormRead)?;
    store.forms.destroy(&member, path.form.as_str(), &if_match).await?;
    Ok(NoContent)
}

/// A form that was open is open again, which needs what opening it does.
pub(crate) async fn restore(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<FormPath>,
    if_match: IfMatch,
) -> Result<ForReader<Versioned<FormView>>> {
    member.may_compare(&if_match, FormRead)?;
    needs_rights(&member, &store.forms.find(&member.team, path.form.as_str()).await?.form)?;
    let stored = store.forms.restore(&member, path.form.as_str(), &if_match).await?;
    changed(&store, stored, &member, Members::default()).await
}

pub(crate) async fn duplicate(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<FormPath>,
    OptionalJson(body): OptionalJson<Duplicate>,
) -> Result<ForReader<Created<FormView>>> {
    let stored = store.duplicate(&member, &path.form, body).await?;
    created(&store, stored, &member, Members::default()).await
}

pub(crate) async fn rotate(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<FormPath>,
    if_match: IfMatch,
    OptionalJson(body): OptionalJson<Rotation>,
) -> Result<ForReader<Versioned<FormView>>> {
    member.may_compare(&if_match, FormRead)?;
    let stored = store.rotate(&member, &path.form, body.checked()?, &if_match).await?;
    changed(&store, stored, &member, Members::default()).await
}

pub(crate) async fn preview(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<FormPath>,
) -> Result<Json<ShownForm>> {
    Ok(Json(store.preview(&member, &path.form).await?))
}

fn versioned(view: FormView) -> Versioned<FormView> {
    Versioned(view.version, view)
}

async fn changed(
    store: &Store,
    stored: StoredForm,
    member: &Member,
    sent: Members,
) -> Result<ForReader<Versioned<FormView>>> {
    let id = stored.id.clone();
    Ok(ForReader::new(member, FormRead, id, sent, versioned(store.view(stored).await?)))
}

async fn created(
    store: &Store,
    stored: StoredForm,
    member: &Member,
    sent: Members,
) -> Result<ForReader<Created<FormView>>> {
    let id = stored.id.clone();
    let location = format!("/v1/teams/{}/forms/{id}", member.team);
    let body = store.view(stored).await?;
    Ok(ForReader::new(member, FormRead, id, sent, Created { location, version: body.version, body }))
}
