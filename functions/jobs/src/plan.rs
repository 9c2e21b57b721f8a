//! Plans what the backfill of a field changes in one object.

use base::{Timestamp, id::ObjectId, text::Slug};
use records::object_type::{StoredObjectType, Value, slot_key, slot_name, values_of, violated_member};
use table::{AttributeValue, Item, is_expired, number, text};

/// An object as it was read, as far as a job has to know it.
pub(crate) struct ObjectSnapshot<'a> {
    pub(crate) id: ObjectId,
    pub(crate) version: u64,
    is_live: bool,
    item: &'a Item,
}

/// The changes of an object and of its unique entries.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Plan {
    pub(crate) set: Vec<(String, AttributeValue)>,
    pub(crate) remove: Vec<String>,
    /// The key whose unique entry it claims. An object in the trash only stores the key, and claims the entry
    /// when it is restored.
    pub(crate) claim: Option<String>,
    /// The key whose unique entry it releases.
    pub(crate) release: Option<String>,
    /// Whether its unique key changes.
    pub(crate) moves_unique_entry: bool,
}

impl Plan {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same, but the unique key stays as it is.
    pub(crate) fn without_unique_entry(self) -> Self {
        let is_key = |name: &str| name.starts_with("unique.");
        Self {
            set: self.set.into_iter().filter(|(name, _)| !is_key(name)).collect(),
            remove: self.remove.into_iter().filter(|name| !is_key(name)).collect(),
            ..Self::default()
        }
    }
}

impl<'a> ObjectSnapshot<'a> {
    /// The object in an item; `None` if it is none, is being destroyed, or its time in the trash is over.
    pub(crate) fn of(item: &'a Item, now: Timestamp) -> Option<Self> {
        let id = ObjectId::parse(text(item, "sk")?)?;
        let is_there = !item.contains_key("destroyed") && !is_expired(item, now);
        let is_live = !item.contains_key("trashed_at");
        is_there.then_some(Self { id, version: number(item, "version")?, is_live, item })
    }

    /// Whether the object breaks the rules of the field. What is in the trash is not checked.
    pub(crate) fn contradicts(&self, stored: &StoredObjectType, slug: &Slug) -> bool {
        let Some(field) = stored.object_type.field(slug.as_str()).filter(|_| self.is_live) else {
            return false;
        };
        violated_member(&stored.object_type, field, &values_of(self.item)).is_some()
    }

    /// What the backfill changes.
    pub(crate) fn plan(&self, stored: &StoredObjectType, slug: &Slug) -> Plan {
        let mut plan = Plan::default();
        let field = stored.object_type.field(slug.as_str());
        let kept = self.map("fields").and_then(|fields| fields.get(slug.as_str()));
        if field.is_none() && kept.is_some() {
            plan.remove.push(format!("fields.{slug}"));
        }
        let value = kept.filter(|_| field.is_some()).and_then(Value::from_attribute);
        self.plan_slot(stored, slug, value.as_ref(), &mut plan);
        let wanted =
            field.filter(|field| field.unique).zip(value).map(|(field, value)| field.unique_key(&value));
        self.plan_unique_entry(slug, wanted, &mut plan);
        plan
    }

    fn plan_slot(&self, stored: &StoredObjectType, slug: &Slug, value: Option<&Value>, plan: &mut Plan) {
        let (name, kept) = (format!("q.{slug}"), self.inner("q", slug));
        let Some(slot) = stored.slots.get(slug) else {
            if kept.is_some() {
                plan.remove.push(name);
            }
            let left = stored.migrations.get(slug).and_then(|migration| migration.slot).map(slot_name);
            plan.remove.extend(left.filter(|slot| self.item.contains_key(slot)));
            return;
        };
        let field = stored.object_type.field(slug.as_str());
        let key = field.zip(value).map(|(field, value)| field.sort_key(value)).filter(|key| !key.is_empty());
        let (slot, sort_key) = (slot_name(*slot), slot_key(key.as_deref().unwrap_or_default(), &self.id));
        if self.item.get(&slot) != Some(&sort_key) {
            plan.set.push((slot, sort_key));
        }
        match key {
            Some(key) if kept != Some(&key) => plan.set.push((name, AttributeValue::S(key))),
            None if kept.is_some() => plan.remove.push(name),
            _ => {}
        }
    }

    fn plan_unique_entry(&self, slug: &Slug, wanted: Option<String>, plan: &mut Plan) {
        let held = self.inner("unique", slug);
        if held == wanted.as_ref() {
            return;
        }
        plan.moves_unique_entry = true;
        plan.release = held.filter(|_| self.is_live).cloned();
        plan.claim = wanted.clone().filter(|_| self.is_live);
        match wanted {
            Some(key) => plan.set.push((format!("unique.{slug}"), AttributeValue::S(key))),
            None => plan.remove.push(format!("unique.{slug}")),
        }
    }

    fn inner(&self, map: &str, slug: &Slug) -> Option<&String> {
        self.map(map)?.get(slug.as_str())?.as_s().ok()
    }

    fn map(&self, name: &str) -> Option<&'a Item> {
        self.item.get(name)?.as_m().ok()
    }
}

#[cfg(test)]
mod tests {
    use base::id::{JobId, ObjectTypeId, TeamId, UserId};
    use serde_json::{Value as Json, json};

    use super::*;

    const KEY: &str = "unique.a";

    /// A type with the field `a`, if there is one, in slot 3; without the field slot 3 is to be emptied.
    fn stored(flags: Option<Json>) -> StoredObjectType {
        let is_searchable = flags.as_ref().is_some_and(|flags| flags["searchable"] == true);
        let field = flags.map(|flags| {
            let mut field = json!({"slug": "a", "label": "A", "type": "text"});
            field.as_object_mut().unwrap().extend(flags.as_object().unwrap().clone());
            field
        });
        let work = json!({"job": JobId::new(), "indexes": true, "guards": true, "checks": true, "removes": false, "slot": 3});
        let json = json!({
            "team": TeamId::new(),
            "object_type": {
                "id": ObjectTypeId::new(), "slug": "t", "singular_label": "T", "plural_label": "Ts", "item_label_fields": [],
                "fields": Vec::from_iter(field), "created_at": "2026-11-23T00:00:00Z",
                "updated_at": "2026-11-23T00:00:00Z", "version": 1,
            },
            "slots": if is_searchable { json!({"a": 3}) } else { json!({}) },
            "work": if is_searchable { json!({}) } else { json!({"a": work}) },
            "actor": {
                "user": UserId::of_subject("i", "s"), "credential": "session", "token": null, "ip": "", "source": "app",
                "request_id": "",
            },
        });
        serde_json::from_str(&json.to_string()).unwrap()
    }

    fn map(members: &[(&str, &str)]) -> AttributeValue {
        let member =
            |(name, text): &(&str, &str)| ((*name).to_owned(), AttributeValue::S((*text).to_owned()));
        AttributeValue::M(members.iter().map(member).collect())
    }

    /// An object with a value, if there is one, that stores this key as its own.
    fn object(value: Option<&str>, held: Option<&str>) -> Item {
        let one = |text: Option<&str>| text.map_or_else(|| map(&[]), |text| map(&[("a", text)]));
        let (id, none) = (ObjectId::new(), map(&[]));
        [
            ("sk".to_owned(), AttributeValue::S(id.to_string())),
            ("version".to_owned(), AttributeValue::N("1".to_owned())),
            ("fields".to_owned(), one(value)),
            ("unique".to_owned(), one(held)),
            ("q".to_owned(), none),
        ]
        .into()
    }

    fn plan(item: &Item, flags: Option<Json>) -> Plan {
        ObjectSnapshot::of(item, Timestamp::now()).unwrap().plan(&stored(flags), &Slug::parse("a").unwrap())
    }

    fn names(plan: &Plan) -> Vec<&str> {
        plan.set.iter().map(|(name, _)| name.as_str()).collect()
    }

    #[test]
    fn what_agrees_is_left_alone() {
        assert!(plan(&object(Some("x"), None), Some(json!({}))).is_empty());
        assert!(plan(&object(None, None), Some(json!({"unique": true}))).is_empty());
        assert!(plan(&object(None, None), None).is_empty());
    }

    #[test]
    fn every_object_gets_a_place_in_the_index_and_a_key_only_with_a_value() {
        let searchable = || Some(json!({"searchable": true}));
        assert_eq!(names(&plan(&object(Some("x"), None), searchable())), ["s03", "q.a"]);
        assert_eq!(names(&plan(&object(None, None), searchable())), ["s03"]);
        let mut item = object(Some("x"), None);
        let made = plan(&item, searchable());
        item.extend(made.set.iter().filter(|(name, _)| name == "s03").cloned());
        item.insert("q".to_owned(), map(&[("a", "x")]));
        assert!(plan(&item, searchable()).is_empty());
        assert_eq!(plan(&item, Some(json!({}))).remove, ["q.a", "s03"]);
    }

    #[test]
    fn unique_entries_follow_the_value() {
        let unique = || Some(json!({"unique": true}));
        let claimed = plan(&object(Some("x"), None), unique());
        let key = claimed.claim.clone().unwrap();
        assert_eq!((names(&claimed), &claimed.release, claimed.moves_unique_entry), (vec![KEY], &None, true));
        assert!(plan(&object(Some("x"), Some(&key)), unique()).is_empty());
        let moved = plan(&object(Some("x"), Some("old")), unique());
        assert_eq!((moved.claim, moved.release.as_deref()), (Some(key.clone()), Some("old")));
        let freed = plan(&object(Some("x"), Some(&key)), Some(json!({})));
        assert_eq!((freed.remove, freed.release), (vec![KEY.to_owned()], Some(key)));
    }

    #[test]
    fn in_the_trash_a_key_is_only_noted() {
        let mut item = object(Some("x"), None);
        item.insert("trashed_at".to_owned(), AttributeValue::S(String::new()));
        let noted = plan(&item, Some(json!({"unique": true})));
        assert_eq!((names(&noted), &noted.claim, noted.moves_unique_entry), (vec![KEY], &None, true));
    }

    #[test]
    fn of_a_removed_field_nothing_stays() {
        let mut item = object(Some("x"), Some("key"));
        item.insert("q".to_owned(), map(&[("a", "x")]));
        item.insert("s03".to_owned(), AttributeValue::S("x".to_owned()));
        let plan = plan(&item, None);
        assert_eq!(plan.remove, ["fields.a", "q.a", "s03", KEY]);
        assert_eq!(plan.release.as_deref(), Some("key"));
        assert_eq!(plan.without_unique_entry().remove, ["fields.a", "q.a", "s03"]);
    }

    #[test]
    fn what_is_gone_and_what_is_no_object_is_not_seen() {
        let now = Timestamp::now();
        let mut item = object(None, None);
        assert!(ObjectSnapshot::of(&item, now).is_some());
        item.insert("expires".to_owned(), AttributeValue::N(now.seconds().to_string()));
        assert!(
            ObjectSnapshot::of(&item, now).is_none()
                && ObjectSnapshot::of(&item, now.plus_seconds(-1)).is_some()
        );
        item.insert("destroyed".to_owned(), AttributeValue::Bool(true));
        assert!(ObjectSnapshot::of(&item, now.plus_seconds(-1)).is_none());
        assert!(ObjectSnapshot::of(&Item::new(), now).is_none());
    }
}
