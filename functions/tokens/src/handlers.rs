//! What each route does.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::{
    Caller, Error, Result,
    answer::{Created, NoContent, Versioned},
    extract::{IfMatch, Json, List, Page, Path, State},
    id::TokenId,
};

use crate::{
    store::Store,
    token::{ListFilter, NewToken, Token, TokenPatch, TokenWithSecret},
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
    let token = store.update(&caller, &path.token, patch.checked(store.now())?, &if_match).await?;
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

pub(crate) async fn read_own(caller: Caller, State(store): State<Store>) -> Result<Versioned<Token>> {
    let id = caller.token.clone().ok_or_else(Error::unauthenticated)?;
    let token = store.read(&caller, &id).await?;
    Ok(Versioned(token.version, token))
}
