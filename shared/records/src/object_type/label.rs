//! The label of an object, which names it for people.

use super::{FieldValues, ObjectType, Value};

/// The most characters of a label; the fields hold the whole.
const LABEL_LENGTH_MAX: usize = 200;

impl ObjectType {
    /// What an object of these values is called: the values of the fields that name it. None, if they are empty.
    pub fn label_of(&self, values: &FieldValues) -> Option<String> {
        let named = self.item_label_fields.iter().filter_map(|slug| values.get(slug));
        let label = named.map(Value::display).collect::<Vec<_>>().join(" ");
        let label: String = label.chars().take(LABEL_LENGTH_MAX).collect();
        (!label.is_empty()).then_some(label)
    }
}
