//! `If-Match` and `If-None-Match` (RFC 9110, section 13): what counts only for some versions of a thing.

use api::routes::RouteInfo;
use base::Permission::{self, ObjectCreate, ObjectUpdate};
use serde_json::{Value, json};

use crate::{
    every_route,
    harness::{Api, World, an_email},
    hostile::Scene,
};

/// Headers with which a read is answered, `T` being the tag of the thing, and the status.
const READS: &[(&str, &str, u16)] = &[
    ("if-none-match", "T", 304),
    ("if-none-match", "W/T", 304),
    ("if-none-match", "\"x\", T", 304),
    ("if-none-match", "\"a,b\" , W/\"9000\",W/T", 304),
    ("if-none-match", "*", 304),
    ("if-none-match", "\"9000\"", 200),
    ("if-none-match", "W/\"x\"", 200),
    ("if-none-match", "9000", 400),
    ("if-match", "T", 200),
    ("if-match", "W/T", 200),
    ("if-match", "\"9000\", T", 200),
    ("if-match", "*", 200),
    ("if-match", "\"9000\"", 412),
    ("if-match", "\"x\"", 412),
    ("if-match", "9000", 400),
];

#[tokio::test]
async fn every_read_that_has_an_etag_is_asked_for_by_it() {
    let scene = Scene::new().await;
    let document = scene.send("GET", "/v1/openapi.json", "").expect(200);
    let own = scene.world.owner.token(Permission::ALL).await;
    let mut tagged = 0;
    for info in every_route::all().into_iter().filter(|info| info.route.method == "GET") {
        let path = scene.path(&info.route.path);
        let api = if info.id == "tokens.read_own" { &own } else { &scene.world.owner.api };
        let etag = api.get(&path).await.header("etag");
        let told = document["paths"][&info.route.path]["get"]["responses"].get("304").is_some();
        assert_eq!(told, !etag.is_empty(), "{path}");
        if etag.is_empty() {
            continue;
        }
        tagged += 1;
        for (name, tags, status) in READS {
            for method in ["GET", "HEAD"] {
                let answer = api.header(name, &tags.replace('T', &etag)).send(method, &path, None).await;
                assert_eq!(answer.status, *status, "{method} {path} {name} {tags} {}", answer.text);
                let has_tag = [200, 304].contains(status);
                assert_eq!(answer.header("etag"), if has_tag { etag.as_str() } else { "" });
                let is_empty = *status == 304 || method == "HEAD";
                assert_eq!(answer.text.is_empty(), is_empty, "{method} {status}");
                assert_eq!(answer.header("content-type").is_empty(), *status == 304, "{method} {status}");
                if !is_empty && *status == 412 {
                    let current = answer.expect_problem(412, "stale")["current_version"].to_string();
                    assert_eq!(format!("\"{current}\""), etag);
                }
            }
        }
        let both = api.header("if-match", "\"9000\"").header("if-none-match", &etag).get(&path).await;
        both.expect_problem(412, "stale");
    }
    assert!(tagged >= 5, "{tagged}");
}

#[tokio::test]
async fn what_is_not_there_or_not_allowed_comes_before_its_version() {
    let scene = Scene::new().await;
    let any = scene.world.owner.api.header("if-none-match", "*").header("if-match", "\"9000\"");
    for info in every_route::all().into_iter().filter(|info| info.route.method == "GET") {
        let path = every_route::path_in(&info.route.path, &scene.world.team);
        let there = scene.world.owner.api.get(&path).await;
        if there.status != 200 {
            assert_eq!(any.get(&path).await.status, there.status, "{path}");
        }
        let team = base::id::TeamId::new().to_string();
        let foreign = any.get(&every_route::path_in(&info.route.path, &team)).await;
        assert!(foreign.status != 304, "{path}");
        assert!(!info.route.path.contains("{team}") || foreign.status == 403, "{path} {}", foreign.status);
    }
}

/// An upsert by the e-mail.
async fn upsert(api: &Api, world: &World, email: &str, name: &str) -> crate::harness::Answer {
    let path = format!("{}?match=email", world.contacts());
    api.put(&path, json!({"fields": {"email": email, "name": name}})).await
}

#[tokio::test]
async fn an_upsert_that_must_create_changes_nothing_that_is_there() {
    let world = World::new().await;
    let new = world.owner.api.header("if-none-match", "*");
    let email = an_email();
    let made = upsert(&new, &world, &email, "Ada").await.expect(201);
    let before = world.all_contacts().await;
    assert_eq!(before[0]["id"], made["id"]);

    let refused = upsert(&new, &world, &email, "Eda").await.expect_problem(412, "stale");
    assert_eq!(refused.get("current_version"), None);
    // What is not as it must be in the body comes before that.
    let path = format!("{}?match=email", world.contacts());
    let wrong = json!({"fields": {"email": email}, "x": 1});
    new.put(&path, wrong).await.expect_problem(400, "invalid_request");
    assert_eq!(world.all_contacts().await, before);

    upsert(&world.owner.api, &world, &email, "Eda").await.expect(200);
    // What is in the trash holds no value.
    world
        .owner
        .api
        .delete(&format!("{}/{}", world.contacts(), made["id"].as_str().unwrap()))
        .await
        .expect(204);
    upsert(&new, &world, &email, "Ida").await.expect(201);
}

#[tokio::test]
async fn fifty_upserts_at_once_that_must_create_make_one() {
    let world = World::new().await;
    let (new, email) = (world.owner.api.header("if-none-match", "*"), an_email());
    let path = format!("{}?match=email", world.contacts());
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..50 {
        let (new, path, body) =
            (new.clone(), path.clone(), json!({"fields": {"email": email, "name": format!("{n}")}}));
        calls.spawn(async move { new.put(&path, body).await });
    }
    let mut made = Vec::new();
    for answer in calls.join_all().await {
        match answer.status {
            201 => made.push(answer.json()),
            _ => drop(answer.expect_problem(412, "stale")),
        }
    }
    assert_eq!(made.len(), 1);
    let contacts = world.all_contacts().await;
    assert_eq!(
        (contacts.len(), &contacts[0]["version"], &contacts[0]["fields"]),
        (1, &json!(1), &made[0]["fields"])
    );
}

#[tokio::test]
async fn an_upsert_may_have_both_conditions_and_all_tags() {
    let world = World::new().await;
    let (email, api) = (an_email(), &world.owner.api);
    let with = |name: &str, tags: &str| api.header(name, tags);
    upsert(&with("if-none-match", "\"1\""), &world, &email, "Ada").await.expect(201);
    let stale = upsert(&with("if-none-match", "W/\"1\""), &world, &email, "Eda").await;
    assert_eq!(stale.expect_problem(412, "stale")["current_version"], json!(1));
    let never = with("if-match", "\"1\"").header("if-none-match", "*");
    upsert(&never, &world, &email, "Eda").await.expect_problem(412, "stale");
    upsert(&never, &world, &an_email(), "Eda").await.expect_problem(412, "stale");
    let stale = upsert(&with("if-match", "W/\"2\""), &world, &email, "Eda").await;
    assert_eq!(stale.expect_problem(412, "stale")["current_version"], json!(1));
    assert_eq!(world.all_contacts().await[0]["version"], json!(1));
    upsert(&with("if-match", "W/\"1\""), &world, &email, "Eda").await.expect(200);
    upsert(&with("if-none-match", "\"1\", \"x\""), &world, &email, "Ida").await.expect(200);
    assert_eq!(world.all_contacts().await.len(), 1);
}

#[tokio::test]
async fn who_may_not_read_learns_no_version_by_it() {
    let world = World::new().await;
    let writer = world.owner.token(&[ObjectCreate, ObjectUpdate]).await;
    let email = an_email();
    let new = writer.header("if-none-match", "*");
    upsert(&new, &world, &email, "Ada").await.expect(201);
    let refused = upsert(&new, &world, &email, "Eda").await.expect_problem(412, "stale");
    assert_eq!(refused.get("current_version"), None);
    for tag in ["\"1\"", "\"2\""] {
        let guess = upsert(&writer.header("if-none-match", tag), &world, &email, "Eda").await;
        assert_eq!(
            guess.expect_problem(403, "insufficient_scope")["required_permissions"],
            json!(["object:read"])
        );
    }
    assert_eq!(world.all_contacts().await[0]["version"], json!(1));
}

/// Whether the document says of a route that it takes that header.
fn takes(document: &Value, info: &RouteInfo, header: &str) -> bool {
    let operation = &document["paths"][&info.route.path][info.route.method.to_lowercase()];
    let parameters = operation["parameters"].as_array();
    parameters.is_some_and(|parameters| parameters.iter().any(|parameter| parameter["name"] == json!(header)))
}

/// Bodies that no thing would take, and the members at fault.
const BODIES: &[(&str, &str, u16)] = &[
    (r#"{"no-such-member": 1}"#, "", 400),
    (r#"{"name": "\u0000"}"#, "/v1/tokens/{token}", 422),
    (r#"{"name": "\u0000"}"#, "/v1/teams/{team}", 422),
    (r#"{"singular_label": "\u0000"}"#, "/v1/teams/{team}/object-types/{type}", 422),
    (r#"{"url": "ftp://a.example"}"#, "/v1/teams/{team}/webhooks/{webhook}", 422),
];

#[tokio::test]
async fn a_body_comes_before_the_thing_and_the_thing_before_its_version() {
    let scene = Scene::new().await;
    let document = scene.send("GET", "/v1/openapi.json", "").expect(200);
    let (api, stale) = (&scene.world.owner.api, scene.world.owner.api.header("if-match", "\"9000\""));
    let mut checked = 0;
    for info in
        every_route::all().into_iter().filter(|info| info.writes && takes(&document, info, "If-Match"))
    {
        let method = &info.route.method;
        // Nobody has that.
        let absent =
            every_route::path_in(&info.route.path, &scene.world.team).replace("/contacts", "/nothing");
        let body = || info.reads_body.then(|| "{}".to_owned());
        let plain = api.send(method, &absent, body()).await;
        if plain.status == 404 {
            assert_eq!(stale.send(method, &absent, body()).await.status, 404, "{method} {absent}");
            checked += 1;
        }
        for (body, path, status) in BODIES {
            if info.reads_body
                && info.id != "tokens.rotate_own"
                && (path.is_empty() || *path == info.route.path)
            {
                for (path, is_there) in [(absent.clone(), false), (scene.path(&info.route.path), true)] {
                    let path = format!("{path}{}", if method == "PUT" { "?match=email" } else { "" });
                    let answer = stale.send(method, &path, Some((*body).to_owned())).await;
                    // Some rules are judged on the whole thing.
                    let is_first =
                        answer.status == *status || (!is_there && *status == 422 && answer.status == 404);
                    assert!(is_first, "{method} {path} {body} {} {}", answer.status, answer.text);
                }
            }
        }
    }
    assert!(checked >= 15, "{checked}");
}

#[tokio::test]
async fn what_is_wrong_with_a_question_comes_before_whether_there_is_such_a_type() {
    let scene = Scene::new().await;
    let objects = format!("/v1/teams/{}/objects/nothing", scene.world.team);
    let one = format!("{objects}/obj_0000000000000000000000");
    for path in [
        format!("{objects}?limit=0"),
        format!("{objects}?filter[name][nope]=1"),
        format!("{objects}/stats?function=nope"),
        format!("{one}?no=1"),
        format!("{one}/history?limit=0"),
        format!("{one}/related/name?limit=0"),
    ] {
        assert_eq!(scene.send("GET", &path, "").status, 400, "{path}");
    }
    scene.send("GET", &one, "").expect_problem(404, "not_found");
}

/// Writes that are refused for the state of the thing, `P` being the path of the team.
const STATES: &[(&str, &str, &str, &str)] = &[
    ("PATCH", "P/objects/contacts/{id}", r#"{"fields":{"number":"taken"}}"#, "not_unique"),
    ("POST", "P/objects/contacts/{id}/restore", "", "wrong_state"),
    ("PATCH", "P/members/OWNER", r#"{"role":"member"}"#, "last_owner"),
    ("DELETE", "P/members/OWNER", "", "last_owner"),
    ("PATCH", "P/object-types/{type}", r#"{"slug":"taken"}"#, "slug_taken"),
    ("POST", "P/object-types/{type}/restore", "", "wrong_state"),
    ("POST", "P/webhooks/{webhook}/restore", "", "wrong_state"),
    ("PATCH", "/v1/tokens/{token}", r#"{"name":"taken"}"#, "name_taken"),
];

#[tokio::test]
async fn the_version_comes_before_the_state() {
    let scene = Scene::new().await;
    let owner = &scene.world.owner;
    let types = json!({"slug": "taken", "singular_label": "A", "plural_label": "A",
        "fields": [{"slug": "a", "label": "A", "type": "text"}]});
    owner.api.post(&scene.world.types(), types).await.expect(201);
    scene.world.contact(json!({"number": "taken"})).await;
    owner.api.post("/v1/tokens", json!({"name": "taken", "permissions": ["upload"]})).await.expect(201);
    let seen = async || -> Vec<Value> {
        let mut seen = Vec::new();
        for path in
            [scene.world.contacts(), scene.world.members(), scene.world.types(), "/v1/tokens".to_owned()]
        {
            seen.push(owner.api.get(&path).await.expect(200));
        }
        seen
    };
    let before = seen().await;
    for (method, path, body, code) in STATES {
        let path = scene.path(&path.replace('P', "/v1/teams/{team}").replace("OWNER", &owner.id));
        let body = || Some((*body).to_owned()).filter(|body| !body.is_empty());
        let stale = owner.api.header("if-match", "\"9000\"").send(method, &path, body()).await;
        assert_eq!(stale.status, 412, "{method} {path} {}", stale.text);
        stale.expect_problem(412, "stale");
        let state = owner.api.send(method, &path, body()).await;
        assert_eq!(state.status, 409, "{method} {path} {}", state.text);
        state.expect_problem(409, code);
    }
    assert_eq!(seen().await, before);
}
