//! The OpenAPI 3.1 document, made from the route tables and the types of the handlers.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{access::Access, error::Problem, permission::Permission};

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

/// A row of a route table, as far as the document tells of it.
pub(crate) struct Described {
    pub(crate) tag: &'static str,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) access: Access,
    pub(crate) summary: &'static str,
    pub(crate) id: String,
    pub(crate) describe: fn(&mut Operation),
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

/// The document of these operations.
pub(crate) fn document(operations: Vec<Described>) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<Problem>();
    let mut paths = Map::new();
    for row in operations {
        let (path, method) = (row.path.clone(), row.method.to_lowercase());
        let value;
        (value, generator) = operation(&row, generator);
        paths.entry(path).or_insert_with(|| json!({}))[method] = value;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Engine API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The API of a no-code platform. A personal access token acts for its user in every team the user belongs to.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "responses": {
                "Problem": {
                    "description": "A refusal or a failure (RFC 9457); docs/errors.md lists the codes.",
                    "headers": {"X-Request-Id": {"description": "The id of the request.", "schema": {"type": "string"}}},
                    "content": {"application/problem+json": {"schema": problem}},
                },
            },
            "securitySchemes": {
                "credential": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A personal access token (`ea_pat_…`) or a session (a JWT of the configured OpenID Connect issuer).",
                },
            },
        },
    })
}

fn operation(row: &Described, generator: SchemaGenerator) -> (Value, SchemaGenerator) {
    let mut operation =
        Operation { generator, parameters: path_parameters(&row.path), body: None, answers: Map::new() };
    (row.describe)(&mut operation);
    if matches!(row.method.as_str(), "POST" | "PUT" | "PATCH") && row.access != Access::Public {
        operation.header(
            "Idempotency-Key",
            "1 to 255 characters of your own. The same request with the same key within 24 hours gets the first answer again.",
        );
    }
    let Operation { generator, parameters, body, mut answers } = operation;
    answers.insert("default".to_owned(), json!({"$ref": "#/components/responses/Problem"}));
    let mut value = json!({
        "tags": [row.tag],
        "operationId": row.id,
        "summary": row.summary,
        "description": format!("Access: {}.", row.access.describe()),
        "parameters": parameters,
        "responses": answers,
    });
    if let Some(body) = body {
        value["requestBody"] = body;
    }
    if row.access != Access::Public {
        let scopes: Vec<_> = row.access.permissions().iter().map(Permission::name).collect();
        value["security"] = json!([{"credential": scopes}]);
    }
    (value, generator)
}

fn path_parameters(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect()
}
