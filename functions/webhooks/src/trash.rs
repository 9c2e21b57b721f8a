//! Trashing, restoring and destroying webhooks. Nothing is sent to a webhook in the trash; its deliveries are
//! held meanwhile.

use api::{Member, extract::IfMatch};
use base::{
    Code, Error, Result,
    id::{JobId, WebhookId},
};
use delivery::Health;
use table::{Attempt, applied, retry};
use webhook::{StoredWebhook, webhook_count, webhook_key};

use crate::{
    store::{Store, is_trashed, no_such_webhook},
    webhook::ChangeEffect,
};

impl Store {
    /// Moves a webhook to the trash.
    pub(crate) async fn trash(&self, by: &Member, id: &WebhookId, if_match: &IfMatch) -> Result<()> {
        self.change(by, id, if_match, |webhook| {
            if is_trashed(webhook) {
                return Err(no_such_webhook());
            }
            (webhook.trashed_at, webhook.purge_job) = (Some(self.now()), Some(JobId::new()));
            Ok(Some(ChangeEffect::default()))
        })
        .await?;
        Ok(())
    }

    /// Restores a webhook from the trash.
    pub(crate) async fn restore(
        &self,
        by: &Member,
        id: &WebhookId,
        if_match: &IfMatch,
    ) -> Result<StoredWebhook> {
        self.change(by, id, if_match, |webhook| {
            if !is_trashed(webhook) {
                return Err(Error::new(Code::WrongState, "The webhook is not in the trash."));
            }
            (webhook.trashed_at, webhook.purge_job) = (None, None);
            Ok(Some(ChangeEffect::default()))
        })
        .await
    }

    /// Destroys a webhook, whether it is in the trash or not. It is marked as destroyed first, so that its last
    /// change in the stream has the actor, and then deleted. If the deletion failed, the next call completes
    /// it.
    pub(crate) async fn destroy(&self, by: &Member, id: &WebhookId, if_match: &IfMatch) -> Result<()> {
        retry("webhook", || async move {
            let item = self.workspace.get(webhook_key(&by.team, id)).await?.ok_or_else(no_such_webhook)?;
            let mut webhook = StoredWebhook::from_item(&item)?;
            if !webhook.destroyed {
                if webhook.is_trash_expired(self.now()) {
                    return Err(no_such_webhook());
                }
                if_match.check(webhook.version)?;
                webhook.destroyed = true;
                let mark = webhook.write(&self.workspace, by.actor(), self.now())?;
                let count = webhook_count(&self.workspace, &by.team, -1);
                let writes = vec![mark, count, Health::disable_permanently(&self.activity, id, self.now())?];
                if !applied(self.workspace.transact(writes).await)? {
                    return Ok(Attempt::Conflict);
                }
            }
            let removal = self.workspace.transact(webhook.delete_writes(&self.workspace)).await;
            removal.map(Attempt::Done).map_err(|error| error.into_error(|_| no_such_webhook()))
        })
        .await
    }
}
