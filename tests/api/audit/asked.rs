//! What the log can be narrowed by, page by page, and its export.

use super::*;

#[tokio::test]
async fn each_narrowing_finds_what_it_names_and_nothing_else() {
    let log = Log::new().await;
    let (ada, grace) = (log.contact("Ada").await, log.contact("Grace").await);
    let member = log.world.member("member").await;
    member.api.patch(&path_of(&log, &ada), json!({"fields": {"name": "Ada L."}})).await.expect(200);
    log.settled().await;
    let all = log.asked("").await;
    let id = |object: &Value| object["id"].as_str().unwrap().to_owned();
    let type_id = ada["object_type"]["id"].as_str().unwrap();
    let (ada_id, grace_id, member_id) = (id(&ada), id(&grace), member.id.as_str());
    let by_member = ("/actor/user_id", member_id);
    for (query, expected) in [
        (format!("&subject={ada_id}"), vec![("/subject/id", ada_id.as_str())]),
        (format!("&subject={grace_id}"), vec![("/subject/id", &grace_id)]),
        (format!("&user={member_id}"), vec![by_member]),
        ("&event=created".to_owned(), vec![("/event", "created")]),
        ("&kind=member".to_owned(), vec![("/subject/kind", "member")]),
        ("&object_type=contacts".to_owned(), vec![("/subject/type/id", type_id)]),
        (format!("&object_type={type_id}&kind=object"), vec![("/subject/kind", "object")]),
        (
            format!("&user={member_id}&kind=object&event=updated"),
            vec![by_member, ("/subject/kind", "object"), ("/event", "updated")],
        ),
    ] {
        let is_meant =
            |entry: &&Value| expected.iter().all(|(path, value)| entry.pointer(path) == Some(&json!(value)));
        let meant: Vec<_> = all.iter().filter(is_meant).cloned().collect();
        assert!(!meant.is_empty() && meant.len() < all.len(), "{query}");
        assert_eq!(log.asked(&query).await, meant, "{query}");
    }
    let is_ada = |entry: &&Value| entry["subject"]["label"].as_str().unwrap().contains("Ada");
    assert_eq!(log.asked("&q=aDA").await, all.iter().filter(is_ada).cloned().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_time_is_narrowed_by_its_ends() {
    let log = Log::new().await;
    for name in ["One", "Two", "Three"] {
        log.contact(name).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let all = log.entries("&kind=object", 3).await;
    let at = |place: usize| all[place]["at"].as_str().unwrap().to_owned();
    for (query, places) in [
        (format!("&from={}", at(1)), 0..2),
        (format!("&to={}", at(1)), 2..3),
        (format!("&from={}&to={}", at(1), at(0)), 1..2),
        (format!("&from={}&kind=object&event=created&object_type=contacts", at(0)), 0..1),
    ] {
        let query = if query.contains("kind") { query } else { format!("{query}&kind=object") };
        assert_eq!(log.asked(&query).await, all[places], "{query}");
    }
}

#[tokio::test]
async fn pages_put_together_are_the_whole_whatever_it_is_narrowed_by() {
    let log = Log::new().await;
    for number in 0..7 {
        log.contact(&format!("Number {number}")).await;
    }
    log.world.member("member").await;
    log.settled().await;
    let user = format!("&user={}", log.world.owner.id);
    for query in ["", "&event=created", "&kind=object", "&q=number", "&object_type=contacts", &user] {
        let whole = log.asked(query).await;
        let (mut pages, mut next) = (Vec::new(), String::new());
        loop {
            let page = log.owner().get(&format!("{}?limit=3{query}{next}", log.path())).await.expect(200);
            pages.extend(page["data"].as_array().unwrap().clone());
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            next = format!("&cursor={cursor}");
        }
        assert_eq!(pages, whole, "{query}");
        assert!(
            whole.len() >= 7 && whole.windows(2).all(|two| two[0]["id"].as_str() > two[1]["id"].as_str())
        );
    }
}

#[tokio::test]
async fn what_means_nothing_is_refused_at_its_place() {
    let log = Log::new().await;
    for (query, status, code, pointers) in [
        ("?user=ada", 400, "invalid_request", vec!["?user"]),
        ("?event=exploded", 400, "invalid_request", vec!["?event"]),
        ("?kind=folder", 400, "invalid_request", vec!["?kind"]),
        ("?from=yesterday", 400, "invalid_request", vec!["?from"]),
        ("?limit=0", 400, "invalid_request", vec!["?limit"]),
        ("?cursor=x", 400, "invalid_cursor", vec!["?cursor"]),
        ("?object_type=nothing", 422, "invalid_data", vec!["?object_type"]),
        ("?q=&subject=a%20b", 422, "invalid_data", vec!["?subject", "?q"]),
        ("?from=2026-11-24T10:00:00Z&to=2026-11-24T10:00:00Z", 422, "invalid_data", vec!["?to"]),
    ] {
        for path in ["", "/export"] {
            if path == "/export" && query.starts_with("?limit") {
                continue;
            }
            let problem = log.refused(&format!("{path}{query}")).await.expect_problem(status, code);
            let found = words(problem["errors"].as_array().unwrap(), "pointer");
            assert_eq!(found, pointers, "{path}{query}");
        }
    }
    let page = log.owner().get(&format!("{}?limit=1", log.path())).await.expect(200);
    if let Some(cursor) = page["next_cursor"].as_str() {
        log.refused(&format!("?kind=object&cursor={cursor}")).await.expect_problem(400, "invalid_cursor");
    }
}

#[tokio::test]
async fn the_export_is_csv_in_which_no_cell_is_a_formula() {
    let log = Log::new().await;
    let object = log.contact("=HYPERLINK(\"https://evil.example\")").await;
    log.entries(&format!("&subject={}", object["id"].as_str().unwrap()), 1).await;
    let answer = log.owner().get(&format!("{}/export?kind=object", log.path())).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert!(answer.header("content-disposition").starts_with("attachment"));
    assert_eq!(answer.header("next-cursor"), "");
    let lines: Vec<_> = answer.text.split("\r\n").filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 2, "{}", answer.text);
    assert!(lines[0].starts_with("\"id\",\"at\",\"event\",\"kind\""));
    assert!(lines[1].contains("\"'=HYPERLINK(\"\"https://evil.example\"\")\""), "{}", lines[1]);
    assert!(!lines[1].contains(",\"="), "{}", lines[1]);
}

#[tokio::test]
async fn the_export_has_the_whole_of_what_is_narrowed() {
    let log = Log::new().await;
    let create = |number: usize| json!({"op": "create", "fields": {"name": format!("Number {number}")}});
    for _ in 0..2 {
        let batch = json!({"operations": (0..60).map(create).collect::<Vec<_>>()});
        log.owner().post(&format!("{}/batch", log.world.contacts()), batch).await.expect(200);
    }
    log.settled().await;
    let answer = log.owner().get(&format!("{}/export?kind=object&q=number", log.path())).await;
    assert_eq!(answer.text.matches("\r\n").count(), 121, "names of columns and all lines");
}
