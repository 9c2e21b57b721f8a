//! The refusals of an operation: which statuses they have, and what they look like.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::row::Described;
use base::{access::Access, error::Code};

/// The statuses that follow from the row of the table alone.
pub(super) fn of_row(row: &Described) -> BTreeSet<u16> {
    // Any query may have a parameter that there is not, any body may be too large, and anything may be busy or broken.
    let mut statuses = BTreeSet::from([400, 413, 429, 500, 503]);
    if row.access != Access::Public {
        statuses.insert(401);
    }
    let is_everybody_s = matches!(row.access, Access::Public | Access::Anyone);
    if !is_everybody_s || row.path.contains("/{team}") {
        statuses.insert(403);
    }
    if row.path.contains('{') {
        statuses.insert(404);
    }
    if row.access != Access::Public && row.method != "GET" {
        // The state of the thing may not allow it, or a request with the same Idempotency-Key is still running.
        statuses.insert(409);
    }
    if row.takes_idempotency_key() {
        statuses.insert(422);
    }
    if row.writes {
        // Of a path that takes no body too: what was sent may be more than nothing.
        statuses.insert(415);
    }
    statuses.extend(row.refusals);
    statuses
}

/// The answers with these statuses, which stand in the document once.
pub(super) fn answers(statuses: &BTreeSet<u16>) -> impl Iterator<Item = (String, Value)> + '_ {
    statuses.iter().map(|status| {
        (status.to_string(), json!({"$ref": format!("#/components/responses/{}", name(*status))}))
    })
}

/// All refusals that operations point at.
pub(super) fn components(problem: &Value, used: &BTreeSet<u16>) -> Map<String, Value> {
    used.iter().map(|status| (name(*status), component(*status, problem))).collect()
}

fn component(status: u16, problem: &Value) -> Value {
    let codes = Code::ALL.iter().filter(|code| code.status() == status);
    let codes: Vec<_> = codes.map(|code| format!("- `{}`:{}", code.name(), code.meaning())).collect();
    let mut headers = Map::new();
    let mut header = |name: &str, about: &str, kind: &str| {
        headers.insert(name.to_owned(), json!({"description": about, "schema": {"type": kind}}));
    };
    header("X-Request-Id", "The id of the request, to quote when you ask for help.", "string");
    if status == 401 {
        header("WWW-Authenticate", "Which credential is asked for (RFC 6750).", "string");
    }
    if [429, 503].contains(&status) {
        header("Retry-After", "How many seconds to wait.", "integer");
    }
    json!({
        "description": format!("A refusal or a failure (RFC 9457).\n\n{}", codes.join("\n")),
        "headers": headers,
        "content": {"application/problem+json": {"schema": problem}},
    })
}

/// The name of a status, as a component may be called.
fn name(status: u16) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    reason.unwrap_or_default().replace(' ', "")
}
