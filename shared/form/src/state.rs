//! Whether a form takes submissions now.

use base::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Form, FormStatus};

/// Whether a form takes submissions now, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormState {
    /// Not yet.
    NotYet,
    /// It does.
    Open,
    /// As many as there may be were accepted.
    Full,
    /// Not any more.
    Closed,
    /// The object type is not what the form needs: see `problems`.
    Unavailable,
}

impl FormState {
    /// The state of a form that has accepted so many; something may stand in the way of it.
    pub fn of(form: &Form, accepted: u64, is_blocked: bool, now: Timestamp) -> Self {
        match form.status {
            FormStatus::Draft => Self::NotYet,
            FormStatus::Closed => Self::Closed,
            FormStatus::Open if form.closes_at.is_some_and(|at| at <= now) => Self::Closed,
            FormStatus::Open if form.opens_at.is_some_and(|at| now < at) => Self::NotYet,
            FormStatus::Open if form.limit.is_some_and(|limit| limit <= accepted) => Self::Full,
            FormStatus::Open if is_blocked => Self::Unavailable,
            FormStatus::Open => Self::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_is_open_within_its_times_and_its_limit() {
        let form = |status: &str, times: [Option<&str>; 2], limit: Option<u64>| -> Form {
            let form = json!({
                "name": "a", "object_type": "type_0000000000000000000001", "title": "a", "status": status,
                "opens_at": times[0], "closes_at": times[1], "limit": limit, "audience": "public", "pages": [],
                "values": [], "action": {"kind": "create"}, "confirmation": {}, "protection": {}, "allowed_origins": [],
                "keep_address": false,
            });
            serde_json::from_str(&form.to_string()).unwrap()
        };
        let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let (before, at, after) = (
            Some("2026-11-24T09:59:59.999Z"),
            Some("2026-11-24T10:00:00Z"),
            Some("2026-11-24T10:00:00.001Z"),
        );
        for (form, accepted, is_blocked, state) in [
            (form("draft", [None, None], None), 0, false, FormState::NotYet),
            (form("open", [None, None], None), 9, false, FormState::Open),
            (form("open", [at, after], Some(2)), 1, false, FormState::Open),
            (form("open", [after, None], None), 0, false, FormState::NotYet),
            (form("open", [before, at], None), 0, false, FormState::Closed),
            (form("open", [None, None], Some(2)), 2, false, FormState::Full),
            (form("open", [None, None], Some(1)), 2, true, FormState::Full),
            (form("open", [None, None], None), 0, true, FormState::Unavailable),
            (form("closed", [None, None], None), 0, true, FormState::Closed),
        ] {
            assert_eq!(FormState::of(&form, accepted, is_blocked, now), state, "{form:?}");
        }
    }
}
