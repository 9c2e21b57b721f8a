//! What a form is: made, read, changed, thrown away and brought back, and what is wrong with it as its type changes.

use resources::TRASH_SECONDS;
use table::{Item, Table, text};

use super::*;
use crate::{
    harness::System,
    jobs::{platform, until},
};

#[tokio::test]
async fn a_form_is_made_as_it_was_told_and_read_with_what_has_become_of_it() {
    let desk = Desk::new(json!({"description": "For *all*", "opens_at": "2026-01-01T00:00:00Z"})).await;
    let form = desk.read().await;
    let expected = json!({
        "name": "Newsletter", "title": "Newsletter", "description": "For *all*", "status": "open", "state": "open",
        "audience": "public", "limit": null, "closes_at": null, "opens_at": "2026-01-01T00:00:00.000Z",
        "action": {"kind": "create"}, "values": [], "allowed_origins": [], "keep_address": false,
        "counts": {"accepted": 0, "held": 0, "last_at": null}, "problems": [], "version": 1,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&form[name], value, "{name}");
    }
    assert_eq!(form["key"], json!(desk.key));
    assert_eq!(form["object_type"].as_str().unwrap()[..5], *"type_");
    let list = desk.owner().get(&forms(&desk.world)).await.expect(200);
    assert_eq!(list["data"], json!([form]));
}

/// What is wrong with a form, and the faults that tell it.
type Case = (Value, Vec<(&'static str, &'static str)>);

/// What is wrong with what a form asks for and gives.
fn of_fields() -> Vec<Case> {
    let page = |items: Value| json!({"pages": [{"items": items}]});
    vec![
        (json!({"name": ""}), vec![("/name", "required")]),
        (json!({"object_type": "nothing"}), vec![("/object_type", "not_found")]),
        (json!({"pages": []}), vec![("/pages", "out_of_range")]),
        (page(json!([{"field": "nothing"}])), vec![("/pages/0/items/0/field", "unknown_field")]),
        (page(json!([{"field": "name"}, {"field": "name"}])), vec![("/pages/0/items/1/field", "duplicate")]),
        (page(json!([{}])), vec![("/pages/0/items/0", "required")]),
        (page(json!([{"text": "a", "label": "b"}])), vec![("/pages/0/items/0/label", "not_possible")]),
        (
            page(json!([{"field": "name", "options": ["a"]}])),
            vec![("/pages/0/items/0/options", "not_possible")],
        ),
        (
            page(json!([{"field": "stage", "options": ["New", "Old"]}])),
            vec![("/pages/0/items/0/options/1", "not_an_option")],
        ),
        (
            page(json!([{"field": "amount", "default": "x"}])),
            vec![("/pages/0/items/0/default", "wrong_type")],
        ),
        (
            page(json!([{"field": "name", "visible": {"if": {"field": "amount", "op": "not_empty"}}}])),
            vec![("/pages/0/items/0/visible/if/field", "unknown_field")],
        ),
        (json!({"values": [{"field": "name", "value": "a"}]}), vec![("/values/0/field", "duplicate")]),
        (json!({"values": [{"field": "number", "value": "a"}]}), vec![("/values/0/value", "not_possible")]),
        (json!({"values": [{"field": "amount", "value": "x"}]}), vec![("/values/0/value", "wrong_type")]),
        (json!({"values": [{"field": "amount", "from": "a b"}]}), vec![("/values/0/from", "invalid")]),
        (json!({"values": [{"field": "amount"}]}), vec![("/values/0", "required")]),
    ]
}

/// What is wrong with all else of a form.
fn of_settings() -> Vec<Case> {
    vec![
        (json!({"action": {"kind": "create", "match": "email"}}), vec![("/action/match", "not_possible")]),
        (json!({"action": {"kind": "upsert"}}), vec![("/action/match", "required")]),
        (
            json!({"action": {"kind": "upsert", "match": "name"}}),
            vec![("/action/match", "not_a_unique_field")],
        ),
        (json!({"action": {"kind": "upsert", "match": "number"}}), vec![("/action/match", "not_possible")]),
        (
            json!({"confirmation": {"redirect": "http://example.com"}}),
            vec![("/confirmation/redirect", "not_https")],
        ),
        (
            json!({"confirmation": {"append": ["amount"]}}),
            vec![("/confirmation/append", "not_possible"), ("/confirmation/append/0", "unknown_field")],
        ),
        (json!({"protection": {"min_seconds": 61}}), vec![("/protection/min_seconds", "out_of_range")]),
        (json!({"allowed_origins": ["https://a.example/"]}), vec![("/allowed_origins/0", "invalid")]),
        (
            json!({"allowed_origins": ["https://*", "https://*.a.example", "https://a.example;sandbox"]}),
            vec![
                ("/allowed_origins/0", "invalid"),
                ("/allowed_origins/1", "invalid"),
                ("/allowed_origins/2", "invalid"),
            ],
        ),
        (
            json!({"confirmation": {"redirect": "https://a.example;sandbox/x"}}),
            vec![("/confirmation/redirect", "not_a_url")],
        ),
        (
            json!({"allowed_origins": ["https://a.example", "*"]}),
            vec![("/allowed_origins/1", "not_possible")],
        ),
        (json!({"limit": 0}), vec![("/limit", "out_of_range")]),
        (
            json!({"opens_at": "2026-01-02T00:00:00Z", "closes_at": "2026-01-01T00:00:00Z"}),
            vec![("/closes_at", "out_of_range")],
        ),
        (json!({"name": "", "limit": 0}), vec![("/name", "required"), ("/limit", "out_of_range")]),
        (json!({"description": "x".repeat(2_001)}), vec![("/description", "too_long")]),
    ]
}

#[tokio::test]
async fn each_fault_of_a_form_is_told_at_its_place_and_nothing_is_made() {
    let world = World::new().await;
    for (change, expected) in of_fields().into_iter().chain(of_settings()) {
        let answer = world.owner.api.post(&forms(&world), with(a_form(), change.clone())).await;
        let problem = answer.expect_problem(422, "invalid_data");
        let expected: Vec<_> =
            expected.into_iter().map(|(pointer, code)| (pointer.to_owned(), code.to_owned())).collect();
        assert_eq!(faults(&problem), expected, "{change}");
    }
    let list = world.owner.api.get(&forms(&world)).await.expect(200);
    assert_eq!(list["data"], json!([]));
}

#[tokio::test]
async fn what_the_type_requires_the_form_must_ask_for_or_give() {
    let world = World::new().await;
    let patch = json!({"required": "always"});
    world.owner.api.patch(&format!("{}/contacts/fields/since", world.types()), patch).await.expect(200);
    let create = async |change: Value| world.owner.api.post(&forms(&world), with(a_form(), change)).await;
    expect_fault(create(json!({})).await, "/pages", "required");
    create(json!({"values": [{"field": "since", "value": "2026-01-01"}]})).await.expect(201);
    create(json!({"pages": [{"items": [{"field": "since"}]}]})).await.expect(201);
}

#[tokio::test]
async fn fields_that_hold_files_or_objects_cannot_be_asked_for() {
    let world = World::new().await;
    for (slug, more) in [
        ("photo", json!({"type": "image"})),
        ("parent", json!({"type": "relationship", "settings": {"object_type": "contacts"}})),
        ("no", json!({"type": "autogenerated"})),
    ] {
        let field = with(json!({"slug": slug, "label": slug}), more);
        world.owner.api.post(&format!("{}/contacts/fields", world.types()), field).await.expect(201);
        let items = json!({"pages": [{"items": [{"field": slug}]}]});
        let answer = world.owner.api.post(&forms(&world), with(a_form(), items)).await;
        expect_fault(answer, "/pages/0/items/0/field", "not_possible");
        let values = json!({"values": [{"field": slug, "from": "x"}]});
        let answer = world.owner.api.post(&forms(&world), with(a_form(), values)).await;
        expect_fault(answer, "/values/0/field", "not_possible");
    }
}

#[tokio::test]
async fn a_change_changes_what_it_names_and_a_refused_one_nothing() {
    let desk = Desk::new(json!({"limit": 3})).await;
    let changed = desk.patch(json!({"title": "Other", "limit": null})).await.expect(200);
    assert_eq!(
        (&changed["title"], &changed["limit"], &changed["version"]),
        (&json!("Other"), &json!(null), &json!(2))
    );
    let same = desk.patch(json!({"title": "Other"})).await.expect(200);
    assert_eq!(same, changed, "what changes nothing is no change");
    expect_fault(desk.patch(json!({"pages": [], "title": "No"})).await, "/pages", "out_of_range");
    let stale = desk.owner().header("If-Match", "\"1\"").patch(&desk.path(""), json!({"title": "No"})).await;
    stale.expect_problem(412, "stale");
    assert_eq!(desk.read().await, changed);
    desk.patch(json!({"object_type": "contacts"})).await.expect_problem(400, "invalid_request");
}

#[tokio::test]
async fn a_field_that_is_gone_makes_the_form_unavailable_and_another_one_does_not_heal_it() {
    let system = System::isolated();
    let desk = Desk::in_system(Api::at(&system.url), json!({})).await;
    let token = desk.token().await;
    let field = format!("{}/contacts/fields/notes", desk.world.types());
    desk.owner().delete(&field).await.expect(200);
    let is_known = || async { desk.shown().await["state"] == "unavailable" };
    until(is_known).await;
    let form = desk.read().await;
    assert_eq!(form["state"], json!("unavailable"));
    let problem = &form["problems"][0];
    assert_eq!(
        (&problem["pointer"], &problem["code"], &problem["field"]),
        (&json!("/pages/0/items/2/field"), &json!("field_gone"), &json!("notes"))
    );
    desk.send_with(&token, json!({"name": a_name()})).await.expect_problem(409, "form_unavailable");
    desk.patch(json!({"status": "closed"})).await.expect(200);
    let refused = desk.patch(json!({"status": "open"})).await.expect_problem(422, "invalid_data");
    assert_eq!(faults(&refused), [("/pages/0/items/2/field".to_owned(), "unknown_field".to_owned())]);
    let again = json!({"slug": "notes", "label": "Notes", "type": "textarea"});
    let fields = format!("{}/contacts/fields", desk.world.types());
    // Its slug is free when its values are gone.
    until(|| async {
        system.clock.advance(60);
        desk.owner().post(&fields, again.clone()).await.status == 201
    })
    .await;
    assert_eq!(desk.read().await["problems"][0]["code"], json!("field_gone"));
    let pages = json!([{"items": [{"field": "name"}, {"field": "notes"}]}]);
    let healed = desk.patch(json!({"pages": pages, "status": "open"})).await.expect(200);
    assert_eq!((&healed["problems"], &healed["state"]), (&json!([]), &json!("open")));
    assert!(desk.contacts().await.is_empty());
}

#[tokio::test]
async fn an_option_that_is_gone_is_not_offered_and_the_form_goes_on() {
    let items = json!([{"items": [{"field": "name"}, {"field": "stage", "options": ["New", "Won"]}]}]);
    let desk = Desk::new(json!({"pages": items})).await;
    let options = json!({"settings": {"options": ["New", "Lost"]}});
    desk.owner().patch(&format!("{}/contacts/fields/stage", desk.world.types()), options).await.expect(200);
    let offered = async || desk.shown().await["pages"][0]["items"][1]["settings"]["options"].clone();
    until(|| async { offered().await == json!(["New"]) }).await;
    let form = desk.read().await;
    assert_eq!((&form["state"], &form["problems"][0]["code"]), (&json!("open"), &json!("option_gone")));
    desk.send(json!({"name": a_name(), "stage": "New"})).await.expect(201);
    expect_fault(
        desk.send(json!({"name": a_name(), "stage": "Lost"})).await,
        "/fields/stage",
        "not_an_option",
    );
}

#[tokio::test]
async fn a_form_whose_type_is_in_the_trash_says_so() {
    let desk = Desk::new(json!({})).await;
    desk.owner().delete(&format!("{}/contacts", desk.world.types())).await.expect(204);
    let form = desk.read().await;
    assert_eq!((&form["state"], &form["problems"][0]["code"]), (&json!("unavailable"), &json!("type_gone")));
    desk.owner().post(&format!("{}/contacts/restore", desk.world.types()), json!({})).await.expect(200);
    assert_eq!(desk.read().await["state"], json!("open"));
}

#[tokio::test]
async fn a_form_in_the_trash_is_hidden_from_all_and_comes_back_with_its_key() {
    let desk = Desk::new(json!({})).await;
    let before = desk.read().await;
    desk.owner().delete(&desk.path("")).await.expect(204);
    desk.owner().get(&desk.path("")).await.expect_problem(404, "not_found");
    Api::anonymous().get(&desk.public()).await.expect_problem(404, "not_found");
    let trashed = desk.owner().get(&format!("{}?trashed=only", forms(&desk.world))).await.expect(200);
    assert_eq!(trashed["data"][0]["id"], json!(desk.id));
    let restored = desk.owner().send("POST", &desk.path("/restore"), None).await.expect(200);
    assert_eq!((&restored["key"], &restored["pages"]), (&before["key"], &before["pages"]));
    desk.shown().await;
    desk.owner().delete(&desk.path("/force")).await.expect(204);
    Api::anonymous().get(&desk.public()).await.expect_problem(404, "not_found");
    desk.owner().get(&desk.path("")).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn what_ends_with_its_time_in_the_trash_leaves_nothing_behind() {
    let system = System::isolated();
    let desk = Desk::in_system(Api::at(&system.url), json!({})).await;
    desk.send(json!({"name": a_name()})).await.expect(201);
    desk.owner().delete(&desk.path("")).await.expect(204);
    system.clock.advance(TRASH_SECONDS - 60);
    desk.owner().get(&desk.path("?trashed=only")).await.expect(200);
    system.clock.advance(60 * 60);
    desk.owner().get(&desk.path("?trashed=only")).await.expect_problem(404, "not_found");
    let platform = platform(&system.dynamodb);
    let left = async |table: &Table| {
        let found = table.scan(None).await.unwrap().items;
        let is_of_form =
            |item: &&Item| ["pk", "sk"].iter().any(|name| is_of_forms(text(item, name).unwrap()));
        found.iter().filter(is_of_form).map(|item| text(item, "sk").unwrap().to_owned()).collect::<Vec<_>>()
    };
    // What was sent goes when its own time is over.
    let is_kept = |sk: &String| sk.starts_with("SUB#") || sk.starts_with("SEEN#");
    until(|| async {
        let (workspace, activity) = (left(&platform.workspace).await, left(&platform.activity).await);
        workspace.is_empty() && activity.iter().all(is_kept)
    })
    .await;
}

fn is_of_forms(key: &str) -> bool {
    key.starts_with("FORM#") || key.starts_with("FORMKEY#")
}

#[tokio::test]
async fn a_duplicate_is_a_draft_with_a_key_of_its_own() {
    let desk = Desk::new(json!({"limit": 7})).await;
    let other = desk.owner().post(&desk.path("/duplicate"), json!({"name": "Second"})).await.expect(201);
    assert_eq!(
        (&other["name"], &other["status"], &other["limit"]),
        (&json!("Second"), &json!("draft"), &json!(7))
    );
    assert_ne!(other["key"], json!(desk.key));
    let path = format!("/v1/forms/{}", other["key"].as_str().unwrap());
    Api::anonymous().get(&path).await.expect_problem(404, "not_found");
    let preview = format!("{}/{}/preview", forms(&desk.world), other["id"].as_str().unwrap());
    let shown = desk.owner().get(&preview).await.expect(200);
    assert_eq!((&shown["state"], shown["pages"][0]["items"].as_array().unwrap().len()), (&json!("open"), 3));
    assert_eq!(shown["token"], Value::Null);
}

#[tokio::test]
async fn an_old_key_works_for_its_overlap_and_no_longer() {
    let desk = Desk::new(json!({})).await;
    let rotate = async |seconds: u32| {
        let body = json!({"overlap_seconds": seconds});
        desk.owner().post(&desk.path("/rotate-key"), body).await.expect(200)
    };
    let second = rotate(3_600).await;
    assert!(second["previous_key_until"].is_string());
    let path = |form: &Value| format!("/v1/forms/{}", form["key"].as_str().unwrap());
    let nobody = Api::anonymous();
    let shown = nobody.get(&desk.public()).await.expect(200);
    assert_eq!(nobody.get(&path(&second)).await.expect(200)["title"], shown["title"]);
    let third = rotate(0).await;
    assert_eq!(third["previous_key_until"], Value::Null);
    for gone in [desk.public(), path(&second)] {
        nobody.get(&gone).await.expect_problem(404, "not_found");
    }
    nobody.get(&path(&third)).await.expect(200);
    let answer = desk.owner().post(&desk.path("/rotate-key"), json!({"overlap_seconds": 604_801})).await;
    expect_fault(answer, "/overlap_seconds", "out_of_range");
}

#[tokio::test]
async fn the_audit_log_tells_of_each_change_and_never_the_key() {
    let desk = Desk::new(json!({"status": "draft"})).await;
    desk.patch(json!({"status": "open"})).await.expect(200);
    desk.patch(json!({"title": "Other", "limit": 9})).await.expect(200);
    desk.patch(json!({"status": "closed"})).await.expect(200);
    desk.owner().post(&desk.path("/rotate-key"), json!({})).await.expect(200);
    desk.owner().delete(&desk.path("")).await.expect(204);
    desk.owner().post(&desk.path("/restore"), json!({})).await.expect(200);
    desk.owner().delete(&desk.path("/force")).await.expect(204);
    let log = format!("/v1/teams/{}/audit-logs?kind=form&limit=100", desk.world.team);
    let entries = async || desk.owner().get(&log).await.expect(200)["data"].as_array().unwrap().clone();
    until(|| async { entries().await.len() == 8 }).await;
    let told = entries().await;
    let events: Vec<_> = told.iter().rev().map(|entry| entry["event"].as_str().unwrap()).collect();
    assert_eq!(
        events,
        ["created", "activated", "updated", "deactivated", "rotated", "deleted", "restored", "destroyed"]
    );
    let changed: Vec<_> =
        told[5]["fields"].as_array().unwrap().iter().map(|field| field["slug"].clone()).collect();
    assert_eq!(changed, ["title", "limit"]);
    assert!(!json!(told).to_string().contains(&desk.key));
}
