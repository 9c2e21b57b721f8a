//! What becomes of views when their type changes, and what the audit log tells of them.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Deals, faults, names, pairs, problems, text};
use crate::{
    harness::{Api, System},
    jobs::until,
};

const RANGE: &str = "range?from=2026-11-01&to=2026-12-01";

/// Removes the field `secret`. The answer waits until no function goes by the type before.
async fn remove_secret(system: &System, deals: &Deals) {
    deals.owner().patch(&deals.object_type(), json!({"item_label_fields": ["name"]})).await.expect(200);
    let (owner, field) = (deals.owner().clone(), format!("{}/fields/secret", deals.object_type()));
    let gone = tokio::spawn(async move { owner.delete(&field).await.expect(200) });
    while !gone.is_finished() {
        system.clock.advance(1);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    gone.await.unwrap();
}

/// Adds another field of that slug, once the values of the other one are gone, and waits for its index.
async fn add_secret(system: &System, deals: &Deals) {
    let again = json!({"slug": "secret", "label": "Another", "type": "text", "searchable": true});
    let fields = format!("{}/fields", deals.object_type());
    until(|| async {
        system.clock.advance(60);
        deals.owner().post(&fields, again.clone()).await.status == 201
    })
    .await;
    until(|| async {
        system.clock.advance(60);
        let read = deals.owner().get(&deals.object_type()).await.expect(200);
        let fields = read["fields"].as_array().unwrap().clone();
        fields.iter().any(|field| field["slug"] == "secret" && field["index"]["state"] == "ready")
    })
    .await;
    system.clock.advance(10);
}

#[tokio::test]
async fn a_view_fails_closed_without_a_field_that_it_needs_and_another_one_of_its_slug_does_not_heal_it() {
    let system = System::start();
    let deals = Deals::at(&Api::at(&system.url)).await;
    let owner = deals.owner();
    let filter = json!({"field": "secret", "op": "eq", "value": "x"});
    let colors = json!([{"if": filter, "color": "#00ff00"}]);
    deals.deal(json!({"name": "a", "secret": "x"})).await;
    let by_filter = deals.view("calendar", json!({"filter": filter, "date": {"start": "starts"}})).await;
    let grouped = deals.view("table", json!({"group": {"field": "secret"}})).await;
    let fields = json!([{"field": "secret"}, {"field": "name"}]);
    let shown = deals.view("table", json!({"fields": fields, "colors": colors, "sort": "secret"})).await;
    remove_secret(&system, &deals).await;
    for (path, place) in [
        (format!("{by_filter}/objects"), "/filter/field"),
        (format!("{by_filter}/{RANGE}"), "/filter/field"),
        (format!("{grouped}/groups"), "/group/field"),
        (format!("{grouped}/objects"), "/group/field"),
    ] {
        let problem = owner.get(&path).await.expect_problem(409, "view_broken");
        assert_eq!(faults(&problem), pairs(&[(place, "unknown_field")]), "{path}");
    }
    owner.post(&format!("{by_filter}/query"), json!({})).await.expect_problem(409, "view_broken");
    let gone = pairs(&[("/filter/field", "field_gone")]);
    assert_eq!(problems(&owner.get(&by_filter).await.expect(200)), gone);
    let list = owner.get(&format!("{shown}/objects")).await.expect(200);
    let seen = (&list["data"][0]["fields"], &list["data"][0]["color"]);
    assert_eq!(seen, (&json!({"name": "a"}), &json!(null)));
    let places = ["/sort", "/fields/0/field", "/colors/0/if/field"];
    assert_eq!(problems(&list), pairs(&places.map(|place| (place, "field_gone"))));
    // Another field with the slug is another field, until somebody says that it is meant.
    add_secret(&system, &deals).await;
    owner.get(&format!("{by_filter}/objects")).await.expect_problem(409, "view_broken");
    assert_eq!(problems(&owner.get(&by_filter).await.expect(200)), gone);
    for _ in 0..2 {
        let mended = owner.patch(&by_filter, json!({"filter": filter})).await.expect(200);
        assert_eq!((problems(&mended), &mended["version"]), (vec![], &json!(2)));
    }
    assert_eq!(owner.get(&format!("{by_filter}/objects")).await.expect(200)["data"], json!([]));
}

#[tokio::test]
async fn a_view_without_a_searchable_order_shows_objects_as_they_were_created_and_goes_with_its_type() {
    let deals = Deals::new().await;
    let owner = deals.owner();
    for (name, size) in [("a", 2), ("b", 1)] {
        deals.deal(json!({"name": name, "size": size})).await;
    }
    let sorted = deals
        .table(json!({"sort": "size", "filter": {"field": "name", "op": "in", "value": ["a", "b"]}}))
        .await;
    let by_size = deals.table(json!({"filter": {"field": "size", "op": "gte", "value": 1}})).await;
    assert_eq!(names(&owner.get(&format!("{sorted}/objects")).await.expect(200)), ["b", "a"]);
    owner
        .patch(&format!("{}/fields/size", deals.object_type()), json!({"searchable": false}))
        .await
        .expect(200);
    // The type is cached for five seconds.
    until(|| async {
        let list = owner.get(&format!("{sorted}/objects")).await.expect(200);
        list["problems"] != json!(null)
    })
    .await;
    let list = owner.get(&format!("{sorted}/objects")).await.expect(200);
    assert_eq!(
        (names(&list), problems(&list)),
        (vec!["a".to_owned(), "b".to_owned()], pairs(&[("/sort", "field_not_searchable")]))
    );
    let problem = owner.get(&format!("{by_size}/objects")).await.expect_problem(409, "view_broken");
    assert_eq!(faults(&problem), pairs(&[("/filter/field", "field_not_searchable")]));
    owner.delete(&deals.object_type()).await.expect(204);
    owner.get(&format!("{sorted}/objects")).await.expect_problem(404, "not_found");
    assert_eq!(problems(&owner.get(&sorted).await.expect(200)), pairs(&[("/object_type", "type_gone")]));
    let body = json!({"sort": "name"});
    let problem = deals.refused(owner, ("PATCH", &sorted, body), (422, "invalid_data")).await;
    assert_eq!(faults(&problem), pairs(&[("/sort", "not_possible")]));
    owner.patch(&sorted, json!({"name": "Later"})).await.expect(200);
    owner.post(&format!("{}/restore", deals.object_type()), json!({})).await.expect(200);
    assert_eq!(names(&owner.get(&format!("{sorted}/objects")).await.expect(200)), ["a", "b"]);
}

#[tokio::test]
async fn the_log_names_what_changed_of_a_view_without_what_it_compares_with() {
    let deals = Deals::new().await;
    let owner = deals.owner();
    let filter = json!({"field": "secret", "op": "eq", "value": "compared"});
    let path = deals.table(json!({"filter": filter})).await;
    let id = path.rsplit('/').next().unwrap();
    owner.patch(&path, json!({"name": "Another", "sort": "name", "filter": null})).await.expect(200);
    owner.delete(&path).await.expect(204);
    owner.post(&format!("{path}/restore"), json!({})).await.expect(200);
    owner.delete(&format!("{path}/force")).await.expect(204);
    let log = format!("/v1/teams/{}/audit-logs?subject={id}&limit=100", deals.world.team);
    let entries = async || owner.get(&log).await.expect(200)["data"].as_array().unwrap().clone();
    until(|| async { entries().await.len() == 5 }).await;
    let entries = entries().await;
    let events: Vec<_> = entries.iter().rev().map(|entry| text(&entry["event"])).collect();
    assert_eq!(events, ["created", "updated", "deleted", "restored", "destroyed"]);
    assert!(!json!(entries).to_string().contains("compared"));
    let fields = entries[3]["fields"].as_array().unwrap();
    let told = |field: &Value| (text(&field["slug"]), field["new"].clone(), field["omitted"].clone());
    let expected = [
        ("name".to_owned(), json!("Another"), json!(null)),
        ("filter".to_owned(), json!(null), json!(true)),
        ("sort".to_owned(), json!(null), json!(true)),
    ];
    let found: Vec<_> = fields.iter().map(told).collect();
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!((&found.0, &found.1), (&expected.0, &expected.1));
    }
}

#[tokio::test]
async fn personal_views_of_a_member_who_leaves_go_to_the_trash() {
    let deals = Deals::new().await;
    let member = deals.world.member("administrator").await;
    let new = |scope: &str, locked: bool| super::view("table", &json!({"scope": scope, "locked": locked}));
    let mut ids = Vec::new();
    for (scope, locked) in [("personal", false), ("personal", true), ("team", false)] {
        ids.push(text(&member.api.post(&deals.views(), new(scope, locked)).await.expect(201)["id"]));
    }
    let own = text(&deals.owner().post(&deals.views(), new("personal", false)).await.expect(201)["id"]);
    deals.owner().delete(&format!("{}/{}", deals.world.members(), member.id)).await.expect(204);
    let log = format!("/v1/teams/{}/audit-logs?limit=100", deals.world.team);
    let deleted = async || -> Vec<String> {
        let entries = deals.owner().get(&log).await.expect(200)["data"].as_array().unwrap().clone();
        let gone = entries.iter().filter(|entry| entry["event"] == "deleted");
        gone.map(|entry| text(&entry["subject"]["id"])).collect()
    };
    until(|| async { deleted().await.len() == 2 }).await;
    let deleted = deleted().await;
    assert!(deleted.contains(&ids[0]) && deleted.contains(&ids[1]));
    deals.owner().get(&format!("{}/{}", deals.views(), ids[2])).await.expect(200);
    deals.owner().get(&format!("{}/{own}", deals.views())).await.expect(200);
    // Who comes back finds them in the trash.
    deals.world.join(&member, "administrator").await;
    let trash = member.api.get(&format!("{}?trashed=only", deals.views())).await.expect(200);
    assert_eq!(trash["data"].as_array().unwrap().len(), 2);
    member.api.post(&format!("{}/{}/restore", deals.views(), ids[0]), json!({})).await.expect(200);
}
