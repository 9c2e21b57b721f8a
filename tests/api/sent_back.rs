//! What was read is sent back to every route that changes something: nothing is refused, nothing is written, nobody is
//! told. No member of a body is named here: the document says which there are.

use std::time::Duration;

use base::Permission;
use serde_json::{Map, Value, json};

use crate::{
    every_route,
    field_types::everything,
    harness::{Api, World, an_email, unique},
    views::kinds,
};

/// Something that a route changes.
struct Sample {
    /// Who sends it back.
    api: Api,
    path: String,
    /// Where the answer of the change is read.
    read: String,
    /// The thing that is sent back, where it is not the whole of what is read.
    part: Box<dyn Fn(&Value) -> Value>,
    /// A change that is one.
    other: Value,
    /// What the audit log calls it.
    subject: String,
}

fn found(list: &Value, is_meant: impl Fn(&Value) -> bool) -> Value {
    list.as_array().unwrap().iter().find(|one| is_meant(one)).unwrap().clone()
}

fn id(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

/// A thing for each route that changes one, with as much of it set as can be.
async fn samples(world: &World, route: &str) -> Vec<Sample> {
    let (owner, team) = (world.owner.api.clone(), format!("/v1/teams/{}", world.team));
    let sample = |path: String, subject: String, other: Value| Sample {
        api: owner.clone(),
        read: path.clone(),
        path,
        part: Box::new(Value::clone),
        other,
        subject,
    };
    match route {
        "/v1/tokens/{token}" => {
            let new = json!({
                "name": format!("token {}", unique()), "description": "About it", "permissions": Permission::ALL,
                "expires_at": "2099-01-01T00:00:00Z", "team_ids": [world.team], "allowed_cidrs": ["192.0.2.0/24", "::/0"],
                "rate_limit": {"limit": 9, "window_seconds": 60}, "on_reuse": "deactivate",
            });
            let (token, other) =
                (id(&owner.post("/v1/tokens", new).await.expect(201)), json!({"description": "Another"}));
            vec![sample(format!("/v1/tokens/{token}"), token, other)]
        }
        "/v1/teams/{team}" => {
            // What only an owner may set may be sent back by whoever may change anything.
            let api = world.member("administrator").await.api;
            vec![Sample { api, ..sample(team, world.team.clone(), json!({"name": "Another"})) }]
        }
        "/v1/teams/{team}/members/{user}" => vec![member(world).await],
        "/v1/teams/{team}/object-types/{type}" => {
            let made = owner.post(&world.types(), everything()).await.expect(201);
            let others = json!({"plural_label": "Others"});
            vec![sample(format!("{}/everything", world.types()), id(&made), others)]
        }
        "/v1/teams/{team}/object-types/{type}/fields/{slug}" => fields(world).await,
        "/v1/teams/{team}/objects/{type}/{id}" => vec![contact(world).await],
        "/v1/teams/{team}/webhooks/{webhook}" => vec![webhook(world).await],
        "/v1/teams/{team}/forms/{form}" => vec![form(world).await],
        "/v1/teams/{team}/views/{view}" => views(world).await,
        other => panic!("give {other} a sample in this test"),
    }
}

async fn webhook(world: &World) -> Sample {
    let team = format!("/v1/teams/{}", world.team);
    let lost = json!({"slug": "lost", "singular_label": "Lost", "plural_label": "Lost"});
    world.owner.api.post(&world.types(), lost).await.expect(201);
    let new = json!({
        "name": "Zapier", "description": "About it", "url": "https://receiver.invalid/a?b=c", "active": false,
        "topics": ["object.updated", "object.created"], "object_types": ["contacts", "lost"],
    });
    let webhook = id(&world.owner.api.post(&format!("{team}/webhooks"), new).await.expect(201));
    // A type that cannot be chosen any more is no reason to refuse what is there.
    assert_eq!(world.owner.api.delete(&format!("{}/lost", world.types())).await.status, 204);
    let path = format!("{team}/webhooks/{webhook}");
    let (api, read, part) = (world.owner.api.clone(), path.clone(), Box::new(Value::clone));
    Sample { api, path, read, part, other: json!({"name": "Another"}), subject: webhook }
}

/// A form with as much of it set as can be, one of whose fields is gone: that is no reason to refuse what is there.
async fn form(world: &World) -> Sample {
    let items = json!([{"field": "name", "default": "Ada"}, {"text": "And"}, {"field": "notes"}]);
    let new = json!({
        "name": "Newsletter", "object_type": "contacts", "description": "About it", "locale": "de", "limit": 9,
        "opens_at": "2026-01-01T00:00:00Z", "closes_at": "2099-01-01T00:00:00Z", "closed_message": "Over",
        "pages": [{"title": "One", "items": items}],
        "values": [{"field": "amount", "value": 1.50}, {"field": "company", "from": "utm"}],
        "allowed_origins": ["https://a.example"], "keep_address": true, "confirmation": {"message": "Thanks"},
    });
    let path = format!("/v1/teams/{}/forms", world.team);
    let form = id(&world.owner.api.post(&path, new).await.expect(201));
    world.owner.api.delete(&format!("{}/contacts/fields/notes", world.types())).await.expect(200);
    Sample {
        api: world.owner.api.clone(),
        path: format!("{path}/{form}"),
        read: format!("{path}/{form}"),
        subject: form,
        part: Box::new(Value::clone),
        other: json!({"title": "Another"}),
    }
}

async fn contact(world: &World) -> Sample {
    let contact = world.contact(json!({"email": an_email(), "name": "Ada", "amount": 1.5})).await;
    let path = format!("{}/{}", world.contacts(), id(&contact));
    Sample {
        api: world.owner.api.clone(),
        read: path.clone(),
        path,
        part: Box::new(Value::clone),
        other: json!({"fields": {"name": "Another"}}),
        subject: id(&contact),
    }
}

/// A view of each kind, of a type that has lost a field since.
async fn views(world: &World) -> Vec<Sample> {
    let views = format!("/v1/teams/{}/views", world.team);
    let sample = |id: String| Sample {
        api: world.owner.api.clone(),
        path: format!("{views}/{id}"),
        read: format!("{views}/{id}"),
        part: Box::new(Value::clone),
        other: json!({"name": "Another"}),
        subject: id,
    };
    kinds::one_of_each(world).await.into_iter().map(sample).collect()
}

async fn member(world: &World) -> Sample {
    let person = world.member("member").await;
    Sample {
        api: world.owner.api.clone(),
        path: format!("{}/{}", world.members(), person.id),
        read: world.members(),
        subject: person.id.clone(),
        part: Box::new(move |list| found(&list["data"], |member| member["user"]["id"] == person.id)),
        other: json!({"role": "manager"}),
    }
}

/// Each field of a type that has one of each kind, and some with rules, indexes and unique fields.
async fn fields(world: &World) -> Vec<Sample> {
    let mut object_type = everything();
    let when = json!({"if": {"all": [{"field": "dropdown", "op": "in", "value": ["New", "Won"]}]}});
    let more = json!([
        {"slug": "code", "label": "Code", "type": "text", "unique": true, "searchable": true, "locked": "once_set"},
        {"slug": "rate", "label": "Rate", "type": "number", "default": 1.50, "searchable": true, "required": "always"},
        {"slug": "stage", "label": "Stage", "type": "radio", "default": "Won", "settings": {"options": ["New", "Won"]}},
        {"slug": "why", "label": "Why", "type": "text", "required": when, "visible": when, "locked": when},
        {"slug": "made", "label": "Made", "type": "date", "semantics": "date-created"},
    ]);
    let fields = object_type["fields"].as_array_mut().unwrap();
    fields.extend(more.as_array().unwrap().clone());
    let slugs: Vec<_> = fields.iter().map(|field| field["slug"].as_str().unwrap().to_owned()).collect();
    let made = world.owner.api.post(&world.types(), object_type).await.expect(201);
    let path = format!("{}/everything", world.types());
    let sample = |slug: String| Sample {
        api: world.owner.api.clone(),
        path: format!("{path}/fields/{slug}"),
        read: path.clone(),
        part: Box::new(move |read| found(&read["fields"], |field| field["slug"] == slug)),
        other: json!({"label": "Another"}),
        subject: id(&made),
    };
    slugs.into_iter().map(sample).collect()
}

/// The members that the body of a change may have.
fn members(document: &Value, route: &str) -> Vec<String> {
    let body = &document["paths"][route]["patch"]["requestBody"]["content"]["application/json"]["schema"];
    let body = match body["$ref"].as_str() {
        Some(place) => document.pointer(place.trim_start_matches('#')).unwrap(),
        None => body,
    };
    body["properties"].as_object().unwrap().keys().cloned().collect()
}

/// Of what was read what the body of a change may have.
fn body(members: &[String], thing: &Value) -> Value {
    let sent: Map<_, _> =
        members.iter().filter_map(|name| Some((name.clone(), thing.get(name)?.clone()))).collect();
    assert!(!sent.is_empty(), "nothing of this can be sent back: {thing}");
    Value::Object(sent)
}

impl Sample {
    async fn is_sent_back(&self, members: &[String]) {
        let before = self.api.get(&self.read).await;
        let (tag, before) = (before.header("etag"), before.expect(200));
        let thing = (self.part)(&before);
        let answer = self.api.patch(&self.path, body(members, &thing)).await;
        assert_eq!(answer.status, 200, "{} {}", self.path, answer.text);
        assert!([&before, &thing].contains(&&answer.json()), "{} {} {thing}", self.path, answer.text);
        assert!(tag.is_empty() || answer.header("etag") == tag, "{} {tag}", self.path);
        assert_eq!(self.api.get(&self.read).await.expect(200), before, "{}", self.path);
    }

    /// Makes a change that is one, and waits until it is told: as the only one.
    async fn is_told_of_a_change_alone(&self, world: &World) {
        world.owner.api.patch(&self.path, self.other.clone()).await.expect(200);
        let path =
            format!("/v1/teams/{}/audit-logs?limit=100&event=updated&subject={}", world.team, self.subject);
        for _ in 0..600 {
            let told = world.owner.api.get(&path).await.expect(200)["data"].clone();
            if told != json!([]) {
                assert_eq!(told.as_array().unwrap().len(), 1, "{} {told:#}", self.path);
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{} was not told of in a minute", self.path);
    }
}

#[tokio::test]
async fn what_was_read_may_be_sent_back_to_every_route_and_changes_nothing() {
    let document = Api::anonymous().get("/v1/openapi.json").await.expect(200);
    let changes = every_route::all().into_iter().filter(|info| info.route.method == "PATCH");
    let mut count = 0;
    for route in changes.map(|info| info.route.path) {
        let (world, members) = (World::new().await, members(&document, &route));
        let samples = samples(&world, &route).await;
        for sample in &samples {
            sample.is_sent_back(&members).await;
        }
        samples[0].is_told_of_a_change_alone(&world).await;
        count += 1;
    }
    assert!(count >= 7);
}
