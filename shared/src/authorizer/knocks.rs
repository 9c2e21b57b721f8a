//! Refused attempts of genuine tokens, for the audit log of the team that they were about: so that whoever owns the team
//! sees who knocks, and a flood of knocks is no flood of writes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::tally::Tally;
use crate::{
    audit::Refused,
    error::Result,
    id::{TeamId, TokenId},
    identity::team_key,
    platform::Platform,
    table::Table,
    token::{LastUsed, StoredToken},
};

const HOUR_SECONDS: i64 = 60 * 60;
/// So many teams are looked for that a token's user is no member of, in an hour: whoever tries one team after the other
/// must not cost a read each time. Teams of which the user is one are told whatever else was tried.
const STRANGE_TEAMS_MAX: usize = 16;
/// So many addresses and reasons are told apart of a token in an hour; all others are counted as from no address.
const TOLD_APART_MAX: usize = 64;
/// More tokens than this are not remembered: then all begin anew.
const REMEMBERED_MAX: usize = 10_000;

/// What writes them down.
#[derive(Clone)]
pub(super) struct Knocks {
    identity: Table,
    activity: Table,
    seen: Arc<Mutex<HashMap<TokenId, Hour>>>,
}

/// The attempts of a token in an hour.
#[derive(Default)]
struct Hour {
    begun: i64,
    attempts: HashMap<Attempt, Tally>,
    /// Teams of others, and whether they are there.
    strange: HashMap<TeamId, bool>,
}

/// What is counted together.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Attempt {
    team: TeamId,
    ip: Option<String>,
    reason: &'static str,
}

impl Knocks {
    pub(super) fn new(platform: &Platform) -> Self {
        let Platform { identity, activity, .. } = platform.clone();
        Self { identity, activity, seen: Arc::default() }
    }

    /// Counts an attempt that was refused, and writes it down if it is time to. The team is one that the token's user is a
    /// member of, or not.
    pub(super) async fn refused(
        &self,
        token: &StoredToken,
        (team, is_member): (TeamId, bool),
        reason: &'static str,
        used: &LastUsed,
    ) -> Result<()> {
        let now = used.at.seconds();
        if !is_member && !self.is_team(&token.id, &team, now).await? {
            return Ok(());
        }
        let attempt = Attempt { team, ip: used.ip.clone(), reason };
        let Some((attempt, count)) = self.count(&token.id, attempt, now) else { return Ok(()) };
        let Attempt { team, ip, reason } = &attempt;
        let (user, ip, at) = (&token.user, ip.as_deref(), used.at);
        // What a stranger calls a token is the stranger's own affair, and could be a message to those who read the log.
        let name = Some(token.name.as_str()).filter(|_| is_member);
        let refused = Refused { team, user, token: &token.id, name, ip, reason, count, at };
        let outcome = self.activity.write(refused.write(&self.activity)?).await;
        if outcome.is_err() {
            let give_back =
                |hour: &mut Hour| hour.attempts.entry(attempt).or_insert(Tally::NEVER).give_back(count);
            self.in_hour(&token.id, now, give_back);
        }
        outcome.map(drop).map_err(Into::into)
    }

    /// How many attempts to write down now, and as what; none if some were written within the minute.
    fn count(&self, token: &TokenId, attempt: Attempt, now: i64) -> Option<(Attempt, u64)> {
        self.in_hour(token, now, |hour| {
            let is_full = hour.attempts.len() >= TOLD_APART_MAX && !hour.attempts.contains_key(&attempt);
            let attempt = if is_full { Attempt { ip: None, ..attempt } } else { attempt };
            let count = hour.attempts.entry(attempt.clone()).or_insert(Tally::NEVER).count(now)?;
            Some((attempt, count))
        })
    }

    /// Whether there is such a team, looked for once an hour: an id that never was one gets no entries, and neither does
    /// one for which there is no look left.
    async fn is_team(&self, token: &TokenId, team: &TeamId, now: i64) -> Result<bool> {
        let (known, has_room) = self.in_hour(token, now, |hour| {
            (hour.strange.get(team).copied(), hour.strange.len() < STRANGE_TEAMS_MAX)
        });
        if known.is_some() || !has_room {
            return Ok(known.unwrap_or(false));
        }
        let is_team = self.identity.get(team_key(team)).await?.is_some();
        self.in_hour(token, now, |hour| hour.strange.insert(team.clone(), is_team));
        Ok(is_team)
    }

    /// Does something with what is remembered of a token in this hour.
    fn in_hour<T>(&self, token: &TokenId, now: i64, what: impl FnOnce(&mut Hour) -> T) -> T {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= REMEMBERED_MAX {
            seen.clear();
        }
        let hour = seen.entry(token.clone()).or_default();
        let begun = now - now.rem_euclid(HOUR_SECONDS);
        if hour.begun != begun {
            *hour = Hour { begun, ..Hour::default() };
        }
        what(hour)
    }
}
