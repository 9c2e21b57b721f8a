//! What a caller without `object:read` gets: nothing that moves with what objects hold.

use base::Permission::{ObjectCreate, ObjectDelete, ObjectForceDelete, ObjectRead, ObjectUpdate};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, World, an_email};

/// A team, one of its contacts, and a token that may do everything with objects but read them.
struct Unseen {
    world: World,
    contact: Value,
    email: String,
    token: Api,
}

impl Unseen {
    async fn new() -> Self {
        let (world, email) = (World::new().await, an_email());
        let contact = world.contact(json!({"email": email, "name": "Ada"})).await;
        let all = [ObjectCreate, ObjectUpdate, ObjectDelete, ObjectForceDelete];
        let token = world.owner.token(&all).await;
        Self { world, contact, email, token }
    }

    fn at(&self, behind: &str) -> String {
        format!("{}/{}{behind}", self.world.contacts(), self.contact["id"].as_str().unwrap())
    }

    async fn seen(&self) -> Answer {
        let live = self.world.owner.api.get(&self.at("")).await;
        if live.status == 200 { live } else { self.world.owner.api.get(&self.at("?trashed=only")).await }
    }
}

fn members(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn an_answer_holds_which_object_it_is_and_no_more() {
    let it = Unseen::new().await;
    let upsert = format!("{}?match=email", it.world.contacts());
    let fields = |name: &str| json!({"fields": {"email": it.email, "name": name}});
    let made = it.token.post(&it.world.contacts(), json!({"fields": {"name": "Eda"}})).await;
    let another = json!({"fields": {"email": an_email()}});
    let answers = [
        (
            it.token.patch(&it.at(""), json!({"fields": {"name": "Ada"}})).await,
            200,
            vec!["id", "object_type"],
        ),
        (
            it.token.patch(&it.at(""), json!({"fields": {"name": "Ida"}})).await,
            200,
            vec!["id", "object_type"],
        ),
        (it.token.put(&upsert, fields("Ida")).await, 200, vec!["id", "object_type", "outcome"]),
        (it.token.put(&upsert, fields("Eva")).await, 200, vec!["id", "object_type", "outcome"]),
        (it.token.put(&upsert, another).await, 201, vec!["id", "object_type", "outcome"]),
        (made.clone(), 201, vec!["id", "object_type"]),
    ];
    for (answer, status, expected) in answers {
        assert!(!answer.headers.contains_key("etag"), "{:?}", answer.headers);
        let body = answer.expect(status);
        assert_eq!(members(&body), expected, "{body}");
        assert_eq!(members(&body["object_type"]), ["id", "slug"]);
    }
    assert!(it.world.owner.api.get(&made.header("location")).await.status == 200);
    it.token.delete(&it.at("")).await.expect(204);
    let restored = it.token.post(&it.at("/restore"), json!({})).await;
    assert!(!restored.headers.contains_key("etag"));
    assert_eq!(members(&restored.expect(200)), ["id", "object_type"]);
    let operations = json!([
        {"op": "create", "fields": {}},
        {"op": "update", "id": it.contact["id"], "fields": {"name": "Ada"}},
        {"op": "upsert", "match": "email", "fields": {"email": an_email()}},
    ]);
    for atomic in [false, true] {
        let body = json!({"operations": operations, "atomic": atomic});
        let results = it.token.post(&format!("{}/batch", it.world.contacts()), body).await.expect(200);
        for result in results["results"].as_array().unwrap() {
            assert_eq!(members(result), ["object", "op", "status"]);
            assert_eq!(members(&result["object"]), ["id", "object_type"]);
        }
    }
}

#[tokio::test]
async fn a_version_may_not_be_asked_for_whatever_it_is_of() {
    let it = Unseen::new().await;
    let before = it.seen().await.text;
    let nowhere = format!("{}/obj_0000000000000000000000", it.world.contacts());
    let upsert = format!("{}?match=email", it.world.contacts());
    let fields = json!({"fields": {"email": it.email, "name": "Eda"}}).to_string();
    let requests = [
        ("PATCH", it.at(""), Some(fields.clone())),
        ("PATCH", nowhere.clone(), Some(fields.clone())),
        ("PATCH", it.at(""), Some("nonsense".to_owned())),
        ("PUT", upsert, Some(fields)),
        ("DELETE", it.at(""), None),
        ("DELETE", nowhere, None),
        ("DELETE", it.at("/force"), None),
        ("POST", it.at("/restore"), Some("{}".to_owned())),
        ("POST", it.at("/send"), Some("{}".to_owned())),
    ];
    for (method, path, body) in requests {
        for tag in ["\"1\"", "\"2\"", "*", "nonsense"] {
            let refused = it.token.header("if-match", tag).send(method, &path, body.clone()).await;
            let problem = refused.expect_problem(403, "insufficient_scope");
            assert_eq!(problem["required_permissions"], json!(["object:read"]), "{method} {path} {tag}");
        }
    }
    let operations = [
        json!({"op": "update", "id": it.contact["id"], "fields": {"name": "Eda"}, "if_match": 1}),
        json!({"op": "upsert", "match": "email", "fields": {"email": it.email, "name": "Eda"}, "if_match": 1}),
        json!({"op": "delete", "id": it.contact["id"], "if_match": 1}),
    ];
    let path = format!("{}/batch", it.world.contacts());
    for operation in operations {
        let each = it.token.post(&path, json!({"operations": [operation]})).await.expect(200);
        assert_eq!(each["results"][0]["problem"]["required_permissions"], json!(["object:read"]), "{each}");
        let all = it.token.post(&path, json!({"operations": [operation], "atomic": true})).await;
        let problem = all.expect_problem(403, "insufficient_scope");
        assert_eq!(problem["required_permissions"], json!(["object:read"]));
    }
    assert_eq!(it.seen().await.text, before);
    let reader = it.world.owner.token(&[ObjectRead, ObjectUpdate]).await;
    let meant = reader.header("if-match", "\"1\"");
    meant.patch(&it.at(""), json!({"fields": {"name": "Eda"}})).await.expect(200);
}

/// Deals with a field of each rule, and one of them that is won.
async fn deals() -> (World, String, Value, Api) {
    let world = World::new().await;
    let is_won = json!({"if": {"field": "stage", "op": "eq", "value": "Won"}});
    let object_type = json!({"slug": "deals", "singular_label": "D", "plural_label": "Ds", "fields": [
        {"slug": "key", "label": "Key", "type": "text", "unique": true, "locked": "once_set"},
        {"slug": "stage", "label": "Stage", "type": "dropdown", "settings": {"options": ["New", "Won"]}},
        {"slug": "birthday", "label": "Birthday", "type": "date", "locked": "once_set"},
        {"slug": "amount", "label": "Amount", "type": "number", "locked": is_won},
        {"slug": "reason", "label": "Reason", "type": "text", "visible": is_won},
        {"slug": "signed", "label": "Signed", "type": "date", "required": is_won},
        {"slug": "number", "label": "Number", "type": "autogenerated"},
        {"slug": "old", "label": "Old", "type": "dropdown", "settings": {"options": ["a", "b"]}},
        {"slug": "contact", "label": "Contact", "type": "relationship", "settings": {"object_type": "contacts"}},
    ]});
    world.owner.api.post(&world.types(), object_type).await.expect(201);
    let path = format!("/v1/teams/{}/objects/deals", world.team);
    let contact = world.contact(json!({})).await["id"].clone();
    let fields = json!({
        "key": "k", "stage": "Won", "birthday": "1815-12-10", "amount": 30, "reason": "r", "signed": "2026-11-23", "old": "a",
        "contact": contact,
    });
    let deal = world.owner.api.post(&path, json!({"fields": fields})).await.expect(201);
    world.owner.api.delete(&format!("{}/{}", world.contacts(), contact.as_str().unwrap())).await.expect(204);
    let token = world.owner.token(&[ObjectCreate, ObjectUpdate]).await;
    (world, path, deal, token)
}

#[tokio::test]
async fn what_may_not_be_written_is_refused_whatever_is_sent() {
    let (world, path, deal, token) = deals().await;
    let own = format!("{path}/{}", deal["id"].as_str().unwrap());
    let held = &deal["fields"];
    for (fields, expected) in [
        (json!({"birthday": held["birthday"]}), vec!["/fields/birthday locked"]),
        (json!({"birthday": "1815-12-11"}), vec!["/fields/birthday locked"]),
        (json!({"birthday": null}), vec!["/fields/birthday locked"]),
        (json!({"amount": 30}), vec!["/fields/amount locked"]),
        (json!({"amount": 31}), vec!["/fields/amount locked"]),
        (json!({"amount": 30, "stage": "Won"}), vec!["/fields/amount locked", "/fields/signed required"]),
        (json!({"reason": "r"}), vec!["/fields/reason not_visible"]),
        (json!({"reason": "r", "stage": "New"}), vec!["/fields/reason not_visible"]),
        (json!({"signed": null}), vec!["/fields/signed required"]),
        (json!({"stage": "Won"}), vec!["/fields/signed required"]),
        (json!({"number": held["number"]}), vec!["/fields/number read_only"]),
        (json!({"old": "c"}), vec!["/fields/old not_an_option"]),
        (json!({"contact": held["contact"]}), vec!["/fields/contact not_found"]),
    ] {
        let mut with_key = fields.clone();
        with_key["key"] = json!("k");
        let answers = [
            token.patch(&own, json!({"fields": fields})).await,
            token.put(&format!("{path}?match=key"), json!({"fields": with_key})).await,
        ];
        for answer in answers {
            let problem = answer.expect_problem(422, "invalid_data");
            let told = problem["errors"].as_array().unwrap().iter().map(|fault| {
                format!("{} {}", fault["pointer"].as_str().unwrap(), fault["code"].as_str().unwrap())
            });
            assert_eq!(told.collect::<Vec<_>>(), expected, "{fields}");
        }
    }
    assert_eq!(world.owner.api.get(&own).await.expect(200), deal);
}

#[tokio::test]
async fn what_is_decided_by_what_is_sent_is_written() {
    let (world, path, deal, token) = deals().await;
    let own = format!("{path}/{}", deal["id"].as_str().unwrap());
    for fields in [
        json!({"stage": "New", "amount": 31, "signed": null}),
        json!({"stage": "Won", "signed": "2026-11-24", "reason": "other"}),
        json!({"signed": "2026-11-25", "old": "b"}),
    ] {
        token.patch(&own, json!({"fields": fields})).await.expect(200);
        let now = world.owner.api.get(&own).await.expect(200);
        assert!(
            fields.as_object().unwrap().iter().all(|(slug, value)| now["fields"][slug] == *value),
            "{now}"
        );
    }
    // The field by which the object is found is there, whatever its rules; it stays as it is.
    let upsert = json!({"fields": {"key": "K", "old": "a"}});
    token.put(&format!("{path}?match=key"), upsert).await.expect(200);
    let now = world.owner.api.get(&own).await.expect(200);
    assert_eq!((&now["fields"]["key"], &now["fields"]["old"]), (&json!("k"), &json!("a")));
}

#[tokio::test]
async fn how_many_writes_a_batch_makes_is_counted_by_what_is_sent() {
    let it = Unseen::new().await;
    let path = format!("{}/batch", it.world.contacts());
    // Each of an object, of a value that is taken, and of another one that is given up.
    let (many, few) = (34, 33);
    let emails: Vec<_> = (0..many).map(|_| an_email()).collect();
    let new: Vec<_> =
        emails.iter().map(|email| json!({"op": "create", "fields": {"email": email}})).collect();
    let made = it.world.owner.api.post(&path, json!({"operations": new})).await.expect(200);
    let ids = made["results"].as_array().unwrap().iter().map(|result| result["object"]["id"].clone());
    let held: Vec<_> = ids.zip(emails).collect();
    let send = async |api: &Api, count: usize, is_right: bool| {
        let update = |(id, email): &(Value, String)| {
            let guess = if is_right { email.clone() } else { an_email() };
            json!({"op": "update", "id": id, "fields": {"email": guess}})
        };
        let operations: Vec<_> = held[..count].iter().map(update).collect();
        api.post(&path, json!({"operations": operations, "atomic": true})).await
    };
    let told = async |is_right| {
        let mut problem = send(&it.token, many, is_right).await.expect_problem(422, "invalid_data");
        assert_eq!(problem["errors"][0]["code"], json!("too_many"));
        problem.as_object_mut().unwrap().remove("request_id");
        problem
    };
    assert_eq!(told(true).await, told(false).await);
    send(&it.token, few, true).await.expect(200);
    send(&it.token, few, false).await.expect(200);
    // Who may read is not kept from what writes nothing.
    let (id, _) = &held[0];
    let contact = it.world.owner.api.get(&format!("{}/{}", it.world.contacts(), id.as_str().unwrap())).await;
    let same = json!({"op": "update", "id": id, "fields": {"email": contact.expect(200)["fields"]["email"]}});
    it.world.owner.api.post(&path, json!({"operations": [same], "atomic": true})).await.expect(200);
}

#[tokio::test]
async fn an_operation_and_an_object_that_have_a_value_are_told_alike() {
    let it = Unseen::new().await;
    let path = format!("{}/batch", it.world.contacts());
    let other = it.world.contact(json!({"email": an_email()})).await;
    let third = it.world.contact(json!({})).await;
    let taken = |email: &Value| {
        let update = |object: &Value| json!({"op": "update", "id": object["id"], "fields": {"email": email}});
        json!({"operations": [update(&other), update(&third)], "atomic": true})
    };
    let told = async |email: &Value| {
        let mut problem = it.token.post(&path, taken(email)).await.expect_problem(409, "not_unique");
        problem.as_object_mut().unwrap().remove("request_id");
        problem
    };
    assert_eq!(told(&other["fields"]["email"]).await, told(&json!(an_email())).await);
}
