//! The OpenAPI 3.1 document, made from the route tables and the types of the handlers.

use std::collections::BTreeSet;

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{forms, nulls, refusals, row::Described};
use crate::{
    extract::if_match::{IfMatch, VERSIONS_MAX},
    idempotency::KEY_LENGTH_MAX,
    openapi::Operation,
};
use base::{access::Access, error::Problem, id::TeamId, permission::Permission};

/// The document of these operations.
pub(super) fn document(operations: &[Described]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<Problem>().to_value();
    let (mut paths, mut tags, mut refused) = (Map::new(), Vec::new(), BTreeSet::new());
    for row in operations {
        let tag = json!({"name": row.tag, "description": row.about});
        if !tags.contains(&tag) {
            tags.push(tag);
        }
        let value;
        (value, generator) = operation(row, generator, &mut refused);
        paths.entry(row.path.clone()).or_insert_with(|| json!({}))[row.method.to_lowercase()] = value;
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": info(),
        "servers": [{"url": "/", "description": "Where this document was read."}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "responses": refusals::components(&problem, &refused),
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
    forms::settle(&mut document);
    document
}

fn info() -> Value {
    json!({
        "title": "Engine API",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "The API of a no-code platform. A personal access token acts for its user in every team the user belongs to.",
        "contact": {"name": "Whoever runs this installation"},
        "license": {"name": "Proprietary", "identifier": "LicenseRef-Proprietary"},
    })
}

fn operation(
    row: &Described,
    generator: SchemaGenerator,
    refused: &mut BTreeSet<u16>,
) -> (Value, SchemaGenerator) {
    let mut operation = Operation {
        generator,
        parameters: Vec::new(),
        body: None,
        answers: Map::new(),
        refusals: refusals::of_row(row),
    };
    if row.path.contains("/{team}") {
        let schema = operation.generator.subschema_for::<TeamId>().to_value();
        operation.parameter("path", "team", (true, "The team."), schema);
    }
    (row.describe)(&mut operation);
    if row.takes_idempotency_key() {
        let about = "A text of your own. The same request with the same key within 24 hours gets the first answer again, if that \
                     was a success.";
        let schema = json!({"type": "string", "minLength": 1, "maxLength": KEY_LENGTH_MAX});
        operation.header("Idempotency-Key", about, schema);
    }
    if row.method == "GET" {
        conditional(&mut operation);
    }
    let Operation { generator, parameters, body, mut answers, refusals } = operation;
    answers.extend(refusals::answers(&refusals));
    refused.extend(refusals);
    let mut value = json!({
        "tags": [row.tag],
        "operationId": row.id,
        "summary": row.summary,
        "description": format!("Access: {}.", row.access.describe()),
        "parameters": parameters,
        "responses": answers,
        "security": [],
    });
    if let Some(body) = body {
        value["requestBody"] = body;
    }
    if row.access != Access::Public {
        value["security"] = json!([{"credential": []}]);
        let permissions = row.access.permissions();
        if !permissions.is_empty() {
            let names: Vec<_> = permissions.iter().map(Permission::name).collect();
            value["x-permissions"] = json!(names);
        }
    }
    (value, generator)
}

/// A read that has an `ETag` can be asked for by it.
fn conditional(operation: &mut Operation) {
    let Some(etag) = operation.answers.get("200").and_then(|answer| answer["headers"].get("ETag")).cloned()
    else {
        return;
    };
    let known = "ETags of versions that are known; if it is one of these, the answer is 304.";
    operation.header("If-None-Match", known, IfMatch::schema());
    let expected =
        format!("ETags of the versions that will do, at most {VERSIONS_MAX}; another version is 412.");
    operation.header("If-Match", &expected, IfMatch::schema());
    operation.refuses(&[412]);
    operation.empty_answer(304, "It is a version that is known.");
    operation.answers["304"]["headers"] = json!({"ETag": etag});
}
