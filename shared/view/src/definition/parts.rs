//! The parts of a definition, as they are sent and stored.

use std::collections::BTreeMap;

use base::{
    id::ViewId,
    text::{LABEL_FORM, Slug},
};
use records::object_type::FieldReference;
use schemars::JsonSchema;
use search::{FilterBody, Function};
use serde::{Deserialize, Serialize};

use crate::limits::{
    AGGREGATES_MAX, LABEL_LENGTH_MAX, MAX_DAYS_MAX, ROWS_MAX, SERIES_MAX, TILE_COLUMNS, TILE_HEIGHT_MAX,
    TIMEZONE_LENGTH_MAX, TOP_MAX, WIDTH_MAX, WIDTH_MIN,
};

/// A field that is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewField {
    /// The field.
    pub field: Slug,
    /// How wide its column is, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = WIDTH_MIN, max = WIDTH_MAX))]
    pub width: Option<u16>,
    /// What it is called here, if not by its own label.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = LABEL_LENGTH_MAX), regex(pattern = LABEL_FORM))]
    pub label: Option<String>,
}

/// What objects are grouped by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupSettings {
    /// The searchable field; of a board a dropdown, radio, checkbox or relationship.
    pub field: Slug,
    /// The order of the groups: that of the options where there are some, and else of the values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<GroupOrder>,
    /// Where the group of the objects without a value stands; the last unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty: Option<EmptyGroup>,
    /// What is told of each group: `count`, or a function and a searchable field with numbers such as `sum:amount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = AGGREGATES_MAX))]
    pub aggregates: Option<Vec<String>>,
}

/// The order of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum GroupOrder {
    /// As the options of the field.
    #[serde(rename = "options")]
    Options,
    /// By value.
    #[serde(rename = "value")]
    Value,
    /// By value, from the last to the first.
    #[serde(rename = "-value")]
    ValueDescending,
}

/// Where the group of the objects without a value stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EmptyGroup {
    /// Before the others.
    First,
    /// Behind the others.
    #[default]
    Last,
    /// Nowhere.
    Hidden,
}

/// Where objects stand in a calendar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DateFields {
    /// The searchable date on which an object begins.
    pub start: Slug,
    /// The searchable date on which it ends, of the same precision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Slug>,
    /// So many days before a range it is looked for objects that last into it; 31 unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = MAX_DAYS_MAX))]
    pub max_days: Option<u16>,
}

/// A color for the objects of which something holds. The first rule that holds counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColorRule {
    /// What must hold.
    pub r#if: FilterBody,
    /// The color, such as `#1a2b3c`.
    #[schemars(regex(pattern = "^#[0-9a-fA-F]{6}$"))]
    pub color: String,
    /// What is colored: the whole object unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<ColorTarget>,
    /// The field that is colored, with the target `field`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<Slug>,
}

/// What a rule colors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColorTarget {
    /// The whole object.
    Row,
    /// The value of one field.
    Field,
}

/// What a chart shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartSettings {
    /// How it looks.
    pub r#type: ChartType,
    /// What stands along it; only a number may do without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<ChartAxis>,
    /// What is counted or added up.
    #[schemars(length(min = 1, max = SERIES_MAX))]
    pub series: Vec<ChartSeries>,
    /// A searchable dropdown, radio, checkbox or relationship, by whose values each series is taken apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<Slug>,
    /// Only so many places along it: those at which the first series is greatest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = TOP_MAX))]
    pub top: Option<u16>,
}

/// How a chart looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ChartType {
    Bar,
    Line,
    Area,
    Pie,
    Number,
}

/// What stands along a chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartAxis {
    /// A searchable field, `created_at` or `updated_at`.
    pub field: Slug,
    /// Of dates, which of them stand together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<DateBucket>,
    /// The zone in which moments fall on days, such as `Europe/Berlin`; UTC unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = TIMEZONE_LENGTH_MAX))]
    pub timezone: Option<String>,
}

/// Which dates stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DateBucket {
    /// Those of a day.
    Day,
    /// Those of a week, which begins on Monday.
    Week,
    /// Those of a month.
    Month,
    /// Those of a quarter.
    Quarter,
    /// Those of a year.
    Year,
}

/// What a chart counts or adds up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartSeries {
    /// The function.
    pub r#fn: Function,
    /// The searchable field with numbers, for all but `count`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<Slug>,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = LABEL_LENGTH_MAX), regex(pattern = LABEL_FORM))]
    pub label: Option<String>,
}

/// What a single number tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatSettings {
    /// The function.
    pub r#fn: Function,
    /// The searchable field with numbers, for all but `count`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<Slug>,
}

/// A view in a dashboard, on a grid of 12 columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tile {
    /// The view, which is no dashboard.
    pub view: ViewId,
    /// The column that it begins in.
    #[schemars(range(max = TILE_COLUMNS - 1))]
    pub x: u16,
    /// The row that it begins in.
    #[schemars(range(max = ROWS_MAX))]
    pub y: u16,
    /// How many columns it takes.
    #[schemars(range(min = 1, max = TILE_COLUMNS))]
    pub w: u16,
    /// How many rows it takes.
    #[schemars(range(min = 1, max = TILE_HEIGHT_MAX))]
    pub h: u16,
    /// What it is called here, if not by its own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = LABEL_LENGTH_MAX), regex(pattern = LABEL_FORM))]
    pub title: Option<String>,
}

/// A filter of a dashboard, which whoever looks at it fills in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DashboardFilter {
    /// The name by which it is sent, as in `filter[name][eq]=…`.
    pub name: Slug,
    /// The searchable field that it looks at, by the id of each view that it narrows.
    pub maps: BTreeMap<String, Slug>,
}

/// A filter of a dashboard as it is stored: of each field with the generation that is meant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilterMapping {
    /// The name by which it is sent.
    pub name: Slug,
    /// The field that it looks at, of each view.
    pub maps: BTreeMap<ViewId, FieldReference>,
}

impl From<&FilterMapping> for DashboardFilter {
    fn from(stored: &FilterMapping) -> Self {
        let FilterMapping { name, maps } = stored;
        let maps = maps.iter().map(|(view, field)| (view.to_string(), field.slug.clone())).collect();
        Self { name: name.clone(), maps }
    }
}
