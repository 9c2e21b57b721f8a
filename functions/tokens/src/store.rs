//! How tokens are kept: in their user's partition, with a guard for each name and a count.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use shared::{
    Caller, Code, Error, Fault, Platform, Result, Timestamp,
    clock::Clock,
    extract::{IfMatch, Page},
    id::{TokenId, UserId},
    identity::{StoredToken, token_key, user_partition},
    keys::Keys,
    secret::{Secret, SecretKind},
    table::{AttributeValue, Item, Key, Query, Table, When, Write, attribute, decode},
    text::fold,
};

use crate::token::{CheckedPatch, CheckedToken, ListFilter, Token};

const TOKENS_MAX: u64 = 500;

/// The tokens.
#[derive(Clone)]
pub struct Store {
    identity: Table,
    keys: Keys,
    clock: Clock,
}

impl Store {
    /// The tokens of the platform.
    pub fn new(platform: &Platform) -> Self {
        let Platform { identity, keys, clock, .. } = platform.clone();
        Self { identity, keys, clock }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Makes a token. Its name and its place among the 500 are taken in the same write.
    pub(crate) async fn create(&self, caller: &Caller, new: CheckedToken) -> Result<(Token, Secret)> {
        let CheckedToken { name, description, permissions, expires_at, team_ids, allowed_cidrs } = new;
        let (id, now, ring) = (TokenId::new(), self.now(), self.keys.ring().await?);
        let secret = Secret::new(SecretKind::Token, caller.user.part(), id.part())?;
        let hash =
            ring.hash(ring.current(), secret.reveal()).ok_or_else(|| anyhow::anyhow!("no current key"))?;
        let token = StoredToken {
            user: caller.user.clone(),
            name,
            description,
            permissions,
            active: true,
            hint: secret.hint(),
            expires_at,
            team_ids,
            allowed_cidrs,
            last_used: None,
            key_id: ring.current().to_owned(),
            hash: BASE64_URL_SAFE_NO_PAD.encode(hash),
            created_at: now,
            updated_at: now,
            version: 1,
            actor: caller.actor(),
            id,
        };
        let place = token_key(&caller.user, &token.id);
        let writes = vec![
            self.identity.put(place, &token)?.when(When::Absent),
            self.take_name(&caller.user, &token.name, &token.id)?,
            self.count(&caller.user, 1).when(has_room()),
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
        let query = Query::partition(user_partition(&caller.user)).prefix("TOKEN#").limit(page.limit);
        let found = self.identity.query(query.after(page.after.clone())).await?;
        let tokens = found.items.into_iter().map(|item| Ok(Token::of(decode(item)?, self.now())));
        let is_asked_for = |token: &Token| page.filter.status.is_none_or(|status| token.status == status);
        let tokens: Vec<Token> = tokens.collect::<Result<_>>()?;
        Ok((tokens.into_iter().filter(is_asked_for).collect(), found.next))
    }

    pub(crate) async fn read(&self, caller: &Caller, id: &TokenId) -> Result<Token> {
        Ok(Token::of(self.stored(&caller.user, id).await?, self.now()))
    }

    /// Changes a token; with a new name in the same write as the name's guard.
    pub(crate) async fn update(
        &self,
        caller: &Caller,
        id: &TokenId,
        patch: CheckedPatch,
        if_match: &IfMatch,
    ) -> Result<Token> {
        loop {
            let stored = self.stored(&caller.user, id).await?;
            if_match.check(stored.version)?;
            let (seen, old_name) = (stored.version, stored.name.clone());
            let token = patched(stored, &patch, caller, self.now());
            let mut writes = vec![self.replacement(&token)?.when(When::is_number("version", seen))];
            if fold(&old_name) != fold(&token.name) {
                writes.push(self.take_name(&caller.user, &token.name, id)?);
                writes.push(self.identity.delete(name_key(&caller.user, &old_name)));
            }
            match self.identity.transact(writes).await {
                Ok(()) => return Ok(Token::of(token, self.now())),
                Err(error) => {
                    // Another change came between: it is read, and this one is made on top of it.
                    let error =
                        error.or(|refused| if refused.at(0) { Error::stale(seen) } else { name_taken() });
                    if error.code != Code::Stale {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Removes a token, its name's guard and its place in the count, at once.
    pub(crate) async fn revoke(&self, caller: &Caller, id: &TokenId, if_match: &IfMatch) -> Result<()> {
        loop {
            let stored = self.stored(&caller.user, id).await?;
            if_match.check(stored.version)?;
            let writes = vec![
                self.identity
                    .delete(token_key(&caller.user, id))
                    .when(When::is_number("version", stored.version)),
                self.identity.delete(name_key(&caller.user, &stored.name)),
                self.count(&caller.user, -1),
            ];
            match self.identity.transact(writes).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    let error = error.or(|_| Error::stale(stored.version));
                    if error.code != Code::Stale {
                        return Err(error);
                    }
                }
            }
        }
    }

    async fn stored(&self, user: &UserId, id: &TokenId) -> Result<StoredToken> {
        let item = self.identity.get(token_key(user, id)).await?;
        decode(item.ok_or_else(|| Error::not_found("token"))?)
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

fn patched(stored: StoredToken, patch: &CheckedPatch, caller: &Caller, now: Timestamp) -> StoredToken {
    let CheckedPatch { name, description, active, expires_at, team_ids, allowed_cidrs } = patch;
    StoredToken {
        name: name.clone().unwrap_or(stored.name),
        description: description.clone().unwrap_or(stored.description),
        active: active.unwrap_or(stored.active),
        expires_at: expires_at.unwrap_or(stored.expires_at),
        team_ids: team_ids.clone().unwrap_or(stored.team_ids),
        allowed_cidrs: allowed_cidrs.clone().unwrap_or(stored.allowed_cidrs),
        updated_at: now,
        version: stored.version + 1,
        actor: caller.actor(),
        ..stored
    }
}

fn name_key(user: &UserId, name: &str) -> Key {
    Key::new(user_partition(user), format!("TOKENNAME#{}", fold(name)))
}

fn has_room() -> When {
    let full = AttributeValue::N(TOKENS_MAX.to_string());
    When::Any(vec![When::Unset("count".into()), When::Below("count".into(), full)])
}

fn name_taken() -> Error {
    let detail = "You have a token of this name already; case does not tell names apart.";
    Error::new(Code::NameTaken, detail).with_faults(vec![Fault::new("/name", "name_taken", detail)])
}

fn too_many() -> Error {
    Error::new(
        Code::LimitReached,
        format!("You have {TOKENS_MAX} tokens, which is the most. Revoke one first."),
    )
}
