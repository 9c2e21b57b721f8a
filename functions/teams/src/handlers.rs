//! The handler of each route.

use api::{
    Caller, Member,
    extract::{IfMatch, Json, List, Page, Path, State},
    response::{Created, NoContent, Versioned},
};
use base::{
    Result,
    id::{InvitationId, TokenId, UserId},
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    invitations::Acceptance,
    store::Store,
    team::{
        Invitation, InvitationWithSecret, Me, MemberPatch, NewInvitation, NewTeam, Team, TeamMember,
        TeamOfMine, TeamPatch,
    },
    tokens::TeamToken,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct MemberPath {
    user: UserId,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct InvitationPath {
    invitation: InvitationId,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct TokenPath {
    token: TokenId,
}

pub(crate) async fn me(caller: Caller, State(store): State<Store>) -> Result<Json<Me>> {
    let user = store.user(&caller).await?;
    let (teams, _) = store.teams(&caller, None).await?;
    Ok(Json(Me { user, credential: caller.credential, teams }))
}

pub(crate) async fn list(
    caller: Caller,
    State(store): State<Store>,
    page: Page,
) -> Result<Json<List<TeamOfMine>>> {
    let (teams, next) = store.teams(&caller, Some(&page)).await?;
    Ok(Json(page.of(teams, next).await?))
}

pub(crate) async fn create(
    caller: Caller,
    State(store): State<Store>,
    Json(new): Json<NewTeam>,
) -> Result<Created<Team>> {
    store.user(&caller).await?;
    let team = store.create(&caller, new.checked()?).await?;
    Ok(Created { location: format!("/v1/teams/{}", team.id), version: team.version, body: team })
}

pub(crate) async fn read(member: Member, State(store): State<Store>) -> Result<Versioned<Team>> {
    let team = store.read(&member.team).await?;
    Ok(Versioned(team.version, team))
}

pub(crate) async fn update(
    member: Member,
    State(store): State<Store>,
    if_match: IfMatch,
    Json(patch): Json<TeamPatch>,
) -> Result<Versioned<Team>> {
    let team = store.update(&member, &patch, &if_match).await?;
    Ok(Versioned(team.version, team))
}

pub(crate) async fn list_tokens(
    member: Member,
    State(store): State<Store>,
    page: Page,
) -> Result<Json<List<TeamToken>>> {
    let (tokens, next) = store.tokens(&member.team, &page).await?;
    Ok(Json(page.of(tokens, next).await?))
}

pub(crate) async fn block_token(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TokenPath>,
) -> Result<NoContent> {
    store.block(&member, &path.token).await?;
    Ok(NoContent)
}

pub(crate) async fn unblock_token(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<TokenPath>,
) -> Result<NoContent> {
    store.unblock(&member, &path.token).await?;
    Ok(NoContent)
}

pub(crate) async fn list_members(
    member: Member,
    State(store): State<Store>,
    page: Page,
) -> Result<Json<List<TeamMember>>> {
    let (members, next) = store.members(&member.team, &page).await?;
    Ok(Json(page.of(members, next).await?))
}

pub(crate) async fn update_member(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<MemberPath>,
    if_match: IfMatch,
    Json(patch): Json<MemberPatch>,
) -> Result<Versioned<TeamMember>> {
    let changed = store.change_role(&member, &path.user, patch.role, &if_match).await?;
    Ok(Versioned(changed.version, changed))
}

pub(crate) async fn remove_member(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<MemberPath>,
    if_match: IfMatch,
) -> Result<NoContent> {
    store.remove(&member, &path.user, &if_match).await?;
    Ok(NoContent)
}

pub(crate) async fn invite(
    member: Member,
    State(store): State<Store>,
    Json(new): Json<NewInvitation>,
) -> Result<Created<InvitationWithSecret>> {
    let (invitation, secret) = store.invite(&member, new.checked()?).await?;
    let location = format!("/v1/teams/{}/invitations/{}", member.team, invitation.id);
    Ok(Created {
        location,
        version: invitation.version,
        body: InvitationWithSecret::new(invitation, &secret),
    })
}

pub(crate) async fn list_invitations(
    member: Member,
    State(store): State<Store>,
    page: Page,
) -> Result<Json<List<Invitation>>> {
    let (invitations, next) = store.invitations(&member.team, &page).await?;
    Ok(Json(page.of(invitations, next).await?))
}

pub(crate) async fn withdraw_invitation(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<InvitationPath>,
    if_match: IfMatch,
) -> Result<NoContent> {
    store.withdraw(&member, &path.invitation, &if_match).await?;
    Ok(NoContent)
}

pub(crate) async fn accept_invitation(
    caller: Caller,
    State(store): State<Store>,
    Json(acceptance): Json<Acceptance>,
) -> Result<Created<TeamOfMine>> {
    store.user(&caller).await?;
    let team = store.accept(&caller, &acceptance.secret).await?;
    Ok(Created { location: format!("/v1/teams/{}", team.team.id), version: team.team.version, body: team })
}
