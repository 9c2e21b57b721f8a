//! What the audit log tells of uploads: what was refused of them, and who has fetched which.

use std::collections::BTreeSet;

use base::Permission::ObjectRead;
use serde_json::json;

use super::Log;
use crate::uploads::{PNG, at, sent};

#[tokio::test]
async fn what_was_rejected_and_what_was_destroyed() {
    let log = Log::new().await;
    let wrong = sent(log.owner(), &log.world, "wrong.png", b"no picture").await;
    let rejected = log.entry("upload", "rejected").await;
    assert_eq!(
        (&rejected["subject"]["id"], &rejected["subject"]["label"]),
        (&wrong["id"], &json!("wrong.png"))
    );
    assert_eq!(rejected["actor"]["user_id"], log.world.owner.id);
    let told = rejected["fields"].as_array().unwrap();
    let new = |slug: &str| told.iter().find(|field| field["slug"] == slug).map(|field| &field["new"]);
    assert_eq!((new("status"), new("reason")), (Some(&json!("rejected")), Some(&json!("mismatch"))));
    log.owner().delete(&at(&log.world, &wrong, "/force")).await.expect(204);
    assert_eq!(log.entry("upload", "destroyed").await["subject"]["id"], wrong["id"]);
}

#[tokio::test]
async fn who_has_fetched_a_file_once_an_hour() {
    let log = Log::new().await;
    let upload = sent(log.owner(), &log.world, "a.png", PNG).await;
    let token = log.world.owner.token(&[ObjectRead]).await;
    for _ in 0..3 {
        for query in ["", "?disposition=inline", "?variant=large", "?variant=small"] {
            for caller in [log.owner(), &token] {
                caller.get(&at(&log.world, &upload, &format!("/content{query}"))).await.expect(200);
            }
        }
    }
    // Only smallest pictures, and a file that was not fetched at all.
    let shown = sent(log.owner(), &log.world, "b.png", PNG).await;
    log.owner().get(&at(&log.world, &shown, "/content?variant=small")).await.expect(200);
    sent(log.owner(), &log.world, "c.png", PNG).await;
    log.settled().await;

    let entries = log.asked("&event=downloaded").await;
    let mut seen = BTreeSet::new();
    for entry in &entries {
        assert_eq!((&entry["subject"]["id"], &entry["subject"]["label"]), (&upload["id"], &json!("a.png")));
        assert_eq!(entry["actor"]["user_id"], log.world.owner.id);
        let (hour, token) = (&entry["at"].as_str().unwrap()[..13], entry["actor"]["token"]["id"].to_string());
        assert!(seen.insert((hour.to_owned(), token)), "twice in an hour: {entry}");
    }
    let by: BTreeSet<_> = seen.into_iter().map(|(_, token)| token).collect();
    assert_eq!(by.len(), 2, "by the session and by the token: {entries:#?}");
}
