//! Validation of new object types.

use base::{
    Error, Fault, Result, Violation,
    id::ObjectTypeId,
    text::{self, Slug},
};
use records::object_type::{Field, SEARCHABLE_MAX, check_fields, check_slugs};
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) const LABEL_LENGTH_MAX: usize = 100;
pub(crate) const FIELDS_MAX: usize = 200;
/// Each is a write more in the transaction of an object, of which DynamoDB takes 100.
const UNIQUE_MAX: usize = 16;
pub(crate) const LABEL_FIELDS_MAX: usize = 5;
/// The most bytes of all fields together, as JSON.
const DEFINITION_SIZE_MAX: usize = 350_000;

/// An object type to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = example())]
pub(crate) struct NewObjectType {
    /// Its name in URLs, unique in the team.
    pub(crate) slug: Slug,
    /// What one is called.
    #[schemars(length(min = 1, max = LABEL_LENGTH_MAX), regex(pattern = text::LABEL_FORM))]
    pub(crate) singular_label: String,
    /// What several are called.
    #[schemars(length(min = 1, max = LABEL_LENGTH_MAX), regex(pattern = text::LABEL_FORM))]
    pub(crate) plural_label: String,
    /// The fields whose values, joined by spaces, name an object.
    #[serde(default)]
    #[schemars(length(max = LABEL_FIELDS_MAX))]
    pub(crate) item_label_fields: Vec<Slug>,
    /// Its fields, in order: at most 16 of them searchable and 16 unique, and 350,000 bytes of JSON together.
    #[serde(default)]
    #[schemars(length(max = FIELDS_MAX))]
    pub(crate) fields: Vec<Field>,
}

/// A type as it may be sent, for the documents.
fn example() -> serde_json::Value {
    serde_json::json!({
        "slug": "customers",
        "singular_label": "Customer",
        "plural_label": "Customers",
        "item_label_fields": ["name"],
        "fields": [
            {"slug": "email", "label": "E-mail", "type": "email", "unique": true, "searchable": true, "required": "always"},
            {"slug": "name", "label": "Name", "type": "name"},
            {"slug": "amount", "label": "Amount", "type": "number", "searchable": true},
            {"slug": "stage", "label": "Stage", "type": "dropdown", "searchable": true, "settings": {"options": ["New", "Won"]}},
        ],
    })
}

impl NewObjectType {
    /// The type, if it keeps to the rules; all faults at once if not.
    pub(crate) fn checked(mut self) -> Result<Self> {
        let mut faults = Vec::new();
        tidy_label(&mut self.singular_label, "/singular_label", &mut faults);
        tidy_label(&mut self.plural_label, "/plural_label", &mut faults);
        check_fields(&mut self.fields, "/fields", &mut faults);
        if ObjectTypeId::parse(self.slug.as_str()).is_some() {
            faults.push(Fault::new(
                "/slug",
                Violation::LooksLikeAnId,
                "A slug must not look like the id of an object type.",
            ));
        }
        check_slugs(&self.fields, "/fields", &mut faults);
        self.check_counts(&mut faults);
        self.check_item_label(&mut faults);
        self.check_size(&mut faults);
        if faults.is_empty() { Ok(self) } else { Err(Error::unprocessable(faults)) }
    }

    fn check_counts(&self, faults: &mut Vec<Fault>) {
        if self.fields.len() > FIELDS_MAX {
            faults.push(Fault::new(
                "/fields",
                Violation::TooMany,
                format!("Give at most {FIELDS_MAX} fields."),
            ));
        }
        if self.fields.iter().filter(|field| field.searchable).count() > SEARCHABLE_MAX {
            let detail = format!("Make at most {SEARCHABLE_MAX} fields searchable.");
            faults.push(Fault::new("/fields", Violation::TooManySearchable, detail));
        }
        if self.fields.iter().filter(|field| field.unique).count() > UNIQUE_MAX {
            let detail = format!("Make at most {UNIQUE_MAX} fields unique.");
            faults.push(Fault::new("/fields", Violation::TooManyUnique, detail));
        }
        if self.item_label_fields.len() > LABEL_FIELDS_MAX {
            let detail = format!("Give at most {LABEL_FIELDS_MAX} fields.");
            faults.push(Fault::new("/item_label_fields", Violation::TooMany, detail));
        }
    }

    fn check_item_label(&self, faults: &mut Vec<Fault>) {
        for (index, slug) in self.item_label_fields.iter().enumerate() {
            let pointer = format!("/item_label_fields/{index}");
            match self.fields.iter().find(|field| field.slug == *slug) {
                None => {
                    faults.push(Fault::new(
                        pointer,
                        Violation::UnknownField,
                        "Name one of the fields of this type.",
                    ));
                }
                Some(field) if !field.r#type.is_simple() => {
                    let detail = "A value of several parts, or one that points at something, is no name.";
                    faults.push(Fault::new(pointer, Violation::NotPossible, detail));
                }
                Some(_) => {}
            }
        }
    }

    fn check_size(&self, faults: &mut Vec<Fault>) {
        let size = serde_json::to_vec(&self.fields).map_or(0, |json| json.len());
        if size > DEFINITION_SIZE_MAX {
            let detail = "All fields together are larger than 350 KB.";
            faults.push(Fault::new("/fields", Violation::TooLarge, detail));
        }
    }
}

fn tidy_label(label: &mut String, pointer: &str, faults: &mut Vec<Fault>) {
    match text::label(pointer, label, LABEL_LENGTH_MAX) {
        Ok(tidy) => *label = tidy,
        Err(fault) => faults.push(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_type_holds_together() {
        let field = |slug: &str| json!({"slug": slug, "label": "A", "type": "text", "searchable": true});
        let fields: Vec<_> = (0..17).map(|n| field(&format!("f{n}"))).chain([field("f0")]).collect();
        let json = json!({"slug": "t", "singular_label": "T", "plural_label": "Ts", "item_label_fields": ["x"], "fields": fields});
        let new: NewObjectType = serde_json::from_str(&json.to_string()).unwrap();
        let problem = new.checked().err().unwrap().problem("");
        let codes: Vec<_> = problem.errors.iter().map(|fault| fault.code).collect();
        assert_eq!(codes, [Violation::SlugTaken, Violation::TooManySearchable, Violation::UnknownField]);
    }

    #[test]
    fn a_label_is_made_of_plain_values() {
        let json = json!({
            "slug": "t", "singular_label": "T", "plural_label": "Ts", "item_label_fields": ["a", "n", "m"],
            "fields": [
                {"slug": "a", "label": "A", "type": "address"},
                {"slug": "n", "label": "N", "type": "autogenerated"},
                {"slug": "m", "label": "M", "type": "money"},
            ],
        });
        let new: NewObjectType = serde_json::from_str(&json.to_string()).unwrap();
        let problem = new.checked().err().unwrap().problem("");
        let faults: Vec<_> =
            problem.errors.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        assert_eq!(faults, [("/item_label_fields/0", Violation::NotPossible)]);
    }
}
