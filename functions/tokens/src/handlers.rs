//! The handler of each route.

use api::{
    Caller,
    extract::{Client, IfMatch, Json, List, OptionalJson, Page, Path, State},
    response::{Accepted, Created, NoContent, Versioned},
};
use base::{Error, Result, id::TokenId};
use gate::token_history::TokenEntry;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    check::{CheckRequest, Report},
    input::{NewToken, Rotation, TokenPatch},
    store::Store,
    token::{CheckResult, ListFilter, Token, TokenWithSecret},
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct TokenPath {
    token: TokenId,
}

pub(crate) async fn create(
    caller: Caller,
    State(store): State<Store>,
    Json(new): Json<NewToken>,
) -> Result<Created<TokenWithSecret>> {
    let (token, secret) = store.create(&caller, new.checked(store.now())?).await?;
    let body = TokenWithSecret::new(token, &secret);
    Ok(Created { location: format!("/v1/tokens/{}", body.token_id()), version: body.version(), body })
}

pub(crate) async fn list(
    caller: Caller,
    State(store): State<Store>,
    page: Page<ListFilter>,
) -> Result<Json<List<Token>>> {
    let (tokens, next) = store.list(&caller, &page).await?;
    Ok(Json(page.of(tokens, next).await?))
}

pub(crate) async fn read(
    caller: Caller,
    State(store): State<Store>,
    Path(path): Path<TokenPath>,
) -> Result<Versioned<Token>> {
    let token = store.read(&caller, &path.token).await?;
    Ok(Versioned(token.version, token))
}

pub(crate) async fn update(
    caller: Caller,
    State(store): State<Store>,
    Path(path): Path<TokenPath>,
    if_match: IfMatch,
    Json(patch): Json<TokenPatch>,
) -> Result<Versioned<Token>> {
    let token = store.update(&caller, &path.token, &patch, &if_match).await?;
    Ok(Versioned(token.version, token))
}

pub(crate) async fn revoke(
    caller: Caller,
    State(store): State<Store>,
    Path(path): Path<TokenPath>,
    if_match: IfMatch,
) -> Result<NoContent> {
    store.revoke(&caller, &path.token, &if_match).await?;
    Ok(NoContent)
}

pub(crate) async fn rotate(
    caller: Caller,
    State(store): State<Store>,
    Path(path): Path<TokenPath>,
    if_match: IfMatch,
    OptionalJson(rotation): OptionalJson<Rotation>,
) -> Result<Versioned<TokenWithSecret>> {
    let (token, secret) = store.rotate(&caller, &path.token, rotation.checked()?, &if_match).await?;
    Ok(Versioned(token.version, TokenWithSecret::new(token, &secret)))
}

pub(crate) async fn history(
    caller: Caller,
    State(store): State<Store>,
    Path(path): Path<TokenPath>,
    page: Page,
) -> Result<Json<List<TokenEntry>>> {
    let (entries, next) = store.history(&caller, &path.token, &page).await?;
    Ok(Json(page.of(entries, next).await?))
}

pub(crate) async fn read_own(caller: Caller, State(store): State<Store>) -> Result<Versioned<Token>> {
    let token = store.read(&caller, own(&caller)?).await?;
    Ok(Versioned(token.version, token))
}

pub(crate) async fn revoke_own(
    caller: Caller,
    State(store): State<Store>,
    if_match: IfMatch,
) -> Result<NoContent> {
    store.revoke(&caller, own(&caller)?, &if_match).await?;
    Ok(NoContent)
}

pub(crate) async fn rotate_own(
    caller: Caller,
    State(store): State<Store>,
    if_match: IfMatch,
    OptionalJson(rotation): OptionalJson<Rotation>,
) -> Result<Versioned<TokenWithSecret>> {
    let (token, secret) = store.rotate(&caller, own(&caller)?, rotation.checked()?, &if_match).await?;
    Ok(Versioned(token.version, TokenWithSecret::new(token, &secret)))
}

pub(crate) async fn check(
    caller: Caller,
    State(store): State<Store>,
    Json(request): Json<CheckRequest>,
) -> Result<Json<CheckResult>> {
    let (result, status) = store.check(&caller, own(&caller)?, &request).await?;
    Ok(Json(CheckResult::new(result, status)))
}

pub(crate) async fn revoke_leaked(
    client: Client,
    State(store): State<Store>,
    Json(report): Json<Report>,
) -> Result<Accepted> {
    store.revoke_leaked(&client, &report.checked()?).await?;
    Ok(Accepted)
}

/// The token that asks; the guard has let nobody else in.
fn own(caller: &Caller) -> Result<&TokenId> {
    caller.token.as_ref().ok_or_else(Error::unauthenticated)
}
