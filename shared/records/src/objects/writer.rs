//! Who writes objects: a member of the team, or a public channel of it for somebody who is none.

use api::{Member, Once};
use base::{
    Permission,
    actor::Actor,
    id::{TeamId, UserId},
};

/// Whoever writes objects of a team.
pub trait Writer: Send + Sync {
    /// The team.
    fn team(&self) -> &TeamId;

    /// Who is stored with the write.
    fn actor(&self) -> Actor;

    /// The member whom the objects are by; nobody where a public channel makes them.
    fn author(&self) -> Option<&UserId>;

    /// Whether the answer may depend on what objects hold.
    fn reads(&self) -> bool;

    /// What all runs of the same request have in common, if it may be sent again.
    fn once(&self) -> Option<&Once>;

    /// The id of the request; empty if it has none.
    fn request_id(&self) -> &str;
}

impl Writer for Member {
    fn team(&self) -> &TeamId {
        &self.team
    }

    fn actor(&self) -> Actor {
        (**self).actor()
    }

    fn author(&self) -> Option<&UserId> {
        Some(&self.user)
    }

    fn reads(&self) -> bool {
        self.may(Permission::ObjectRead)
    }

    fn once(&self) -> Option<&Once> {
        self.once.as_ref()
    }

    fn request_id(&self) -> &str {
        &self.request_id
    }
}
