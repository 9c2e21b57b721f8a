//! Queries of the objects of a type: filters, sorting and statistics; and objects as they are answered.

mod answer;
mod column;
mod cube;
mod expand;
mod filter;
mod measure;
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
pub use column::{Column, Scope};
pub use cube::{Cell, CellKey, Cube, CubeQuery};
pub use expand::{Expand, Expansion};
pub use filter::{Comparison, Filter, Predicate};
pub use measure::{Function, Measure, Tally};
pub use object::{Object, TypeName};
pub use parameters::{Conditions, ListQuery, StatsQuery};
pub use raw_query::{FilterBody, QueryBody, RawQuery};
pub use related::RelatedQuery;
pub use search::Search;
pub use stats::{Statistics, Stats};
