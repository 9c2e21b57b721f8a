//! The properties of a resource, and what has changed of them.

use std::collections::BTreeMap;

use base::Result;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::FieldChange;

/// The properties of a resource by name, as exact JSON.
pub type Properties = BTreeMap<String, Box<RawValue>>;

/// The properties of a resource.
///
/// # Errors
/// 500: a resource can always be written.
pub fn properties(resource: &impl Serialize) -> Result<Properties> {
    let text = serde_json::to_string(resource).map_err(anyhow::Error::from)?;
    Ok(serde_json::from_str(&text).map_err(anyhow::Error::from)?)
}

/// The changes of the named properties, each given with its label. For a new resource that is all of them that
/// it has.
pub fn property_changes(
    old: Option<&Properties>,
    new: &Properties,
    named: &[(&str, &str)],
) -> Vec<FieldChange> {
    let part = |properties: Option<&Properties>, slug: &str| {
        properties.and_then(|properties| properties.get(slug)).filter(|part| part.get() != "null").cloned()
    };
    let change = |(slug, label): &(&str, &str)| {
        let (old, new) = (part(old, slug), part(Some(new), slug));
        let is_same = old.as_ref().map(|part| part.get()) == new.as_ref().map(|part| part.get());
        (!is_same).then(|| FieldChange { old, new, ..FieldChange::new(*slug, *label) })
    };
    named.iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_changed_property_has_both_values() {
        let named = [("name", "Name"), ("days", "Days"), ("same", "Same")];
        let old = properties(&json!({"name": "A", "days": 3, "same": [1], "other": 1})).unwrap();
        let new = properties(&json!({"name": "B", "days": null, "same": [1], "other": 2})).unwrap();
        let told = serde_json::to_string(&property_changes(Some(&old), &new, &named)).unwrap();
        assert_eq!(
            told,
            r#"[{"slug":"name","label":"Name","old":"A","new":"B"},{"slug":"days","label":"Days","old":3,"new":null}]"#
        );
        let told = serde_json::to_string(&property_changes(None, &new, &named)).unwrap();
        assert_eq!(
            told,
            r#"[{"slug":"name","label":"Name","old":null,"new":"B"},{"slug":"same","label":"Same","old":null,"new":[1]}]"#
        );
    }
}
