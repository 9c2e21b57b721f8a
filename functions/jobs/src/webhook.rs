//! Purges a webhook whose time in the trash is over.

use base::{Result, id::WebhookId};
use resources::jobs::StoredJob;
use webhook::{StoredWebhook, webhook_key};

use crate::{Slice, Worker};

impl Worker {
    pub(crate) async fn destroy_webhook(&self, job: &StoredJob, id: &WebhookId) -> Result<Slice> {
        let item = self.workspace.get(webhook_key(&job.team, id)).await?;
        let webhook = item.as_ref().map(StoredWebhook::from_item).transpose()?;
        let is_mine = |webhook: &StoredWebhook| webhook.purge_job.as_ref() == Some(&job.id);
        let Some(webhook) = webhook.filter(is_mine) else { return self.discard(job).await };
        let tables = (&self.workspace, &self.activity);
        Ok(if webhook.purge_expired(tables, self.clock.now()).await? { Slice::Ended } else { Slice::More })
    }
}
