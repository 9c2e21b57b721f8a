//! The OpenAPI 3.1 document, made from the route tables and the types of the handlers.

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{Operation, nulls};
use crate::{access::Access, error::Problem, permission::Permission};

/// A row of a route table, as far as the document tells of it.
pub(crate) struct Described {
    pub(crate) tag: &'static str,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) access: Access,
    pub(crate) summary: &'static str,
    pub(crate) id: String,
    pub(crate) writes: bool,
    pub(crate) describe: fn(&mut Operation),
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
    let mut document = json!({
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
    });
    nulls::settle(&mut document);
    document
}

fn operation(row: &Described, generator: SchemaGenerator) -> (Value, SchemaGenerator) {
    let mut operation =
        Operation { generator, parameters: path_parameters(&row.path), body: None, answers: Map::new() };
    (row.describe)(&mut operation);
    if row.writes && matches!(row.method.as_str(), "POST" | "PUT" | "PATCH") && row.access != Access::Public {
        operation.header(
            "Idempotency-Key",
            "1 to 255 characters of your own. The same request with the same key within 24 hours gets the first answer again, \
             if that was a success.",
        );
    }
    if row.method == "GET" {
        conditional(&mut operation);
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

/// A read that has an `ETag` can be asked for by it.
fn conditional(operation: &mut Operation) {
    let Some(etag) = operation.answers.get("200").and_then(|answer| answer["headers"].get("ETag")).cloned()
    else {
        return;
    };
    operation.header(
        "If-None-Match",
        "ETags of versions that are known; if it is one of these, the answer is 304.",
    );
    operation.header("If-Match", "ETags of the versions that will do; another version is 412.");
    operation.empty_answer(304, "It is a version that is known.");
    operation.answers["304"]["headers"] = json!({"ETag": etag});
}

fn path_parameters(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect()
}
