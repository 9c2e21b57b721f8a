//! What views show beside objects.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{chart::ChartData, dashboard::Dashboard};

/// What a view shows beside objects.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ViewData {
    /// A chart or a number.
    Chart(ChartData),
    /// The tiles of a dashboard.
    Dashboard(Dashboard),
}
