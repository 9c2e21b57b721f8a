//! A view as it is sent, and what a change of it comes to.

use api::Member;
use base::{
    Permission, Result,
    id::{ObjectTypeId, ViewId},
    json::{self, Nullable},
    text::{self, NAME_FORM, Slug},
};
use records::object_type::StoredObjectType;
use schemars::JsonSchema;
use search::{FilterBody, Scope};
use serde::Deserialize;
use view::{
    ChartSettings, ColorRule, DashboardFilter, DateFields, GroupSettings, StatSettings, Tile, ViewDefinition,
    ViewField, ViewKind, ViewScope, choice_fault,
    limits::{COLORS_MAX, DASHBOARD_FILTERS_MAX, FIELDS_MAX, NAME_LENGTH_MAX, TILES_MAX},
};

use crate::{
    answer::is_sort_shown,
    dashboard::{TileViews, check_tiles, mappings},
    parts::{Faults, changed},
    rules::{kind_faults, restriction_faults},
};

/// A view that is to be made.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = example())]
pub(crate) struct NewView {
    /// What people call it.
    #[schemars(length(min = 1, max = NAME_LENGTH_MAX), regex(pattern = NAME_FORM))]
    name: String,
    /// How it shows objects. This is fixed.
    pub(crate) kind: ViewKind,
    /// The type of the objects, by id or slug; none of a dashboard. This is fixed.
    pub(crate) object_type: Option<String>,
    /// Who sees it: the team unless told.
    scope: Option<ViewScope>,
    /// Whether nobody changes it.
    locked: Option<bool>,
    /// Whether those see through it who may not read objects: its objects, with the fields that it shows.
    pub(crate) restricted: Option<bool>,
    /// Which objects.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<FilterBody>")]
    filter: Option<FilterBody>,
    /// In which order: a searchable field, `created_at` or `updated_at`, with `-` in front from the last to the first.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<String>")]
    sort: Option<String>,
    /// The fields that are shown, in their order; all, and those to come, if it is left out.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Vec<ViewField>>", length(max = FIELDS_MAX))]
    fields: Option<Vec<ViewField>>,
    /// What the objects of a table or a board are grouped by.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<GroupSettings>")]
    group: Option<GroupSettings>,
    /// Where the objects of a calendar stand.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<DateFields>")]
    date: Option<DateFields>,
    /// The field with the pictures of a gallery.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Slug>")]
    cover: Option<Slug>,
    /// What objects are colored by.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Vec<ColorRule>>", length(max = COLORS_MAX))]
    colors: Option<Vec<ColorRule>>,
    /// What a chart shows.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<ChartSettings>")]
    chart: Option<ChartSettings>,
    /// What a number tells.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<StatSettings>")]
    stat: Option<StatSettings>,
    /// The views of a dashboard.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Vec<Tile>>", length(max = TILES_MAX))]
    tiles: Option<Vec<Tile>>,
    /// The filters of a dashboard.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Vec<DashboardFilter>>", length(max = DASHBOARD_FILTERS_MAX))]
    filters: Option<Vec<DashboardFilter>>,
}

/// What changes of a view. Absent leaves as it is, null removes; each part is changed as a whole.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ViewPatch {
    /// What people call it.
    #[schemars(length(min = 1, max = NAME_LENGTH_MAX), regex(pattern = NAME_FORM))]
    name: Option<String>,
    /// Who sees it.
    scope: Option<ViewScope>,
    /// Whether nobody changes it.
    locked: Option<bool>,
    /// Whether those see through it who may not read objects.
    restricted: Option<bool>,
    /// Which objects.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<FilterBody>")]
    filter: Option<Option<FilterBody>>,
    /// In which order.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<String>")]
    sort: Option<Option<String>>,
    /// The fields that are shown, in their order.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<Vec<ViewField>>", length(max = FIELDS_MAX))]
    fields: Option<Option<Vec<ViewField>>>,
    /// What the objects of a table or a board are grouped by.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<GroupSettings>")]
    group: Option<Option<GroupSettings>>,
    /// Where the objects of a calendar stand.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<DateFields>")]
    date: Option<Option<DateFields>>,
    /// The field with the pictures of a gallery.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<Slug>")]
    cover: Option<Option<Slug>>,
    /// What objects are colored by.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<Vec<ColorRule>>", length(max = COLORS_MAX))]
    colors: Option<Option<Vec<ColorRule>>>,
    /// What a chart shows.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<ChartSettings>")]
    chart: Option<Option<ChartSettings>>,
    /// What a number tells.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<StatSettings>")]
    stat: Option<Option<StatSettings>>,
    /// The views of a dashboard.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<Vec<Tile>>", length(max = TILES_MAX))]
    tiles: Option<Option<Vec<Tile>>>,
    /// The filters of a dashboard.
    #[serde(default, deserialize_with = "json::present")]
    #[schemars(with = "Nullable<Vec<DashboardFilter>>", length(max = DASHBOARD_FILTERS_MAX))]
    filters: Option<Option<Vec<DashboardFilter>>>,
}

/// A view to be made like another one.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ViewDuplicate")]
pub(crate) struct Duplicate {
    /// What people call it, if not as the other one.
    #[schemars(length(min = 1, max = NAME_LENGTH_MAX), regex(pattern = NAME_FORM))]
    pub(crate) name: Option<String>,
}

/// A view as it may be sent, for the documents.
fn example() -> serde_json::Value {
    serde_json::json!({
        "name": "Open deals",
        "kind": "board",
        "object_type": "customers",
        "filter": {"field": "amount", "op": "gte", "value": 10},
        "sort": "-amount",
        "fields": [{"field": "name"}, {"field": "amount"}, {"field": "stage"}],
        "group": {"field": "stage", "aggregates": ["count", "sum:amount"]},
    })
}

impl NewView {
    /// The view without what it shows, and what is to be put there.
    pub(crate) fn parts(self, object_type: Option<ObjectTypeId>) -> (ViewDefinition, ViewPatch) {
        let Self { name, kind, object_type: _, scope, locked, restricted, filter, sort, fields, .. } = self;
        let patch = ViewPatch {
            name: Some(name),
            scope,
            locked,
            restricted,
            filter: Some(filter),
            sort: Some(sort),
            fields: Some(fields),
            group: Some(self.group),
            date: Some(self.date),
            cover: Some(self.cover),
            colors: Some(self.colors),
            chart: Some(self.chart),
            stat: Some(self.stat),
            tiles: Some(self.tiles),
            filters: Some(self.filters),
        };
        (ViewDefinition::blank(kind, object_type), patch)
    }
}

impl ViewPatch {
    /// A change of the name alone, if there is another one.
    pub(crate) fn named(name: Option<String>) -> Self {
        Self { name, ..Self::default() }
    }

    /// The views that the tiles of the patch hold.
    pub(crate) fn tile_views(&self) -> Vec<ViewId> {
        self.tiles.iter().flatten().flatten().map(|tile| tile.view.clone()).collect()
    }

    /// Whether it says anything of what somebody may not know of a restricted view: even what is equal would tell what is there.
    pub(crate) fn says_unseen(&self, before: &ViewDefinition, by: &Member) -> bool {
        let Self { name: _, locked: _, scope, restricted, filter, sort, fields, .. } = self;
        let Self { group, date, cover, colors, chart, stat, tiles: _, filters: _, .. } = self;
        let is_sort_unseen = sort.is_some() && !is_sort_shown(before);
        let says_more = scope.is_some()
            || restricted.is_some()
            || sort.is_some()
            || fields.is_some()
            || group.is_some()
            || date.is_some()
            || cover.is_some()
            || chart.is_some()
            || stat.is_some();
        filter.is_some() || colors.is_some() || is_sort_unseen || (says_more && !by.may(Permission::ViewRead))
    }

    /// Whether it does nothing but unlock.
    pub(crate) fn unlocks_alone(&self, before: &ViewDefinition, after: &ViewDefinition) -> bool {
        self.locked == Some(false) && ViewDefinition { locked: false, ..before.clone() } == *after
    }

    /// The definition as the patch leaves it, by the type as it is; all faults at once if it breaks a rule. What is as before
    /// is not looked at again.
    pub(crate) fn applied(
        self,
        before: &ViewDefinition,
        object_type: Option<&StoredObjectType>,
        tiles: &TileViews,
    ) -> Result<ViewDefinition> {
        let mut faults = Faults::default();
        let mut after = before.clone();
        // A new view has no name yet, and an empty one is no name either.
        if let Some(name) = self.name.filter(|name| before.name.is_empty() || *name != before.name) {
            match text::name("/name", &name, NAME_LENGTH_MAX) {
                Ok(name) => after.name = name,
                Err(fault) => faults.data.push(fault),
            }
        }
        after.scope = self.scope.unwrap_or(before.scope);
        after.locked = self.locked.unwrap_or(before.locked);
        after.restricted = self.restricted.unwrap_or(before.restricted);
        macro_rules! parts {
            ($($part:ident)+) => { $(
                changed(concat!("/", stringify!($part)), self.$part, &mut after.$part, object_type, &mut faults);
            )+ };
        }
        parts!(filter sort fields group date cover colors chart stat);
        if let (ViewKind::Board, Some(group), Some(object_type)) = (after.kind, &after.group, object_type)
            && after.group != before.group
        {
            let field = group.part.field.as_str();
            let fault = choice_fault("/group/field", field, Scope::from(object_type));
            faults.data.extend(fault.filter(|fault| !faults.data.contains(fault)));
        }
        if let Some(sent) = self.tiles {
            let known = before.tiles.as_deref().unwrap_or_default();
            check_tiles(sent.as_deref().unwrap_or_default(), known, tiles, &mut faults.data);
            after.tiles = sent;
        }
        if let Some(sent) = self.filters {
            let known = before.filters.as_deref().unwrap_or_default();
            after.filters = sent.map(|sent| mappings(&sent, known, tiles, &mut faults.data));
        }
        faults.data.extend(kind_faults(&after));
        faults.data.extend(restriction_faults(&after));
        faults.settled(after)
    }
}
