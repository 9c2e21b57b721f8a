//! Records the uses of tokens before the authorizer answers: once it has answered Lambda freezes it, and writes
//! that are still under way may be lost. A use that cannot be recorded fails no answer; the first use of a new
//! secret does.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::{
    event::AuthorizationRequest,
    refusal_log::RefusalLog,
    tally::{Tally, Unwritten},
};
use crate::{
    identity::token_key,
    token::{LastUsed, OnReuse, PresentedSecret, Refusal, RetiredSecrets, StoredToken},
    token_history::{History, TokenEntry, TokenEvent, TokenUse},
};
use api::manifest::Matched;
use base::{
    clock::Clock,
    error::{Error, Result},
    id::{TeamId, TokenId},
    permission::Permissions,
    timestamp::Timestamp,
};
use keys::{KeyRing, KeyedHash};
use table::Tables;
use table::{AttributeValue, Condition, Table, Write, WriteError, attribute, limiter::client_prefix};

/// So long an answer waits for its use to be recorded.
const RECORD_MAX: Duration = Duration::from_secs(2);
/// An address is remembered anew once a day.
const ADDRESS_SECONDS: i64 = 24 * 60 * 60;
/// More tokens than this are not remembered: then all begin anew.
const REMEMBERED_MAX: usize = 10_000;

/// The log, with what was counted in memory and is not written yet.
pub(super) struct UsageLog {
    identity: Table,
    history: History,
    pub(super) retired: RetiredSecrets,
    refusal_log: RefusalLog,
    clock: Clock,
    refusals: Mutex<HashMap<(TokenId, &'static str), Tally>>,
    addresses: Mutex<HashMap<(TokenId, String), i64>>,
}

impl UsageLog {
    pub(super) fn new(tables: &Tables) -> Self {
        let Tables { identity, clock, .. } = tables.clone();
        let (history, refusal_log) = (History::new(tables), RefusalLog::new(tables));
        let retired = RetiredSecrets::new(tables);
        let (refusals, addresses) = (Mutex::default(), Mutex::default());
        Self { identity, history, retired, refusal_log, clock, refusals, addresses }
    }

    /// Records a use, and neither fails nor takes longer than two seconds: the last use at most once a minute and never backwards, the permissions
    /// that were used, a new address, and a refusal. What is due is written concurrently; mostly nothing is.
    pub(super) async fn record(
        &self,
        (token, is_stranger): (&StoredToken, bool),
        route: Option<&Matched<'_>>,
        outcome: &Result<Permissions>,
        used: LastUsed,
    ) {
        let exercised = match (route, outcome) {
            (Some(route), Ok(effective)) => route.access.permissions().intersection(*effective),
            _ => Permissions::NONE,
        };
        // In boxes, as each is many times as large as a decision, and mostly none is due.
        let refusal = Box::pin(async {
            let Err(error) = outcome else { return Ok(()) };
            let team = route.and_then(Matched::team).map(|team| (team, !is_stranger));
            Box::pin(self.record_denied(token, team, error, &used)).await
        });
        let last = Box::pin(self.record_use(token, exercised, &used));
        let address = Box::pin(self.record_address(token, &used));
        let recording = async { tokio::join!(last, address, refusal) };
        match tokio::time::timeout(RECORD_MAX, recording).await {
            Ok((last, address, refusal)) => [last, address, refusal].into_iter().for_each(log_failure),
            Err(_) => log_failure(Err(Error::unavailable(anyhow::anyhow!(
                "the use of a token was not recorded in time"
            )))),
        }
    }

    async fn record_use(&self, token: &StoredToken, exercised: Permissions, used: &LastUsed) -> Result<()> {
        let is_due = LastUsed::is_due(token.last_used.as_ref(), used.at);
        let recorded = if is_due { exercised } else { token.used.rare(exercised, used.at) };
        match self.use_write(token, recorded, Some(used).filter(|_| is_due)) {
            Some(write) => self.identity.write(write).await.map(drop).or_else(ignore_conflict),
            None => Ok(()),
        }
    }

    async fn record_address(&self, token: &StoredToken, used: &LastUsed) -> Result<()> {
        let is_elsewhere = token.last_used.as_ref().is_none_or(|last| last.ip != used.ip);
        let Some(address) = self.unseen_address(&token.id, used).filter(|_| is_elsewhere) else {
            return Ok(());
        };
        let of = TokenUse { user: &token.user, token: &token.id, used: used.clone() };
        self.history.record_address(of, &address).await?;
        self.addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((token.id.clone(), address), used.at.seconds() + ADDRESS_SECONDS);
        Ok(())
    }

    /// Records the refusal of a valid token: in the audit log of the team, and in the token's history.
    async fn record_denied(
        &self,
        token: &StoredToken,
        team: Option<(TeamId, bool)>,
        error: &Error,
        used: &LastUsed,
    ) -> Result<()> {
        let reason = error.code.name();
        let audited = async {
            match team {
                Some(team) => self.refusal_log.record(token, team, reason, used).await,
                None => Ok(()),
            }
        };
        let history = Box::pin(self.record_refusal(token, reason, used));
        let (audited, history) = tokio::join!(Box::pin(audited), history);
        audited.and(history)
    }

    /// The write of a use; none if there is nothing new.
    fn use_write(&self, token: &StoredToken, used: Permissions, last: Option<&LastUsed>) -> Option<Write> {
        if used.is_empty() && last.is_none() {
            return None;
        }
        let mut write = self.identity.update(token_key(&token.user, &token.id));
        let mut when = Condition::ItemExists;
        let seconds =
            AttributeValue::N(last.map_or_else(|| self.clock.now(), |last| last.at).seconds().to_string());
        for permission in used.iter() {
            write = write.set(format!("used.{}", permission.name()), seconds.clone());
        }
        if let Some(last) = last {
            let (used, at) = (attribute(last).ok()?, attribute(&last.at).ok()?);
            let is_first = Condition::Is("last_used".into(), AttributeValue::Null(true));
            when = when.and(Condition::Any(vec![is_first, Condition::Below("last_used.at".into(), at)]));
            write = write.set("last_used", used);
        }
        Some(write.when(when))
    }

    /// Records the refusal of a genuine secret: in the history of the token, and in the audit log of the path's
    /// team. The reuse of a retired secret deactivates the token, if its owner wants that.
    pub(super) async fn record_refused(
        &self,
        token: &StoredToken,
        (presented, refusal): (PresentedSecret, Refusal),
        team: Option<(TeamId, bool)>,
        request: &AuthorizationRequest,
    ) -> Result<()> {
        let used = request.usage(self.clock.now());
        // A secret whose overlap has ended, while the new one was never used, is late and no sign of theft.
        let is_over = matches!(presented, PresentedSecret::Replaced(_) | PresentedSecret::Retired);
        let is_reuse = is_over && refusal == Refusal::Retired;
        if is_reuse && token.on_reuse == OnReuse::Deactivate && token.active {
            self.deactivate(token, request, used.at).await?;
        }
        let reason = refusal.name();
        if let Some(team) = team {
            self.refusal_log.record(token, team, reason, &used).await?;
        }
        self.record_refusal(token, reason, &used).await
    }

    async fn deactivate(
        &self,
        token: &StoredToken,
        request: &AuthorizationRequest,
        now: Timestamp,
    ) -> Result<()> {
        let actor = request.actor(token, now);
        let write = self.identity.update(token_key(&token.user, &token.id)).add("version", 1);
        let write = write
            .set("active", attribute(&false)?)
            .set("updated_at", attribute(&now)?)
            .set("actor", attribute(&actor)?);
        let is_on = Condition::Is("active".into(), AttributeValue::Bool(true));
        let entry = TokenEntry {
            reason: Some(Refusal::Retired.name().to_owned()),
            ip: Some(actor.ip),
            ..TokenEntry::new(TokenEvent::Deactivated, now)
        };
        let entry = self.history.entry(&token.user, &token.id, &entry)?;
        let writes = vec![write.when(is_on.and(Condition::AttributeMissing("revoked_at".into()))), entry];
        match self.identity.transact(writes).await {
            // It is off already.
            Ok(()) | Err(WriteError::ConditionFailed(_)) => Ok(()),
            Err(WriteError::Failed(error)) => Err(error),
        }
    }

    /// Makes the pending secret the current one, and ends the old one if its first use does. `None` if the token has
    /// changed since it was read.
    pub(super) async fn confirm(
        &self,
        token: StoredToken,
        secret: KeyedHash,
        request: &AuthorizationRequest,
    ) -> Result<Option<StoredToken>> {
        let (seen, now) = (token.version, self.clock.now());
        let actor = request.actor(&token, now);
        let before = token.retired_secrets.clone();
        let token = token.confirmed(secret, now);
        let token = StoredToken { version: seen + 1, updated_at: now, actor: actor.clone(), ..token };
        let is_same =
            Condition::is_number("version", seen).and(Condition::AttributeMissing("revoked_at".into()));
        let write = self.identity.update(token_key(&token.user, &token.id)).remove("pending");
        let write = write
            .set("secret", attribute(&token.secret)?)
            .set("secret_created_at", attribute(&token.secret_created_at)?)
            .set("hint", attribute(&token.hint)?)
            .set("replaced", attribute(&token.replaced)?)
            .set("rotated_away", attribute(&token.retired_secrets)?)
            .set("version", attribute(&token.version)?)
            .set("updated_at", attribute(&now)?)
            .set("actor", attribute(&actor)?)
            .when(is_same);
        let entry = TokenEntry::by(TokenEvent::Confirmed, now, &actor);
        let mut writes = vec![write, self.history.entry(&token.user, &token.id, &entry)?];
        writes.extend(self.retired.archive(&token, &before, now));
        match self.identity.transact(writes).await {
            Ok(()) => Ok(Some(token)),
            Err(WriteError::ConditionFailed(_)) => Ok(None),
            Err(WriteError::Failed(error)) => Err(error),
        }
    }

    /// Stores the hash of the secret under the current key, if it is stored under another one.
    pub(super) async fn rehash(&self, token: &StoredToken, ring: &KeyRing, secret: &str) {
        if token.secret.key_id() == ring.current() {
            return;
        }
        let (Ok(old), Ok(new)) = (attribute(&token.secret), attribute(&ring.hash(secret))) else { return };
        let write = self.identity.update(token_key(&token.user, &token.id)).set("secret", new);
        let write = write.when(Condition::Is("secret".into(), old));
        log_failure(self.identity.write(write).await.map(drop).or_else(ignore_conflict));
    }

    /// Counts a refusal, and writes the count to the token's history if it is due.
    async fn record_refusal(&self, token: &StoredToken, reason: &'static str, used: &LastUsed) -> Result<()> {
        let Some(count) = self.tally(token, reason, |tally| tally.count(used.at.seconds())) else {
            return Ok(());
        };
        let of = TokenUse { user: &token.user, token: &token.id, used: used.clone() };
        let unwritten = Unwritten::new(|| self.tally(token, reason, |tally| tally.give_back(count)));
        self.history.record_refusals(of, reason, count).await?;
        unwritten.written();
        Ok(())
    }

    /// Runs this on the tally of refusals of a token for a reason.
    fn tally<T>(&self, token: &StoredToken, reason: &'static str, what: impl FnOnce(&mut Tally) -> T) -> T {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if refusals.len() >= REMEMBERED_MAX {
            refusals.clear();
        }
        what(refusals.entry((token.id.clone(), reason)).or_insert(Tally::NEVER))
    }

    /// The address, if this process has not looked at it for this token within the day.
    fn unseen_address(&self, token: &TokenId, used: &LastUsed) -> Option<String> {
        let address = client_prefix(used.ip.as_ref()?.parse().ok()?).to_string();
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if addresses.len() >= REMEMBERED_MAX {
            addresses.clear();
        }
        let is_seen =
            addresses.get(&(token.clone(), address.clone())).is_some_and(|until| *until > used.at.seconds());
        Some(address).filter(|_| !is_seen)
    }
}

/// A conflict means that another request has recorded it, or that the token is gone.
fn ignore_conflict(error: WriteError) -> Result<()> {
    match error {
        WriteError::ConditionFailed(_) => Ok(()),
        WriteError::Failed(error) => Err(error),
    }
}

/// A use that could not be recorded fails no answer, but somebody should know.
fn log_failure(outcome: Result<()>) {
    if let Err(error) = outcome {
        tracing::warn!(code = error.code.name(), detail = error.detail(), "a use of a token was not noted");
    }
}
