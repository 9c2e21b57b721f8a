//! Which webhooks may be made and changed, in tables of cases.

use resources::TRASH_SECONDS;
use serde_json::{Value, json};

use super::*;

fn a_type() -> ObjectTypeId {
    ObjectTypeId::parse("type_0000000000000000000001").unwrap()
}

fn types() -> ResolvedTypes {
    [("contacts".to_owned(), a_type()), (a_type().to_string(), a_type())].into()
}

fn new(changes: &Value) -> NewWebhook {
    let mut new =
        json!({"name": " Zapier ", "url": "https://example.com/hooks?a=b", "topics": ["object.created"]});
    new.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    serde_json::from_value(new).unwrap()
}

fn validate(patch: WebhookPatch) -> Result<Changes> {
    patch.validate(&TargetRules::default(), &types())
}

fn faults(patch: WebhookPatch) -> Vec<(String, &'static str)> {
    let error = validate(patch).err().map(|error| error.faults().to_vec()).unwrap_or_default();
    error.into_iter().map(|fault| (fault.pointer, fault.code.name())).collect()
}

#[test]
fn a_webhook_is_kept_in_one_form() {
    let topics = json!(["object.send", "object.created", "object.send"]);
    let types = json!(["contacts", a_type()]);
    let changes = validate(new(&json!({"topics": topics, "object_types": types})).into()).unwrap();
    assert_eq!(changes.name.as_deref(), Some("Zapier"));
    assert_eq!(changes.url.as_deref(), Some("https://example.com/hooks?a=b"));
    assert_eq!(changes.topics, Some(vec![Topic::ObjectCreated, Topic::ObjectSend]));
    assert_eq!(changes.object_types, Some(Some(vec![a_type()])));
    assert_eq!((changes.active, changes.description.as_deref()), (Some(true), Some("")));
}

#[test]
fn each_fault_is_told_at_its_place() {
    for (change, expected) in [
        (json!({"name": ""}), vec![("/name", "required")]),
        (json!({"name": "a\u{0}"}), vec![("/name", "control_character")]),
        (json!({"description": "x".repeat(1_001)}), vec![("/description", "too_long")]),
        (json!({"url": "example.com"}), vec![("/url", "not_a_url")]),
        (json!({"url": "http://example.com"}), vec![("/url", "not_https")]),
        (json!({"url": "https://127.1/"}), vec![("/url", "refused_target")]),
        (json!({"topics": []}), vec![("/topics", "required")]),
        (
            json!({"topics": ["object.created", "object.sent", "webhook.test"]}),
            vec![("/topics/1", "unknown_topic"), ("/topics/2", "unknown_topic")],
        ),
        (json!({"object_types": []}), vec![("/object_types", "required")]),
        (json!({"object_types": ["contacts", "deals"]}), vec![("/object_types/1", "not_found")]),
        (json!({"object_types": vec!["contacts"; 101]}), vec![("/object_types", "too_many")]),
        (
            json!({"name": "", "url": "x", "topics": ["x"], "object_types": ["x"]}),
            vec![
                ("/name", "required"),
                ("/url", "not_a_url"),
                ("/topics/0", "unknown_topic"),
                ("/object_types/0", "not_found"),
            ],
        ),
    ] {
        let expected: Vec<_> = expected.into_iter().map(|(at, code)| (at.to_owned(), code)).collect();
        assert_eq!(faults(new(&change).into()), expected, "{change}");
        let patch: WebhookPatch = serde_json::from_value(change.clone()).unwrap();
        assert_eq!(faults(patch), expected, "{change}");
    }
}

#[test]
fn types_are_looked_up_unless_they_are_too_many() {
    let names = |change: Value| WebhookPatch::from(new(&change)).type_names().len();
    assert_eq!(names(json!({})), 0);
    assert_eq!(names(json!({"object_types": ["a", "b"]})), 2);
    assert_eq!(names(json!({"object_types": vec!["a"; 101]})), 0);
}

fn stored() -> StoredWebhook {
    let json = json!({
        "id": base::id::WebhookId::new(), "team": base::id::TeamId::new(), "name": "Zapier", "description": "",
        "url": "https://example.com/hooks", "topics": ["object.created"], "object_types": [a_type()], "active": true,
        "keys": {"key_id": "k", "sealed": "", "public_key": ""}, "previous": [],
        "created_at": "2026-11-23T00:00:00Z", "updated_at": "2026-11-23T00:00:00Z",
        "created_by": base::id::UserId::of_subject("i", "s"), "updated_by": base::id::UserId::of_subject("i", "s"),
        "version": 1, "actor": {
            "user": base::id::UserId::of_subject("i", "s"), "credential": "session", "token": null, "ip": "",
            "source": "app", "request_id": "",
        },
    });
    serde_json::from_value(json).unwrap()
}

#[test]
fn a_patch_changes_what_it_names_and_begins_anew_where_it_must() {
    let effect = |is_change, is_url_changed, is_switched_on| ChangeEffect {
        is_change,
        is_url_changed,
        is_switched_on,
        shows_objects: false,
    };
    for (patch, expected) in [
        (json!({}), effect(false, false, false)),
        (json!({"name": "Zapier", "url": "https://example.com/hooks"}), effect(false, false, false)),
        (json!({"name": "Make"}), effect(true, false, false)),
        (json!({"url": "https://example.com/other"}), effect(true, true, false)),
        (json!({"active": false}), effect(true, false, false)),
        (json!({"active": true}), effect(false, false, true)),
        (json!({"object_types": ["contacts"]}), effect(false, false, false)),
        (json!({"object_types": null}), effect(true, false, false)),
        (json!({"description": null}), effect(false, false, false)),
    ] {
        let mut webhook = stored();
        let read: WebhookPatch = serde_json::from_value(patch.clone()).unwrap();
        assert_eq!(validate(read).unwrap().apply(&mut webhook, true), expected, "{patch}");
    }
}

#[test]
fn only_who_may_read_objects_decides_where_all_is_sent() {
    use WebhookContent::{Full, Ids};
    let moved = || json!({"url": "https://example.com/other"});
    let to_full = || json!({"url": "https://example.com/other", "content": "full"});
    for (was, patch, reads, becomes, shows_objects) in [
        (Full, moved(), true, Full, false),
        (Full, moved(), false, Ids, false),
        (Ids, moved(), true, Ids, false),
        (Ids, moved(), false, Ids, false),
        (Full, to_full(), false, Ids, true),
        (Ids, to_full(), true, Full, false),
        (Full, json!({"content": "full"}), false, Full, false),
        (Ids, json!({"content": "full"}), false, Full, true),
        (Ids, json!({"content": "full"}), true, Full, false),
        (Full, json!({"except_sources": ["form"]}), false, Ids, false),
        (Full, json!({"except_sources": []}), false, Full, false),
        (Full, json!({"content": "ids"}), false, Ids, false),
        (Full, json!({"name": "Make", "active": false}), false, Full, false),
    ] {
        let mut webhook = StoredWebhook { content: was, ..stored() };
        let read: WebhookPatch = serde_json::from_value(patch.clone()).unwrap();
        let effect = validate(read).unwrap().apply(&mut webhook, reads);
        assert_eq!(
            (webhook.content, effect.shows_objects),
            (becomes, shows_objects),
            "{was:?} {patch} {reads}"
        );
    }
}

#[test]
fn what_a_webhook_asked_for_matches_and_nothing_else() {
    let happened =
        |topic, object_type, source, at| webhook::Happened { topic, object_type, source: Some(source), at };
    let (other, a_type) = (ObjectTypeId::new(), a_type());
    let all = StoredWebhook { object_types: None, ..stored() };
    for (webhook, topic, object_type, matches) in [
        (&stored(), Topic::ObjectCreated, &a_type, true),
        (&stored(), Topic::ObjectUpdated, &a_type, false),
        (&stored(), Topic::ObjectCreated, &other, false),
        (&all, Topic::ObjectCreated, &other, true),
        (&StoredWebhook { active: false, ..stored() }, Topic::ObjectCreated, &a_type, true),
        (&StoredWebhook { destroyed: true, ..stored() }, Topic::ObjectCreated, &a_type, false),
    ] {
        let made = stored().created_at;
        assert_eq!(webhook.matches(&happened(topic, object_type, Source::App, made), made), matches);
        let before = made.plus_seconds(-1);
        let early = happened(topic, object_type, Source::App, before);
        assert!(!webhook.matches(&early, made), "what happened before is not told");
    }
    let trashed = StoredWebhook { trashed_at: Some(stored().created_at), ..stored() };
    for (seconds, matches) in [(0, true), (TRASH_SECONDS - 1, true), (TRASH_SECONDS, false)] {
        let now = stored().created_at.plus_seconds(seconds);
        let created = happened(Topic::ObjectCreated, &a_type, Source::App, now);
        assert_eq!(trashed.matches(&created, now), matches, "{seconds}");
    }
    let no_forms = StoredWebhook { except_sources: vec![Source::Form], ..stored() };
    for (source, matches) in [(Source::App, true), (Source::Api, true), (Source::Form, false)] {
        let made = stored().created_at;
        let created = happened(Topic::ObjectCreated, &a_type, source, made);
        assert_eq!(no_forms.matches(&created, made), matches, "{source:?}");
    }
    let by_time = webhook::Happened {
        source: None,
        ..happened(Topic::ObjectCreated, &a_type, Source::Form, stored().created_at)
    };
    assert!(no_forms.matches(&by_time, stored().created_at));
    let inactive = StoredWebhook { active: false, ..stored() };
    assert!(stored().accepts_deliveries() && !trashed.accepts_deliveries() && !inactive.accepts_deliveries());
}
