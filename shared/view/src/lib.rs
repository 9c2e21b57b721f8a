//! Views: what the objects of a type look like to somebody, stored, and run.

mod board;
mod bucket;
mod cache;
mod chart;
mod check;
mod dashboard;
mod data;
mod definition;
mod group;
mod groups;
mod lens;
/// How many, how long and how large.
pub mod limits;
mod problems;
mod query;
mod range;
mod shown;

pub use board::{Board, BoardQuery};
pub use cache::ViewCache;
pub use chart::{Chart, ChartData, Stat};
pub use check::{Checked, choice_fault, label_fault, outside};
pub use dashboard::{Dashboard, DashboardRun, TileAnswer};
pub use data::ViewData;
pub use definition::{
    Anchored, ChartAxis, ChartSeries, ChartSettings, ChartType, ColorRule, ColorTarget, DashboardFilter,
    DateBucket, DateFields, EmptyGroup, FilterMapping, GroupOrder, GroupSettings, NamedField, Part,
    StatSettings, StoredView, Tile, VIEWS_MAX, ViewDefinition, ViewField, ViewKind, ViewScope, is_seen_by,
    locked,
};
pub use group::GroupAnswer;
pub use groups::{Groups, GroupsQuery};
pub use lens::Lens;
pub use problems::ViewProblems;
pub use query::{DataQuery, ViewQuery, ViewQueryBody};
pub use range::{RangeObjects, RangeQuery, Undated};
pub use shown::{ObjectList, ShownObject};
