//! Where forms lie, and what is known of them besides.

use std::collections::HashMap;

use api::{
    Member,
    extract::{IfMatch, Page},
};
use base::{
    Error, Result, Timestamp,
    id::{FormId, ObjectTypeId, TeamId},
    public_key::{PublicKey, PublicKeyKind},
};
use form::{
    Form, FormCounts, FormState, FormStatus, ShownForm, StoredForm, Submissions, blocks, problems, shown,
};
use keys::{Keys, Platform, SealedPublicKey};
use records::object_type::{FieldReference, StoredObjectType, find_current};
use resources::{
    TrashFilter,
    resource::{Change, Resources},
};
use table::{Item, Table, concurrent::concurrent};

use crate::{
    input::{Duplicate, FormPatch, NewForm},
    patch::{blank, needs_rights},
    rotation::rotate,
    type_rules::{check_changed, checked_new, gone},
    view::FormView,
};

/// So many forms of a list are looked at at a time.
const AT_ONCE: usize = 16;

/// The forms, and what was sent with them.
#[derive(Clone)]
pub struct Store {
    pub(crate) forms: Resources<StoredForm>,
    pub(crate) submissions: Submissions,
    workspace: Table,
    keys: Keys,
}

impl Store {
    /// The forms of the platform.
    pub fn new(platform: &Platform) -> Self {
        let Platform { tables, keys } = platform.clone();
        Self {
            forms: Resources::new(platform),
            submissions: Submissions::new(platform),
            workspace: tables.workspace,
            keys,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.forms.now()
    }

    /// Creates a form with a key of its own.
    pub(crate) async fn create(&self, by: &Member, new: NewForm) -> Result<StoredForm> {
        let (named, patch) = (new.object_type.clone(), FormPatch::from(new));
        let mut form = blank(ObjectTypeId::new());
        patch.apply(&mut form);
        needs_rights(by, &form)?;
        let object_type = self.object_type(&by.team, &named).await?;
        let object_type = object_type.ok_or_else(|| Error::unprocessable(vec![gone()]))?;
        form.object_type = object_type.object_type.id.clone();
        let fields = checked_new(&mut form, &object_type)?;
        self.insert(by, (form, fields)).await
    }

    /// Makes another form that is the same but for its key, as a draft.
    pub(crate) async fn duplicate(&self, by: &Member, id: &FormId, named: Duplicate) -> Result<StoredForm> {
        let mut other = self.forms.read(&by.team, id.as_str(), false).await?;
        other.form.status = FormStatus::Draft;
        if let Some(name) = named.name {
            other.form.name = name;
            let mut faults = Vec::new();
            form::check(&mut other.form, &mut faults);
            if !faults.is_empty() {
                return Err(Error::unprocessable(faults));
            }
        }
        self.insert(by, (other.form, other.fields)).await
    }

    async fn insert(&self, by: &Member, form: (Form, Vec<FieldReference>)) -> Result<StoredForm> {
        let id = FormId::new();
        let key = self.new_key(&by.team, &id).await?;
        let of = (by.team.clone(), by.user.clone(), by.actor());
        let stored = StoredForm::new(of, id, form, key, self.now());
        self.forms.create(by, &stored).await?;
        Ok(stored)
    }

    /// Changes a form.
    pub(crate) async fn update(
        &self,
        by: &Member,
        id: &FormId,
        patch: &FormPatch,
        if_match: &IfMatch,
    ) -> Result<StoredForm> {
        patch.needs_unseen(by)?;
        let change = |before: StoredForm| async move {
            let object_type = self.object_type(&by.team, before.form.object_type.as_str()).await?;
            let mut after = before.clone();
            patch.clone().apply(&mut after.form);
            check_changed(&before, &mut after, patch, object_type.as_ref())?;
            if base::change::is_same(&before, &after) {
                return Ok(None);
            }
            if by.may(base::Permission::FormRead) && patch.says_what_it_does() {
                needs_rights(by, &after.form)?;
            }
            Ok(Some(Change::from(after)))
        };
        self.forms.change(by, id.as_str(), if_match, change).await
    }

    /// Gives a form a new key.
    pub(crate) async fn rotate(
        &self,
        by: &Member,
        id: &FormId,
        overlap_seconds: i64,
        if_match: &IfMatch,
    ) -> Result<StoredForm> {
        let key = &self.new_key(&by.team, id).await?;
        let change = |mut form: StoredForm| async move {
            rotate(&mut form, key.clone(), overlap_seconds, self.now());
            Ok(Some(Change::from(form)))
        };
        self.forms.change(by, id.as_str(), if_match, change).await
    }

    /// The forms of a page, and the key behind it.
    pub(crate) async fn list(
        &self,
        by: &Member,
        page: &Page<TrashFilter>,
    ) -> Result<(Vec<FormView>, Option<Item>)> {
        let (forms, next) = self.forms.list(by, page).await?;
        let mut types: HashMap<ObjectTypeId, Option<StoredObjectType>> = HashMap::new();
        for stored in &forms {
            let id = &stored.form.object_type;
            if !types.contains_key(id) {
                types.insert(id.clone(), self.object_type(&by.team, id.as_str()).await?);
            }
        }
        let view = |stored: StoredForm| {
            let (store, object_type) = (self.clone(), types.get(&stored.form.object_type).cloned().flatten());
            async move { store.view_with(stored, object_type.as_ref()).await }
        };
        let views = concurrent(AT_ONCE, forms.into_iter().map(view)).await;
        Ok((views.into_iter().collect::<Result<_>>()?, next))
    }

    /// A form as its team sees it.
    pub(crate) async fn view(&self, stored: StoredForm) -> Result<FormView> {
        let object_type = self.object_type(&stored.team, stored.form.object_type.as_str()).await?;
        self.view_with(stored, object_type.as_ref()).await
    }

    async fn view_with(
        &self,
        stored: StoredForm,
        object_type: Option<&StoredObjectType>,
    ) -> Result<FormView> {
        let context = stored.key_context();
        let key = stored.key.open(&self.keys, (PublicKeyKind::Form, &context)).await?;
        let counts = FormCounts::read(self.submissions.table(), &stored.id).await?;
        let found = problems(&stored, object_type);
        Ok(FormView::of(stored, &key, (counts, found), self.now()))
    }

    /// A form as visitors would see it, if it was open.
    pub(crate) async fn preview(&self, by: &Member, id: &FormId) -> Result<ShownForm> {
        let stored = self.forms.read(&by.team, id.as_str(), false).await?;
        let object_type = self.object_type(&by.team, stored.form.object_type.as_str()).await?;
        let is_blocked = blocks(&problems(&stored, object_type.as_ref()));
        let state = if is_blocked { FormState::Unavailable } else { FormState::Open };
        Ok(shown(&stored.form, state, object_type.as_ref().map(|found| &found.object_type)))
    }

    /// The type of that id or slug, if the team has it and it is not in the trash.
    pub(crate) async fn object_type(&self, team: &TeamId, name: &str) -> Result<Option<StoredObjectType>> {
        find_current(&self.workspace, team, name).await
    }

    async fn new_key(&self, team: &TeamId, id: &FormId) -> Result<SealedPublicKey> {
        let key = PublicKey::new(PublicKeyKind::Form)?;
        let ring = self.keys.fresh_ring().await?;
        Ok(SealedPublicKey::seal(&ring, &StoredForm::key_context_of(team, id), &key)?)
    }
}
