//! The limits of a person's teams and of a team's open invitations. They are counted, and whoever adds one
//! bumps a counter item in the same transaction, on the condition that nobody else did since: of two who have
//! counted the same, one counts again.

use base::{
    Code, Error, Result, Timestamp,
    id::{InvitationId, TeamId, UserId},
};
use gate::identity::{team_partition, user_partition};
use table::{AttributeValue, Condition, Key, Table, TableQuery, Write};

/// Invitations end after this time.
pub(crate) const INVITATION_SECONDS: i64 = 7 * 24 * 60 * 60;
/// What the sort key of an invitation begins with.
pub(crate) const INVITATION: &str = "INVITATION#";
/// Teams that a person is in. As each team has an owner, this bounds what all teams together do.
const TEAMS_MAX: usize = 50;
/// Invitations of a team that can still be accepted.
const INVITATIONS_MAX: usize = 200;
/// The most that the clocks of two functions may differ.
const SKEW_SECONDS: i64 = 60;
/// The attribute that counts additions.
const ADDED: &str = "added";

/// Room for one more, as long as nobody else takes it.
pub(crate) struct Room {
    key: Key,
    added: Option<AttributeValue>,
}

impl Room {
    /// Room among the teams of a person.
    ///
    /// # Errors
    /// 409 when there is none.
    pub(crate) async fn of_user(identity: &Table, user: &UserId) -> Result<Self> {
        let room = Self::at(identity, Key::new(user_partition(user), "TEAMS")).await?;
        let query = TableQuery::partition(user_partition(user)).prefix("TEAM#");
        if is_full(identity, query, TEAMS_MAX).await? { Err(too_many_teams()) } else { Ok(room) }
    }

    /// Room among the open invitations of a team. Invitations that have expired are not read.
    ///
    /// # Errors
    /// 409 when there is none.
    pub(crate) async fn of_team(identity: &Table, team: &TeamId, now: Timestamp) -> Result<Self> {
        let room = Self::at(identity, Key::new(team_partition(team), "INVITATIONS")).await?;
        let oldest = InvitationId::first_at(now.plus_seconds(-INVITATION_SECONDS - SKEW_SECONDS));
        let (low, high) = (format!("{INVITATION}{oldest}"), format!("{INVITATION}~"));
        let is_open = Condition::Above("expires_at".into(), AttributeValue::S(now.to_string()));
        let query = TableQuery::partition(team_partition(team)).between("sk", Some(&low), Some(&high));
        let is_full = is_full(identity, query.filter(is_open), INVITATIONS_MAX).await?;
        if is_full { Err(too_many_invitations()) } else { Ok(room) }
    }

    /// The write that takes it; refused if something was added since it was counted.
    pub(crate) fn taken(&self, identity: &Table) -> Write {
        identity.update(self.key.clone()).add(ADDED, 1).when(Condition::is_still(ADDED, self.added.clone()))
    }

    /// The counter is read before anything is counted, so that a concurrent addition is noticed.
    async fn at(identity: &Table, key: Key) -> Result<Self> {
        let added = identity.get(key.clone()).await?.and_then(|mut item| item.remove(ADDED));
        Ok(Self { key, added })
    }
}

async fn is_full(identity: &Table, query: TableQuery, max: usize) -> Result<bool> {
    let mut query = query.limit(max);
    let mut count = 0;
    loop {
        let found = identity.query_once(&query).await?;
        count += found.items.len();
        if count >= max || found.next.is_none() {
            return Ok(count >= max);
        }
        query = query.after(found.next);
    }
}

fn too_many_teams() -> Error {
    let detail = format!("You are in {TEAMS_MAX} teams, which is the most. Leave one first.");
    Error::new(Code::LimitReached, detail)
}

fn too_many_invitations() -> Error {
    let detail =
        format!("The team has {INVITATIONS_MAX} open invitations, which is the most. Withdraw one first.");
    Error::new(Code::LimitReached, detail)
}
