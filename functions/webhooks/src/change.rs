//! Changing a webhook with optimistic concurrency: it is read, changed, and written if it has not changed
//! since.

use api::{Member, extract::IfMatch};
use base::{Permission, Result, id::WebhookId};
use delivery::WebhookContent;
use resources::resource::Change;
use webhook::{StoredWebhook, claim_url};

use crate::{
    store::Store,
    webhook::{ChangeEffect, WebhookPatch},
};

impl Store {
    /// Changes the settings of a webhook. Switching on a disabled webhook, or changing its URL, resets the
    /// health of its receiver.
    pub(crate) async fn update(
        &self,
        by: &Member,
        id: &WebhookId,
        patch: WebhookPatch,
        if_match: &IfMatch,
    ) -> Result<StoredWebhook> {
        let reads_objects = by.may(Permission::ObjectRead);
        // Whoever may read neither objects nor the webhook could learn from the refusal how much the webhook is
        // sent now.
        if patch.content == Some(WebhookContent::Full) && !by.may(Permission::WebhookRead) {
            by.needs(&[Permission::ObjectRead])?;
        }
        let types = self.types(&by.team, patch.type_names()).await?;
        let changes = match patch.clone().validate(&self.rules, &types) {
            Ok(changes) => changes,
            // Values that the webhook has already are not validated again: a type may be in the trash by now.
            Err(faults) => match self.stored(&by.team, id).await {
                Ok(webhook) => patch.without_unchanged(&webhook).validate(&self.rules, &types)?,
                Err(_) => return Err(faults),
            },
        };
        // Switching on a webhook that is on, and not disabled, changes nothing.
        let is_disabled = self.deliveries.health(id).await?.is_disabled();
        self.change(by, id, if_match, |webhook| {
            let effect = changes.clone().apply(webhook, reads_objects);
            if effect.shows_objects {
                by.needs(&[Permission::ObjectRead])?;
            }
            Ok(Some(effect).filter(|effect| effect.is_change || (effect.is_switched_on && is_disabled)))
        })
        .await
    }

    /// Writes a change of a webhook, with its effects, in one transaction; nothing, if the change has no
    /// effect.
    pub(crate) async fn change(
        &self,
        by: &Member,
        id: &WebhookId,
        if_match: &IfMatch,
        change: impl Fn(&mut StoredWebhook) -> Result<Option<ChangeEffect>>,
    ) -> Result<StoredWebhook> {
        let change = &change;
        let changed = |before: StoredWebhook| async move {
            let mut after = before.clone();
            // The version comes before what would have to be read, or opened with the key ring.
            let effect = if_match.settled(before.version, change(&mut after))?;
            let Some(effect) = effect else { return Ok(None) };
            let after = after.with_keys_resealed(&self.keys).await?;
            let mut writes = vec![self.reset_health(id, effect)?];
            writes.extend(claim_url(&self.workspace, &before.url, &after).await?);
            Ok(Some(Change { writes, ..Change::from(after) }))
        };
        self.webhooks.change(by, id.as_str(), if_match, changed).await
    }
}
