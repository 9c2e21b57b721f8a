//! Conditions on the values of an object, and the rules of a field that depend on them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    SentValue,
    limits::{CONDITION_DEPTH_MAX, CONDITIONS_MAX, IN_VALUES_MAX},
};
use base::{
    json::{self, Nullable},
    text::Slug,
};

/// Whether an object must have a value.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Required {
    /// It need not.
    #[default]
    Never,
    /// It must.
    Always,
    /// It must while this holds.
    If(FieldCondition),
}

/// Whether a value may be changed once its object is there.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Locked {
    /// It may.
    #[default]
    Never,
    /// Not once there is one.
    OnceSet,
    /// Not while this holds.
    If(FieldCondition),
}

/// Whether a field is there for an object.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Visible {
    /// It is.
    #[default]
    Always,
    /// It is while this holds.
    If(FieldCondition),
}

/// What holds or not of the values that an object has after a write: `{field, op, value}`, or `{all: […]}`, or
/// `{any: […]}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "ConditionJson", into = "ConditionJson")]
pub enum FieldCondition {
    /// All of these hold.
    All(Vec<FieldCondition>),
    /// At least one of these holds.
    Any(Vec<FieldCondition>),
    /// The value of a field is as this says.
    Test(FieldTest),
}

/// What holds or not of the value of one field.
#[derive(Clone, Debug)]
pub struct FieldTest {
    /// The field.
    pub field: Slug,
    /// How its value is looked at.
    pub op: Op,
    /// What it is compared with: a value for `eq` and `ne`, an array of values for `in`, none for the others.
    pub value: Option<Box<RawValue>>,
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ConditionOp")]
pub enum Op {
    /// It is the same.
    Eq,
    /// It is another one, or there is none.
    Ne,
    /// It is one of these.
    In,
    /// There is none.
    Empty,
    /// There is one.
    NotEmpty,
    /// It is true.
    Checked,
}

/// A condition as it is written: `field` and `op` with what `op` needs, or `all`, or `any`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConditionJson {
    /// All of these hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = CONDITIONS_MAX))]
    all: Option<Vec<FieldCondition>>,
    /// At least one of these holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = CONDITIONS_MAX))]
    any: Option<Vec<FieldCondition>>,
    /// The field whose value is compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<Slug>,
    /// How the value is compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    op: Option<Op>,
    /// A value for `eq` and `ne`, an array of values for `in`, none for the others.
    #[serde(default, deserialize_with = "json::nullable", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Nullable<SentValue>")]
    value: Option<Box<RawValue>>,
}

impl FieldCondition {
    /// Whether it looks at one of these fields.
    pub fn looks_at(&self, is_one: &dyn Fn(&Slug) -> bool) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.looks_at(is_one)),
            Self::Test(test) => is_one(&test.field),
        }
    }
}

impl FieldTest {
    /// The values of `in`.
    pub(super) fn values(&self) -> Vec<Box<RawValue>> {
        self.value.as_ref().and_then(|list| serde_json::from_str(list.get()).ok()).unwrap_or_default()
    }
}

impl TryFrom<ConditionJson> for FieldCondition {
    type Error = &'static str;

    fn try_from(written: ConditionJson) -> Result<Self, Self::Error> {
        match written {
            ConditionJson { all: Some(parts), any: None, field: None, op: None, value: None } => {
                Ok(Self::All(parts))
            }
            ConditionJson { all: None, any: Some(parts), field: None, op: None, value: None } => {
                Ok(Self::Any(parts))
            }
            ConditionJson { all: None, any: None, field: Some(field), op: Some(op), value } => {
                Ok(Self::Test(FieldTest { field, op, value }))
            }
            _ => Err("send field and op, or all, or any, and nothing besides"),
        }
    }
}

impl From<FieldCondition> for ConditionJson {
    fn from(condition: FieldCondition) -> Self {
        let none = Self { all: None, any: None, field: None, op: None, value: None };
        match condition {
            FieldCondition::All(parts) => Self { all: Some(parts), ..none },
            FieldCondition::Any(parts) => Self { any: Some(parts), ..none },
            FieldCondition::Test(FieldTest { field, op, value }) => {
                Self { field: Some(field), op: Some(op), value, ..none }
            }
        }
    }
}

impl JsonSchema for FieldCondition {
    fn schema_name() -> Cow<'static, str> {
        "Condition".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = ConditionJson::json_schema(generator);
        let about = format!(
            "A condition: `field` and `op` with what `op` needs, or `all`, or `any`. There are at most {CONDITIONS_MAX} tests in \
             it, {CONDITION_DEPTH_MAX} deep, and {IN_VALUES_MAX} values of `in`."
        );
        schema.insert("description".to_owned(), about.into());
        schema
    }
}
