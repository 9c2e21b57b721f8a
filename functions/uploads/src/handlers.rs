//! Uploads are begun, completed, listed, read, fetched and removed.

use api::{
    Member,
    extract::{IfMatch, Json, List, Page, Path, Query, State},
    response::{Created, NoContent, Versioned},
};
use base::{Permission, Result, id::UploadId};
use schemars::JsonSchema;
use serde::Deserialize;
use upload::PUT_SECONDS;

use crate::{
    Store,
    content::{ContentQuery, ContentUrl},
    input::NewUpload,
    parts::PartNumbers,
    removal::check_removal,
    view::{BegunUpload, ReferenceView, SignedParts, SignedPut, UploadFilter, UploadView},
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct UploadPath {
    upload: UploadId,
}

pub(crate) async fn create(
    member: Member,
    State(store): State<Store>,
    Json(new): Json<NewUpload>,
) -> Result<Created<BegunUpload>> {
    let expires_at = store.now().plus_seconds(PUT_SECONDS);
    let (upload, signed) = store.begin(&member, new.validate()?).await?;
    let location = format!("/v1/teams/{}/uploads/{}", member.team, upload.id);
    let put = signed.map(|signed| SignedPut::new(signed, expires_at));
    let version = upload.version;
    Ok(Created { location, version, body: BegunUpload { upload: UploadView::of(upload, store.now()), put } })
}

pub(crate) async fn list(
    member: Member,
    State(store): State<Store>,
    page: Page<UploadFilter>,
) -> Result<Json<List<UploadView>>> {
    let (found, next) = store.list(&member, &page).await?;
    let seen = found.into_iter().map(|upload| UploadView::of(upload, store.now())).collect();
    Ok(Json(page.of(seen, next).await?))
}

pub(crate) async fn read(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<UploadPath>,
) -> Result<Versioned<UploadView>> {
    let upload = store.read(&member, &path.upload).await?;
    Ok(Versioned(upload.version, UploadView::of(upload, store.now())))
}

pub(crate) async fn parts(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<UploadPath>,
    Json(wanted): Json<PartNumbers>,
) -> Result<Json<SignedParts>> {
    Ok(Json(SignedParts { parts: store.sign_parts(&member, &path.upload, &wanted).await? }))
}

pub(crate) async fn complete(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<UploadPath>,
) -> Result<Versioned<UploadView>> {
    let upload = store.complete(&member, &path.upload).await?;
    Ok(Versioned(upload.version, UploadView::of(upload, store.now())))
}

pub(crate) async fn content(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<UploadPath>,
    Query(query): Query<ContentQuery>,
) -> Result<Json<ContentUrl>> {
    let upload = store.ready(&member, &path.upload).await?;
    Ok(Json(store.content_url(&member, &upload, query).await?))
}

pub(crate) async fn references(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<UploadPath>,
    page: Page,
) -> Result<Json<List<ReferenceView>>> {
    let upload = store.stored(&member, &path.upload).await?;
    let (found, next) = store.references.list(&upload.id, page.after.clone(), page.limit).await?;
    Ok(Json(page.of(found.into_iter().map(ReferenceView::of).collect(), next).await?))
}

pub(crate) async fn delete(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<UploadPath>,
    if_match: IfMatch,
) -> Result<NoContent> {
    let upload = store.stored(&member, &path.upload).await?;
    check_removal(&member, &upload)?;
    // Who has sent it sees it, and so its version.
    if upload.created_by != member.user {
        member.may_compare(&if_match, Permission::ObjectRead)?;
    }
    store.delete(&member, &upload, &if_match).await?;
    Ok(NoContent)
}

pub(crate) async fn destroy(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<UploadPath>,
    if_match: IfMatch,
) -> Result<NoContent> {
    member.may_compare(&if_match, Permission::ObjectRead)?;
    store.destroy(&member, &path.upload, &if_match).await?;
    Ok(NoContent)
}
