//! What teams, members and invitations are, and which may be made.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    Code, Error, Fault, Permissions, Result, Role, Timestamp,
    access::Credential,
    actor::Actor,
    id::{InvitationId, TeamId, UserId},
    secret::Secret,
    text::{self, Slug},
};

const NAME_LENGTH_MAX: usize = 100;
const EMAIL_LENGTH_MAX: usize = 254;

/// A team to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTeam {
    /// What people call it: 1 to 100 characters.
    pub(crate) name: String,
    /// Its name in URLs, unique among all teams.
    pub(crate) slug: Slug,
}

impl NewTeam {
    pub(crate) fn checked(self) -> Result<Self> {
        let name = text::name("/name", &self.name, NAME_LENGTH_MAX)
            .map_err(|fault| Error::unprocessable(vec![fault]))?;
        Ok(Self { name, ..self })
    }
}

/// A team.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Team {
    pub(crate) id: TeamId,
    pub(crate) name: String,
    pub(crate) slug: Slug,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) version: u64,
}

/// A team as it is stored.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredTeam {
    #[serde(flatten)]
    pub(crate) team: Team,
    /// How many owners it has: never none.
    pub(crate) owners: u64,
    pub(crate) actor: Actor,
}

/// A person, as far as the teams know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct User {
    pub(crate) id: UserId,
    /// The e-mail address that the issuer vouched for.
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
}

/// Who asks, and what they may do where.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Me {
    pub(crate) user: User,
    /// What was sent.
    pub(crate) credential: Credential,
    pub(crate) teams: Vec<TeamOfMine>,
}

/// A team, and what the caller may do in it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TeamOfMine {
    #[serde(flatten)]
    pub(crate) team: Team,
    pub(crate) role: Role,
    /// What this credential may do in this team.
    pub(crate) permissions: Permissions,
}

/// A member of a team.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TeamMember {
    pub(crate) user: User,
    pub(crate) role: Role,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) version: u64,
}

/// What changes of a member.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberPatch {
    /// The new role.
    pub(crate) role: Role,
}

/// Somebody to be invited.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewInvitation {
    /// The address; the person who accepts must have verified it.
    pub(crate) email: String,
    /// What the person will be.
    pub(crate) role: Role,
}

impl NewInvitation {
    pub(crate) fn checked(self) -> Result<Self> {
        let email = text::line("/email", &self.email, EMAIL_LENGTH_MAX).and_then(|email| {
            let refusal =
                || Fault::new("/email", "not_an_email", "Send an e-mail address such as ada@example.com.");
            text::is_email(&email).then_some(email).ok_or_else(refusal)
        });
        Ok(Self { email: email.map_err(|fault| Error::unprocessable(vec![fault]))?, ..self })
    }
}

/// An invitation never changes: it is accepted or withdrawn.
pub(crate) const INVITATION_VERSION: u64 = 1;

/// An invitation that waits to be accepted.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Invitation {
    pub(crate) id: InvitationId,
    pub(crate) email: String,
    pub(crate) role: Role,
    /// When it ends, seven days after it was made.
    pub(crate) expires_at: Timestamp,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) version: u64,
}

/// An invitation as it is stored: with the keyed hash of its secret.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredInvitation {
    #[serde(flatten)]
    pub(crate) invitation: Invitation,
    pub(crate) team: TeamId,
    pub(crate) key_id: String,
    pub(crate) hash: String,
    pub(crate) actor: Actor,
}

/// A new invitation with its secret, this once.
#[derive(Serialize, JsonSchema)]
pub(crate) struct InvitationWithSecret {
    #[serde(flatten)]
    pub(crate) invitation: Invitation,
    /// What the invited person sends to accept. It is never shown again.
    secret: String,
}

impl InvitationWithSecret {
    pub(crate) fn new(invitation: Invitation, secret: &Secret) -> Self {
        Self { invitation, secret: secret.reveal().to_owned() }
    }
}

/// The acceptance of an invitation.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acceptance {
    /// What came with the invitation.
    pub(crate) secret: String,
}

/// Only an owner makes or unmakes owners.
pub(crate) fn may_grant(granter: Role, roles: &[Role]) -> Result<()> {
    if roles.iter().all(|role| granter.may_grant(*role)) {
        return Ok(());
    }
    let detail = format!("The role {} cannot grant or take the role owner.", granter.name());
    Err(Error::new(Code::InsufficientRole, detail))
}

/// A team never is without an owner.
pub(crate) fn last_owner() -> Error {
    Error::new(Code::LastOwner, "This is the last owner of the team: make somebody else an owner first.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_neither_grants_nor_takes_the_owner_role() {
        assert!(may_grant(Role::Owner, &[Role::Owner, Role::Member]).is_ok());
        assert!(may_grant(Role::Administrator, &[Role::Administrator, Role::ViewOnly]).is_ok());
        for roles in [[Role::Owner, Role::Member], [Role::Member, Role::Owner]] {
            assert_eq!(may_grant(Role::Administrator, &roles).unwrap_err().code, Code::InsufficientRole);
        }
    }

    #[test]
    fn an_invitation_goes_to_an_address() {
        for (email, is_one) in [(" ada@example.com ", true), ("ada", false), ("", false), ("a@b@c", false)] {
            let new = NewInvitation { email: email.to_owned(), role: Role::Member };
            assert_eq!(new.checked().is_ok(), is_one, "{email}");
        }
    }
}
