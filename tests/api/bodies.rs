//! What a body may be besides its members: numbers of any size, a mark in front, a coding.

use serde_json::{Value, json};

use crate::{
    harness::unique,
    hostile::{CONTACT, CONTACTS, JSON, Scene, sendable},
};

const MARK: &str = "\u{feff}";
const TYPES: &str = "/v1/teams/{team}/object-types";
const UNKNOWN: &str = "{\"no-such-member\": 1}";
/// Where numbers are sent: the place of the number, method, path, body. `T` is the path of the team.
const NUMBERS: &str = r#"
/fields/amount POST T/objects/contacts {"fields":{"amount":NUMBER}}
/fields/amount PUT T/objects/contacts?match=email {"fields":{"email":"a@example.com","amount":NUMBER}}
/fields/amount PATCH T/objects/contacts/{id} {"fields":{"amount":NUMBER}}
/filter/value POST T/objects/contacts/query {"filter":{"field":"amount","op":"gt","value":NUMBER}}
/filter/value/1 POST T/objects/contacts/query {"filter":{"field":"amount","op":"in","value":[1,NUMBER]}}
/default POST T/object-types/contacts/fields {"slug":"a","label":"A","type":"number","default":NUMBER}
/default/amount POST T/object-types/contacts/fields {"slug":"a","label":"A","type":"money","default":{"amount":NUMBER}}
/required/if/value POST T/object-types/contacts/fields {"slug":"a","label":"A","type":"text","required":{"if":{"field":"amount","op":"eq","value":NUMBER}}}"#;

fn places(problem: &Value) -> Vec<(&str, &str)> {
    let faults = problem["errors"].as_array().into_iter().flatten();
    faults.map(|fault| (fault["pointer"].as_str().unwrap(), fault["code"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_number_of_any_size_is_json_and_out_of_range_where_no_field_can_hold_it() {
    let scene = Scene::new().await;
    for number in ["1e400", "-1e400", "1e-400", "1e99999999999999999999"] {
        for line in NUMBERS.trim().lines() {
            let [pointer, method, path, body] = line.splitn(4, ' ').collect::<Vec<_>>().try_into().unwrap();
            let (path, body) = (path.replace('T', "/v1/teams/{team}"), body.replace("NUMBER", number));
            let problem = scene.send(method, &path, &body).expect_problem(422, "invalid_data");
            assert_eq!(places(&problem), [(pointer, "out_of_range")], "{body}");
        }
        let batch = format!(r#"{{"operations": [{{"op": "create", "fields": {{"amount": {number}}}}}]}}"#);
        let results = scene.send("POST", &format!("{CONTACTS}/batch"), batch).expect(200);
        let problem = &results["results"][0]["problem"];
        assert_eq!(places(problem), [("/operations/0/fields/amount", "out_of_range")], "{number} {results}");
        let query = format!("{CONTACTS}?filter[amount][lt]={number}");
        let problem = scene.send("GET", &query, "").expect_problem(422, "invalid_data");
        assert_eq!(places(&problem), [("?filter[amount][lt]", "out_of_range")], "{number}");
    }
    for (number, status) in [("1e400", 422), ("-1e400", 422), ("1e-400", 400)] {
        let body = format!(r#"{{"limit": {number}}}"#);
        let answer = scene.send("POST", &format!("{CONTACTS}/query"), body);
        assert_eq!((answer.status, places(&answer.json())[0].0), (status, "/limit"), "{number}");
    }
    assert_eq!(scene.seen(), scene.before);
}

#[tokio::test]
async fn a_number_that_a_field_holds_is_compared_exactly_however_it_is_written() {
    let scene = Scene::new().await;
    let most = "12345678901234567890123456789012345678";
    scene.send("PATCH", CONTACT, format!(r#"{{"fields": {{"amount": {most}}}}}"#)).expect(200);
    let found = |op: &str, number: &str| {
        let body = format!(r#"{{"filter": {{"field": "amount", "op": "{op}", "value": {number}}}}}"#);
        let list = scene.send("POST", &format!("{CONTACTS}/query"), body).expect(200);
        list["data"].as_array().unwrap().len()
    };
    assert_eq!(found("eq", most), 1);
    assert_eq!(found("eq", "1.2345678901234567890123456789012345678e37"), 1);
    assert_eq!(found("eq", "12345678901234567890123456789012345679"), 0);
    assert_eq!(found("lt", "12345678901234567890123456789012345679"), 1);
    assert_eq!(found("gt", "12345678901234567890123456789012345677"), 1);
}

#[tokio::test]
async fn an_amount_of_money_is_no_array_and_its_number_may_have_an_exponent() {
    let scene = Scene::new().await;
    let fields = json!([{"slug": "price", "label": "Price", "type": "money"}]);
    let books = json!({"slug": "books", "singular_label": "Book", "plural_label": "Books", "fields": fields});
    scene.send("POST", TYPES, books.to_string()).expect(201);
    let objects = CONTACTS.replace("contacts", "books");
    let book = scene.send("POST", &objects, r#"{"fields": {}}"#).expect(201);
    let path = format!("{objects}/{}", book["id"].as_str().unwrap());
    let patch = |value: &str| scene.send("PATCH", &path, format!(r#"{{"fields": {{"price": {value}}}}}"#));
    let changed = patch(r#"{"amount": 1.25e1}"#).expect(200);
    assert_eq!(changed["fields"]["price"], json!({"amount": "12.5", "currency": "USD"}));
    for value in [r#"["12.50", "USD"]"#, r#"["12.50", null]"#, r#"{"amount": "1e1"}"#] {
        let problem = patch(value).expect_problem(422, "invalid_data");
        assert_eq!(places(&problem)[0].1, "wrong_type", "{value}");
    }
    assert_eq!(scene.send("GET", &path, "").expect(200), changed);
}

#[tokio::test]
async fn a_mark_in_front_of_a_body_is_skipped_on_every_route() {
    let scene = Scene::new().await;
    for (info, path) in sendable() {
        let answer = scene.send(&info.route.method, &path, format!("{MARK}{UNKNOWN}"));
        let problem = answer.expect_problem(400, "invalid_request");
        assert_eq!(places(&problem), [("/no-such-member", "unknown_member")], "{:?}", info.route);
    }
    assert_eq!(scene.seen(), scene.before);

    let headers = format!("{JSON}Idempotency-Key: mark{}", unique());
    let body = format!("{MARK}{}", json!({"fields": {"name": "Eda"}}));
    let first = scene.send_with(&headers, "POST", CONTACTS, &body);
    let again = scene.send_with(&headers, "POST", CONTACTS, &body);
    assert_eq!((first.status, &first.text), (201, &again.text));
    assert_eq!(again.header("idempotency-replayed"), "true");
    let rotated = scene.send("POST", "/v1/teams/{team}/webhooks/{webhook}/rotate-secret", MARK);
    rotated.expect(200);
}

#[tokio::test]
async fn a_body_in_a_coding_is_415_on_every_route_that_could_take_one() {
    let scene = Scene::new().await;
    for (info, path) in sendable() {
        let send = |coding: &str, body: &[u8]| {
            let headers = format!("{JSON}Content-Encoding:{coding}");
            scene.send_with(&headers, &info.route.method, &path, body)
        };
        for (coding, named) in
            [(" gzip", "gzip"), (" br", "br"), (" identity, deflate", "deflate"), (" GZIP", "GZIP")]
        {
            for body in [UNKNOWN.as_bytes(), b"\x1f\x8b\x08\0", b""] {
                let answer = send(coding, body);
                assert_eq!(answer.header("accept-encoding"), "identity");
                let problem = answer.expect_problem(415, "unsupported_media_type");
                assert_eq!(places(&problem), [("Content-Encoding", "unsupported_coding")]);
                let detail = problem["detail"].as_str().unwrap();
                assert!(detail.contains(&format!(" {named}.")), "{detail}");
            }
        }
        for coding in ["", " identity", " Identity", " identity, identity"] {
            let problem = send(coding, UNKNOWN.as_bytes()).expect_problem(400, "invalid_request");
            assert_eq!(places(&problem), [("/no-such-member", "unknown_member")], "{coding}");
        }
    }
    assert_eq!(scene.seen(), scene.before);
}
