//! Questions about the objects of a type: which ones, in what order, and what their numbers come to.

mod asked;
mod filter;
mod operand;
mod operator;
mod parameters;
mod plan;
mod range;
mod reader;
mod related;
mod schema;
mod search;
mod stats;
mod walk;

pub(crate) use asked::{Asked, QueryBody};
pub(crate) use parameters::{ListQuery, StatsQuery};
pub(crate) use related::RelatedQuery;
pub(crate) use search::Search;
pub(crate) use stats::{Statistics, Stats};
