//! Who makes, sees and changes which view, and what is refused.

use base::Permission::{self, ObjectRead, ViewCreate, ViewDelete, ViewRead, ViewUpdate};
use serde_json::json;

use super::{Deals, faults, pairs, text, view};
use crate::harness::Person;

#[tokio::test]
async fn a_view_is_made_read_changed_copied_trashed_restored_and_destroyed() {
    let deals = Deals::new().await;
    let owner = deals.owner();
    let made =
        owner.post(&deals.views(), view("board", &json!({"group": {"field": "stage"}}))).await.expect(201);
    let path = format!("{}/{}", deals.views(), text(&made["id"]));
    assert_eq!(
        (&made["version"], &made["problems"], &made["owner"]),
        (&json!(1), &json!([]), &json!(deals.world.owner.id))
    );
    assert!(text(&made["object_type"]).starts_with("type_"));
    assert_eq!(owner.get(&path).await.expect(200), made);
    let changed = owner.patch(&path, json!({"name": " Board ", "sort": "-size"})).await.expect(200);
    assert_eq!(
        (&changed["name"], &changed["sort"], &changed["version"]),
        (&json!("Board"), &json!("-size"), &json!(2))
    );
    let same = owner.patch(&path, json!({"name": "Board", "group": {"field": "stage"}})).await.expect(200);
    assert_eq!(same["version"], 2);
    let stale = owner.header("if-match", "\"1\"").patch(&path, json!({"name": "x"})).await;
    stale.expect_problem(412, "stale");
    let copy = owner.post(&format!("{path}/duplicate"), json!({})).await.expect(201);
    assert_eq!(
        (&copy["name"], &copy["sort"], &copy["version"]),
        (&json!("Board"), &json!("-size"), &json!(1))
    );
    let removed = owner.patch(&path, json!({"sort": null})).await.expect(200);
    assert_eq!(removed["sort"], json!(null));
    let listed = owner.get(&format!("{}?kind=board&object_type=deals", deals.views())).await.expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    for none in ["kind=table", "object_type=nothing"] {
        let listed = owner.get(&format!("{}?{none}", deals.views())).await.expect(200);
        assert_eq!(listed["data"], json!([]), "{none}");
    }
    owner.delete(&path).await.expect(204);
    owner.get(&path).await.expect_problem(404, "not_found");
    assert_eq!(owner.get(&format!("{path}?trashed=only")).await.expect(200)["id"], made["id"]);
    owner.get(&format!("{path}/objects")).await.expect_problem(404, "not_found");
    let restored = owner.post(&format!("{path}/restore"), json!({})).await.expect(200);
    assert_eq!(restored["trashed_at"], json!(null));
    owner.delete(&format!("{path}/force")).await.expect(204);
    owner.get(&format!("{path}?trashed=only")).await.expect_problem(404, "not_found");
}

/// Kind and parts of what is no view, and behind the arrow each place with its code. `SIZE` stands for a condition, `VIEW` for the
/// id of a table, `DASHBOARD` for that of a dashboard.
const REFUSED: &str = r##"
table {"filter": {"field": "note", "op": "eq", "value": "x"}, "sort": "nothing"} => /filter/field field_not_searchable /sort unknown_field
table {"filter": {"field": "size", "op": "gt", "value": "x"}} => /filter/value wrong_type
table {"fields": [{"field": "name", "width": 9}, {"field": "name", "label": " a"}, {"field": "x"}]} => /fields/0/width out_of_range /fields/1/field duplicate /fields/1/label not_tidy /fields/2/field unknown_field
table {"group": {"field": "size", "order": "options", "aggregates": ["sum", "sum:name", "median:size"]}} => /group/order not_possible /group/aggregates/0 missing_member /group/aggregates/1 not_possible /group/aggregates/2 invalid
table {"date": {"start": "starts"}} => /date not_possible
board {} => /group missing_member
board {"group": {"field": "size"}} => /group/field not_possible
calendar {"date": {"start": "starts", "end": "at", "max_days": 400}} => /date/end not_possible /date/max_days out_of_range
calendar {"date": {"start": "size"}} => /date/start not_possible
gallery {"cover": "name"} => /cover not_possible
table {"colors": [{"if": SIZE, "color": "red"}, {"if": SIZE, "color": "#00ff00", "target": "field"}, {"if": SIZE, "color": "#00ff00", "field": "name"}]} => /colors/0/color not_a_color /colors/1/field missing_member /colors/2/field not_possible
chart {"chart": {"type": "bar", "series": []}} => /chart/x missing_member /chart/series required
chart {"chart": {"type": "bar", "x": {"field": "at", "bucket": "day", "timezone": "Europe/Atlantis"}, "series": [{"fn": "sum"}], "split": "size", "top": 51}} => /chart/x/timezone unknown_choice /chart/series/0/field missing_member /chart/split not_possible /chart/top out_of_range
chart {"chart": {"type": "bar", "x": {"field": "starts", "bucket": "day", "timezone": "UTC"}, "series": [{"fn": "count"}]}} => /chart/x/timezone not_possible
stat {"stat": {"fn": "sum", "field": "name"}} => /stat/field not_possible
table {"restricted": true} => /fields missing_member
board {"restricted": true, "fields": [{"field": "name"}], "group": {"field": "stage", "aggregates": ["sum:size"]}} => /group/field not_possible /group/aggregates/0 not_possible
dashboard {"object_type": null, "restricted": true, "tiles": [{"view": "VIEW", "x": 7, "y": 0, "w": 6, "h": 1}, {"view": "DASHBOARD", "x": 0, "y": 0, "w": 12, "h": 1}]} => /tiles/0/w out_of_range /tiles/1/view not_found /restricted not_possible
dashboard {"object_type": null, "tiles": [{"view": "VIEW", "x": 0, "y": 0, "w": 6, "h": 1}], "filters": [{"name": "a", "maps": {"VIEW": "note"}}, {"name": "a", "maps": {"DASHBOARD": "name"}}]} => /filters/0/maps/VIEW field_not_searchable /filters/1/name duplicate /filters/1/maps/DASHBOARD not_found
dashboard {"tiles": []} => /object_type not_possible
table {"object_type": "nothing"} => /object_type not_found
table {"name": " ", "scope": "team"} => /name required
"##;

#[tokio::test]
async fn what_is_no_view_is_refused_with_every_fault_at_once() {
    let deals = Deals::new().await;
    let path = deals.table(json!({})).await;
    let view_id = path.rsplit('/').next().unwrap();
    let dashboard = json!({"name": "d", "kind": "dashboard", "tiles": []});
    let dashboard = text(&deals.owner().post(&deals.views(), dashboard).await.expect(201)["id"]);
    let size = r#"{"field": "size", "op": "gt", "value": 1}"#;
    for line in REFUSED.lines().filter(|line| !line.is_empty()) {
        let filled = line.replace("SIZE", size).replace("VIEW", view_id).replace("DASHBOARD", &dashboard);
        let (sent, expected) = filled.split_once(" => ").unwrap();
        let (kind, parts) = sent.split_once(' ').unwrap();
        let mut new = view(kind, &serde_json::from_str(parts).unwrap());
        new.as_object_mut().unwrap().retain(|_, part| !part.is_null());
        let problem =
            deals.refused(deals.owner(), ("POST", &deals.views(), new), (422, "invalid_data")).await;
        let found: Vec<_> = faults(&problem).into_iter().flat_map(|(place, code)| [place, code]).collect();
        assert_eq!(found.join(" "), expected, "{line}");
    }
}

#[tokio::test]
async fn what_has_no_form_and_what_is_too_much_is_refused() {
    let deals = Deals::new().await;
    let condition = json!({"field": "name", "op": "eq", "value": "x".repeat(990)});
    for (filter, problem, expected) in [
        (json!({"all": []}), (400, "invalid_request"), pairs(&[("/filter/all", "invalid")])),
        (json!({"any": vec![condition.clone(); 40]}), (422, "invalid_data"), pairs(&[("", "too_large")])),
        (
            json!({"any": vec![condition; 51]}),
            (422, "invalid_data"),
            pairs(&[("/filter", "too_many"), ("", "too_large")]),
        ),
    ] {
        let new = view("table", &json!({"filter": filter}));
        let problem = deals.refused(deals.owner(), ("POST", &deals.views(), new), problem).await;
        assert_eq!(faults(&problem), expected);
    }
}

#[tokio::test]
async fn a_personal_view_is_there_for_its_maker_alone() {
    let deals = Deals::new().await;
    let maker = deals.world.member("administrator").await;
    let made = maker.api.post(&deals.views(), view("table", &json!({"scope": "personal"}))).await.expect(201);
    let path = format!("{}/{}", deals.views(), text(&made["id"]));
    let never = format!("{}/view_0000000000000000000000", deals.views());
    let all = deals.token(Permission::ALL).await;
    for other in [deals.owner(), &all] {
        assert_eq!(other.get(&deals.views()).await.expect(200)["data"], json!([]));
        for (method, end, body) in [
            ("GET", "", None),
            ("PATCH", "", Some("{}")),
            ("DELETE", "", None),
            ("DELETE", "/force", None),
            ("POST", "/restore", Some("{}")),
            ("POST", "/duplicate", Some("{}")),
            ("GET", "/objects", None),
            ("POST", "/query", Some("{}")),
            ("GET", "/groups", None),
            ("GET", "/board", None),
            ("GET", "/range?from=2026-01-01&to=2026-02-01", None),
            ("GET", "/data", None),
        ] {
            let send = async |path: &str| {
                super::told(other.send(method, &format!("{path}{end}"), body.map(str::to_owned)).await)
            };
            let (of_other, of_none) = (send(&path).await, send(&never).await);
            assert_eq!(of_other, of_none, "{method} {end}");
            assert!(of_other.contains("not_found"), "{of_other}");
        }
    }
    assert_eq!(maker.api.get(&path).await.expect(200), made);
    assert_eq!(maker.api.get(&deals.views()).await.expect(200)["data"], json!([made]));
    let team = deals.table(json!({})).await;
    let body = json!({"scope": "personal"});
    let problem = deals.refused(&maker.api, ("PATCH", &team, body), (422, "invalid_data")).await;
    assert_eq!(faults(&problem), pairs(&[("/scope", "not_possible")]));
    maker.api.patch(&path, json!({"scope": "team"})).await.expect(200);
    deals.owner().get(&path).await.expect(200);
}

#[tokio::test]
async fn a_locked_view_is_only_unlocked() {
    let deals = Deals::new().await;
    let path = deals.table(json!({"locked": true})).await;
    let owner = deals.owner();
    for (method, end, body) in [
        ("PATCH", "", json!({"name": "x"})),
        ("PATCH", "", json!({"locked": false, "name": "x"})),
        ("PATCH", "", json!({"filter": {"field": "size", "op": "gt", "value": 1}})),
        ("DELETE", "", json!(null)),
        ("DELETE", "/force", json!(null)),
    ] {
        deals.refused(owner, (method, &format!("{path}{end}"), body), (409, "locked")).await;
    }
    let same = owner.patch(&path, json!({"locked": true, "name": "A view"})).await.expect(200);
    assert_eq!(same["version"], 1);
    let id = deals.deal(json!({"name": "a"})).await;
    owner.patch(&format!("{}/{id}", deals.objects()), json!({"fields": {"name": "b"}})).await.expect(200);
    assert_eq!(owner.patch(&path, json!({"locked": false})).await.expect(200)["locked"], false);
    owner.delete(&path).await.expect(204);
}

#[tokio::test]
async fn who_may_not_read_objects_opens_nothing_to_those_who_may_not() {
    let deals = Deals::new().await;
    let blind = deals.token(&[ViewCreate, ViewRead, ViewUpdate, ViewDelete]).await;
    let shown = json!([{"field": "name"}]);
    let restricted = json!({"restricted": true, "fields": shown});
    let open = deals.table(restricted.clone()).await;
    let plain = deals.table(json!({"fields": shown})).await;
    let trashed = deals.table(restricted.clone()).await;
    deals.owner().delete(&trashed).await.expect(204);
    for (method, path, body) in [
        ("POST", deals.views(), view("table", &restricted)),
        ("PATCH", plain.clone(), json!({"restricted": true})),
        ("PATCH", open.clone(), json!({"fields": [{"field": "name"}, {"field": "secret"}]})),
        ("PATCH", open.clone(), json!({"filter": {"field": "size", "op": "gt", "value": 1}})),
        ("PATCH", open.clone(), json!({"restricted": false})),
        ("POST", format!("{open}/duplicate"), json!({})),
        ("POST", format!("{trashed}/restore"), json!({})),
    ] {
        let problem = deals.refused(&blind, (method, &path, body), (403, "insufficient_scope")).await;
        assert_eq!(problem["required_permissions"], json!(["object:read"]), "{method} {path}");
    }
    blind.patch(&open, json!({"name": "Another"})).await.expect(200);
    blind.patch(&plain, json!({"sort": "name"})).await.expect(200);
    // Who reads no views is told what was sent, and no version.
    let writer = deals.token(&[ViewCreate, ViewUpdate]).await;
    let thin = writer.post(&deals.views(), view("table", &json!({"sort": "name"}))).await;
    assert_eq!(thin.header("etag"), "");
    let thin = thin.expect(201);
    assert_eq!(thin["sort"], "name");
    assert!(thin.get("version").is_none() && thin.get("owner").is_none());
    writer
        .header("if-match", "\"1\"")
        .patch(&plain, json!({"name": "x"}))
        .await
        .expect_problem(403, "insufficient_scope");
}

#[tokio::test]
async fn what_a_view_shows_is_for_those_who_may_read_objects() {
    let deals = Deals::new().await;
    let person = Person::new().await;
    deals.world.join(&person, "view-only").await;
    deals
        .refused(&person.api, ("POST", &deals.views(), view("table", &json!({}))), (403, "insufficient_role"))
        .await;
    let reader = deals.token(&[ViewRead]).await;
    let path = deals.table(json!({})).await;
    let problem = reader.get(&format!("{path}/objects")).await.expect_problem(403, "insufficient_scope");
    assert_eq!(problem["required_permissions"], json!(["object:read"]));
    reader.get(&path).await.expect(200);
    let both = deals.token(&[ViewRead, ObjectRead]).await;
    both.get(&format!("{path}/objects")).await.expect(200);
}
