//! Rotation over HTTP: a lost answer locks nobody out, and a secret that has ended stays ended.

use base::Permission::ObjectRead;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Person, System, World};

/// A token that is rotated by its owner's session.
pub(crate) struct Rotating {
    pub(crate) world: World,
    pub(crate) path: String,
    pub(crate) first: Api,
}

impl Rotating {
    pub(crate) async fn new() -> Self {
        Self::with(json!({"permissions": ["object:read"]})).await
    }

    async fn with(about: Value) -> Self {
        Self::of(World::new().await, about).await
    }

    /// At a system whose clock can be moved.
    pub(crate) async fn at(system: &System, about: Value) -> Self {
        Self::of(World::at(&Api::at(&system.url)).await, about).await
    }

    async fn of(world: World, about: Value) -> Self {
        let first = world.owner.token_with(about).await;
        let id = first.get("/v1/token").await.expect(200)["id"].as_str().unwrap().to_owned();
        Self { path: format!("/v1/tokens/{id}"), world, first }
    }

    pub(crate) async fn rotate(&self, overlap_seconds: u32) -> Api {
        self.rotate_with(json!({"overlap_seconds": overlap_seconds})).await
    }

    /// The same with an overlap that the first use of the new secret ends.
    pub(crate) async fn rotate_until_used(&self, overlap_seconds: u32) -> Api {
        self.rotate_with(json!({"overlap_seconds": overlap_seconds, "until": "first_use"})).await
    }

    pub(crate) async fn rotate_with(&self, body: Value) -> Api {
        self.secret(&self.world.owner.api.post(&format!("{}/rotate", self.path), body).await)
    }

    /// The token in an answer that shows one.
    pub(crate) fn secret(&self, answer: &Answer) -> Api {
        self.world.owner.api.and(answer.clone().expect(200)["token"].as_str().unwrap())
    }

    pub(crate) async fn works(&self, token: &Api) {
        token.get(&self.world.contacts()).await.expect(200);
    }

    pub(crate) async fn is_refused(&self, token: &Api) {
        token.get(&self.world.contacts()).await.expect_problem(401, "invalid_token");
    }

    pub(crate) async fn seen(&self) -> Value {
        self.world.owner.api.get(&self.path).await.expect(200)
    }

    async fn change(&self, patch: Value) -> Value {
        self.world.owner.api.patch(&self.path, patch).await.expect(200)
    }

    /// The events of the history, the latest first, each with its reason.
    async fn history(&self) -> Vec<String> {
        let list = self.world.owner.api.get(&format!("{}/history", self.path)).await.expect(200);
        let line = |entry: &Value| match entry["reason"].as_str() {
            Some(reason) => format!("{} {reason}", entry["event"].as_str().unwrap()),
            None => entry["event"].as_str().unwrap().to_owned(),
        };
        list["data"].as_array().unwrap().iter().map(line).collect()
    }
}

#[tokio::test]
async fn keeps_id_and_settings_and_shows_the_new_secret_this_once() {
    let it = Rotating::new().await;
    let before = it.seen().await;
    let answer = it.world.owner.api.send("POST", &format!("{}/rotate", it.path), None).await;
    assert_eq!((answer.header("cache-control"), answer.header("etag")), ("no-store".into(), "\"2\"".into()));
    let rotated = answer.clone().expect(200);
    let token = rotated["token"].as_str().unwrap();
    assert_eq!(token[..51], it.first.credential()[..51], "the same user and token");
    for same in ["id", "name", "permissions", "active", "expires_at", "team_ids", "created_at", "hint"] {
        assert_eq!(rotated[same], before[same], "{same}");
    }
    assert_eq!(rotated["pending"]["hint"], json!(format!("ea_pat_…{}", &token[96..])));
    assert!(!it.seen().await.to_string().contains(&token[51..]));

    it.works(&it.first).await;
    it.works(&it.secret(&answer)).await;
    it.works(&it.first).await;
    let after = it.seen().await;
    assert_eq!((&after["pending"], &after["hint"]), (&Value::Null, &rotated["pending"]["hint"]));
    let old = json!([{"hint": before["hint"], "overlap_until": rotated["pending"]["overlap_until"]}]);
    assert_eq!((&before["replaced"], &after["replaced"]), (&json!([]), &old));
}

#[tokio::test]
async fn both_secrets_work_until_the_new_one_is_first_used() {
    let it = Rotating::new().await;
    let second = it.rotate_until_used(3_600).await;
    it.works(&it.first).await;
    it.works(&it.first).await;
    it.works(&second).await;
    it.is_refused(&it.first).await;
    it.works(&second).await;
}

#[tokio::test]
async fn the_overlap_ends_by_itself() {
    let system = System::start();
    let it = Rotating::at(&system, json!({"permissions": ["object:read"]})).await;
    let second = it.rotate(3_600).await;
    it.works(&it.first).await;
    it.works(&second).await;
    system.clock.advance(3_500);
    it.works(&it.first).await;
    system.clock.advance(100);
    it.is_refused(&it.first).await;
    it.works(&second).await;
    assert_eq!(it.seen().await["replaced"], json!([]));
}

#[tokio::test]
async fn after_a_lost_answer_it_is_done_again() {
    let it = Rotating::new().await;
    let lost = it.rotate_until_used(3_600).await;
    let found = it.rotate_until_used(3_600).await;
    it.is_refused(&lost).await;
    it.works(&it.first).await;
    it.works(&found).await;
    it.is_refused(&it.first).await;

    let lost = it.rotate(0).await;
    let found = it.rotate(0).await;
    it.is_refused(&lost).await;
    it.works(&found).await;
}

#[tokio::test]
async fn a_repeat_brings_no_secret_back() {
    let it = Rotating::new().await;
    it.rotate(0).await;
    it.is_refused(&it.first).await;
    let second = it.rotate(3_600).await;
    it.is_refused(&it.first).await;
    it.works(&second).await;
}

#[tokio::test]
async fn a_token_rotates_itself_with_any_permissions() {
    let it = Rotating::with(json!({"permissions": ["upload"]})).await;
    let body = json!({"overlap_seconds": 60, "until": "first_use"});
    let second = it.secret(&it.first.post("/v1/token/rotate", body.clone()).await);
    it.first.get("/v1/token").await.expect(200);
    let again = it.first.header("Idempotency-Key", "again");
    let third = it.secret(&again.post("/v1/token/rotate", body.clone()).await);
    second.get("/v1/token").await.expect_problem(401, "invalid_token");
    let replayed = again.post("/v1/token/rotate", body).await;
    assert_eq!(replayed.header("idempotency-replayed"), "true");
    assert_eq!(it.secret(&replayed).credential(), third.credential());
    third.get("/v1/token").await.expect(200);
    it.first.get("/v1/token").await.expect_problem(401, "invalid_token");
}

#[tokio::test]
async fn a_token_revokes_itself_with_any_permissions() {
    let it = Rotating::with(json!({"permissions": ["upload"]})).await;
    it.first.delete("/v1/token").await.expect(204);
    it.first.get("/v1/token").await.expect_problem(401, "invalid_token");
    it.world.owner.api.get(&it.path).await.expect_problem(404, "not_found");
    let mut history = it.history().await;
    history[..2].sort_unstable();
    assert_eq!(history, ["refused revoked", "revoked", "new_address", "created"]);
}

#[tokio::test]
async fn who_holds_the_old_secret_takes_no_rotation_over_and_lengthens_no_overlap() {
    let it = Rotating::new().await;
    let second = it.rotate(60).await;
    let before = it.seen().await;
    let thief = it.first.post("/v1/token/rotate", json!({"overlap_seconds": 604_800})).await;
    thief.expect_problem(409, "wrong_state");
    assert_eq!(it.seen().await["pending"], before["pending"]);
    it.rotate(604_800).await;
    assert_eq!(it.seen().await["pending"]["overlap_until"], before["pending"]["overlap_until"]);
    it.is_refused(&second).await;
    assert!(it.history().await.contains(&"refused rotated_away".to_owned()));
}

#[tokio::test]
async fn a_new_secret_lengthens_the_life_of_no_old_one() {
    let system = System::start();
    let about = json!({"permissions": ["object:read"], "expires_at": in_days(&system, 1)});
    let it = Rotating::at(&system, about).await;
    let team = format!("/v1/teams/{}", it.world.team);
    it.world.owner.api.patch(&team, json!({"token_lifetime_days_max": 1})).await.expect(200);
    it.works(&it.first).await;
    system.clock.advance(3_600);
    let second = it.rotate(604_800).await;
    it.change(json!({"expires_at": in_days(&system, 1)})).await;
    it.first.get(&it.world.contacts()).await.expect_problem(403, "no_access");
    it.works(&second).await;
    // In use or replaced, a secret has the life that it was made with; and so a question about it is answered.
    it.first.get(&it.world.contacts()).await.expect_problem(403, "no_access");
    let request = json!({"method": "GET", "path": it.world.contacts()});
    for (secret, is_allowed) in [(&it.first, false), (&second, true)] {
        let verdict = secret.post("/v1/token/check", request.clone()).await.expect(200);
        assert_eq!(verdict["allowed"], json!(is_allowed));
        let teams = secret.get("/v1/teams").await.expect(200);
        assert_eq!(teams["data"].as_array().unwrap().len(), usize::from(is_allowed));
    }
}

/// So many days from now, or a little less: what was made in between lives no longer than that.
fn in_days(system: &System, days: i64) -> String {
    system.clock.now().plus_seconds(days * 24 * 60 * 60 - 60).to_string()
}

#[tokio::test]
async fn the_first_use_is_a_new_version_that_if_match_tells_apart() {
    let it = Rotating::new().await;
    let second = it.rotate(60).await;
    let rotated = it.seen().await["version"].clone();
    it.works(&second).await;
    assert_eq!((&rotated, &it.seen().await["version"]), (&json!(2), &json!(3)));
    let api = it.world.owner.api.header("If-Match", "\"2\"");
    api.post(&format!("{}/rotate", it.path), json!({})).await.expect_problem(412, "stale");
    it.works(&second).await;
}

#[tokio::test]
async fn a_secret_whose_time_is_over_is_late_and_no_reuse() {
    let it = Rotating::with(json!({"permissions": ["object:read"], "on_reuse": "deactivate"})).await;
    let second = it.rotate(0).await;
    it.is_refused(&it.first).await;
    it.works(&second).await;
    it.is_refused(&it.first).await;
    it.is_refused(&second).await;
}

#[tokio::test]
async fn switching_off_holds_for_both_secrets_and_so_does_switching_on() {
    let it = Rotating::new().await;
    let second = it.rotate(3_600).await;
    it.change(json!({"active": false})).await;
    it.is_refused(&it.first).await;
    it.is_refused(&second).await;
    it.change(json!({"active": true})).await;
    it.works(&it.first).await;
    it.works(&second).await;
    it.works(&it.first).await;
}

#[tokio::test]
async fn the_end_of_the_token_holds_for_both_secrets_and_an_ended_one_cannot_rotate() {
    let system = System::start();
    let it = Rotating::at(&system, json!({"permissions": ["object:read"]})).await;
    let second = it.rotate(7_200).await;
    let soon = system.clock.now().plus_seconds(3_600).to_string();
    it.change(json!({"expires_at": soon})).await;
    system.clock.advance(3_600);
    it.is_refused(&it.first).await;
    it.is_refused(&second).await;
    let before = it.seen().await;
    let api = &it.world.owner.api;
    api.post(&format!("{}/rotate", it.path), json!({})).await.expect_problem(409, "wrong_state");
    assert_eq!(it.seen().await, before);
}

#[tokio::test]
async fn reuse_is_recorded_and_changes_nothing_unless_asked_to() {
    let it = Rotating::new().await;
    let second = it.rotate(0).await;
    it.works(&second).await;
    for _ in 0..3 {
        it.is_refused(&it.first).await;
    }
    it.works(&second).await;
    assert_eq!(it.seen().await["active"], json!(true));
    let history = it.history().await;
    assert!(history.contains(&"refused rotated_away".to_owned()), "{history:?}");
}

#[tokio::test]
async fn reuse_switches_the_token_off_if_its_owner_wants_that() {
    let it = Rotating::with(json!({"permissions": ["object:read"], "on_reuse": "deactivate"})).await;
    let second = it.rotate_until_used(3_600).await;
    it.works(&it.first).await;
    it.works(&second).await;
    it.is_refused(&it.first).await;
    it.is_refused(&second).await;
    let seen = it.seen().await;
    assert_eq!(
        (&seen["active"], &seen["status"], &seen["version"]),
        (&json!(false), &json!("inactive"), &json!(4))
    );
    let history = it.history().await;
    assert!(history.contains(&"deactivated rotated_away".to_owned()), "{history:?}");

    it.change(json!({"active": true, "on_reuse": "record"})).await;
    it.is_refused(&it.first).await;
    it.works(&second).await;
}

#[tokio::test]
async fn a_forged_secret_of_a_known_token_switches_nothing_off() {
    let it = Rotating::with(json!({"permissions": ["object:read"], "on_reuse": "deactivate"})).await;
    let parts = it.first.credential();
    let forged =
        base::secret::Secret::new(base::secret::SecretKind::Token, &parts[7..29], &parts[29..51]).unwrap();
    it.is_refused(&Api::with(forged.reveal())).await;
    it.works(&it.first).await;
    assert!(!it.history().await.iter().any(|line| line.starts_with("refused")));
}

#[tokio::test]
async fn of_many_first_uses_at_once_all_pass_and_the_old_secret_ends() {
    let it = Rotating::new().await;
    let second = it.rotate_until_used(3_600).await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (token, path) = (second.clone(), it.world.contacts());
        calls.spawn(async move { token.get(&path).await.status });
    }
    assert!(calls.join_all().await.iter().all(|status| *status == 200));
    it.is_refused(&it.first).await;
}

#[tokio::test]
async fn of_many_rotations_at_once_the_last_secret_counts() {
    let it = Rotating::new().await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (api, path) = (it.world.owner.api.clone(), format!("{}/rotate", it.path));
        calls.spawn(async move { api.post(&path, json!({"overlap_seconds": 60})).await.expect(200) });
    }
    let mut rotated = calls.join_all().await;
    rotated.sort_by_key(|token| token["version"].as_u64());
    let versions: Vec<_> = rotated.iter().map(|token| token["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, (2..10).collect::<Vec<_>>());
    let tokens: Vec<_> = rotated.iter().map(|token| Api::with(token["token"].as_str().unwrap())).collect();
    for lost in &tokens[..7] {
        it.is_refused(lost).await;
    }
    it.works(&it.first).await;
    it.works(&tokens[7]).await;
}

#[tokio::test]
async fn if_match_names_the_version_that_is_rotated() {
    let it = Rotating::new().await;
    let api = it.world.owner.api.header("If-Match", "\"7\"");
    api.post(&format!("{}/rotate", it.path), json!({})).await.expect_problem(412, "stale");
    it.works(&it.first).await;
    assert_eq!(it.seen().await["pending"], Value::Null);
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let it = Rotating::new().await;
    let path = format!("{}/rotate", it.path);
    let api = &it.world.owner.api;
    api.post(&path, json!({"overlap_seconds": 604_801})).await.expect_problem(422, "invalid_data");
    api.post(&path, json!({"overlap_seconds": -1})).await.expect_problem(422, "invalid_data");
    Person::new().await.api.post(&path, json!({})).await.expect_problem(404, "not_found");
    it.first.post(&path, json!({})).await.expect_problem(403, "session_required");
    it.world
        .owner
        .token(&[ObjectRead])
        .await
        .post(&path, json!({}))
        .await
        .expect_problem(403, "session_required");
    it.works(&it.first).await;
    assert_eq!(it.seen().await["version"], json!(1));
}
