//! The audit entries and events of changes of objects.

use audit::AuditEvent;
use delivery::Topic;
use records::object_type::FieldValues;
use serde_json::{Value as Json, json};

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

fn object_change<'a>(old: Option<&Item>, new: &'a Item) -> ObjectChange<'a> {
    let kind = ChangeKind::of(old, new).unwrap();
    let key =
        Key::new("team_0000000000000000000001#type_0000000000000000000001", "obj_0000000000000000000001");
    let old = old.map(values_of).unwrap_or_default();
    let actor = json!({"user": "usr_0000000000000000000001", "credential": "token", "token": "tok_0000000000000000000001",
        "ip": "203.0.113.7", "source": "api", "request_id": "r"});
    ObjectChange {
        key: ObjectKey::of(&key).unwrap(),
        kind,
        at: time_of(kind, new).unwrap(),
        version: number(new, "version").unwrap(),
        actor: Some(serde_json::from_value(actor).unwrap()),
        token_name: Some("Zapier".to_owned()),
        item: new,
        differences: Differences::between(old, values_of(new)),
        stored: Some(Arc::new(contacts())),
        dedup_key: dedup_key(&key, ["1".to_owned()]),
    }
}

#[test]
fn each_change_has_its_kind() {
    let at = json!({"S": "2026-11-24T11:00:00.000Z"});
    let later = |changes: Json| {
        let mut all = json!({"version": {"N": "2"}, "updated_at": at});
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        object(all)
    };
    let (live, trashed) = (object(json!({})), object(json!({"trashed_at": at})));
    let destroyed = json!({"BOOL": true});
    for (old, new, event, topic) in [
        (None, object(json!({})), AuditEvent::Created, Topic::ObjectCreated),
        (Some(&live), later(json!({})), AuditEvent::Updated, Topic::ObjectUpdated),
        (Some(&live), later(json!({"trashed_at": at})), AuditEvent::Deleted, Topic::ObjectDeleted),
        (Some(&trashed), later(json!({})), AuditEvent::Restored, Topic::ObjectUpdated),
        (Some(&live), later(json!({"destroyed": destroyed})), AuditEvent::Destroyed, Topic::ObjectDeleted),
        (
            Some(&trashed),
            later(json!({"trashed_at": at, "destroyed": destroyed})),
            AuditEvent::Destroyed,
            Topic::ObjectDeleted,
        ),
        (
            Some(&live),
            object(json!({"sends": {"N": "1"}, "sent_at": at})),
            AuditEvent::Sent,
            Topic::ObjectSend,
        ),
    ] {
        let kind = ChangeKind::of(old, &new).unwrap();
        assert_eq!((kind.event(), kind.topic()), (event, topic));
    }
    let indexed = object(json!({"s01": {"S": "ada"}}));
    let marked = object(json!({"destroyed": destroyed}));
    assert_eq!(ChangeKind::of(Some(&live), &indexed), None);
    assert_eq!(ChangeKind::of(Some(&marked), &marked), None);
    // A job that changes unique index entries grows the version, and not the time of the last change.
    let moved = object(json!({"version": {"N": "2"}}));
    assert!(ChangeKind::Updated.may_be_system_write(Some(&live), &moved));
    assert!(!ChangeKind::Updated.may_be_system_write(Some(&live), &later(json!({}))));
    // A version without changed values is not audited.
    assert!(Differences::between(values_of(&live), values_of(&later(json!({})))).is_empty());
    assert!(!Differences::between(values_of(&live), FieldValues::new()).is_empty());
}

#[test]
fn a_removal_is_a_change_if_the_time_in_the_trash_was_over() {
    let at = json!({"S": "2026-11-24T11:00:00.000Z"});
    let end = "2026-12-24T11:00:01.000Z".parse::<Timestamp>().unwrap();
    let trashed = |more: Json| {
        let mut all = json!({"trashed_at": at, "expires": {"N": end.seconds().to_string()}});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        object(all)
    };
    let over = ChangeKind::of_removal(&trashed(json!({})), end).unwrap();
    assert_eq!(
        (over.event(), over.topic(), over.is_permanent()),
        (AuditEvent::Destroyed, Topic::ObjectDeleted, true)
    );
    // Removed with its type, audited before, and never in the trash.
    assert_eq!(ChangeKind::of_removal(&trashed(json!({})), end.plus_seconds(-1)), None);
    assert_eq!(ChangeKind::of_removal(&trashed(json!({"destroyed": {"BOOL": true}})), end), None);
    assert_eq!(ChangeKind::of_removal(&object(json!({})), end), None);
}

#[test]
fn the_end_of_the_time_in_the_trash_has_no_actor() {
    let item = object(json!({"trashed_at": {"S": "2026-11-24T11:00:00.000Z"}, "version": {"N": "4"}}));
    let at: Timestamp = "2026-12-24T11:00:01.000Z".parse().unwrap();
    let differences = Differences::between(values_of(&item), values_of(&item));
    let change = object_change(None, &item);
    let change =
        ObjectChange { kind: ChangeKind::TrashEnded, at, actor: None, version: 5, differences, ..change };
    let event = change.event();
    let body: Json = serde_json::from_str(&Body::of(&change, &event).unwrap().text().unwrap()).unwrap();
    assert_eq!((&body["type"], &body["timestamp"]), (&json!("object.deleted"), &json!(at)));
    let data = &body["data"];
    assert_eq!((&data["permanent"], &data["version"]), (&json!(true), &json!(5)));
    assert_eq!((&data["actor"], &data["source"], &data["changes"]), (&Json::Null, &Json::Null, &json!({})));
    assert_eq!(data["object"]["trashed_at"], json!("2026-11-24T11:00:00.000Z"));
    let entry = change.audit_entry();
    assert_eq!((entry.event, entry.reason), (AuditEvent::Destroyed, Some("trash_ended")));
    assert!(entry.actor.is_none() && entry.fields.is_empty());
}

#[test]
fn only_objects_have_keys_of_objects() {
    let (team, of_type) = ("team_0000000000000000000001", "type_0000000000000000000001");
    let id = "obj_0000000000000000000001";
    for (pk, sk, is_object) in [
        (format!("{team}#{of_type}"), id, true),
        (format!("{team}#{of_type}#unique#email"), "aGFzaA", false),
        (format!("{team}#{of_type}#counter#number"), "COUNTER", false),
        (format!("{team}#{of_type}"), "other", false),
        (team.to_owned(), id, false),
    ] {
        assert_eq!(ObjectKey::of(&Key::new(&pk, sk)).is_some(), is_object, "{pk} {sk}");
    }
}

#[test]
fn a_body_is_the_object_as_readers_see_it_with_what_changed() {
    let old = object(json!({"fields": {"M": {"name": {"S": "Ada"}, "gone": {"S": "x"}}}}));
    let new = object(json!({"version": {"N": "2"}, "updated_at": {"S": "2026-11-24T11:00:00.000Z"}}));
    let change = object_change(Some(&old), &new);
    let event = change.event();
    let text = Body::of(&change, &event).unwrap().text().unwrap();
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
        json!({"user": "usr_0000000000000000000001", "token": "tok_0000000000000000000001", "token_name": "Zapier", "form": null})
    );
    assert_eq!((&data["object"]["label"], &data["object"]["fields"]["notes"]), (&json!("Ada"), &Json::Null));
    assert!(text.contains(r#""changes":{"amount":{"old":null,"new":12.30}}"#), "{text}");
    assert!(
        data.get("permanent").is_none() && !text.contains("\"gone\""),
        "a field that was removed is not in the event"
    );
    // It is in the audit entry, as it was changed there.
    let slugs: Vec<_> = change.audit_entry().fields.into_iter().map(|field| field.slug).collect();
    assert_eq!(slugs, ["amount", "gone"]);
}

#[test]
fn a_new_or_destroyed_object_has_no_changes_beside_its_values() {
    let new = object(json!({}));
    let created = object_change(None, &new);
    let event = created.event();
    let text = Body::of(&created, &event).unwrap().text().unwrap();
    assert!(text.contains(r#""changes":{}"#) && text.contains("12.30"), "{text}");
    assert_eq!(created.audit_entry().fields.len(), 2);
    let marked = object(json!({"version": {"N": "2"}, "destroyed": {"BOOL": true}}));
    let destroyed = object_change(Some(&new), &marked);
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
    let event = |change: &ObjectChange<'_>| change.event();
    let (old, new) = (object(json!({})), with_notes(&"x".repeat(300_000)));
    let whole = object_change(Some(&old), &new);
    let text = Body::of(&whole, &event(&whole)).unwrap().text().unwrap();
    assert!(text.contains(r#""notes":{"omitted":true}"#) && text.len() < 380_000 && text.contains("xxx"));
    // Each of these characters takes six in JSON.
    let worst = with_notes(&"\u{1}".repeat(100_000));
    let worst = object_change(Some(&old), &worst);
    let text = Body::of(&worst, &event(&worst)).unwrap().text().unwrap();
    assert!(text.contains(r#""fields":{"omitted":true}"#) && text.len() < 2_000, "{}", text.len());
}

#[test]
fn the_same_change_is_the_same_event_whenever_it_is_processed() {
    let (one, other) = (object(json!({})), object(json!({"updated_at": {"S": "2026-11-24T10:00:00.001Z"}})));
    assert_eq!(object_change(None, &one).event(), object_change(None, &one).event());
    assert_ne!(object_change(None, &one).event(), object_change(None, &other).event());
}
