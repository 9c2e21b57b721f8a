//! Who may use a route: the rule in its row of the table, and the one decision that authorizer and guard share.

use serde::{Deserialize, Serialize};

use crate::{
    error::{Code, Error, Result},
    permission::{Permission, Permissions},
    role::Role,
};

/// The rule of a route. Every row of a table has one; there is no default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Anybody, with or without a credential.
    Public,
    /// Anybody signed in; in a team's path, any member.
    Anyone,
    /// A session; a token is refused.
    Session,
    /// A token, asking about itself.
    Token,
    /// A session of an owner of the path's team.
    Owner,
    /// All of these permissions.
    Needs(Vec<Permission>),
    /// At least one of these permissions; what each part of the request needs is checked inside.
    NeedsAny(Vec<Permission>),
    /// A session whose user the path names, or this permission.
    SelfOr(Permission),
}

impl From<Permission> for Access {
    fn from(permission: Permission) -> Self {
        Access::Needs(vec![permission])
    }
}

impl<const N: usize> From<[Permission; N]> for Access {
    fn from(permissions: [Permission; N]) -> Self {
        Access::Needs(permissions.to_vec())
    }
}

/// What a credential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// A person who signed in.
    Session,
    /// A personal access token.
    Token,
}

impl Credential {
    /// The name that the authorizer's context uses.
    pub const fn name(self) -> &'static str {
        match self {
            Credential::Session => "session",
            Credential::Token => "token",
        }
    }

    /// The credential of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Credential::Session, Credential::Token].into_iter().find(|credential| credential.name() == name)
    }
}

/// What is known of a caller whose credential is good.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    /// What was sent.
    pub credential: Credential,
    /// What a token was made with; everything for a session.
    pub granted: Permissions,
    /// The role in the path's team, if the path has one.
    pub role: Option<Role>,
    /// Whether the path names the caller.
    pub is_self: bool,
}

impl Grant {
    /// What the caller may do: the token's permissions that the role allows too.
    pub fn effective(&self) -> Permissions {
        self.role.map_or(self.granted, |role| self.granted.intersection(role.permissions()))
    }
}

impl Access {
    /// Whether the caller may pass.
    ///
    /// # Errors
    /// 403 that names what is missing: first of the token, then of the role.
    pub fn check(&self, grant: &Grant) -> Result<()> {
        let is_session = grant.credential == Credential::Session;
        match self {
            Access::Public | Access::Anyone => Ok(()),
            Access::Session if is_session => Ok(()),
            Access::Owner if is_session => grant.owns(),
            Access::Session | Access::Owner => {
                Err(Error::new(Code::SessionRequired, "A token cannot do this: sign in and use a session."))
            }
            Access::Token if !is_session => Ok(()),
            Access::Token => {
                Err(Error::new(Code::TokenRequired, "Only a personal access token can ask this."))
            }
            Access::SelfOr(_) if is_session && grant.is_self => Ok(()),
            Access::SelfOr(permission) => grant.needs(Permissions::of(&[*permission])),
            Access::Needs(permissions) => grant.needs(permissions.iter().copied().collect()),
            Access::NeedsAny(permissions) => grant.needs_any(permissions.iter().copied().collect()),
        }
    }

    /// The permissions that the rule names.
    pub fn permissions(&self) -> Permissions {
        match self {
            Access::Public | Access::Anyone | Access::Session | Access::Token | Access::Owner => {
                Permissions::NONE
            }
            Access::SelfOr(permission) => Permissions::of(&[*permission]),
            Access::Needs(permissions) | Access::NeedsAny(permissions) => {
                permissions.iter().copied().collect()
            }
        }
    }

    /// The rule in words, for the documents.
    pub fn describe(&self) -> String {
        let names = self.permissions().iter().map(|permission| format!("`{permission}`")).collect::<Vec<_>>();
        match self {
            Access::Public => "public".to_owned(),
            Access::Anyone => "anyone signed in".to_owned(),
            Access::Session => "session".to_owned(),
            Access::Token => "token".to_owned(),
            Access::Owner => "session of an owner".to_owned(),
            Access::SelfOr(_) => format!("oneself with a session, or {}", names.join(" and ")),
            Access::Needs(_) => names.join(" and "),
            Access::NeedsAny(_) => names.join(" or "),
        }
    }
}

impl Grant {
    fn owns(&self) -> Result<()> {
        match self.role {
            Some(Role::Owner) => Ok(()),
            Some(role) => {
                let detail = format!(
                    "The role {} does not allow this in this team, only the role owner.",
                    role.name()
                );
                Err(Error::new(Code::InsufficientRole, detail))
            }
            // Nobody owns what is no team.
            None => Err(Error::no_access()),
        }
    }

    fn needs(&self, needed: Permissions) -> Result<()> {
        self.refuse(needed.without(self.granted), |role| needed.without(role.permissions()))
    }

    fn needs_any(&self, needed: Permissions) -> Result<()> {
        let lacking =
            |held: Permissions| if needed.intersection(held).is_empty() { needed } else { Permissions::NONE };
        self.refuse(lacking(self.granted), |role| lacking(role.permissions().intersection(self.granted)))
    }

    fn refuse(&self, of_token: Permissions, of_role: impl FnOnce(Role) -> Permissions) -> Result<()> {
        if !of_token.is_empty() {
            return Err(Error::insufficient_scope(of_token));
        }
        let Some(role) = self.role else { return Ok(()) };
        let missing = of_role(role);
        if missing.is_empty() { Ok(()) } else { Err(Error::insufficient_role(role, missing)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Permission::{ObjectCreate, ObjectRead, ObjectUpdate, TeamManageMembers};

    fn grant(credential: Credential, granted: &[Permission], role: Role) -> Grant {
        Grant { credential, granted: Permissions::of(granted), role: Some(role), is_self: false }
    }

    fn token(granted: &[Permission]) -> Grant {
        grant(Credential::Token, granted, Role::Owner)
    }

    #[test]
    fn a_token_needs_every_permission_and_is_told_which_it_lacks() {
        let rule = Access::from([ObjectCreate, ObjectUpdate]);
        assert!(rule.check(&token(&[ObjectCreate, ObjectUpdate])).is_ok());
        let error = rule.check(&token(&[ObjectCreate])).unwrap_err();
        assert_eq!(
            (error.code, error.required_permissions()),
            (Code::InsufficientScope, Some(Permissions::of(&[ObjectUpdate])))
        );
    }

    #[test]
    fn a_role_bounds_sessions_and_tokens_alike() {
        for credential in [Credential::Session, Credential::Token] {
            let error = Access::from(ObjectCreate)
                .check(&grant(credential, Permission::ALL, Role::ViewOnly))
                .unwrap_err();
            assert_eq!(error.code, Code::InsufficientRole);
            assert!(error.detail().contains("view-only"));
        }
    }

    #[test]
    fn any_needs_one_that_token_and_role_both_have() {
        let rule = Access::NeedsAny(vec![ObjectRead, ObjectCreate]);
        assert!(rule.check(&token(&[ObjectRead])).is_ok());
        assert_eq!(rule.check(&token(&[ObjectUpdate])).unwrap_err().code, Code::InsufficientScope);
        let split = grant(Credential::Token, &[ObjectCreate], Role::ViewOnly);
        assert_eq!(rule.check(&split).unwrap_err().code, Code::InsufficientRole);
    }

    #[test]
    fn sessions_and_tokens_are_told_apart() {
        let session = grant(Credential::Session, Permission::ALL, Role::Owner);
        assert!(Access::Session.check(&session).is_ok());
        assert_eq!(Access::Session.check(&token(Permission::ALL)).unwrap_err().code, Code::SessionRequired);
        assert!(Access::Token.check(&token(&[])).is_ok());
        assert_eq!(Access::Token.check(&session).unwrap_err().code, Code::TokenRequired);
    }

    #[test]
    fn an_owner_passes_with_a_session_only() {
        let refusal = |grant: &Grant| Access::Owner.check(grant).unwrap_err();
        let session = grant(Credential::Session, Permission::ALL, Role::Owner);
        assert!(Access::Owner.check(&session).is_ok());
        assert_eq!(refusal(&token(Permission::ALL)).code, Code::SessionRequired);
        assert_eq!(refusal(&Grant { role: None, ..session }).code, Code::NoAccess);
        for role in Role::ALL.iter().filter(|role| **role != Role::Owner) {
            let error = refusal(&Grant { role: Some(*role), ..session });
            assert_eq!((error.code, error.required_permissions()), (Code::InsufficientRole, None));
            assert!(error.detail().contains(role.name()), "{}", error.detail());
        }
    }

    #[test]
    fn a_rule_for_owners_is_written_as_the_others_are() {
        assert_eq!(serde_json::to_value(Access::Owner).unwrap(), "owner");
        assert_eq!(Access::Owner.describe(), "session of an owner");
        assert!(Access::Owner.permissions().is_empty());
    }

    #[test]
    fn oneself_passes_with_a_session_only() {
        let rule = Access::SelfOr(TeamManageMembers);
        let session = Grant { is_self: true, ..grant(Credential::Session, Permission::ALL, Role::ViewOnly) };
        assert!(rule.check(&session).is_ok());
        assert!(rule.check(&Grant { is_self: false, ..session }).is_err());
        assert!(rule.check(&Grant { is_self: true, ..token(&[]) }).is_err());
        assert!(rule.check(&token(&[TeamManageMembers])).is_ok());
    }

    #[test]
    fn whoever_is_signed_in_or_nobody_needs_no_permission() {
        let nothing = Grant { role: None, ..token(&[]) };
        for rule in [Access::Public, Access::Anyone] {
            assert!(
                rule.check(&nothing).is_ok()
                    && rule.check(&grant(Credential::Session, &[], Role::ViewOnly)).is_ok()
            );
        }
    }

    #[test]
    fn outside_a_team_the_permissions_of_the_token_alone_count() {
        let grant = Grant { role: None, ..token(&[ObjectRead, ObjectCreate]) };
        assert_eq!(grant.effective(), Permissions::of(&[ObjectRead, ObjectCreate]));
        assert!(Access::from(ObjectRead).check(&grant).is_ok());
        assert!(Access::from(ObjectUpdate).check(&grant).is_err());
        let member = Grant { role: Some(Role::ViewOnly), ..grant };
        assert_eq!(member.effective(), Permissions::of(&[ObjectRead]));
    }

    #[test]
    fn each_rule_names_its_permissions_and_says_so_in_words() {
        let both = Permissions::of(&[ObjectCreate, ObjectRead]);
        for (rule, permissions, words) in [
            (Access::Public, Permissions::NONE, "public"),
            (Access::Anyone, Permissions::NONE, "anyone signed in"),
            (Access::Session, Permissions::NONE, "session"),
            (Access::Token, Permissions::NONE, "token"),
            (Access::Owner, Permissions::NONE, "session of an owner"),
            (
                Access::SelfOr(TeamManageMembers),
                Permissions::of(&[TeamManageMembers]),
                "oneself with a session, or `team:manage-members`",
            ),
            (Access::from([ObjectCreate, ObjectRead]), both, "`object:create` and `object:read`"),
            (Access::NeedsAny(vec![ObjectCreate, ObjectRead]), both, "`object:create` or `object:read`"),
        ] {
            assert_eq!((rule.permissions(), rule.describe().as_str()), (permissions, words));
        }
    }

    #[test]
    fn a_credential_is_known_by_its_name() {
        for (credential, name) in [(Credential::Session, "session"), (Credential::Token, "token")] {
            assert_eq!((credential.name(), Credential::parse(name)), (name, Some(credential)));
            assert_eq!(serde_json::to_value(credential).unwrap(), name);
        }
        assert_eq!(Credential::parse("Token"), None);
    }
}
