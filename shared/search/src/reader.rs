//! Resolves filters against the fields of a type: every fault at once, each with its pointer.

use base::{Fault, Violation};
use records::object_type::Field;

use crate::{
    column::{Column, Scope},
    filter::{Comparison, Filter, Predicate},
    operand,
    operator::{Kind, Operator},
    raw_query::{FilterBody, Name, Node, RawCondition, RawOperand},
};

pub(crate) const CONDITIONS_MAX: usize = 50;
pub(crate) const DEPTH_MAX: usize = 5;

/// A type, and what is wrong with what was read by it.
pub(crate) struct Reader<'a> {
    scope: Scope<'a>,
    pub(crate) faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(scope: Scope<'a>) -> Self {
        Self { scope, faults: Vec::new() }
    }

    /// The filter at that place; none if something is wrong with it.
    pub(crate) fn filter(&mut self, node: Node, pointer: &str) -> Option<Filter> {
        let found = self.faults.len();
        if node.count() > CONDITIONS_MAX {
            let detail = format!("Send at most {CONDITIONS_MAX} conditions.");
            self.faults.push(Fault::new(pointer, Violation::TooMany, detail));
        }
        if node.depth() > DEPTH_MAX {
            let detail = format!("Put all, any and not into one another at most {DEPTH_MAX} times.");
            self.faults.push(Fault::new(pointer, Violation::TooDeep, detail));
        }
        if self.faults.len() == found { self.node(node) } else { None }
    }

    fn node(&mut self, node: Node) -> Option<Filter> {
        match node {
            Node::All(nodes) => self.nodes(nodes).map(Filter::All),
            Node::Any(nodes) => self.nodes(nodes).map(Filter::Any),
            Node::Not(node) => self.node(*node).map(|filter| Filter::Not(Box::new(filter))),
            Node::Is(condition) => self.condition(&condition),
        }
    }

    fn nodes(&mut self, nodes: Vec<Node>) -> Option<Vec<Filter>> {
        // All are read before any is missed, so that every fault is found.
        let filters: Vec<_> = nodes.into_iter().map(|node| self.node(node)).collect();
        filters.into_iter().collect()
    }

    fn condition(&mut self, raw: &RawCondition) -> Option<Filter> {
        match read(self.scope, raw) {
            Ok(filter) => Some(filter),
            Err(faults) => {
                self.faults.extend(faults);
                None
            }
        }
    }
}

impl Filter {
    /// The filter that was sent at that place.
    ///
    /// # Errors
    /// All that is wrong with it: first with its form, else with its fields and values.
    pub fn read(body: &FilterBody, pointer: &str, scope: Scope<'_>) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader::new(scope);
        let filter = reader.filter(body.node(pointer)?, pointer);
        filter.ok_or(reader.faults)
    }

    /// What has this value in the field of that name, or none; the value is written as in a parameter.
    ///
    /// # Errors
    /// What the field cannot be asked for.
    pub fn with_value(
        scope: Scope<'_>,
        pointer: &str,
        (name, value): (&str, Option<&str>),
    ) -> Result<Self, Vec<Fault>> {
        let condition = RawCondition {
            field: Name::new(pointer, name),
            op: if value.is_some() { Operator::Eq } else { Operator::Empty },
            op_pointer: pointer.to_owned(),
            value: RawOperand::Text(value.unwrap_or("true").to_owned()),
            value_pointer: pointer.to_owned(),
        };
        let mut reader = Reader::new(scope);
        let filter = reader.filter(Node::Is(condition), pointer);
        filter.ok_or(reader.faults)
    }
}

fn read(scope: Scope<'_>, raw: &RawCondition) -> Result<Filter, Vec<Fault>> {
    let column = scope.column(&raw.field.pointer, &raw.field.name).map_err(|fault| vec![fault])?;
    let field = match &column {
        Column::Field(slug, _) => scope.object_type.object_type.field(slug.as_str()),
        Column::CreatedAt | Column::UpdatedAt => None,
    };
    let kind = field.map_or(Kind::Ordered, Kind::of);
    if !kind.takes(raw.op) || field.is_none() && raw.op == Operator::Empty {
        let detail = format!("Here these mean something: {}.", kind.operators());
        return Err(vec![Fault::new(&*raw.op_pointer, Violation::NotPossible, detail)]);
    }
    let predicate = predicate(field, raw)?;
    let other = match (&predicate, field) {
        (Predicate::StartsWith(part), Some(field)) => {
            field.start_of_other_spelling(part).map(Predicate::Contains)
        }
        _ => None,
    };
    let other = other.map(|predicate| Filter::Is(Comparison { column: column.clone(), predicate }));
    let is = Filter::Is(Comparison { column, predicate });
    let is = match other {
        Some(other) => Filter::Any(vec![is, other]),
        None => is,
    };
    Ok(if raw.op == Operator::Ne { Filter::Not(Box::new(is)) } else { is })
}

fn predicate(field: Option<&Field>, raw: &RawCondition) -> Result<Predicate, Vec<Fault>> {
    let (pointer, value) = (raw.value_pointer.as_str(), &raw.value);
    if raw.op == Operator::In {
        return operand::keys_of_list(field, pointer, value).map(Predicate::In);
    }
    let key = || operand::key(field, pointer, value);
    let part = || operand::part(pointer, value);
    let predicate = match raw.op {
        Operator::Eq | Operator::Ne | Operator::In => operand::keys(field, pointer, value).map(Predicate::In),
        Operator::Lt => key().map(Predicate::Below),
        Operator::Lte => key().map(Predicate::AtMost),
        Operator::Gt => key().map(Predicate::Above),
        Operator::Gte => key().map(Predicate::AtLeast),
        Operator::StartsWith => part().map(Predicate::StartsWith),
        Operator::Contains => part().map(Predicate::Contains),
        Operator::Empty => operand::flag(pointer, value).map(Predicate::Empty),
    };
    predicate.map_err(|fault| vec![fault])
}

impl Node {
    fn count(&self) -> usize {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().map(Node::count).sum(),
            Node::Not(node) => node.count(),
            Node::Is(_) => 1,
        }
    }

    fn depth(&self) -> usize {
        match self {
            Node::All(nodes) | Node::Any(nodes) => {
                1 + nodes.iter().map(Node::depth).max().unwrap_or_default()
            }
            Node::Not(node) => 1 + node.depth(),
            Node::Is(_) => 0,
        }
    }

    pub(crate) fn is_of_a_query(&self) -> bool {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().any(Node::is_of_a_query),
            Node::Not(node) => node.is_of_a_query(),
            Node::Is(condition) => condition.field.pointer.starts_with('?'),
        }
    }
}
