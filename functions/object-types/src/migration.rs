//! Plans the migration of existing objects that a change of a field needs.

use base::{Code, Error, Fault, Result, Violation, id::JobId, text::Slug};
use records::object_type::{Field, Migration, MigrationConflicts, StoredObjectType, is_narrowing};

/// What a change of a field means for existing objects.
pub(crate) struct MigrationPlan {
    /// The migration, if one is needed that is not under way already.
    pub(crate) migration: Option<Migration>,
    /// Whether existing objects may violate the changed field.
    pub(crate) may_be_violated: bool,
}

/// Assigns the field, as it will be, its slot, or takes it away, and plans the migration. Every object is in
/// the index of every searchable field, so the index of a new field is built as well.
pub(crate) fn plan_migration(
    stored: &mut StoredObjectType,
    slug: &Slug,
    new: Option<&Field>,
    job: &JobId,
) -> Result<MigrationPlan> {
    let old = stored.object_type.field(slug.as_str()).cloned();
    let before = stored.migrations.get(slug).cloned();
    if old.is_none() && before.as_ref().is_some_and(|migration| migration.removes) {
        return Err(still_removed());
    }
    let (was_search_indexed, was_unique_indexed) =
        (stored.is_search_index_built(slug.as_str()), stored.is_unique_index_built(slug.as_str()));
    let had = |flag: fn(&Field) -> bool| old.as_ref().is_some_and(flag);
    let (was_searchable, was_unique) = (had(|field| field.searchable), had(|field| field.unique));
    let (searchable, unique) =
        (new.is_some_and(|field| field.searchable), new.is_some_and(|field| field.unique));
    let may_be_violated = new.is_some_and(|new| is_narrowing(old.as_ref(), new));
    let is_again = before.as_ref().is_some_and(|migration| migration.conflicts.is_some());
    let is_needed = searchable != was_searchable
        // Of a field that is new no object has a value that could be shared.
        || (unique != was_unique && old.is_some())
        || may_be_violated
        || new.is_none()
        || is_again;
    let slot = slot(stored, slug, searchable)?;
    let migration = is_needed.then(|| Migration {
        job: job.clone(),
        indexes: searchable && !(was_searchable && was_search_indexed),
        enforces_unique: unique && old.is_some() && !(was_unique && was_unique_indexed),
        checks: may_be_violated || before.as_ref().is_some_and(is_unchecked),
        removes: new.is_none(),
        slot: slot.or(before.and_then(|migration| migration.slot)).filter(|_| !searchable),
        conflicts: None,
    });
    Ok(MigrationPlan { migration, may_be_violated })
}

/// Assigns or releases the slot of the field; returns the one that it leaves behind, if it has none any more.
fn slot(stored: &mut StoredObjectType, slug: &Slug, searchable: bool) -> Result<Option<usize>> {
    if !searchable {
        return Ok(stored.slots.remove(slug));
    }
    if !stored.slots.contains_key(slug) {
        let left = stored.migrations.get(slug).and_then(|migration| migration.slot);
        let free = left.or_else(|| stored.free_slot()).ok_or_else(no_slot)?;
        stored.slots.insert(slug.clone(), free);
    }
    Ok(None)
}

/// The slug of a field is free when the values of the one that had it are gone.
fn still_removed() -> Error {
    let detail = "A field of this slug was removed, and its values are not gone yet: try again in a minute.";
    Error::new(Code::SlugTaken, detail).with_faults(vec![Fault::new("/slug", Violation::SlugTaken, detail)])
}

fn no_slot() -> Error {
    let detail = "All 16 indexes are in use, or have not been emptied yet: try again in a minute.";
    let fault = Fault::new("/searchable", Violation::NoFreeIndex, detail);
    Error::new(Code::WrongState, detail).with_faults(vec![fault])
}

fn is_unchecked(migration: &Migration) -> bool {
    let has_violations = |conflicts: &MigrationConflicts| conflicts.contradictions.count > 0;
    migration.checks && migration.conflicts.as_ref().is_none_or(has_violations)
}

#[cfg(test)]
mod tests {
    use base::id::{ObjectTypeId, TeamId, UserId};
    use resources::jobs::Findings;
    use serde_json::{Value, json};

    use super::*;

    fn a_field(flags: &Value) -> Field {
        let mut field = json!({"slug": "a", "label": "A", "type": "text"});
        field.as_object_mut().unwrap().extend(flags.as_object().unwrap().clone());
        serde_json::from_str(&field.to_string()).unwrap()
    }

    fn stored(field: Option<&Value>) -> StoredObjectType {
        let is_searchable = field.is_some_and(|field| field["searchable"] == true);
        let json = json!({
            "team": TeamId::new(),
            "object_type": {
                "id": ObjectTypeId::new(), "slug": "t", "singular_label": "T", "plural_label": "Ts", "item_label_fields": [],
                "fields": [], "created_at": "2026-11-23T00:00:00Z", "updated_at": "2026-11-23T00:00:00Z", "version": 1,
            },
            "slots": if is_searchable { json!({"a": 3}) } else { json!({}) },
            "actor": {
                "user": UserId::of_subject("i", "s"), "credential": "session", "token": null, "ip": "", "source": "app",
                "request_id": "",
            },
        });
        let mut stored: StoredObjectType = serde_json::from_str(&json.to_string()).unwrap();
        stored.object_type.fields.extend(field.map(a_field));
        stored
    }

    fn slug() -> Slug {
        Slug::parse("a").unwrap()
    }

    /// Changes the field, and stores the migration that follows; the letters say what it does.
    fn change(stored: &mut StoredObjectType, new: Option<&Value>) -> String {
        let new = new.map(a_field);
        let found = plan_migration(stored, &slug(), new.as_ref(), &JobId::new()).unwrap();
        stored.object_type.fields.clear();
        stored.object_type.fields.extend(new);
        let Some(migration) = found.migration else { return String::new() };
        let slot = migration.slot.map(|slot| format!("slot{slot}")).unwrap_or_default();
        let flags = [
            (migration.indexes, 'i'),
            (migration.enforces_unique, 'g'),
            (migration.checks, 'c'),
            (migration.removes, 'r'),
        ];
        stored.migrations.insert(slug(), migration);
        let letters: String = flags.iter().filter(|(is, _)| *is).map(|(_, letter)| *letter).collect();
        format!("+{letters}{slot}")
    }

    #[test]
    fn only_what_affects_existing_objects_needs_a_migration() {
        let (plain, searchable, unique) = (json!({}), json!({"searchable": true}), json!({"unique": true}));
        let (needed, named) = (json!({"required": "always"}), json!({"label": "B"}));
        for (old, new, migration) in [
            (None, Some(&plain), ""),
            (None, Some(&unique), ""),
            (None, Some(&searchable), "+i"),
            (None, Some(&needed), "+c"),
            (Some(&plain), Some(&named), ""),
            (Some(&plain), Some(&searchable), "+i"),
            (Some(&plain), Some(&unique), "+g"),
            (Some(&plain), Some(&needed), "+c"),
            (Some(&needed), Some(&plain), ""),
            (Some(&searchable), Some(&plain), "+slot3"),
            (Some(&unique), Some(&plain), "+"),
            (Some(&searchable), None, "+rslot3"),
            (Some(&plain), None, "+r"),
        ] {
            assert_eq!(change(&mut stored(old), new), migration, "{old:?} {new:?}");
        }
    }

    #[test]
    fn what_is_not_done_yet_is_done_by_the_next_job_too() {
        let mut type_ = stored(Some(&json!({})));
        assert_eq!(change(&mut type_, Some(&json!({"searchable": true}))), "+i");
        assert_eq!(change(&mut type_, Some(&json!({"searchable": true, "label": "B"}))), "");
        assert_eq!(change(&mut type_, Some(&json!({"searchable": true, "unique": true}))), "+ig");
        assert_eq!(change(&mut type_, Some(&json!({"unique": true}))), "+gslot1");
        assert_eq!(change(&mut type_, Some(&json!({"required": "always"}))), "+cslot1");
        assert_eq!(change(&mut type_, Some(&json!({"required": "always", "searchable": true}))), "+ic");
        assert_eq!(type_.slots[&slug()], 1);
    }

    #[test]
    fn what_has_failed_is_tried_again_by_any_change_of_the_field() {
        let unique = json!({"unique": true});
        let mut type_ = stored(Some(&json!({})));
        change(&mut type_, Some(&unique));
        let duplicates = Findings { count: 1, objects: Vec::new() };
        type_.migrations.get_mut(&slug()).unwrap().conflicts =
            Some(MigrationConflicts { duplicates, ..MigrationConflicts::default() });
        assert!(!type_.is_unique_index_built("a"));
        assert_eq!(change(&mut type_, Some(&unique)), "+g");
    }

    #[test]
    fn a_slug_and_a_slot_are_free_when_they_are_empty() {
        let mut type_ = stored(Some(&json!({"searchable": true})));
        change(&mut type_, None);
        let again = plan_migration(&mut type_, &slug(), Some(&a_field(&json!({}))), &JobId::new());
        assert_eq!(again.err().unwrap().code, Code::SlugTaken);
        type_.slots = (1..=15)
            .map(|n| (Slug::parse(&format!("f{n}")).unwrap(), if n < 3 { n } else { n + 1 }))
            .collect();
        assert_eq!(type_.free_slot(), None);
        type_.migrations.clear();
        assert_eq!(type_.free_slot(), Some(3));
    }
}
