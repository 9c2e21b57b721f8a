//! What happens to teams, members, invitations and tokens: an entry for each change.

mod members;
mod teams;
mod tokens;

use shared::{
    Result,
    audit::Removal,
    id::{InvitationId, TeamId, TokenId, UserId},
    table::Key,
};

use crate::{Relay, event::Change};

/// What lies under a key, as far as it is told of. A membership lies with its user too, where it is not looked at.
enum Place {
    Team(TeamId),
    Member(TeamId, UserId),
    Invitation(TeamId, InvitationId),
    Removal,
    Token(UserId, TokenId),
}

impl Place {
    fn of(key: &Key) -> Option<Self> {
        if let Some(user) = key.pk.strip_prefix("USER#") {
            let token = TokenId::parse(key.sk.strip_prefix("TOKEN#")?)?;
            return Some(Place::Token(UserId::parse(user)?, token));
        }
        let team = TeamId::parse(key.pk.strip_prefix("TEAM#")?)?;
        if Removal::is_one(&key.sk) {
            return Some(Place::Removal);
        }
        match key.sk.split_once('#') {
            None if key.sk == "TEAM" => Some(Place::Team(team)),
            Some(("MEMBER", user)) => Some(Place::Member(team, UserId::parse(user)?)),
            Some(("INVITATION", id)) => Some(Place::Invitation(team, InvitationId::parse(id)?)),
            _ => None,
        }
    }
}

impl Relay {
    pub(crate) async fn people_and_tokens(&self, key: &Key, change: &Change) -> Result<()> {
        let (Some(place), Some(new)) = (Place::of(key), change.after()) else { return Ok(()) };
        match place {
            Place::Team(team) => self.team(key, team, (change.before(), new)).await,
            Place::Member(team, user) => self.member(key, (team, user), (change.before(), new)).await,
            Place::Invitation(team, id) => self.invitation(key, (team, id), (change.before(), new)).await,
            Place::Removal => self.removal(key, new).await,
            Place::Token(user, token) => self.token(key, (user, token), (change.before(), new)).await,
        }
    }
}
