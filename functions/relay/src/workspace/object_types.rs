//! Audit entries for changes of object types, field by field.

use std::collections::BTreeMap;

use anyhow::Context as _;
use audit::{AuditEvent, AuditSubject, FieldChange, Kind, SubjectType, raw_json};
use base::{Result, id::TeamId};
use records::object_type::{Field, ObjectType, StoredObjectType};
use table::{Item, Key};

use crate::{
    Relay,
    event::Change,
    new_entry::{NewEntry, Properties, dedup_key, properties, property_changes},
};

/// The audited properties of a type besides its fields, with their labels.
const AUDITED: &[(&str, &str)] = &[
    ("slug", "Slug"),
    ("singular_label", "Singular label"),
    ("plural_label", "Plural label"),
    ("item_label_fields", "Fields that name an object"),
];

impl Relay {
    pub(super) async fn type_changed(
        &self,
        key: &Key,
        team: TeamId,
        change: &Change,
        new: &Item,
    ) -> Result<()> {
        let old = change.before().map(StoredObjectType::from_item).transpose()?;
        let new = StoredObjectType::from_item(new)?;
        let Some(event) = event(old.as_ref(), &new) else { return Ok(()) };
        // What somebody did grows the version. The end of its time in the trash does not.
        let is_over = old.as_ref().is_some_and(|old| old.object_type.version == new.object_type.version);
        let at = if is_over { change.approximate_creation_time() } else { Some(new.object_type.updated_at) };
        let by = if is_over { new.revision } else { new.object_type.version };
        let ObjectType { id, slug, plural_label, .. } = &new.object_type;
        let entry = NewEntry {
            team,
            event,
            at: at.context("a change has no time")?,
            actor: (!is_over).then(|| new.actor.clone()),
            subject: AuditSubject {
                kind: Kind::ObjectType,
                id: id.to_string(),
                label: plural_label.clone(),
                of_type: Some(SubjectType { id: id.clone(), slug: slug.to_string() }),
            },
            fields: match event {
                AuditEvent::Created | AuditEvent::Updated => {
                    fields(old.as_ref().map(|old| &old.object_type), &new.object_type)?
                }
                _ => Vec::new(),
            },
            reason: is_over.then_some("trash_ended"),
            dedup_key: dedup_key(key, [is_over.to_string(), by.to_string()]),
        };
        self.append(entry).await
    }
}

/// The event of a change; none if it is only the progress of a migration.
fn event(old: Option<&StoredObjectType>, new: &StoredObjectType) -> Option<AuditEvent> {
    let Some(old) = old else { return Some(AuditEvent::Created) };
    let is_irreversible =
        |stored: &StoredObjectType| stored.deletion.as_ref().is_some_and(|deletion| deletion.is_irreversible);
    match (old.trashed_at, new.trashed_at) {
        _ if is_irreversible(new) && !is_irreversible(old) => Some(AuditEvent::Destroyed),
        (None, Some(_)) => Some(AuditEvent::Deleted),
        (Some(_), None) => Some(AuditEvent::Restored),
        _ => (old.object_type.version != new.object_type.version).then_some(AuditEvent::Updated),
    }
}

/// The changes of the definition: of a field that was added or removed all of it, of another one the properties
/// that differ.
fn fields(old: Option<&ObjectType>, new: &ObjectType) -> Result<Vec<FieldChange>> {
    let before = old.map(properties).transpose()?;
    let mut changes = property_changes(before.as_ref(), &properties(new)?, AUDITED);
    let fields = old.map(|old| old.fields.as_slice()).unwrap_or_default();
    for field in &new.fields {
        let was = fields.iter().find(|was| was.slug == field.slug);
        changes.extend(field_change(was, Some(field))?);
    }
    for was in fields.iter().filter(|was| new.field(was.slug.as_str()).is_none()) {
        changes.extend(field_change(Some(was), None)?);
    }
    let order = |fields: &[Field]| fields.iter().map(|field| field.slug.to_string()).collect::<Vec<_>>();
    let (was, is) = (order(fields), order(&new.fields));
    // Where fields were added or removed, their own changes say so.
    if old.is_some() && was != is && was.len() == is.len() && was.iter().all(|slug| is.contains(slug)) {
        changes.push(FieldChange::new("fields_order", "Order of the fields").values(Some(&was), Some(&is)));
    }
    Ok(changes)
}

fn field_change(old: Option<&Field>, new: Option<&Field>) -> Result<Option<FieldChange>> {
    let Some(field) = new.or(old) else { return Ok(None) };
    let change = FieldChange::new(format!("fields.{}", field.slug), &field.label);
    let (was, is) = (old.map(properties).transpose()?, new.map(properties).transpose()?);
    let (was, is) = match (was, is) {
        (Some(was), Some(is)) => {
            let (was, is) = differing(was, is);
            if was.is_empty() && is.is_empty() {
                return Ok(None);
            }
            (Some(was), Some(is))
        }
        both => both,
    };
    Ok(Some(FieldChange {
        old: was.as_ref().and_then(raw_json),
        new: is.as_ref().and_then(raw_json),
        ..change
    }))
}

/// The properties that differ, in both versions.
fn differing(mut old: Properties, mut new: Properties) -> (Properties, Properties) {
    let text = |properties: &Properties| -> BTreeMap<String, String> {
        properties.iter().map(|(name, part)| (name.clone(), part.get().to_owned())).collect()
    };
    let (was, is) = (text(&old), text(&new));
    old.retain(|name, _| was.get(name) != is.get(name));
    new.retain(|name, _| was.get(name) != is.get(name));
    (old, new)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn stored(changes: Value, fields: Value) -> StoredObjectType {
        let mut json = json!({
            "team": "team_0000000000000000000001",
            "object_type": {
                "id": "type_0000000000000000000001", "slug": "contacts", "singular_label": "Contact",
                "plural_label": "Contacts", "item_label_fields": [], "fields": fields,
                "created_at": "2026-11-23T00:00:00Z", "updated_at": "2026-11-23T00:00:00Z", "version": 1,
            },
            "slots": {},
            "actor": {"user": "usr_0000000000000000000001", "credential": "session", "token": null, "ip": "", "source": "app",
                "request_id": ""},
        });
        json.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        serde_json::from_str(&json.to_string()).unwrap()
    }

    fn field(slug: &str, label: &str) -> Value {
        json!({"slug": slug, "label": label, "type": "text"})
    }

    #[test]
    fn a_change_of_a_type_is_told_apart_from_the_progress_of_a_migration() {
        let with = |changes: Value| stored(changes, json!([]));
        let (plain, at) = (with(json!({})), "2026-11-24T00:00:00.000Z");
        let end = |is_final: bool| json!({"trashed_at": at, "end": {"job": "job_0000000000000000000001", "is_final": is_final}});
        let mut newer = with(json!({"revision": 5}));
        newer.object_type.version = 2;
        assert_eq!(event(None, &plain), Some(AuditEvent::Created));
        assert_eq!(event(Some(&plain), &with(json!({"revision": 2}))), None);
        assert_eq!(event(Some(&plain), &newer), Some(AuditEvent::Updated));
        assert_eq!(event(Some(&plain), &with(end(false))), Some(AuditEvent::Deleted));
        assert_eq!(event(Some(&with(end(false))), &plain), Some(AuditEvent::Restored));
        assert_eq!(event(Some(&with(end(false))), &with(end(true))), Some(AuditEvent::Destroyed));
        assert_eq!(event(Some(&plain), &with(end(true))), Some(AuditEvent::Destroyed));
        assert_eq!(event(Some(&with(end(true))), &with(end(true))), None);
    }

    #[test]
    fn added_removed_and_changed_fields_are_listed() {
        let old = stored(json!({}), json!([field("a", "A"), field("b", "B"), field("c", "C")])).object_type;
        let mut new =
            stored(json!({}), json!([field("a", "Other"), field("b", "B"), field("d", "D")])).object_type;
        new.plural_label = "People".to_owned();
        let told = fields(Some(&old), &new).unwrap();
        let slugs: Vec<_> = told.iter().map(|field| field.slug.as_str()).collect();
        assert_eq!(slugs, ["plural_label", "fields.a", "fields.d", "fields.c"]);
        let text = |value: &Option<Box<serde_json::value::RawValue>>| {
            value.as_ref().map(|value| value.get().to_owned())
        };
        assert_eq!(text(&told[1].old).as_deref(), Some(r#"{"label":"A"}"#));
        assert_eq!(text(&told[1].new).as_deref(), Some(r#"{"label":"Other"}"#));
        assert!(told[2].old.is_none() && text(&told[2].new).unwrap().contains(r#""slug":"d""#));
        assert!(told[3].new.is_none() && told[3].old.is_some());
    }

    #[test]
    fn another_order_is_told_as_one() {
        let old = stored(json!({}), json!([field("a", "A"), field("b", "B")])).object_type;
        let new = stored(json!({}), json!([field("b", "B"), field("a", "A")])).object_type;
        let told = fields(Some(&old), &new).unwrap();
        assert_eq!(told.iter().map(|field| field.slug.as_str()).collect::<Vec<_>>(), ["fields_order"]);
        assert_eq!(
            fields(None, &old).unwrap().iter().filter(|field| field.slug == "fields_order").count(),
            0
        );
    }
}
