//! Questions that are refused: each place at once, and nothing answered.

use serde_json::{Value, json};

use super::Deals;

fn faults(problem: &Value) -> Vec<(&str, &str)> {
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().map(|fault| (fault["pointer"].as_str().unwrap(), fault["code"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn of_a_query_name_the_parameter_and_answer_nothing() {
    let deals = Deals::new().await;
    for (query, status, pointer, code) in [
        ("filter[nothing][eq]=1", 422, "?filter[nothing][eq]", "unknown_field"),
        ("filter[notes][eq]=x", 422, "?filter[notes][eq]", "field_not_searchable"),
        ("filter[amount][eq]=ten", 422, "?filter[amount][eq]", "wrong_type"),
        ("filter[amount][eq]=", 422, "?filter[amount][eq]", "wrong_type"),
        ("filter[amount][in]=1,x", 422, "?filter[amount][in]", "wrong_type"),
        ("filter[amount][contains]=1", 422, "?filter[amount][contains]", "not_possible"),
        ("filter[vip][lt]=true", 422, "?filter[vip][lt]", "not_possible"),
        ("filter[title][eq]=", 422, "?filter[title][eq]", "required"),
        ("filter[title][contains]=", 422, "?filter[title][contains]", "required"),
        ("filter[title][contains]=%01", 422, "?filter[title][contains]", "control_character"),
        ("filter[title][empty]=yes", 422, "?filter[title][empty]", "wrong_type"),
        ("filter[email][eq]=nobody", 422, "?filter[email][eq]", "not_an_email"),
        ("filter[stage][eq]=", 422, "?filter[stage][eq]", "required"),
        ("filter[since][gt]=2026-02-30", 422, "?filter[since][gt]", "not_a_date"),
        ("filter[created_at][gt]=yesterday", 422, "?filter[created_at][gt]", "not_a_date"),
        ("filter[created_at][empty]=true", 422, "?filter[created_at][empty]", "not_possible"),
        ("filter[amount][in][]=1&filter[amount][in][]=x", 422, "?filter[amount][in][1]", "wrong_type"),
        ("filter[amount][in]=1&filter[amount][in][]=2", 400, "?filter[amount][in][0]", "duplicate_member"),
        ("filter[amount][eq][]=1", 400, "?filter[amount][eq][0]", "invalid"),
        ("filter[amount][in][x]=1", 400, "?filter[amount][in][x]", "invalid"),
        ("filter[amount][in][0]=1&filter[amount][in][]=2", 400, "?filter[amount][in][0]", "duplicate_member"),
        ("filter[amount][like]=1", 400, "?filter[amount][like]", "invalid"),
        ("filter[amount]=1", 400, "?filter[amount]", "invalid"),
        ("filters=1", 400, "?filters", "invalid"),
        ("page=1", 400, "?page", "unknown_member"),
        ("trashed=yes", 400, "?trashed", "unknown_choice"),
        ("sort=nothing", 422, "?sort", "unknown_field"),
        ("sort=-notes", 422, "?sort", "field_not_searchable"),
        ("sort=", 422, "?sort", "unknown_field"),
        ("fields=title,nothing", 422, "?fields", "unknown_field"),
    ] {
        let code_of_all = if status == 400 { "invalid_request" } else { "invalid_data" };
        let problem = deals.get(query).await.expect_problem(status, code_of_all);
        assert_eq!(faults(&problem), [(pointer, code)], "{query}");
    }
}

#[tokio::test]
async fn of_a_body_name_every_value_at_once() {
    let deals = Deals::new().await;
    let is = |field: &str, op: &str, value: Value| json!({"field": field, "op": op, "value": value});
    let list: Vec<_> = (0..101).collect();
    let many: Vec<_> = (0..51).map(|n| is("amount", "eq", json!(n))).collect();
    let deep = (0..6).fold(is("amount", "eq", json!(1)), |inner, _| json!({"not": inner}));
    for (body, expected) in [
        (
            json!({"filter": {"all": [is("nothing", "eq", json!(1)), {"not": is("amount", "in", json!([1, "x", true]))}]}, "sort": "notes", "fields": ["title", "x"]}),
            vec![
                ("/filter/all/0/field", "unknown_field"),
                ("/filter/all/1/not/value/1", "wrong_type"),
                ("/filter/all/1/not/value/2", "wrong_type"),
                ("/sort", "field_not_searchable"),
                ("/fields/1", "unknown_field"),
            ],
        ),
        (json!({"filter": is("amount", "eq", json!("10"))}), vec![("/filter/value", "wrong_type")]),
        (json!({"filter": is("amount", "in", json!(10))}), vec![("/filter/value", "wrong_type")]),
        (json!({"filter": is("amount", "in", json!([]))}), vec![("/filter/value", "out_of_range")]),
        (json!({"filter": is("amount", "in", json!(list))}), vec![("/filter/value", "out_of_range")]),
        (
            json!({"filter": is("title", "starts_with", json!("x".repeat(1_001)))}),
            vec![("/filter/value", "too_long")],
        ),
        (json!({"filter": is("vip", "gt", json!(true))}), vec![("/filter/op", "not_possible")]),
        (json!({"filter": is("title", "empty", json!("true"))}), vec![("/filter/value", "wrong_type")]),
        (json!({"filter": {"all": many}}), vec![("/filter", "too_many")]),
        (json!({"filter": deep}), vec![("/filter", "too_deep")]),
        (
            json!({"filter": {"all": [is("amount", "like", json!(1))]}}),
            vec![("/filter/all/0/op", "unknown_choice")],
        ),
        (json!({"limit": 0}), vec![("/limit", "out_of_range")]),
        (json!({"limit": 101}), vec![("/limit", "out_of_range")]),
    ] {
        let problem = deals.query(body.clone()).await.expect_problem(422, "invalid_data");
        assert_eq!(faults(&problem), expected, "{body}");
    }
    let fits: Vec<_> = (0..50).map(|n| is("amount", "in", json!((n..n + 100).collect::<Vec<_>>()))).collect();
    assert_eq!(deals.letters(&deals.query(json!({"filter": {"any": fits}})).await.expect(200)), "ae");
    let deepest = (0..5).fold(is("vip", "eq", json!(true)), |inner, _| json!({"not": inner}));
    assert_eq!(deals.letters(&deals.query(json!({"filter": deepest})).await.expect(200)), "bcd");
}

#[tokio::test]
async fn of_a_body_name_every_part_without_its_form() {
    let deals = Deals::new().await;
    for (body, expected) in [
        (
            json!({"filter": {"any": [{"field": "amount", "op": "eq", "value": null}, {}, {"all": []}, {"not": {}, "all": []}]}}),
            vec![
                ("/filter/any/0", "invalid"),
                ("/filter/any/1", "invalid"),
                ("/filter/any/2/all", "invalid"),
                ("/filter/any/3", "invalid"),
            ],
        ),
        (json!({"filter": {"all": [{"felt": "amount"}]}}), vec![("/filter/all/0/felt", "unknown_member")]),
        (json!({"limit": "1"}), vec![("/limit", "wrong_type")]),
    ] {
        let problem = deals.query(body.clone()).await.expect_problem(400, "invalid_request");
        assert_eq!(faults(&problem), expected, "{body}");
    }
}

#[tokio::test]
async fn of_statistics_say_what_is_missing() {
    let deals = Deals::new().await;
    for (query, status, pointer, code) in [
        ("fn=sum", 400, "?field", "missing_member"),
        ("fn=median", 400, "?fn", "invalid"),
        ("fn=", 400, "?fn", "invalid"),
        ("limit=1", 400, "?limit", "unknown_member"),
        ("field=nothing", 422, "?field", "unknown_field"),
        ("field=notes", 422, "?field", "field_not_searchable"),
        ("field=title", 422, "?field", "not_possible"),
        ("field=created_at", 422, "?field", "not_possible"),
        ("filter[amount][eq]=x", 422, "?filter[amount][eq]", "wrong_type"),
    ] {
        let code_of_all = if status == 400 { "invalid_request" } else { "invalid_data" };
        let problem = deals.stats(query).await.expect_problem(status, code_of_all);
        assert_eq!(faults(&problem), [(pointer, code)], "{query}");
    }
    deals.stats("cursor=x").await.expect_problem(400, "invalid_cursor");
}

#[tokio::test]
async fn of_a_cursor_that_belongs_to_another_question() {
    let deals = Deals::new().await;
    let first = deals.query(json!({"sort": "amount", "limit": 1})).await.expect(200);
    let cursor = &first["next_cursor"];
    for body in [
        json!({"sort": "-amount", "cursor": cursor}),
        json!({"cursor": cursor}),
        json!({"sort": "amount", "fields": [], "cursor": cursor}),
        json!({"sort": "amount", "filter": {"field": "vip", "op": "eq", "value": true}, "cursor": cursor}),
        json!({"sort": "amount", "cursor": "x"}),
    ] {
        let problem = deals.query(body.clone()).await.expect_problem(400, "invalid_cursor");
        assert_eq!(faults(&problem), [("/cursor", "invalid_cursor")], "{body}");
    }
    let cursor = cursor.as_str().unwrap();
    deals.get(&format!("sort=amount&cursor={cursor}")).await.expect_problem(400, "invalid_cursor");
    deals.stats(&format!("cursor={cursor}")).await.expect_problem(400, "invalid_cursor");
    deals.query(json!({"sort": "amount", "limit": 3, "cursor": cursor})).await.expect(200);
}
