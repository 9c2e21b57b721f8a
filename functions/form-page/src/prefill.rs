//! What stands in a form at first: the defaults of its fields, and what the link to it says. What a link says wrongly is told beside
//! its field, and blocks nothing.

use std::collections::BTreeSet;

use form::{FilledIn, Form, Progress, posted};
use records::object_type::{Field, ObjectType};

use crate::inputs::{Inputs, field_of, inputs_of};

/// What stands before the slug of a field in a link.
const PREFILL: &str = "prefill_";
/// What stands before the name of a parameter in an input.
pub(crate) const PARAMS: &str = "_params.";

/// What stands in a form at first, and the fields that the link has a value for which they do not take.
pub(crate) fn prefilled(form: &Form, object_type: &ObjectType, query: &Inputs) -> (Inputs, BTreeSet<String>) {
    let (mut inputs, mut refused) = (Inputs::new(), BTreeSet::new());
    let names: Vec<&str> = form.params().collect();
    let params = query.iter().filter(|(name, _)| names.contains(&name.as_str()));
    inputs.extend(params.map(|(name, text)| (format!("{PARAMS}{name}"), text.clone())));
    let progress = Progress::new(form, object_type, &FilledIn::default());
    for (_, item, _) in form.items() {
        let field = item.field.as_ref().and_then(|slug| object_type.field(slug.as_str()));
        let Some(field) = field else { continue };
        let of_link = if item.prefill { of_link(field, query) } else { Inputs::new() };
        let (filled_in, _) = posted(object_type, of_link.clone());
        let is_taken = filled_in.fields.iter().all(|(slug, value)| progress.takes(slug, value));
        if !is_taken {
            refused.insert(field.slug.to_string());
        }
        let given = filled_in.fields.values().next().filter(|_| is_taken);
        let default = item.default.as_ref().or(field.default.as_ref());
        // A value stands in its input as it is read, which of a moment is not as it was written.
        let value = given.or(default).and_then(|value| serde_json::from_str(value.get()).ok());
        inputs.extend(value.map(|value| inputs_of(field, field.slug.as_str(), &value)).unwrap_or_default());
    }
    (inputs, refused)
}

/// The inputs that a link has for a field.
fn of_link(field: &Field, query: &Inputs) -> Inputs {
    let named = query.iter().filter_map(|(name, text)| Some((name.strip_prefix(PREFILL)?, text)));
    let own = named.filter(|(name, _)| field_of(name) == field.slug.as_str());
    own.map(|(name, text)| (name.to_owned(), text.clone())).collect()
}
