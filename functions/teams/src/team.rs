//! Teams, members and invitations: as they are sent and answered, and their validation.

use api::Member;
use audit::KEEP_DAYS;
use base::{
    Code, Error, Fault, Permissions, Result, Role, Timestamp, Violation,
    access::{Access, Credential, Grant},
    actor::Actor,
    domain,
    id::{InvitationId, TeamId, UserId},
    json::{self, Nullable},
    secret::Secret,
    text::{self, Slug},
};
use keys::KeyedHash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME_LENGTH_MAX: usize = 100;
const EMAIL_LENGTH_MAX: usize = 254;
/// Ten years.
const TOKEN_LIFETIME_DAYS_MAX: u32 = 3_650;
/// A week to ten years.
const AUDIT_LOG_DAYS: std::ops::RangeInclusive<u32> = 7..=3_650;
/// Where the settings of these names stand in a body.
const TOKEN_LIFETIME: &str = "/token_lifetime_days_max";
const AUDIT_LOG: &str = "/audit_log_days";

/// A team to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTeam {
    /// What people call it.
    #[schemars(length(min = 1, max = NAME_LENGTH_MAX), regex(pattern = text::NAME_FORM))]
    pub(crate) name: String,
    /// Its name in URLs, unique among all teams.
    pub(crate) slug: Slug,
}

impl NewTeam {
    pub(crate) fn checked(self) -> Result<Self> {
        let name = checked_name(&self.name).map_err(|fault| Error::unprocessable(vec![fault]))?;
        Ok(Self { name, ..self })
    }
}

/// What changes of a team. Absent leaves as it is.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TeamPatch {
    /// A new name.
    #[schemars(length(min = 1, max = NAME_LENGTH_MAX), regex(pattern = text::NAME_FORM))]
    pub(crate) name: Option<String>,
    /// The longest life, in days, of a token that may reach the team, or null. Only a session of an owner may set it.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<u32>", range(min = 1, max = TOKEN_LIFETIME_DAYS_MAX))]
    pub(crate) token_lifetime_days_max: Option<Option<i64>>,
    /// How many days new entries of the audit log are kept. Only a session of an owner may set it.
    #[schemars(with = "Option<u32>", range(min = *AUDIT_LOG_DAYS.start(), max = *AUDIT_LOG_DAYS.end()))]
    pub(crate) audit_log_days: Option<i64>,
}

/// Changes that may be made.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CheckedPatch {
    pub(crate) name: Option<String>,
    pub(crate) token_lifetime_days_max: Option<Option<u32>>,
    pub(crate) audit_log_days: Option<u32>,
}

impl TeamPatch {
    /// The changes, if this member may make them and they keep to the rules; all faults at once if not.
    pub(crate) fn checked(self, by: &Member) -> Result<CheckedPatch> {
        let grant =
            Grant { credential: by.credential, granted: by.permissions, role: Some(by.role), is_self: false };
        let asked = [
            (self.token_lifetime_days_max.is_some(), TOKEN_LIFETIME),
            (self.audit_log_days.is_some(), AUDIT_LOG),
        ];
        for (_, pointer) in asked.iter().filter(|(is_asked, _)| *is_asked) {
            may_decide(&grant, pointer)?;
        }
        self.allowed()
    }

    fn allowed(self) -> Result<CheckedPatch> {
        let mut faults = Vec::new();
        let mut found = CheckedPatch::default();
        match self.name.map(|name| checked_name(&name)).transpose() {
            Ok(name) => found.name = name,
            Err(fault) => faults.push(fault),
        }
        match self.token_lifetime_days_max.map(checked_lifetime).transpose() {
            Ok(days) => found.token_lifetime_days_max = days,
            Err(fault) => faults.push(fault),
        }
        match self.audit_log_days.map(checked_audit_log).transpose() {
            Ok(days) => found.audit_log_days = days,
            Err(fault) => faults.push(fault),
        }
        if faults.is_empty() { Ok(found) } else { Err(Error::unprocessable(faults)) }
    }
}

fn checked_name(name: &str) -> Result<String, Fault> {
    text::name("/name", name, NAME_LENGTH_MAX)
}

fn checked_lifetime(days: Option<i64>) -> Result<Option<u32>, Fault> {
    let Some(days) = days else { return Ok(None) };
    let days = u32::try_from(days).ok().filter(|days| (1..=TOKEN_LIFETIME_DAYS_MAX).contains(days));
    let detail = format!("Give whole days from 1 to {TOKEN_LIFETIME_DAYS_MAX}, or null for no limit.");
    days.map(Some).ok_or_else(|| Fault::new(TOKEN_LIFETIME, Violation::OutOfRange, detail))
}

fn checked_audit_log(days: i64) -> Result<u32, Fault> {
    let days = u32::try_from(days).ok().filter(|days| AUDIT_LOG_DAYS.contains(days));
    let detail = format!("Give whole days from {} to {}.", AUDIT_LOG_DAYS.start(), AUDIT_LOG_DAYS.end());
    days.ok_or_else(|| Fault::new(AUDIT_LOG, Violation::OutOfRange, detail))
}

/// A team.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Team {
    pub(crate) id: TeamId,
    pub(crate) name: String,
    pub(crate) slug: Slug,
    /// The longest life, in days, of a token that may reach the team; null for no limit.
    pub(crate) token_lifetime_days_max: Option<u32>,
    /// How many days new entries of the audit log are kept.
    #[serde(default = "Team::kept_days")]
    pub(crate) audit_log_days: u32,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) version: u64,
}

impl Team {
    const fn kept_days() -> u32 {
        KEEP_DAYS
    }
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

impl User {
    /// The person as others may see them: what was kept of a name long ago may be anything.
    pub(crate) fn shown(self) -> Self {
        Self { name: self.name.and_then(|name| text::person(&name)), ..self }
    }
}

/// The caller, and what the caller may do in which team.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Me {
    pub(crate) user: User,
    /// The kind of credential that was sent.
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
    #[schemars(email, length(min = 1, max = EMAIL_LENGTH_MAX))]
    pub(crate) email: String,
    /// The role that the person will have.
    pub(crate) role: Role,
}

impl NewInvitation {
    pub(crate) fn checked(self) -> Result<Self> {
        let email = text::line("/email", &self.email, EMAIL_LENGTH_MAX).and_then(|email| {
            let refusal = || {
                Fault::new("/email", Violation::NotAnEmail, "Send an e-mail address such as ada@example.com.")
            };
            domain::is_email(&email).then_some(email).ok_or_else(refusal)
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
    pub(crate) secret: KeyedHash,
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

/// Only an owner, signed in, decides how long tokens of others may live, and how long it is told who did what.
fn may_decide(grant: &Grant, pointer: &str) -> Result<()> {
    Access::Owner.check(grant).map_err(|error| {
        let fault = Fault::new(pointer, error.code.into(), error.detail());
        error.with_faults(vec![fault])
    })
}

/// A team never is without an owner.
pub(crate) fn last_owner() -> Error {
    Error::new(Code::LastOwner, "This is the last owner of the team: make somebody else an owner first.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_of_tokens_is_limited_to_whole_days_within_ten_years() {
        let checked = |json: &str| serde_json::from_str::<TeamPatch>(json).map(TeamPatch::allowed);
        for (days, is_one) in [("1", true), ("3650", true), ("0", false), ("-1", false), ("3651", false)] {
            let found = checked(&format!(r#"{{"token_lifetime_days_max": {days}}}"#)).unwrap();
            assert_eq!(found.is_ok(), is_one, "{days}");
        }
        for odd in ["1.5", "\"1\"", "true", "[1]"] {
            assert!(checked(&format!(r#"{{"token_lifetime_days_max": {odd}}}"#)).is_err(), "{odd}");
        }
        let null = checked(r#"{"token_lifetime_days_max": null}"#).unwrap().unwrap();
        assert_eq!(null, CheckedPatch { token_lifetime_days_max: Some(None), ..CheckedPatch::default() });
        assert_eq!(checked("{}").unwrap().unwrap(), CheckedPatch::default());
        let both = checked(r#"{"name": "", "token_lifetime_days_max": 0}"#).unwrap().unwrap_err();
        assert_eq!(
            both.faults().iter().map(|fault| fault.code).collect::<Vec<_>>(),
            [Violation::Required, Violation::OutOfRange]
        );
    }

    #[test]
    fn the_audit_log_is_kept_a_week_to_ten_years() {
        let checked = |days: i64| {
            let patch: TeamPatch = serde_json::from_str(&format!(r#"{{"audit_log_days": {days}}}"#)).unwrap();
            patch
                .allowed()
                .map(|patch| patch.audit_log_days)
                .map_err(|error| error.faults()[0].pointer.clone())
        };
        assert_eq!((checked(7), checked(3_650)), (Ok(Some(7)), Ok(Some(3_650))));
        for days in [6, 0, -1, 3_651] {
            assert_eq!(checked(days), Err(AUDIT_LOG.to_owned()), "{days}");
        }
    }

    #[test]
    fn only_an_owner_with_a_session_limits_the_life_of_tokens() {
        let code = |credential, role| {
            let grant = Grant { credential, granted: Permissions::all(), role: Some(role), is_self: false };
            may_decide(&grant, TOKEN_LIFETIME)
                .err()
                .map(|error| (error.code, error.faults()[0].pointer.clone()))
        };
        let refused = |code| Some((code, TOKEN_LIFETIME.to_owned()));
        assert_eq!(code(Credential::Session, Role::Owner), None);
        assert_eq!(code(Credential::Token, Role::Owner), refused(Code::SessionRequired));
        assert_eq!(code(Credential::Session, Role::Administrator), refused(Code::InsufficientRole));
    }

    #[test]
    fn an_invitation_goes_to_an_address() {
        for (email, is_one) in [(" ada@example.com ", true), ("ada", false), ("", false), ("a@b@c", false)] {
            let new = NewInvitation { email: email.to_owned(), role: Role::Member };
            assert_eq!(new.checked().is_ok(), is_one, "{email}");
        }
    }
}
