//! What is asked in the query of a URL.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use shared::{Error, Fault, Result};

use super::{
    asked::{Asked, Condition, Named, Node, Sent},
    operator::Op,
    stats::Function,
};
use shared::extract::Trashed;

/// The query of a list.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct ListQuery {
    /// `only` lists what is in the trash.
    trashed: Option<Trashed>,
    /// The order: a searchable field, `created_at` or `updated_at`, with `-` in front from the last to the first.
    sort: Option<String>,
    /// The fields to answer with, joined by commas; all if it is left out.
    fields: Option<String>,
    #[serde(flatten)]
    conditions: Conditions,
}

/// The query of statistics.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct StatsQuery {
    /// A searchable field with numbers. Without it objects are counted; with it, those with a value.
    field: Option<String>,
    /// Which of `count`, `sum`, `avg`, `min` and `max`, joined by commas; `count` unless told.
    r#fn: Option<String>,
    /// `next_cursor` of the part before.
    pub(crate) cursor: Option<String>,
    #[serde(flatten)]
    conditions: Conditions,
}

/// All other parameters, each a condition, as `filter[amount][gte]=10`.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Conditions(BTreeMap<String, String>);

impl ListQuery {
    /// The question.
    pub(crate) fn asked(&self) -> Result<Asked> {
        let Self { trashed, sort, fields, conditions } = self;
        conditions.asked(*trashed, sort.as_deref(), fields.as_deref())
    }
}

impl StatsQuery {
    /// What is counted, what is made of it, and of which field.
    pub(crate) fn asked(&self) -> Result<(Asked, Vec<Function>, Option<&str>)> {
        let filter = self.conditions.filter()?;
        let names = self.r#fn.as_deref().unwrap_or("count");
        let functions: Option<Vec<_>> = names.split(',').map(Function::parse).collect();
        let Some(functions) = functions else {
            let detail = "Send some of count, sum, avg, min and max, joined by commas.";
            return Err(Error::invalid(vec![Fault::new("?fn", "invalid", detail)]));
        };
        if self.field.is_none() && functions.iter().any(|function| *function != Function::Count) {
            let detail = "Say of which field: all but count are of numbers.";
            return Err(Error::invalid(vec![Fault::new("?field", "missing_member", detail)]));
        }
        Ok((Asked { filter, ..Asked::default() }, functions, self.field.as_deref()))
    }
}

impl Conditions {
    /// The question that has these conditions.
    pub(super) fn asked(
        &self,
        trashed: Option<Trashed>,
        sort: Option<&str>,
        fields: Option<&str>,
    ) -> Result<Asked> {
        let named = |name| Named::new("?fields", name);
        Ok(Asked {
            filter: self.filter()?,
            sort: sort.map(|sort| Named::new("?sort", sort)),
            fields: fields.map(|fields| fields.split(',').map(named).collect()),
            trashed: trashed.is_some(),
        })
    }

    /// All of them.
    fn filter(&self) -> Result<Option<Node>> {
        let (mut nodes, mut faults) = (Vec::new(), Vec::new());
        for (name, value) in &self.0 {
            match condition(name, value) {
                Ok(condition) => nodes.push(Node::Is(condition)),
                Err(fault) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            return Err(Error::invalid(faults));
        }
        Ok(Some(Node::All(nodes)).filter(|_| !self.0.is_empty()))
    }
}

fn condition(name: &str, value: &str) -> Result<Condition, Fault> {
    let pointer = format!("?{name}");
    let Some(rest) = name.strip_prefix("filter") else {
        return Err(Fault::new(pointer, "unknown_member", "This path has no such parameter."));
    };
    let parts = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')?.split_once("]["));
    let Some((field, op)) = parts else {
        return Err(Fault::new(pointer, "invalid", "Write a condition as filter[amount][gte]=10."));
    };
    let Some(op) = Op::parse(op) else {
        let detail = "Use eq, ne, lt, lte, gt, gte, in, starts_with, contains or empty.";
        return Err(Fault::new(pointer, "invalid", detail));
    };
    Ok(Condition {
        field: Named::new(&*pointer, field),
        op,
        op_pointer: pointer.clone(),
        value: Sent::Text(value.to_owned()),
        value_pointer: pointer,
    })
}

impl JsonSchema for Conditions {
    fn schema_name() -> Cow<'static, str> {
        "Conditions".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "properties": {
                "filter[field][op]": {
                    "type": "string",
                    "description": "A condition; several must all hold. `field` is a searchable field, `created_at` or `updated_at`; `op` is one of eq, ne, lt, lte, gt, gte, in (values joined by commas), starts_with, contains, empty (true or false).",
                },
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_has_a_field_and_an_operator() {
        let read = condition("filter[first-name][starts_with]", "A").unwrap();
        assert_eq!((read.field.name.as_str(), read.op), ("first-name", Op::StartsWith));
        for (name, code) in [
            ("filters", "invalid"),
            ("filter", "invalid"),
            ("filter[a]", "invalid"),
            ("filter[a]eq", "invalid"),
            ("filter[a][like]", "invalid"),
            ("filter[a][eq", "invalid"),
            ("page", "unknown_member"),
        ] {
            assert_eq!(condition(name, "").err().unwrap().code, code, "{name}");
        }
    }
}
