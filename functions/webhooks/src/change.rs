//! Changing a webhook with optimistic concurrency: it is read, changed, and written if it has not changed
//! since.

use api::{Member, extract::IfMatch};
use base::{Permission, Result, id::WebhookId};
use delivery::WebhookContent;
use resources::TRASH_SECONDS;
use resources::jobs::{Job, JobSubject, StoredJob};
use table::{Attempt, Write, retry};
use webhook::StoredWebhook;

use crate::{
    store::{Store, is_trashed, no_such_webhook},
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
            if is_trashed(webhook) {
                return Err(no_such_webhook());
            }
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
        retry("webhook", || async move {
            let mut webhook = self.stored(&by.team, id).await?;
            let (version, purge_job) = (webhook.version, webhook.purge_job.clone());
            let (url, was_trashed) = (webhook.url.clone(), is_trashed(&webhook));
            let effect = if_match.settled(version, change(&mut webhook))?;
            let Some(effect) = effect else { return Ok(Attempt::Done(webhook)) };
            let mut webhook = webhook.with_keys_resealed(&self.keys).await?;
            let write = webhook.write(&self.workspace, by.actor(), self.now())?;
            let mut writes = vec![write, self.reset_health(id, effect)?];
            writes.extend(self.claim_url((&url, was_trashed), &webhook).await?);
            if webhook.purge_job != purge_job {
                writes.extend(purge_job.map(|job| StoredJob::removal(&self.workspace, &job)));
                writes.extend(self.purge_job_write(by, &webhook)?);
            }
            Ok(Attempt::of(self.workspace.transact(writes).await)?.with(webhook))
        })
        .await
    }

    /// The write of the job that destroys a trashed webhook when its time in the trash is over; none if it is
    /// not in the trash.
    fn purge_job_write(&self, by: &Member, webhook: &StoredWebhook) -> Result<Option<Write>> {
        let (Some(id), Some(at)) = (webhook.purge_job.clone(), webhook.trashed_at) else { return Ok(None) };
        let (about, end) =
            ((&by.team, JobSubject::Webhook(webhook.id.clone())), at.plus_seconds(TRASH_SECONDS));
        let job = StoredJob::new(about, Job::Destroy, (at, end), by.actor());
        StoredJob { id, ..job }.write(&self.workspace).map(Some)
    }
}
