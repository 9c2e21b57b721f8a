//! What handlers tell the OpenAPI 3.1 document about themselves.

#[cfg(feature = "openapi")]
mod document;
#[cfg(feature = "openapi")]
mod nulls;

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

#[cfg(feature = "openapi")]
pub(crate) use document::{Described, document};

/// What a handler takes; it tells the document about itself.
pub trait Input {
    /// Whether it looks at the query: only then may there be one.
    const READS_QUERY: bool = false;
    /// Whether it reads the body.
    const READS_BODY: bool = false;

    /// Adds itself to the operation.
    fn describe(operation: &mut Operation);
}

impl<S> Input for axum::extract::State<S> {
    /// What a function stands on is no part of its contract.
    fn describe(_: &mut Operation) {}
}

/// What a handler answers; it tells the document about itself.
pub trait Output {
    /// Adds itself to the operation.
    fn describe(operation: &mut Operation);
}

/// One operation of the document while it is described.
pub struct Operation {
    generator: SchemaGenerator,
    parameters: Vec<Value>,
    body: Option<Value>,
    answers: Map<String, Value>,
}

impl Operation {
    /// The body that is sent.
    pub fn body<T: JsonSchema>(&mut self) {
        let schema = self.generator.subschema_for::<T>();
        self.body = Some(json!({"required": true, "content": {"application/json": {"schema": schema}}}));
    }

    /// The body that may be sent.
    pub fn optional_body<T: JsonSchema>(&mut self) {
        self.body::<T>();
        if let Some(body) = &mut self.body {
            body["required"] = json!(false);
        }
    }

    /// An answer with a body, and headers that come with it.
    pub fn answer<T: JsonSchema>(&mut self, status: u16, description: &str, headers: &[(&str, &str)]) {
        let schema = self.generator.subschema_for::<T>();
        let mut answer =
            json!({"description": description, "content": {"application/json": {"schema": schema}}});
        if !headers.is_empty() {
            let headers = headers.iter().map(|(name, about)| {
                ((*name).to_owned(), json!({"description": about, "schema": {"type": "string"}}))
            });
            answer["headers"] = headers.collect::<Map<_, _>>().into();
        }
        self.answers.insert(status.to_string(), answer);
    }

    /// That each answer with a body may have this one instead.
    pub fn or<T: JsonSchema>(&mut self) {
        let other = self.generator.subschema_for::<T>();
        for (_, answer) in &mut self.answers {
            if let Some(schema) = answer.pointer_mut("/content/application~1json/schema") {
                *schema = json!({"anyOf": [schema.take(), other]});
            }
        }
    }

    /// An answer without a body.
    pub fn empty_answer(&mut self, status: u16, description: &str) {
        self.answers.insert(status.to_string(), json!({"description": description}));
    }

    /// A header that may be sent.
    pub fn header(&mut self, name: &str, description: &str) {
        let schema = json!({"type": "string"});
        self.parameters
            .push(json!({"name": name, "in": "header", "description": description, "schema": schema}));
    }

    /// A parameter of the query.
    pub fn query_parameter(&mut self, name: &str, description: &str, schema: Value) {
        self.parameters
            .push(json!({"name": name, "in": "query", "description": description, "schema": schema}));
    }

    /// The members of a type as parameters of the query.
    pub fn query<T: JsonSchema>(&mut self) {
        let schema = T::json_schema(&mut self.generator).to_value();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            let mut schema = schema.clone();
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let is_required = required.contains(&json!(name));
            let description = description.unwrap_or_default();
            self.parameters.push(
                json!({"name": name, "in": "query", "required": is_required, "description": description, "schema": schema}),
            );
        }
    }
}
