//! The reverse side of relationships, and objects that are sent.

use std::collections::HashMap;

use base::Permission::{ObjectRead, ObjectUpdate};
use serde_json::{Value, json};
use table::{AttributeValue, Key, number};

use crate::{
    harness::{World, system},
    jobs::platform,
};

/// Companies, and people who work for one and report to one another.
struct Firm {
    world: World,
    companies: String,
    people: String,
}

impl Firm {
    async fn new() -> Self {
        let world = World::new().await;
        let relationship = |slug: &str, to: &str, searchable: bool| json!({"slug": slug, "label": slug, "type": "relationship", "searchable": searchable, "settings": {"object_type": to}});
        let of = |slug: &str, mut fields: Vec<Value>| {
            fields.push(json!({"slug": "name", "label": "Name", "type": "text", "searchable": true}));
            json!({"slug": slug, "singular_label": slug, "plural_label": slug, "item_label_fields": ["name"], "fields": fields})
        };
        let api = &world.owner.api;
        api.post(&world.types(), of("companies", vec![])).await.expect(201);
        let fields = vec![
            relationship("company", "companies", true),
            relationship("boss", "people", true),
            relationship("former", "companies", false),
        ];
        api.post(&world.types(), of("people", fields)).await.expect(201);
        let path = |slug: &str| format!("/v1/teams/{}/objects/{slug}", world.team);
        let (companies, people) = (path("companies"), path("people"));
        Self { world, companies, people }
    }

    async fn make(&self, path: &str, fields: Value) -> String {
        let made = self.world.owner.api.post(path, json!({"fields": fields})).await.expect(201);
        made["id"].as_str().unwrap().to_owned()
    }

    async fn names(&self, path: &str) -> Vec<String> {
        let list = self.world.owner.api.get(path).await.expect(200);
        list["data"].as_array().unwrap().iter().map(|one| one["label"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn objects_are_found_by_what_they_point_at() {
    let firm = Firm::new().await;
    let (acme, other) = (
        firm.make(&firm.companies, json!({"name": "Acme"})).await,
        firm.make(&firm.companies, json!({"name": "Other"})).await,
    );
    for (name, company) in [("Bob", &acme), ("Eve", &other), ("Ada", &acme), ("Joe", &acme)] {
        firm.make(&firm.people, json!({"name": name, "company": company})).await;
    }
    let path = format!("{}/{acme}/related/company?object_type=people", firm.companies);
    let token = firm.world.owner.token(&[ObjectRead]).await;
    let answer = token.get(&path).await.expect(200);
    assert_eq!(answer["data"][0]["fields"]["company"], json!(acme));
    assert_eq!(firm.names(&path).await, ["Bob", "Ada", "Joe"]);
    assert_eq!(firm.names(&format!("{path}&sort=-name")).await, ["Joe", "Bob", "Ada"]);
    assert_eq!(firm.names(&format!("{path}&filter[name][gte]=b&sort=name")).await, ["Bob", "Joe"]);

    let first = token.get(&format!("{path}&limit=2&fields=name")).await.expect(200);
    assert_eq!(first["data"][1]["fields"], json!({"name": "Ada"}));
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(firm.names(&format!("{path}&limit=2&fields=name&cursor={cursor}")).await, ["Joe"]);
}

#[tokio::test]
async fn a_type_may_point_at_itself() {
    let firm = Firm::new().await;
    let boss = firm.make(&firm.people, json!({"name": "Boss"})).await;
    let one = firm.make(&firm.people, json!({"name": "One", "boss": boss})).await;
    assert_eq!(firm.names(&format!("{}/{boss}/related/boss", firm.people)).await, ["One"]);
    assert_eq!(firm.names(&format!("{}/{one}/related/boss", firm.people)).await, [] as [&str; 0]);
    firm.world.owner.api.delete(&format!("{}/{one}", firm.people)).await.expect(204);
    assert_eq!(firm.names(&format!("{}/{boss}/related/boss", firm.people)).await, [] as [&str; 0]);
}

#[tokio::test]
async fn what_does_not_point_there_is_refused() {
    let firm = Firm::new().await;
    let api = &firm.world.owner.api;
    let acme = firm.make(&firm.companies, json!({"name": "Acme"})).await;
    let related = |field: &str, query: &str| format!("{}/{acme}/related/{field}{query}", firm.companies);
    for (field, query) in [
        ("company", ""),
        ("boss", "?object_type=people"),
        ("name", "?object_type=people"),
        ("nothing", "?object_type=people"),
        ("company", "?object_type=nothing"),
        ("company", "?object_type=contacts"),
    ] {
        api.get(&related(field, query)).await.expect_problem(404, "not_found");
    }
    let problem =
        api.get(&related("former", "?object_type=people")).await.expect_problem(422, "invalid_data");
    assert_eq!(problem["errors"][0]["code"], json!("field_not_searchable"));
    let problem = api
        .get(&related("company", "?object_type=people&page=2"))
        .await
        .expect_problem(400, "invalid_request");
    assert_eq!(problem["errors"][0]["pointer"], json!("?page"));
    api.delete(&format!("{}/{acme}", firm.companies)).await.expect(204);
    api.get(&related("company", "?object_type=people")).await.expect_problem(404, "not_found");
}

/// How often the object was sent, and who wrote it last.
async fn sendings(world: &World, object: &Value) -> (Option<u64>, HashMap<String, AttributeValue>) {
    let part = |value: &Value| value.as_str().unwrap().to_owned();
    let partition = format!("{}#{}", world.team, part(&object["object_type"]["id"]));
    let objects = platform(&system().dynamodb).tables.objects;
    let item = objects.get(Key::new(partition, part(&object["id"]))).await.unwrap().unwrap();
    (number(&item, "sends"), item["actor"].as_m().unwrap().clone())
}

#[tokio::test]
async fn an_object_is_sent_as_it_is_and_stays_so() {
    let world = World::new().await;
    let contact = world.contact(json!({"name": "Ada"})).await;
    let own = format!("{}/{}", world.contacts(), contact["id"].as_str().unwrap());
    let token = world.owner.token(&[ObjectUpdate, ObjectRead]).await;

    let sent = token.post(&format!("{own}/send"), json!({})).await;
    assert_eq!((sent.status, sent.text.as_str()), (202, ""));
    token.header("if-match", "\"1\"").post(&format!("{own}/send"), json!({})).await.expect(202);
    assert_eq!(world.owner.api.get(&own).await.expect(200), contact);
    let (count, actor) = sendings(&world, &contact).await;
    assert_eq!((count, actor["credential"].as_s().unwrap().as_str()), (Some(2), "token"));

    let stale = token.header("if-match", "\"2\"").post(&format!("{own}/send"), json!({})).await;
    assert_eq!(stale.expect_problem(412, "stale")["current_version"], json!(1));
    token
        .header("if-match", "\"x\"")
        .post(&format!("{own}/send"), json!({}))
        .await
        .expect_problem(412, "stale");
    world.owner.api.delete(&own).await.expect(204);
    token.post(&format!("{own}/send"), json!({})).await.expect_problem(404, "not_found");
    world.owner.api.delete(&format!("{own}/force")).await.expect(204);
    token.post(&format!("{own}/send"), json!({})).await.expect_problem(404, "not_found");
    world.owner.api.get(&own).await.expect_problem(404, "not_found");
}
