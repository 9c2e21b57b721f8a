//! Queries as they are sent, of which only the form was checked: fields and values are resolved against a type
//! later.

use api::extract::LIMIT_MAX;
use base::{
    Error, Fault, Result, Violation,
    change::is_same,
    json::{self, Nullable},
};
use resources::Trashed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use crate::expand::{Expand, Expansion};
use crate::operator::Operator;

/// A field or one of the two times, the other way round with `-` in front.
pub(crate) const SORT_PATTERN: &str = "^-?[a-z][a-z0-9_-]*$";

/// A query as a body.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = example())]
pub struct QueryBody {
    /// Which objects; all if it is left out.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<FilterBody>")]
    filter: Option<FilterBody>,
    /// The order: a searchable field, `created_at` or `updated_at`, with `-` in front from the last to the first.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<String>", regex(pattern = SORT_PATTERN))]
    sort: Option<String>,
    /// The fields to answer with; all if it is left out.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Vec<String>>")]
    fields: Option<Vec<String>>,
    /// `only` queries the trash.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Trashed>")]
    trashed: Option<Trashed>,
    /// `uploads` tells of uploads in the place of their ids.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Expand>")]
    expand: Option<Expand>,
    /// The most objects on the page; 50 if it is left out.
    #[schemars(range(min = 1, max = LIMIT_MAX))]
    pub limit: Option<usize>,
    /// `next_cursor` of the page before.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<String>")]
    pub cursor: Option<String>,
}

/// A query as it may be sent.
fn example() -> Value {
    let conditions = serde_json::json!([
        {"field": "amount", "op": "gte", "value": 10},
        {"field": "stage", "op": "in", "value": ["New", "Won"]},
    ]);
    serde_json::json!({"filter": {"all": conditions}, "sort": "-amount", "limit": 20})
}

/// A condition (`field`, `op`, `value`), or one of `all`, `any` and `not`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FilterBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    op: Option<Operator>,
    #[serde(default, deserialize_with = "json::nullable", skip_serializing_if = "Option::is_none")]
    value: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all: Option<Vec<FilterBody>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    any: Option<Vec<FilterBody>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not: Option<Box<FilterBody>>,
}

/// A query about objects of whatever type.
#[derive(Default)]
pub struct RawQuery {
    pub(crate) filter: Option<Node>,
    pub(crate) sort: Option<Name>,
    pub(crate) fields: Option<Vec<Name>>,
    pub(crate) trashed: bool,
    pub(crate) expand: Option<Expansion>,
}

/// A name that was sent, and where.
pub(crate) struct Name {
    pub(crate) pointer: String,
    pub(crate) name: String,
}

/// A filter with the place of each part.
pub(crate) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Is(RawCondition),
}

/// A condition with the places of its parts.
pub(crate) struct RawCondition {
    pub(crate) field: Name,
    pub(crate) op: Operator,
    pub(crate) op_pointer: String,
    pub(crate) value: RawOperand,
    pub(crate) value_pointer: String,
}

/// A value as it was sent.
pub(crate) enum RawOperand {
    Json(Box<RawValue>),
    /// The text of a parameter, which may mean a number just as well.
    Text(String),
    /// The texts of several parameters, each at its place.
    Texts(Vec<(String, String)>),
}

impl Name {
    pub(crate) fn new(pointer: impl Into<String>, name: &str) -> Self {
        Self { pointer: pointer.into(), name: name.to_owned() }
    }
}

impl RawQuery {
    /// The query in a body.
    ///
    /// # Errors
    /// 400 for what is no condition.
    pub fn of_body(body: &QueryBody) -> Result<Self> {
        let QueryBody { filter, sort, fields, trashed, expand, limit: _, cursor: _ } = body;
        let query = Self::of_parts(filter.as_ref(), sort.as_deref(), fields.as_deref())?;
        let expand = expand.map(|expand| expand.asked_at("/expand"));
        Ok(Self { trashed: trashed.is_some(), expand, ..query })
    }

    /// The same query with what is told of in the place of ids.
    #[must_use]
    pub fn expanding(self, expand: Option<Expansion>) -> Self {
        Self { expand, ..self }
    }

    /// The query that has these parts, each at the place of its name.
    ///
    /// # Errors
    /// 400 for what is no condition.
    pub fn of_parts(
        filter: Option<&FilterBody>,
        sort: Option<&str>,
        fields: Option<&[String]>,
    ) -> Result<Self> {
        let filter = filter.map(|filter| filter.node("/filter")).transpose().map_err(Error::invalid)?;
        let named = |(index, name): (usize, &String)| Name::new(format!("/fields/{index}"), name);
        Ok(Self {
            filter,
            sort: sort.map(|sort| Name::new("/sort", sort)),
            fields: fields.map(|fields| fields.iter().enumerate().map(named).collect()),
            ..Self::default()
        })
    }
}

impl FilterBody {
    /// The filter with the place of each part, of which this is that of the whole.
    pub(crate) fn node(&self, pointer: &str) -> Result<Node, Vec<Fault>> {
        let mut faults = Vec::new();
        node(self, pointer, &mut faults).filter(|_| faults.is_empty()).ok_or(faults)
    }

    /// Whether it has the form of a filter.
    ///
    /// # Errors
    /// What has no form, each at its place.
    pub fn check_form(&self, pointer: &str) -> Result<(), Vec<Fault>> {
        self.node(pointer).map(|_| ())
    }

    /// What it compares, each with its place.
    pub fn names(&self, pointer: &str) -> Vec<(String, &str)> {
        let Self { field, all, any, not, op: _, value: _ } = self;
        let own = field.as_deref().map(|name| (format!("{pointer}/field"), name));
        let listed = [("all", all), ("any", any)].into_iter().flat_map(|(word, bodies)| {
            bodies.iter().flatten().enumerate().map(move |(index, body)| (format!("{word}/{index}"), body))
        });
        let inner = listed.chain(not.as_deref().map(|body| ("not".to_owned(), body)));
        own.into_iter()
            .chain(inner.flat_map(|(part, body)| body.names(&format!("{pointer}/{part}"))))
            .collect()
    }
}

impl PartialEq for FilterBody {
    /// Whether both were sent alike.
    fn eq(&self, other: &Self) -> bool {
        is_same(self, other)
    }
}

fn node(body: &FilterBody, pointer: &str, faults: &mut Vec<Fault>) -> Option<Node> {
    let FilterBody { field, op, value, all, any, not } = body;
    match (field, op, value, all, any, not) {
        (Some(field), Some(op), Some(value), None, None, None) => Some(Node::Is(RawCondition {
            field: Name::new(format!("{pointer}/field"), field),
            op: *op,
            op_pointer: format!("{pointer}/op"),
            value: RawOperand::Json(value.clone()),
            value_pointer: format!("{pointer}/value"),
        })),
        (None, None, None, Some(all), None, None) => {
            nodes(all, &format!("{pointer}/all"), faults).map(Node::All)
        }
        (None, None, None, None, Some(any), None) => {
            nodes(any, &format!("{pointer}/any"), faults).map(Node::Any)
        }
        (None, None, None, None, None, Some(not)) => {
            node(not, &format!("{pointer}/not"), faults).map(|not| Node::Not(Box::new(not)))
        }
        _ => {
            let detail = "Send field, op and a value that is not null; or one of all, any and not.";
            faults.push(Fault::new(pointer, Violation::Invalid, detail));
            None
        }
    }
}

fn nodes(bodies: &[FilterBody], pointer: &str, faults: &mut Vec<Fault>) -> Option<Vec<Node>> {
    if bodies.is_empty() {
        faults.push(Fault::new(pointer, Violation::Invalid, "Send at least one condition."));
    }
    let read =
        bodies.iter().enumerate().map(|(index, body)| node(body, &format!("{pointer}/{index}"), faults));
    // All are read before any is missed, so that every fault is found.
    read.collect::<Vec<_>>().into_iter().collect()
}
