//! How a webhook is changed: as it was read, and again if somebody else came between.

use shared::{
    Error, Member, Result,
    extract::IfMatch,
    id::WebhookId,
    table::{Write, WriteError},
    webhook::StoredWebhook,
};

use crate::{
    store::{Store, is_trashed, no_such_webhook},
    webhook::WebhookPatch,
};

/// A change that other changes keep overtaking gives up after so many tries.
pub(crate) const TRIES_MAX: usize = 20;

impl Store {
    /// Changes the settings of a webhook. Who switches one on that was disabled, or sends it elsewhere, begins anew.
    pub(crate) async fn update(
        &self,
        by: &Member,
        id: &WebhookId,
        patch: WebhookPatch,
        if_match: &IfMatch,
    ) -> Result<StoredWebhook> {
        let found = self.types(&by.team, patch.type_names()).await?;
        let changes = patch.checked(&self.rules, &found)?;
        self.change(by, id, if_match, |webhook| {
            if is_trashed(webhook) {
                return Err(no_such_webhook());
            }
            let effect = changes.clone().apply(webhook);
            let is_fresh = effect.is_moved || effect.is_switched_on;
            let health = is_fresh.then(|| self.fresh_health(id, effect.is_switched_on));
            Ok((effect.is_change || is_fresh).then(|| health.into_iter().collect()))
        })
        .await
    }

    /// Makes a change of a webhook, with the writes that go with it. No writes at all means that nothing changes.
    pub(crate) async fn change(
        &self,
        by: &Member,
        id: &WebhookId,
        if_match: &IfMatch,
        change: impl Fn(&mut StoredWebhook) -> Result<Option<Vec<Write>>>,
    ) -> Result<StoredWebhook> {
        for _ in 0..TRIES_MAX {
            let mut webhook = self.stored(&by.team, id).await?;
            let version = webhook.version;
            let others = change(&mut webhook)?;
            if_match.check(version)?;
            let Some(others) = others else { return Ok(webhook) };
            let mut webhook = webhook.with_keys_renewed(&self.keys).await?;
            let write = webhook.write(&self.workspace, by.actor(), self.now())?;
            match self.workspace.transact(std::iter::once(write).chain(others).collect()).await {
                Ok(()) => return Ok(webhook),
                Err(WriteError::Failed(error)) => return Err(error),
                Err(WriteError::Refused(_)) => {}
            }
        }
        Err(overtaken())
    }
}

pub(crate) fn overtaken() -> Error {
    Error::unavailable(anyhow::anyhow!("other changes of the same webhook kept coming between"))
}
