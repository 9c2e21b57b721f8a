//! Writes that change nothing are no change, and what was read may be written back whole, by whatever route.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use crate::{
    field_types::everything,
    harness::{Api, System, World, an_email, unique},
};

/// A way to write fields to an object that is there.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Patch,
    Put,
    Update { atomic: bool },
    Upsert { atomic: bool },
}

const WAYS: [Way; 6] = [
    Way::Patch,
    Way::Put,
    Way::Update { atomic: false },
    Way::Update { atomic: true },
    Way::Upsert { atomic: false },
    Way::Upsert { atomic: true },
];

/// Objects of a type with a unique field `key`.
struct Things {
    world: World,
    path: String,
}

impl Things {
    /// With these fields besides.
    async fn with(object_type: Value) -> Self {
        Self::of(World::new().await, object_type).await
    }

    async fn of(world: World, mut object_type: Value) -> Self {
        let key = json!({"slug": "key", "label": "Key", "type": "text", "unique": true});
        object_type["fields"].as_array_mut().unwrap().push(key);
        let slug = object_type["slug"].as_str().unwrap().to_owned();
        world.owner.api.post(&world.types(), object_type).await.expect(201);
        let path = format!("/v1/teams/{}/objects/{slug}", world.team);
        Self { world, path }
    }

    fn owner(&self) -> &Api {
        &self.world.owner.api
    }

    fn at(&self, object: &Value) -> String {
        format!("{}/{}", self.path, object["id"].as_str().unwrap())
    }

    async fn make(&self, mut fields: Value) -> Value {
        fields["key"] = json!(format!("k{}", unique()));
        self.owner().post(&self.path, json!({"fields": fields})).await.expect(201)
    }

    async fn read(&self, object: &Value) -> Value {
        self.owner().get(&self.at(object)).await.expect(200)
    }

    /// Writes fields to an object; the object as it is answered.
    async fn write(&self, way: Way, object: &Value, mut fields: Value) -> Value {
        let batch = async |operation: Value, atomic: bool| {
            let body = json!({"operations": [operation], "atomic": atomic});
            let results = self.owner().post(&format!("{}/batch", self.path), body).await.expect(200);
            assert_eq!(results["results"][0]["status"], json!(200), "{way:?} {results}");
            results["results"][0]["object"].clone()
        };
        if matches!(way, Way::Put | Way::Upsert { .. }) {
            fields["key"] = object["fields"]["key"].clone();
        }
        match way {
            Way::Patch => self.owner().patch(&self.at(object), json!({"fields": fields})).await.expect(200),
            Way::Put => {
                let path = format!("{}?match=key", self.path);
                let mut answer = self.owner().put(&path, json!({"fields": fields})).await.expect(200);
                assert_eq!(answer.as_object_mut().unwrap().remove("outcome"), Some(json!("updated")));
                answer
            }
            Way::Update { atomic } => {
                batch(json!({"op": "update", "id": object["id"], "fields": fields}), atomic).await
            }
            Way::Upsert { atomic } => {
                batch(json!({"op": "upsert", "match": "key", "fields": fields}), atomic).await
            }
        }
    }

    /// What is told of the object, the latest first, once that much is: entries follow from the streams.
    async fn history(&self, object: &Value, expected: usize) -> Vec<Value> {
        let path = format!("{}/history?limit=100", self.at(object));
        for _ in 0..600 {
            let told = self.owner().get(&path).await.expect(200)["data"].as_array().unwrap().clone();
            if told.len() >= expected {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{expected} entries did not come in a minute");
    }
}

fn numbers() -> Value {
    json!({"slug": "things", "singular_label": "T", "plural_label": "Ts", "fields": [
        {"slug": "name", "label": "Name", "type": "name", "searchable": true},
        {"slug": "email", "label": "E-mail", "type": "email"},
        {"slug": "amount", "label": "Amount", "type": "number", "searchable": true},
        {"slug": "weight", "label": "Weight", "type": "number"},
        {"slug": "price", "label": "Price", "type": "money", "searchable": true, "settings": {"currency": "EUR"}},
        {"slug": "at", "label": "At", "type": "date", "settings": {"precision": "date-time"}},
        {"slug": "tags", "label": "Tags", "type": "checkboxes", "settings": {"options": ["a", "b"]}},
        {"slug": "vip", "label": "VIP", "type": "checkbox"},
        {"slug": "box", "label": "Box", "type": "composite", "settings": {"fields": [
            {"slug": "width", "label": "Width", "type": "number"}]}},
        {"slug": "notes", "label": "Notes", "type": "textarea"},
    ]})
}

fn values() -> Value {
    json!({
        "name": "Ada", "email": "Ada@Example.com", "amount": 30, "weight": 1.50, "price": {"amount": "12.30"},
        "at": "2026-11-23T10:00:00Z", "tags": ["a", "b"], "vip": true, "box": {"width": 2},
    })
}

#[tokio::test]
async fn what_is_equal_is_no_change_whatever_way_it_is_written() {
    let things = Things::with(numbers()).await;
    let thing = things.make(values()).await;
    for fields in [
        json!({}),
        json!({"name": "Ada"}),
        json!({"name": " Ada "}),
        json!({"amount": 30.0}),
        json!({"amount": 3e1, "name": "Ada", "vip": true}),
        json!({"weight": 1.5}),
        json!({"price": {"amount": "12.3", "currency": "EUR"}}),
        json!({"at": "2026-11-23T12:00:00+02:00"}),
        json!({"tags": ["b", "a"]}),
        json!({"box": {"width": 2.0}}),
        json!({"notes": null}),
        json!({"notes": " ", "name": "Ada"}),
        values(),
    ] {
        for way in WAYS {
            assert_eq!(things.write(way, &thing, fields.clone()).await, thing, "{way:?} {fields}");
        }
    }
    assert_eq!(things.read(&thing).await, thing);
}

#[tokio::test]
async fn what_differs_is_a_change_of_what_differs_alone() {
    let things = Things::with(numbers()).await;
    let mut version = 1;
    let thing = things.make(values()).await;
    // In turn from one to the other, so that each is a change.
    let pairs = [
        json!({"name": ["ada", "Ada"]}),
        json!({"email": ["ada@example.com", "Ada@Example.com"]}),
        json!({"amount": [30.01, 30]}),
        json!({"weight": [1.51, 1.5]}),
        json!({"price": [{"amount": "12.31"}, {"amount": "12.30"}]}),
        json!({"tags": [["a"], ["a", "b"]]}),
        json!({"vip": [false, null]}),
        json!({"box": [{"width": 3}, null]}),
        json!({"notes": ["x", null]}),
    ];
    for pair in pairs {
        let (slug, pair) =
            pair.as_object().unwrap().iter().next().map(|(slug, pair)| (slug.clone(), pair.clone())).unwrap();
        for (turn, way) in WAYS.into_iter().enumerate() {
            let changed = things
                .write(way, &thing, json!({"at": "2026-11-23T10:00:00Z", slug.as_str(): pair[turn % 2]}))
                .await;
            version += 1;
            assert_eq!(changed["version"], json!(version), "{way:?} {slug}");
        }
    }
    let entries = things.history(&thing, version).await;
    assert_eq!(entries.len(), version);
    for entry in entries.iter().filter(|entry| entry["event"] == "updated") {
        assert_eq!(entry["fields"].as_array().unwrap().len(), 1, "{entry}");
    }
}

#[tokio::test]
async fn no_change_is_told_to_nobody() {
    let things = Things::with(numbers()).await;
    let thing = things.make(values()).await;
    for way in WAYS {
        things.write(way, &thing, values()).await;
    }
    things.write(Way::Patch, &thing, json!({"name": "the last one"})).await;
    // The records of one object come in their order.
    let entries = things.history(&thing, 2).await;
    let events: Vec<_> = entries.iter().map(|entry| entry["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["updated", "created"]);
    assert_eq!(entries[0]["fields"][0]["new"], json!("the last one"));
}

#[tokio::test]
async fn of_many_equal_writes_at_once_one_is_a_change() {
    let things = Arc::new(Things::with(numbers()).await);
    for way in WAYS {
        let thing = things.make(json!({"name": "before"})).await;
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (things, thing) = (things.clone(), thing.clone());
            calls.spawn(async move {
                things.write(way, &thing, json!({"name": "after", "amount": 1})).await["version"].clone()
            });
        }
        assert!(calls.join_all().await.iter().all(|version| *version == json!(2)), "{way:?}");
        assert_eq!(things.read(&thing).await["version"], json!(2), "{way:?}");
    }
}

#[tokio::test]
async fn no_change_of_a_version_that_is_not_meant_is_refused_all_the_same() {
    let things = Things::with(numbers()).await;
    let thing = things.make(values()).await;
    let stale = things.owner().header("if-match", "\"7\"");
    for fields in [json!({}), json!({"name": "Ada"}), json!({"weight": 1.5}), values()] {
        let body = json!({"fields": fields});
        stale.patch(&things.at(&thing), body.clone()).await.expect_problem(412, "stale");
        let meant = things.owner().header("if-match", "\"1\"");
        assert_eq!(meant.patch(&things.at(&thing), body).await.expect(200), thing);
    }
}

/// Every field type; one of each rule; and what has become different since the objects were made.
async fn aged() -> (Things, Value) {
    let mut all = everything();
    let fields = all["fields"].as_array_mut().unwrap();
    let is_won = json!({"if": {"field": "dropdown", "op": "eq", "value": "Won"}});
    fields.extend([
        json!({"slug": "made", "label": "Made", "type": "date", "semantics": "date-created"}),
        json!({"slug": "once", "label": "Once", "type": "text", "locked": "once_set"}),
        json!({"slug": "fixed", "label": "Fixed", "type": "money", "locked": is_won}),
        json!({"slug": "hidden", "label": "Hidden", "type": "text", "visible": is_won}),
        json!({"slug": "needed", "label": "Needed", "type": "text", "required": is_won}),
    ]);
    let system = System::start();
    let things = Things::of(World::at(&Api::at(&system.url)).await, all).await;
    let contact = things.world.contact(json!({"name": "Ada", "email": an_email()})).await;
    let thing = things
        .make(json!({
            "text": "a text", "textarea": "one\ntwo", "name": "Ada", "email": "Ada@Example.com", "phone": "+4930123456",
            "url": "https://example.com/A", "number": 12.30, "money": {"amount": "5.00"}, "dropdown": "Won", "radio": "Lost",
            "checkboxes": ["New", "Lost"], "checkbox": false, "date": "2026-11-23", "time": "2026-11-23T10:00:00Z",
            "color": "#aabbcc", "address": {"city": "Ulm", "zip": "89073"},
            "composite": {"width": 1.50, "price": {"amount": "2"}, "tags": ["a", "b"]}, "relationship": contact["id"],
            "once": "set", "fixed": {"amount": "1"}, "hidden": "shown", "needed": "here",
        }))
        .await;
    let contact = format!("{}/{}", things.world.contacts(), contact["id"].as_str().unwrap());
    things.owner().delete(&contact).await.expect(204);
    let options = json!({"settings": {"options": ["Lost", "Closed", "Won"]}});
    let parts = json!({"settings": {"fields": [
        {"slug": "width", "label": "Width", "type": "number", "required": "always"},
        {"slug": "price", "label": "Price", "type": "money"},
        {"slug": "tags", "label": "Tags", "type": "checkboxes", "settings": {"options": ["b"]}},
    ]}});
    for (field, change) in [
        ("radio", json!({"settings": {"options": ["New"]}})),
        ("checkboxes", options),
        ("composite", parts),
        ("made", json!({"label": "Made at"})),
    ] {
        let path = format!("{}/everything/fields/{field}", things.world.types());
        let answer = things.owner().patch(&path, change).await;
        assert!([200, 202].contains(&answer.status), "{}", answer.text);
    }
    // Types are known to functions for some seconds.
    system.clock.advance(10);
    (things, thing)
}

#[tokio::test]
async fn what_was_read_may_be_written_back_whole_whatever_its_fields_have_become() {
    let (things, thing) = aged().await;
    let read = things.read(&thing).await;
    assert_eq!(read, thing);
    for way in WAYS {
        assert_eq!(things.write(way, &thing, read["fields"].clone()).await, thing, "{way:?}");
    }
    for (slug, value) in read["fields"].as_object().unwrap() {
        let same = things.write(Way::Patch, &thing, json!({slug.as_str(): value})).await;
        assert_eq!(same, thing, "{slug}");
    }
    // Beside a change of something else, too.
    for (change, way) in (2..).zip(WAYS) {
        let mut fields = read["fields"].clone();
        fields["textarea"] = json!(format!("change {change}"));
        let changed = things.write(way, &thing, fields.clone()).await;
        assert_eq!((&changed["version"], &changed["fields"]), (&json!(change), &fields), "{way:?}");
    }
}

#[tokio::test]
async fn what_is_there_is_no_excuse_for_another_value() {
    let (things, thing) = aged().await;
    for (field, value, code) in [
        ("autogenerated", json!("INV-101/A"), "read_only"),
        ("autogenerated", Value::Null, "read_only"),
        ("made", json!("2020-01-01"), "read_only"),
        ("radio", json!("Won"), "not_an_option"),
        ("checkboxes", json!(["New"]), "not_an_option"),
        ("composite", json!({"width": 1.50, "price": {"amount": "2"}, "tags": ["a"]}), "not_an_option"),
        ("once", json!("other"), "locked"),
        ("once", Value::Null, "locked"),
        ("fixed", json!({"amount": "1.01"}), "locked"),
        ("needed", Value::Null, "required"),
    ] {
        let refused = things.owner().patch(&things.at(&thing), json!({"fields": {field: value}})).await;
        let problem = refused.expect_problem(422, "invalid_data");
        assert_eq!(problem["errors"][0]["code"], json!(code), "{field} {value}");
    }
    assert_eq!(things.read(&thing).await, thing);
}
