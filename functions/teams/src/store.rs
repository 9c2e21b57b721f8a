//! The storage of people and teams: a membership lies with its user, for the authorizer, and with its team, for
//! lists.

use api::{Caller, extract::Page};
use audit::KEEP_DAYS;
use base::{
    Code, Error, Fault, Result, Role, Timestamp, Violation,
    access::Credential,
    clock::Clock,
    id::{TeamId, UserId},
};
use gate::{
    identity::{Membership, member_key, membership_key, profile_key, team_key, token_key, user_partition},
    token::StoredToken,
    token_history::History,
};
use keys::{Keys, Platform};
use table::{
    Attempt, Condition, Item, Key, QueryPage, Table, TableQuery, Tables, Write, WriteError, decode, retry,
};

use crate::{
    room::Room,
    team::{NewTeam, StoredTeam, Team, TeamOfMine, User},
};

/// The places, in the writes that make a team, of the one that takes the slug and of the one that takes the room.
const SLUG: usize = 1;
const ROOM: usize = 4;

/// The teams.
#[derive(Clone)]
pub struct Store {
    pub(crate) identity: Table,
    pub(crate) keys: Keys,
    pub(crate) history: History,
    clock: Clock,
}

impl Store {
    /// The teams of the platform.
    pub fn new(platform: &Platform) -> Self {
        let Platform { tables, keys } = platform.clone();
        let Tables { identity, clock, .. } = tables;
        Self { identity, keys, history: History::new(platform), clock }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Who the caller is. What a session tells of its person is written down, so that others can be told.
    pub(crate) async fn user(&self, caller: &Caller) -> Result<User> {
        let known = self.identity.get(profile_key(&caller.user)).await?.map(decode::<User>).transpose()?;
        if caller.credential == Credential::Token {
            let unknown = User { id: caller.user.clone(), email: None, name: None };
            return Ok(known.map_or(unknown, User::shown));
        }
        // An access token may say less of its person than an ID token did before.
        let (email, name) = known.clone().map_or((None, None), |known| (known.email, known.name));
        let (email, name) = (caller.email.clone().or(email), caller.name.clone().or(name));
        let user = User { id: caller.user.clone(), email, name }.shown();
        if known.as_ref() != Some(&user) {
            self.identity.write(self.identity.put(profile_key(&user.id), &user)?).await?;
        }
        Ok(user)
    }

    /// The caller's teams: those of a page, or all.
    pub(crate) async fn teams(
        &self,
        caller: &Caller,
        page: Option<&Page>,
    ) -> Result<(Vec<TeamOfMine>, Option<Item>)> {
        let found = self.memberships(&caller.user, page).await?;
        let mut memberships =
            found.items.into_iter().map(decode::<Membership>).collect::<Result<Vec<_>>>()?;
        if let Some(token) = self.own_token(caller).await? {
            let issued_at = token.callers_secret_issued_at(caller);
            memberships
                .retain(|found| token.can_access(&found.team, found.token_lifetime_days_max, issued_at));
        }
        let keys = memberships.iter().map(|membership| team_key(&membership.team)).collect();
        let teams = self.identity.get_many(keys).await?;
        let teams = teams.into_iter().map(decode::<StoredTeam>).collect::<Result<Vec<_>>>()?;
        let of_mine = |membership: Membership| {
            let team = teams.iter().find(|team| team.team.id == membership.team)?.team.clone();
            Some(TeamOfMine::new(team, membership.role, caller))
        };
        Ok((memberships.into_iter().filter_map(of_mine).collect(), found.next))
    }

    async fn memberships(&self, user: &UserId, page: Option<&Page>) -> Result<QueryPage> {
        let query = || TableQuery::partition(user_partition(user)).prefix("TEAM#");
        if let Some(page) = page {
            return self.identity.query(query().after(page.after.clone()).limit(page.limit)).await;
        }
        let mut all = QueryPage { items: Vec::new(), next: None };
        loop {
            let found = self.identity.query(query().after(all.next.take())).await?;
            all.items.extend(found.items);
            match found.next {
                Some(next) => all.next = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// The token that asks, if it is one: it may reach fewer teams than its user.
    async fn own_token(&self, caller: &Caller) -> Result<Option<StoredToken>> {
        let Some(token) = &caller.token else { return Ok(None) };
        let item = self.identity.get(token_key(&caller.user, token)).await?;
        item.ok_or_else(Error::unauthenticated).and_then(decode).map(Some)
    }

    /// Makes a team with its creator as the owner; the slug, and the room among the creator's teams, are taken in the same
    /// write.
    pub(crate) async fn create(&self, caller: &Caller, new: NewTeam) -> Result<Team> {
        let (id, now) = (TeamId::new(), self.now());
        let NewTeam { name, slug } = new;
        let (created_at, updated_at, version, token_lifetime_days_max) = (now, now, 1, None);
        let audit_log_days = KEEP_DAYS;
        let team =
            Team { id, name, slug, token_lifetime_days_max, audit_log_days, created_at, updated_at, version };
        let stored = StoredTeam { team: team.clone(), owners: 1, actor: caller.actor() };
        let entry = [("team".to_owned(), table::attribute(&team.id)?)].into();
        let mut writes = vec![
            self.identity.put(team_key(&team.id), &stored)?.when(Condition::ItemMissing),
            self.identity.put_item(slug_key(&team), entry).when(Condition::ItemMissing),
        ];
        writes.extend(self.join(&team, caller, Role::Owner)?);
        let writes = writes.as_slice();
        retry("list of teams", || async move {
            let room = Room::of_user(&self.identity, &caller.user).await?;
            let writes = [writes, &[room.taken(&self.identity)]].concat();
            match self.identity.transact(writes).await {
                Ok(()) => Ok(Attempt::Done(())),
                // Another team came between: they are counted again.
                Err(WriteError::ConditionFailed(refused)) if refused.at(ROOM) && !refused.at(SLUG) => {
                    Ok(Attempt::Conflict)
                }
                Err(error) => Err(error.into_error(|_| slug_taken())),
            }
        })
        .await?;
        Ok(team)
    }

    pub(crate) async fn read(&self, team: &TeamId) -> Result<Team> {
        self.team(team).await?.ok_or_else(|| Error::not_found("team"))
    }

    pub(crate) async fn team(&self, team: &TeamId) -> Result<Option<Team>> {
        let item = self.identity.get(team_key(team)).await?;
        Ok(item.map(decode::<StoredTeam>).transpose()?.map(|stored| stored.team))
    }

    /// The two writes that make the caller a member; to be done with one that makes sure that the team is still as it
    /// was read, as the membership holds a setting of it.
    pub(crate) fn join(&self, team: &Team, caller: &Caller, role: Role) -> Result<[Write; 2]> {
        let (now, user) = (self.now(), &caller.user);
        let membership = Membership {
            team: team.id.clone(),
            user: user.clone(),
            role,
            token_lifetime_days_max: team.token_lifetime_days_max,
            created_at: now,
            updated_at: now,
            version: 1,
            actor: caller.actor(),
        };
        Ok([
            self.identity.put(membership_key(user, &team.id), &membership)?.when(Condition::ItemMissing),
            self.identity.put(member_key(&team.id, user), &membership)?,
        ])
    }
}

impl TeamOfMine {
    pub(crate) fn new(team: Team, role: Role, caller: &Caller) -> Self {
        Self { team, role, permissions: caller.permissions.intersection(role.permissions()) }
    }
}

fn slug_taken() -> Error {
    let detail = "Another team has this slug already.";
    Error::new(Code::SlugTaken, detail).with_faults(vec![Fault::new("/slug", Violation::SlugTaken, detail)])
}

fn slug_key(team: &Team) -> Key {
    Key::new(format!("SLUG#{}", team.slug), "SLUG")
}

/// The team is unchanged since it was read: each change raises its version.
pub(crate) fn team_unchanged(team: &Team) -> Condition {
    Condition::is_number("version", team.version)
}
