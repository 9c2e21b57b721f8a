//! How often things may be done: 429 with the time to wait, never 401, and nothing for those without a limit.

use std::sync::OnceLock;

use base::Permission::ObjectRead;
use clap::Parser as _;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Person, System, World};

/// Windows that no test sees the end of.
const DAY: u32 = 86_400;

/// A system for limits whose windows are a day: its clock stands still, so that none ends meanwhile.
fn still() -> Api {
    static SYSTEM: OnceLock<System> = OnceLock::new();
    let system = SYSTEM.get_or_init(|| {
        let system = System::start();
        system.clock.stop();
        system
    });
    Api::at(&system.url)
}

/// A system of its own, whose clock stands still, where an address may send this many bad credentials a minute.
async fn system_with(failures_per_minute: u32) -> local::Running {
    let limit = format!("--failures-per-minute={failures_per_minute}");
    let args = ["engine", "--in-memory", "--port=0", "--seed=none", &limit];
    let running = local::start(local::Options::parse_from(args)).await.unwrap();
    running.clock().stop();
    running
}

/// Refused for now; the answer says until when.
fn expect_limited(answer: &Answer, policy: &str) {
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!(wait >= 1);
    assert_eq!(answer.header("ratelimit-policy"), policy);
    let name = policy.split(';').next().unwrap();
    assert_eq!(answer.header("ratelimit"), format!("{name};r=0;t={wait}"));
    answer.clone().expect_problem(429, "rate_limited");
}

mod of_a_token {
    use super::*;

    async fn limited(limit: u32) -> (World, Api) {
        let world = World::at(&still()).await;
        let about =
            json!({"permissions": ["object:read"], "rate_limit": {"limit": limit, "window_seconds": DAY}});
        let token = world.owner.token_with(about).await;
        (world, token)
    }

    #[tokio::test]
    async fn is_told_with_each_answer_and_holds() {
        let (world, token) = limited(3).await;
        for left in [2, 1] {
            let answer = token.get(&world.contacts()).await;
            assert_eq!(answer.header("ratelimit-policy"), "\"token\";q=3;w=86400");
            assert!(answer.header("ratelimit").starts_with(&format!("\"token\";r={left};t=")));
            answer.expect(200);
        }
        // What is refused for another reason counts as well, and is told as well by our own functions.
        token.post(&world.contacts(), json!({"fields": {}})).await.expect_problem(403, "insufficient_scope");
        for _ in 0..3 {
            expect_limited(&token.get(&world.contacts()).await, "\"token\";q=3;w=86400");
            expect_limited(
                &token.post(&world.contacts(), json!({"fields": {}})).await,
                "\"token\";q=3;w=86400",
            );
        }
        assert_eq!(world.all_contacts().await, [] as [Value; 0]);
    }

    #[tokio::test]
    async fn holds_for_many_requests_at_once() {
        let (world, token) = limited(10).await;
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..40 {
            let (token, path) = (token.clone(), world.contacts());
            calls.spawn(async move { token.get(&path).await.status });
        }
        let statuses = calls.join_all().await;
        let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
        assert_eq!((count(200), count(429)), (10, 30));
    }

    #[tokio::test]
    async fn is_of_that_token_alone_and_can_be_changed_and_removed() {
        let (world, token) = limited(1).await;
        let other = world.owner.token(&[ObjectRead]).await;
        let id = token.get("/v1/token").await.expect(200)["id"].as_str().unwrap().to_owned();
        expect_limited(&token.get(&world.contacts()).await, "\"token\";q=1;w=86400");
        let answer = other.get(&world.contacts()).await;
        assert_eq!(
            (answer.header("ratelimit"), answer.header("ratelimit-policy")),
            (String::new(), String::new())
        );
        answer.expect(200);
        let path = format!("/v1/tokens/{id}");
        let limit = json!({"rate_limit": {"limit": 2, "window_seconds": DAY}});
        assert_eq!(
            world.owner.api.patch(&path, limit.clone()).await.expect(200)["rate_limit"],
            limit["rate_limit"]
        );
        token.get(&world.contacts()).await.expect(200);
        expect_limited(&token.get(&world.contacts()).await, "\"token\";q=2;w=86400");
        world.owner.api.patch(&path, json!({"rate_limit": null})).await.expect(200);
        for _ in 0..3 {
            token.get(&world.contacts()).await.expect(200);
        }
    }

    #[tokio::test]
    async fn begins_anew_with_each_window() {
        let system = system_with(100).await;
        let owner = Person::at(&Api::at(system.url())).await;
        let about =
            json!({"permissions": ["object:read"], "rate_limit": {"limit": 1, "window_seconds": DAY}});
        let token = owner.token_with(about).await;
        token.get("/v1/me").await.expect(200);
        token.get("/v1/me").await.expect_problem(429, "rate_limited");
        system.clock().advance(DAY.into());
        token.get("/v1/me").await.expect(200);
        token.get("/v1/me").await.expect_problem(429, "rate_limited");
        system.shutdown().await;
    }
}

mod of_an_address {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn holds_for_bad_credentials_and_never_for_good_ones() {
        let system = system_with(5).await;
        let nobody = Api::at(system.url());
        let owner = Person::at(&nobody).await;
        let token = owner.token(&[ObjectRead]).await;
        let bad = nobody.and("ea_pat_nonsense");
        for _ in 0..5 {
            bad.get("/v1/me").await.expect_problem(401, "invalid_token");
        }
        for path in ["/v1/me", "/v1/tokens", "/v1/teams/team_0000000000000000000000"] {
            expect_limited(&bad.get(path).await, "\"address\";q=5;w=60");
        }
        token.get("/v1/me").await.expect(200);
        owner.api.get("/v1/me").await.expect(200);
        // Without a credential nothing was tried.
        nobody.get("/v1/me").await.expect_problem(401, "invalid_token");
        nobody.get("/v1/permissions").await.expect(200);
        system.clock().advance(60);
        bad.get("/v1/me").await.expect_problem(401, "invalid_token");
        system.shutdown().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn holds_for_reports_of_leaked_tokens() {
        let system = system_with(5).await;
        let nobody = Api::at(system.url());
        let token = Person::at(&nobody).await.token(&[ObjectRead]).await;
        let report = async |credentials: &[&str]| {
            nobody.post("/v1/credentials/revoke", json!({"credentials": credentials})).await
        };
        for _ in 0..4 {
            report(&["nonsense"; 1_000]).await.expect(202);
        }
        report(&["nonsense"; 998]).await.expect(202);
        // What counts is how many are sent, in however many reports; what is refused does not count.
        expect_limited(&report(&["nonsense", token.credential(), "more"]).await, "\"address\";q=5000;w=3600");
        token.get("/v1/me").await.expect(200);
        report(&["nonsense", "more"]).await.expect(202);
        expect_limited(&report(&[token.credential()]).await, "\"address\";q=5000;w=3600");
        token.get("/v1/me").await.expect(200);
        system.clock().advance(3_600);
        report(&[token.credential()]).await.expect(202);
        token.get("/v1/me").await.expect_problem(401, "invalid_token");
        system.shutdown().await;
    }
}
