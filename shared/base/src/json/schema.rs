//! Types that are nothing but a schema of the OpenAPI document.

use schemars::json_schema;
use serde_json::json;

/// Types that are nothing but a schema of the document: name and what makes it.
#[macro_export]
macro_rules! schemas {
    ($($(#[doc = $doc:literal])+ $vis:vis $name:ident = $schema:expr;)+) => { $(
        $(#[doc = $doc])+
        $vis enum $name {}

        impl ::schemars::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                let schema: fn(&mut ::schemars::SchemaGenerator) -> ::schemars::Schema = $schema;
                schema(generator)
            }
        }
    )+ };
}

schemas! {
    /// Whatever a value was or is made of, which may be the definition of a field.
    pub AnyJson = |_| {
        let one = [json!({"type": "string"}), json!({"type": "number"}), json!({"type": "boolean"}), json!({"type": "object"})];
        let list = json!({"type": "array", "items": {"anyOf": one}});
        json_schema!({"anyOf": one.into_iter().chain([list]).collect::<Vec<_>>()})
    };
}
