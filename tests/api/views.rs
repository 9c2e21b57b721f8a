//! Views: what each shows to whom, every refusal, and that a refusal changed nothing.

mod boundary;
mod changes;
pub(crate) mod kinds;
mod rights;
mod running;

use base::Permission;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, World};

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Deals, with fields to search by of many kinds.
pub(crate) fn deals() -> Value {
    json!({
        "slug": "deals", "singular_label": "Deal", "plural_label": "Deals", "item_label_fields": ["name", "secret"],
        "fields": [
            {"slug": "name", "label": "Name", "type": "text", "searchable": true},
            {"slug": "secret", "label": "Secret", "type": "text", "searchable": true},
            {"slug": "stage", "label": "Stage", "type": "dropdown", "searchable": true, "settings": {"options": ["New", "Won", "Lost"]}},
            {"slug": "size", "label": "Size", "type": "number", "searchable": true},
            {"slug": "price", "label": "Price", "type": "money", "searchable": true, "settings": {"currency": "EUR"}},
            {"slug": "starts", "label": "Starts", "type": "date", "searchable": true},
            {"slug": "ends", "label": "Ends", "type": "date", "searchable": true},
            {"slug": "at", "label": "At", "type": "date", "searchable": true, "settings": {"precision": "date-time"}},
            {"slug": "done", "label": "Done", "type": "checkbox", "searchable": true},
            {"slug": "before", "label": "Before", "type": "relationship", "searchable": true, "settings": {"object_type": "deals"}},
            {"slug": "note", "label": "Note", "type": "textarea"},
            {"slug": "picture", "label": "Picture", "type": "image"},
        ],
    })
}

/// A team with deals.
pub(crate) struct Deals {
    pub(crate) world: World,
}

impl Deals {
    pub(crate) async fn new() -> Self {
        Self::at(&Api::anonymous()).await
    }

    pub(crate) async fn at(api: &Api) -> Self {
        Self { world: World::of(crate::harness::Person::at(api).await, deals()).await }
    }

    pub(crate) fn owner(&self) -> &Api {
        &self.world.owner.api
    }

    pub(crate) fn views(&self) -> String {
        format!("/v1/teams/{}/views", self.world.team)
    }

    pub(crate) fn objects(&self) -> String {
        format!("/v1/teams/{}/objects/deals", self.world.team)
    }

    pub(crate) fn object_type(&self) -> String {
        format!("{}/deals", self.world.types())
    }

    /// A token of the owner with these permissions.
    pub(crate) async fn token(&self, permissions: &[Permission]) -> Api {
        self.world.owner.token(permissions).await
    }

    /// A new deal; its id.
    pub(crate) async fn deal(&self, fields: Value) -> String {
        text(&self.owner().post(&self.objects(), json!({"fields": fields})).await.expect(201)["id"])
    }

    /// A table of deals, with these parts; its path.
    pub(crate) async fn table(&self, parts: Value) -> String {
        self.view("table", parts).await
    }

    /// A view of deals, with these parts; its path.
    pub(crate) async fn view(&self, kind: &str, parts: Value) -> String {
        let made = self.owner().post(&self.views(), view(kind, &parts)).await.expect(201);
        format!("{}/{}", self.views(), text(&made["id"]))
    }

    /// Refused, and no view was made, changed or removed.
    pub(crate) async fn refused(
        &self,
        by: &Api,
        (method, path, body): (&str, &str, Value),
        (status, code): (u16, &str),
    ) -> Value {
        let seen = async || {
            let list = |query: &str| format!("{}?limit=100{query}", self.views());
            (
                self.owner().get(&list("")).await.expect(200),
                self.owner().get(&list("&trashed=only")).await.expect(200),
            )
        };
        let before = seen().await;
        let body = (method != "GET" && method != "DELETE").then(|| body.to_string());
        let problem = by.send(method, path, body).await.expect_problem(status, code);
        assert_eq!(seen().await, before, "{method} {path}");
        problem
    }
}

/// A view of deals.
pub(crate) fn view(kind: &str, parts: &Value) -> Value {
    let mut new = json!({"name": "A view", "kind": kind, "object_type": "deals"});
    new.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
    new
}

/// The names of the deals of a list, in its order.
pub(crate) fn names(list: &Value) -> Vec<String> {
    let data = list["data"].as_array().unwrap();
    data.iter().map(|deal| text(&deal["fields"]["name"])).collect()
}

/// The places and codes of a refusal.
pub(crate) fn faults(problem: &Value) -> Vec<(String, String)> {
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().map(|fault| (text(&fault["pointer"]), text(&fault["code"]))).collect()
}

/// The same of the problems of a view.
pub(crate) fn problems(view: &Value) -> Vec<(String, String)> {
    let problems = view["problems"].as_array().unwrap();
    problems.iter().map(|problem| (text(&problem["pointer"]), text(&problem["code"]))).collect()
}

pub(crate) fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
}

/// What a refusal says, without what tells one request from another.
pub(crate) fn told(answer: Answer) -> String {
    let id = answer.header("x-request-id");
    answer.text.replace(&id, "")
}
