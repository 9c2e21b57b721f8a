//! What the authorizer writes down of a token: its uses, beside the answer, and what must stand before the answer goes
//! out, such as the first use of a new secret.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::{event::Question, knocks::Knocks};
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

/// The same thing of the same token is written once in this time.
const EVERY_SECONDS: i64 = 60;
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
    refusals: Mutex<HashMap<(TokenId, String), Refused>>,
    addresses: Mutex<HashMap<(TokenId, String), i64>>,
}

/// Refusals for one reason that are not written down yet.
struct Refused {
    written_at: i64,
    unwritten: u64,
}

impl Notes {
    pub(super) fn new(platform: &Platform) -> Self {
        let Platform { identity, clock, .. } = platform.clone();
        let (history, knocks) = (History::new(platform), Knocks::new(platform));
        let ended = EndedSecrets::new(platform);
        let (refusals, addresses) = (Mutex::default(), Mutex::default());
        Self { identity, history, ended, knocks, clock, refusals, addresses }
    }

    /// Notes a use beside the answer, which it neither delays nor fails: the last use at most once a minute and never
    /// backwards, the permissions that were used, an address that is new, and what was refused.
    pub(super) fn note(
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
        self.note_use(token, exercised, &used);
        if let Err(error) = outcome {
            let reason = error.code.name();
            // Whoever is no member is told that and nothing else.
            let is_member = error.code != Code::NoAccess;
            if let Some(team) = route.and_then(Matched::team).map(|team| (team, is_member)) {
                let (knocks, token, used) = (self.knocks.clone(), token.clone(), used.clone());
                tokio::spawn(async move { told(knocks.refused(&token, team, reason, &used).await) });
            }
            if let Some(count) = self.count_refusal(&token.id, reason, used.at) {
                let (history, token) = (self.history.clone(), token.clone());
                tokio::spawn(async move {
                    let of = Use { user: &token.user, token: &token.id, used };
                    told(history.refused(of, reason, count).await);
                });
            }
        }
    }

    fn note_use(&self, token: &StoredToken, exercised: Permissions, used: &LastUsed) {
        let is_due = LastUsed::is_due(token.last_used.as_ref(), used.at);
        let recorded = if is_due { exercised } else { token.used.rare(exercised, used.at) };
        if let Some(write) = self.use_write(token, recorded, Some(used).filter(|_| is_due)) {
            let table = self.identity.clone();
            tokio::spawn(async move { told(table.write(write).await.map(drop).map_err(overtaken)) });
        }
        let is_elsewhere = token.last_used.as_ref().is_none_or(|last| last.ip != used.ip);
        if let Some(address) = self.unseen_address(&token.id, used).filter(|_| is_elsewhere) {
            let (history, token, used) = (self.history.clone(), token.clone(), used.clone());
            tokio::spawn(async move {
                let of = Use { user: &token.user, token: &token.id, used };
                told(history.used_from(of, &address).await);
            });
        }
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
        let Some(count) = self.count_refusal(&token.id, reason, used.at) else { return Ok(()) };
        let of = Use { user: &token.user, token: &token.id, used };
        self.history.refused(of, reason, count).await
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

    /// Keeps the secret under the current key, beside the answer, if it is kept under another one.
    pub(super) fn rehash(&self, token: &StoredToken, ring: &KeyRing, secret: &str) {
        if token.secret.key_id() == ring.current() {
            return;
        }
        let (Ok(old), Ok(new)) = (attribute(&token.secret), attribute(&ring.hash(secret))) else { return };
        let write = self.identity.update(token_key(&token.user, &token.id)).set("secret", new);
        let (table, write) = (self.identity.clone(), write.when(When::Is("secret".into(), old)));
        tokio::spawn(async move { told(table.write(write).await.map(drop).map_err(overtaken)) });
    }

    /// How many refusals to write down now; none if some were written within the minute.
    fn count_refusal(&self, token: &TokenId, reason: &str, now: Timestamp) -> Option<u64> {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if refusals.len() >= REMEMBERED_MAX {
            refusals.clear();
        }
        let key = (token.clone(), reason.to_owned());
        let never = Refused { written_at: i64::MIN, unwritten: 0 };
        let refused = refusals.entry(key).or_insert(never);
        refused.unwritten += 1;
        if refused.written_at.saturating_add(EVERY_SECONDS) > now.seconds() {
            return None;
        }
        refused.written_at = now.seconds();
        Some(std::mem::take(&mut refused.unwritten))
    }

    /// The address, if this process has not looked at it for this token within the day.
    fn unseen_address(&self, token: &TokenId, used: &LastUsed) -> Option<String> {
        let address = network(used.ip.as_ref()?.parse().ok()?).to_string();
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if addresses.len() >= REMEMBERED_MAX {
            addresses.clear();
        }
        let now = used.at.seconds();
        let until = addresses.entry((token.clone(), address.clone())).or_insert(i64::MIN);
        if *until > now {
            return None;
        }
        *until = now + ADDRESS_SECONDS;
        Some(address)
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
fn overtaken(error: WriteError) -> Error {
    error.or(|_| Error::not_found("token"))
}

fn told(outcome: Result<()>) {
    if let Err(error) = outcome {
        tracing::debug!(code = error.code.name(), "a use of a token was not noted");
    }
}
