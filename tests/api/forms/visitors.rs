//! What visitors see of a form, and what they may send.

use super::*;

/// A form with all that visitors are not to see.
async fn secretive() -> Desk {
    let world = World::new().await;
    let fields = format!("{}/contacts/fields", world.types());
    let why = json!({
        "slug": "why", "label": "Why", "type": "text", "visible": {"if": {"field": "stage", "op": "eq", "value": "Lost"}},
    });
    world.owner.api.post(&fields, why).await.expect(201);
    let shown_if = json!({"if": {"field": "newsletter", "op": "checked"}});
    let pages = json!([
        {"title": "You", "items": [{"text": "About <b>you</b>"}, {"field": "name", "required": true}, {"field": "newsletter"}]},
        {"visible": shown_if, "items": [{"field": "notes", "required": true, "label": "Which <script>"}, {"field": "why"}]},
    ]);
    let values = json!([{"field": "stage", "value": "Won"}, {"field": "company", "from": "utm_source"}]);
    Desk::of(world, json!({"pages": pages, "values": values})).await
}

#[tokio::test]
async fn a_visitor_sees_what_is_asked_for_and_nothing_else() {
    let desk = secretive().await;
    let answer = Api::anonymous().get(&desk.public()).await;
    assert_eq!((answer.header("cache-control"), answer.header("etag")), ("no-store".into(), String::new()));
    let shown = answer.expect(200);
    let text = shown.to_string();
    for hidden in ["contacts", "Won", "stage", "company", "why", &desk.world.team, &desk.id, "type_", "email"]
    {
        assert!(!text.contains(&format!("\"{hidden}\"")), "{hidden}: {text}");
    }
    let field = &shown["pages"][1]["items"][0];
    assert_eq!(
        (&field["field"], &field["required"], &field["label"]),
        (&json!("notes"), &json!("always"), &json!("Which <script>"))
    );
    assert_eq!(field["visible"], shown["pages"][1]["visible"]);
    assert_eq!(shown["pages"][1]["items"].as_array().unwrap().len(), 1, "what is never there is not shown");
    assert_eq!(shown["params"], json!(["utm_source"]));
    assert_eq!(shown["pages"][0]["items"][0], json!({"text": "About <b>you</b>"}));
}

#[tokio::test]
async fn what_is_not_there_is_dropped_and_what_is_there_is_judged() {
    let desk = secretive().await;
    let (name, notes) = (a_name(), "Some");
    let body = json!({"name": name, "notes": notes});
    desk.send(body).await.expect(201);
    let contact = desk.contacts().await.pop().unwrap();
    let fields = &contact["fields"];
    assert_eq!(
        (&fields["notes"], &fields["stage"], &fields["company"]),
        (&json!(null), &json!("Won"), &json!(null))
    );
    assert_eq!((&contact["created_by"], &contact["updated_by"]), (&Value::Null, &Value::Null));
    expect_fault(desk.send(json!({"name": name, "newsletter": true})).await, "/fields/notes", "required");
    desk.send(json!({"name": name, "newsletter": true, "notes": notes})).await.expect(201);
    assert_eq!(desk.contacts().await.pop().unwrap()["fields"]["notes"], json!(notes));
    assert_eq!(desk.contacts().await.len(), 2);
}

#[tokio::test]
async fn what_the_link_said_is_taken_and_a_bad_one_counts_as_none() {
    let desk = secretive().await;
    for (source, company) in [(json!("fair"), json!("fair")), (json!("x".repeat(101)), json!(null))] {
        let body = json!({
            "token": desk.token().await, "fields": {"name": a_name()}, "params": {"utm_source": source, "other": "x"},
        });
        desk.post(body).await.expect(201);
        let companies = desk.contacts().await.into_iter().map(|contact| contact["fields"]["company"].clone());
        assert!(companies.into_iter().any(|found| found == company));
    }
    let long =
        json!({"token": desk.token().await, "fields": {}, "params": {"utm_source": "x".repeat(1_001)}});
    expect_fault(desk.post(long).await, "/params/utm_source", "too_long");
}

#[tokio::test]
async fn what_the_form_does_not_ask_for_is_refused_whether_it_is_there_or_not() {
    let desk = secretive().await;
    let mut refusals = Vec::new();
    for name in ["stage", "company", "email", "created_by", "nothing"] {
        let answer = desk.send(json!({"name": a_name(), name: "Lost"})).await;
        let mut problem = answer.expect_problem(422, "invalid_data");
        assert_eq!(faults(&problem), [(format!("/fields/{name}"), "not_in_form".to_owned())]);
        problem["request_id"] = json!("");
        refusals.push(problem.to_string().replace(name, "?"));
    }
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert!(desk.contacts().await.is_empty());
}

#[tokio::test]
async fn every_fault_of_what_was_sent_is_told_at_once() {
    let desk = Desk::new(json!({})).await;
    let problem = desk.send(json!({"email": "<script>", "x/y": 1})).await.expect_problem(422, "invalid_data");
    let mut found = faults(&problem);
    found.sort();
    let expected =
        [("/fields/email", "not_an_email"), ("/fields/name", "required"), ("/fields/x~1y", "not_in_form")];
    assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    let problem = desk.post(json!({"fields": [], "token": "x"})).await;
    problem.expect_problem(400, "invalid_request");
    let nobody = Api::anonymous().header("content-type", "text/plain");
    let answer = nobody.send("POST", &format!("{}/submissions", desk.public()), None).await;
    assert_eq!(answer.status, 415);
    assert!(desk.contacts().await.is_empty() && desk.submissions("").await.is_empty());
}

#[tokio::test]
async fn a_key_that_finds_nothing_is_404_in_the_same_words_whatever_the_reason() {
    let (draft, trashed, rotated) =
        (Desk::new(json!({"status": "draft"})).await, Desk::new(json!({})).await, Desk::new(json!({})).await);
    trashed.owner().delete(&trashed.path("")).await.expect(204);
    rotated.owner().post(&rotated.path("/rotate-key"), json!({"overlap_seconds": 0})).await.expect(200);
    let never = base::public_key::PublicKey::new(base::public_key::PublicKeyKind::Form).unwrap();
    let share = base::public_key::PublicKey::new(base::public_key::PublicKeyKind::Share).unwrap();
    let keys = [&draft.key, &trashed.key, &rotated.key, never.reveal(), share.reveal(), "x", &"0".repeat(28)];
    let mut texts = Vec::new();
    for key in keys {
        let (get, post) = (format!("/v1/forms/{key}"), format!("/v1/forms/{key}/submissions"));
        let nobody = Api::anonymous();
        let body = json!({"fields": {}});
        for answer in
            [nobody.get(&get).await, nobody.post(&post, body).await, nobody.post(&post, json!([])).await]
        {
            let mut problem = answer.expect_problem(404, "not_found");
            problem["request_id"] = json!("");
            texts.push(problem.to_string());
        }
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:?}");
}

#[tokio::test]
async fn a_form_that_takes_nothing_says_so_and_shows_no_page() {
    for (change, state) in [
        (json!({"status": "closed"}), "closed"),
        (json!({"closes_at": "2026-01-01T00:00:00Z"}), "closed"),
        (json!({"opens_at": "2099-01-01T00:00:00Z"}), "not_yet"),
    ] {
        let desk = Desk::new(with(change, json!({"closed_message": "Come back."}))).await;
        let shown = desk.shown().await;
        assert_eq!((&shown["state"], &shown["message"]), (&json!(state), &json!("Come back.")));
        assert_eq!(
            (&shown["pages"], &shown["token"], &shown["trap"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
        for body in [json!({"fields": {"name": "a"}}), json!([])] {
            desk.post(body).await.expect_problem(409, "form_closed");
        }
        assert_eq!(desk.read().await["state"], json!(state));
    }
}

#[tokio::test]
async fn only_pages_of_allowed_origins_read_and_send_a_form() {
    let desk = Desk::new(json!({"allowed_origins": ["https://a.example"]})).await;
    let path = format!("{}/submissions", desk.public());
    let from = |origin: &str| Api::anonymous().header("Origin", origin);
    let foreign = from("https://b.example");
    let body = json!({"token": desk.token().await, "fields": {"name": a_name()}});
    for answer in [foreign.get(&desk.public()).await, foreign.post(&path, body.clone()).await] {
        assert_eq!(answer.header("access-control-allow-origin"), "");
        answer.expect_problem(403, "origin_not_allowed");
    }
    let own = from("https://a.example");
    let refused = own.post(&path, json!({"token": "x", "fields": {}})).await;
    for answer in [own.get(&desk.public()).await, refused, own.post(&path, body).await] {
        assert_eq!(answer.header("access-control-allow-origin"), "https://a.example", "{}", answer.status);
        assert_eq!(answer.header("vary"), "Origin");
    }
    let nobody = Desk::new(json!({})).await;
    let answer = own.get(&nobody.public()).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    answer.expect_problem(403, "origin_not_allowed");
    let any = Desk::new(json!({"allowed_origins": ["*"]})).await;
    let answer = from("null").get(&any.public()).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, "*".to_owned()));
    assert_eq!(desk.contacts().await.len(), 1);
}

#[tokio::test]
async fn plain_html_sends_a_form_and_is_led_on() {
    let world = World::new().await;
    let address = json!({"slug": "home", "label": "Home", "type": "address"});
    world.owner.api.post(&format!("{}/contacts/fields", world.types()), address).await.expect(201);
    let items = ["name", "amount", "newsletter", "home"].map(|slug| json!({"field": slug}));
    let desk = Desk::of(
        world,
        json!({
            "pages": [{"items": items}], "values": [{"field": "company", "from": "utm"}],
            "protection": {"token": false, "min_seconds": 0},
            "confirmation": {"redirect": "https://example.com/thanks?a=1", "append": ["name"]},
        }),
    )
    .await;
    let html = Api::anonymous().header("content-type", "application/x-www-form-urlencoded");
    let path = format!("{}/submissions", desk.public());
    let body = "name=Ada+L%26&amount=2.50&newsletter=on&home.city=Paris&home.zip=&_params.utm=fair";
    let answer = html.sending(&path, body).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, "https://example.com/thanks?a=1&name=Ada+L%26".into())
    );
    let fields = desk.contacts().await[0]["fields"].clone();
    let expected = json!({"name": "Ada L&", "amount": 2.50, "newsletter": true, "home": {"city": "Paris"}, "company": "fair"});
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&fields[name], value, "{name}");
    }
    let trap = desk.shown().await["trap"]["name"].as_str().unwrap().to_owned();
    assert_eq!(trap, desk.shown().await["trap"]["name"].as_str().unwrap(), "it stands in the HTML of others");
    let trapped = html.sending(&path, &format!("name=Bot&{trap}=x")).await;
    assert_eq!((trapped.status, desk.contacts().await.len()), (303, 1));
    expect_fault(html.sending(&path, "amount=x").await, "/fields/amount", "wrong_type");
    expect_fault(html.sending(&path, "stage=Won").await, "/fields/stage", "not_in_form");
}
