//! What each route does.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::{
    Member, Result,
    extract::{IfMatch, Json, List, OptionalJson, Page, Path, Query, State, TrashFilter},
    id::{DeliveryId, WebhookId},
    response::{AcceptedWith, Created, NoContent, Versioned},
};

use crate::{
    deliveries::StatusFilter,
    recover::Recovery,
    rotation::Rotation,
    shown::{Delivery, Known, Recovered, Webhook, WholeDelivery},
    store::Store,
    told::{
        Sent, SentRecovery, Told, ToldDelivery, ToldWebhook, ToldWithSecret, check_versions, told_delivery,
        told_recovery,
    },
    webhook::{NewWebhook, WebhookPatch},
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct WebhookPath {
    webhook: WebhookId,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct DeliveryPath {
    webhook: WebhookId,
    delivery: DeliveryId,
}

pub(crate) async fn create(
    member: Member,
    State(store): State<Store>,
    Json(new): Json<NewWebhook>,
) -> Result<Created<ToldWithSecret, Option<u64>>> {
    let new = WebhookPatch::from(new);
    let sent = Sent::of(&new);
    let (webhook, keys) = store.create(&member, new).await?;
    let location = format!("/v1/teams/{}/webhooks/{}", member.team, webhook.id);
    let Versioned(version, body) =
        store.told_with_secret(&member, (webhook, &keys), (Known::default(), sent));
    Ok(Created { location, version, body })
}

pub(crate) async fn list(
    member: Member,
    State(store): State<Store>,
    page: Page<TrashFilter>,
) -> Result<Json<List<Webhook>>> {
    let (webhooks, next) = store.list(&member, &page).await?;
    Ok(Json(page.of(store.all_shown(webhooks).await?, next).await?))
}

pub(crate) async fn read(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<WebhookPath>,
    Query(query): Query<TrashFilter>,
) -> Result<Versioned<Webhook>> {
    let webhook = store.read(&member, &path.webhook, query.trashed.is_some()).await?;
    Ok(versioned(store.shown(webhook).await?))
}

pub(crate) async fn update(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<WebhookPath>,
    if_match: IfMatch,
    Json(patch): Json<WebhookPatch>,
) -> Result<Versioned<ToldWebhook, Option<u64>>> {
    check_versions(&member, &if_match)?;
    let sent = Sent::of(&patch);
    let webhook = store.update(&member, &path.webhook, patch, &if_match).await?;
    store.told(&member, webhook, sent).await
}

pub(crate) async fn trash(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<WebhookPath>,
    if_match: IfMatch,
) -> Result<NoContent> {
    check_versions(&member, &if_match)?;
    store.trash(&member, &path.webhook, &if_match).await?;
    Ok(NoContent)
}

pub(crate) async fn restore(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<WebhookPath>,
    if_match: IfMatch,
) -> Result<Versioned<ToldWebhook, Option<u64>>> {
    check_versions(&member, &if_match)?;
    let webhook = store.restore(&member, &path.webhook, &if_match).await?;
    store.told(&member, webhook, Sent::default()).await
}

pub(crate) async fn destroy(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<WebhookPath>,
    if_match: IfMatch,
) -> Result<NoContent> {
    check_versions(&member, &if_match)?;
    store.destroy(&member, &path.webhook, &if_match).await?;
    Ok(NoContent)
}

pub(crate) async fn rotate(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<WebhookPath>,
    if_match: IfMatch,
    OptionalJson(rotation): OptionalJson<Rotation>,
) -> Result<Versioned<ToldWithSecret, Option<u64>>> {
    check_versions(&member, &if_match)?;
    // First, as nothing may fail between a new secret and the one answer that has it.
    let known = store.known(&path.webhook).await?;
    let (webhook, keys) = store.rotate(&member, &path.webhook, rotation.checked()?, &if_match).await?;
    Ok(store.told_with_secret(&member, (webhook, &keys), (known, Sent::default())))
}

pub(crate) async fn test(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<WebhookPath>,
) -> Result<AcceptedWith<ToldDelivery>> {
    Ok(AcceptedWith(told_delivery(&member, store.test(&member, &path.webhook).await?)))
}

pub(crate) async fn deliveries(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<WebhookPath>,
    page: Page<StatusFilter>,
) -> Result<Json<List<Delivery>>> {
    let (deliveries, next) = store.list_deliveries(&member, &path.webhook, &page).await?;
    Ok(Json(page.of(deliveries.into_iter().map(Delivery::of).collect(), next).await?))
}

pub(crate) async fn delivery(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<DeliveryPath>,
) -> Result<Json<WholeDelivery>> {
    Ok(Json(store.read_delivery(&member, &path.webhook, &path.delivery).await?))
}

pub(crate) async fn redeliver(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<DeliveryPath>,
) -> Result<AcceptedWith<ToldDelivery>> {
    let delivery = store.redeliver(&member, &path.webhook, &path.delivery).await?;
    Ok(AcceptedWith(told_delivery(&member, delivery)))
}

pub(crate) async fn recover(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<WebhookPath>,
    Json(recovery): Json<Recovery>,
) -> Result<AcceptedWith<Told<Recovered, SentRecovery>>> {
    let span = recovery.checked(store.now())?;
    let recovered = store.recover(&member, &path.webhook, &span).await?;
    Ok(AcceptedWith(told_recovery(&member, recovered)))
}

fn versioned(shown: Webhook) -> Versioned<Webhook> {
    Versioned(shown.version(), shown)
}
