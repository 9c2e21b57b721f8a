//! How webhooks are thrown away, brought back and destroyed. One in the trash is sent nothing; what happens meanwhile is
//! kept for it.

use shared::{
    Code, Error, Member, Result,
    delivery::Health,
    extract::IfMatch,
    id::{JobId, WebhookId},
    table::{Attempt, applied, retry},
    webhook::{StoredWebhook, webhook_count, webhook_key},
};

use crate::{
    store::{Store, is_trashed, no_such_webhook},
    webhook::Effect,
};

impl Store {
    /// Moves a webhook to the trash.
    pub(crate) async fn trash(&self, by: &Member, id: &WebhookId, if_match: &IfMatch) -> Result<()> {
        self.change(by, id, if_match, |webhook| {
            if is_trashed(webhook) {
                return Err(no_such_webhook());
            }
            (webhook.trashed_at, webhook.end) = (Some(self.now()), Some(JobId::new()));
            Ok(Some(Effect::default()))
        })
        .await?;
        Ok(())
    }

    /// Brings a webhook back.
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
            (webhook.trashed_at, webhook.end) = (None, None);
            Ok(Some(Effect::default()))
        })
        .await
    }

    /// Destroys a webhook, from the trash or past it. It is marked first, so that its last change tells who did it; a
    /// mark that was left behind is followed up by the next try.
    pub(crate) async fn destroy(&self, by: &Member, id: &WebhookId, if_match: &IfMatch) -> Result<()> {
        retry("webhook", || async move {
            let item = self.workspace.get(webhook_key(&by.team, id)).await?.ok_or_else(no_such_webhook)?;
            let mut webhook = StoredWebhook::from_item(&item)?;
            if !webhook.destroyed {
                if webhook.is_trash_over(self.now()) {
                    return Err(no_such_webhook());
                }
                if_match.check(webhook.version)?;
                webhook.destroyed = true;
                let mark = webhook.write(&self.workspace, by.actor(), self.now())?;
                let count = webhook_count(&self.workspace, &by.team, -1);
                let writes = vec![mark, count, Health::end(&self.activity, id, self.now())?];
                if !applied(self.workspace.transact(writes).await)? {
                    return Ok(Attempt::Conflict);
                }
            }
            let removal = self.workspace.transact(webhook.removal(&self.workspace)).await;
            removal.map(Attempt::Done).map_err(|error| error.into_error(|_| no_such_webhook()))
        })
        .await
    }
}
