//! The use of a secret that is over is noticed for 90 days, however often the token was rotated since; and how often a token
//! rotates itself.

use base::id::{TokenId, UserId};
use gate::{
    identity::token_key,
    token::{RETIRED_SECRETS_MAX, StoredToken},
};
use serde_json::{Value, json};

use crate::{
    harness::{Answer, Api, Person, System},
    jobs::platform,
};

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// A token of somebody in a system whose clock can be moved.
struct Place {
    system: System,
    owner: Person,
    path: String,
    /// Its secrets, the first one first.
    secrets: Vec<Api>,
}

impl Place {
    async fn new(about: Value) -> Self {
        let system = System::start();
        let owner = Person::at(&Api::at(&system.url)).await;
        let first = owner.token_with(about).await;
        let id = first.get("/v1/token").await.expect(200)["id"].as_str().unwrap().to_owned();
        Self { system, owner, path: format!("/v1/tokens/{id}"), secrets: vec![first] }
    }

    fn latest(&self) -> Api {
        self.secrets.last().unwrap().clone()
    }

    async fn rotates_itself(&self) -> Answer {
        self.latest().post("/v1/token/rotate", json!({"overlap_seconds": 0})).await
    }

    /// Takes a new secret into use.
    async fn takes(&mut self, answer: Answer) {
        let secret = self.owner.api.and(answer.expect(200)["token"].as_str().unwrap());
        secret.get("/v1/token").await.expect(200);
        self.secrets.push(secret);
    }

    async fn reuses(&self, secret: usize) {
        self.secrets[secret].get("/v1/token").await.expect_problem(401, "invalid_token");
    }

    async fn seen(&self) -> Value {
        self.owner.api.get(&self.path).await.expect(200)
    }

    async fn reuse_is_told(&self) -> bool {
        let history = self.owner.api.get(&format!("{}/history?limit=100", self.path)).await.expect(200);
        let mut lines = history["data"].as_array().unwrap().iter();
        lines.any(|line| line["event"] == "refused" && line["reason"] == "rotated_away")
    }
}

fn wary() -> Value {
    json!({"permissions": ["upload"], "on_reuse": "deactivate"})
}

#[tokio::test]
async fn a_thief_who_rotates_the_token_again_and_again_hides_no_secret() {
    for rotations in [RETIRED_SECRETS_MAX, RETIRED_SECRETS_MAX + 1, 3 * RETIRED_SECRETS_MAX] {
        let mut place = Place::new(wary()).await;
        for rotation in 0..rotations {
            if rotation % 5 == 0 {
                place.system.clock.advance(HOUR);
            }
            let answer = place.rotates_itself().await;
            place.takes(answer).await;
        }
        assert!(!place.reuse_is_told().await && place.seen().await["active"] == json!(true));
        place.reuses(0).await;
        assert!(place.reuse_is_told().await, "after {rotations} rotations");
        assert_eq!(place.seen().await["active"], json!(false), "after {rotations} rotations");
    }
}

#[tokio::test]
async fn every_secret_that_is_over_is_known_and_the_token_grows_no_larger() {
    let mut place = Place::new(wary()).await;
    for rotation in 0..2 * RETIRED_SECRETS_MAX {
        // Some are replaced before they were used, and are known too.
        let rotate = format!("{}/rotate", place.path);
        let unused = place.owner.api.post(&rotate, json!({"overlap_seconds": 0})).await;
        let unused = place.owner.api.and(unused.expect(200)["token"].as_str().unwrap());
        let answer = place.owner.api.post(&rotate, json!({"overlap_seconds": 0})).await;
        place.takes(answer).await;
        if rotation % 5 == 0 {
            place.secrets.insert(0, unused);
        }
    }
    for secret in 0..place.secrets.len() - 1 {
        place.owner.api.patch(&place.path, json!({"active": true})).await.expect(200);
        place.reuses(secret).await;
        assert_eq!(place.seen().await["active"], json!(false), "secret {secret}");
    }
    let stored = stored(&place).await;
    assert_eq!((stored.retired_secrets.len(), stored.rotated_itself_at.len()), (RETIRED_SECRETS_MAX, 0));
}

async fn stored(place: &Place) -> StoredToken {
    let id = TokenId::parse(place.path.rsplit('/').next().unwrap()).unwrap();
    let key = token_key(&UserId::parse(&place.owner.id).unwrap(), &id);
    let item = platform(&place.system.dynamodb).identity.get(key).await.unwrap().unwrap();
    table::decode(item).unwrap()
}

#[tokio::test]
async fn a_secret_is_known_for_ninety_days() {
    for (days, is_known) in [(89, true), (91, false)] {
        let mut place = Place::new(wary()).await;
        for _ in 0..=RETIRED_SECRETS_MAX {
            let answer =
                place.owner.api.post(&format!("{}/rotate", place.path), json!({"overlap_seconds": 0})).await;
            place.takes(answer).await;
        }
        place.system.clock.advance(days * DAY);
        place.reuses(0).await;
        assert_eq!(place.seen().await["active"], json!(!is_known), "after {days} days");
        // The latest ones are known as long as the token is.
        place.owner.api.patch(&place.path, json!({"active": true})).await.expect(200);
        place.reuses(1).await;
        assert_eq!(place.seen().await["active"], json!(false));
    }
}

#[tokio::test]
async fn what_is_no_secret_of_the_token_is_told_to_nobody_however_often_it_was_rotated() {
    let mut place = Place::new(wary()).await;
    for _ in 0..2 * RETIRED_SECRETS_MAX {
        let answer =
            place.owner.api.post(&format!("{}/rotate", place.path), json!({"overlap_seconds": 0})).await;
        place.takes(answer).await;
    }
    let kind = base::secret::SecretKind::Token;
    let parts = place.latest().credential().to_owned();
    let forged = base::secret::Secret::new(kind, &parts[7..29], &parts[29..51]).unwrap();
    place.owner.api.and(forged.reveal()).get("/v1/token").await.expect_problem(401, "invalid_token");
    assert!(!place.reuse_is_told().await);
    assert_eq!(place.seen().await["active"], json!(true));
}

#[tokio::test]
async fn a_token_rotates_itself_five_times_in_any_hour() {
    let mut place = Place::new(json!({"permissions": ["upload"]})).await;
    for _ in 0..5 {
        let answer = place.rotates_itself().await;
        place.takes(answer).await;
        place.system.clock.advance(10 * 60);
    }
    let before = place.seen().await;
    let refused = place.rotates_itself().await;
    let wait: i64 = refused.header("retry-after").parse().unwrap();
    // The first one was 50 minutes ago, and a little more.
    assert!((1..=10 * 60).contains(&wait), "{wait}");
    refused.expect_problem(429, "rate_limited");
    let after = place.seen().await;
    assert_eq!((&after["version"], &after["pending"]), (&before["version"], &before["pending"]));
    // A session is not held up, and does not count.
    let answer = place.owner.api.post(&format!("{}/rotate", place.path), json!({"overlap_seconds": 0})).await;
    place.takes(answer).await;
    place.rotates_itself().await.expect_problem(429, "rate_limited");
    place.system.clock.advance(wait);
    let answer = place.rotates_itself().await;
    place.takes(answer).await;
    place.rotates_itself().await.expect_problem(429, "rate_limited");
}
