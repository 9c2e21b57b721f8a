//! The key ring: where the one secret comes from, and the sub-keys that are derived from it.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use rand::TryRng as _;
use sha2::Sha256;
use tokio::sync::{Mutex, RwLock};

use base::error::Error;

/// Bytes of an XChaCha20-Poly1305 nonce.
const NONCE_LENGTH: usize = 24;
/// Fewer characters than this are no key.
const MATERIAL_LENGTH_MIN: usize = 32;
/// After the ring was fetched for a key that it lacks, it is not fetched for the same one again in this time.
const REFRESH_AFTER: Duration = Duration::from_secs(10);
/// A ring that was read so long ago is read again before secrets are hashed anew by it.
const STALE_AFTER: Duration = Duration::from_mins(1);

/// Where the key ring comes from: Secrets Manager in the cloud, a file on one machine.
pub trait KeySource: Send + Sync {
    /// The key ring as JSON: `{"current": "k1", "k1": "…", "k0": "…"}`, each key at least 32 characters long.
    fn fetch(&self) -> Pin<Box<dyn Future<Output = anyhow::Result<String>> + Send + '_>>;
}

/// The keys by id, one of them current. Made once per process and read again when an unknown id turns up.
#[derive(Clone)]
pub struct Keys {
    source: Arc<dyn KeySource>,
    ring: Arc<RwLock<Option<Fetched>>>,
    missed: Arc<Mutex<BTreeMap<String, Instant>>>,
}

/// The ring, and when it was read.
type Fetched = (Arc<KeyRing>, Instant);

impl Keys {
    /// Keys that are fetched when they are first needed.
    pub fn new(source: Arc<dyn KeySource>) -> Self {
        Self { source, ring: Arc::default(), missed: Arc::default() }
    }

    /// The ring, fetched if it is not there yet.
    ///
    /// # Errors
    /// When the source fails or what it gives is no key ring.
    pub async fn ring(&self) -> anyhow::Result<Arc<KeyRing>> {
        if let Some((ring, _)) = self.ring.read().await.as_ref() {
            return Ok(ring.clone());
        }
        self.refresh().await
    }

    /// The ring, read again if it is older than a minute.
    ///
    /// # Errors
    /// As [`Keys::ring`].
    pub async fn fresh_ring(&self) -> anyhow::Result<Arc<KeyRing>> {
        if let Some((ring, read)) = self.ring.read().await.as_ref()
            && read.elapsed() < STALE_AFTER
        {
            return Ok(ring.clone());
        }
        self.refresh().await
    }

    /// The ring that has this key, fetched anew if the one at hand has not; `None` if there is no such key.
    ///
    /// # Errors
    /// As [`Keys::ring`].
    pub async fn ring_with(&self, key_id: &str) -> anyhow::Result<Option<Arc<KeyRing>>> {
        let ring = self.ring().await?;
        if ring.keys.contains_key(key_id) {
            return Ok(Some(ring));
        }
        // A key that is gone for good must not make every request a call of the source.
        let mut missed = self.missed.lock().await;
        if missed.get(key_id).is_some_and(|at| at.elapsed() < REFRESH_AFTER) {
            return Ok(None);
        }
        let ring = self.refresh().await?;
        if !ring.keys.contains_key(key_id) {
            missed.insert(key_id.to_owned(), Instant::now());
            return Ok(None);
        }
        Ok(Some(ring))
    }

    /// The ring that has these keys, fetched anew if one is missing. One that is gone stays missing.
    ///
    /// # Errors
    /// As [`Keys::ring`].
    pub async fn ring_for(&self, key_ids: &[&str]) -> anyhow::Result<Arc<KeyRing>> {
        for key_id in key_ids {
            self.ring_with(key_id).await?;
        }
        self.ring().await
    }

    async fn refresh(&self) -> anyhow::Result<Arc<KeyRing>> {
        let mut slot = self.ring.write().await;
        // Whoever needs the ring waits until there is one.
        let text = self.source.fetch().await.context("fetching the key ring").map_err(Error::unavailable)?;
        let ring = Arc::new(KeyRing::parse(&text)?);
        *slot = Some((ring.clone(), Instant::now()));
        Ok(ring)
    }
}

/// Sub-keys of every key, made by HKDF-SHA-256 (RFC 5869) so that no key serves two purposes.
pub struct KeyRing {
    pub(crate) current: String,
    pub(crate) keys: BTreeMap<String, SubKeys>,
}

pub(crate) struct SubKeys {
    /// Ready to hash: the key's own two blocks are done once.
    hashing: Hmac<Sha256>,
    sealing: [u8; 32],
}

impl KeyRing {
    /// Reads the JSON of a [`KeySource`]. Its text never appears in an error.
    ///
    /// # Errors
    /// When it is no such JSON, a key is too short, or the current one is missing.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let Ok(mut entries) = serde_json::from_str::<BTreeMap<String, String>>(text) else {
            bail!("the key ring is no JSON object of texts");
        };
        let current = entries.remove("current").context("the key ring names no current key")?;
        let keys = entries
            .into_iter()
            .map(|(id, material)| Ok((id.clone(), SubKeys::derive(&id, &material)?)))
            .collect::<anyhow::Result<BTreeMap<_, _>>>()?;
        ensure!(keys.contains_key(&current), "the key ring lacks its current key {current:?}");
        Ok(Self { current, keys })
    }

    /// The id of the key that new hashes are made with.
    pub fn current(&self) -> &str {
        &self.current
    }

    /// The ids of all keys.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// Whether the ring has the key of that id.
    pub fn has(&self, key_id: &str) -> bool {
        self.keys.contains_key(key_id)
    }

    pub(crate) fn current_key(&self) -> &SubKeys {
        &self.keys[&self.current]
    }

    /// Encrypts and authenticates (XChaCha20-Poly1305), bound to `context`: it opens only with the same one.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn seal(&self, context: &str, plain: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut nonce = [0_u8; NONCE_LENGTH];
        rand::rngs::SysRng.try_fill_bytes(&mut nonce)?;
        let payload = Payload { msg: plain, aad: context.as_bytes() };
        let Ok(sealed) = self.current_key().cipher().encrypt(&XNonce::from(nonce), payload) else {
            bail!("sealing failed")
        };
        Ok([&nonce, sealed.as_slice()].concat())
    }

    /// Opens what [`KeyRing::seal`] made under any key of the ring; `None` if it was changed or belongs elsewhere.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LENGTH)?;
        let nonce = XNonce::from(<[u8; NONCE_LENGTH]>::try_from(nonce).ok()?);
        self.keys
            .values()
            .find_map(|key| key.cipher().decrypt(&nonce, Payload { msg: text, aad: context.as_bytes() }).ok())
    }
}

impl SubKeys {
    fn derive(id: &str, material: &str) -> anyhow::Result<Self> {
        ensure!(
            material.len() >= MATERIAL_LENGTH_MIN,
            "key {id:?} is shorter than {MATERIAL_LENGTH_MIN} characters"
        );
        let hkdf = Hkdf::<Sha256>::new(None, material.as_bytes());
        let sub_key = |purpose: &str| {
            let mut key = [0_u8; 32];
            match hkdf.expand(purpose.as_bytes(), &mut key) {
                Ok(()) => Ok(key),
                Err(error) => bail!("deriving the {purpose} key: {error}"),
            }
        };
        let hashing = Hmac::new_from_slice(&sub_key("credential hashing")?)?;
        Ok(Self { hashing, sealing: sub_key("sealing")? })
    }

    pub(crate) fn mac(&self, credential: &str) -> [u8; 32] {
        #[cfg(any(test, feature = "testing"))]
        crate::testing::HASHED.with(|count| count.set(count.get() + 1));
        self.hashing.clone().chain_update(credential).finalize().into_bytes().into()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.sealing.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{BOTH, OLD};

    fn ring(text: &str) -> KeyRing {
        KeyRing::parse(text).unwrap()
    }

    /// A source whose ring can be exchanged, and which counts how often it was asked.
    #[derive(Default)]
    struct Exchangeable {
        text: std::sync::Mutex<String>,
        fetched: std::sync::atomic::AtomicUsize,
    }

    impl Exchangeable {
        fn hold(&self, text: &str) {
            text.clone_into(&mut self.text.lock().unwrap());
        }

        fn fetched(&self) -> usize {
            self.fetched.load(std::sync::atomic::Ordering::Relaxed)
        }
    }

    impl KeySource for Exchangeable {
        fn fetch(&self) -> Pin<Box<dyn Future<Output = anyhow::Result<String>> + Send + '_>> {
            self.fetched.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Box::pin(async { Ok(self.text.lock().unwrap().clone()) })
        }
    }

    #[tokio::test]
    async fn a_key_that_others_use_already_is_fetched() {
        let source = Arc::new(Exchangeable::default());
        source.hold(OLD);
        let keys = Keys::new(source.clone());
        assert_eq!(keys.ring_for(&["k1"]).await.unwrap().current(), "k1");
        source.hold(BOTH);
        assert_eq!(keys.ring_for(&["k1"]).await.unwrap().current(), "k1");
        assert_eq!(source.fetched(), 1, "what is at hand is not fetched");
        let ring = keys.ring_for(&["k1", "k2"]).await.unwrap();
        assert_eq!((ring.current(), ring.ids().collect::<Vec<_>>()), ("k2", vec!["k1", "k2"]));
        assert_eq!(keys.ring().await.unwrap().current(), "k2", "from now on");
        assert_eq!(source.fetched(), 2);
    }

    #[tokio::test]
    async fn a_key_that_is_gone_is_not_asked_for_with_each_request_and_keeps_no_other_away() {
        let source = Arc::new(Exchangeable::default());
        source.hold(OLD);
        let keys = Keys::new(source.clone());
        for _ in 0..3 {
            assert!(keys.ring_with("k0").await.unwrap().is_none());
        }
        assert_eq!(source.fetched(), 2);
        source.hold(BOTH);
        assert!(keys.ring_with("k2").await.unwrap().is_some());
    }

    #[test]
    fn what_was_sealed_opens_only_unchanged_and_in_its_context() {
        let mut sealed = ring(OLD).seal("here", b"text").unwrap();
        assert_eq!(ring(BOTH).open("here", &sealed).unwrap(), b"text");
        assert_eq!(ring(BOTH).open("there", &sealed), None);
        assert_eq!(ring(BOTH).open("here", &sealed[..20]), None);
        sealed[30] ^= 1;
        assert_eq!(ring(BOTH).open("here", &sealed), None);
    }

    #[test]
    fn what_is_no_key_ring_is_refused_without_repeating_it() {
        for text in
            ["", "{}", r#"{"current":"k1"}"#, r#"{"current":"k1","k1":"short-secret"}"#, r#"{"k1":7}"#]
        {
            let error = KeyRing::parse(text).err().unwrap().to_string();
            assert!(!error.contains("short-secret"), "{error}");
        }
    }
}
