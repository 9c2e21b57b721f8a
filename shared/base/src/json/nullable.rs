//! Null, where a member takes it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

/// A value or null. A member of any other type takes no null: an `Option` tells that it may be left out.
#[derive(Deserialize)]
#[serde(rename = "$nullable")]
pub struct Nullable<T>(Option<T>);

/// What the type is called where null is read.
pub(super) const NAME: &str = "$nullable";
/// What marks its schema, until the document is finished.
pub const MARK: &str = "x-nullable";

/// Reads a member that may be null, which means the same as to leave it out; for serde's `deserialize_with`.
///
/// # Errors
/// When the member is neither null nor a value of the type.
pub fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Nullable::deserialize(deserializer).map(|Nullable(value)| value)
}

/// Tells a member that is null from one that is absent, for serde's `deserialize_with`.
///
/// # Errors
/// When the member is neither null nor a value of the type.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    nullable(deserializer).map(Some)
}

impl<T: JsonSchema> JsonSchema for Nullable<T> {
    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = generator.subschema_for::<Option<T>>();
        schema.insert(MARK.to_owned(), true.into());
        schema
    }
}
