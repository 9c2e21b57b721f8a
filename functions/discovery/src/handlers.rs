//! The handler of each route.

use api::{
    extract::Json,
    openapi::{Operation, Output},
};
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use base::{Permission, Result};
use schemars::{JsonSchema, json_schema};
use serde::Serialize;

/// The catalogue of permissions.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Catalogue {
    /// The groups, in order.
    groups: Vec<Group>,
}

/// Permissions that belong together.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Group {
    /// The heading.
    label: &'static str,
    /// The permissions, in order.
    permissions: Vec<Entry>,
}

/// One permission.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PermissionEntry")]
pub(crate) struct Entry {
    /// Its name.
    name: &'static str,
    /// What it allows.
    description: &'static str,
}

/// The answer to those who ask whether anybody is there.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Health {
    /// Always `ok`; another answer does not come.
    status: &'static str,
}

pub(crate) async fn permissions() -> Result<Json<Catalogue>> {
    let groups = Permission::ALL.chunk_by(|a, b| a.group() == b.group()).map(|group| Group {
        label: group[0].group(),
        permissions: group.iter().map(|p| Entry { name: p.name(), description: p.description() }).collect(),
    });
    Ok(Json(Catalogue { groups: groups.collect() }))
}

pub(crate) async fn health() -> Result<Json<Health>> {
    Ok(Json(Health { status: "ok" }))
}

pub(crate) async fn openapi() -> Result<Document> {
    Ok(Document)
}

/// The OpenAPI document, as the route tables generated it.
pub(crate) struct Document;

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, json)], include_str!("../../../docs/openapi.json")).into_response()
    }
}

impl Output for Document {
    fn describe(operation: &mut Operation) {
        let schema = json_schema!({
            "type": "object",
            "properties": {
                "openapi": {"type": "string"},
                "info": {"type": "object"},
                "paths": {"type": "object"},
            },
            "required": ["openapi", "info", "paths"],
        });
        operation.answer_as(200, "An OpenAPI 3.1 document.", ("application/json", schema.to_value()), &[]);
    }
}
