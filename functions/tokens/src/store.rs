//! How tokens are kept: in their user's partition, with a guard for each name and a count. What happens to one is
//! written to its history in the same write.

use shared::{
    Caller, Error, Platform, Result, Timestamp,
    actor::Actor,
    clock::Clock,
    extract::{IfMatch, Page},
    history::{Entry, Event, History},
    id::{TokenId, UserId},
    identity::{token_key, user_partition},
    keys::Keys,
    rate::Limiter,
    secret::{Secret, SecretKind},
    table::{
        Attempt, AttributeValue, Item, Key, Query, Table, When, Write, WriteError, attribute, decode, retry,
    },
    text::fold,
    token::{EndedSecrets, REVOKED_SECONDS, Status, StoredToken, Used},
};

use crate::{
    change::{events, name_taken, patched, too_many},
    input::{CheckedToken, TokenPatch},
    token::{ListFilter, Token},
};

pub(crate) const TOKENS_MAX: u64 = 500;

/// The tokens.
#[derive(Clone)]
pub struct Store {
    pub(crate) identity: Table,
    pub(crate) keys: Keys,
    pub(crate) history: History,
    pub(crate) limiter: Limiter,
    pub(crate) ended: EndedSecrets,
    clock: Clock,
}

/// A token that is to be revoked: where it lies, and the name that becomes free.
pub(crate) struct Remains<'a> {
    pub(crate) user: &'a UserId,
    pub(crate) token: &'a TokenId,
    pub(crate) name: &'a str,
}

impl Store {
    /// The tokens of the platform.
    pub fn new(platform: &Platform) -> Self {
        let Platform { identity, keys, clock, .. } = platform.clone();
        let (history, limiter) = (History::new(platform), Limiter::new(platform));
        Self { identity, keys, history, limiter, ended: EndedSecrets::new(platform), clock }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Makes a token. Its name and its place among the 500 are taken in the same write.
    pub(crate) async fn create(&self, caller: &Caller, new: CheckedToken) -> Result<(Token, Secret)> {
        let CheckedToken { name, description, permissions, expires_at, team_ids, .. } = new;
        let (id, now, ring) = (TokenId::new(), self.now(), self.keys.ring().await?);
        let secret = Secret::new(SecretKind::Token, caller.user.part(), id.part())?;
        let token = StoredToken {
            user: caller.user.clone(),
            name,
            description,
            permissions,
            active: true,
            secret: ring.hash(secret.reveal()),
            hint: secret.hint(),
            pending: None,
            rotated_away: Vec::new(),
            rotated_itself_at: Vec::new(),
            on_reuse: new.on_reuse,
            secret_created_at: now,
            expires_at,
            team_ids,
            blocked_team_ids: Vec::new(),
            allowed_cidrs: new.allowed_cidrs,
            rate_limit: new.rate_limit,
            last_used: None,
            used: Used::default(),
            revoked_at: None,
            created_at: now,
            updated_at: now,
            version: 1,
            actor: caller.actor(),
            id,
        };
        self.check_lifetime(&token).await?;
        let place = token_key(&caller.user, &token.id);
        let writes = vec![
            self.identity.put(place, &token)?.when(When::Absent),
            self.take_name(&caller.user, &token.name, &token.id)?,
            self.count(&caller.user, 1).when(has_room()),
            self.line(&token, Event::Created)?,
        ];
        self.identity
            .transact(writes)
            .await
            .map_err(|error| error.or(|refused| if refused.at(1) { name_taken() } else { too_many() }))?;
        Ok((Token::of(token, now), secret))
    }

    pub(crate) async fn list(
        &self,
        caller: &Caller,
        page: &Page<ListFilter>,
    ) -> Result<(Vec<Token>, Option<Item>)> {
        let now = self.now();
        let when = page.filter.status.map_or(is_left(), |status| has_status(status, now).and(is_left()));
        let query = Query::partition(user_partition(&caller.user)).prefix("TOKEN#").filter(when);
        let found = self.identity.query(query.after(page.after.clone()).limit(page.limit)).await?;
        let tokens = found.items.into_iter().map(|item| Ok(Token::of(decode(item)?, now)));
        Ok((tokens.collect::<Result<_>>()?, found.next))
    }

    /// A page of a token's history, which outlives the token.
    pub(crate) async fn history(
        &self,
        caller: &Caller,
        id: &TokenId,
        page: &Page,
    ) -> Result<(Vec<Entry>, Option<Item>)> {
        let (entries, next) = self.history.page(&caller.user, id, page.after.clone(), page.limit).await?;
        if entries.is_empty() && page.after.is_none() {
            self.stored(&caller.user, id).await?;
        }
        Ok((entries, next))
    }

    pub(crate) async fn read(&self, caller: &Caller, id: &TokenId) -> Result<Token> {
        Ok(Token::of(self.stored(&caller.user, id).await?, self.now()))
    }

    /// Changes a token; with a new name in the same write as the name's guard.
    pub(crate) async fn update(
        &self,
        caller: &Caller,
        id: &TokenId,
        patch: &TokenPatch,
        if_match: &IfMatch,
    ) -> Result<Token> {
        retry("token", || async move {
            let found = self.stored(&caller.user, id).await;
            // What is wrong with the body is told first, also of a token that is not there.
            let patch = found.iter().fold(patch.clone(), TokenPatch::beside).checked(self.now())?;
            let stored = found?;
            if_match.check(stored.version)?;
            let Some(token) = patched(&stored, &patch, caller, self.now()) else {
                return Ok(Attempt::Done(Token::of(stored, self.now())));
            };
            let seen = stored.version;
            if patch.changes_reach() {
                self.check_lifetime(&token).await?;
            }
            let is_same = When::is_number("version", seen).and(is_left());
            let mut writes = vec![self.replacement(&token)?.when(is_same)];
            if fold(&stored.name) != fold(&token.name) {
                writes.push(self.take_name(&caller.user, &token.name, id)?);
                writes.push(self.identity.delete(name_key(&caller.user, &stored.name)));
            }
            for event in events(&stored, &token) {
                writes.push(self.line(&token, event)?);
            }
            match self.identity.transact(writes).await {
                Err(WriteError::Refused(refused)) if !refused.at(0) => Err(name_taken()),
                outcome => Ok(Attempt::of(outcome)?.with(Token::of(token, self.now()))),
            }
        })
        .await
    }

    /// Revokes a token, and frees its name and its place in the count, at once.
    pub(crate) async fn revoke(&self, caller: &Caller, id: &TokenId, if_match: &IfMatch) -> Result<()> {
        retry("token", || async move {
            let stored = self.stored(&caller.user, id).await?;
            if_match.check(stored.version)?;
            let seen = stored.version;
            let actor = caller.actor();
            let entry = Entry::by(Event::Revoked, self.now(), &actor);
            let remains = Remains { user: &stored.user, token: id, name: &stored.name };
            let writes = self.revocation(remains, &actor, When::is_number("version", seen), &entry)?;
            Attempt::of(self.identity.transact(writes).await)
        })
        .await
    }

    /// The writes that revoke a token. What is left of it is refused like any other, but its use still shows up in its
    /// history.
    pub(crate) fn revocation(
        &self,
        of: Remains<'_>,
        actor: &Actor,
        when: When,
        entry: &Entry,
    ) -> Result<Vec<Write>> {
        let (Remains { user, token, name }, now) = (of, self.now());
        let end = AttributeValue::N((now.seconds() + REVOKED_SECONDS).to_string());
        let remains = self.identity.update(token_key(user, token)).set("revoked_at", attribute(&now)?);
        let remains = remains.set("actor", attribute(actor)?).set("expires", end).add("version", 1);
        Ok(vec![
            remains.when(When::All(vec![When::Exists, is_left(), when])),
            self.identity.delete(name_key(user, name)),
            self.count(user, -1),
            self.history.entry(user, token, entry)?,
        ])
    }

    pub(crate) async fn stored(&self, user: &UserId, id: &TokenId) -> Result<StoredToken> {
        let item = self.identity.get(token_key(user, id)).await?;
        let stored = item.map(decode::<StoredToken>).transpose()?;
        stored.filter(|token| token.revoked_at.is_none()).ok_or_else(|| Error::not_found("token"))
    }

    /// The line of its history that tells of the last change of a token.
    pub(crate) fn line(&self, token: &StoredToken, event: Event) -> Result<Write> {
        self.history.entry(&token.user, &token.id, &Entry::by(event, token.updated_at, &token.actor))
    }

    /// Sets what an owner may change, and leaves alone what the authorizer writes.
    fn replacement(&self, token: &StoredToken) -> Result<Write> {
        let write = self.identity.update(token_key(&token.user, &token.id));
        Ok(write
            .set("name", attribute(&token.name)?)
            .set("description", attribute(&token.description)?)
            .set("active", attribute(&token.active)?)
            .set("expires_at", attribute(&token.expires_at)?)
            .set("team_ids", attribute(&token.team_ids)?)
            .set("allowed_cidrs", attribute(&token.allowed_cidrs)?)
            .set("rate_limit", attribute(&token.rate_limit)?)
            .set("on_reuse", attribute(&token.on_reuse)?)
            .set("updated_at", attribute(&token.updated_at)?)
            .set("version", attribute(&token.version)?)
            .set("actor", attribute(&token.actor)?))
    }

    fn take_name(&self, user: &UserId, name: &str, id: &TokenId) -> Result<Write> {
        let guard = [("id".to_owned(), attribute(id)?)].into();
        Ok(self.identity.put_item(name_key(user, name), guard).when(When::Absent))
    }

    fn count(&self, user: &UserId, amount: i64) -> Write {
        self.identity.update(Key::new(user_partition(user), "TOKENCOUNT")).add("count", amount)
    }
}

/// What is not revoked.
fn is_left() -> When {
    When::Unset("revoked_at".into())
}

fn has_status(status: Status, now: Timestamp) -> When {
    let is_over = When::not_after("expires_at", now);
    let is_on = |flag: bool| When::Is("active".into(), AttributeValue::Bool(flag));
    match status {
        Status::Expired => is_over,
        Status::Active => is_on(true).and(is_over.not()),
        Status::Inactive => is_on(false).and(is_over.not()),
    }
}

fn name_key(user: &UserId, name: &str) -> Key {
    Key::new(user_partition(user), format!("TOKENNAME#{}", fold(name)))
}

fn has_room() -> When {
    let full = AttributeValue::N(TOKENS_MAX.to_string());
    When::Any(vec![When::Unset("count".into()), When::Below("count".into(), full)])
}
