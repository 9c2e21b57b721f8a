//! The reporting of leaked tokens. Whoever finds one may have it revoked, and learns nothing by it: whatever is sent, the
//! answer is the same and takes the same time. Only a genuine token is written to, so that made-up ones cost reads alone.

use std::{collections::BTreeMap, time::Duration};

use api::extract::Client;
use base::{
    Error, Result,
    access::Credential,
    actor::{Actor, Source},
    id::{TokenId, UserId},
    rate_limit::{Allowance, RateLimit},
    secret::{Secret, SecretKind},
};
use gate::{
    identity::token_key,
    token::{Refusal, StoredToken, ids_in},
    token_history::{TokenEntry, TokenEvent},
};
use keys::KeyRing;
use table::{Attempt, Condition, decode, retry};
use tokio::{
    task::{JoinError, JoinSet},
    time::Instant,
};

use crate::store::{Revocation, Store};

/// An address may report so many credentials.
const RATE: RateLimit = RateLimit { limit: 5_000, window_seconds: 60 * 60 };
/// An answer leaves so long after the report came, and so much later for each credential in it: longer than the work takes if
/// all of them are genuine. If it takes longer even so, the answer leaves after a whole multiple of that time.
const ANSWER_AFTER: Duration = Duration::from_millis(60);
const ANSWER_AFTER_EACH: Duration = Duration::from_millis(1);
/// So many items are read in a round trip.
const READ_AT_ONCE: usize = 100;
/// So many revocations run at once.
const WRITE_AT_ONCE: usize = 16;
const REASON: &str = "reported";

/// Credentials of one token, as they were sent, and where it would lie.
#[derive(Clone)]
struct Reported {
    secrets: Vec<Secret>,
    user: UserId,
    token: TokenId,
}

impl Reported {
    /// The tokens of what was sent, each once; what has not the form of one is none.
    fn all(credentials: &[String]) -> Vec<Self> {
        let mut tokens = BTreeMap::<(UserId, TokenId), Vec<Secret>>::new();
        for secret in credentials.iter().filter_map(|text| Secret::parse(SecretKind::Token, text)) {
            tokens.entry(ids_in(&secret)).or_default().push(secret);
        }
        tokens.into_iter().map(|((user, token), secrets)| Self { secrets, user, token }).collect()
    }

    /// Whether one of the credentials is one of the token's that still count; one that is switched off or over counts
    /// too, as its owner may bring it back.
    fn is_genuine(&self, stored: Option<&StoredToken>, ring: &KeyRing, store: &Store) -> bool {
        let is_live = |stored: &StoredToken, presented| {
            let admitted = stored.validate(presented, store.now(), None);
            !matches!(admitted, Err(Refusal::Revoked | Refusal::Retired))
        };
        let is_one = |secret: &Secret| {
            let presented = StoredToken::recognise(stored, &ring.candidate_hashes(secret.reveal()));
            stored.zip(presented).is_some_and(|(stored, presented)| is_live(stored, presented))
        };
        // All are looked at, whatever was found.
        self.secrets.iter().filter(|secret| is_one(secret)).count() > 0
    }
}

impl Store {
    /// Revokes those of the credentials that are tokens.
    pub(crate) async fn revoke_leaked(&self, client: &Client, credentials: &[String]) -> Result<()> {
        let (started, amount) = (Instant::now(), u32::try_from(credentials.len()).unwrap_or(u32::MAX));
        let subject = format!("revoke#{}", client.prefix());
        if let Allowance::Exceeded(budget) = self.limiter.spend("address", &subject, RATE, amount).await? {
            return Err(Error::too_many("reports of credentials", budget));
        }
        self.revoke_genuine(client, credentials).await?;
        tokio::time::sleep_until(started + answer_after(amount, started.elapsed())).await;
        Ok(())
    }

    async fn revoke_genuine(&self, client: &Client, credentials: &[String]) -> Result<()> {
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

    /// Revokes a token if what was reported is a secret of it that counts: a token is touched by nobody who does not hold
    /// it. What is hashed and compared is the same whether there is such a token or not.
    async fn revoke_reported(
        &self,
        client: &Client,
        reported: &Reported,
        stored: Option<StoredToken>,
    ) -> Result<()> {
        let mut known = Some(stored);
        retry("token", || {
            let known = known.take();
            async move {
                let stored = match known {
                    Some(stored) => stored,
                    None => self.reported(reported).await?,
                };
                let ring = self.keys.ring_for(&StoredToken::key_ids(stored.as_ref(), self.now())).await?;
                let is_genuine = reported.is_genuine(stored.as_ref(), &ring, self);
                let Some(token) = stored.filter(|_| is_genuine) else { return Ok(Attempt::Done(())) };
                let revocation = Revocation { user: &token.user, token: &token.id, name: &token.name };
                let entry = TokenEntry {
                    reason: Some(REASON.to_owned()),
                    ..TokenEntry::new(TokenEvent::Revoked, self.now())
                };
                let seen = Condition::is_number("version", token.version);
                let writes = self.revocation_writes(revocation, &actor(reported, client), seen, &entry)?;
                Attempt::of(self.identity.transact(writes).await)
            }
        })
        .await
    }

    async fn reported(&self, Reported { user, token, .. }: &Reported) -> Result<Option<StoredToken>> {
        self.identity.get(token_key(user, token)).await?.map(decode).transpose()
    }
}

/// How long after the report the answer leaves: by how many credentials were sent, whatever was found.
fn answer_after(amount: u32, elapsed: Duration) -> Duration {
    let step = ANSWER_AFTER + ANSWER_AFTER_EACH * amount;
    let steps = elapsed.as_millis().div_ceil(step.as_millis()).max(1);
    step * u32::try_from(steps).unwrap_or(u32::MAX)
}

/// Who revokes a reported token: whoever holds it.
fn actor(reported: &Reported, client: &Client) -> Actor {
    Actor {
        user: Some(reported.user.clone()),
        credential: Some(Credential::Token),
        token: Some(reported.token.clone()),
        form: None,
        ip: client.ip.clone(),
        source: Source::Api,
        request_id: client.request_id.clone(),
    }
}

fn finished(outcome: Option<Result<Result<()>, JoinError>>) -> Result<()> {
    outcome.map_or(Ok(()), |outcome| outcome.map_err(anyhow::Error::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_an_answer_tells_how_much_was_sent_and_nothing_of_what_was_found() {
        let after =
            |amount: u32, millis: u64| answer_after(amount, Duration::from_millis(millis)).as_millis();
        for nothing_or_all in [0, 1, 17, 61] {
            assert_eq!(after(1, nothing_or_all), 61);
        }
        assert_eq!((after(1, 62), after(1, 122), after(1, 123)), (122, 122, 183));
        assert_eq!((after(1_000, 0), after(1_000, 1_060)), (1_060, 1_060));
    }

    #[test]
    fn credentials_of_one_token_are_looked_at_together_and_what_is_no_token_not_at_all() {
        let (user, token) = (UserId::of_subject("", ""), TokenId::new());
        let secret = || Secret::new(SecretKind::Token, user.suffix(), token.suffix()).unwrap();
        let sent = [secret().reveal(), "nonsense", secret().reveal(), ""].map(str::to_owned);
        let found = Reported::all(&sent);
        assert_eq!((found.len(), found[0].secrets.len(), &found[0].token), (1, 2, &token));
    }
}
