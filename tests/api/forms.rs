//! Forms: made, changed, opened and closed by a team; read and sent by visitors; and what was sent, as the team sees it.

mod definition;
mod model;
mod once;
mod page;
mod races;
mod rights;
mod team;
mod units;
mod visitors;

use serde_json::{Value, json};

use crate::harness::{Answer, Api, World, unique};

/// A team with an open form.
struct Desk {
    world: World,
    /// Who fills it in.
    nobody: Api,
    id: String,
    key: String,
}

/// A form that asks for what contacts have, and lets machines in, so that tests need not wait.
pub(crate) fn a_form() -> Value {
    json!({
        "name": "Newsletter", "object_type": "contacts", "status": "open",
        "pages": [{"items": [{"field": "email"}, {"field": "name", "required": true}, {"field": "notes"}]}],
        "protection": {"min_seconds": 0, "per_address": {"limit": 10_000, "window_seconds": 600}},
        "confirmation": {"message": "Thank you."},
    })
}

fn with(mut thing: Value, change: Value) -> Value {
    let Value::Object(change) = change else { panic!("{change}") };
    thing.as_object_mut().unwrap().extend(change);
    thing
}

impl Desk {
    async fn new(change: Value) -> Self {
        Self::of(World::new().await, change).await
    }

    async fn of(world: World, change: Value) -> Self {
        Self::at(Api::anonymous(), world, change).await
    }

    /// The same at the system of that caller.
    async fn in_system(nobody: Api, change: Value) -> Self {
        let world = World::at(&nobody).await;
        Self::at(nobody, world, change).await
    }

    async fn at(nobody: Api, world: World, change: Value) -> Self {
        let made = world.owner.api.post(&forms(&world), with(a_form(), change)).await.expect(201);
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Self { id: text("id"), key: text("key"), nobody, world }
    }

    fn owner(&self) -> &Api {
        &self.world.owner.api
    }

    fn path(&self, rest: &str) -> String {
        format!("{}/{}{rest}", forms(&self.world), self.id)
    }

    fn public(&self) -> String {
        format!("/v1/forms/{}", self.key)
    }

    async fn read(&self) -> Value {
        self.owner().get(&self.path("")).await.expect(200)
    }

    async fn patch(&self, change: Value) -> Answer {
        self.owner().patch(&self.path(""), change).await
    }

    /// The form as a visitor sees it.
    async fn shown(&self) -> Value {
        self.nobody.get(&self.public()).await.expect(200)
    }

    async fn token(&self) -> String {
        self.shown().await["token"].as_str().unwrap().to_owned()
    }

    /// Sends these values with this token.
    async fn send_with(&self, token: &str, fields: Value) -> Answer {
        self.post(json!({"token": token, "fields": fields})).await
    }

    /// Sends these values as a new visitor.
    async fn send(&self, fields: Value) -> Answer {
        self.send_with(&self.token().await, fields).await
    }

    async fn post(&self, body: Value) -> Answer {
        self.nobody.post(&format!("{}/submissions", self.public()), body).await
    }

    async fn submissions(&self, query: &str) -> Vec<Value> {
        let list = self.owner().get(&self.path(&format!("/submissions?limit=100{query}"))).await.expect(200);
        list["data"].as_array().unwrap().clone()
    }

    async fn contacts(&self) -> Vec<Value> {
        self.world.all_contacts().await
    }
}

fn forms(world: &World) -> String {
    format!("/v1/teams/{}/forms", world.team)
}

/// A name that no other test has.
fn a_name() -> String {
    format!("Ada {}", unique())
}

fn faults(problem: &Value) -> Vec<(String, String)> {
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    let errors = problem["errors"].as_array().unwrap().iter();
    errors.map(|one| (text(one, "pointer"), text(one, "code"))).collect()
}

#[track_caller]
fn expect_fault(answer: Answer, pointer: &str, code: &str) {
    let problem = answer.expect_problem(422, "invalid_data");
    assert_eq!(faults(&problem), [(pointer.to_owned(), code.to_owned())], "{problem}");
}
