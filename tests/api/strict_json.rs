//! Every body is held to its types at every depth: the document is walked, so that a new member is found by itself.

mod document;

use std::thread;

use serde_json::{Value, json};

use crate::hostile::{CONTACT, Scene, writing};
use document::{Document, Place};

/// Words of the language that the API is written in.
const WORDS_OF_OURS: &str = "usize u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 struct enum variant newtype tuple unit map sequence \
                             borrowed float floating Option expected deserialize serde";

/// What serde takes by itself, one of each kind: status, code and place of the fault, method, path, body. `T` is the path of
/// the team.
const TAKEN_BY_SERDE: &str = r#"
400 wrong_type /filter POST T/objects/contacts/query {"filter":["email","eq","a@x.co",null,null,null]}
400 wrong_type /filter/not POST T/objects/contacts/query {"filter":{"not":["email","eq","a@x.co",null,null,null]}}
400 wrong_type /operations/0 POST T/objects/contacts/batch {"operations":[["create",null,null,{"name":"Ada"},null]]}
400 wrong_type /operations/0/op POST T/objects/contacts/batch {"operations":[{"op":{"create":null},"fields":{}}]}
400 wrong_type /fields/0 POST T/object-types {"slug":"a","singular_label":"A","plural_label":"A","fields":[["name","Name","name"]]}
400 wrong_type /rate_limit POST /v1/tokens {"name":"b","permissions":["upload"],"rate_limit":[1,2]}
400 wrong_type /role PATCH T/members/{user} {"role":{"manager":null}}
400 wrong_type /settings POST T/object-types/contacts/fields {"slug":"a","label":"A","type":"text","settings":[]}
400 wrong_type /type POST T/object-types/contacts/fields {"slug":"a","label":"A","type":{"text":null}}
400 wrong_type /required POST T/object-types/contacts/fields {"slug":"a","label":"A","type":"text","required":{"never":null}}
400 wrong_type /required POST T/object-types/contacts/fields {"slug":"a","label":"A","type":"text","required":"if"}
400 wrong_type /required/if POST T/object-types/contacts/fields {"slug":"a","label":"A","type":"text","required":{"if":["name","empty"]}}"#;
/// The same of rules.
const RULES: &str = r#"
422 out_of_range /overlap_seconds POST /v1/tokens/{token}/rotate {"overlap_seconds":-1}
422 out_of_range /overlap_seconds POST /v1/tokens/{token}/rotate {"overlap_seconds":604801}
400 wrong_type /overlap_seconds POST /v1/tokens/{token}/rotate {"overlap_seconds":"0"}
400 wrong_type /overlap_seconds POST /v1/tokens/{token}/rotate {"overlap_seconds":0.5}
422 out_of_range /overlap_seconds POST T/webhooks/{webhook}/rotate-secret {"overlap_seconds":-1}
422 out_of_range /overlap_seconds POST T/webhooks/{webhook}/rotate-secret {"overlap_seconds":604801}
422 invalid /slug POST /v1/teams {"name":"A","slug":"Capitals"}
400 wrong_type /slug POST /v1/teams {"name":"A","slug":7}
422 invalid /expires_at PATCH /v1/tokens/{token} {"expires_at":"tomorrow"}
400 wrong_type /expires_at PATCH /v1/tokens/{token} {"expires_at":7}
422 invalid /team_ids/0 PATCH /v1/tokens/{token} {"team_ids":["team"]}
422 unknown_choice /role PATCH T/members/{user} {"role":"king"}
422 out_of_range /limit POST T/objects/contacts/query {"limit":101}
422 out_of_range /limit POST T/objects/contacts/query {"limit":-1}"#;

/// A document of the running system, and what each operation with a body is called.
fn all_bodies(scene: &Scene) -> (Document, Vec<(String, String, String)>) {
    let document = Document(scene.send("GET", "/v1/openapi.json", "").expect(200));
    let operations = writing().map(|(info, path)| (info.route.method, info.route.path, path));
    (document, operations.collect())
}

fn faults(problem: &Value) -> impl Iterator<Item = (&str, &str, &str)> {
    let faults = problem["errors"].as_array().into_iter().flatten();
    faults.map(|fault| {
        let text = |name| fault[name].as_str().unwrap_or_default();
        (text("pointer"), text("code"), text("detail"))
    })
}

/// How many bodies are sent at a time, where all of them are refused.
const AT_ONCE: usize = 6;

/// Sends every such body to every operation, so many at a time. What was found is not as it should be, if there is any.
fn offenders(
    scene: &Scene,
    at_once: usize,
    values: &dyn Fn(&Place<'_>) -> Vec<Value>,
    is_right: &(dyn Fn(u16, &str, &Value) -> bool + Sync),
) -> (usize, Vec<String>) {
    let (document, operations) = all_bodies(scene);
    let bodies = |(method, route, path): &(String, String, String)| {
        let bodies = document.bodies(document.body(route, method), values).into_iter();
        let sent = bodies.map(|(pointer, body)| (method.clone(), path.clone(), pointer, body));
        sent.collect::<Vec<_>>()
    };
    let all: Vec<_> = operations.iter().flat_map(bodies).collect();
    let wrong = |(method, path, pointer, body): &(String, String, String, Value)| {
        // A number that a float cannot hold is written as a text in here.
        let body = body.to_string().replace("\"@", "").replace("@\"", "");
        let answer = scene.send(method, path, &body);
        let is_right = is_right(answer.status, pointer, &answer.json());
        (!is_right).then(|| format!("{method} {path} {pointer} {body}: {} {}", answer.status, answer.text))
    };
    let wrong = thread::scope(|scope| {
        let parts = all.chunks(all.len().div_ceil(at_once).max(1));
        let parts = parts.map(|part| scope.spawn(|| part.iter().filter_map(wrong).collect::<Vec<_>>()));
        parts.collect::<Vec<_>>().into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    (all.len(), wrong)
}

/// Sends each line of a table, and finds the one fault of it.
async fn all_are_refused(table: &str) {
    let scene = Scene::new().await;
    for line in table.trim().lines() {
        let parts = line.splitn(6, ' ').collect::<Vec<_>>();
        let [status, code, pointer, method, path, body] = parts.try_into().unwrap();
        let path = path.strip_prefix('T').map_or(path.to_owned(), |rest| format!("/v1/teams/{{team}}{rest}"));
        let whole = if status == "400" { "invalid_request" } else { "invalid_data" };
        let problem = scene.send(method, &path, body).expect_problem(status.parse().unwrap(), whole);
        let found: Vec<_> = faults(&problem).map(|(place, code, _)| (place, code)).collect();
        assert_eq!(found, [(pointer, code)], "{line}");
    }
    assert_eq!(scene.seen(), scene.before);
}

#[tokio::test]
async fn a_value_of_another_type_is_refused_at_every_place_of_every_body() {
    let scene = Scene::new().await;
    let values = |place: &Place<'_>| {
        let choices = place.choices().into_iter().map(|choice| json!({choice: null}));
        place.others().into_iter().chain(place.members_in_order()).chain(choices).collect()
    };
    let is_refused = |status, pointer: &str, problem: &Value| {
        let mut faults = faults(problem);
        let is_plain = |detail: &str| {
            let mut words = detail.split(|letter: char| !letter.is_alphanumeric());
            !words.any(|word| WORDS_OF_OURS.split_whitespace().any(|ours| ours == word))
        };
        status == 400
            && faults.next().is_some_and(|(place, code, detail)| {
                (place, code) == (pointer, "wrong_type") && is_plain(detail)
            })
    };
    let (sent, wrong) = offenders(&scene, AT_ONCE, &values, &is_refused);
    assert!(wrong.is_empty(), "{} of {sent}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(sent > 1_000, "only {sent} bodies were found");
    assert_eq!(scene.seen(), scene.before);
}

#[tokio::test]
async fn what_is_no_choice_and_what_is_out_of_range_is_422_at_every_place_of_every_body() {
    let scene = Scene::new().await;
    let values = |place: &Place<'_>| {
        let numbers = if place.kinds().contains("integer") && !place.kinds().contains("string") {
            vec!["@1e400@", "@-1e400@", "@-1@", "@99999999999999999999@"]
        } else {
            Vec::new()
        };
        let choice = (!place.choices().is_empty()).then_some("no-such-choice");
        numbers.into_iter().chain(choice).map(Value::from).collect()
    };
    let is_refused = |status, pointer: &str, problem: &Value| {
        status == 422 && faults(problem).any(|(place, ..)| !place.is_empty() && pointer.starts_with(place))
    };
    let (sent, wrong) = offenders(&scene, AT_ONCE, &values, &is_refused);
    assert!(wrong.is_empty(), "{} of {sent}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(sent > 50, "only {sent} bodies were found");
    assert_eq!(scene.seen(), scene.before);
}

#[tokio::test]
async fn null_is_taken_wherever_the_document_says_so() {
    let scene = Scene::new().await;
    let values = |place: &Place<'_>| {
        let is_null = place.kinds().contains("null") && place.kinds().len() < 7;
        is_null.then_some(Value::Null).into_iter().collect()
    };
    let is_taken = |status, pointer: &str, problem: &Value| {
        status < 500 && faults(problem).all(|(place, ..)| place != pointer)
    };
    let (sent, wrong) = offenders(&scene, 1, &values, &is_taken);
    assert!(wrong.is_empty(), "{} of {sent}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(sent > 10, "only {sent} bodies were found");
}

#[tokio::test]
async fn an_array_is_no_object_and_an_object_no_choice() {
    all_are_refused(TAKEN_BY_SERDE).await;
}

#[tokio::test]
async fn null_removes_only_what_may_be_absent() {
    let scene = Scene::new().await;
    for (path, member) in [
        ("/v1/tokens/{token}", "name"),
        ("/v1/tokens/{token}", "active"),
        ("/v1/tokens/{token}", "on_reuse"),
        ("/v1/teams/{team}", "name"),
        ("/v1/teams/{team}", "audit_log_days"),
        ("/v1/teams/{team}/webhooks/{webhook}", "name"),
        ("/v1/teams/{team}/webhooks/{webhook}", "url"),
        ("/v1/teams/{team}/webhooks/{webhook}", "topics"),
        ("/v1/teams/{team}/webhooks/{webhook}", "active"),
        ("/v1/teams/{team}/object-types/contacts", "singular_label"),
        ("/v1/teams/{team}/object-types/contacts", "slug"),
        ("/v1/teams/{team}/object-types/contacts/fields/name", "label"),
        ("/v1/teams/{team}/object-types/contacts/fields/name", "settings"),
        (CONTACT, "fields"),
    ] {
        let answer = scene.send("PATCH", path, json!({member: null}).to_string());
        let problem = answer.expect_problem(400, "invalid_request");
        let found: Vec<_> = faults(&problem).map(|(place, code, _)| (place, code)).collect();
        assert_eq!(found, [(&*format!("/{member}"), "wrong_type")], "{path}");
    }
    assert_eq!(scene.seen(), scene.before);

    let webhook = "/v1/teams/{team}/webhooks/{webhook}";
    scene
        .send("PATCH", webhook, json!({"description": "x", "object_types": ["contacts"]}).to_string())
        .expect(200);
    let changed =
        scene.send("PATCH", webhook, json!({"description": null, "object_types": null}).to_string());
    let changed = changed.expect(200);
    assert_eq!((&changed["description"], &changed["object_types"]), (&json!(""), &Value::Null));
}

#[tokio::test]
async fn rules_of_form_and_range_are_422_and_wrong_types_400() {
    all_are_refused(RULES).await;
}
