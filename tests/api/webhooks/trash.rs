//! Webhooks in the trash: hidden, brought back, at their end, and destroyed.

use resources::resource::{Resource as _, Resources};

use super::*;

#[tokio::test]
async fn a_webhook_in_the_trash_is_hidden_and_comes_back_as_it_was() {
    let hooks = Hooks::new().await;
    let (id, other) = (hooks.make(json!({})).await, hooks.make(json!({})).await);
    let before = hooks.read(&id).await;
    hooks.post(&id, "/restore").await.expect_problem(409, "wrong_state");
    hooks.owner().delete(&hooks.at(&id, "")).await.expect(204);
    for (method, rest, body) in [
        ("GET", "", None),
        ("PATCH", "", Some("{}")),
        ("DELETE", "", None),
        ("POST", "/rotate-secret", None),
        ("POST", "/test", None),
        ("POST", "/recover", Some(r#"{"since": "2026-01-01T00:00:00Z"}"#)),
    ] {
        let answer = hooks.owner().send(method, &hooks.at(&id, rest), body.map(str::to_owned)).await;
        answer.expect_problem(404, "not_found");
    }
    assert_eq!((hooks.ids("").await, hooks.ids("?trashed=only").await), (vec![other], vec![id.clone()]));
    let trashed = hooks.owner().get(&hooks.at(&id, "?trashed=only")).await.expect(200);
    assert!(trashed["trashed_at"].is_string());
    let restored = hooks.post(&id, "/restore").await.expect(200);
    assert_eq!((&restored["trashed_at"], &restored["version"]), (&Value::Null, &json!(3)));
    let keys =
        |webhook: &Value| (webhook["url"].clone(), webhook["public_key"].clone(), webhook["topics"].clone());
    assert_eq!(keys(&restored), keys(&before));
    assert_eq!(hooks.ids("").await.len(), 2);
}

#[tokio::test]
async fn after_thirty_days_in_the_trash_a_webhook_is_gone() {
    let system = System::isolated();
    let hooks = Hooks { world: World::at(&Api::at(&system.url)).await };
    let id = hooks.make(json!({})).await;
    hooks.owner().delete(&hooks.at(&id, "")).await.expect(204);
    system.clock.advance(TRASH_SECONDS - 60);
    assert_eq!(hooks.ids("?trashed=only").await, [id.as_str()]);
    system.clock.advance(60 * 60);
    assert!(hooks.ids("?trashed=only").await.is_empty());
    hooks.post(&id, "/restore").await.expect_problem(404, "not_found");
    hooks.owner().delete(&hooks.at(&id, "/force")).await.expect_problem(404, "not_found");
    // The job removes it, with nobody as its doer.
    let platform = platform(&system.dynamodb);
    until(|| async { left_of(&platform, &hooks, &id).await == ["WEBHOOKCOUNT"] }).await;
    let team = format!("TEAM#{}", hooks.world.team);
    let count = platform.workspace.get(Key::new(team, "WEBHOOKCOUNT")).await.unwrap().unwrap();
    assert_eq!(number(&count, "count"), Some(0));
    let log = format!("/v1/teams/{}/audit-logs?kind=webhook&event=destroyed", hooks.world.team);
    until(|| async { hooks.owner().get(&log).await.expect(200)["data"] != json!([]) }).await;
    let entries = hooks.owner().get(&log).await.expect(200);
    let entry = &entries["data"][0];
    assert_eq!((&entry["subject"]["id"], &entry["reason"]), (&json!(id), &json!("trash_ended")));
    assert_eq!((&entry["actor"]["user_id"], &entry["request_id"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn who_read_a_webhook_before_its_end_cannot_bring_it_back() {
    let hooks = Hooks::new().await;
    let id = hooks.make(json!({})).await;
    hooks.owner().delete(&hooks.at(&id, "")).await.expect(204);
    let platform = platform(&system().dynamodb);
    let (workspace, now) = (&platform.workspace, base::Timestamp::now());
    let key = Key::new(format!("TEAM#{}", hooks.world.team), format!("WEBHOOK#{id}"));
    let item = workspace.get(key).await.unwrap().unwrap();
    let webhooks = Resources::<StoredWebhook>::new(&platform);
    let trashed = StoredWebhook::from_item(&item).unwrap();
    let (ended, mark) = webhooks.expiry(&trashed).await.unwrap();
    workspace.transact(mark).await.unwrap();
    let mut late = trashed.clone();
    late.touch(trashed.actor.clone(), now);
    let refused = workspace.transact(trashed.replacement(&mut late, workspace, now).unwrap()).await;
    assert!(matches!(refused, Err(WriteError::ConditionFailed(_))));
    let (_, mark) = webhooks.expiry(&trashed).await.unwrap();
    assert!(matches!(workspace.transact(mark).await, Err(WriteError::ConditionFailed(_))), "it counts once");
    workspace.transact(ended.removal(workspace)).await.unwrap();
    assert_eq!(left_of(&platform, &hooks, &id).await, ["WEBHOOKCOUNT"]);
}

/// What there is of the webhooks of the team: items and jobs.
async fn left_of(platform: &Platform, hooks: &Hooks, id: &str) -> Vec<String> {
    let team = format!("TEAM#{}", hooks.world.team);
    let items = platform.workspace.query(TableQuery::partition(team).prefix("WEBHOOK")).await.unwrap().items;
    let jobs = platform.workspace.query(TableQuery::partition("JOBS")).await.unwrap().items;
    let jobs = jobs.iter().filter(|job| format!("{job:?}").contains(id));
    items.iter().chain(jobs).map(|item| text(item, "sk").unwrap().to_owned()).collect()
}

#[tokio::test]
async fn one_that_comes_back_from_the_trash_stays() {
    let system = System::isolated();
    let hooks = Hooks { world: World::at(&Api::at(&system.url)).await };
    let id = hooks.make(json!({})).await;
    let platform = platform(&system.dynamodb);
    for _ in 0..2 {
        hooks.owner().delete(&hooks.at(&id, "")).await.expect(204);
        assert_eq!(left_of(&platform, &hooks, &id).await.len(), 3, "it, the count, the job");
        system.clock.advance(TRASH_SECONDS / 2);
        hooks.post(&id, "/restore").await.expect(200);
        assert_eq!(left_of(&platform, &hooks, &id).await.len(), 2);
    }
    assert_eq!(hooks.ids("").await, [id]);
}

#[tokio::test]
async fn a_destroyed_webhook_leaves_nothing_from_the_trash_or_past_it() {
    let hooks = Hooks::new().await;
    let ids = [hooks.make(json!({})).await, hooks.make(json!({})).await];
    hooks.owner().delete(&hooks.at(&ids[0], "")).await.expect(204);
    for id in &ids {
        hooks.owner().delete(&hooks.at(id, "/force")).await.expect(204);
        for (method, rest) in [
            ("GET", ""),
            ("GET", "?trashed=only"),
            ("POST", "/restore"),
            ("DELETE", "/force"),
            ("GET", "/deliveries"),
        ] {
            hooks.owner().send(method, &hooks.at(id, rest), None).await.expect_problem(404, "not_found");
        }
    }
    assert!(hooks.ids("").await.is_empty() && hooks.ids("?trashed=only").await.is_empty());
    let platform = platform(&system().dynamodb);
    for id in &ids {
        assert_eq!(left_of(&platform, &hooks, id).await, ["WEBHOOKCOUNT"]);
    }
}
