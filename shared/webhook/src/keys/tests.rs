//! Keys have the forms of the standard, and open only where they were sealed.

use std::{pin::Pin, sync::Arc};

use super::*;
use keys::KeySource;

const OLD: &str = r#"{"current":"k1","k1":"11111111111111111111111111111111"}"#;
const BOTH: &str =
    r#"{"current":"k2","k1":"11111111111111111111111111111111","k2":"22222222222222222222222222222222"}"#;
const NEW: &str = r#"{"current":"k2","k2":"22222222222222222222222222222222"}"#;

/// Keys that are the same each time.
pub(crate) fn keys(seed: u8) -> SigningKeys {
    SigningKeys::of([seed; LENGTH], [seed + 100; LENGTH]).unwrap()
}

pub(crate) fn public_key(keys: &SigningKeys) -> Vec<u8> {
    keys.pair.public_key().as_ref().to_vec()
}

struct Fixed(&'static str);

impl KeySource for Fixed {
    fn fetch(&self) -> Pin<Box<dyn Future<Output = anyhow::Result<String>> + Send + '_>> {
        Box::pin(async { Ok(self.0.to_owned()) })
    }
}

fn ring(text: &'static str) -> Keys {
    Keys::new(Arc::new(Fixed(text)))
}

async fn sealed(under: &'static str, of: (&TeamId, &WebhookId)) -> SealedKeys {
    keys(1).seal(&ring(under).ring().await.unwrap(), of).unwrap()
}

#[test]
fn new_keys_have_the_forms_of_the_standard_and_are_never_the_same() {
    let (one, other) = (SigningKeys::new().unwrap(), SigningKeys::new().unwrap());
    let bytes = |text: &str, prefix: &str| {
        let text = text.strip_prefix(prefix).unwrap();
        BASE64_STANDARD.decode(text).unwrap().len()
    };
    assert_eq!((bytes(&one.secret(), "whsec_"), bytes(&one.public_key(), "whpk_")), (32, 32));
    assert!(one.secret() != other.secret() && one.public_key() != other.public_key());
    // The private key has the form of the standard's libraries: seed and public key.
    let text = one.text();
    assert_eq!(bytes(text.split_once(' ').unwrap().1, "whsk_"), 64);
    let read = SigningKeys::parse(&text).unwrap();
    assert!(read.secret() == one.secret() && read.public_key() == one.public_key());
    for broken in ["", "whsec_", "whsec_AAAA whsk_AAAA", &text.replace("whsk_", "whpk_")] {
        assert!(SigningKeys::parse(broken).is_none());
    }
}

#[tokio::test]
async fn sealed_keys_tell_nothing_and_open_for_their_webhook_alone() {
    let (team, id) = (TeamId::new(), WebhookId::new());
    let sealed = sealed(OLD, (&team, &id)).await;
    let text = serde_json::to_string(&sealed).unwrap();
    let secret = keys(1).secret();
    assert!(!text.contains("whsec_") && !text.contains("whsk_") && !text.contains(&secret[6..]), "{text}");
    assert_eq!(sealed.public_key, keys(1).public_key());
    let opened = sealed.open(&ring(BOTH), (&team, &id)).await.unwrap();
    assert!(opened.secret() == secret && opened.public_key() == sealed.public_key);
    for (ring_text, team, id) in
        [(OLD, &team, &WebhookId::new()), (OLD, &TeamId::new(), &id), (NEW, &team, &id)]
    {
        let error = sealed.open(&ring(ring_text), (team, id)).await.err().unwrap();
        assert_eq!(error.code.status(), 500);
    }
    let other = SealedKeys { public_key: keys(2).public_key(), ..sealed };
    assert!(other.open(&ring(OLD), (&team, &id)).await.is_err(), "another public key was shown");
}

#[tokio::test]
async fn renewed_keys_are_the_same_under_the_current_key() {
    let (team, id) = (TeamId::new(), WebhookId::new());
    let of = (&team, &id);
    let old = sealed(OLD, of).await;
    let kept = old.clone().resealed(&ring(OLD), of).await.unwrap();
    assert!(kept == old, "nothing to do");
    let renewed = old.resealed(&ring(BOTH), of).await.unwrap();
    assert_eq!(renewed.key_id, "k2");
    assert!(renewed.open(&ring(NEW), of).await.unwrap().secret() == keys(1).secret());
}
