//! An object type is a resource of its team. The audit log tells of its changes field by field.

use std::collections::BTreeMap;

use audit::{FieldChange, Kind, Properties, SubjectType, properties, property_changes, raw_json};
use base::{
    Code, Result, Timestamp,
    actor::Actor,
    id::{ObjectTypeId, TeamId},
};
use resources::resource::{Count, Resource, State};
use table::{AttributeValue, Condition, Item, Table, Write, attribute};

use super::{Deletion, Field, ObjectType, StoredObjectType, find};

impl Resource for StoredObjectType {
    type Id = ObjectTypeId;
    const KIND: Kind = Kind::ObjectType;
    const NOUN: &'static str = "object type";
    const PREFIX: &'static str = "TYPE#";
    /// They are counted by their slugs.
    const COUNT: Option<Count> = None;
    /// Its objects are removed before it.
    const ENDS_BY_JOB: bool = true;
    const AUDITED: &'static [(&'static str, &'static str)] = &[
        ("slug", "Slug"),
        ("singular_label", "Singular label"),
        ("plural_label", "Plural label"),
        ("item_label_fields", "Fields that name an object"),
    ];

    fn team(&self) -> &TeamId {
        &self.team
    }

    fn id(&self) -> &ObjectTypeId {
        &self.object_type.id
    }

    fn label(&self) -> &str {
        &self.object_type.plural_label
    }

    fn version(&self) -> u64 {
        self.object_type.version
    }

    fn updated_at(&self) -> Timestamp {
        self.object_type.updated_at
    }

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn state(&self) -> State {
        let is_irreversible = self.deletion.as_ref().is_some_and(|deletion| deletion.is_irreversible);
        State::of(self.trashed_at, self.deletion.as_ref().map(|deletion| &deletion.job), is_irreversible)
    }

    fn set_state(&mut self, state: State) {
        self.trashed_at = state.trashed_at();
        let is_irreversible = state.is_purging();
        self.deletion = state.job().map(|job| Deletion { job: job.clone(), is_irreversible });
    }

    fn touch(&mut self, by: Actor, now: Timestamp) {
        self.object_type.version += 1;
        self.object_type.updated_at = now;
        self.actor = by;
    }

    /// The revision grows with the progress of a migration too, and no mark says that it is being destroyed: it is listed.
    fn to_item(&self) -> Result<Item> {
        let definition = serde_json::to_string(self).map_err(anyhow::Error::from)?;
        let mut item: Item = [
            ("definition".to_owned(), AttributeValue::S(definition)),
            ("revision".to_owned(), attribute(&self.revision)?),
        ]
        .into();
        if let Some(trashed_at) = &self.trashed_at {
            item.insert("trashed_at".to_owned(), attribute(trashed_at)?);
        }
        Ok(item)
    }

    fn is_unchanged(&self) -> Condition {
        match self.revision {
            0 => Condition::ItemExists.and(Condition::AttributeMissing("revision".to_owned())),
            revision => Condition::is_number("revision", revision),
        }
    }

    async fn find(workspace: &Table, team: &TeamId, id_or_slug: &str) -> Result<Option<Self>> {
        match find(workspace, team, id_or_slug).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.code == Code::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// While its job destroys it, the progress is shown.
    fn is_gone(&self, now: Timestamp) -> bool {
        self.state().is_trash_over(now)
    }

    fn replacement(&self, after: &mut Self, workspace: &Table, now: Timestamp) -> Result<Vec<Write>> {
        Ok(after.write(workspace, now)?.into())
    }

    fn field_changes(before: Option<&Self>, after: &Self) -> Result<Vec<FieldChange>> {
        fields(before.map(|before| &before.object_type), &after.object_type)
    }

    fn of_type(&self) -> Option<SubjectType> {
        let ObjectType { id, slug, .. } = &self.object_type;
        Some(SubjectType { id: id.clone(), slug: slug.to_string() })
    }

    fn dedup_key(&self, is_by_time: bool) -> Vec<String> {
        let by = if is_by_time { self.revision } else { self.object_type.version };
        vec![is_by_time.to_string(), by.to_string()]
    }
}

/// The changes of the definition: of a field that was added or removed all of it, of another one the properties
/// that differ.
fn fields(old: Option<&ObjectType>, new: &ObjectType) -> Result<Vec<FieldChange>> {
    let before = old.map(properties).transpose()?;
    let mut changes = property_changes(before.as_ref(), &properties(new)?, StoredObjectType::AUDITED);
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
    use audit::AuditEvent;
    use resources::resource::AuditedChange;

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
        let event = |before: Option<&StoredObjectType>, after: &StoredObjectType| {
            let before = before.map(|before| before.to_item().unwrap());
            let change = AuditedChange::of::<StoredObjectType>(before.as_ref(), &after.to_item().unwrap());
            change.unwrap().map(|change| change.event)
        };
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
