//! What it costs to run a view: the query, and the view itself once in five seconds.

use serde_json::{Value, json};

use super::Counted;
use crate::views::{deals, text};

#[tokio::test]
async fn a_view_costs_one_read_and_for_five_seconds_nothing() {
    let counted = Counted::new().await;
    let (owner, team) = (counted.world.owner.api.clone(), format!("/v1/teams/{}", counted.world.team));
    owner.post(&counted.world.types(), deals()).await.expect(201);
    let objects = format!("{team}/objects/deals");
    for (name, stage) in [("a", "New"), ("b", "Won"), ("c", "New")] {
        let fields = json!({"fields": {"name": name, "stage": stage, "starts": "2026-11-01"}});
        owner.post(&objects, fields).await.expect(201);
    }
    let views = format!("{team}/views");
    let view = async |parts: Value| {
        let made =
            owner.post(&views, crate::views::view(parts["kind"].as_str().unwrap(), &parts)).await.expect(201);
        format!("{views}/{}", text(&made["id"]))
    };
    let table = view(json!({"kind": "table", "filter": {"field": "name", "op": "gte", "value": "a"}})).await;
    let board = view(json!({"kind": "board", "group": {"field": "stage"}})).await;
    let calendar = view(json!({"kind": "calendar", "date": {"start": "starts"}})).await;
    let chart = json!({"type": "bar", "x": {"field": "stage"}, "series": [{"fn": "count"}]});
    let chart = view(json!({"kind": "chart", "chart": chart})).await;

    let (query, whole) = (json!({"filter": {"field": "name", "op": "gte", "value": "a"}}), json!({}));
    let calls = async |path: &str, body: &Value| counted.calling("POST", path, body.clone()).await.1;
    calls(&format!("{objects}/query"), &query).await;
    let plain = calls(&format!("{objects}/query"), &query).await;
    let first = calls(&format!("{table}/query"), &whole).await;
    let again = calls(&format!("{table}/query"), &whole).await;
    assert_eq!(again, plain, "the view and its type are known");
    let reads = |calls: &[String]| calls.iter().filter(|name| *name == "GetItem").count();
    assert!(reads(&first) <= reads(&plain) + 2, "the view, and the type: {first:?}");

    let get = async |path: String| {
        let before = counted.calls.lock().unwrap().len();
        owner.get(&path).await.expect(200);
        let seen = counted.calls.lock().unwrap()[before..].to_vec();
        seen.into_iter().map(|call| call.operation).collect::<Vec<_>>()
    };
    let count = |calls: &[String], name: &str| calls.iter().filter(|one| *one == name).count();
    for (path, queries, batches) in [
        // Each option and none, and the gaps between them with what is an option no more; of what was found the items.
        (format!("{board}/board"), 8, 2),
        (format!("{board}/groups"), 8, 0),
        (format!("{calendar}/range?from=2026-11-01&to=2026-12-01"), 1, 1),
        (format!("{chart}/data"), 1, 0),
    ] {
        get(path.clone()).await;
        let calls = get(path.clone()).await;
        assert_eq!(count(&calls, "Query"), queries, "{path} {calls:?}");
        assert_eq!(count(&calls, "BatchGetItem"), batches, "{path} {calls:?}");
        assert_eq!(count(&calls, "GetItem"), 1, "the gate's: {path} {calls:?}");
    }
}
