//! The page of a form, as a browser without scripts asks for it and sends it.

use std::collections::BTreeMap;

use super::*;
use crate::harness::{browser, system};

/// What a browser has of a page.
struct Shown {
    status: u16,
    headers: BTreeMap<String, String>,
    html: String,
}

impl Shown {
    async fn of(response: reqwest::Response) -> Self {
        let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap().to_owned();
        let headers =
            response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        Self { status: response.status().as_u16(), headers, html: response.text().await.unwrap() }
    }

    /// The hidden inputs.
    fn hidden(&self) -> Vec<(String, String)> {
        let inputs = self.html.split("<input type=\"hidden\" name=\"").skip(1);
        inputs
            .map(|rest| {
                let (name, rest) = rest.split_once("\" value=\"").unwrap();
                (name.to_owned(), rest.split_once('"').unwrap().0.to_owned())
            })
            .collect()
    }

    /// The name of the input that is to stay empty.
    fn trap(&self) -> String {
        let (_, rest) = self.html.split_once("<div class=\"unseen\"").expect("a trap");
        rest.split_once("name=\"").unwrap().1.split_once('"').unwrap().0.to_owned()
    }

    #[track_caller]
    fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.html);
        self
    }

    #[track_caller]
    fn has(&self, text: &str) -> &Self {
        assert!(self.html.contains(text), "{text} is not in {}", self.html);
        self
    }

    #[track_caller]
    fn lacks(&self, text: &str) -> &Self {
        assert!(!self.html.contains(text), "{text} is in {}", self.html);
        self
    }
}

impl Desk {
    fn page(&self, query: &str) -> String {
        format!("{}/f/{}{query}", system().url, self.key)
    }

    async fn open(&self, query: &str) -> Shown {
        Shown::of(browser().get(self.page(query)).send().await.unwrap()).await
    }

    /// Fills in a page and presses a button.
    async fn press(&self, page: &Shown, go: &str, inputs: &[(&str, &str)]) -> Shown {
        let own = inputs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let go = ("_go".to_owned(), go.to_owned());
        let inputs: Vec<_> = page.hidden().into_iter().chain(own).chain([go]).collect();
        Shown::of(browser().post(self.page("")).form(&inputs).send().await.unwrap()).await
    }
}

/// A form of three pages, of which the second is there for some only.
async fn of_three_pages() -> Desk {
    let pages = json!([
        {"title": "You", "items": [{"field": "name", "required": true, "prefill": true}, {"field": "newsletter", "default": true}]},
        {"title": "More", "visible": {"if": {"field": "newsletter", "op": "checked"}}, "items": [{"field": "email", "required": true}]},
        {"title": "At last", "items": [{"text": "Almost **done**"}, {"field": "notes", "help": "As you *like*"}]},
    ]);
    Desk::new(json!({"pages": pages, "title": "Join <us>", "description": "[Why](https://example.com)"}))
        .await
}

#[tokio::test]
async fn a_form_is_filled_in_page_by_page_and_sent_once() {
    let desk = of_three_pages().await;
    let first = desk.open("").await.expect(200);
    first.has("<h1>Join &#60;us&#62;</h1>").has("Step 1 of 3").has(">Next<").lacks(">Back<").lacks("At last");
    let faulty = desk.press(&first, "on", &[("name", ""), ("newsletter", "true")]).await.expect(422);
    faulty.has("<a href=\"#f-name\">Name: ").has("aria-invalid=\"true\"").has("Step 1 of 3");
    assert!(desk.contacts().await.is_empty());

    let name = a_name();
    let second = desk.press(&faulty, "on", &[("name", &name), ("newsletter", "true")]).await.expect(200);
    second.has("Step 2 of 3").has("id=\"f-email\"").lacks(&name);
    let back = desk.press(&second, "back", &[("email", "ada@")]).await.expect(200);
    back.has("Step 1 of 3").has(&format!("value=\"{name}\"")).has("value=\"true\" checked");
    let second = desk.press(&back, "on", &[("name", &name), ("newsletter", "true")]).await.expect(200);
    second.has("value=\"ada@\"");
    desk.press(&second, "on", &[("email", "ada@")]).await.expect(422).has("<a href=\"#f-email\">");
    let email = format!("{}@example.com", unique());
    let third = desk.press(&second, "on", &[("email", &email)]).await.expect(200);
    third.has(">Send<").has("Almost <strong>done</strong>").has("As you <em>like</em>").has("Step 3 of 3");
    let sent = desk.press(&third, "on", &[("notes", "a\r\nb")]).await.expect(303);
    let done = sent.headers["location"].strip_prefix(&*desk.key).unwrap();
    desk.open(done).await.expect(200).has("<p>Thank you.</p>");
    desk.open("?_done=made-up").await.expect(200).lacks("Thank you.").has("<form");
    let made = desk.contacts().await;
    let fields = &made[0]["fields"];
    assert_eq!(
        (&fields["name"], &fields["email"], &fields["notes"]),
        (&json!(name), &json!(email), &json!("a\nb"))
    );
    assert_eq!(fields["newsletter"], true);

    // Pressed twice it is one, and with other answers it is told.
    desk.press(&third, "on", &[("notes", "a\r\nb")]).await.expect(303);
    desk.press(&third, "on", &[("notes", "other")]).await.expect(409).has("was sent already");
    assert_eq!(desk.contacts().await.len(), 1);
}

#[tokio::test]
async fn a_page_that_is_not_there_is_passed_over_and_a_box_that_is_not_ticked_is_empty() {
    let desk = of_three_pages().await;
    let first = desk.open("").await;
    first.has("value=\"true\" checked");
    let name = a_name();
    let last = desk.press(&first, "on", &[("name", &name)]).await.expect(200);
    last.has("Step 2 of 2").has("id=\"f-notes\"");
    desk.press(&last, "on", &[("notes", "")]).await.expect(303);
    let made = desk.contacts().await;
    assert_eq!((&made[0]["fields"]["name"], &made[0]["fields"]["newsletter"]), (&json!(name), &json!(null)));
}

#[tokio::test]
async fn what_a_link_says_stands_in_the_form_and_a_bad_value_is_told_beside_it() {
    let fields = json!([{"items": [
        {"field": "name", "prefill": true}, {"field": "email", "prefill": true}, {"field": "notes"},
        {"field": "stage", "options": ["Lost"], "prefill": true},
    ]}]);
    let values = json!([{"field": "company", "from": "utm_source"}]);
    let desk = Desk::new(json!({"pages": fields, "values": values})).await;
    let page = desk
        .open("?prefill_name=Ada+%22%3Cb%3E&prefill_email=none&prefill_notes=no&prefill_stage=Won&utm_source=fair&x=y")
        .await
        .expect(200);
    page.has("value=\"Ada &#34;&#60;b&#62;\"").lacks("value=\"none\"").lacks(">no<").lacks("fair");
    assert_eq!(page.html.matches("The link had a value for this that does not fit").count(), 2);
    desk.press(&page, "on", &[("name", "Ada"), ("email", ""), ("notes", ""), ("stage", "")])
        .await
        .expect(303);
    assert_eq!(desk.contacts().await[0]["fields"]["company"], "fair");
}

#[tokio::test]
async fn nothing_of_others_is_loaded_and_only_who_may_shows_it_in_a_frame() {
    let desk =
        Desk::new(json!({"confirmation": {"redirect": "https://thanks.example/a", "append": ["name"]}}))
            .await;
    let page = desk.open("").await.expect(200);
    let policy = &page.headers["content-security-policy"];
    assert!(policy.starts_with("default-src 'none'; base-uri 'none'; style-src 'sha256-"), "{policy}");
    assert!(
        policy.ends_with("; form-action 'self' https://thanks.example; frame-ancestors 'none'"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"));
    assert_eq!(
        (&*page.headers["cache-control"], &*page.headers["x-content-type-options"]),
        ("no-store", "nosniff")
    );
    let sent =
        desk.press(&page, "on", &[("name", "Ada & co"), ("email", ""), ("notes", "")]).await.expect(303);
    assert_eq!(sent.headers["location"], "https://thanks.example/a?name=Ada+%26+co");
    desk.patch(json!({"allowed_origins": ["https://a.example", "https://b.example"]})).await.expect(200);
    let policy = desk.open("").await.headers["content-security-policy"].clone();
    assert!(policy.ends_with("frame-ancestors https://a.example https://b.example"), "{policy}");
    let script = browser().get(desk.page("/embed.js")).send().await.unwrap();
    assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
    assert!(script.text().await.unwrap().contains("iframe"));
}

#[tokio::test]
async fn pages_of_other_origins_do_not_send_it() {
    let desk = Desk::new(json!({})).await;
    let send = async |headers: &[(&str, &str)]| {
        let page = desk.open("").await;
        let inputs: Vec<_> = page.hidden().into_iter().chain([("name".to_owned(), a_name())]).collect();
        let request = headers
            .iter()
            .fold(browser().post(desk.page("")), |request, (name, value)| request.header(*name, *value));
        Shown::of(request.form(&inputs).send().await.unwrap()).await.status
    };
    let origin = ("origin", "https://evil.example");
    for headers in [&[origin][..], &[origin, ("sec-fetch-site", "cross-site")], &[("origin", "null")]] {
        assert_eq!(send(headers).await, 403, "{headers:?}");
    }
    assert!(desk.contacts().await.is_empty());
    let own = ("origin", &*system().url);
    // Old browsers do not say where a request comes from.
    for headers in [&[own, ("sec-fetch-site", "same-origin")][..], &[own], &[]] {
        assert_eq!(send(headers).await, 303, "{headers:?}");
    }
    assert_eq!(send(&[("origin", "http://localhost")]).await, 403);
    let foreign = browser().get(desk.page("")).header("origin", "https://evil.example").send().await.unwrap();
    assert_eq!(foreign.headers().get("access-control-allow-origin"), None);
    desk.patch(json!({"allowed_origins": ["https://evil.example"]})).await.expect(200);
    assert_eq!(send(&[origin]).await, 303);
}

#[tokio::test]
async fn what_is_left_blank_takes_nothing_away_from_an_object_that_is_found() {
    let pages = json!([{"items": [{"field": "email", "required": true}, {"field": "name"}, {"field": "newsletter"}]}]);
    let action = json!({"kind": "upsert", "match": "email", "on_match": "update"});
    let desk = Desk::new(json!({"pages": pages, "action": action})).await;
    let email = format!("{}@example.com", unique());
    desk.world.contact(json!({"email": email, "name": "Ada", "newsletter": true})).await;
    let page = desk.open("").await;
    desk.press(&page, "on", &[("email", &email), ("name", "")]).await.expect(303);
    let page = desk.open("").await;
    desk.press(&page, "on", &[("email", &email), ("name", "Grace")]).await.expect(303);
    let contact = &desk.contacts().await[0];
    assert_eq!(
        (&contact["fields"]["name"], &contact["fields"]["newsletter"]),
        (&json!("Grace"), &json!(true))
    );
    assert_eq!(contact["version"], 2);
}

#[tokio::test]
async fn what_the_form_does_not_ask_for_any_more_is_no_dead_end() {
    let pages = |first: Value| json!([{"items": first}, {"items": [{"field": "notes"}]}]);
    let desk = Desk::new(json!({"pages": pages(json!([{"field": "name"}, {"field": "company"}]))})).await;
    let first = desk.open("").await;
    let second = desk.press(&first, "on", &[("name", "Ada"), ("company", "Engines")]).await.expect(200);
    desk.patch(json!({"pages": pages(json!([{"field": "name"}]))})).await.expect(200);
    desk.press(&second, "on", &[("notes", "")]).await.expect(303);
    let fields = &desk.contacts().await[0]["fields"];
    assert_eq!((&fields["name"], &fields["company"]), (&json!("Ada"), &json!(null)));
}

#[tokio::test]
async fn what_cannot_be_filled_in_says_so_in_the_words_of_its_team() {
    let desk = Desk::new(json!({"closed_message": "Until *May*", "limit": 1})).await;
    let page = desk.open("").await.expect(200);
    for _ in 0..2 {
        desk.press(&page, "on", &[("name", "Ada")]).await.expect(303);
    }
    desk.open("").await.expect(200).has("Until <em>May</em>").lacks("<form");
    let other = desk.press(&page, "on", &[("name", "Grace")]).await.expect(409);
    other.has("Until <em>May</em>");
    assert_eq!(desk.contacts().await.len(), 1);
    desk.patch(json!({"status": "draft"})).await.expect(200);
    let drafted = desk.open("").await.expect(404);
    let unknown =
        Shown::of(browser().get(format!("{}/f/abc", system().url)).send().await.unwrap()).await.expect(404);
    assert_eq!(drafted.html, unknown.html);
    drafted.has("There is no such form");
    desk.press(&page, "on", &[("name", "Grace")]).await.expect(404);
}

#[tokio::test]
async fn a_trap_holds_a_page_that_was_changed_is_refused_and_one_that_is_too_fast_stays_filled_in() {
    let desk = of_three_pages().await;
    let first = desk.open("").await;
    let trap = first.trap();
    let name = a_name();
    let last =
        desk.press(&first, "on", &[("name", &name), (&trap, "https://spam.example")]).await.expect(200);
    desk.press(&last, "on", &[("notes", "")]).await.expect(303);
    assert!(desk.contacts().await.is_empty());
    assert_eq!(desk.submissions("&outcome=held").await[0]["reason"], "trap");

    let inputs = [("_page", "2"), ("_answers", "changed"), ("notes", "x"), ("_go", "on")];
    let changed = Shown::of(browser().post(desk.page("")).form(&inputs).send().await.unwrap()).await;
    changed.expect(422).has("Open the form again");

    let protection = json!({"min_seconds": 60, "per_address": {"limit": 10_000, "window_seconds": 600}});
    let slow = Desk::new(json!({"protection": protection})).await;
    let page = slow.open("").await;
    let early = slow.press(&page, "on", &[("name", &name)]).await.expect(422);
    early.has("This takes 60 seconds").has(&format!("value=\"{name}\""));
    assert!(slow.contacts().await.is_empty());
}

#[tokio::test]
async fn too_many_are_told_when_to_come_back_and_lose_nothing() {
    let protection = json!({"min_seconds": 0, "per_address": {"limit": 1, "window_seconds": 600}});
    let desk = Desk::new(json!({"protection": protection})).await;
    let page = desk.open("").await;
    desk.press(&page, "on", &[("name", "Ada")]).await.expect(303);
    let page = desk.open("").await;
    let late = desk.press(&page, "on", &[("name", "Grace")]).await.expect(429);
    late.has("Too much was sent from here").has("value=\"Grace\"");
    assert!(late.headers["retry-after"].parse::<u32>().unwrap() <= 600);
    assert_eq!(desk.contacts().await.len(), 1);
}
