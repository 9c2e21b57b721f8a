//! The log as CSV (RFC 4180). Each cell is in quotation marks, and none is one that a spreadsheet would run as
//! a formula.

use std::collections::BTreeMap;

use api::openapi::{Operation, Output};
use audit::{AuditEntry, FieldChange};
use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// The response header with the `cursor` of the next part.
const NEXT_CURSOR: HeaderName = HeaderName::from_static("next-cursor");
const COLUMNS: [&str; 19] = [
    "id",
    "at",
    "event",
    "kind",
    "subject_id",
    "subject",
    "object_type_id",
    "object_type",
    "user_id",
    "user",
    "email",
    "token_id",
    "token",
    "ip",
    "source",
    "fields",
    "changes",
    "reason",
    "request_id",
];

/// A part of an export.
pub(crate) struct Csv {
    pub(crate) rows: String,
    /// Whether this is the first part, which begins with the header row: the parts concatenated are one file.
    pub(crate) is_first: bool,
    pub(crate) next: Option<String>,
}

impl IntoResponse for Csv {
    fn into_response(self) -> Response {
        let Self { rows, is_first, next } = self;
        let text = if is_first { line(COLUMNS.map(str::to_owned)) + &rows } else { rows };
        let mut response = text.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
        let name = HeaderValue::from_static("attachment; filename=\"audit-log.csv\"");
        headers.insert(header::CONTENT_DISPOSITION, name);
        if let Some(next) = next.and_then(|next| HeaderValue::from_str(&next).ok()) {
            headers.insert(NEXT_CURSOR, next);
        }
        response
    }
}

impl Output for Csv {
    fn describe(operation: &mut Operation) {
        let about = "The entries, latest first, about 4 MB at most. Only the first part has the header row, so that the parts \
                     can be concatenated to one file.";
        let csv = ("text/csv", serde_json::json!({"type": "string"}));
        let next = ("Next-Cursor", "The `cursor` of the next part; absent from the last part.");
        operation.answer_as(200, about, csv, &[next]);
    }
}

/// The row of an entry.
pub(crate) fn row(entry: AuditEntry) -> String {
    let fields: Vec<_> = entry.fields.iter().map(|field| field.slug.as_str()).collect();
    let (fields, changes) = (fields.join(" "), changes(&entry));
    let AuditEntry { id, event, at, actor, subject, reason, request_id, .. } = entry;
    let (type_id, type_slug) =
        subject.of_type.map_or_else(Default::default, |of_type| (of_type.id.to_string(), of_type.slug));
    let (token_id, token) = actor
        .token
        .map_or_else(Default::default, |token| (token.id.to_string(), token.name.unwrap_or_default()));
    line([
        id.to_string(),
        at.to_string(),
        event.name().to_owned(),
        subject.kind.name().to_owned(),
        subject.id,
        subject.label,
        type_id,
        type_slug,
        actor.user_id.map(|id| id.to_string()).unwrap_or_default(),
        actor.name.unwrap_or_default(),
        actor.email.unwrap_or_default(),
        token_id,
        token,
        actor.ip.unwrap_or_default(),
        actor.source.and_then(word).unwrap_or_default(),
        fields,
        changes,
        reason.unwrap_or_default(),
        request_id.unwrap_or_default(),
    ])
}

/// The changes of fields, or the counts of refusals, as JSON; empty if there are none.
fn changes(entry: &AuditEntry) -> String {
    let fields: BTreeMap<&str, &FieldChange> =
        entry.fields.iter().map(|field| (field.slug.as_str(), field)).collect();
    let json = match &entry.refusals {
        Some(refusals) => serde_json::to_string(refusals),
        None if fields.is_empty() => return String::new(),
        None => serde_json::to_string(&fields),
    };
    json.unwrap_or_default()
}

/// The text of a value that is a string in JSON.
fn word(value: impl Serialize) -> Option<String> {
    Some(serde_json::to_value(value).ok()?.as_str()?.to_owned())
}

fn line<const N: usize>(cells: [String; N]) -> String {
    cells.map(|cell| quoted(&cell)).join(",") + "\r\n"
}

/// The cell in quotation marks. A cell that a spreadsheet would run as a formula gets an apostrophe in front,
/// as OWASP advises against CSV injection; the full-width forms of the same characters too.
fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let apostrophe = if is_formula { "'" } else { "" };
    format!("\"{apostrophe}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The cells of a line, as RFC 4180 has them.
    fn parsed(line: &str) -> Vec<String> {
        let (mut cells, mut rest) = (Vec::new(), line.strip_suffix("\r\n").unwrap());
        while let Some(text) = rest.strip_prefix('"') {
            let end = text.replace("\"\"", "__").find('"').unwrap();
            cells.push(text[..end].replace("\"\"", "\""));
            rest = text[end + 1..].trim_start_matches(',');
        }
        cells
    }

    #[test]
    fn a_formula_is_a_text() {
        for (cell, written) in [
            ("Ada", "\"Ada\""),
            ("", "\"\""),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\tx", "\"'\tx\""),
            ("\r=x", "\"'\r=x\""),
            ("＝1", "\"'＝1\""),
            ("a=b", "\"a=b\""),
            ("say \"hi\", you\n", "\"say \"\"hi\"\", you\n\""),
        ] {
            assert_eq!(quoted(cell), written);
        }
    }

    #[test]
    fn an_entry_is_a_line_with_a_cell_for_each_column() {
        let entry = json!({
            "id": "aud_0000000000000000000001", "event": "updated", "at": "2026-11-24T10:00:00.000Z",
            "actor": {"user_id": "usr_0000000000000000000001", "name": "=HYPERLINK(\"x\")", "source": "api"},
            "subject": {"kind": "object", "id": "obj_0000000000000000000001", "label": "Ada, \"the\" first",
                "type": {"id": "type_0000000000000000000001", "slug": "contacts"}},
            "fields": [{"slug": "a", "label": "A", "old": "1", "new": null}],
        });
        let row = row(serde_json::from_str(&entry.to_string()).unwrap());
        assert!(row.ends_with("\r\n") && row.contains("\"Ada, \"\"the\"\" first\""), "{row}");
        assert!(row.contains("\"'=HYPERLINK(\"\"x\"\")\"") && row.contains("\"api\""), "{row}");
        assert!(
            row.contains(r#""{""a"":{""slug"":""a"",""label"":""A"",""old"":""1"",""new"":null}}""#),
            "{row}"
        );
        let cells = parsed(&row);
        assert_eq!(cells.len(), COLUMNS.len(), "{row}");
        assert_eq!((cells[5].as_str(), cells[14].as_str()), ("Ada, \"the\" first", "api"));
    }
}
