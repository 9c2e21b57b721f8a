//! Who may give a role, take it away, or invite to it: the one rule for members and invitations.

use api::Member;
use base::{Code, Error, Permission, Permissions, Result, Role, access::Credential};

/// Whoever gives roles or takes them away.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Granter {
    role: Role,
    /// What a token may do in the team; none for a session.
    token: Option<Permissions>,
}

impl Granter {
    /// The caller.
    pub(crate) fn of(member: &Member) -> Self {
        let is_token = member.credential == Credential::Token;
        Self { role: member.role, token: is_token.then_some(member.permissions) }
    }

    /// A person of this role, by a session or by a token that was made with these permissions.
    pub(crate) fn new(role: Role, made_with: Option<Permissions>) -> Self {
        Self { role, token: made_with.map(|permissions| permissions.intersection(role.permissions())) }
    }

    /// Whether all of these roles are the granter's to give and to take. Only an owner makes or unmakes owners, and only
    /// with a session; a token gives and takes no right that it has not itself, as who holds it would have that right then.
    ///
    /// # Errors
    /// 403 that names what is missing.
    pub(crate) fn check(self, roles: &[Role]) -> Result<()> {
        let Some(held) = self.token else { return self.check_role(roles) };
        if roles.contains(&Role::Owner) {
            return Err(needs_session());
        }
        let asked = roles.iter().fold(Permissions::NONE, |all, role| all.union(role.permissions()));
        let (missing, of_role) = (asked.without(held), asked.without(self.role.permissions()));
        match (missing.is_empty(), of_role.is_empty()) {
            (true, _) => Ok(()),
            (false, true) => Err(Error::insufficient_scope(missing)),
            (false, false) => Err(Error::insufficient_role(self.role, of_role)),
        }
    }

    /// Whether the granter may give up this role of its own: a session may, and a token unless it is the owner's.
    ///
    /// # Errors
    /// 403 when a session is needed.
    pub(crate) fn check_leaving(self, own: Role) -> Result<()> {
        if self.token.is_some() && own == Role::Owner { Err(needs_session()) } else { Ok(()) }
    }

    /// Whether the granter may withdraw an invitation to this role, which gives nobody a right: a session may.
    ///
    /// # Errors
    /// 403 that names what a token lacks.
    pub(crate) fn check_withdrawing(self, role: Role) -> Result<()> {
        if self.token.is_some() { self.check(&[role]) } else { Ok(()) }
    }

    /// Whether the granter may invite somebody to this role.
    pub(crate) fn may_invite_to(self, role: Role) -> bool {
        let held = self.token.unwrap_or(self.role.permissions());
        held.contains(Permission::TeamManageMembers) && self.check(&[role]).is_ok()
    }

    fn check_role(self, roles: &[Role]) -> Result<()> {
        if roles.iter().all(|role| self.role.may_grant(*role)) {
            return Ok(());
        }
        let detail = format!("The role {} cannot grant or take the role owner.", self.role.name());
        Err(Error::new(Code::InsufficientRole, detail))
    }
}

fn needs_session() -> Error {
    let detail = "A token cannot grant or take the role owner: sign in and use a session.";
    Error::new(Code::SessionRequired, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(granter: Granter, roles: &[Role]) -> Option<Code> {
        granter.check(roles).err().map(|error| error.code)
    }

    #[test]
    fn with_a_session_only_an_owner_grants_or_takes_the_role_owner() {
        for role in Role::ALL {
            let session = Granter::new(*role, None);
            for other in Role::ALL {
                for roles in [[Role::Member, *other], [*other, Role::Member]] {
                    let is_fine = *role == Role::Owner || *other != Role::Owner;
                    assert_eq!(code(session, &roles), (!is_fine).then_some(Code::InsufficientRole));
                }
            }
            assert!(session.check_leaving(*role).is_ok());
        }
    }

    /// Every role, every token that lacks one permission or has one only, every role to be granted.
    #[test]
    fn a_token_grants_what_it_has_and_never_the_role_owner() {
        let all = Permissions::all();
        let one = |permission: &Permission| Permissions::of(&[*permission]);
        let made: Vec<_> = std::iter::once(all)
            .chain(Permission::ALL.iter().map(one))
            .chain(Permission::ALL.iter().map(|permission| all.without(one(permission))))
            .chain(Role::ALL.iter().map(|role| role.permissions()))
            .collect();
        for (role, with) in Role::ALL.iter().flat_map(|role| made.iter().map(move |with| (*role, *with))) {
            let (token, held) = (Granter::new(role, Some(with)), with.intersection(role.permissions()));
            for granted in Role::ALL {
                let lacks = !granted.permissions().without(held).is_empty();
                let of_role = !granted.permissions().without(role.permissions()).is_empty();
                let expected = match (granted, lacks, of_role) {
                    (Role::Owner, ..) => Some(Code::SessionRequired),
                    (_, false, _) => None,
                    (_, true, false) => Some(Code::InsufficientScope),
                    (_, true, true) => Some(Code::InsufficientRole),
                };
                assert_eq!(code(token, &[*granted]), expected, "{role:?} {} {granted:?}", with.names());
                let may_invite = expected.is_none() && held.contains(Permission::TeamManageMembers);
                assert_eq!(token.may_invite_to(*granted), may_invite);
                assert_eq!(token.check_leaving(*granted).is_ok(), *granted != Role::Owner);
            }
        }
    }

    #[test]
    fn of_two_roles_both_are_looked_at_and_what_is_missing_is_named() {
        let with = Permissions::of(&[Permission::TeamManageMembers]).union(Role::Member.permissions());
        let token = Granter::new(Role::Administrator, Some(with));
        assert_eq!(code(token, &[Role::ViewOnly, Role::Member]), None);
        for roles in [[Role::Manager, Role::Member], [Role::Member, Role::Manager]] {
            let error = token.check(&roles).unwrap_err();
            assert_eq!(
                (error.code, error.required_permissions()),
                (Code::InsufficientScope, Some(Permissions::of(&[Permission::ObjectDelete])))
            );
        }
    }

    #[test]
    fn whoever_may_not_manage_members_any_more_may_not_invite() {
        for (role, may) in [(Role::Owner, true), (Role::Administrator, true), (Role::Manager, false)] {
            assert_eq!(Granter::new(role, None).may_invite_to(Role::ViewOnly), may, "{role:?}");
        }
        assert!(!Granter::new(Role::Administrator, None).may_invite_to(Role::Owner));
    }
}
