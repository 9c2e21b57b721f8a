//! The overlap of a rotation: the workers of a service learn the new secret one after the other, while the old one still works.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    harness::{Api, System},
    token_rotation::Rotating,
};

const DAY_SECONDS: i64 = 24 * 60 * 60;

#[tokio::test]
async fn without_a_word_the_overlap_is_a_day_whatever_is_used() {
    let system = System::start();
    let it = Rotating::at(&system, json!({"permissions": ["object:read"]})).await;
    let second = it.rotate_with(json!({})).await;
    it.works(&second).await;
    system.clock.advance(DAY_SECONDS - 60);
    it.works(&it.first).await;
    system.clock.advance(60);
    it.is_refused(&it.first).await;
    it.works(&second).await;
}

/// A worker of a service, which works with the secret that it was last given.
struct Worker {
    secret: Arc<Mutex<Api>>,
    done: Arc<AtomicUsize>,
}

impl Worker {
    fn start(path: &str, secret: &Api, refused: &Arc<AtomicUsize>, work: &mut JoinSet<()>) -> Self {
        let worker = Self { secret: Arc::new(Mutex::new(secret.clone())), done: Arc::default() };
        let (path, secret, done) = (path.to_owned(), worker.secret.clone(), worker.done.clone());
        let refused = refused.clone();
        work.spawn(async move {
            loop {
                let api = secret.lock().unwrap().clone();
                let answer = api.get(&path).await;
                refused.fetch_add(usize::from(answer.status != 200), Ordering::SeqCst);
                done.fetch_add(1, Ordering::SeqCst);
            }
        });
        worker
    }

    /// Waits until the worker has begun and ended some requests from now on.
    async fn works_on(&self) {
        let until = self.done.load(Ordering::SeqCst) + 3;
        while self.done.load(Ordering::SeqCst) < until {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

#[tokio::test]
async fn eight_workers_learn_the_new_secret_one_after_the_other_and_none_is_refused() {
    let system = System::start();
    let it = Rotating::at(&system, json!({"permissions": ["object:read"]})).await;
    let (refused, mut work) = (Arc::new(AtomicUsize::new(0)), JoinSet::new());
    let workers: Vec<_> =
        (0..8).map(|_| Worker::start(&it.world.contacts(), &it.first, &refused, &mut work)).collect();
    let second = it.rotate_with(json!({})).await;
    for learning in &workers {
        *learning.secret.lock().unwrap() = second.clone();
        for worker in &workers {
            worker.works_on().await;
        }
        system.clock.advance(60 * 60);
    }
    assert_eq!(refused.load(Ordering::SeqCst), 0, "while they learn");
    system.clock.advance(DAY_SECONDS);
    it.is_refused(&it.first).await;
    for worker in &workers {
        worker.works_on().await;
    }
    assert_eq!(refused.load(Ordering::SeqCst), 0, "when the old secret is over");
    work.shutdown().await;
}

#[tokio::test]
async fn two_secrets_that_were_replaced_work_at_a_time_and_no_more() {
    let it = Rotating::new().await;
    let mut secrets = vec![it.first.clone()];
    for _ in 0..2 {
        let next = it.rotate(3_600).await;
        it.works(&next).await;
        secrets.push(next);
    }
    for secret in &secrets {
        it.works(secret).await;
    }
    let before = it.seen().await;
    let rotate = format!("{}/rotate", it.path);
    it.world.owner.api.post(&rotate, json!({})).await.expect_problem(409, "wrong_state");
    assert_eq!(it.seen().await, before);
    // One that has leaked is the reason not to wait: it ends all of them.
    let last = it.rotate(0).await;
    for secret in &secrets {
        it.is_refused(secret).await;
    }
    it.works(&last).await;
}

#[tokio::test]
async fn a_secret_that_was_replaced_rotates_nothing_but_may_revoke() {
    let it = Rotating::new().await;
    let second = it.secret(&it.first.post("/v1/token/rotate", json!({})).await);
    it.works(&second).await;
    let before = it.seen().await;
    for body in [json!({}), json!({"overlap_seconds": 0})] {
        it.first.post("/v1/token/rotate", body).await.expect_problem(409, "wrong_state");
    }
    // Nor does it get the secret from an answer that was kept, which the one that asked for it may have again.
    let keyed = second.header("idempotency-key", "rotation");
    let third = it.secret(&keyed.post("/v1/token/rotate", json!({})).await);
    it.secret(&keyed.post("/v1/token/rotate", json!({})).await);
    it.works(&third).await;
    let before_reuse = it.seen().await;
    keyed.post("/v1/token/rotate", json!({})).await.expect_problem(409, "wrong_state");
    assert_ne!(before_reuse, before);
    assert_eq!(it.seen().await, before_reuse);
    it.works(&second).await;
    it.first.delete("/v1/token").await.expect(204);
    it.is_refused(&second).await;
}

#[tokio::test]
async fn a_repeat_does_not_forget_that_the_first_use_ends_the_old_secret() {
    let it = Rotating::new().await;
    it.rotate_with(json!({"until": "first_use"})).await;
    let second = it.rotate_with(json!({})).await;
    it.works(&it.first).await;
    it.works(&second).await;
    it.is_refused(&it.first).await;
}

#[tokio::test]
async fn within_the_overlap_an_old_secret_is_no_reuse_and_behind_it_is_one() {
    let system = System::start();
    let about = json!({"permissions": ["object:read"], "on_reuse": "deactivate"});
    let it = Rotating::at(&system, about).await;
    let second = it.rotate(3_600).await;
    it.works(&second).await;
    it.works(&it.first).await;
    assert_eq!(it.seen().await["active"], json!(true));
    system.clock.advance(3_600);
    it.works(&second).await;
    it.is_refused(&it.first).await;
    assert_eq!(it.seen().await["active"], json!(false));
    it.is_refused(&second).await;
}
