//! What a change of an object's item comes to.

use serde_json::{Value as Json, json};
use shared::{audit::Event, object_type::FieldValues, webhook::Topic};

use super::*;

fn item(json: &Json) -> Item {
    serde_json::from_value::<serde_dynamo::Item>(json.clone()).unwrap().into()
}

fn object(changes: Json) -> Item {
    let text = |text: &str| json!({"S": text});
    let mut json = json!({
        "fields": {"M": {"name": text("Ada"), "amount": {"M": {"decimal": text("12.30")}}}},
        "unique": {"M": {}}, "q": {"M": {}}, "version": {"N": "1"},
        "created_at": text("2026-11-24T10:00:00.000Z"), "updated_at": text("2026-11-24T10:00:00.000Z"),
        "created_by": text("usr_0000000000000000000001"), "updated_by": text("usr_0000000000000000000001"),
    });
    json.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    item(&json)
}

fn contacts() -> StoredObjectType {
    let json = json!({
        "team": "team_0000000000000000000001",
        "object_type": {
            "id": "type_0000000000000000000001", "slug": "contacts", "singular_label": "Contact", "plural_label": "Contacts",
            "item_label_fields": ["name"], "created_at": "2026-11-23T00:00:00Z", "updated_at": "2026-11-23T00:00:00Z", "version": 1,
            "fields": [
                {"slug": "name", "label": "Name", "type": "name"}, {"slug": "amount", "label": "Amount", "type": "number"},
                {"slug": "notes", "label": "Notes", "type": "textarea"},
            ],
        },
        "slots": {},
        "actor": {"user": "usr_0000000000000000000001", "credential": "session", "token": null, "ip": "", "source": "app",
            "request_id": ""},
    });
    serde_json::from_str(&json.to_string()).unwrap()
}

fn changed<'a>(old: Option<&Item>, new: &'a Item) -> Changed<'a> {
    let turn = Turn::of(old, new).unwrap();
    let key =
        Key::new("team_0000000000000000000001#type_0000000000000000000001", "obj_0000000000000000000001");
    let old = old.map(values_of).unwrap_or_default();
    let actor = json!({"user": "usr_0000000000000000000001", "credential": "token", "token": "tok_0000000000000000000001",
        "ip": "203.0.113.7", "source": "api", "request_id": "r"});
    Changed {
        place: Place::of(&key).unwrap(),
        turn,
        at: moment(turn, new).unwrap(),
        version: number(new, "version").unwrap(),
        actor: Some(serde_json::from_value(actor).unwrap()),
        token_name: Some("Zapier".to_owned()),
        item: new,
        differences: Differences::between(old, values_of(new)),
        stored: Some(Arc::new(contacts())),
        from: told_apart(&key, ["1".to_owned()]),
    }
}

#[test]
fn each_change_is_what_it_looks_like() {
    let at = json!({"S": "2026-11-24T11:00:00.000Z"});
    let later = |changes: Json| {
        let mut all = json!({"version": {"N": "2"}, "updated_at": at});
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        object(all)
    };
    let (live, trashed) = (object(json!({})), object(json!({"trashed_at": at})));
    let destroyed = json!({"BOOL": true});
    for (old, new, event, topic) in [
        (None, object(json!({})), Event::Created, Topic::ObjectCreated),
        (Some(&live), later(json!({})), Event::Updated, Topic::ObjectUpdated),
        (Some(&live), later(json!({"trashed_at": at})), Event::Deleted, Topic::ObjectDeleted),
        (Some(&trashed), later(json!({})), Event::Restored, Topic::ObjectUpdated),
        (Some(&live), later(json!({"destroyed": destroyed})), Event::Destroyed, Topic::ObjectDeleted),
        (
            Some(&trashed),
            later(json!({"trashed_at": at, "destroyed": destroyed})),
            Event::Destroyed,
            Topic::ObjectDeleted,
        ),
        (Some(&live), object(json!({"sends": {"N": "1"}, "sent_at": at})), Event::Sent, Topic::ObjectSend),
    ] {
        let turn = Turn::of(old, &new).unwrap();
        assert_eq!((turn.event(), turn.topic()), (event, topic));
    }
    let indexed = object(json!({"s01": {"S": "ada"}}));
    let marked = object(json!({"destroyed": destroyed}));
    assert_eq!(Turn::of(Some(&live), &indexed), None);
    assert_eq!(Turn::of(Some(&marked), &marked), None);
    let end = "2026-12-24T11:00:01.000Z".parse::<Timestamp>().unwrap();
    let thrown_away = |more: Json| {
        let mut all = json!({"trashed_at": at, "expires": {"N": end.seconds().to_string()}});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        object(all)
    };
    let over = Turn::of_removal(&thrown_away(json!({})), end).unwrap();
    assert_eq!(
        (over.event(), over.topic(), over.is_permanent()),
        (Event::Destroyed, Topic::ObjectDeleted, true)
    );
    // With its type, what was told before, and what was never thrown away.
    assert_eq!(Turn::of_removal(&thrown_away(json!({})), end.plus_seconds(-1)), None);
    assert_eq!(Turn::of_removal(&thrown_away(json!({"destroyed": destroyed})), end), None);
    assert_eq!(Turn::of_removal(&live, end), None);
    // A job that moves guards counts the version up, and leaves the time.
    let moved = object(json!({"version": {"N": "2"}}));
    assert!(Turn::Updated.may_be_a_job(Some(&live), &moved));
    assert!(!Turn::Updated.may_be_a_job(Some(&live), &later(json!({}))));
    // A version that changes nothing is told to nobody.
    assert!(Differences::between(values_of(&live), values_of(&later(json!({})))).is_nothing());
    assert!(!Differences::between(values_of(&live), FieldValues::new()).is_nothing());
}

#[test]
fn that_the_trash_is_over_is_told_as_what_nobody_did() {
    let item = object(json!({"trashed_at": {"S": "2026-11-24T11:00:00.000Z"}, "version": {"N": "4"}}));
    let at: Timestamp = "2026-12-24T11:00:01.000Z".parse().unwrap();
    let differences = Differences::between(values_of(&item), values_of(&item));
    let changed = changed(None, &item);
    let changed = Changed { turn: Turn::TrashEnded, at, actor: None, version: 5, differences, ..changed };
    let event = changed.event();
    let body: Json = serde_json::from_str(&Body::of(&changed, &event).unwrap().text().unwrap()).unwrap();
    assert_eq!((&body["type"], &body["timestamp"]), (&json!("object.deleted"), &json!(at)));
    let data = &body["data"];
    assert_eq!((&data["permanent"], &data["version"]), (&json!(true), &json!(5)));
    assert_eq!((&data["actor"], &data["source"], &data["changes"]), (&Json::Null, &Json::Null, &json!({})));
    assert_eq!(data["object"]["trashed_at"], json!("2026-11-24T11:00:00.000Z"));
    let happened = changed.happened();
    assert_eq!((happened.event, happened.reason), (Event::Destroyed, Some("trash_ended")));
    assert!(happened.actor.is_none() && happened.fields.is_empty());
}

#[test]
fn only_objects_lie_where_objects_do() {
    let (team, of_type) = ("team_0000000000000000000001", "type_0000000000000000000001");
    let id = "obj_0000000000000000000001";
    for (pk, sk, is_object) in [
        (format!("{team}#{of_type}"), id, true),
        (format!("{team}#{of_type}#unique#email"), "aGFzaA", false),
        (format!("{team}#{of_type}#counter#number"), "COUNTER", false),
        (format!("{team}#{of_type}"), "other", false),
        (team.to_owned(), id, false),
    ] {
        assert_eq!(Place::of(&Key::new(&pk, sk)).is_some(), is_object, "{pk} {sk}");
    }
}

#[test]
fn a_body_is_the_object_as_readers_see_it_with_what_changed() {
    let old = object(json!({"fields": {"M": {"name": {"S": "Ada"}, "gone": {"S": "x"}}}}));
    let new = object(json!({"version": {"N": "2"}, "updated_at": {"S": "2026-11-24T11:00:00.000Z"}}));
    let changed = changed(Some(&old), &new);
    let event = changed.event();
    let text = Body::of(&changed, &event).unwrap().text().unwrap();
    let body: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&body["type"], &body["timestamp"]),
        (&json!("object.updated"), &json!("2026-11-24T11:00:00.000Z"))
    );
    let data = &body["data"];
    assert_eq!(data["event_id"], json!(event));
    assert_eq!((&data["version"], &data["source"]), (&json!(2), &json!("api")));
    assert_eq!(
        data["actor"],
        json!({"user": "usr_0000000000000000000001", "token": "tok_0000000000000000000001", "token_name": "Zapier"})
    );
    assert_eq!((&data["object"]["label"], &data["object"]["fields"]["notes"]), (&json!("Ada"), &Json::Null));
    assert!(text.contains(r#""changes":{"amount":{"old":null,"new":12.30}}"#), "{text}");
    assert!(
        data.get("permanent").is_none() && !text.contains("\"gone\""),
        "a field that is gone is not told of"
    );
    // In the log it is: there it was changed.
    let slugs: Vec<_> = changed.happened().fields.into_iter().map(|field| field.slug).collect();
    assert_eq!(slugs, ["amount", "gone"]);
}

#[test]
fn of_what_is_new_or_gone_nothing_is_told_twice() {
    let new = object(json!({}));
    let created = changed(None, &new);
    let event = created.event();
    let text = Body::of(&created, &event).unwrap().text().unwrap();
    assert!(text.contains(r#""changes":{}"#) && text.contains("12.30"), "{text}");
    assert_eq!(created.happened().fields.len(), 2);
    let marked = object(json!({"version": {"N": "2"}, "destroyed": {"BOOL": true}}));
    let destroyed = changed(Some(&new), &marked);
    let text = Body::of(&destroyed, &event).unwrap().text().unwrap();
    assert!(text.contains(r#""permanent":true"#) && text.contains(r#""type":"object.deleted""#), "{text}");
}

#[test]
fn what_is_too_large_is_left_out_and_said_to_be() {
    let with_notes = |notes: &str| {
        let notes = json!({"M": {"name": {"S": "Ada"}, "notes": {"S": notes}}});
        object(
            json!({"fields": notes, "version": {"N": "2"}, "updated_at": {"S": "2026-11-24T11:00:00.000Z"}}),
        )
    };
    let event = |changed: &Changed<'_>| changed.event();
    let (old, new) = (object(json!({})), with_notes(&"x".repeat(300_000)));
    let whole = changed(Some(&old), &new);
    let text = Body::of(&whole, &event(&whole)).unwrap().text().unwrap();
    assert!(text.contains(r#""notes":{"omitted":true}"#) && text.len() < 380_000 && text.contains("xxx"));
    // Each of these characters takes six in JSON.
    let worst = with_notes(&"\u{1}".repeat(100_000));
    let worst = changed(Some(&old), &worst);
    let text = Body::of(&worst, &event(&worst)).unwrap().text().unwrap();
    assert!(text.contains(r#""fields":{"omitted":true}"#) && text.len() < 2_000, "{}", text.len());
}

#[test]
fn the_same_change_is_the_same_event_whenever_it_is_looked_at() {
    let (one, other) = (object(json!({})), object(json!({"updated_at": {"S": "2026-11-24T10:00:00.001Z"}})));
    assert_eq!(changed(None, &one).event(), changed(None, &one).event());
    assert_ne!(changed(None, &one).event(), changed(None, &other).event());
}
