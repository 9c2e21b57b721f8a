//! E-mail addresses: one mailbox however its domain is spelled, now and of versions before.

use base::id::{ObjectTypeId, TeamId};
use records::object_type::object_type_key;
use table::{AttributeValue, Condition, Key, text};

use super::*;
use crate::{jobs::platform, type_changes::Place};

async fn upsert(world: &World, fields: Value) -> Answer {
    world.owner.api.put(&format!("{}?match=email", world.contacts()), json!({"fields": fields})).await
}

async fn refused_as_taken(world: &World, email: &str) {
    let before = world.all_contacts().await;
    let fields = json!({"fields": {"email": email}});
    let problem = world.owner.api.post(&world.contacts(), fields.clone()).await;
    let problem = problem.expect_problem(409, "not_unique");
    assert_eq!(problem["errors"][0]["pointer"], json!("/fields/email"));
    let batch = json!({"operations": [{"op": "create", "fields": fields["fields"]}], "atomic": true});
    let batch = world.owner.api.post(&format!("{}/batch", world.contacts()), batch).await;
    batch.expect_problem(409, "not_unique");
    assert_eq!(world.all_contacts().await, before, "{email}");
}

#[tokio::test]
async fn have_one_domain_in_either_spelling_and_are_kept_as_written() {
    let world = World::new().await;
    let (read, sent) = (format!("Ada@{READ}"), format!("ada@{SENT}"));
    let made = upsert(&world, json!({"email": read})).await.expect(201);
    assert_eq!(made["fields"]["email"], json!(read));
    for email in [&sent, &read, &"ADA@BÜCHER.example".to_owned()] {
        refused_as_taken(&world, email).await;
    }
    world.contact(json!({"email": "ada@bucher.example"})).await;
    for (op, value) in [
        ("eq", json!(read)),
        ("eq", json!(sent)),
        ("in", json!(["nobody@example.com", sent])),
        ("starts_with", json!("ada@büch")),
        ("starts_with", json!("ada@xn--bch")),
        ("contains", json!("@bücher")),
        ("contains", json!("@xn--bcher-kva")),
    ] {
        assert_eq!(
            found(&world, &world.contacts(), "email", op, value.clone()).await,
            [read.as_str()],
            "{op} {value}"
        );
    }
    let same = upsert(&world, json!({"email": sent, "name": "Ada"})).await.expect(200);
    assert_eq!((&same["id"], &same["fields"]["email"]), (&made["id"], &json!(sent)));
    let batch = json!({"operations": [{"op": "upsert", "match": "email", "fields": {"email": read, "name": "Eda"}}], "atomic": true});
    world.owner.api.post(&format!("{}/batch", world.contacts()), batch).await.expect(200);
    let path = format!("{}/{}", world.contacts(), made["id"].as_str().unwrap());
    let now = world.owner.api.get(&path).await.expect(200);
    assert_eq!((&now["fields"]["email"], &now["fields"]["name"]), (&json!(read), &json!("Eda")));
    // Given up, it is free in either spelling.
    world.owner.api.patch(&path, json!({"fields": {"email": null}})).await.expect(200);
    world.contact(json!({"email": sent})).await;
    refused_as_taken(&world, &read).await;
}

#[tokio::test]
async fn have_a_domain_that_can_be_one() {
    let things = Things::of("email", json!({})).await;
    let label = "a".repeat(64);
    for sent in ["ada@.example", "ada@a..example", "ada@xn--a.example", &format!("ada@{label}.example")] {
        assert_eq!(things.refused(sent).await["code"], json!("not_an_email"), "{sent}");
    }
    things.make(format!("ada@{}.example", &label[1..])).await;
}

#[tokio::test]
async fn of_invitations_have_one_domain_too_and_are_not_folded_further() {
    let world = World::new().await;
    let name = format!("person{}", unique());
    let person = async |email: &str| {
        let session = json!({"email": email, "name": "A Person"});
        let session = world.owner.api.post("/local/session", session).await.expect(201);
        world.owner.api.and(session["session"].as_str().unwrap())
    };
    let invite = async |email: &str| {
        let body = json!({"email": email, "role": "member"});
        world.owner.api.post(&world.invitations(), body).await.expect(201)["secret"].clone()
    };
    let secret = invite(&format!("{name}@STRASSE.example")).await;
    let stranger = person(&format!("{name}@straße.example")).await;
    let refused = stranger.post("/v1/invitations/accept", json!({"secret": secret})).await;
    refused.expect_problem(404, "not_found");
    assert_eq!(stranger.get("/v1/teams").await.expect(200)["data"], json!([]));
    let secret = invite(&format!("{name}@{SENT}")).await;
    let invited = person(&format!("{}@BÜCHER.example", name.to_uppercase())).await;
    invited.post("/v1/invitations/accept", json!({"secret": secret})).await.expect(201);
}

/// Contacts as the version before kept them, whose e-mail addresses were compared as texts are.
async fn kept_before(emails: &[&str]) -> (Place, Vec<Value>) {
    let place = Place::new().await;
    let contacts = json!({"slug": "people", "singular_label": "P", "plural_label": "Ps", "fields": [
        {"slug": "email", "label": "E-mail", "type": "text", "unique": true, "searchable": true},
        {"slug": "name", "label": "Name", "type": "name"},
    ]});
    let made = place.owner().post(&place.world.types(), contacts).await.expect(201);
    let mut people = Vec::new();
    for email in emails {
        let fields = json!({"fields": {"email": email}});
        people.push(place.owner().post(&place.objects("people"), fields).await.expect(201));
    }
    let (team, id) = (TeamId::parse(&place.world.team), ObjectTypeId::parse(made["id"].as_str().unwrap()));
    let key: Key = object_type_key(&team.unwrap(), &id.unwrap());
    let workspace = platform(&place.system.dynamodb).tables.workspace;
    let item = workspace.get(key.clone()).await.unwrap().unwrap();
    let definition = text(&item, "definition").unwrap().replace("\"type\":\"text\"", "\"type\":\"email\"");
    let write =
        workspace.update(key).set("definition", AttributeValue::S(definition)).when(Condition::ItemExists);
    workspace.write(write).await.unwrap();
    place.known_everywhere();
    (place, people)
}

#[tokio::test]
async fn that_an_earlier_version_kept_are_found_and_are_unique_as_before() {
    let (read, sent) = (format!("Ada@{READ}"), format!("eve@{SENT}"));
    let (place, people) = kept_before(&[&read, &sent]).await;
    let path = place.objects("people");
    for (name, kept) in [("ada", &read), ("eve", &sent)] {
        for email in [format!("{name}@{READ}"), format!("{name}@{SENT}")] {
            let found = found(&place.world, &path, "email", "eq", json!(email)).await;
            assert_eq!(found, [kept.as_str()], "{email}");
            let again = place.owner().post(&path, json!({"fields": {"email": email}})).await;
            again.expect_problem(409, "not_unique");
        }
    }
    let put = async |email: &str| {
        let fields = json!({"fields": {"email": email, "name": "A Person"}});
        place.owner().put(&format!("{path}?match=email"), fields).await
    };
    for (email, before) in [(format!("ada@{SENT}"), &people[0]), (format!("eve@{SENT}"), &people[1])] {
        assert_eq!(put(&email).await.expect(200)["id"], before["id"], "{email}");
    }
    let list = place.owner().get(&path).await.expect(200)["data"].clone();
    assert_eq!(list.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn that_an_earlier_version_kept_are_upserted_in_batches_too() {
    let (place, people) = kept_before(&[&format!("eve@{SENT}")]).await;
    let batch = async |atomic: bool| {
        let fields = json!({"email": format!("eve@{READ}"), "name": format!("Eve {atomic}")});
        let upsert = json!({"op": "upsert", "match": "email", "fields": fields});
        let body = json!({"operations": [upsert], "atomic": atomic});
        place.owner().post(&format!("{}/batch", place.objects("people")), body).await.expect(200)
    };
    for atomic in [true, false] {
        batch(atomic).await;
        let list = place.owner().get(&place.objects("people")).await.expect(200)["data"].clone();
        let [only] = list.as_array().unwrap().as_slice() else { panic!("{list}") };
        let name = json!(format!("Eve {atomic}"));
        assert_eq!((&only["id"], &only["fields"]["name"]), (&people[0]["id"], &name));
    }
}

#[tokio::test]
async fn that_an_earlier_version_kept_are_given_up_and_taken_back() {
    let (read, sent) = (format!("eve@{READ}"), format!("eve@{SENT}"));
    let (place, people) = kept_before(&[&sent]).await;
    let path = place.objects("people");
    let eve = format!("{path}/{}", people[0]["id"].as_str().unwrap());
    let fields = |email: &str| json!({"fields": {"email": email}});
    assert_eq!(place.owner().delete(&eve).await.status, 204);
    let other = place.owner().post(&path, fields(&read)).await.expect(201);
    let other = format!("{path}/{}", other["id"].as_str().unwrap());
    let restored = place.owner().send("POST", &format!("{eve}/restore"), None).await;
    restored.expect_problem(409, "not_unique");
    place.owner().patch(&other, fields("another@example.com")).await.expect(200);
    place.owner().send("POST", &format!("{eve}/restore"), None).await.expect(200);
    for email in [&read, &sent] {
        place.owner().patch(&other, fields(email)).await.expect_problem(409, "not_unique");
    }
    place.owner().patch(&eve, fields("eve@example.com")).await.expect(200);
    place.owner().patch(&other, fields(&sent)).await.expect(200);
    place.owner().post(&path, fields(&read)).await.expect_problem(409, "not_unique");
}

#[tokio::test]
async fn that_an_earlier_version_kept_are_given_up_in_either_spelling() {
    let (place, people) = kept_before(&[&format!("eve@{SENT}")]).await;
    let path = place.objects("people");
    let eve = format!("{path}/{}", people[0]["id"].as_str().unwrap());
    let fields = |email: &str| json!({"fields": {"email": email}});
    place.owner().patch(&eve, fields(&format!("eve@{READ}"))).await.expect(200);
    place.owner().patch(&eve, fields("eve@example.com")).await.expect(200);
    for spelling in [READ, SENT] {
        let made = place.owner().post(&path, fields(&format!("eve@{spelling}"))).await.expect(201);
        let made = format!("{path}/{}", made["id"].as_str().unwrap());
        assert_eq!(place.owner().delete(&made).await.status, 204);
    }
}
