//! Whether a condition holds of the values of an object.

use serde_json::value::RawValue;

use super::{FieldCondition, FieldTest, FieldValues, ObjectType, Op, Value, check_value};

impl FieldCondition {
    /// Whether it holds of these values.
    pub fn holds(&self, object_type: &ObjectType, values: &FieldValues) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(object_type, values)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(object_type, values)),
            Self::Test(test) => test.holds(object_type, values),
        }
    }
}

impl FieldTest {
    fn holds(&self, object_type: &ObjectType, values: &FieldValues) -> bool {
        let value = values.get(&self.field);
        let is_same = |other: &RawValue| {
            let field = object_type.field(self.field.as_str());
            let other = field.and_then(|field| check_value(field, "", other).ok().flatten().zip(Some(field)));
            value.zip(other).is_some_and(|(value, (other, field))| field.is_same(value, &other))
        };
        let is = || self.value.as_deref().is_some_and(is_same);
        match self.op {
            Op::Eq => is(),
            Op::Ne => !is(),
            Op::In => self.values().iter().any(|value| is_same(value)),
            Op::Empty => value.is_none(),
            Op::NotEmpty => value.is_some(),
            Op::Checked => value == Some(&Value::Bool(true)),
        }
    }
}
