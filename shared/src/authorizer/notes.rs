//! What the authorizer writes down of a token, before it answers: once it has, Lambda stops it, and what is still under way
//! may never arrive. Uses fail no answer; the first use of a new secret does.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::{event::Question, knocks::Knocks, tally::Tally};
use crate::{
    access::Credential,
    actor::{Actor, Source},
    clock::Clock,
    error::{Code, Error, Result},
    history::{Entry, Event, History, Use},
    id::{TeamId, TokenId},
    identity::token_key,
    keys::{KeyRing, KeyedHash},
    manifest::Matched,
    permission::Permissions,
    platform::Platform,
    rate::network,
    table::{AttributeValue, Table, When, Write, WriteError, attribute},
    timestamp::Timestamp,
    token::{EndedSecrets, LastUsed, OnReuse, Presented, Refusal, StoredToken},
};

/// An address is remembered anew once a day.
const ADDRESS_SECONDS: i64 = 24 * 60 * 60;
/// More tokens than this are not remembered: then all begin anew.
const REMEMBERED_MAX: usize = 10_000;

/// What writes it down.
pub(super) struct Notes {
    identity: Table,
    history: History,
    pub(super) ended: EndedSecrets,
    knocks: Knocks,
    clock: Clock,
    refusals: Mutex<HashMap<(TokenId, &'static str), Tally>>,
    addresses: Mutex<HashMap<(TokenId, String), i64>>,
}

impl Notes {
    pub(super) fn new(platform: &Platform) -> Self {
        let Platform { identity, clock, .. } = platform.clone();
        let (history, knocks) = (History::new(platform), Knocks::new(platform));
        let ended = EndedSecrets::new(platform);
        let (refusals, addresses) = (Mutex::default(), Mutex::default());
        Self { identity, history, ended, knocks, clock, refusals, addresses }
    }

    /// Notes a use, which fails no answer: the last use at most once a minute and never backwards, the permissions that were
    /// used, an address that is new, and what was refused. What is due is written side by side; mostly nothing is.
    pub(super) async fn note(
        &self,
        token: &StoredToken,
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
            Box::pin(self.denied(token, route.and_then(Matched::team), error, &used)).await
        });
        let last = Box::pin(self.note_use(token, exercised, &used));
        let address = Box::pin(self.note_address(token, &used));
        let (last, address, refusal) = tokio::join!(last, address, refusal);
        [last, address, refusal].into_iter().for_each(told);
    }

    async fn note_use(&self, token: &StoredToken, exercised: Permissions, used: &LastUsed) -> Result<()> {
        let is_due = LastUsed::is_due(token.last_used.as_ref(), used.at);
        let recorded = if is_due { exercised } else { token.used.rare(exercised, used.at) };
        match self.use_write(token, recorded, Some(used).filter(|_| is_due)) {
            Some(write) => self.identity.write(write).await.map(drop).or_else(overtaken),
            None => Ok(()),
        }
    }

    async fn note_address(&self, token: &StoredToken, used: &LastUsed) -> Result<()> {
        let is_elsewhere = token.last_used.as_ref().is_none_or(|last| last.ip != used.ip);
        let Some(address) = self.unseen_address(&token.id, used).filter(|_| is_elsewhere) else {
            return Ok(());
        };
        let of = Use { user: &token.user, token: &token.id, used: used.clone() };
        self.history.used_from(of, &address).await?;
        self.addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((token.id.clone(), address), used.at.seconds() + ADDRESS_SECONDS);
        Ok(())
    }

    /// What a token that counts was refused: in the audit log of the team, and in its history.
    async fn denied(
        &self,
        token: &StoredToken,
        team: Option<TeamId>,
        error: &Error,
        used: &LastUsed,
    ) -> Result<()> {
        let reason = error.code.name();
        // Whoever is no member is told that and nothing else.
        let is_member = error.code != Code::NoAccess;
        let knock = async {
            match team {
                Some(team) => self.knocks.refused(token, (team, is_member), reason, used).await,
                None => Ok(()),
            }
        };
        let history = Box::pin(self.write_refusal(token, reason, used));
        let (knock, history) = tokio::join!(Box::pin(knock), history);
        knock.and(history)
    }

    /// The write of a use; none if there is nothing new.
    fn use_write(&self, token: &StoredToken, used: Permissions, last: Option<&LastUsed>) -> Option<Write> {
        if used.is_empty() && last.is_none() {
            return None;
        }
        let mut write = self.identity.update(token_key(&token.user, &token.id));
        let mut when = When::Exists;
        let seconds =
            AttributeValue::N(last.map_or_else(|| self.clock.now(), |last| last.at).seconds().to_string());
        for permission in used.iter() {
            write = write.set(format!("used.{}", permission.name()), seconds.clone());
        }
        if let Some(last) = last {
            let (used, at) = (attribute(last).ok()?, attribute(&last.at).ok()?);
            let is_first = When::Is("last_used".into(), AttributeValue::Null(true));
            when = when.and(When::Any(vec![is_first, When::Below("last_used.at".into(), at)]));
            write = write.set("last_used", used);
        }
        Some(write.when(when))
    }

    /// Notes that a genuine secret was refused, before the answer, so that it is not lost with it: in the history of the
    /// token, and in the audit log of the team that the path names, of which its user is a member or not. The reuse of a
    /// secret that was rotated away switches the token off, if its owner wants that.
    pub(super) async fn refused(
        &self,
        token: &StoredToken,
        (presented, refusal): (Presented, Refusal),
        team: Option<(TeamId, bool)>,
        question: &Question,
    ) -> Result<()> {
        let used = question.usage(self.clock.now());
        // A secret whose overlap has ended, while the new one was never used, is late and no sign of a thief.
        let is_reuse = presented == Presented::RotatedAway && refusal == Refusal::RotatedAway;
        if is_reuse && token.on_reuse == OnReuse::Deactivate && token.active {
            self.deactivate(token, question, used.at).await?;
        }
        let reason = refusal.name();
        if let Some(team) = team {
            self.knocks.refused(token, team, reason, &used).await?;
        }
        self.write_refusal(token, reason, &used).await
    }

    async fn deactivate(&self, token: &StoredToken, question: &Question, now: Timestamp) -> Result<()> {
        let actor = actor(token, question, now);
        let write = self.identity.update(token_key(&token.user, &token.id)).add("version", 1);
        let write = write
            .set("active", attribute(&false)?)
            .set("updated_at", attribute(&now)?)
            .set("actor", attribute(&actor)?);
        let is_on = When::Is("active".into(), AttributeValue::Bool(true));
        let entry = Entry {
            reason: Some(Refusal::RotatedAway.name().to_owned()),
            ip: Some(actor.ip),
            ..Entry::new(Event::Deactivated, now)
        };
        let entry = self.history.entry(&token.user, &token.id, &entry)?;
        let writes = vec![write.when(is_on.and(When::Unset("revoked_at".into()))), entry];
        match self.identity.transact(writes).await {
            // It is off already.
            Ok(()) | Err(WriteError::Refused(_)) => Ok(()),
            Err(WriteError::Failed(error)) => Err(error),
        }
    }

    /// Puts the pending secret in use: from now on the one before it is refused. `None` if the token has changed since it
    /// was read.
    pub(super) async fn confirm(
        &self,
        token: StoredToken,
        secret: KeyedHash,
        question: &Question,
    ) -> Result<Option<StoredToken>> {
        let (seen, now) = (token.version, self.clock.now());
        let actor = actor(&token, question, now);
        let before = token.rotated_away.clone();
        let token = token.confirmed(secret);
        let token = StoredToken { version: seen + 1, updated_at: now, actor: actor.clone(), ..token };
        let is_same = When::is_number("version", seen).and(When::Unset("revoked_at".into()));
        let write = self.identity.update(token_key(&token.user, &token.id)).remove("pending");
        let write = write
            .set("secret", attribute(&token.secret)?)
            .set("secret_created_at", attribute(&token.secret_created_at)?)
            .set("hint", attribute(&token.hint)?)
            .set("rotated_away", attribute(&token.rotated_away)?)
            .set("version", attribute(&token.version)?)
            .set("updated_at", attribute(&now)?)
            .set("actor", attribute(&actor)?)
            .when(is_same);
        let entry = Entry::by(Event::Confirmed, now, &actor);
        let mut writes = vec![write, self.history.entry(&token.user, &token.id, &entry)?];
        writes.extend(self.ended.keep(&token, &before, now));
        match self.identity.transact(writes).await {
            Ok(()) => Ok(Some(token)),
            Err(WriteError::Refused(_)) => Ok(None),
            Err(WriteError::Failed(error)) => Err(error),
        }
    }

    /// Keeps the secret under the current key, if it is kept under another one.
    pub(super) async fn rehash(&self, token: &StoredToken, ring: &KeyRing, secret: &str) {
        if token.secret.key_id() == ring.current() {
            return;
        }
        let (Ok(old), Ok(new)) = (attribute(&token.secret), attribute(&ring.hash(secret))) else { return };
        let write = self.identity.update(token_key(&token.user, &token.id)).set("secret", new);
        let write = write.when(When::Is("secret".into(), old));
        told(self.identity.write(write).await.map(drop).or_else(overtaken));
    }

    /// Writes refusals into the history, those with it that were not written within the minute.
    async fn write_refusal(&self, token: &StoredToken, reason: &'static str, used: &LastUsed) -> Result<()> {
        let Some(count) = self.tally(token, reason, |tally| tally.count(used.at.seconds())) else {
            return Ok(());
        };
        let of = Use { user: &token.user, token: &token.id, used: used.clone() };
        let outcome = self.history.refused(of, reason, count).await;
        if outcome.is_err() {
            self.tally(token, reason, |tally| tally.give_back(count));
        }
        outcome
    }

    /// Does something with the number of refusals of a token for a reason.
    fn tally<T>(&self, token: &StoredToken, reason: &'static str, what: impl FnOnce(&mut Tally) -> T) -> T {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if refusals.len() >= REMEMBERED_MAX {
            refusals.clear();
        }
        what(refusals.entry((token.id.clone(), reason)).or_insert(Tally::NEVER))
    }

    /// The address, if this process has not looked at it for this token within the day.
    fn unseen_address(&self, token: &TokenId, used: &LastUsed) -> Option<String> {
        let address = network(used.ip.as_ref()?.parse().ok()?).to_string();
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if addresses.len() >= REMEMBERED_MAX {
            addresses.clear();
        }
        let is_seen =
            addresses.get(&(token.clone(), address.clone())).is_some_and(|until| *until > used.at.seconds());
        Some(address).filter(|_| !is_seen)
    }
}

/// Who did what the gate itself writes: whoever sent the token.
fn actor(token: &StoredToken, question: &Question, now: Timestamp) -> Actor {
    Actor {
        user: token.user.clone(),
        credential: Credential::Token,
        token: Some(token.id.clone()),
        ip: question.usage(now).ip.unwrap_or_default(),
        source: Source::Api,
        request_id: question.request_id.clone(),
    }
}

/// What was to be noted has been noted by another request, or there is nothing left to note it on.
fn overtaken(error: WriteError) -> Result<()> {
    match error {
        WriteError::Refused(_) => Ok(()),
        WriteError::Failed(error) => Err(error),
    }
}

/// What is not noted fails no answer, but somebody should know.
fn told(outcome: Result<()>) {
    if let Err(error) = outcome {
        tracing::warn!(code = error.code.name(), detail = error.detail(), "a use of a token was not noted");
    }
}
