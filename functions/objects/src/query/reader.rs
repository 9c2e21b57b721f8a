//! Reads filters by the fields of a type: every fault, each at its place.

use shared::{
    Fault, Violation,
    object_type::{Field, StoredObjectType},
};

use super::{
    asked::{self, Node},
    filter::{Condition, Filter, On, Test},
    operand,
    operator::{Kind, Op},
    search::on,
};

pub(super) const CONDITIONS_MAX: usize = 50;
pub(super) const DEPTH_MAX: usize = 5;

/// A type, and what is wrong with what was read by it.
pub(super) struct Reader<'a> {
    object_type: &'a StoredObjectType,
    pub(super) faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(object_type: &'a StoredObjectType) -> Self {
        Self { object_type, faults: Vec::new() }
    }

    /// The filter; none if something is wrong with it.
    pub(super) fn filter(&mut self, node: Node) -> Option<Filter> {
        let place = if node.is_of_a_query() { "?filter" } else { "/filter" };
        if node.count() > CONDITIONS_MAX {
            let detail = format!("Send at most {CONDITIONS_MAX} conditions.");
            self.faults.push(Fault::new(place, Violation::TooMany, detail));
        }
        if node.depth() > DEPTH_MAX {
            let detail = format!("Put all, any and not into one another at most {DEPTH_MAX} times.");
            self.faults.push(Fault::new(place, Violation::TooDeep, detail));
        }
        if self.faults.is_empty() { self.node(node) } else { None }
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

    fn condition(&mut self, asked: &asked::Condition) -> Option<Filter> {
        match read(self.object_type, asked) {
            Ok(filter) => Some(filter),
            Err(faults) => {
                self.faults.extend(faults);
                None
            }
        }
    }
}

fn read(object_type: &StoredObjectType, asked: &asked::Condition) -> Result<Filter, Vec<Fault>> {
    let on = on(object_type, &asked.field.pointer, &asked.field.name).map_err(|fault| vec![fault])?;
    let field = match &on {
        On::Field(slug, _) => object_type.object_type.field(slug.as_str()),
        On::CreatedAt | On::UpdatedAt => None,
    };
    let kind = field.map_or(Kind::Ordered, Kind::of);
    if !kind.takes(asked.op) || field.is_none() && asked.op == Op::Empty {
        let detail = format!("Here these mean something: {}.", kind.operators());
        return Err(vec![Fault::new(&*asked.op_pointer, Violation::NotPossible, detail)]);
    }
    let test = test(field, asked)?;
    let other = match (&test, field) {
        (Test::StartsWith(part), Some(field)) => field.start_of_other_spelling(part).map(Test::Contains),
        _ => None,
    };
    let other = other.map(|test| Filter::Is(Condition { on: on.clone(), test }));
    let is = Filter::Is(Condition { on, test });
    let is = match other {
        Some(other) => Filter::Any(vec![is, other]),
        None => is,
    };
    Ok(if asked.op == Op::Ne { Filter::Not(Box::new(is)) } else { is })
}

fn test(field: Option<&Field>, asked: &asked::Condition) -> Result<Test, Vec<Fault>> {
    let (pointer, value) = (asked.value_pointer.as_str(), &asked.value);
    if asked.op == Op::In {
        return operand::keys_of_list(field, pointer, value).map(Test::In);
    }
    let key = || operand::key(field, pointer, value);
    let part = || operand::part(pointer, value);
    let test = match asked.op {
        Op::Eq | Op::Ne | Op::In => operand::keys(field, pointer, value).map(Test::In),
        Op::Lt => key().map(Test::Below),
        Op::Lte => key().map(Test::AtMost),
        Op::Gt => key().map(Test::Above),
        Op::Gte => key().map(Test::AtLeast),
        Op::StartsWith => part().map(Test::StartsWith),
        Op::Contains => part().map(Test::Contains),
        Op::Empty => operand::flag(pointer, value).map(Test::Empty),
    };
    test.map_err(|fault| vec![fault])
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

    fn is_of_a_query(&self) -> bool {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().any(Node::is_of_a_query),
            Node::Not(node) => node.is_of_a_query(),
            Node::Is(condition) => condition.field.pointer.starts_with('?'),
        }
    }
}
