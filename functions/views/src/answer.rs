//! A view as it is answered. Of a restricted one, who may not read objects is told only what is about the fields that are
//! shown.

use std::collections::BTreeSet;

use api::Member;
use base::{
    Permission, Timestamp,
    id::{ObjectTypeId, UserId, ViewId},
    text::Slug,
};
use records::object_type::{StoredObjectType, TypeProblem};
use resources::resource::Resource as _;
use schemars::JsonSchema;
use search::FilterBody;
use serde::Serialize;
use view::{
    Anchored, ChartSettings, ColorRule, DashboardFilter, DateFields, GroupSettings, StatSettings, StoredView,
    Tile, ViewDefinition, ViewField, ViewKind, ViewProblems, ViewScope,
};

/// A view.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "View")]
pub(crate) struct ViewAnswer {
    pub(crate) id: ViewId,
    /// What people call it.
    name: String,
    /// How it shows objects.
    kind: ViewKind,
    /// The id of the type of the objects; null of a dashboard.
    object_type: Option<ObjectTypeId>,
    /// Who sees it.
    scope: ViewScope,
    /// Who has made it.
    owner: UserId,
    /// Whether nobody changes it.
    locked: bool,
    /// Whether those see through it who may not read objects.
    restricted: bool,
    /// Which objects. Of a restricted view it is left out for who may not read objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<Option<FilterBody>>,
    /// In which order. Of a restricted view it is left out for who may not read objects, if it is by a field that is not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    sort: Option<Option<String>>,
    /// The fields that are shown, in their order; all if it is null.
    fields: Option<Vec<ViewField>>,
    /// What the objects are grouped by.
    group: Option<GroupSettings>,
    /// Where the objects stand in a calendar.
    date: Option<DateFields>,
    /// The field with the picture.
    cover: Option<Slug>,
    /// What objects are colored by. Of a restricted view it is left out for who may not read objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    colors: Option<Option<Vec<ColorRule>>>,
    /// What a chart shows.
    chart: Option<ChartSettings>,
    /// What a number tells.
    stat: Option<StatSettings>,
    /// The views of a dashboard.
    tiles: Option<Vec<Tile>>,
    /// The filters of a dashboard.
    filters: Option<Vec<DashboardFilter>>,
    /// What is wrong with it, as its type is now.
    problems: Vec<TypeProblem>,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Grows by one with each change.
    pub(crate) version: u64,
    /// When it was moved to the trash.
    trashed_at: Option<Timestamp>,
}

impl ViewAnswer {
    /// The view, by its type if that is there, as the caller may know it.
    pub(crate) fn of(stored: StoredView, object_type: Option<&StoredObjectType>, by: &Member) -> Self {
        let is_whole = !stored.body.restricted || by.may(Permission::ObjectRead);
        let trashed_at = stored.state().trashed_at();
        let StoredView { id, body, version, created_at, created_by, updated_at, .. } = stored;
        let problems = ViewProblems::of(&body, object_type).all;
        let is_told = |problem: &TypeProblem| {
            is_whole || ["/fields", "/object_type"].iter().any(|place| problem.pointer.starts_with(place))
        };
        let is_sort_told = is_whole || is_sort_shown(&body);
        Self {
            id,
            name: body.name,
            kind: body.kind,
            object_type: body.object_type,
            scope: body.scope,
            owner: created_by,
            locked: body.locked,
            restricted: body.restricted,
            filter: is_whole.then(|| part(body.filter)),
            sort: is_sort_told.then(|| part(body.sort)),
            fields: part(body.fields),
            group: part(body.group),
            date: part(body.date),
            cover: part(body.cover),
            colors: is_whole.then(|| part(body.colors)),
            chart: part(body.chart),
            stat: part(body.stat),
            tiles: body.tiles,
            filters: body.filters.map(|filters| filters.iter().map(DashboardFilter::from).collect()),
            problems: problems.into_iter().filter(is_told).collect(),
            created_at,
            updated_at,
            version,
            trashed_at,
        }
    }
}

fn part<T>(anchored: Option<Anchored<T>>) -> Option<T> {
    anchored.map(|anchored| anchored.part)
}

fn shown_fields(body: &ViewDefinition) -> BTreeSet<Slug> {
    body.fields.iter().flat_map(|fields| &fields.part).map(|shown| shown.field.clone()).collect()
}

/// Whether who sees no more than what a view shows may know in which order it is.
pub(crate) fn is_sort_shown(body: &ViewDefinition) -> bool {
    body.sort.as_ref().is_none_or(|sort| is_shown(&sort.part, &shown_fields(body)))
}

fn is_shown(sort: &str, shown: &BTreeSet<Slug>) -> bool {
    let name = sort.strip_prefix('-').unwrap_or(sort);
    ["created_at", "updated_at"].contains(&name) || shown.iter().any(|slug| slug.as_str() == name)
}
