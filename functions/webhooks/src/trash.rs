//! How webhooks are thrown away, brought back and destroyed. One in the trash is sent nothing; what happens meanwhile is
//! kept for it.

use shared::{
    Code, Error, Member, Result,
    extract::IfMatch,
    id::WebhookId,
    table::{When, WriteError},
    webhook::{StoredWebhook, webhook_key},
};

use crate::{
    change::{TRIES_MAX, overtaken},
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
            webhook.trashed_at = Some(self.now());
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
            webhook.trashed_at = None;
            Ok(Some(Effect::default()))
        })
        .await
    }

    /// Destroys a webhook, from the trash or past it. It is marked first, so that its last change tells who did it; a
    /// mark that was left behind is followed up by the next try.
    pub(crate) async fn destroy(&self, by: &Member, id: &WebhookId, if_match: &IfMatch) -> Result<()> {
        let key = webhook_key(&by.team, id);
        for _ in 0..TRIES_MAX {
            let item = self.workspace.get(key.clone()).await?.ok_or_else(no_such_webhook)?;
            let mut webhook = StoredWebhook::from_item(&item)?;
            if !webhook.destroyed {
                if_match.check(webhook.version)?;
                webhook.destroyed = true;
                let mark = webhook.write(&self.workspace, by.actor(), self.now())?;
                let writes = vec![mark, self.count(&by.team, -1), self.final_health(id)?];
                match self.workspace.transact(writes).await {
                    Ok(()) => {}
                    Err(WriteError::Failed(error)) => return Err(error),
                    Err(WriteError::Refused(_)) => continue,
                }
            }
            let deletion = self.workspace.delete(key).when(When::Set("destroyed".into()));
            self.workspace.write(deletion).await.map_err(|error| error.or(|_| no_such_webhook()))?;
            return Ok(());
        }
        Err(overtaken())
    }
}
