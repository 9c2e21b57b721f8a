//! The audit log: every change that anyone makes, told by whom, how and what; asked, exported, and read of one object.

mod asked;
mod files;
mod suspects;
mod told;

use std::time::Duration;

use base::Permission;
use serde_json::{Value, json};
use table::{AttributeValue, Key};

use crate::{
    harness::{Answer, Api, System, World},
    jobs::{platform, until},
};

/// A team, and its log.
pub(crate) struct Log {
    pub(crate) world: World,
}

impl Log {
    async fn new() -> Self {
        Self { world: World::new().await }
    }

    fn owner(&self) -> &Api {
        &self.world.owner.api
    }

    fn path(&self) -> String {
        format!("/v1/teams/{}/audit-logs", self.world.team)
    }

    async fn asked(&self, query: &str) -> Vec<Value> {
        let list = self.owner().get(&format!("{}?limit=100{query}", self.path())).await.expect(200);
        list["data"].as_array().unwrap().clone()
    }

    /// The entries, the latest first, once as many are there as are expected: they follow from the streams.
    async fn entries(&self, query: &str, expected: usize) -> Vec<Value> {
        let mut seen = Vec::new();
        for _ in 0..2_400 {
            seen = self.asked(query).await;
            if seen.len() >= expected {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(seen.len(), expected, "{query}: {seen:#?}");
        seen
    }

    /// The one entry of that kind and event.
    async fn entry(&self, kind: &str, event: &str) -> Value {
        self.entries(&format!("&kind={kind}&event={event}"), 1).await.remove(0)
    }

    async fn contact(&self, name: &str) -> Value {
        self.world.contact(json!({"name": name})).await
    }

    /// Waits until all that was done so far is told. Objects, types, and what is of a team have streams of their own, so each
    /// gets a last change.
    async fn settled(&self) {
        let marker = self.contact("the last one").await;
        let team = format!("/v1/teams/{}", self.world.team);
        let of_type =
            json!({"slug": "the-last", "singular_label": "Last", "plural_label": "Last ones", "fields": []});
        self.owner().patch(&team, json!({"name": "The last one"})).await.expect(200);
        let of_type = self.owner().post(&format!("{team}/object-types"), of_type).await.expect(201);
        for last in [&marker, &of_type] {
            self.entries(&format!("&subject={}", last["id"].as_str().unwrap()), 1).await;
        }
        self.entry("team", "updated").await;
    }

    async fn refused(&self, query: &str) -> Answer {
        self.owner().get(&format!("{}{query}", self.path())).await
    }
}

fn words(entries: &[Value], name: &str) -> Vec<String> {
    entries.iter().map(|entry| entry[name].as_str().unwrap().to_owned()).collect()
}

fn path_of(log: &Log, object: &Value) -> String {
    format!("{}/{}", log.world.contacts(), object["id"].as_str().unwrap())
}

#[tokio::test]
async fn only_who_may_read_the_log_does() {
    let log = Log::new().await;
    let admin = log.world.member("administrator").await;
    admin.api.get(&log.path()).await.expect_problem(403, "insufficient_role");
    let token = log.world.owner.token(&[Permission::AuditLogRead]).await;
    token.get(&log.path()).await.expect(200);
    assert_eq!(token.get(&format!("{}/export", log.path())).await.status, 200);
    log.world
        .owner
        .token(&[Permission::ObjectRead])
        .await
        .get(&log.path())
        .await
        .expect_problem(403, "insufficient_scope");
}

#[tokio::test]
async fn what_is_refused_is_told_with_who_knocked_and_how_often() {
    // What is refused in an hour is one entry: the hour does not end here.
    let system = System::start();
    system.clock.stop();
    let log = Log { world: World::at(&Api::at(&system.url)).await };
    let token = log.world.owner.token(&[Permission::ObjectRead]).await;
    let id = token.get("/v1/token").await.expect(200)["id"].clone();
    for _ in 0..3 {
        token
            .post(&log.world.contacts(), json!({"fields": {}}))
            .await
            .expect_problem(403, "insufficient_scope");
    }
    let entry = log.entry("token", "refused").await;
    assert_eq!((&entry["subject"]["id"], &entry["actor"]["token"]["id"]), (&id, &id));
    assert_eq!(
        (&entry["actor"]["ip"], &entry["actor"]["user_id"]),
        (&json!("127.0.0.1"), &json!(log.world.owner.id))
    );
    assert!(entry["refusals"]["count"].as_u64().unwrap() >= 1, "{entry}");
    assert!(
        entry["refusals"]["reasons"]["insufficient_scope"].is_u64()
            && entry["refusals"]["last_at"].is_string()
    );
    let path = format!("/v1/tokens/{}", id.as_str().unwrap());
    log.owner().patch(&path, json!({"active": false})).await.expect(200);
    token.get(&log.world.contacts()).await.expect_problem(401, "invalid_token");
    // Within the hour the same token and address are one entry.
    let entry = log.entry("token", "refused").await;
    assert!(entry["refusals"]["reasons"]["inactive"].as_u64().unwrap() >= 1, "{entry}");
}

#[tokio::test]
async fn a_stranger_s_token_is_told_and_one_for_no_team_costs_nothing() {
    let (log, stranger) = (Log::new().await, crate::harness::Person::new().await);
    let token = stranger.token(&[Permission::ObjectRead]).await;
    token.get(&log.world.contacts()).await.expect_problem(403, "no_access");
    let never = base::id::TeamId::new();
    token.get(&format!("/v1/teams/{never}/objects/contacts")).await.expect_problem(403, "no_access");
    let entry = log.entry("token", "refused").await;
    assert_eq!(entry["actor"]["user_id"], json!(stranger.id));
    // What strangers call their tokens would be a message to those who read the log.
    let id = token.get("/v1/token").await.expect(200)["id"].clone();
    assert_eq!(entry["actor"]["token"], json!({"id": id, "name": null}));
    assert_eq!((&entry["subject"]["id"], &entry["subject"]["label"]), (&id, &id));
    let activity = crate::jobs::platform(&crate::harness::system().dynamodb).tables.activity;
    let query = table::TableQuery::partition(format!("AUDIT#{never}"));
    assert_eq!(activity.query(query).await.unwrap().items.len(), 0);
}

#[tokio::test]
async fn who_tries_many_teams_first_is_told_all_the_same() {
    let log = Log::new().await;
    let token = log.world.owner.token(&[Permission::ObjectRead]).await;
    for _ in 0..20 {
        let never = base::id::TeamId::new();
        token.get(&format!("/v1/teams/{never}/objects/contacts")).await.expect_problem(403, "no_access");
    }
    token.delete(&log.path()).await.expect_problem(405, "method_not_allowed");
    let force = format!("{}/obj_0000000000000000000000/force", log.world.contacts());
    token.delete(&force).await.expect_problem(403, "insufficient_scope");
    let entry = log.entry("token", "refused").await;
    assert!(entry["refusals"]["reasons"]["insufficient_scope"].is_u64(), "{entry}");
}

#[tokio::test]
async fn a_blocked_token_is_told_however_many_teams_it_tries_first() {
    let log = Log::new().await;
    let member = log.world.member("member").await;
    let token = member.token(&[Permission::ObjectRead]).await;
    let id = token.get("/v1/token").await.expect(200)["id"].clone();
    let path = format!("/v1/teams/{}/tokens/{}", log.world.team, id.as_str().unwrap());
    log.owner().delete(&path).await.expect(204);
    for _ in 0..20 {
        let never = base::id::TeamId::new();
        token.get(&format!("/v1/teams/{never}/objects/contacts")).await.expect_problem(403, "no_access");
    }
    token.get(&log.world.contacts()).await.expect_problem(403, "no_access");
    let entry = log.entry("token", "refused").await;
    assert_eq!(entry["subject"]["id"], id);
    assert!(
        entry["actor"]["token"]["name"].is_string() && entry["refusals"]["reasons"]["no_access"].is_u64()
    );
}

mod history {
    use super::*;

    #[tokio::test]
    async fn of_an_object_tells_who_and_when_but_not_from_where() {
        let log = Log::new().await;
        let object = log.contact("Ada").await;
        let path = path_of(&log, &object);
        log.owner().patch(&path, json!({"fields": {"name": "Ada Lovelace"}})).await.expect(200);
        log.contact("Another one").await;
        log.entries(&format!("&subject={}", object["id"].as_str().unwrap()), 2).await;
        let viewer = log.world.member("view-only").await;
        let history = viewer.api.get(&format!("{path}/history")).await.expect(200);
        let lines = history["data"].as_array().unwrap();
        assert_eq!(words(lines, "event"), ["updated", "created"]);
        let field = &lines[0]["fields"][0];
        assert_eq!(
            (&field["slug"], &field["label"], &field["old"], &field["new"]),
            (&json!("name"), &json!("Name"), &json!("Ada"), &json!("Ada Lovelace"))
        );
        for line in lines {
            assert_eq!(
                (&line["actor"]["user_id"], &line["actor"]["name"]),
                (&json!(log.world.owner.id), &json!("A Person"))
            );
            assert!(
                line["actor"]["ip"].is_null()
                    && line["actor"]["email"].is_null()
                    && line["request_id"].is_null()
            );
        }
        let page = viewer.api.get(&format!("{path}/history?limit=1")).await.expect(200);
        let next = format!("{path}/history?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
        assert_eq!(viewer.api.get(&next).await.expect(200)["data"][0], lines[1]);
    }

    #[tokio::test]
    async fn is_there_as_long_as_the_object_is() {
        let log = Log::new().await;
        let path = path_of(&log, &log.contact("Ada").await);
        let history = format!("{path}/history");
        log.owner().delete(&path).await.expect(204);
        log.settled().await;
        let lines = log.owner().get(&history).await.expect(200);
        assert_eq!(words(lines["data"].as_array().unwrap(), "event"), ["deleted", "created"]);
        log.owner().delete(&format!("{path}/force")).await.expect(204);
        log.owner().get(&history).await.expect_problem(404, "not_found");
        let other = log.world.owner.token(&[Permission::ObjectCreate]).await;
        other.get(&history).await.expect_problem(403, "insufficient_scope");
    }
}
