//! Restricted views: who may not read objects sees through one what it shows, and nothing of what it does not.

use base::Permission::{ObjectRead, ViewRead, ViewUpdate};
use serde_json::{Value, json};

use super::{Deals, names, pairs, text, told};
use crate::harness::Api;

/// Deals of which only the open ones are shown, by name, stage, size and days.
struct Bounded {
    deals: Deals,
    blind: Api,
    ids: Vec<String>,
}

impl Bounded {
    async fn new() -> Self {
        let deals = Deals::new().await;
        let mut ids = Vec::new();
        for (name, stage, size, starts, secret) in [
            ("a", "New", 1, "2026-11-01", "open one"),
            ("b", "Won", 2, "2026-11-02", "open two"),
            ("c", "New", 3, "2026-11-03", "hidden three"),
        ] {
            let fields = json!({"name": name, "stage": stage, "size": size, "starts": starts, "ends": starts, "secret": secret, "done": true});
            ids.push(deals.deal(fields).await);
        }
        let blind = deals.token(&[ViewRead]).await;
        Self { deals, blind, ids }
    }

    /// A restricted view of this kind; its path.
    async fn view(&self, kind: &str, more: Value) -> String {
        let shown = json!([{"field": "name"}, {"field": "stage"}, {"field": "size"}, {"field": "starts"}]);
        let mut parts = json!({
            "restricted": true, "fields": shown, "filter": {"field": "secret", "op": "starts_with", "value": "open"},
        });
        parts.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.deals.view(kind, parts).await
    }
}

#[tokio::test]
async fn exactly_the_meant_objects_and_fields_are_seen_through_a_restricted_view_and_nowhere_else() {
    let bounded = Bounded::new().await;
    let Bounded { deals, blind, ids } = &bounded;
    let path = bounded.view("table", json!({"sort": "-secret"})).await;
    let seen = blind.get(&format!("{path}/objects")).await;
    assert!(
        !seen.text.contains("secret") && !seen.text.contains("open") && !seen.text.contains(&ids[2]),
        "{}",
        seen.text
    );
    let seen = seen.expect(200);
    assert_eq!(names(&seen), ["b", "a"]);
    let first = &seen["data"][0];
    assert_eq!(first["fields"], json!({"name": "b", "stage": "Won", "size": 2, "starts": "2026-11-02"}));
    assert_eq!((&first["label"], &first["version"]), (&json!("b"), &json!(1)));
    // Also for who may read objects the view tells no more.
    assert_eq!(deals.owner().get(&format!("{path}/objects")).await.expect(200), seen);
    let plain = deals.table(json!({})).await;
    for other in [
        format!("{plain}/objects"),
        format!("{plain}/groups"),
        deals.objects(),
        format!("{}/{}", deals.objects(), ids[0]),
        format!("{}/stats", deals.objects()),
        format!("{}?view={}", deals.objects(), path.rsplit('/').next().unwrap()),
    ] {
        let problem = blind.get(&other).await.expect_problem(403, "insufficient_scope");
        assert_eq!(problem["required_permissions"], json!(["object:read"]), "{other}");
    }
    // Without a field that names it, an object is called by its id.
    let nameless =
        deals.table(json!({"restricted": true, "fields": [{"field": "size"}], "sort": "size"})).await;
    let seen = blind.get(&format!("{nameless}/objects")).await.expect(200);
    assert_eq!(
        (&seen["data"][0]["label"], &seen["data"][0]["fields"]),
        (&json!(ids[0]), &json!({"size": 1}))
    );
}

#[tokio::test]
async fn a_field_that_is_not_shown_is_like_one_that_never_was() {
    let bounded = Bounded::new().await;
    let deals = &bounded.deals;
    let board = bounded.view("board", json!({"group": {"field": "stage"}})).await;
    let calendar = bounded.view("calendar", json!({"date": {"start": "starts"}})).await;
    let chart = json!({"type": "bar", "x": {"field": "stage"}, "series": [{"fn": "sum", "field": "size"}]});
    let chart = bounded.view("chart", json!({"chart": chart})).await;
    let both = deals.token(&[ViewRead, ObjectRead]).await;
    let range = "from=2026-11-01&to=2026-12-01";
    for (path, query) in [
        (format!("{board}/objects"), "fields=FIELD"),
        (format!("{board}/objects"), "sort=FIELD"),
        (format!("{board}/objects"), "sort=-FIELD"),
        (format!("{board}/objects"), "filter[FIELD][eq]=open one"),
        (format!("{board}/objects"), "filter[FIELD][empty]=true"),
        (format!("{board}/objects"), "group=New&filter[FIELD][contains]=o"),
        (format!("{board}/groups"), "filter[FIELD][starts_with]=o"),
        (format!("{board}/groups"), "aggregates=sum:FIELD"),
        (format!("{board}/board"), "filter[FIELD][starts_with]=o"),
        (format!("{board}/board"), "sort=FIELD"),
        (format!("{board}/board"), "fields=name,FIELD"),
        (format!("{calendar}/range?{range}"), "filter[FIELD][starts_with]=o"),
        (format!("{calendar}/range?{range}"), "fields=FIELD"),
        (format!("{chart}/data"), "filter[FIELD][starts_with]=o"),
    ] {
        let mark = if path.contains('?') { '&' } else { '?' };
        for caller in [&bounded.blind, &both] {
            let ask = async |field: &str| {
                let answer = caller.get(&format!("{path}{mark}{}", query.replace("FIELD", field))).await;
                assert_eq!(answer.status, 422, "{query}: {}", answer.text);
                told(answer).replace(field, "FIELD")
            };
            let never = ask("never").await;
            for hidden in ["secret", "ends", "done", "note"] {
                assert_eq!(ask(hidden).await, never, "{path} {query} {hidden}");
            }
            assert!(never.contains("unknown_field"), "{never}");
        }
    }
}

#[tokio::test]
async fn in_a_body_a_field_that_is_not_shown_is_like_one_that_never_was() {
    let bounded = Bounded::new().await;
    let board = bounded.view("board", json!({"group": {"field": "stage"}})).await;
    for body in [
        json!({"filter": {"any": [{"field": "name", "op": "eq", "value": "a"}, {"not": {"field": "FIELD", "op": "eq", "value": "x"}}]}}),
        json!({"sort": "FIELD"}),
        json!({"fields": ["name", "FIELD"]}),
    ] {
        let ask = async |field: &str| {
            let body = body.to_string().replace("FIELD", field);
            let answer = bounded.blind.send("POST", &format!("{board}/query"), Some(body)).await;
            assert_eq!(answer.status, 422, "{}", answer.text);
            told(answer).replace(field, "FIELD")
        };
        assert_eq!(ask("secret").await, ask("never").await, "{body}");
    }
}

#[tokio::test]
async fn what_is_told_beside_objects_is_of_the_meant_ones_alone() {
    let bounded = Bounded::new().await;
    let blind = &bounded.blind;
    let board = bounded.view("board", json!({"group": {"field": "stage", "aggregates": ["sum:size"]}})).await;
    let groups = blind.get(&format!("{board}/groups")).await.expect(200);
    let counts: Vec<_> = groups["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| (group["count"].clone(), group["aggregates"]["sum:size"].clone()))
        .collect();
    assert_eq!(counts, [(json!(1), json!(1)), (json!(1), json!(2)), (json!(0), json!(0))]);
    let shown = blind.get(&format!("{board}/board")).await;
    assert!(!shown.text.contains(&bounded.ids[2]), "{}", shown.text);
    let calendar = bounded.view("calendar", json!({"date": {"start": "starts"}})).await;
    let range = blind.get(&format!("{calendar}/range?from=2026-11-01&to=2026-12-01")).await.expect(200);
    assert_eq!(names(&range), ["a", "b"]);
    let chart = json!({"type": "bar", "x": {"field": "stage"}, "series": [{"fn": "sum", "field": "size"}]});
    let chart = bounded.view("chart", json!({"chart": chart})).await;
    let data = blind.get(&format!("{chart}/data")).await.expect(200);
    assert_eq!((&data["x"], &data["series"][0]["values"]), (&json!(["New", "Won"]), &json!([1, 2])));
    let cursor = text(&blind.get(&format!("{board}/objects?limit=1")).await.expect(200)["next_cursor"]);
    blind
        .get(&format!("{calendar}/objects?limit=1&cursor={cursor}"))
        .await
        .expect_problem(400, "invalid_cursor");
}

#[tokio::test]
async fn the_definition_tells_no_filter_no_rule_and_no_hidden_field_to_who_may_not_read_objects() {
    let bounded = Bounded::new().await;
    let rule = json!({"if": {"field": "done", "op": "eq", "value": true}, "color": "#00ff00"});
    let path = bounded.view("table", json!({"sort": "secret", "colors": [rule]})).await;
    for answer in [bounded.blind.get(&path).await, bounded.blind.get(&bounded.deals.views()).await] {
        for hidden in ["secret", "open", "done", "#00ff00", "filter\"", "\"sort\""] {
            assert!(!answer.text.contains(hidden), "{hidden} in {}", answer.text);
        }
        assert!(answer.text.contains("stage"), "{}", answer.text);
    }
    let whole = bounded.deals.owner().get(&path).await.expect(200);
    assert_eq!((&whole["sort"], &whole["filter"]["value"]), (&json!("secret"), &json!("open")));
    let colored = bounded.blind.get(&format!("{path}/objects")).await.expect(200);
    assert_eq!(colored["data"][0]["color"], "#00ff00");
    // What was read is sent back, and is no change.
    let read = bounded.blind.get(&path).await.expect(200);
    let writer = bounded.deals.token(&[ViewRead, base::Permission::ViewUpdate]).await;
    let mut sent = serde_json::Map::new();
    for part in ["name", "scope", "locked", "restricted", "fields", "group", "date", "cover", "chart", "stat"]
    {
        sent.insert(part.to_owned(), read[part].clone());
    }
    assert_eq!(writer.patch(&path, Value::Object(sent)).await.expect(200)["version"], 1);
    // When it is broken, what is gone is told to who may read objects alone.
    let shown_sort = bounded.view("table", json!({"sort": "-size"})).await;
    assert_eq!(bounded.blind.get(&shown_sort).await.expect(200)["sort"], "-size");
    bounded
        .deals
        .owner()
        .patch(&bounded.deals.object_type(), json!({"item_label_fields": ["name"]}))
        .await
        .expect(200);
    bounded.deals.owner().delete(&format!("{}/fields/secret", bounded.deals.object_type())).await.expect(200);
    let broken = bounded.blind.get(&format!("{path}/objects")).await;
    assert!(!broken.text.contains("secret"), "{}", broken.text);
    assert_eq!(broken.expect_problem(409, "view_broken")["errors"], json!([]));
    let read = bounded.blind.get(&path).await;
    assert!(!read.text.contains("secret"), "{}", read.text);
    let problem = bounded.deals.owner().get(&path).await.expect(200);
    assert_eq!(super::problems(&problem), pairs(&[("/filter/field", "field_gone"), ("/sort", "field_gone")]));
}

#[tokio::test]
async fn what_is_not_shown_any_more_is_seen_by_nobody_once_that_is_answered() {
    let bounded = Bounded::new().await;
    let path = bounded.view("table", json!({})).await;
    let seen = bounded.blind.get(&format!("{path}/objects")).await.expect(200);
    assert_eq!(seen["data"][0]["fields"]["size"], 1);
    let owner = bounded.deals.owner();
    owner.patch(&path, json!({"fields": [{"field": "name"}]})).await.expect(200);
    let seen = bounded.blind.get(&format!("{path}/objects")).await.expect(200);
    assert_eq!(seen["data"][0]["fields"], json!({"name": "a"}));
    owner.delete(&path).await.expect(204);
    bounded.blind.get(&format!("{path}/objects")).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_guess_at_what_a_restricted_view_hides_is_refused_whether_it_is_right_or_not() {
    let bounded = Bounded::new().await;
    let path = bounded.view("table", json!({"sort": "-secret"})).await;
    let version = &bounded.deals.owner().get(&path).await.expect(200)["version"];
    let filter = |value: &str| json!({"filter": {"field": "secret", "op": "starts_with", "value": value}});
    let guesses = [
        filter("open"),
        filter("shut"),
        json!({"sort": "-secret"}),
        json!({"sort": "name"}),
        json!({"colors": null}),
    ];
    let updates = bounded.deals.token(&[ViewRead, ViewUpdate]).await;
    for guess in &guesses {
        let problem = updates.patch(&path, guess.clone()).await.expect_problem(403, "insufficient_scope");
        assert_eq!(problem["required_permissions"], json!(["object:read"]), "{guess}");
    }
    let shown = json!([{"field": "name"}, {"field": "stage"}, {"field": "size"}, {"field": "starts"}]);
    updates.patch(&path, json!({"fields": shown})).await.expect(200);
    let blind = bounded.deals.token(&[ViewUpdate]).await;
    for guess in guesses.iter().chain([&json!({"fields": shown})]) {
        blind.patch(&path, guess.clone()).await.expect_problem(403, "insufficient_scope");
    }
    assert_eq!(&bounded.deals.owner().get(&path).await.expect(200)["version"], version);
}
