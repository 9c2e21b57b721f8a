//! The handlers of the routes.

use api::{
    Member,
    extract::{IfMatch, Json, List, OptionalJson, Page, Path, Query, State},
    response::{AcceptedWith, Created, NoContent, Versioned},
};
use base::{
    Result,
    id::{DeliveryId, WebhookId},
};
use resources::TrashFilter;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    deliveries::StatusFilter,
    recovery::Recovery,
    rotation::Rotation,
    store::Store,
    view::{Delivery, DeliveryDetail, ReceiverState, Recovered, Webhook},
    webhook::{NewWebhook, WebhookPatch},
    write_response::{
        DeliveryResponse, SecretResponse, SentRecovery, SentSettings, WebhookResponse, WriteResponse,
        check_may_send_version, delivery_response, recovery_response,
    },
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
) -> Result<Created<SecretResponse, Option<u64>>> {
    let new = WebhookPatch::from(new);
    let sent = SentSettings::of(&new);
    let (webhook, keys) = store.create(&member, new).await?;
    let location = format!("/v1/teams/{}/webhooks/{}", member.team, webhook.id);
    let Versioned(version, body) =
        store.secret_response(&member, (webhook, &keys), (ReceiverState::default(), sent));
    Ok(Created { location, version, body })
}

pub(crate) async fn list(
    member: Member,
    State(store): State<Store>,
    page: Page<TrashFilter>,
) -> Result<Json<List<Webhook>>> {
    let (webhooks, next) = store.webhooks.list(&member, &page).await?;
    Ok(Json(page.of(store.views(webhooks).await?, next).await?))
}

pub(crate) async fn read(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<WebhookPath>,
    Query(query): Query<TrashFilter>,
) -> Result<Versioned<Webhook>> {
    let webhook = store.webhooks.read(&member.team, path.webhook.as_str(), query.trashed.is_some()).await?;
    Ok(versioned(store.view(webhook).await?))
}

pub(crate) async fn update(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<WebhookPath>,
    if_match: IfMatch,
    Json(patch): Json<WebhookPatch>,
) -> Result<Versioned<WebhookResponse, Option<u64>>> {
    check_may_send_version(&member, &if_match)?;
    let sent = SentSettings::of(&patch);
    let webhook = store.update(&member, &path.webhook, patch, &if_match).await?;
    store.webhook_response(&member, webhook, sent).await
}

pub(crate) async fn trash(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<WebhookPath>,
    if_match: IfMatch,
) -> Result<NoContent> {
    check_may_send_version(&member, &if_match)?;
    store.webhooks.trash(&member, path.webhook.as_str(), &if_match).await?;
    Ok(NoContent)
}

pub(crate) async fn restore(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<WebhookPath>,
    if_match: IfMatch,
) -> Result<Versioned<WebhookResponse, Option<u64>>> {
    check_may_send_version(&member, &if_match)?;
    let webhook = store.webhooks.restore(&member, path.webhook.as_str(), &if_match).await?;
    store.webhook_response(&member, webhook, SentSettings::default()).await
}

pub(crate) async fn destroy(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<WebhookPath>,
    if_match: IfMatch,
) -> Result<NoContent> {
    check_may_send_version(&member, &if_match)?;
    store.webhooks.destroy(&member, path.webhook.as_str(), &if_match).await?;
    Ok(NoContent)
}

pub(crate) async fn rotate(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<WebhookPath>,
    if_match: IfMatch,
    OptionalJson(rotation): OptionalJson<Rotation>,
) -> Result<Versioned<SecretResponse, Option<u64>>> {
    check_may_send_version(&member, &if_match)?;
    // First, as nothing may fail between storing a new secret and the one response that has it.
    let state = store.receiver_state(&path.webhook).await?;
    let (webhook, keys) = store.rotate(&member, &path.webhook, rotation.validate()?, &if_match).await?;
    Ok(store.secret_response(&member, (webhook, &keys), (state, SentSettings::default())))
}

pub(crate) async fn test(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<WebhookPath>,
) -> Result<AcceptedWith<DeliveryResponse>> {
    Ok(AcceptedWith(delivery_response(&member, store.test(&member, &path.webhook).await?)))
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
) -> Result<Json<DeliveryDetail>> {
    Ok(Json(store.read_delivery(&member, &path.webhook, &path.delivery).await?))
}

pub(crate) async fn redeliver(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<DeliveryPath>,
) -> Result<AcceptedWith<DeliveryResponse>> {
    let delivery = store.redeliver(&member, &path.webhook, &path.delivery).await?;
    Ok(AcceptedWith(delivery_response(&member, delivery)))
}

pub(crate) async fn recover(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<WebhookPath>,
    Json(recovery): Json<Recovery>,
) -> Result<AcceptedWith<WriteResponse<Recovered, SentRecovery>>> {
    let range = recovery.validate(store.now())?;
    let recovered = store.recover(&member, &path.webhook, &range).await?;
    Ok(AcceptedWith(recovery_response(&member, recovered)))
}

fn versioned(view: Webhook) -> Versioned<Webhook> {
    Versioned(view.version(), view)
}
