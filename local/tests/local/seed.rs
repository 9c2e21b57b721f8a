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
async fn there_is_something_to_look_at_and_to_hear_of() {
    let running = start(&[]).await;
    let said = running.seed().await.unwrap();
    let (team, session) = (behind(&said, "demo (").trim_end_matches(')'), behind(&said, "\nsession "));
    let get = async |path: &str| {
        let url = format!("{}/v1/teams/{team}{path}", running.url());
        send(client().get(&url).bearer_auth(session)).await.1
    };
    let count = |list: &serde_json::Value| list["data"].as_array().unwrap().len();
    let (contacts, companies) =
        (get("/objects/contacts?limit=100").await, get("/objects/companies?limit=100").await);
    assert_eq!((count(&contacts), count(&companies)), (40, 20));
    let (contact, company) = (&contacts["data"][0], &companies["data"][0]);
    assert!(contact["fields"]["employer"].is_string() && company["fields"]["main_contact"].is_string());
    assert!(count(&get("/audit-logs?limit=100").await) > 60);

    let receiver = behind(&said, "\nreceiver ");
    let mut page = String::new();
    for _ in 0..600 {
        page = client().get(receiver).send().await.unwrap().text().await.unwrap();
        if page.matches("object.updated").count() == 3 {
            return running.shutdown().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the receiver has not heard of the changes: {page}");
}

#[tokio::test]
async fn none_is_none() {
    let running = start(&["--seed=none"]).await;
    assert_eq!(running.seed().await.unwrap(), "");
    running.shutdown().await;
}
