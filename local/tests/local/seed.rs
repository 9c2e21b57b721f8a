//! The demo that a new system begins with.

use serde_json::json;

use crate::http::{client, send, start};

/// The word behind the first appearance of another.
fn behind<'a>(text: &'a str, word: &str) -> &'a str {
    text.split_once(word)
        .unwrap_or_else(|| panic!("no {word} in {text}"))
        .1
        .split_whitespace()
        .next()
        .unwrap()
}

#[tokio::test]
async fn the_first_start_gives_a_token_that_upserts_and_the_next_one_none() {
    let running = start(&[]).await;
    let first = running.seed().await.unwrap();
    let (token, team) = (behind(&first, "\ntoken "), behind(&first, "demo (").trim_end_matches(')'));
    let url = format!("{}/v1/teams/{team}/objects/contacts?match=email", running.url());
    assert!(
        first.contains(&format!("curl -sS -X PUT '{url}' -H 'Authorization: Bearer {token}'")),
        "{first}"
    );
    for outcome in ["created", "updated"] {
        let fields = json!({"fields": {"email": "ada@example.com", "name": "Ada Lovelace"}});
        let (_, body) = send(client().put(&url).bearer_auth(token).json(&fields)).await;
        assert_eq!(body["outcome"], outcome, "{body}");
    }
    let next = running.seed().await.unwrap();
    assert!(next.contains(team) && next.contains("was shown at the first start"), "{next}");
    assert!(!next.contains("ea_pat_"), "{next}");
    running.shutdown().await;
}

#[tokio::test]
async fn none_is_none() {
    let running = start(&["--seed=none"]).await;
    assert_eq!(running.seed().await.unwrap(), "");
    running.shutdown().await;
}
