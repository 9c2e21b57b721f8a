//! How a webhook is changed: as it was read, and again if somebody else came between.

use shared::{
    Member, Permission, Result,
    extract::IfMatch,
    id::WebhookId,
    jobs::{Job, JobSubject, StoredJob},
    object_type::TRASH_SECONDS,
    table::{Attempt, Write, retry},
    webhook::{Content, StoredWebhook},
};

use crate::{
    store::{Store, is_trashed, no_such_webhook},
    webhook::{Effect, WebhookPatch},
};

impl Store {
    /// Changes the settings of a webhook. Who switches one on that was disabled, or sends it elsewhere, begins anew.
    pub(crate) async fn update(
        &self,
        by: &Member,
        id: &WebhookId,
        patch: WebhookPatch,
        if_match: &IfMatch,
    ) -> Result<StoredWebhook> {
        let reads_objects = by.may(Permission::ObjectRead);
        // Who sees neither objects nor the webhook would learn here which of both it is.
        if patch.content == Some(Content::Full) && !by.may(Permission::WebhookRead) {
            by.needs(&[Permission::ObjectRead])?;
        }
        let found = self.types(&by.team, patch.type_names()).await?;
        let changes = match patch.clone().checked(&self.rules, &found) {
            Ok(changes) => changes,
            // What is there already is not judged again: a type may be in the trash by now.
            Err(faults) => match self.stored(&by.team, id).await {
                Ok(webhook) => patch.beside(&webhook).checked(&self.rules, &found)?,
                Err(_) => return Err(faults),
            },
        };
        // Who switches on what is on, and was not given up, changes nothing.
        let is_given_up = self.deliveries.health(id).await?.is_disabled();
        self.change(by, id, if_match, |webhook| {
            if is_trashed(webhook) {
                return Err(no_such_webhook());
            }
            let effect = changes.clone().apply(webhook, reads_objects);
            if effect.shows_objects {
                by.needs(&[Permission::ObjectRead])?;
            }
            Ok(Some(effect).filter(|effect| effect.is_change || (effect.is_switched_on && is_given_up)))
        })
        .await
    }

    /// Makes a change of a webhook, and what it means for its receiver, in one write; nothing, if it has no effect.
    pub(crate) async fn change(
        &self,
        by: &Member,
        id: &WebhookId,
        if_match: &IfMatch,
        change: impl Fn(&mut StoredWebhook) -> Result<Option<Effect>>,
    ) -> Result<StoredWebhook> {
        let change = &change;
        retry("webhook", || async move {
            let mut webhook = self.stored(&by.team, id).await?;
            let (version, end) = (webhook.version, webhook.end.clone());
            let (url, was_trashed) = (webhook.url.clone(), is_trashed(&webhook));
            let effect = if_match.settled(version, change(&mut webhook))?;
            let Some(effect) = effect else { return Ok(Attempt::Done(webhook)) };
            let mut webhook = webhook.with_keys_renewed(&self.keys).await?;
            let write = webhook.write(&self.workspace, by.actor(), self.now())?;
            let mut writes = vec![write, self.changed_health(id, effect)?];
            writes.extend(self.taking_url((&url, was_trashed), &webhook).await?);
            if webhook.end != end {
                writes.extend(end.map(|job| StoredJob::removal(&self.workspace, &job)));
                writes.extend(self.ending(by, &webhook)?);
            }
            Ok(Attempt::of(self.workspace.transact(writes).await)?.with(webhook))
        })
        .await
    }

    /// The write of the job that destroys a webhook when its time in the trash is over, if it is there.
    fn ending(&self, by: &Member, webhook: &StoredWebhook) -> Result<Option<Write>> {
        let (Some(id), Some(at)) = (webhook.end.clone(), webhook.trashed_at) else { return Ok(None) };
        let (about, end) =
            ((&by.team, JobSubject::Webhook(webhook.id.clone())), at.plus_seconds(TRASH_SECONDS));
        let job = StoredJob::new(about, Job::Destroy, (at, end), by.actor());
        StoredJob { id, ..job }.write(&self.workspace).map(Some)
    }
}
