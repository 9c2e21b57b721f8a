//! A form as who writes objects.

use api::{Member, Once};
use base::{
    actor::{Actor, Source},
    id::{FormId, TeamId, UserId},
};
use records::objects::Writer;

use crate::StoredForm;

/// A form that writes objects: for a visitor, for a member who fills it in, or for one who lets through what was held.
#[derive(Clone)]
pub struct FormWriter {
    team: TeamId,
    actor: Actor,
    author: Option<UserId>,
    once: Option<Once>,
}

impl FormWriter {
    /// For a visitor, of whom the address is known if the form keeps it.
    pub fn visitor(stored: &StoredForm, ip: &str, request_id: &str) -> Self {
        let ip = if stored.form.keep_address { ip.to_owned() } else { String::new() };
        let nobody = Self::reader(&stored.team, &stored.id);
        let actor = Actor { ip, request_id: request_id.to_owned(), ..nobody.actor };
        Self { actor, ..nobody }
    }

    /// For nobody: only to find the type of a form.
    pub fn reader(team: &TeamId, form: &FormId) -> Self {
        let actor = Actor {
            user: None,
            credential: None,
            token: None,
            form: Some(form.clone()),
            ip: String::new(),
            source: Source::Form,
            request_id: String::new(),
        };
        Self { team: team.clone(), actor, author: None, once: None }
    }

    /// For a member who fills it in: the objects are the member's.
    pub fn member(stored: &StoredForm, member: &Member) -> Self {
        Self { author: Some(member.user.clone()), ..Self::release(stored, member) }
    }

    /// For a member who lets through what a visitor has sent: the objects are nobody's.
    pub fn release(stored: &StoredForm, member: &Member) -> Self {
        let actor = Actor { form: Some(stored.id.clone()), source: Source::Form, ..member.actor() };
        Self { team: stored.team.clone(), actor, author: None, once: member.once.clone() }
    }

    /// The person, if one is known.
    pub(crate) fn person(&self) -> Option<&UserId> {
        self.actor.user.as_ref()
    }

    /// The address, if it is kept.
    pub(crate) fn ip(&self) -> Option<&str> {
        Some(self.actor.ip.as_str()).filter(|ip| !ip.is_empty())
    }
}

impl Writer for FormWriter {
    fn team(&self) -> &TeamId {
        &self.team
    }

    fn actor(&self) -> Actor {
        self.actor.clone()
    }

    fn author(&self) -> Option<&UserId> {
        self.author.as_ref()
    }

    /// What a form answers never depends on what objects hold.
    fn reads(&self) -> bool {
        false
    }

    fn once(&self) -> Option<&Once> {
        self.once.as_ref()
    }

    fn request_id(&self) -> &str {
        &self.actor.request_id
    }
}
