//! What views show: objects, groups, boards, calendars, charts and dashboards.

use base::Permission::ViewRead;
use serde_json::{Value, json};

use super::{Deals, faults, names, pairs, text, view};
use crate::{harness::Answer, jobs::until};

/// Deals of all stages, some without one.
async fn some() -> Deals {
    let deals = Deals::new().await;
    for (name, stage, size) in
        [("a", "New", 1), ("b", "Won", 2), ("c", "New", 3), ("d", "Lost", 4), ("e", "", 5), ("f", "Won", 6)]
    {
        deals.deal(json!({"name": name, "stage": stage, "size": size, "secret": format!("s{size}")})).await;
    }
    deals
}

#[tokio::test]
async fn a_view_narrows_and_never_widens() {
    let deals = some().await;
    let owner = deals.owner();
    let path = deals
        .table(json!({
            "filter": {"field": "size", "op": "gte", "value": 3}, "sort": "-size",
            "fields": [{"field": "name"}, {"field": "size"}],
        }))
        .await;
    let list = async |query: &str| owner.get(&format!("{path}/objects?{query}")).await.expect(200);
    let whole = list("").await;
    assert_eq!(names(&whole), ["f", "e", "d", "c"]);
    assert_eq!(whole["data"][0]["fields"], json!({"name": "f", "size": 6}));
    assert_eq!(whole["data"][0]["label"], "f s6");
    assert!(whole.get("problems").is_none());
    assert_eq!(names(&list("sort=name").await), ["c", "d", "e", "f"]);
    assert_eq!(names(&list("filter[size][lte]=4&sort=size").await), ["c", "d"]);
    let shown = list("fields=name,secret").await;
    assert_eq!(shown["data"][0]["fields"], json!({"name": "f"}));
    for filter in [
        json!({"any": [{"field": "size", "op": "lt", "value": 3}, {"field": "size", "op": "eq", "value": 5}]}),
        json!({"not": {"field": "name", "op": "in", "value": ["c", "d", "f"]}}),
    ] {
        let found = owner.post(&format!("{path}/query"), json!({"filter": filter})).await.expect(200);
        assert_eq!(names(&found), ["e"], "{filter}");
    }
    let through = owner.get(&format!("{}?view={}", deals.objects(), path.rsplit('/').next().unwrap())).await;
    assert_eq!(through.expect(200), whole);
    let first = list("limit=2").await;
    let cursor = text(&first["next_cursor"]);
    assert_eq!(names(&list(&format!("limit=2&cursor={cursor}")).await), ["d", "c"]);
    let other = deals.table(json!({})).await;
    let answer = owner.get(&format!("{other}/objects?cursor={cursor}")).await;
    answer.expect_problem(400, "invalid_cursor");
    for (query, expected) in [
        ("filter[note][eq]=x", pairs(&[("?filter[note][eq]", "field_not_searchable")])),
        ("sort=nothing&fields=no", pairs(&[("?sort", "unknown_field"), ("?fields", "unknown_field")])),
        ("group=New", pairs(&[("?group", "not_possible")])),
    ] {
        let problem = owner.get(&format!("{path}/objects?{query}")).await.expect_problem(422, "invalid_data");
        assert_eq!(faults(&problem), expected, "{query}");
    }
    owner.get(&format!("{path}/objects?trashed=only")).await.expect_problem(400, "invalid_request");
}

#[tokio::test]
async fn an_object_that_leaves_the_filter_is_in_no_answer_after_its_write() {
    let deals = Deals::new().await;
    let owner = deals.owner();
    let path = deals
        .view("board", json!({"filter": {"field": "name", "op": "starts_with", "value": "in"}, "group": {"field": "stage"}, "sort": "name"}))
        .await;
    let mut ids = Vec::new();
    for number in 0..6 {
        ids.push(deals.deal(json!({"name": format!("in {number}"), "stage": "New"})).await);
    }
    for (turn, id) in ids.iter().enumerate() {
        let object = format!("{}/{id}", deals.objects());
        if turn % 2 == 0 {
            owner.patch(&object, json!({"fields": {"name": "out"}})).await.expect(200);
        } else {
            owner.delete(&object).await.expect(204);
        }
        let (list, board) =
            (owner.get(&format!("{path}/objects")).await, owner.get(&format!("{path}/board")).await);
        assert!(!list.text.contains(id) && !board.text.contains(id), "{turn}");
        assert_eq!(list.expect(200)["data"].as_array().unwrap().len(), ids.len() - turn - 1);
    }
}

/// A group by stage, with more settings.
fn by_stage(more: &Value) -> Value {
    let mut group = json!({"field": "stage", "aggregates": ["count", "sum:size", "max:price"]});
    group.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"group": group})
}

/// Key, count and sum of each group.
fn groups(told: &Value) -> Vec<(Value, Value, Value)> {
    let data = told["data"].as_array().unwrap().iter();
    data.map(|group| (group["key"].clone(), group["count"].clone(), group["aggregates"]["sum:size"].clone()))
        .collect()
}

fn keys(told: &Value) -> Vec<Value> {
    groups(told).into_iter().map(|(key, _, _)| key).collect()
}

#[tokio::test]
async fn groups_stand_in_the_order_of_the_options_and_count_exactly() {
    let deals = some().await;
    let owner = deals.owner();
    let path = deals.table(by_stage(&json!({}))).await;
    let told = owner.get(&format!("{path}/groups")).await.expect(200);
    let of = |key: Value, count: u64, sum: u64| (key, json!(count), json!(sum));
    let expected =
        [of(json!("New"), 2, 4), of(json!("Won"), 2, 8), of(json!("Lost"), 1, 4), of(json!(null), 1, 5)];
    assert_eq!(groups(&told), expected);
    assert_eq!(
        (&told["complete"], &told["data"][0]["aggregates"]["max:price"]),
        (&json!(true), &json!(null))
    );
    let narrowed = owner.get(&format!("{path}/groups?filter[size][gt]=2")).await.expect(200);
    assert_eq!(groups(&narrowed)[0], of(json!("New"), 1, 3));
    let changed = owner.get(&format!("{path}/groups?filter[updated_at][gt]=2020-01-01T00:00:00Z")).await;
    assert_eq!(groups(&changed.expect(200)), expected);
    let problem = owner.get(&format!("{path}/groups?aggregates=sum:note,sum:name")).await;
    let problem = problem.expect_problem(422, "invalid_data");
    assert_eq!(
        faults(&problem),
        pairs(&[("?aggregates", "field_not_searchable"), ("?aggregates", "not_possible")])
    );
    let plain = deals.table(json!({})).await;
    owner.get(&format!("{plain}/groups")).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn an_option_that_is_none_any_more_is_a_group_behind_those_that_are() {
    let deals = some().await;
    let owner = deals.owner();
    let told = async |parts: Value| {
        let path = deals.table(parts).await;
        owner.get(&format!("{path}/groups")).await.expect(200)
    };
    let options = json!({"settings": {"options": ["New", "Lost"]}});
    owner.patch(&format!("{}/fields/stage", deals.object_type()), options).await.expect(200);
    // The type is cached for five seconds.
    let path = deals.table(by_stage(&json!({}))).await;
    until(|| async { keys(&owner.get(&format!("{path}/groups")).await.expect(200))[1] == "Lost" }).await;
    let names = |names: &[&str]| names.iter().map(|name| json!(name)).collect::<Vec<_>>();
    let first = told(by_stage(&json!({"empty": "first"}))).await;
    assert_eq!(
        (keys(&first)[0].clone(), &keys(&first)[1..]),
        (json!(null), &names(&["New", "Lost", "Won"])[..])
    );
    let turned = told(by_stage(&json!({"order": "-value", "empty": "hidden"}))).await;
    assert_eq!(keys(&turned), names(&["Won", "New", "Lost"]));
    let by_size = told(json!({"group": {"field": "size", "order": "-value"}})).await;
    assert_eq!(keys(&by_size), names(&["6", "5", "4", "3", "2", "1"]));
}

#[tokio::test]
async fn a_board_has_the_first_objects_of_each_group_and_where_it_goes_on() {
    let deals = some().await;
    let owner = deals.owner();
    for number in 0..5 {
        deals.deal(json!({"name": format!("n{number}"), "stage": "New", "size": 10 + number})).await;
    }
    let path = deals
        .view("board", json!({"group": {"field": "stage"}, "sort": "-size", "fields": [{"field": "name"}]}))
        .await;
    let board = owner.get(&format!("{path}/board?per_group=2&filter[size][lt]=14")).await.expect(200);
    let columns = board["data"].as_array().unwrap();
    let seen: Vec<_> = columns
        .iter()
        .map(|column| {
            let objects = json!({"data": column["objects"]});
            (column["key"].clone(), names(&objects), column["next_cursor"].is_string())
        })
        .collect();
    let of = |key: Value, found: &[&str], more: bool| {
        (key, found.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), more)
    };
    assert_eq!(seen[0], of(json!("New"), &["n3", "n2"], true));
    assert_eq!((&seen[1].1, &seen[2].1), (&vec!["f".to_owned(), "b".to_owned()], &vec!["d".to_owned()]));
    assert_eq!(seen[3], of(json!(null), &["e"], false));
    let cursor = text(&columns[0]["next_cursor"]);
    let next = format!("{path}/objects?group=New&filter[size][lt]=14&limit=10&cursor={cursor}");
    assert_eq!(names(&owner.get(&next).await.expect(200)), ["n1", "n0", "c", "a"]);
    let empty = owner.get(&format!("{path}/objects?group=")).await.expect(200);
    assert_eq!(names(&empty), ["e"]);
    owner.get(&format!("{path}/board?per_group=21")).await.expect_problem(400, "invalid_request");
    let table = deals.table(json!({"group": {"field": "stage"}})).await;
    owner.get(&format!("{table}/board")).await.expect_problem(404, "not_found");
    // By a relationship the groups are called as the objects are.
    let first = deals.deal(json!({"name": "first", "secret": "x"})).await;
    deals.deal(json!({"name": "second", "before": first})).await;
    let path = deals.view("board", json!({"group": {"field": "before", "empty": "hidden"}})).await;
    let board = owner.get(&format!("{path}/board")).await.expect(200);
    let column = &board["data"][0];
    assert_eq!((&column["key"], &column["label"]), (&json!(first), &json!("first x")));
    assert_eq!(names(&json!({"data": column["objects"]})), ["second"]);
}

#[tokio::test]
async fn a_range_has_what_begins_lasts_and_ends_in_it_and_days_never_shift() {
    let deals = Deals::new().await;
    let owner = deals.owner();
    for (name, starts, ends, at) in [
        ("before", "2026-10-01", "2026-10-05", "2026-10-31T23:59:59Z"),
        ("lasts", "2026-10-20", "2026-11-03", "2026-11-01T00:00:00Z"),
        ("too long", "2026-09-01", "2026-12-01", "2026-11-15T12:00:00+02:00"),
        ("first", "2026-11-01", "", "2026-11-29T23:30:00-12:00"),
        ("last", "2026-11-30", "2026-11-30", "2026-12-01T00:00:00Z"),
        ("behind", "2026-12-01", "2026-12-02", ""),
        ("undated", "", "", ""),
    ] {
        deals.deal(json!({"name": name, "starts": starts, "ends": ends, "at": at})).await;
    }
    let days = deals.view("calendar", json!({"date": {"start": "starts", "end": "ends"}})).await;
    let moments = deals.view("calendar", json!({"date": {"start": "at"}})).await;
    let range = async |path: &str, query: &str| -> Vec<String> {
        names(&owner.get(&format!("{path}/range?{query}")).await.expect(200))
    };
    for zone in ["", "T00:00:00Z", "T00:00:00%2B14:00", "T00:00:00-12:00"] {
        let query = format!("from=2026-11-01{zone}&to=2026-12-01{zone}");
        assert_eq!(range(&days, &query).await, ["lasts", "first", "last"], "{zone}");
    }
    assert_eq!(range(&moments, "from=2026-11-01&to=2026-12-01").await, ["lasts", "too long", "first"]);
    // An hour ahead of UTC November has begun with what is the end of October there, and ended earlier.
    let berlin = "from=2026-11-01T00:00:00%2B01:00&to=2026-12-01T00:00:00%2B01:00";
    assert_eq!(range(&moments, berlin).await, ["before", "lasts", "too long", "first"]);
    assert_eq!(range(&days, "undated=true").await, ["undated"]);
    assert_eq!(range(&days, "from=2026-11-01&to=2026-12-01&filter[name][eq]=last").await, ["last"]);
    for (query, expected) in [
        ("from=2026-11-01", pairs(&[("?to", "missing_member")])),
        ("from=yesterday&to=1", pairs(&[("?from", "not_a_date"), ("?to", "not_a_date")])),
        ("from=2026-01-01&to=2027-02-06", pairs(&[("?to", "out_of_range")])),
        ("from=2026-01-01&undated=true", pairs(&[("?from", "not_possible")])),
        (
            "from=2026-01-02&to=2026-01-01&filter[no][eq]=1",
            pairs(&[("?filter[no][eq]", "unknown_field"), ("?to", "out_of_range")]),
        ),
    ] {
        let problem = owner.get(&format!("{days}/range?{query}")).await.expect_problem(422, "invalid_data");
        assert_eq!(faults(&problem), expected, "{query}");
    }
    let table = deals.table(json!({})).await;
    owner.get(&format!("{table}/range?from=2026-11-01&to=2026-12-01")).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn colors_are_those_of_the_first_rule_that_holds_and_no_rule_is_told() {
    let deals = some().await;
    let rule = |value: u64, color: &str, more: Value| {
        let mut rule = json!({"if": {"field": "size", "op": "gte", "value": value}, "color": color});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule
    };
    let colors = json!([
        rule(5, "#ff0000", json!({})),
        rule(3, "#00ff00", json!({"target": "row"})),
        rule(6, "#0000ff", json!({"target": "field", "field": "name"})),
    ]);
    let path = deals.table(json!({"colors": colors, "sort": "-size"})).await;
    let list = deals.owner().get(&format!("{path}/objects")).await.expect(200);
    let seen: Vec<_> = list["data"].as_array().unwrap().iter().map(|deal| deal["color"].clone()).collect();
    let (red, green) = (json!("#ff0000"), json!("#00ff00"));
    assert_eq!(seen, [red.clone(), red, green.clone(), green, json!(null), json!(null)]);
    assert_eq!(
        (&list["data"][0]["colors"], &list["data"][1]["colors"]),
        (&json!({"name": "#0000ff"}), &json!({}))
    );
}

/// Deals on days around the ends of months, with prices that no floating point adds up.
async fn sold() -> Deals {
    let deals = Deals::new().await;
    for (at, price, stage) in [
        ("2026-10-31T23:30:00Z", "0.10", "New"),
        ("2026-11-15T00:00:00Z", "0.20", "Won"),
        ("2026-11-30T22:30:00Z", "1000000000000000.01", "New"),
        ("2026-12-31T23:59:59Z", "0.03", "Won"),
        ("", "7", "New"),
    ] {
        let price = json!({"amount": price, "currency": "EUR"});
        deals.deal(json!({"name": "x", "at": at, "price": price, "stage": stage})).await;
    }
    deals
}

/// What a chart of their prices by month shows.
async fn by_month(deals: &Deals, timezone: &str, more: Value) -> Value {
    let mut chart = json!({
        "type": "line", "x": {"field": "at", "bucket": "month", "timezone": timezone},
        "series": [{"fn": "sum", "field": "price", "label": "Sum"}, {"fn": "count"}],
    });
    chart.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let path = deals.view("chart", json!({"chart": chart})).await;
    deals.owner().get(&format!("{path}/data")).await.expect(200)
}

fn money(amount: &str) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

#[tokio::test]
async fn a_chart_adds_up_exactly_in_the_zone_that_it_is_told() {
    let deals = sold().await;
    let berlin = by_month(&deals, "Europe/Berlin", json!({})).await;
    assert_eq!(berlin["x"], json!(["2026-11", "2027-01", null]));
    assert_eq!(
        berlin["series"][0]["values"],
        json!([money("1000000000000000.31"), money("0.03"), money("7")])
    );
    let counts = &berlin["series"][1];
    assert_eq!((&counts["label"], &counts["values"]), (&json!("count"), &json!([3, 1, 1])));
    assert_eq!(berlin["complete"], true);
    let utc = by_month(&deals, "UTC", json!({"top": 1})).await;
    assert_eq!((&utc["x"], &utc["series"][1]["values"]), (&json!(["2026-11"]), &json!([2])));
    let split = by_month(&deals, "UTC", json!({"split": "stage"})).await;
    assert_eq!(split["x"], json!(["2026-10", "2026-11", "2026-12", null]));
    let series = split["series"].as_array().unwrap();
    assert_eq!(
        (series.len(), &series[3]["split"], &series[3]["values"]),
        (4, &json!("Won"), &json!([0, 1, 1, 0]))
    );
    let filter = json!({"field": "stage", "op": "eq", "value": "Won"});
    let path = deals.view("stat", json!({"stat": {"fn": "avg", "field": "price"}, "filter": filter})).await;
    let number = deals.owner().get(&format!("{path}/data")).await.expect(200);
    assert_eq!(number, json!({"value": money("0.115"), "complete": true}));
    let table = deals.table(json!({})).await;
    deals.owner().get(&format!("{table}/data")).await.expect_problem(404, "not_found");
}

/// A dashboard with a broken table, a restricted one, one of the team and ten numbers; its path and the ids of these.
async fn dashboard(deals: &Deals) -> (String, [String; 4]) {
    let filter = json!({"field": "secret", "op": "eq", "value": "s1"});
    let restricted = json!({"restricted": true, "fields": [{"field": "name"}], "sort": "name"});
    let paths = [
        deals.table(json!({"name": "Broken", "filter": filter})).await,
        deals.table(restricted).await,
        deals.table(json!({"name": "Theirs"})).await,
        deals.view("stat", json!({"stat": {"fn": "count"}})).await,
    ];
    let ids = paths.map(|path| path.rsplit('/').next().unwrap().to_owned());
    let [broken, restricted, team, stat] = &ids;
    let mut tiles = vec![tile(broken), tile(restricted), tile(team)];
    tiles.extend(vec![tile(stat); 10]);
    let filters = json!([{"name": "how-big", "maps": {stat.as_str(): "size", team.as_str(): "size"}}]);
    let new = json!({"name": "All", "kind": "dashboard", "tiles": tiles, "filters": filters});
    let made = deals.owner().post(&deals.views(), new).await.expect(201);
    let object_type = deals.object_type();
    deals.owner().patch(&object_type, json!({"item_label_fields": ["name"]})).await.expect(200);
    deals.owner().delete(&format!("{object_type}/fields/secret")).await.expect(200);
    (format!("{}/{}", deals.views(), text(&made["id"])), ids)
}

fn tile(view: &str) -> Value {
    json!({"view": view, "x": 0, "y": 0, "w": 1, "h": 1})
}

/// What became of each tile, the tiles, and where it goes on.
fn tiles(answer: Answer) -> (Vec<String>, Vec<Value>, Value) {
    let answer = answer.expect(200);
    let tiles = answer["tiles"].as_array().unwrap().clone();
    let states = tiles.iter().map(|tile| text(&tile["status"])).collect();
    (states, tiles, answer["next_cursor"].clone())
}

#[tokio::test]
async fn one_broken_tile_breaks_no_other_and_tells_nothing() {
    let deals = some().await;
    let (board, [broken, _, team, _]) = dashboard(&deals).await;
    let owner = deals.owner();
    let (states, shown, cursor) = tiles(owner.get(&format!("{board}/data?filter[how-big][gt]=3")).await);
    assert_eq!(states[..4], ["broken", "ok", "ok", "ok"]);
    assert_eq!((states.len(), &shown[3]["data"]["value"]), (12, &json!(3)));
    assert_eq!(shown[0], json!({"view": broken, "status": "broken"}));
    assert_eq!((names(&shown[1]["data"]).len(), names(&shown[2]["data"]).len()), (6, 3));
    let next = format!("{board}/data?filter[how-big][gt]=3&cursor={}", text(&cursor));
    let (rest, _, end) = tiles(owner.get(&next).await);
    assert_eq!((rest, end), (vec!["ok".to_owned()], json!(null)));
    let blind = deals.token(&[ViewRead]).await;
    let (states, shown, _) = tiles(blind.get(&format!("{board}/data")).await);
    assert_eq!(states[..4], ["no_access", "ok", "no_access", "no_access"]);
    assert_eq!(shown[2], json!({"view": team, "status": "no_access"}));
    owner.delete(&format!("{}/{team}", deals.views())).await.expect(204);
    assert_eq!(tiles(owner.get(&format!("{board}/data")).await).0[2], "not_found");
    let problem =
        owner.get(&format!("{board}/data?filter[no][eq]=1")).await.expect_problem(422, "invalid_data");
    assert_eq!(faults(&problem), pairs(&[("?filter[no][eq]", "unknown_field")]));
    owner.get(&format!("{board}/objects")).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_personal_view_of_another_one_is_no_tile() {
    let deals = Deals::new().await;
    let other = deals.world.member("administrator").await;
    let personal = view("table", &json!({"name": "Mine", "scope": "personal"}));
    let personal = text(&other.api.post(&deals.views(), personal).await.expect(201)["id"]);
    let new = |view: &str| json!({"name": "All", "kind": "dashboard", "tiles": [tile(view)]});
    let problem =
        deals.refused(deals.owner(), ("POST", &deals.views(), new(&personal)), (422, "invalid_data")).await;
    assert_eq!(faults(&problem), pairs(&[("/tiles/0/view", "not_found")]));
    let board = text(&other.api.post(&deals.views(), new(&personal)).await.expect(201)["id"]);
    let (states, shown, _) = tiles(deals.owner().get(&format!("{}/{board}/data", deals.views())).await);
    assert_eq!(
        (states, &shown[0]),
        (vec!["not_found".to_owned()], &json!({"view": personal, "status": "not_found"}))
    );
}
