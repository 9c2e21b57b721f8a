//! Which changes of a type and of its fields may be made.

use base::{
    Error, Fault, Result, Violation,
    change::is_same,
    json::{self, Nullable},
    text::{self, Slug},
};
use records::object_type::{
    FIELD_LABEL_LENGTH_MAX, Field, FieldType, Locked, ObjectType, Required, SentValue, Settings,
    StoredObjectType, Visible,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::object_type::{FIELDS_MAX, LABEL_FIELDS_MAX, LABEL_LENGTH_MAX, NewObjectType};

/// What changes of a type. Absent leaves as it is.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TypePatch {
    /// Another name in URLs. The old one is free for others after a minute.
    slug: Option<Slug>,
    /// What one is called.
    #[schemars(length(min = 1, max = LABEL_LENGTH_MAX), regex(pattern = text::LABEL_FORM))]
    singular_label: Option<String>,
    /// What several are called.
    #[schemars(length(min = 1, max = LABEL_LENGTH_MAX), regex(pattern = text::LABEL_FORM))]
    plural_label: Option<String>,
    /// The fields whose values, joined by spaces, name an object.
    #[schemars(length(max = LABEL_FIELDS_MAX))]
    item_label_fields: Option<Vec<Slug>>,
    /// The fields, each once, in their new order.
    #[schemars(length(max = FIELDS_MAX))]
    fields_order: Option<Vec<Slug>>,
}

/// A type to be made like another one, without its objects.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Duplicate {
    /// Its name in URLs, unique in the team.
    slug: Slug,
    /// What one is called, if not the same.
    #[schemars(length(min = 1, max = LABEL_LENGTH_MAX), regex(pattern = text::LABEL_FORM))]
    singular_label: Option<String>,
    /// What several are called, if not the same.
    #[schemars(length(min = 1, max = LABEL_LENGTH_MAX), regex(pattern = text::LABEL_FORM))]
    plural_label: Option<String>,
}

/// What changes of a field. Absent leaves as it is; `settings` are changed as a whole.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldPatch {
    /// What people call it.
    #[schemars(length(min = 1, max = FIELD_LABEL_LENGTH_MAX), regex(pattern = text::LABEL_FORM))]
    label: Option<String>,
    /// What it holds is fixed: only the same may be sent.
    r#type: Option<FieldType>,
    /// What the value means, in a word; null for none.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<Slug>")]
    semantics: Option<Option<Slug>>,
    /// Whether it can be filtered and sorted by, once its index is ready.
    searchable: Option<bool>,
    /// Whether no two objects may have the same value.
    unique: Option<bool>,
    /// Whether an object must have a value.
    required: Option<Required>,
    /// Whether a value may be changed.
    locked: Option<Locked>,
    /// Whether the field is there.
    visible: Option<Visible>,
    /// What an object is created with if nothing is given; null for none.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<SentValue>")]
    default: Option<Option<Box<RawValue>>>,
    /// What belongs to the type.
    settings: Option<Settings>,
}

/// A type as a change would have it, and the field that the change is about.
pub(crate) struct Draft {
    pub(crate) object_type: ObjectType,
    pub(crate) field: Option<Slug>,
}

impl Draft {
    /// Whether it changes nothing, and starts nothing: objects that stood in the way of a migration may be
    /// mended by now, and the same field sent again starts it anew.
    pub(crate) fn is_nothing(&self, old: &StoredObjectType) -> bool {
        let migration = self.field.as_ref().and_then(|slug| old.migrations.get(slug));
        is_same(&old.object_type, &self.object_type)
            && migration.is_none_or(|migration| migration.conflicts.is_none())
    }
}

impl TypePatch {
    /// The type with these changes, if it keeps to the rules.
    pub(crate) fn draft(self, old: &ObjectType) -> Result<Draft> {
        let mut new = old.clone();
        let Self { slug, singular_label, plural_label, item_label_fields, fields_order } = self;
        new.slug = slug.unwrap_or(new.slug);
        new.singular_label = singular_label.unwrap_or(new.singular_label);
        new.plural_label = plural_label.unwrap_or(new.plural_label);
        new.item_label_fields = item_label_fields.unwrap_or(new.item_label_fields);
        let mut faults = Vec::new();
        if let Some(order) = fields_order {
            let index = |field: &Field| order.iter().position(|slug| *slug == field.slug);
            let is_whole =
                order.len() == new.fields.len() && new.fields.iter().all(|field| index(field).is_some());
            if !is_whole {
                let detail = "Name each field of the type, and each once.";
                faults.push(Fault::new("/fields_order", Violation::NotTheFields, detail));
            }
            new.fields.sort_by_key(|field| index(field));
        }
        Ok(Draft { object_type: checked(new, None, faults)?, field: None })
    }
}

impl Duplicate {
    /// The type to be made.
    pub(crate) fn of(self, old: &ObjectType) -> Result<NewObjectType> {
        let new = NewObjectType {
            slug: self.slug,
            singular_label: self.singular_label.unwrap_or_else(|| old.singular_label.clone()),
            plural_label: self.plural_label.unwrap_or_else(|| old.plural_label.clone()),
            item_label_fields: old.item_label_fields.clone(),
            fields: old.fields.clone(),
        };
        new.checked()
    }
}

impl FieldPatch {
    /// The type with this field changed, if it keeps to the rules.
    pub(crate) fn draft(self, old: &ObjectType, slug: &str) -> Result<Draft> {
        let mut new = old.clone();
        let index = index_of(old, slug)?;
        let field = &mut new.fields[index];
        let faults = self.fixed_faults(field);
        self.apply(field);
        *field = field.clone().keeping(&old.fields[index], old);
        let slug = field.slug.clone();
        Ok(Draft { object_type: checked(new, Some(index), faults)?, field: Some(slug) })
    }

    /// The faults of changing what cannot change: values are kept in the form of the type, point at objects of one
    /// type, and have been numbered from the start.
    fn fixed_faults(&self, old: &Field) -> Vec<Fault> {
        let fixed = |pointer: &str, detail: &str| Fault::new(pointer, Violation::TypeFixed, detail);
        let mut faults = Vec::new();
        if self.r#type.is_some_and(|r#type| r#type != old.r#type) {
            let detail = "The type of a field is fixed: add another field, and move the values.";
            faults.push(fixed("/type", detail));
        }
        if let Some(settings) = &self.settings {
            if settings.object_type != old.settings.object_type {
                let detail = "What a relationship points at is fixed: add another field.";
                faults.push(fixed("/settings/object_type", detail));
            }
            if settings.first_number() != old.settings.first_number() {
                let detail = "Where the numbers start is fixed: none may be given twice.";
                faults.push(fixed("/settings/start", detail));
            }
        }
        faults
    }

    fn apply(self, field: &mut Field) {
        macro_rules! put {
            ($($member:ident)*) => { $(if let Some(value) = self.$member { field.$member = value; })* };
        }
        put!(label semantics searchable unique required locked visible default settings);
    }
}

/// The type with one more field, if it keeps to the rules.
pub(crate) fn added(old: &ObjectType, field: Field) -> Result<Draft> {
    let (mut new, slug) = (old.clone(), field.slug.clone());
    new.fields.push(field);
    let index = new.fields.len() - 1;
    Ok(Draft { object_type: checked(new, Some(index), Vec::new())?, field: Some(slug) })
}

/// The type without a field, if nothing else needs it.
pub(crate) fn removed(old: &ObjectType, slug: &str) -> Result<Draft> {
    let mut new = old.clone();
    let field = new.fields.remove(index_of(old, slug)?);
    Ok(Draft { object_type: checked(new, None, Vec::new())?, field: Some(field.slug) })
}

fn index_of(object_type: &ObjectType, slug: &str) -> Result<usize> {
    let index = object_type.fields.iter().position(|field| field.slug.as_str() == slug);
    index.ok_or_else(|| Error::not_found("field"))
}

/// The type, tidied, if it is one that could be made. The faults of the field at that place are told as those of the
/// body.
fn checked(new: ObjectType, index: Option<usize>, mut faults: Vec<Fault>) -> Result<ObjectType> {
    let whole = NewObjectType {
        slug: new.slug.clone(),
        singular_label: new.singular_label.clone(),
        plural_label: new.plural_label.clone(),
        item_label_fields: new.item_label_fields.clone(),
        fields: new.fields.clone(),
    };
    match whole.checked() {
        Ok(whole) if faults.is_empty() => {
            let NewObjectType { slug, singular_label, plural_label, item_label_fields, fields } = whole;
            Ok(ObjectType { slug, singular_label, plural_label, item_label_fields, fields, ..new })
        }
        outcome => {
            let found = outcome.err().map(|error| error.faults().to_vec()).unwrap_or_default();
            let prefix = index.map(|index| format!("/fields/{index}/"));
            let in_body =
                |fault: Fault| match prefix.as_ref().and_then(|prefix| fault.pointer.strip_prefix(prefix)) {
                    Some(rest) => Fault { pointer: format!("/{rest}"), ..fault },
                    None => fault,
                };
            faults.extend(found.into_iter().map(in_body));
            Err(Error::unprocessable(faults))
        }
    }
}
