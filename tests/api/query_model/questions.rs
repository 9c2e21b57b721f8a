//! Questions of chance, and what a plain evaluation answers.

use std::{collections::BTreeSet, fmt::Write as _};

use serde_json::json;

use super::deals::{Deal, Dice, Field, PARTS, Plain, Sample};

/// What the objects are sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Created,
    Updated,
    Field(String),
}

/// A question.
#[derive(Debug)]
pub(super) struct Question {
    filter: Option<Filter>,
    /// By which name, and whether from the last to the first.
    sort: Option<(String, bool)>,
}

#[derive(Debug)]
enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Is(Condition),
}

/// A condition. What its operator does not need is empty.
#[derive(Debug)]
struct Condition {
    name: String,
    is_time: bool,
    op: &'static str,
    values: Vec<Sample>,
    part: (&'static str, &'static str),
    flag: bool,
}

impl Question {
    pub(super) fn new(dice: &mut Dice, fields: &[Field]) -> Self {
        let filter = match dice.below(10) {
            0 => None,
            1..6 => {
                let mut conditions: Vec<_> =
                    (0..=dice.below(2)).map(|_| Condition::new(dice, fields)).collect();
                // Parameters come in the order of their names.
                conditions.sort_by_key(Condition::parameter);
                Some(Filter::All(conditions.into_iter().map(Filter::Is).collect()))
            }
            _ => Some(Filter::new(dice, fields, 3)),
        };
        let names: Vec<_> = fields.iter().map(|field| field.slug.as_str()).collect();
        let name = match dice.below(10) {
            0..3 => None,
            3 => Some("created_at"),
            4 => Some("updated_at"),
            _ => Some(dice.of(&names)),
        };
        Self { filter, sort: name.map(|name| (name.to_owned(), dice.hits(50))) }
    }

    /// Whether an order was asked for.
    pub(super) fn has_order(&self) -> bool {
        self.sort.is_some()
    }

    /// The objects that are meant, in order.
    pub(super) fn answer<'a>(&self, live: &'a [Deal]) -> Vec<&'a Deal> {
        let is_meant = |deal: &&Deal| self.filter.as_ref().is_none_or(|filter| filter.holds(deal));
        let mut deals: Vec<_> = live.iter().filter(is_meant).collect();
        let name = match self.order() {
            Order::Created => "created_at".to_owned(),
            Order::Updated => "updated_at".to_owned(),
            Order::Field(slug) => slug,
        };
        deals.sort_by_key(|deal| (deal.key(&name), &deal.id));
        if self.sort.as_ref().is_some_and(|(_, descending)| *descending) {
            deals.reverse();
        }
        deals.sort_by_key(|deal| deal.key(&name).is_none());
        deals
    }

    /// What the objects are sorted by: what was asked for, or else what the filter says.
    pub(super) fn order(&self) -> Order {
        let name = match &self.sort {
            Some((name, _)) => name.clone(),
            None => self.order_of_filter().unwrap_or("created_at").to_owned(),
        };
        match name.as_str() {
            "created_at" => Order::Created,
            "updated_at" => Order::Updated,
            _ => Order::Field(name),
        }
    }

    fn order_of_filter(&self) -> Option<&str> {
        let conditions = match &self.filter {
            Some(filter) => filter.conjuncts(),
            None => Vec::new(),
        };
        if conditions.iter().any(|condition| condition.is_one_value()) {
            return None;
        }
        let ops = |ops: &[&str]| conditions.iter().find(|condition| ops.contains(&condition.op));
        let listed = ops(&["in", "eq"]);
        listed
            .or_else(|| ops(&["lt", "lte", "gt", "gte", "starts_with"]))
            .map(|condition| condition.name.as_str())
    }

    /// The members of a body, each with a comma behind.
    pub(super) fn body(&self) -> String {
        let mut body = String::new();
        if let Some(filter) = &self.filter {
            write!(body, r#""filter": {}, "#, filter.body()).unwrap();
        }
        if let Some((name, descending)) = &self.sort {
            write!(body, r#""sort": "{}{name}", "#, if *descending { "-" } else { "" }).unwrap();
        }
        body
    }

    /// The same as a query, if it can be one.
    pub(super) fn query_string(&self) -> Option<String> {
        let mut parts = match &self.filter {
            None => Vec::new(),
            Some(Filter::All(filters)) => filters.iter().map(Filter::query_string).collect::<Option<_>>()?,
            Some(_) => return None,
        };
        let names: BTreeSet<_> = parts.iter().map(|part| part.split('=').next()).collect();
        if names.len() < parts.len() {
            return None;
        }
        if let Some((name, descending)) = &self.sort {
            parts.push(format!("sort={}{name}", if *descending { "-" } else { "" }));
        }
        Some(parts.join("&"))
    }
}

impl Filter {
    fn new(dice: &mut Dice, fields: &[Field], depth: usize) -> Self {
        let some =
            |dice: &mut Dice| (0..=dice.below(3)).map(|_| Self::new(dice, fields, depth - 1)).collect();
        match dice.below(6) {
            0 if depth > 0 => Self::All(some(dice)),
            1 if depth > 0 => Self::Any(some(dice)),
            2 if depth > 0 => Self::Not(Box::new(Self::new(dice, fields, depth - 1))),
            _ => Self::Is(Condition::new(dice, fields)),
        }
    }

    fn holds(&self, deal: &Deal) -> bool {
        match self {
            Filter::All(filters) => filters.iter().all(|filter| filter.holds(deal)),
            Filter::Any(filters) => filters.iter().any(|filter| filter.holds(deal)),
            Filter::Not(filter) => !filter.holds(deal),
            Filter::Is(condition) => condition.holds(deal),
        }
    }

    fn conjuncts(&self) -> Vec<&Condition> {
        match self {
            Filter::All(filters) => filters.iter().flat_map(Filter::conjuncts).collect(),
            Filter::Is(condition) => vec![condition],
            Filter::Any(_) | Filter::Not(_) => Vec::new(),
        }
    }

    fn body(&self) -> String {
        let list = |filters: &[Filter]| filters.iter().map(Filter::body).collect::<Vec<_>>().join(", ");
        match self {
            Filter::All(filters) => format!(r#"{{"all": [{}]}}"#, list(filters)),
            Filter::Any(filters) => format!(r#"{{"any": [{}]}}"#, list(filters)),
            Filter::Not(filter) => format!(r#"{{"not": {}}}"#, filter.body()),
            Filter::Is(condition) => condition.body(),
        }
    }

    fn query_string(&self) -> Option<String> {
        match self {
            Filter::Is(condition) => condition.query_string(),
            Filter::All(_) | Filter::Any(_) | Filter::Not(_) => None,
        }
    }
}

impl Condition {
    fn new(dice: &mut Dice, fields: &[Field]) -> Self {
        let field = &fields[dice.below(fields.len())];
        let mut ops = vec!["eq", "ne", "in", "empty"];
        if field.has_order() {
            ops.extend(["lt", "lte", "gt", "gte"]);
        }
        if field.is_text() {
            ops.extend(["starts_with", "contains"]);
        }
        let is_time = dice.hits(5);
        if is_time {
            ops = vec!["eq", "ne", "in", "lt", "lte", "gt", "gte"];
        }
        let op = dice.of(&ops);
        let count = if op == "in" { 1 + dice.below(4) } else { 1 };
        let name = if is_time { dice.of(&["created_at", "updated_at"]) } else { &field.slug };
        let time =
            Sample::text("2026-06-01T00:00:00.000Z", Plain::Text("2026-06-01T00:00:00.000Z".to_owned()));
        let value = |dice: &mut Dice| if is_time { time.clone() } else { field.sample(dice) };
        let values = (0..count).map(|_| value(dice)).collect();
        let (part, flag) = (dice.of(PARTS), dice.hits(50));
        Self { name: name.to_owned(), is_time, op, values, part, flag }
    }

    fn parameter(&self) -> String {
        format!("filter[{}][{}]", self.name, self.op)
    }

    fn holds(&self, deal: &Deal) -> bool {
        let key = deal.key(&self.name);
        let is = |test: &dyn Fn(&Plain) -> bool| key.as_ref().is_some_and(test);
        let one = &self.values[0].plain;
        match self.op {
            "eq" => is(&|key| key == one),
            "ne" => !is(&|key| key == one),
            "in" => is(&|key| self.values.iter().any(|value| value.plain == *key)),
            "lt" => is(&|key| key < one),
            "lte" => is(&|key| key <= one),
            "gt" => is(&|key| key > one),
            "gte" => is(&|key| key >= one),
            "starts_with" => is(&|key| key.folded().starts_with(self.part.1)),
            "contains" => is(&|key| key.folded().contains(self.part.1)),
            _ => key.is_none() == self.flag,
        }
    }

    /// Whether all objects it holds for have one value of a field, or none of them has any.
    fn is_one_value(&self) -> bool {
        let distinct: BTreeSet<_> = self.values.iter().map(|value| &value.plain).collect();
        match self.op {
            "eq" | "in" => !self.is_time && distinct.len() == 1,
            "empty" => self.flag,
            _ => false,
        }
    }

    fn body(&self) -> String {
        let values = self.values.iter().map(|value| value.json.as_str()).collect::<Vec<_>>().join(", ");
        let value = match self.op {
            "in" => format!("[{values}]"),
            "starts_with" | "contains" => json!(self.part.0).to_string(),
            "empty" => self.flag.to_string(),
            _ => values,
        };
        format!(r#"{{"field": "{}", "op": "{}", "value": {value}}}"#, self.name, self.op)
    }

    fn query_string(&self) -> Option<String> {
        let texts: Vec<_> = self.values.iter().map(|value| value.text.as_str()).collect();
        let value = match self.op {
            "in" if texts.iter().any(|text| text.contains(',')) => return None,
            "in" => texts.join(","),
            "starts_with" | "contains" => self.part.0.to_owned(),
            "empty" => self.flag.to_string(),
            _ => texts[0].to_owned(),
        };
        let encoded: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        Some(format!("{}={encoded}", self.parameter()))
    }
}
