//! A webhook ends, as its time in the trash is over.

use shared::{
    Result,
    id::WebhookId,
    jobs::StoredJob,
    table::{Write, WriteError},
    webhook::{StoredWebhook, webhook_key},
};

use crate::{Slice, Worker};

impl Worker {
    /// Marks the webhook first, so that its last change tells why it went; then removes it with the job.
    pub(crate) async fn destroy_webhook(&self, job: &StoredJob, id: &WebhookId) -> Result<Slice> {
        let item = self.workspace.get(webhook_key(&job.team, id)).await?;
        let webhook = item.as_ref().map(StoredWebhook::from_item).transpose()?;
        let is_mine = |webhook: &StoredWebhook| webhook.end.as_ref() == Some(&job.id);
        let Some(mut webhook) = webhook.filter(is_mine) else { return self.drop(job).await };
        if !webhook.destroyed {
            let writes = webhook.end_of_trash((&self.workspace, &self.activity), self.clock.now())?;
            if !self.is_done(writes).await? {
                return Ok(Slice::More);
            }
        }
        let writes = webhook.removal(&self.workspace);
        Ok(if self.is_done(writes).await? { Slice::Ended } else { Slice::More })
    }

    /// Does the writes; whether nobody else came between.
    async fn is_done(&self, writes: Vec<Write>) -> Result<bool> {
        match self.workspace.transact(writes).await {
            Ok(()) => Ok(true),
            Err(WriteError::Refused(_)) => Ok(false),
            Err(WriteError::Failed(error)) => Err(error),
        }
    }
}
