//! The definition of a view, as it is stored.

mod anchored;
mod parts;
mod uses;

use audit::{FieldChange, Kind, properties, property_changes};
use base::{
    Code, Error, Result,
    id::{ObjectTypeId, UserId, ViewId},
    text::Slug,
};
use resources::resource::{Body, Count, Full, Stored, Transition};
use schemars::JsonSchema;
use search::FilterBody;
use serde::{Deserialize, Serialize};

pub use anchored::Anchored;
pub use parts::{
    ChartAxis, ChartSeries, ChartSettings, ChartType, ColorRule, ColorTarget, DashboardFilter, DateBucket,
    DateFields, EmptyGroup, FilterMapping, GroupOrder, GroupSettings, StatSettings, Tile, ViewField,
};
pub use uses::{NamedField, Part};

/// A view as it is stored.
pub type StoredView = Stored<ViewDefinition>;

/// The most views of a team, with those in the trash.
pub const VIEWS_MAX: u64 = 500;

/// What a view shows, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ViewDefinition {
    /// What people call it.
    pub name: String,
    /// How it shows objects.
    pub kind: ViewKind,
    /// The type of the objects; none of a dashboard.
    pub object_type: Option<ObjectTypeId>,
    /// Who sees it.
    #[serde(default)]
    pub scope: ViewScope,
    /// Whether nobody changes it.
    #[serde(default)]
    pub locked: bool,
    /// Whether those see through it who may not read objects.
    #[serde(default)]
    pub restricted: bool,
    /// Which objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Anchored<FilterBody>>,
    /// In which order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<Anchored<String>>,
    /// The fields that are shown, in their order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Anchored<Vec<ViewField>>>,
    /// What objects are grouped by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Anchored<GroupSettings>>,
    /// Where objects stand in a calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Anchored<DateFields>>,
    /// The field with the picture of an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<Anchored<Slug>>,
    /// What objects are colored by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colors: Option<Anchored<Vec<ColorRule>>>,
    /// What a chart shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<Anchored<ChartSettings>>,
    /// What a single number tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stat: Option<Anchored<StatSettings>>,
    /// The views of a dashboard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tiles: Option<Vec<Tile>>,
    /// The filters of a dashboard. The fields are those of the types of its tiles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<FilterMapping>>,
}

/// How a view shows objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ViewKind {
    /// Rows and columns.
    Table,
    /// A column for each option of a field.
    Board,
    /// Days.
    Calendar,
    /// Cards with pictures.
    Gallery,
    /// A chart.
    Chart,
    /// A single number.
    Stat,
    /// Other views side by side.
    Dashboard,
}

/// Who sees a view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ViewScope {
    /// Whoever in the team may read views.
    #[default]
    Team,
    /// Only who has made it.
    Personal,
}

impl ViewDefinition {
    /// A view without a name that shows all.
    pub fn blank(kind: ViewKind, object_type: Option<ObjectTypeId>) -> Self {
        Self {
            name: String::new(),
            kind,
            object_type,
            scope: ViewScope::Team,
            locked: false,
            restricted: false,
            filter: None,
            sort: None,
            fields: None,
            group: None,
            date: None,
            cover: None,
            colors: None,
            chart: None,
            stat: None,
            tiles: None,
            filters: None,
        }
    }

    /// What of it may be told with its values; of the others, which hold data to compare with, only that they changed.
    const TOLD: &'static [(&'static str, &'static str)] = &[
        ("name", "Name"),
        ("kind", "Kind"),
        ("object_type", "Object type"),
        ("scope", "Scope"),
        ("locked", "Locked"),
        ("restricted", "Restricted"),
    ];
    const NAMED: &'static [(&'static str, &'static str)] = &[
        ("filter", "Filter"),
        ("sort", "Sort"),
        ("fields", "Fields"),
        ("group", "Group"),
        ("date", "Date"),
        ("cover", "Cover"),
        ("colors", "Colors"),
        ("chart", "Chart"),
        ("stat", "Number"),
        ("tiles", "Tiles"),
        ("filters", "Filters"),
    ];
}

impl Body for ViewDefinition {
    type Id = ViewId;
    const KIND: Kind = Kind::View;
    const NOUN: &'static str = "view";
    const PREFIX: &'static str = "VIEW#";
    const COUNT: Option<Count> = Some(Count { key: "VIEWCOUNT", max: VIEWS_MAX, full: Full::Refuse });
    const AUDITED: &'static [(&'static str, &'static str)] = Self::TOLD;

    fn label(&self) -> &str {
        &self.name
    }

    /// What is locked stays where it is.
    fn check_transition(&self, transition: Transition) -> Result<()> {
        if self.locked && transition != Transition::Restored { Err(locked()) } else { Ok(()) }
    }

    fn field_changes(before: Option<&Self>, after: &Self) -> Result<Vec<FieldChange>> {
        let before = before.map(properties).transpose()?;
        let after = properties(after)?;
        let mut changes = property_changes(before.as_ref(), &after, Self::TOLD);
        let named = property_changes(before.as_ref(), &after, Self::NAMED);
        changes.extend(named.into_iter().map(FieldChange::without_values));
        Ok(changes)
    }
}

/// 409: nobody changes what is locked.
pub fn locked() -> Error {
    Error::new(Code::Locked, "The view is locked: unlock it first, with {\"locked\": false} alone.")
}

/// Whether somebody sees it, if all views of the team may be read.
pub fn is_seen_by(view: &StoredView, user: &UserId) -> bool {
    view.body.scope == ViewScope::Team || view.created_by == *user
}
