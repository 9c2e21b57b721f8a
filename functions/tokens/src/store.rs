//! The storage of tokens: in their user's partition, with a unique entry for each name and a counter. Each
//! change writes an entry of the token's history in the same transaction.

use api::{
    Caller,
    extract::{IfMatch, Page},
};
use base::{
    Error, Result, Timestamp,
    actor::Actor,
    clock::Clock,
    id::{TokenId, UserId},
    secret::{Secret, SecretKind},
    text::fold,
};
use gate::{
    identity::{token_key, user_partition},
    token::{REVOKED_SECONDS, RetiredSecrets, StoredToken, TokenStatus, Used},
    token_history::{History, TokenEntry, TokenEvent},
};
use keys::{Keys, Platform};
use table::{
    Attempt, AttributeValue, Condition, Item, Key, Table, TableQuery, Tables, Write, WriteError, attribute,
    decode, limiter::Limiter, retry,
};

use crate::{
    change::{TOKENS_MAX, events, name_taken, patched, too_many},
    input::{CheckedToken, TokenPatch},
    token::{ListFilter, Token},
};

/// The tokens.
#[derive(Clone)]
pub struct Store {
    pub(crate) identity: Table,
    pub(crate) keys: Keys,
    pub(crate) history: History,
    pub(crate) limiter: Limiter,
    pub(crate) retired: RetiredSecrets,
    clock: Clock,
}

/// The revocation of a token: its key, and the name that becomes free.
pub(crate) struct Revocation<'a> {
    pub(crate) user: &'a UserId,
    pub(crate) token: &'a TokenId,
    pub(crate) name: &'a str,
}

impl Store {
    /// The tokens of the platform.
    pub fn new(platform: &Platform) -> Self {
        let Platform { tables, keys } = platform.clone();
        let Tables { identity, clock, .. } = tables;
        let (history, limiter) = (History::new(platform), Limiter::new(platform));
        Self { identity, keys, history, limiter, retired: RetiredSecrets::new(platform), clock }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Creates a token. Its name is claimed and the counter, which is limited to 500, is raised in the same
    /// transaction.
    pub(crate) async fn create(&self, caller: &Caller, new: CheckedToken) -> Result<(Token, Secret)> {
        let CheckedToken { name, description, permissions, expires_at, team_ids, .. } = new;
        let (id, now, ring) = (TokenId::new(), self.now(), self.keys.ring().await?);
        let secret = Secret::new(SecretKind::Token, caller.user.suffix(), id.suffix())?;
        let token = StoredToken {
            user: caller.user.clone(),
            name,
            description,
            permissions,
            active: true,
            secret: ring.hash(secret.reveal()),
            hint: secret.hint(),
            pending: None,
            replaced: Vec::new(),
            retired_secrets: Vec::new(),
            rotated_itself_at: Vec::new(),
            on_reuse: new.on_reuse,
            secret_created_at: now,
            expires_at,
            team_ids,
            blocked_team_ids: Vec::new(),
            blocks: Vec::new(),
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
        let key = token_key(&caller.user, &token.id);
        let writes = vec![
            self.identity.put(key, &token)?.when(Condition::ItemMissing),
            self.take_name(&caller.user, &token.name, &token.id)?,
            self.count(&caller.user, 1).when(below_limit()),
            self.history_entry(&token, TokenEvent::Created)?,
        ];
        self.identity.transact(writes).await.map_err(|error| {
            error.into_error(|refused| if refused.at(1) { name_taken() } else { too_many() })
        })?;
        Ok((Token::of(token, now), secret))
    }

    pub(crate) async fn list(
        &self,
        caller: &Caller,
        page: &Page<ListFilter>,
    ) -> Result<(Vec<Token>, Option<Item>)> {
        let now = self.now();
        let when = page.filter.status.map_or(not_revoked(), |status| has_status(status, now));
        let query = TableQuery::partition(user_partition(&caller.user)).prefix("TOKEN#").filter(when);
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
    ) -> Result<(Vec<TokenEntry>, Option<Item>)> {
        let (entries, next) = self.history.page(&caller.user, id, page.after.clone(), page.limit).await?;
        if entries.is_empty() && page.after.is_none() {
            self.stored(&caller.user, id).await?;
        }
        Ok((entries, next))
    }

    pub(crate) async fn read(&self, caller: &Caller, id: &TokenId) -> Result<Token> {
        Ok(Token::of(self.stored(&caller.user, id).await?, self.now()))
    }

    /// Changes a token; a new name is claimed in the same transaction.
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
            let is_same = Condition::is_number("version", seen).and(not_revoked());
            let mut writes = vec![self.replacement(&token)?.when(is_same)];
            if fold(&stored.name) != fold(&token.name) {
                writes.push(self.take_name(&caller.user, &token.name, id)?);
                writes.push(self.identity.delete(name_key(&caller.user, &stored.name)));
            }
            for event in events(&stored, &token) {
                writes.push(self.history_entry(&token, event)?);
            }
            match self.identity.transact(writes).await {
                Err(WriteError::ConditionFailed(refused)) if !refused.at(0) => Err(name_taken()),
                outcome => Ok(Attempt::of(outcome)?.with(Token::of(token, self.now()))),
            }
        })
        .await
    }

    /// Revokes a token, releases its name and lowers the counter, in one transaction.
    pub(crate) async fn revoke(&self, caller: &Caller, id: &TokenId, if_match: &IfMatch) -> Result<()> {
        retry("token", || async move {
            let stored = self.stored(&caller.user, id).await?;
            if_match.check(stored.version)?;
            let seen = stored.version;
            let actor = caller.actor();
            let entry = TokenEntry::by(TokenEvent::Revoked, self.now(), &actor);
            let revocation = Revocation { user: &stored.user, token: id, name: &stored.name };
            let writes =
                self.revocation_writes(revocation, &actor, Condition::is_number("version", seen), &entry)?;
            Attempt::of(self.identity.transact(writes).await)
        })
        .await
    }

    /// The writes that revoke a token. What is left of it is refused like any other, but its use still shows up in its
    /// history.
    pub(crate) fn revocation_writes(
        &self,
        of: Revocation<'_>,
        actor: &Actor,
        when: Condition,
        entry: &TokenEntry,
    ) -> Result<Vec<Write>> {
        let (Revocation { user, token, name }, now) = (of, self.now());
        let end = AttributeValue::N((now.seconds() + REVOKED_SECONDS).to_string());
        let revocation = self.identity.update(token_key(user, token)).set("revoked_at", attribute(&now)?);
        let revocation = revocation.set("actor", attribute(actor)?).set("expires", end).add("version", 1);
        Ok(vec![
            revocation.when(Condition::All(vec![Condition::ItemExists, not_revoked(), when])),
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

    /// The entry in the history of a token about its last change.
    pub(crate) fn history_entry(&self, token: &StoredToken, event: TokenEvent) -> Result<Write> {
        self.history.entry(&token.user, &token.id, &TokenEntry::by(event, token.updated_at, &token.actor))
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
        let entry = [("id".to_owned(), attribute(id)?)].into();
        Ok(self.identity.put_item(name_key(user, name), entry).when(Condition::ItemMissing))
    }

    fn count(&self, user: &UserId, amount: i64) -> Write {
        self.identity.update(Key::new(user_partition(user), "TOKENCOUNT")).add("count", amount)
    }
}

/// The token is not revoked.
fn not_revoked() -> Condition {
    Condition::AttributeMissing("revoked_at".into())
}

fn has_status(status: TokenStatus, now: Timestamp) -> Condition {
    let is_over = Condition::not_after("expires_at", now);
    let is_on = |flag: bool| Condition::Is("active".into(), AttributeValue::Bool(flag));
    let is_so = match status {
        TokenStatus::Revoked => {
            // DynamoDB removes what is not remembered any more some time later.
            let seconds = AttributeValue::N(now.seconds().to_string());
            let is_remembered = Condition::Above("expires".into(), seconds);
            return Condition::AttributeExists("revoked_at".into()).and(is_remembered);
        }
        TokenStatus::Expired => is_over,
        TokenStatus::Active => is_on(true).and(is_over.not()),
        TokenStatus::Inactive => is_on(false).and(is_over.not()),
    };
    is_so.and(not_revoked())
}

fn name_key(user: &UserId, name: &str) -> Key {
    Key::new(user_partition(user), format!("TOKENNAME#{}", fold(name)))
}

fn below_limit() -> Condition {
    let full = AttributeValue::N(TOKENS_MAX.to_string());
    Condition::Any(vec![Condition::AttributeMissing("count".into()), Condition::Below("count".into(), full)])
}
