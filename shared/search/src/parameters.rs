//! Queries as they are sent in the query of a URL.

use std::{borrow::Cow, collections::BTreeMap};

use base::{Error, Fault, Result, Violation, id::ViewId};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use crate::{
    measure::Function,
    operator::Operator,
    raw_query::{Name, Node, RawCondition, RawOperand, RawQuery, SORT_PATTERN},
    schema,
};
use resources::Trashed;

use crate::expand::Expand;

/// The query of a list.
#[derive(Deserialize, JsonSchema)]
pub struct ListQuery {
    /// `only` lists what is in the trash.
    trashed: Option<Trashed>,
    /// The order: a searchable field, `created_at` or `updated_at`, with `-` in front from the last to the first.
    #[schemars(regex(pattern = SORT_PATTERN))]
    sort: Option<String>,
    /// The fields to answer with, joined by commas; all if it is left out.
    fields: Option<String>,
    /// `uploads` tells of uploads in the place of their ids.
    expand: Option<Expand>,
    /// The view through which the objects are seen.
    pub view: Option<ViewId>,
    #[serde(flatten)]
    conditions: Conditions,
}

/// The query of statistics.
#[derive(Deserialize, JsonSchema)]
pub struct StatsQuery {
    /// A searchable field with numbers. Without it objects are counted; with it, those with a value.
    field: Option<String>,
    /// Which of `count`, `sum`, `avg`, `min` and `max`, joined by commas; `count` unless told.
    #[schemars(regex(pattern = "^(count|sum|avg|min|max)(,(count|sum|avg|min|max))*$"))]
    r#fn: Option<String>,
    /// `next_cursor` of the part before.
    pub cursor: Option<String>,
    #[serde(flatten)]
    conditions: Conditions,
}

/// All other parameters, each a condition, as `filter[amount][gte]=10`.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Conditions(BTreeMap<String, String>);

impl ListQuery {
    /// The question.
    ///
    /// # Errors
    /// 400 for what is no condition.
    pub fn raw(&self) -> Result<RawQuery> {
        let Self { trashed, sort, fields, expand, view: _, conditions } = self;
        let expand = expand.map(|expand| expand.asked_at("?expand"));
        Ok(RawQuery { expand, ..conditions.raw(*trashed, sort.as_deref(), fields.as_deref())? })
    }
}

impl StatsQuery {
    /// The query of the objects that count, the functions to compute, and the field.
    ///
    /// # Errors
    /// 400 for what is no condition or function.
    pub fn raw(&self) -> Result<(RawQuery, Vec<Function>, Option<&str>)> {
        let filter = self.conditions.filter()?;
        let names = self.r#fn.as_deref().unwrap_or("count");
        let functions: Option<Vec<_>> = names.split(',').map(Function::parse).collect();
        let Some(functions) = functions else {
            let detail = "Send some of count, sum, avg, min and max, joined by commas.";
            return Err(Error::invalid(vec![Fault::new("?fn", Violation::Invalid, detail)]));
        };
        if self.field.is_none() && functions.iter().any(|function| *function != Function::Count) {
            let detail = "Say of which field: all but count are of numbers.";
            return Err(Error::invalid(vec![Fault::new("?field", Violation::MissingMember, detail)]));
        }
        Ok((RawQuery { filter, ..RawQuery::default() }, functions, self.field.as_deref()))
    }
}

impl Conditions {
    /// The question that has these conditions.
    ///
    /// # Errors
    /// 400 for what is no condition.
    pub fn raw(
        &self,
        trashed: Option<Trashed>,
        sort: Option<&str>,
        fields: Option<&str>,
    ) -> Result<RawQuery> {
        let named = |name| Name::new("?fields", name);
        Ok(RawQuery {
            filter: self.filter()?,
            sort: sort.map(|sort| Name::new("?sort", sort)),
            fields: fields.map(|fields| fields.split(',').map(named).collect()),
            trashed: trashed.is_some(),
            expand: None,
        })
    }

    /// Refuses what has no form.
    ///
    /// # Errors
    /// 400 for what is no condition.
    pub fn check_form(&self) -> Result<()> {
        self.filter().map(drop)
    }

    /// The parameters, as they were sent.
    pub fn sent(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// Those on names that stand for a field, as conditions on that field.
    #[must_use]
    pub fn on_fields<'a>(&self, field: impl Fn(&str) -> Option<&'a str>) -> Self {
        let renamed = |(name, value): (&String, &String)| {
            let (of, rest) = name.strip_prefix("filter[")?.split_once(']')?;
            Some((format!("filter[{}]{rest}", field(of)?), value.clone()))
        };
        Self(self.0.iter().filter_map(renamed).collect())
    }

    /// The names that conditions are on, each with its parameter.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .keys()
            .filter_map(|name| Some((name.strip_prefix("filter[")?.split_once(']')?.0, name.as_str())))
    }

    /// All of them.
    fn filter(&self) -> Result<Option<Node>> {
        let (mut nodes, mut faults) = (Vec::new(), Vec::new());
        for (name, value) in &self.0 {
            match condition(name, value).map(|next| added(&mut nodes, next)) {
                Ok(Ok(())) => {}
                Ok(Err(fault)) | Err(fault) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            return Err(Error::invalid(faults));
        }
        Ok(Some(Node::All(nodes)).filter(|_| !self.0.is_empty()))
    }
}

/// Adds a condition, or one more value to the list before it: its values stand together, as names are in order.
fn added(nodes: &mut Vec<Node>, next: RawCondition) -> Result<(), Fault> {
    match (nodes.last_mut(), next) {
        (
            Some(Node::Is(last)),
            RawCondition { value: RawOperand::Texts(more), value_pointer, op_pointer, .. },
        ) if last.value_pointer == value_pointer => {
            let RawOperand::Texts(values) = &mut last.value else {
                let detail = "Send the values joined by commas, or one by one; not both.";
                return Err(Fault::new(op_pointer, Violation::DuplicateMember, detail));
            };
            values.extend(more);
        }
        (_, next) => nodes.push(Node::Is(next)),
    }
    Ok(())
}

/// The condition of a parameter. One value of a list (`filter[stage][in][0]`) is taken whole, commas and all.
fn condition(name: &str, value: &str) -> Result<RawCondition, Fault> {
    let pointer = format!("?{name}");
    let Some(rest) = name.strip_prefix("filter") else {
        return Err(Fault::new(pointer, Violation::UnknownMember, "This path has no such parameter."));
    };
    let parts = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let parts: Vec<_> = parts.unwrap_or_default().split("][").collect();
    let (field, op, is_listed) = match parts.as_slice() {
        [field, op] => (field, op, false),
        [field, op @ "in", index] if index.parse::<u16>().is_ok() => (field, op, true),
        _ => {
            let detail = "Write a condition as filter[amount][gte]=10, or filter[stage][in][]=Won for one of several values.";
            return Err(Fault::new(pointer, Violation::Invalid, detail));
        }
    };
    let Some(op) = Operator::parse(op) else {
        let detail = "Use eq, ne, lt, lte, gt, gte, in, starts_with, contains or empty.";
        return Err(Fault::new(pointer, Violation::Invalid, detail));
    };
    let value = value.to_owned();
    let (value, value_pointer) = if is_listed {
        (RawOperand::Texts(vec![(pointer.clone(), value)]), format!("?filter[{field}][in]"))
    } else {
        (RawOperand::Text(value), pointer.clone())
    };
    Ok(RawCondition { field: Name::new(&*pointer, field), op, op_pointer: pointer, value, value_pointer })
}

impl JsonSchema for Conditions {
    fn schema_name() -> Cow<'static, str> {
        "Conditions".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schema::conditions()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_has_a_field_and_an_operator() {
        let read = condition("filter[first-name][starts_with]", "A").unwrap();
        assert_eq!((read.field.name.as_str(), read.op), ("first-name", Operator::StartsWith));
        for (name, code) in [
            ("filters", Violation::Invalid),
            ("filter", Violation::Invalid),
            ("filter[a]", Violation::Invalid),
            ("filter[a]eq", Violation::Invalid),
            ("filter[a][like]", Violation::Invalid),
            ("filter[a][eq", Violation::Invalid),
            ("filter[a][eq][0]", Violation::Invalid),
            ("filter[a][in][x]", Violation::Invalid),
            ("filter[a][in][0][0]", Violation::Invalid),
            ("page", Violation::UnknownMember),
        ] {
            assert_eq!(condition(name, "").err().unwrap().code, code, "{name}");
        }
    }
}
