//! The handler of each route.

use std::borrow::Cow;

use api::{
    extract::{Json, StagePath},
    manifest::Manifest,
    openapi::{Operation, Output},
};
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use base::{Permission, Result};
use schemars::{JsonSchema, json_schema};
use serde::Serialize;
use serde_json::Value;

/// The server in the document, if the API stands at the root of its host.
const SERVER: &str = "\"url\": \"/\"";

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
    /// What it allows to do.
    description: &'static str,
    /// What whoever has it alone gets to see.
    sees: &'static str,
    /// Whether there is a route that needs it. Some wait for the family that they belong to.
    in_use: bool,
}

/// The answer to those who ask whether anybody is there.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Health {
    /// Always `ok`; another answer does not come.
    status: &'static str,
}

pub(crate) async fn permissions() -> Result<Json<Catalogue>> {
    let in_use = Manifest::permissions_in_use()?;
    let entry = |permission: &Permission| Entry {
        name: permission.name(),
        description: permission.description(),
        sees: permission.sees(),
        in_use: in_use.contains(*permission),
    };
    let groups = Permission::ALL
        .chunk_by(|a, b| a.group() == b.group())
        .map(|group| Group { label: group[0].group(), permissions: group.iter().map(entry).collect() });
    Ok(Json(Catalogue { groups: groups.collect() }))
}

pub(crate) async fn health() -> Result<Json<Health>> {
    Ok(Json(Health { status: "ok" }))
}

pub(crate) async fn openapi(StagePath(stage): StagePath) -> Result<Document> {
    Ok(Document { stage })
}

/// The OpenAPI document, as the route tables generated it, with the server that it is read from.
pub(crate) struct Document {
    stage: String,
}

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        let document = include_str!("../../../docs/reference/openapi.json");
        let document = match self.stage.as_str() {
            "" => Cow::Borrowed(document),
            stage => Cow::Owned(document.replacen(SERVER, &format!("\"url\": {}", Value::from(stage)), 1)),
        };
        ([(header::CONTENT_TYPE, json)], document).into_response()
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
