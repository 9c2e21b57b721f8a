//! Audit entries for changes of teams, members, invitations and tokens.

mod members;
mod teams;
mod tokens;

use audit::Tombstone;
use base::{
    Result,
    id::{InvitationId, TeamId, TokenId, UserId},
};
use table::Key;

use crate::{Relay, event::Change};

/// The records of the identity table that are audited. Memberships are stored twice; the copy in the user's
/// partition is not audited.
enum IdentityRecord {
    Team(TeamId),
    Member(TeamId, UserId),
    Invitation(TeamId, InvitationId),
    Tombstone,
    Token(UserId, TokenId),
}

impl IdentityRecord {
    fn of(key: &Key) -> Option<Self> {
        if let Some(user) = key.pk.strip_prefix("USER#") {
            let token = TokenId::parse(key.sk.strip_prefix("TOKEN#")?)?;
            return Some(IdentityRecord::Token(UserId::parse(user)?, token));
        }
        let team = TeamId::parse(key.pk.strip_prefix("TEAM#")?)?;
        if Tombstone::is_tombstone_key(&key.sk) {
            return Some(IdentityRecord::Tombstone);
        }
        match key.sk.split_once('#') {
            None if key.sk == "TEAM" => Some(IdentityRecord::Team(team)),
            Some(("MEMBER", user)) => Some(IdentityRecord::Member(team, UserId::parse(user)?)),
            Some(("INVITATION", id)) => Some(IdentityRecord::Invitation(team, InvitationId::parse(id)?)),
            _ => None,
        }
    }
}

impl Relay {
    pub(crate) async fn identity_change(&self, key: &Key, change: &Change) -> Result<()> {
        let (Some(record), Some(new)) = (IdentityRecord::of(key), change.after()) else { return Ok(()) };
        match record {
            IdentityRecord::Team(team) => self.team(key, team, (change.before(), new)).await,
            IdentityRecord::Member(team, user) => {
                self.member(key, (team, user), (change.before(), new)).await
            }
            IdentityRecord::Invitation(team, id) => {
                self.invitation(key, (team, id), (change.before(), new)).await
            }
            IdentityRecord::Tombstone => self.tombstone(key, new).await,
            IdentityRecord::Token(user, token) => {
                self.token(key, (user, token), (change.before(), new)).await
            }
        }
    }
}
