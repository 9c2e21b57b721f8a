//! The keys that sign the requests of a webhook, in the formats of Standard Webhooks 1.0.0, and how they are
//! stored.

use anyhow::{Context as _, bail, ensure};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::TryRng as _;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use base::{
    error::{Error, Result},
    id::{TeamId, WebhookId},
};
use keys::{KeyRing, Keys};

/// The bytes of the secret, of a seed and of a public key.
const LENGTH: usize = 32;
/// The prefix of a shared secret.
const SECRET_PREFIX: &str = "whsec_";
/// The prefix of a private key, which is seed and public key.
const PRIVATE_PREFIX: &str = "whsk_";
/// The prefix of a public key.
const PUBLIC_PREFIX: &str = "whpk_";

/// The secret that is shared with the receiver for `v1` signatures, and the key pair for `v1a` signatures.
///
/// They have no `Debug` and no `Display`, so that no log line can have them by accident.
pub struct SigningKeys {
    secret: [u8; LENGTH],
    seed: [u8; LENGTH],
    pair: Ed25519KeyPair,
}

impl SigningKeys {
    /// New keys.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn new() -> anyhow::Result<Self> {
        let (mut secret, mut seed) = ([0; LENGTH], [0; LENGTH]);
        rand::rngs::SysRng.try_fill_bytes(&mut secret)?;
        rand::rngs::SysRng.try_fill_bytes(&mut seed)?;
        Self::of(secret, seed)
    }

    pub(super) fn of(secret: [u8; LENGTH], seed: [u8; LENGTH]) -> anyhow::Result<Self> {
        match Ed25519KeyPair::from_seed_unchecked(&seed) {
            Ok(pair) => Ok(Self { secret, seed, pair }),
            Err(_) => bail!("no pair of keys can be made of this"),
        }
    }

    /// The secret as the receiver needs it. It is only returned when it is new.
    pub fn secret(&self) -> String {
        format!("{SECRET_PREFIX}{}", BASE64_STANDARD.encode(self.secret))
    }

    /// The public key, which is no secret.
    pub fn public_key(&self) -> String {
        format!("{PUBLIC_PREFIX}{}", BASE64_STANDARD.encode(self.pair.public_key()))
    }

    /// HMAC-SHA-256 under the secret.
    pub(super) fn mac(&self, content: &[u8]) -> anyhow::Result<String> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.secret)?.chain_update(content).finalize();
        Ok(BASE64_STANDARD.encode(mac.into_bytes()))
    }

    /// Ed25519 under the private key.
    pub(super) fn signature(&self, content: &[u8]) -> String {
        BASE64_STANDARD.encode(self.pair.sign(content))
    }

    /// The keys sealed for storage: they cannot be opened without the key ring, nor as the keys of another
    /// webhook.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn seal(&self, ring: &KeyRing, of: (&TeamId, &WebhookId)) -> anyhow::Result<SealedKeys> {
        let sealed = ring.seal(&context(of), self.text().as_bytes())?;
        Ok(SealedKeys {
            key_id: ring.current().to_owned(),
            sealed: BASE64_STANDARD.encode(sealed),
            public_key: self.public_key(),
        })
    }

    fn text(&self) -> String {
        let private = [self.seed.as_slice(), self.pair.public_key().as_ref()].concat();
        format!("{} {PRIVATE_PREFIX}{}", self.secret(), BASE64_STANDARD.encode(private))
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = |text: &str, prefix| BASE64_STANDARD.decode(text.strip_prefix(prefix)?).ok();
        let (secret, private) = text.split_once(' ')?;
        let secret = bytes(secret, SECRET_PREFIX)?.try_into().ok()?;
        let seed = bytes(private, PRIVATE_PREFIX)?.get(..LENGTH)?.try_into().ok()?;
        Self::of(secret, seed).ok()
    }
}

/// Keys as they are stored. They have no `Debug` either.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedKeys {
    /// The id of the key in the key ring that they are sealed under.
    pub key_id: String,
    sealed: String,
    /// The public key.
    pub public_key: String,
}

impl SealedKeys {
    /// Opens the keys of that webhook.
    ///
    /// # Errors
    /// 503 when the key ring cannot be read; 500 when they do not open, which only happens if the ring lacks
    /// their key.
    pub async fn open(&self, keys: &Keys, of: (&TeamId, &WebhookId)) -> Result<SigningKeys> {
        let ring = keys.ring_with(&self.key_id).await.map_err(Error::unavailable)?;
        let ring =
            ring.with_context(|| format!("the key ring lacks {:?}, which a webhook needs", self.key_id))?;
        let sealed = BASE64_STANDARD.decode(&self.sealed).context("the keys of a webhook are no base64")?;
        let text = ring.open(&context(of), &sealed).and_then(|text| String::from_utf8(text).ok());
        let opened =
            text.and_then(|text| SigningKeys::parse(&text)).context("the keys of a webhook do not open")?;
        check(&opened, &self.public_key)?;
        Ok(opened)
    }

    /// The same keys, sealed under the current key of the ring, so that older keys of the ring are no longer
    /// needed.
    ///
    /// # Errors
    /// As [`SealedKeys::open`].
    pub async fn resealed(self, keys: &Keys, of: (&TeamId, &WebhookId)) -> Result<Self> {
        let ring = keys.ring().await?;
        if ring.current() == self.key_id {
            return Ok(self);
        }
        Ok(self.open(keys, of).await?.seal(&ring, of)?)
    }
}

/// Checks that the public key is the one that clients were shown: with another one every signature would look
/// forged.
fn check(keys: &SigningKeys, public_key: &str) -> anyhow::Result<()> {
    ensure!(keys.public_key() == public_key, "the keys of a webhook are not those that were shown");
    Ok(())
}

fn context((team, webhook): (&TeamId, &WebhookId)) -> String {
    format!("webhook {team} {webhook}")
}

#[cfg(test)]
pub(super) mod tests;
