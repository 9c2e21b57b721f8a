//! Refused attempts of genuine tokens, for the audit log of the team that they were about: so that whoever owns the team
//! sees who knocks, and a flood of knocks is no flood of writes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    audit::Refused,
    error::Result,
    id::{TeamId, TokenId},
    identity::team_key,
    platform::Platform,
    table::Table,
    token::{LastUsed, StoredToken},
};

/// The same attempts are written once in this time.
const EVERY_SECONDS: i64 = 60;
const HOUR_SECONDS: i64 = 60 * 60;
/// So many teams, addresses and reasons are told apart of a token in an hour: whoever tries one team after the other must
/// not cost a read and a write each time.
const TOLD_APART_MAX: usize = 16;
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
    attempts: HashMap<Attempt, Count>,
}

/// What is counted together.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Attempt {
    team: TeamId,
    ip: Option<String>,
    reason: &'static str,
}

/// How often, and what is known of the team.
struct Count {
    written_at: i64,
    unwritten: u64,
    /// Whether there is such a team; not known before it was looked for.
    is_team: Option<bool>,
}

impl Knocks {
    pub(super) fn new(platform: &Platform) -> Self {
        let Platform { identity, activity, .. } = platform.clone();
        Self { identity, activity, seen: Arc::default() }
    }

    /// Counts an attempt that was refused, and writes it down if it is time to.
    pub(super) async fn refused(
        &self,
        token: &StoredToken,
        team: TeamId,
        reason: &'static str,
        used: &LastUsed,
    ) -> Result<()> {
        let attempt = Attempt { team, ip: used.ip.clone(), reason };
        let Some((count, is_team)) = self.count(&token.id, &attempt, used.at.seconds()) else {
            return Ok(());
        };
        let is_team = match is_team {
            Some(is_team) => is_team,
            None => self.look_for(&token.id, &attempt).await?,
        };
        if !is_team {
            return Ok(());
        }
        let Attempt { team, ip, reason } = &attempt;
        let (user, ip, at) = (&token.user, ip.as_deref(), used.at);
        let refused = Refused { team, user, token: &token.id, name: &token.name, ip, reason, count, at };
        self.activity.write(refused.write(&self.activity)?).await?;
        Ok(())
    }

    /// How many attempts to write down now, and whether there is such a team, if that is known; none if some were written
    /// within the minute, or there are too many to be told apart.
    fn count(&self, token: &TokenId, attempt: &Attempt, now: i64) -> Option<(u64, Option<bool>)> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= REMEMBERED_MAX {
            seen.clear();
        }
        let hour = seen.entry(token.clone()).or_default();
        let begun = now - now.rem_euclid(HOUR_SECONDS);
        if hour.begun != begun {
            *hour = Hour { begun, attempts: HashMap::new() };
        }
        if hour.attempts.len() >= TOLD_APART_MAX && !hour.attempts.contains_key(attempt) {
            return None;
        }
        let never = Count { written_at: i64::MIN, unwritten: 0, is_team: None };
        let count = hour.attempts.entry(attempt.clone()).or_insert(never);
        count.unwritten += 1;
        if count.is_team == Some(false) || count.written_at.saturating_add(EVERY_SECONDS) > now {
            return None;
        }
        count.written_at = now;
        Some((std::mem::take(&mut count.unwritten), count.is_team))
    }

    /// Whether there is such a team, looked for once an hour: an id that never was one gets no entries.
    async fn look_for(&self, token: &TokenId, attempt: &Attempt) -> Result<bool> {
        let is_team = self.identity.get(team_key(&attempt.team)).await?.is_some();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = seen.get_mut(token).and_then(|hour| hour.attempts.get_mut(attempt)) {
            count.is_team = Some(is_team);
        }
        Ok(is_team)
    }
}
