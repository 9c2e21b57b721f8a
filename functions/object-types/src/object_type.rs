//! Which object types may be made.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::to_raw_value;
use shared::{
    Error, Fault, Result,
    id::ObjectTypeId,
    object_type::{Field, FieldType, SEARCHABLE_MAX, Settings, check_value},
    text::{self, Slug},
};

const LABEL_LENGTH_MAX: usize = 100;
const FIELDS_MAX: usize = 200;
/// Each is a write more in the transaction of an object, of which DynamoDB takes 100.
const UNIQUE_MAX: usize = 16;
const LABEL_FIELDS_MAX: usize = 5;
const OPTIONS_MAX: usize = 500;
const OPTION_LENGTH_MAX: usize = 100;
/// The most that `settings.max_length` may ask for.
const LENGTH_MAX: usize = 50_000;

/// An object type to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewObjectType {
    /// Its name in URLs, unique in the team.
    pub(crate) slug: Slug,
    /// What one is called.
    pub(crate) singular_label: String,
    /// What several are called.
    pub(crate) plural_label: String,
    /// The fields whose values, joined by spaces, name an object; at most five.
    #[serde(default)]
    pub(crate) item_label_fields: Vec<Slug>,
    /// Its fields, in order; at most 200.
    #[serde(default)]
    pub(crate) fields: Vec<Field>,
}

impl NewObjectType {
    /// The type, if it keeps to the rules; all faults at once if not.
    pub(crate) fn checked(mut self) -> Result<Self> {
        let mut faults = Vec::new();
        tidy_label(&mut self.singular_label, "/singular_label", &mut faults);
        tidy_label(&mut self.plural_label, "/plural_label", &mut faults);
        for (place, field) in self.fields.iter_mut().enumerate() {
            let pointer = format!("/fields/{place}");
            tidy_label(&mut field.label, &format!("{pointer}/label"), &mut faults);
            check_field(field, &pointer, &mut faults);
        }
        if ObjectTypeId::parse(self.slug.as_str()).is_some() {
            faults.push(Fault::new(
                "/slug",
                "looks_like_an_id",
                "A slug must not look like the id of an object type.",
            ));
        }
        self.check_slugs(&mut faults);
        self.check_counts(&mut faults);
        self.check_item_label(&mut faults);
        if faults.is_empty() { Ok(self) } else { Err(Error::unprocessable(faults)) }
    }

    fn check_slugs(&self, faults: &mut Vec<Fault>) {
        let mut seen = HashSet::new();
        for (place, field) in self.fields.iter().enumerate() {
            if !seen.insert(&field.slug) {
                let pointer = format!("/fields/{place}/slug");
                faults.push(Fault::new(
                    pointer,
                    "slug_taken",
                    "Another field of this type has this slug already.",
                ));
            }
        }
    }

    fn check_counts(&self, faults: &mut Vec<Fault>) {
        if self.fields.len() > FIELDS_MAX {
            faults.push(Fault::new("/fields", "too_many", format!("Give at most {FIELDS_MAX} fields.")));
        }
        if self.fields.iter().filter(|field| field.searchable).count() > SEARCHABLE_MAX {
            let detail = format!("Make at most {SEARCHABLE_MAX} fields searchable.");
            faults.push(Fault::new("/fields", "too_many_searchable", detail));
        }
        if self.fields.iter().filter(|field| field.unique).count() > UNIQUE_MAX {
            let detail = format!("Make at most {UNIQUE_MAX} fields unique.");
            faults.push(Fault::new("/fields", "too_many_unique", detail));
        }
        if self.item_label_fields.len() > LABEL_FIELDS_MAX {
            let detail = format!("Give at most {LABEL_FIELDS_MAX} fields.");
            faults.push(Fault::new("/item_label_fields", "too_many", detail));
        }
    }

    fn check_item_label(&self, faults: &mut Vec<Fault>) {
        for (place, slug) in self.item_label_fields.iter().enumerate() {
            if !self.fields.iter().any(|field| field.slug == *slug) {
                let pointer = format!("/item_label_fields/{place}");
                faults.push(Fault::new(pointer, "unknown_field", "Name one of the fields of this type."));
            }
        }
    }
}

fn tidy_label(label: &mut String, pointer: &str, faults: &mut Vec<Fault>) {
    match text::name(pointer, label, LABEL_LENGTH_MAX) {
        Ok(tidy) => *label = tidy,
        Err(fault) => faults.push(fault),
    }
}

fn check_field(field: &Field, pointer: &str, faults: &mut Vec<Fault>) {
    let found = faults.len();
    check_settings(field, pointer, faults);
    if field.unique && !can_be_unique(field.r#type) {
        let detail = "Fields of this type cannot be unique; text, name, email, number and date fields can.";
        faults.push(Fault::new(format!("{pointer}/unique"), "not_possible", detail));
    }
    if field.searchable && field.r#type == FieldType::Textarea {
        let detail = "A textarea cannot be searchable: an index holds no long texts.";
        faults.push(Fault::new(format!("{pointer}/searchable"), "not_possible", detail));
    }
    // A default is judged by the settings, so these must be sound.
    if faults.len() == found {
        faults.extend(default_fault(field, &format!("{pointer}/default")));
    }
}

fn check_settings(field: &Field, pointer: &str, faults: &mut Vec<Fault>) {
    let Settings { max_length, options, precision } = &field.settings;
    let belongs = |name: &str, is_set: bool, types: &[FieldType], faults: &mut Vec<Fault>| {
        if is_set && !types.contains(&field.r#type) {
            let detail = "A field of this type has no such setting.";
            faults.push(Fault::new(format!("{pointer}/settings/{name}"), "not_possible", detail));
        }
    };
    belongs(
        "max_length",
        max_length.is_some(),
        &[FieldType::Text, FieldType::Textarea, FieldType::Name],
        faults,
    );
    belongs("options", options.is_some(), &[FieldType::Dropdown], faults);
    belongs("precision", precision.is_some(), &[FieldType::Date], faults);
    if max_length.is_some_and(|length| !(1..=LENGTH_MAX).contains(&length)) {
        let detail = format!("Give 1 to {LENGTH_MAX}.");
        faults.push(Fault::new(format!("{pointer}/settings/max_length"), "out_of_range", detail));
    }
    if field.r#type == FieldType::Dropdown {
        check_options(options.as_deref().unwrap_or_default(), &format!("{pointer}/settings/options"), faults);
    }
}

fn check_options(options: &[String], pointer: &str, faults: &mut Vec<Fault>) {
    if !(1..=OPTIONS_MAX).contains(&options.len()) {
        faults.push(Fault::new(pointer, "out_of_range", format!("Give 1 to {OPTIONS_MAX} options.")));
    }
    let mut seen = HashSet::new();
    for (place, option) in options.iter().enumerate() {
        let pointer = format!("{pointer}/{place}");
        match text::name(&pointer, option, OPTION_LENGTH_MAX) {
            Err(fault) => faults.push(fault),
            Ok(tidy) if tidy != *option => {
                faults.push(Fault::new(
                    pointer,
                    "not_tidy",
                    "Leave out spaces around it, and compose its letters (NFC).",
                ));
            }
            Ok(_) if !seen.insert(option) => {
                faults.push(Fault::new(pointer, "duplicate", "This option stands in the list twice."));
            }
            Ok(_) => {}
        }
    }
}

fn default_fault(field: &Field, pointer: &str) -> Option<Fault> {
    let default = field.default.as_ref()?;
    if field.unique {
        let detail = "A unique field cannot have a default: the second object would break the rule.";
        return Some(Fault::new(pointer, "not_possible", detail));
    }
    let raw = to_raw_value(default).ok()?;
    check_value(field, pointer, &raw).err()
}

fn can_be_unique(r#type: FieldType) -> bool {
    match r#type {
        FieldType::Text | FieldType::Name | FieldType::Email | FieldType::Number | FieldType::Date => true,
        FieldType::Textarea | FieldType::Dropdown | FieldType::Checkbox => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn faults(field: &Value) -> Vec<(String, &'static str)> {
        let json =
            json!({"slug": "t", "singular_label": "T", "plural_label": "Ts", "fields": [field]}).to_string();
        let new: NewObjectType = serde_json::from_str(&json).unwrap();
        match new.checked() {
            Ok(_) => Vec::new(),
            Err(error) => {
                error.problem("").errors.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
            }
        }
    }

    #[test]
    fn sound_fields_pass() {
        for field in [
            json!({"slug": "a", "label": "A", "type": "text", "settings": {"max_length": 10}, "default": "x"}),
            json!({"slug": "a", "label": "A", "type": "email", "unique": true, "searchable": true, "required": "always"}),
            json!({"slug": "a", "label": "A", "type": "dropdown", "settings": {"options": ["x", "X"]}, "default": "X"}),
            json!({"slug": "a", "label": "A", "type": "date", "settings": {"precision": "date-time"}}),
            json!({"slug": "a", "label": "A", "type": "number", "default": 1.50}),
        ] {
            assert_eq!(faults(&field), [], "{field}");
        }
    }

    #[test]
    fn each_fault_has_its_place() {
        for (field, pointer, code) in [
            (json!({"slug": "a", "label": "", "type": "text"}), "/fields/0/label", "required"),
            (
                json!({"slug": "a", "label": "A", "type": "checkbox", "unique": true}),
                "/fields/0/unique",
                "not_possible",
            ),
            (
                json!({"slug": "a", "label": "A", "type": "textarea", "searchable": true}),
                "/fields/0/searchable",
                "not_possible",
            ),
            (
                json!({"slug": "a", "label": "A", "type": "dropdown"}),
                "/fields/0/settings/options",
                "out_of_range",
            ),
            (
                json!({"slug": "a", "label": "A", "type": "text", "settings": {"options": ["x"]}}),
                "/fields/0/settings/options",
                "not_possible",
            ),
            (
                json!({"slug": "a", "label": "A", "type": "dropdown", "settings": {"options": ["x", "x"]}}),
                "/fields/0/settings/options/1",
                "duplicate",
            ),
            (
                json!({"slug": "a", "label": "A", "type": "dropdown", "settings": {"options": [" x"]}}),
                "/fields/0/settings/options/0",
                "not_tidy",
            ),
            (
                json!({"slug": "a", "label": "A", "type": "text", "settings": {"max_length": 0}}),
                "/fields/0/settings/max_length",
                "out_of_range",
            ),
            (
                json!({"slug": "a", "label": "A", "type": "number", "default": "x"}),
                "/fields/0/default",
                "wrong_type",
            ),
            (
                json!({"slug": "a", "label": "A", "type": "email", "unique": true, "default": "a@b.de"}),
                "/fields/0/default",
                "not_possible",
            ),
        ] {
            assert_eq!(faults(&field), [(pointer.to_owned(), code)], "{field}");
        }
    }

    #[test]
    fn a_type_holds_together() {
        let field = |slug: &str| json!({"slug": slug, "label": "A", "type": "text", "searchable": true});
        let fields: Vec<_> = (0..17).map(|n| field(&format!("f{n}"))).chain([field("f0")]).collect();
        let json = json!({"slug": "t", "singular_label": "T", "plural_label": "Ts", "item_label_fields": ["x"], "fields": fields});
        let new: NewObjectType = serde_json::from_str(&json.to_string()).unwrap();
        let problem = new.checked().err().unwrap().problem("");
        let codes: Vec<_> = problem.errors.iter().map(|fault| fault.code).collect();
        assert_eq!(codes, ["slug_taken", "too_many_searchable", "unknown_field"]);
    }
}
