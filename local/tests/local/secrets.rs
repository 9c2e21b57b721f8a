//! No secret is told twice and none is kept: everything that a process prints, answers and stores is searched for them.

mod misuse;
mod net;
mod stored;

use std::collections::BTreeSet;

use serde_json::json;

use self::{
    misuse::misuse,
    net::{Client, Net, Talking, ready},
    stored::Stored,
};
use crate::{http::session, key_ring::system, process::Directory};

/// The digits of a secret that are chance, and the checksum behind them.
const SECRET_DIGITS: usize = 43;
const CHECKSUM_DIGITS: usize = 6;
/// What nobody could guess, sent where it is kept and told in clear.
const CANARY: &str = "ea_pat_CanaryThatMustBeFound";

/// Everything that makes or takes secrets, as it is meant and as it is not.
async fn use_everything(client: &mut Client, ada: &str, bob: &str) {
    let (path, last) = make_and_rotate(client, ada).await;
    let team = invite(client, ada, bob).await;
    for secret in client.secrets.clone() {
        misuse(client, &secret, ada, &team).await;
    }
    let question = json!({"method": "GET", "path": team});
    client.send(client.request("POST", "/v1/token/check", &last).json(&question)).await;
    let report = json!({"credentials": client.secrets.clone()});
    for path in
        ["/v1/me", "/v1/tokens", &path, &team, &format!("{team}/tokens"), &format!("{team}/invitations")]
    {
        client.send(client.request("GET", path, ada)).await;
    }
    client.send(client.request("POST", "/v1/credentials/revoke", ada).json(&report)).await;
    client.send(client.request("GET", "/v1/token", &last)).await;
    client.send(client.request("GET", &format!("{path}/history"), ada)).await;
}

/// Tokens, one of them rotated in every way: its path, and its last secret.
async fn make_and_rotate(client: &mut Client, ada: &str) -> (String, String) {
    let about = |name: &str| json!({"name": name, "permissions": ["object:read", "object:update"]});
    let new = client.request("POST", "/v1/tokens", ada).json(&about(CANARY));
    let (first, made) = client.secret(new, "token").await;
    for _ in 0..2 {
        let same = client.request("POST", "/v1/tokens", ada).header("idempotency-key", "once");
        client.secret(same.json(&about("replayed")), "token").await;
    }
    client.send(client.request("GET", "/v1/me", &first)).await;
    let path = format!("/v1/tokens/{}", made["id"].as_str().unwrap());
    let rotate = |seconds: u32| {
        let rotate = client.request("POST", &format!("{path}/rotate"), ada);
        rotate.json(&json!({"overlap_seconds": seconds}))
    };
    let (unused, next) = (rotate(60).header("idempotency-key", "turn"), rotate(0));
    client.secret(unused, "token").await;
    let (second, _) = client.secret(next, "token").await;
    // What a client calls itself is kept with the last use.
    client.send(client.request("GET", "/v1/me", &second).header("user-agent", format!("curl {first}"))).await;
    let rotate = client.request("POST", "/v1/token/rotate", &second).json(&json!({}));
    let (third, _) = client.secret(rotate, "token").await;
    client.send(client.request("PATCH", &path, ada).json(&json!({"on_reuse": "deactivate"}))).await;
    (path, third)
}

/// A team with an open invitation and one that was accepted: its path.
async fn invite(client: &mut Client, ada: &str, bob: &str) -> String {
    let team = client.request("POST", "/v1/teams", ada).json(&json!({"name": "Team", "slug": "team"}));
    let team = format!("/v1/teams/{}", client.send(team).await.1["id"].as_str().unwrap());
    let mut invitations = Vec::new();
    for email in ["bob@example.com", "eve@example.com"] {
        let invitation = client.request("POST", &format!("{team}/invitations"), ada);
        let invitation = invitation.json(&json!({"email": email, "role": "member"}));
        invitations.push(client.secret(invitation, "secret").await.0);
    }
    for who in [ada, bob, bob] {
        let accept = client.request("POST", "/v1/invitations/accept", who);
        client.send(accept.json(&json!({"secret": invitations[0]}))).await;
    }
    team
}

/// What gives a secret away: the whole, and the part that is chance.
fn telling(secret: &str) -> [&str; 2] {
    let end = secret.len() - CHECKSUM_DIGITS;
    [secret, &secret[end - SECRET_DIGITS..end]]
}

#[tokio::test]
async fn no_secret_and_no_hash_is_printed_answered_or_kept() {
    let (net, data) = (Net::default(), Directory::new());
    let engine = Talking::start(&net, &["--port=0", "--seed=none", "--data", data.0.to_str().unwrap()]);
    let url = ready(&net).await;
    let (ada, bob) = (session(&url, "ada@example.com").await, session(&url, "bob@example.com").await);
    let mut client = Client { net: net.clone(), url, secrets: Vec::new() };
    use_everything(&mut client, &ada, &bob).await;
    engine.end();
    let running = system(&data.0, &[]).await;
    let stored = Stored::read(running.dynamodb_url()).await;
    running.shutdown().await;

    let hashes = stored.hashes();
    // All but the one of an invitation that was accepted.
    assert_eq!(hashes.len(), client.secrets.len() - 1);
    let secrets: Vec<_> = client.secrets.iter().flat_map(|secret| telling(secret)).collect();
    let told: BTreeSet<_> = secrets.iter().chain(&hashes).flat_map(|word| net.holding(word)).collect();
    assert!(told.is_empty(), "secrets or hashes stand in {told:#?}");
    let kept: Vec<_> =
        stored.texts.iter().filter(|text| secrets.iter().any(|secret| text.contains(secret))).collect();
    assert!(kept.is_empty() && !secrets.iter().any(|secret| stored.holds(secret)), "kept: {kept:#?}");
    the_net_catches(&net, &stored);
}

/// What is told and kept in clear is found in each place that was searched.
fn the_net_catches(net: &Net, stored: &Stored) {
    assert!(!net.holding(CANARY).is_empty() && stored.holds(CANARY));
    assert_eq!(net.holding("the table is there"), ["stderr"], "the log is as talkative as it can be");
    let loud = Net::default();
    Talking::start(&loud, &["--port=0", "--data", &format!("/dev/null/{CANARY}")]).ended();
    assert_eq!(loud.holding(CANARY), ["stderr"]);
}
