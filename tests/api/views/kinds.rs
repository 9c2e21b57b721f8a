//! A view of each kind, with as much of it set as can be.

use serde_json::{Value, json};

use super::{deals, text};
use crate::harness::World;

/// The ids of a table, a board, a calendar, a chart, a number and a dashboard of deals, which have lost the field `lost` since,
/// that most of them name.
pub(crate) async fn one_of_each(world: &World) -> Vec<String> {
    let (owner, views) = (&world.owner.api, format!("/v1/teams/{}/views", world.team));
    let mut deals = deals();
    let lost = json!({"slug": "lost", "label": "Lost", "type": "date", "searchable": true});
    deals["fields"].as_array_mut().unwrap().push(lost);
    owner.post(&world.types(), deals).await.expect(201);
    let mut made = Vec::new();
    for new in definitions() {
        made.push(text(&owner.post(&views, new).await.expect(201)["id"]));
    }
    let dashboard = json!({
        "name": "all", "kind": "dashboard", "tiles": [{"view": made[0], "x": 0, "y": 0, "w": 6, "h": 4, "title": "T"}],
        "filters": [{"name": "size", "maps": {made[0].as_str(): "size"}}],
    });
    made.push(text(&owner.post(&views, dashboard).await.expect(201)["id"]));
    owner.delete(&format!("{}/deals/fields/lost", world.types())).await.expect(200);
    made
}

fn definitions() -> Vec<Value> {
    let filter = json!({"any": [
        {"field": "lost", "op": "lt", "value": "2030-01-01"},
        {"field": "size", "op": "gt", "value": 1.50},
    ]});
    let colors = json!([{"if": filter, "color": "#00ff00", "target": "field", "field": "name"}]);
    let series = json!([{"fn": "sum", "field": "size", "label": "Sum"}]);
    let x = json!({"field": "lost", "bucket": "month"});
    let kinds = [
        json!({"kind": "table", "sort": "-lost", "colors": colors, "group": {"field": "lost", "empty": "first", "order": "value"}}),
        json!({"kind": "board", "locked": false, "group": {"field": "stage", "order": "options", "aggregates": ["count", "sum:size"]}}),
        json!({"kind": "calendar", "restricted": false, "date": {"start": "lost", "end": "ends", "max_days": 7}}),
        json!({"kind": "chart", "chart": {"type": "bar", "x": x, "series": series, "split": "stage", "top": 5}}),
        json!({"kind": "stat", "scope": "personal", "stat": {"fn": "avg", "field": "size"}}),
    ];
    let fields = json!([{"field": "name", "width": 100, "label": "N"}, {"field": "lost"}]);
    let whole = |mut new: Value| {
        new["name"] = json!(format!("a {}", new["kind"]));
        new["object_type"] = json!("deals");
        new["filter"] = filter.clone();
        new["fields"] = fields.clone();
        new
    };
    kinds.into_iter().map(whole).collect()
}
