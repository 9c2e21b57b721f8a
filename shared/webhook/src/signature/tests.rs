//! Signatures are those of the standard, and the vectors for receivers are what is sent.

use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};

use super::*;
use crate::keys::tests::{keys, public_key};

mod receiver;

const DOCUMENT: &str = include_str!("../../../../docs/use/webhooks.md");
const VECTORS: &str = include_str!("../../../../docs/reference/webhook-vectors.json");

fn event() -> EventId {
    EventId::parse("evt_07n42DGM5Tfl7mQVuc9KdR").unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn vector(name: &str, body: &str, headers: &BTreeMap<String, String>, is_genuine: bool) -> Value {
    let signing = keys(1);
    json!({
        "name": name,
        "secret": signing.secret(),
        "public_key": signing.public_key(),
        "headers": headers,
        "body": body,
        "genuine": is_genuine,
    })
}

/// What receivers try their code with.
fn vectors() -> Vec<Value> {
    let signed = |seeds: &[u8], body: &str| {
        let keys: Vec<_> = seeds.iter().map(|seed| keys(*seed)).collect();
        signed_headers(&keys, &event(), at("2026-11-23T10:30:00.999Z"), body).unwrap()
    };
    let body = r#"{"type":"object.updated","timestamp":"2026-11-23T10:30:00.000Z","data":{"version":2}}"#;
    let text = r#"{"type":"object.created","data":{"object":{"label":"Zoë \u0001 🐢"}}}"#;
    let mut later = signed(&[1], body);
    later.insert("webhook-timestamp".to_owned(), "1795429801".to_owned());
    let mut another = signed(&[1], body);
    another.insert("webhook-id".to_owned(), "evt_07n42DGM5Tfl7mQVuc9KdS".to_owned());
    vec![
        vector("a request", body, &signed(&[1], body), true),
        vector("text beyond ASCII", text, &signed(&[1], text), true),
        vector(
            "just after a rotation: the keys of this vector are the old ones",
            body,
            &signed(&[2, 1], body),
            true,
        ),
        vector(
            "just after a rotation: the keys of this vector are the new ones",
            body,
            &signed(&[1, 2], body),
            true,
        ),
        vector("the keys of another webhook", body, &signed(&[2], body), false),
        vector("another time", body, &later, false),
        vector("another event", body, &another, false),
        vector("a space more in the body", &body.replacen(':', ": ", 1), &signed(&[1], body), false),
    ]
}

#[test]
fn the_vectors_for_receivers_are_what_is_sent() {
    let written: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    let made = vectors();
    assert!(
        made == written,
        "docs/reference/webhook-vectors.json should be:\n{}",
        serde_json::to_string_pretty(&made).unwrap()
    );
}

#[test]
fn a_signature_is_the_one_of_the_standard_s_own_libraries() {
    // The example of Standard Webhooks' libraries, whose secret has 24 bytes: to HMAC it is the same with zeros
    // behind.
    let mut secret = [0; 32];
    secret[..24].copy_from_slice(
        &base64::Engine::decode(&base64::prelude::BASE64_STANDARD, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
            .unwrap(),
    );
    let content = br#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#;
    let keys = SigningKeys::of(secret, [0; 32]).unwrap();
    assert_eq!(keys.mac(content).unwrap(), "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn the_public_key_is_enough_to_verify() {
    let headers = signed_headers(&[keys(1)], &event(), at("2026-11-23T10:30:00Z"), "{}").unwrap();
    assert_eq!(headers["webhook-timestamp"], "1795429800");
    let signature = headers["webhook-signature"].split(' ').find_map(|one| one.strip_prefix("v1a,")).unwrap();
    let signature = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, signature).unwrap();
    let key = public_key(&keys(1));
    let verified =
        |content: &str| UnparsedPublicKey::new(&ED25519, &key).verify(content.as_bytes(), &signature).is_ok();
    assert!(verified(&format!("{}.1795429800.{{}}", event())));
    assert!(!verified(&format!("{}.1795429801.{{}}", event())));
}

#[test]
fn without_the_signature_it_is_the_same() {
    let mut headers = signed_headers(&[keys(1)], &event(), at("2026-11-23T10:30:00Z"), "{}").unwrap();
    headers.remove("webhook-signature");
    assert_eq!(unsigned_headers(&event(), Some(1_795_429_800)), headers);
    headers.remove("webhook-timestamp");
    assert_eq!(unsigned_headers(&event(), None), headers);
}

#[test]
fn the_receiver_s_code_in_the_documents_tells_genuine_requests_from_others() {
    let code = include_str!("tests/receiver.rs").split_once("\n\n").unwrap().1.replace("pub(super) ", "");
    assert!(DOCUMENT.contains(&code), "docs/use/webhooks.md has other code than tests/receiver.rs");
    for vector in vectors() {
        let (secret, body) = (vector["secret"].as_str().unwrap(), vector["body"].as_str().unwrap());
        let header = |name: &str| vector["headers"][name].as_str();
        let at = header("webhook-timestamp").unwrap().parse().unwrap();
        let is_genuine = |now| receiver::is_genuine(secret, header, body.as_bytes(), now).is_some();
        assert_eq!(is_genuine(at), vector["genuine"], "{}", vector["name"]);
        assert!(!is_genuine(at + 301) && !is_genuine(at - 301));
        assert!(receiver::is_genuine(secret, |_| None, body.as_bytes(), at).is_none());
    }
}
