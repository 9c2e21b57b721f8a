//! One operation of a batch, as it is sent, and parsed.

use api::extract::IfMatch;
use base::{Fault, Violation, id::ObjectId};
use records::{object_type::SentFields, objects::BatchOperation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "BatchOp")]
pub(crate) enum OperationKind {
    /// Makes an object of `fields`.
    Create,
    /// Changes `fields` of the object `id`.
    Update,
    /// Changes `fields` of the object with the same value of the unique field `match`, or makes it.
    Upsert,
    /// Moves the object `id` to the trash.
    Delete,
}

/// An operation as a body: which members it has depends on `op`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperationBody {
    /// What to do.
    op: OperationKind,
    /// The object, for `update` and `delete`.
    id: Option<ObjectId>,
    /// The unique field by whose value the object is found, for `upsert`.
    r#match: Option<String>,
    /// The values by the slug of their field, for all but `delete`; null or an empty text is no value.
    fields: Option<SentFields>,
    /// The version that the change is meant for, for all but `create`; another version is 412.
    if_match: Option<u64>,
}

impl OperationBody {
    /// What it does.
    pub(super) fn kind(&self) -> OperationKind {
        self.op
    }

    /// The operation; what is missing and what is too much if it is none.
    pub(super) fn read(&self, pointer: &str) -> Result<BatchOperation<'_>, Vec<Fault>> {
        let Self { op, id, r#match, fields, if_match } = self;
        let version = IfMatch::of(*if_match);
        Ok(match (op, id, r#match, fields, if_match) {
            (OperationKind::Create, None, None, Some(fields), None) => BatchOperation::Create { fields },
            (OperationKind::Update, Some(id), None, Some(fields), _) => {
                BatchOperation::Update { id, fields, if_match: version }
            }
            (OperationKind::Upsert, None, Some(field), Some(fields), _) => {
                BatchOperation::Upsert { field, fields, if_match: version }
            }
            (OperationKind::Delete, Some(id), None, None, _) => {
                BatchOperation::Delete { id, if_match: version }
            }
            _ => return Err(self.faults(pointer)),
        })
    }

    fn faults(&self, pointer: &str) -> Vec<Fault> {
        let (needs_id, needs_match) = (
            matches!(self.op, OperationKind::Update | OperationKind::Delete),
            self.op == OperationKind::Upsert,
        );
        let needs_fields = self.op != OperationKind::Delete;
        let members = [
            ("id", self.id.is_some(), needs_id, needs_id),
            ("match", self.r#match.is_some(), needs_match, needs_match),
            ("fields", self.fields.is_some(), needs_fields, needs_fields),
            ("if_match", self.if_match.is_some(), false, self.op != OperationKind::Create),
        ];
        let fault = |(name, is_there, is_needed, is_taken): (&str, bool, bool, bool)| {
            let (code, word) = match (is_there, is_needed, is_taken) {
                (false, true, _) => (Violation::MissingMember, "needs"),
                (true, _, false) => (Violation::UnknownMember, "does not take"),
                _ => return None,
            };
            let detail = format!("The operation {} {word} {name}.", self.op.name());
            Some(Fault::new(format!("{pointer}/{name}"), code, detail))
        };
        members.into_iter().filter_map(fault).collect()
    }
}

impl OperationKind {
    const fn name(self) -> &'static str {
        match self {
            OperationKind::Create => "create",
            OperationKind::Update => "update",
            OperationKind::Upsert => "upsert",
            OperationKind::Delete => "delete",
        }
    }
}
