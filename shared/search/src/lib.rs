//! Queries of the objects of a type: filters, sorting and statistics; and objects as they are answered.

mod answer;
mod column;
mod expand;
mod filter;
mod object;
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

pub use answer::expanded;
pub use expand::{Expand, Expansion};
pub use object::{Object, TypeName};
pub use parameters::{ListQuery, StatsQuery};
pub use raw_query::{QueryBody, RawQuery};
pub use related::RelatedQuery;
pub use search::Search;
pub use stats::{Function, Statistics, Stats};
