//! References to fields, for what is built on a type and outlives changes of it: a field that was removed and another one that
//! got its slug are two.

use base::{Fault, Violation, text::Slug};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Field, FieldType, StoredObjectType};

/// A field of a type, as something refers to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FieldReference {
    /// Its slug.
    pub slug: Slug,
    /// The version of the type that added it.
    #[serde(default = "first_version", skip_serializing_if = "is_first_version")]
    pub since: u64,
}

/// What is wrong with something that is built on a type, as the type is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TypeProblem {
    /// The place in what is built on the type.
    pub pointer: String,
    /// What is wrong.
    pub code: TypeProblemCode,
    /// The field that it is about.
    pub field: Option<Slug>,
    /// The same for people.
    pub detail: String,
}

/// What can be wrong with something that is built on a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TypeProblemCode {
    /// The field was removed, whether or not another one has its slug now.
    FieldGone,
    /// The field cannot be filtered and sorted by any more.
    FieldNotSearchable,
    /// The field cannot be filtered and sorted by yet.
    IndexBuilding,
    /// The option is none of the field any more.
    OptionGone,
    /// The type is in the trash, or gone.
    TypeGone,
    /// The field does not take the value any more.
    ValueRefused,
    /// The type requires a field that is missing.
    RequiredFieldMissing,
}

/// A use of a field, and what the field must be for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldUse {
    /// The place in what is built on the type.
    pub pointer: String,
    /// The field.
    pub field: FieldReference,
    /// What it must be.
    pub need: FieldNeed,
}

/// What a field must be for a use of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldNeed {
    /// There.
    Present,
    /// One that can be filtered and sorted by.
    Searchable,
    /// One that has this option.
    Option(String),
}

impl FieldReference {
    /// The version that the fields are from which were there from the beginning.
    pub const FIRST: u64 = 1;
}

impl StoredObjectType {
    /// A reference to the field that has this slug now.
    pub fn reference(&self, slug: &str) -> Option<FieldReference> {
        let slug = self.object_type.field(slug)?.slug.clone();
        Some(FieldReference { since: self.added_in(&slug), slug })
    }

    /// The field that was referred to, if it is still there.
    pub fn referred(&self, reference: &FieldReference) -> Option<&Field> {
        let field = self.object_type.field(reference.slug.as_str())?;
        (self.added_in(&field.slug) == reference.since).then_some(field)
    }

    /// Remembers which version adds each field that is new, and forgets those that are gone.
    pub fn note_added(&mut self, old: &Self) {
        let version = old.object_type.version + 1;
        let fields = &self.object_type.fields;
        self.added.retain(|slug, _| fields.iter().any(|field| field.slug == *slug));
        let new = fields.iter().filter(|field| old.object_type.field(field.slug.as_str()).is_none());
        self.added.extend(new.map(|field| (field.slug.clone(), version)));
    }

    /// What is wrong with a use of a field.
    pub fn problem_of(&self, used: &FieldUse) -> Option<TypeProblem> {
        let slug = &used.field.slug;
        let code = match (self.referred(&used.field), &used.need) {
            (None, _) => TypeProblemCode::FieldGone,
            (Some(_), FieldNeed::Searchable) if !self.slots.contains_key(slug) => {
                TypeProblemCode::FieldNotSearchable
            }
            (Some(_), FieldNeed::Searchable) if !self.is_search_index_built(slug.as_str()) => {
                TypeProblemCode::IndexBuilding
            }
            (Some(field), FieldNeed::Option(option)) if !field.has_option(option) => {
                TypeProblemCode::OptionGone
            }
            _ => return None,
        };
        Some(TypeProblem::new(&used.pointer, code, Some(slug)))
    }

    fn added_in(&self, slug: &Slug) -> u64 {
        self.added.get(slug).copied().unwrap_or(FieldReference::FIRST)
    }
}

impl Field {
    /// Whether it offers this option; what has none offers everything.
    fn has_option(&self, option: &str) -> bool {
        let offers = || self.settings.options.iter().flatten().any(|offered| offered == option);
        !matches!(self.r#type, FieldType::Dropdown | FieldType::Radio | FieldType::Checkboxes) || offers()
    }
}

impl TypeProblem {
    /// That problem there.
    pub fn new(pointer: impl Into<String>, code: TypeProblemCode, field: Option<&Slug>) -> Self {
        let name = field.map(Slug::as_str).unwrap_or_default();
        let detail = match code {
            TypeProblemCode::FieldGone => {
                format!(
                    "The field {name} was removed. If there is one of this slug again, it is another one."
                )
            }
            TypeProblemCode::FieldNotSearchable => format!("The field {name} is not searchable any more."),
            TypeProblemCode::IndexBuilding => format!("The index of {name} is being built."),
            TypeProblemCode::OptionGone => format!("The field {name} has this option no more."),
            TypeProblemCode::TypeGone => "The object type is in the trash, or gone.".to_owned(),
            TypeProblemCode::ValueRefused => "The field does not take this value any more.".to_owned(),
            TypeProblemCode::RequiredFieldMissing => format!("The object type requires the field {name}."),
        };
        Self { pointer: pointer.into(), code, field: field.cloned(), detail }
    }

    /// The same, as what is wrong with a request that needs it to be right.
    pub fn fault(&self) -> Fault {
        let code = match self.code {
            TypeProblemCode::FieldGone => Violation::UnknownField,
            TypeProblemCode::FieldNotSearchable => Violation::FieldNotSearchable,
            TypeProblemCode::IndexBuilding => Violation::IndexBuilding,
            TypeProblemCode::OptionGone => Violation::NotAnOption,
            TypeProblemCode::TypeGone => Violation::NotFound,
            TypeProblemCode::ValueRefused => Violation::Invalid,
            TypeProblemCode::RequiredFieldMissing => Violation::Required,
        };
        Fault::new(&self.pointer, code, &self.detail)
    }
}

fn first_version() -> u64 {
    FieldReference::FIRST
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_first_version(version: &u64) -> bool {
    *version == FieldReference::FIRST
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn stored(fields: Value, version: u64, added: Value) -> StoredObjectType {
        let json = json!({
            "team": "team_0000000000000000000001",
            "object_type": {
                "id": "type_0000000000000000000001", "slug": "contacts", "singular_label": "Contact",
                "plural_label": "Contacts", "item_label_fields": [], "fields": fields,
                "created_at": "2026-11-23T00:00:00Z", "updated_at": "2026-11-23T00:00:00Z", "version": version,
            },
            "slots": {"a": 1},
            "added": added,
            "actor": {"user": "usr_0000000000000000000001", "credential": "session", "token": null, "ip": "", "source": "app",
                "request_id": ""},
        });
        serde_json::from_str(&json.to_string()).unwrap()
    }

    fn field(slug: &str) -> Value {
        json!({"slug": slug, "label": slug, "type": "dropdown", "settings": {"options": ["x"]}})
    }

    #[test]
    fn a_field_that_got_the_slug_of_another_one_is_not_that_one() {
        let first = stored(json!([field("a"), field("b")]), 1, json!({}));
        let reference = first.reference("a").unwrap();
        assert_eq!(serde_json::to_string(&reference).unwrap(), r#"{"slug":"a"}"#);
        let mut without = stored(json!([field("b")]), 2, json!({}));
        without.note_added(&first);
        let mut again = stored(json!([field("b"), field("a")]), 3, json!(without.added));
        again.note_added(&without);
        assert_eq!(again.referred(&reference).map(|field| &field.slug), None);
        let other = again.reference("a").unwrap();
        assert_eq!((other.since, again.referred(&other).is_some()), (3, true));
        let mut relabelled = stored(json!([field("a"), field("b")]), 4, json!(again.added));
        relabelled.note_added(&again);
        assert!(relabelled.referred(&other).is_some() && relabelled.referred(&reference).is_none());
        let reread: FieldReference = serde_json::from_str(&serde_json::to_string(&other).unwrap()).unwrap();
        assert_eq!(reread, other);
        without.added.insert(Slug::parse("gone").unwrap(), 2);
        relabelled.added = without.added.clone();
        relabelled.note_added(&relabelled.clone());
        assert!(relabelled.added.is_empty());
    }

    #[test]
    fn what_a_use_needs_and_is_not_there_is_told() {
        let object_type = stored(json!([field("a"), field("b")]), 1, json!({}));
        let problem = |slug: &str, since: u64, need: FieldNeed| {
            let field = FieldReference { slug: Slug::parse(slug).unwrap(), since };
            let problem = object_type.problem_of(&FieldUse { pointer: "/x".to_owned(), field, need })?;
            assert_eq!(problem.field.as_ref().map(Slug::as_str), Some(slug));
            Some(problem.code)
        };
        for (slug, since, need, code) in [
            ("a", 1, FieldNeed::Searchable, None),
            ("b", 1, FieldNeed::Present, None),
            ("b", 1, FieldNeed::Searchable, Some(TypeProblemCode::FieldNotSearchable)),
            ("b", 2, FieldNeed::Present, Some(TypeProblemCode::FieldGone)),
            ("c", 1, FieldNeed::Present, Some(TypeProblemCode::FieldGone)),
            ("a", 1, FieldNeed::Option("x".to_owned()), None),
            ("a", 1, FieldNeed::Option("y".to_owned()), Some(TypeProblemCode::OptionGone)),
        ] {
            assert_eq!(problem(slug, since, need.clone()), code, "{slug} {since} {need:?}");
        }
    }
}
