//! The reporting of leaked tokens. Whoever finds one may have it revoked, and learns nothing by it: whatever is sent, the
//! same reads and writes are done for each credential, and the answer is the same.

use std::collections::BTreeMap;

use shared::{
    Error, Result,
    access::Credential,
    actor::{Actor, Source},
    extract::Client,
    history::{Entry, Event},
    id::{TokenId, UserId},
    identity::token_key,
    keys::KeyRing,
    rate::{RateLimit, Spent},
    secret::{Secret, SecretKind},
    table::{When, WriteError, decode},
    token::{Refusal, StoredToken, place_of},
};
use tokio::task::{JoinError, JoinSet};

use crate::store::{Remains, Store};

/// An address may report so often.
const RATE: RateLimit = RateLimit { limit: 60, window_seconds: 60 * 60 };
/// So many items are read in a round trip.
const READ_AT_ONCE: usize = 100;
/// So many revocations run at once.
const WRITE_AT_ONCE: usize = 16;
/// A revocation that met another change of the token is tried again so often.
const TRIES_MAX: usize = 5;
const REASON: &str = "reported";

/// Credentials of one token, as they were sent, and where it would lie.
#[derive(Clone)]
struct Reported {
    secrets: Vec<Secret>,
    user: UserId,
    token: TokenId,
}

impl Reported {
    /// The tokens of what was sent, each once. What is no token counts as one too, in a place that has none.
    fn all(credentials: &[String]) -> Vec<Self> {
        let mut tokens = BTreeMap::<(UserId, TokenId), Vec<Secret>>::new();
        for text in credentials {
            match Secret::parse(SecretKind::Token, text) {
                Some(secret) => tokens.entry(place_of(&secret)).or_default().push(secret),
                None => drop(tokens.insert(nowhere(), Vec::new())),
            }
        }
        tokens.into_iter().map(|((user, token), secrets)| Self { secrets, user, token }).collect()
    }

    /// Whether one of the credentials is one of the token's that still count; one that is switched off or over counts
    /// too, as its owner may bring it back.
    fn is_genuine(&self, stored: Option<&StoredToken>, ring: &KeyRing, store: &Store) -> bool {
        let is_live = |stored: &StoredToken, presented| {
            let admitted = stored.admits(presented, store.now(), None);
            !matches!(admitted, Err(Refusal::Revoked | Refusal::RotatedAway))
        };
        let is_one = |secret: &Secret| {
            let presented = StoredToken::recognise(stored, &ring.digests(secret.reveal()));
            stored.zip(presented).is_some_and(|(stored, presented)| is_live(stored, presented))
        };
        // All are looked at, whatever was found.
        self.secrets.iter().filter(|secret| is_one(secret)).count() > 0
    }
}

/// A place that has no token.
fn nowhere() -> (UserId, TokenId) {
    (UserId::of_subject("", TokenId::new().as_str()), TokenId::new())
}

impl Store {
    /// Revokes those of the credentials that are tokens.
    pub(crate) async fn revoke_leaked(&self, client: &Client, credentials: &[String]) -> Result<()> {
        let spent = self.limiter.spend("address", &format!("revoke#{}", client.network()), RATE).await?;
        if let Spent::Over(budget) = spent {
            return Err(Error::rate_limited(budget));
        }
        let mut running = JoinSet::new();
        for chunk in Reported::all(credentials).chunks(READ_AT_ONCE) {
            let keys = chunk.iter().map(|one| token_key(&one.user, &one.token)).collect();
            let items = self.identity.get_many(keys).await?;
            let stored = items.into_iter().map(decode).collect::<Result<Vec<StoredToken>>>()?;
            for reported in chunk.iter().cloned() {
                if running.len() >= WRITE_AT_ONCE {
                    finished(running.join_next().await)?;
                }
                let stored = stored.iter().find(|stored| stored.id == reported.token).cloned();
                let (store, client) = (self.clone(), client.clone());
                running.spawn(async move { store.revoke_reported(&client, &reported, stored).await });
            }
        }
        while let Some(outcome) = running.join_next().await {
            finished(Some(outcome))?;
        }
        Ok(())
    }

    /// Writes the revocation. For what is no token the same is written to a place that has none, which is refused: a real
    /// token is touched by nobody who does not hold it.
    async fn revoke_reported(
        &self,
        client: &Client,
        reported: &Reported,
        mut stored: Option<StoredToken>,
    ) -> Result<()> {
        for _ in 0..TRIES_MAX {
            let ring = self.keys.ring_for(&StoredToken::key_ids(stored.as_ref())).await?;
            let is_genuine = reported.is_genuine(stored.as_ref(), &ring, self);
            let genuine = stored.filter(|_| is_genuine);
            let place = genuine.as_ref().map_or_else(nowhere, |token| (token.user.clone(), token.id.clone()));
            let name = genuine.as_ref().map_or("", |token| &token.name);
            let remains = Remains { user: &place.0, token: &place.1, name };
            let entry = Entry { reason: Some(REASON.to_owned()), ..Entry::new(Event::Revoked, self.now()) };
            // No token has version 0.
            let seen = When::is_number("version", genuine.as_ref().map_or(0, |token| token.version));
            let writes = self.revocation(remains, &actor(reported, client), seen, &entry)?;
            match self.identity.transact(writes).await {
                Ok(()) => return Ok(()),
                Err(WriteError::Refused(_)) if genuine.is_none() => return Ok(()),
                Err(WriteError::Refused(_)) => {
                    let item = self.identity.get(token_key(&reported.user, &reported.token)).await?;
                    stored = item.map(decode).transpose()?;
                }
                Err(WriteError::Failed(error)) => return Err(error),
            }
        }
        Err(Error::unavailable(anyhow::anyhow!("a reported token kept changing")))
    }
}

/// Who revokes a reported token: whoever holds it.
fn actor(reported: &Reported, client: &Client) -> Actor {
    Actor {
        user: reported.user.clone(),
        credential: Credential::Token,
        token: Some(reported.token.clone()),
        ip: client.ip.clone(),
        source: Source::Api,
        request_id: client.request_id.clone(),
    }
}

fn finished(outcome: Option<Result<Result<()>, JoinError>>) -> Result<()> {
    outcome.map_or(Ok(()), |outcome| outcome.map_err(anyhow::Error::from)?)
}
