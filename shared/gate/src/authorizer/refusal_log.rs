//! Logs refused requests of genuine tokens to the audit log of the team that they were about: its owners see
//! who tries to get in, and a flood of attempts is no flood of writes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::tally::{Tally, Unwritten};
use crate::{
    identity::team_key,
    token::{LastUsed, StoredToken},
};
use audit::RefusedRequests;
use base::{
    error::Result,
    id::{TeamId, TokenId},
};
use table::Table;
use table::Tables;

const HOUR_SECONDS: i64 = 60 * 60;
/// So many foreign teams, of which the token's user is no member, are looked up in an hour: whoever tries one
/// team after the other must not cost a read each time. Refusals in the user's own teams are logged whatever
/// else was tried.
const FOREIGN_TEAMS_MAX: usize = 16;
/// So many addresses and reasons of a token are counted apart in an hour; all others are counted as from no
/// address.
const COUNTED_APART_MAX: usize = 64;
/// More tokens than this are not remembered: then all are forgotten.
const REMEMBERED_MAX: usize = 10_000;

/// The log, with what was counted in memory and is not written yet.
#[derive(Clone)]
pub(super) struct RefusalLog {
    identity: Table,
    activity: Table,
    windows: Arc<Mutex<HashMap<TokenId, HourlyWindow>>>,
}

/// The refusals of a token in one hour.
#[derive(Default)]
struct HourlyWindow {
    start: i64,
    refusals: HashMap<RefusalKey, Tally>,
    /// Foreign teams, and whether they exist.
    foreign_teams: HashMap<TeamId, bool>,
}

/// What is counted together.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct RefusalKey {
    team: TeamId,
    ip: Option<String>,
    reason: &'static str,
}

impl RefusalLog {
    pub(super) fn new(tables: &Tables) -> Self {
        let Tables { identity, activity, .. } = tables.clone();
        Self { identity, activity, windows: Arc::default() }
    }

    /// Counts a refusal, and writes the count if it is due. The token's user is a member of the team, or not.
    pub(super) async fn record(
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
        let key = RefusalKey { team, ip: used.ip.clone(), reason };
        let Some((key, count)) = self.count(&token.id, key, now) else { return Ok(()) };
        let RefusalKey { team, ip, reason } = &key;
        let (user, ip, at) = (&token.user, ip.as_deref(), used.at);
        // What a stranger calls a token is the stranger's own affair, and could be a message to those who read
        // the log.
        let name = Some(token.name.as_str()).filter(|_| is_member);
        let refused = RefusedRequests { team, user, token: &token.id, name, ip, reason, count, at };
        let unwritten = Unwritten::new(|| {
            self.in_window(&token.id, now, |window| {
                window.refusals.entry(key.clone()).or_insert(Tally::NEVER).give_back(count);
            });
        });
        self.activity.write(refused.write(&self.activity)?).await?;
        unwritten.written();
        Ok(())
    }

    /// How many refusals to write now, and under which key; none if some were written within the minute.
    fn count(&self, token: &TokenId, key: RefusalKey, now: i64) -> Option<(RefusalKey, u64)> {
        self.in_window(token, now, |window| {
            let is_full = window.refusals.len() >= COUNTED_APART_MAX && !window.refusals.contains_key(&key);
            let key = if is_full { RefusalKey { ip: None, ..key } } else { key };
            let count = window.refusals.entry(key.clone()).or_insert(Tally::NEVER).count(now)?;
            Some((key, count))
        })
    }

    /// Whether there is such a team, looked up once an hour: an id that never was a team gets no entries, and
    /// neither does one for which no look-up is left.
    async fn is_team(&self, token: &TokenId, team: &TeamId, now: i64) -> Result<bool> {
        let (known, has_room) = self.in_window(token, now, |window| {
            (window.foreign_teams.get(team).copied(), window.foreign_teams.len() < FOREIGN_TEAMS_MAX)
        });
        if known.is_some() || !has_room {
            return Ok(known.unwrap_or(false));
        }
        let is_team = self.identity.get(team_key(team)).await?.is_some();
        self.in_window(token, now, |window| window.foreign_teams.insert(team.clone(), is_team));
        Ok(is_team)
    }

    /// Runs this on the window of a token, which starts anew with each hour.
    fn in_window<T>(&self, token: &TokenId, now: i64, what: impl FnOnce(&mut HourlyWindow) -> T) -> T {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= REMEMBERED_MAX {
            windows.clear();
        }
        let window = windows.entry(token.clone()).or_default();
        let start = now - now.rem_euclid(HOUR_SECONDS);
        if window.start != start {
            *window = HourlyWindow { start, ..HourlyWindow::default() };
        }
        what(window)
    }
}
