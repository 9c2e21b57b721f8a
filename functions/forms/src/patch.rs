//! Changes of a form, and what they need.

use api::Member;
use base::{Permission, Result, change::is_same, id::ObjectTypeId};
use form::{Audience, Confirmation, Form, FormAction, FormActionKind, FormStatus, Protection};

use crate::input::FormPatch;

impl FormPatch {
    /// Applies the changes.
    pub(crate) fn apply(self, form: &mut Form) {
        macro_rules! put {
            ($($member:ident)*) => { $(if let Some(value) = self.$member {
                form.$member = value;
            })* };
        }
        put!(name title description locale status opens_at closes_at limit closed_message audience pages values action
            confirmation protection allowed_origins keep_address);
    }

    /// Whether it says anything of fields.
    pub(crate) fn names_fields(&self) -> bool {
        self.pages.is_some() || self.values.is_some() || self.action.is_some() || self.confirmation.is_some()
    }

    /// Whether it says anything of what the form does, and not only of how it looks.
    pub(crate) fn says_what_it_does(&self) -> bool {
        let Self { name: _, title: _, description: _, locale: _, closed_message: _, .. } = self;
        self.status.is_some()
            || self.opens_at.is_some()
            || self.closes_at.is_some()
            || self.limit.is_some()
            || self.audience.is_some()
            || self.pages.is_some()
            || self.values.is_some()
            || self.action.is_some()
            || self.confirmation.is_some()
            || self.protection.is_some()
            || self.allowed_origins.is_some()
            || self.keep_address.is_some()
    }

    /// Refuses who may not do what the form could do then, by what was sent alone, of those who may not see what it does now:
    /// how they are refused would tell it.
    pub(crate) fn needs_unseen(&self, by: &Member) -> Result<()> {
        let is_closing = self.status.is_some_and(|status| status != FormStatus::Open);
        if is_closing || !self.says_what_it_does() || by.may(Permission::FormRead) {
            return Ok(());
        }
        by.needs(&[Permission::ObjectCreate, Permission::ObjectUpdate])
    }
}

/// A form without anything.
pub(crate) fn blank(object_type: ObjectTypeId) -> Form {
    Form {
        name: String::new(),
        object_type,
        title: String::new(),
        description: None,
        locale: None,
        status: FormStatus::Draft,
        opens_at: None,
        closes_at: None,
        limit: None,
        closed_message: None,
        audience: Audience::Public,
        pages: Vec::new(),
        values: Vec::new(),
        action: FormAction::CREATE,
        confirmation: Confirmation::default(),
        protection: Protection::default(),
        allowed_origins: Vec::new(),
        keep_address: false,
    }
}

/// Refuses who may not do what the form does, where it is or becomes open: it would do it for others.
pub(crate) fn needs_rights(by: &Member, form: &Form) -> Result<()> {
    if form.status != FormStatus::Open {
        return Ok(());
    }
    by.needs(rights(form))
}

/// What doing what the form does needs.
pub(crate) fn rights(form: &Form) -> &'static [Permission] {
    match form.action.kind {
        FormActionKind::Create => &[Permission::ObjectCreate],
        FormActionKind::Upsert => &[Permission::ObjectCreate, Permission::ObjectUpdate],
    }
}

/// Whether both say the same of fields.
pub(crate) fn is_same_of_fields(one: &Form, other: &Form) -> bool {
    is_same(&one.pages, &other.pages)
        && is_same(&one.values, &other.values)
        && one.action == other.action
        && one.confirmation == other.confirmation
}
