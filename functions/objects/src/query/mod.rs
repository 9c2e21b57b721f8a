//! Queries of the objects of a type: filters, sorting and statistics.

mod column;
mod filter;
mod operand;
mod operator;
mod page;
mod parameters;
mod plan;
mod range;
mod raw_query;
mod reader;
mod related;
mod scan;
mod schema;
mod search;
mod stats;

pub(crate) use parameters::{ListQuery, StatsQuery};
pub(crate) use raw_query::{QueryBody, RawQuery};
pub(crate) use related::RelatedQuery;
pub(crate) use search::Search;
pub(crate) use stats::{Statistics, Stats};
