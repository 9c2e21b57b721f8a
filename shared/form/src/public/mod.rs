//! Public forms: what visitors find by a key, and what becomes of what they send. A form is found by the entry of its key, which
//! tells whether the form in memory is still as it was.

mod suspicion;
mod visit;

use std::sync::Arc;

use base::{
    Error, Result, Timestamp,
    id::{FormId, TeamId},
    public_key::{PublicKey, PublicKeyKind},
};
use keys::{KeyRing, Keys, Platform};
use records::objects::{Collection, Objects};
use resources::resource::Resource as _;
use table::{Table, cache::Cache, limiter::Limiter};

pub use visit::ReceivedSubmission;

use crate::{
    Audience, Counts, FormState, FormStatus, FormWriter, KeyEntry, StoredForm, SubmissionToken, Submissions,
    blocks, find_key, problems, trap_of,
};

/// So many forms are kept in memory.
const FORMS_MAX: usize = 500;

/// The public forms.
#[derive(Clone)]
pub struct PublicForms {
    pub(crate) submissions: Submissions,
    pub(crate) limiter: Limiter,
    workspace: Table,
    keys: Keys,
    /// Forms by their version, so that none is ever outdated.
    forms: Cache<(TeamId, FormId, u64), Arc<StoredForm>>,
}

/// A form that somebody has found by its key.
pub struct FoundForm {
    /// The form.
    pub stored: Arc<StoredForm>,
    /// The objects of its type; none if the type is gone.
    pub collection: Option<Collection>,
    pub(crate) counts: Counts,
    /// Whether it takes submissions now.
    pub state: FormState,
    /// The keys that its tokens are sealed with.
    pub ring: Arc<KeyRing>,
}

impl FoundForm {
    /// The objects of its type, while it takes submissions.
    pub fn open(&self) -> Option<&Collection> {
        self.collection.as_ref().filter(|_| self.state == FormState::Open)
    }

    /// A token for a submission of it.
    pub fn new_token(&self, now: Timestamp) -> SubmissionToken {
        SubmissionToken::new(&self.stored.id, &self.stored.form, now)
    }

    /// The name of the field that is to stay empty, if the form has one: that of its token, and without a token always the same, so
    /// that plain HTML has it.
    pub fn trap(&self, token: Option<&SubmissionToken>) -> Option<String> {
        let form = &self.stored.form;
        let name =
            || token.map_or_else(|| trap_of(self.stored.id.as_str(), form), |token| token.trap.clone());
        form.protection.honeypot.then(name)
    }
}

impl PublicForms {
    /// The forms of the platform.
    pub fn new(platform: &Platform) -> Self {
        let Platform { tables, keys } = platform.clone();
        Self {
            submissions: Submissions::new(platform),
            limiter: Limiter::new(platform),
            workspace: tables.workspace,
            keys,
            forms: Cache::new(FORMS_MAX),
        }
    }

    /// What judges and makes objects.
    pub fn objects(&self) -> &Objects {
        &self.submissions.objects
    }

    /// The clock by which they are open.
    pub fn now(&self) -> Timestamp {
        self.submissions.now()
    }

    /// The form that visitors find by this key.
    ///
    /// # Errors
    /// 404 when there is none, whatever the reason; a mistyped one is told without a read.
    pub async fn find(&self, key: &str) -> Result<FoundForm> {
        let key = PublicKey::parse(PublicKeyKind::Form, key).ok_or_else(no_form)?;
        let ring = self.keys.ring().await?;
        let entry = find_key(&self.workspace, &ring, &key, self.now()).await?.ok_or_else(no_form)?;
        let (stored, collection) =
            tokio::try_join!(Box::pin(self.form(&entry)), Box::pin(self.collection(&entry)))?;
        let is_public = stored.form.audience == Audience::Public && stored.form.status != FormStatus::Draft;
        if !is_public || stored.trashed_at.is_some() || stored.state().is_purging() {
            return Err(no_form());
        }
        let counts = match stored.form.limit {
            Some(_) => Counts::read(self.submissions.table(), &stored.id).await?,
            None => Counts::default(),
        };
        let object_type = collection.as_ref().map(|found| &*found.stored);
        let is_blocked = blocks(&problems(&stored, object_type));
        let state = FormState::of(&stored.form, counts.accepted(), is_blocked, self.now());
        Ok(FoundForm { stored, collection, counts, state, ring })
    }

    async fn form(&self, entry: &KeyEntry) -> Result<Arc<StoredForm>> {
        let KeyEntry { team, form, version, .. } = entry;
        let key = StoredForm::key_of(team, form);
        let read = Box::pin(async {
            let item = self.workspace.get(key).await?.ok_or_else(no_form)?;
            StoredForm::from_item(&item).map(Arc::new)
        });
        let cached = (team.clone(), form.clone(), *version);
        self.forms.get(cached, self.never(), self.submissions.clock(), read).await
    }

    async fn collection(&self, entry: &KeyEntry) -> Result<Option<Collection>> {
        let by = FormWriter::reader(&entry.team, &entry.form);
        self.submissions.objects.known_collection(&by, entry.object_type.as_str()).await
    }

    /// A time before all reads: what is known by its version is never read again.
    fn never(&self) -> Timestamp {
        Timestamp::from_millis(0).unwrap_or_else(|| self.now())
    }
}

/// 404, the same for whatever has no form.
fn no_form() -> Error {
    Error::not_found("form")
}
