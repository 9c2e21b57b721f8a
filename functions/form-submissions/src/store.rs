//! Where public forms are found: by the entry of their key, which tells whether the form in memory is still as it was.

use std::sync::Arc;

use base::{
    Code, Error, Result, Timestamp,
    id::{FormId, TeamId},
    public_key::{PublicKey, PublicKeyKind},
};
use form::{
    Audience, Counts, FormState, FormStatus, FormWriter, KeyEntry, StoredForm, Submissions, blocks, find_key,
    problems,
};
use keys::{KeyRing, Keys, Platform};
use records::objects::Collection;
use resources::resource::Resource as _;
use table::{Table, cache::Cache, limiter::Limiter};

/// So many forms are kept in memory.
const FORMS_MAX: usize = 500;

/// The public forms.
#[derive(Clone)]
pub struct Store {
    pub(crate) submissions: Submissions,
    pub(crate) limiter: Limiter,
    workspace: Table,
    keys: Keys,
    /// Forms by their version, so that none is ever outdated.
    forms: Cache<(TeamId, FormId, u64), Arc<StoredForm>>,
}

/// A form that somebody has found by its key.
pub(crate) struct FoundForm {
    pub(crate) stored: Arc<StoredForm>,
    /// The objects of its type; none if the type is gone.
    pub(crate) collection: Option<Collection>,
    pub(crate) counts: Counts,
    pub(crate) state: FormState,
    pub(crate) ring: Arc<KeyRing>,
}

impl Store {
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

    pub(crate) fn now(&self) -> Timestamp {
        self.submissions.now()
    }

    /// The form that visitors find by this key.
    ///
    /// # Errors
    /// 404 when there is none, whatever the reason; a mistyped one is told without a read.
    pub(crate) async fn find(&self, key: &str) -> Result<FoundForm> {
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
        match self.submissions.objects.collection(&by, entry.object_type.as_str()).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.code == Code::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A time before all reads: what is known by its version is never read again.
    fn never(&self) -> Timestamp {
        Timestamp::from_millis(0).unwrap_or_else(|| self.now())
    }
}

/// 404, the same for whatever has no form.
pub(crate) fn no_form() -> Error {
    Error::not_found("form")
}
