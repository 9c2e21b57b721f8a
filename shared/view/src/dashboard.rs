//! Dashboards: several views in one answer. What stands in the way of one is in the way of no other.

use api::{
    Member,
    extract::{Page, PageBuilder},
};
use base::{Code, Error, Fault, Result, Violation, id::ViewId};
use records::objects::{Collection, Objects};
use schemars::JsonSchema;
use search::Conditions;
use serde::Serialize;
use table::{AttributeValue, Item, concurrent::concurrent, text};

use crate::{
    cache::ViewCache,
    chart::{Chart, ChartData, Stat},
    definition::{FilterMapping, StoredView, Tile, ViewKind},
    lens::Lens,
    limits::{AT_ONCE, LIVE_TILES_MAX, TILE_OBJECTS},
    query::{DataQuery, asked},
    shown::ObjectList,
};

/// The attribute of a cursor with the number of the next tile.
const TILE: &str = "tile";

/// What a dashboard shows.
#[derive(Serialize, JsonSchema)]
pub struct Dashboard {
    /// Its tiles, in their order.
    #[schemars(length(max = LIVE_TILES_MAX))]
    tiles: Vec<TileAnswer>,
    /// What to send as `cursor` for the next tiles; null on the last ones.
    next_cursor: Option<String>,
}

/// What a tile of a dashboard shows.
#[derive(Serialize, JsonSchema)]
pub struct TileAnswer {
    /// The view.
    view: ViewId,
    /// Whether there is something to show, and else why not.
    status: TileStatus,
    /// What the view shows: a chart, a number, or its first objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<TileData>,
}

/// What became of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum TileStatus {
    /// It is whole.
    Ok,
    /// It does not have all objects: it reads to 10,000.
    Incomplete,
    /// Fields or the type are gone that it needs, or the filters mean nothing to it.
    Broken,
    /// It shows objects, which the caller may not read.
    NoAccess,
    /// There is no such view that the caller sees.
    NotFound,
}

/// What a view shows in a tile.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum TileData {
    Chart(Chart),
    Stat(Stat),
    Objects(ObjectList),
}

/// What runs the tiles of a dashboard.
#[derive(Clone)]
pub struct DashboardRun {
    /// The views.
    pub views: ViewCache,
    /// The objects.
    pub objects: Objects,
    /// For whom.
    pub by: Member,
}

impl DashboardRun {
    /// The next tiles of a dashboard.
    ///
    /// # Errors
    /// 422 for a filter that the dashboard does not have, 503 when the database is busy or away.
    pub async fn run(&self, view: &StoredView, query: &DataQuery, pages: PageBuilder) -> Result<Dashboard> {
        let tiles = view.body.tiles.as_deref().unwrap_or_default();
        let filters = view.body.filters.as_deref().unwrap_or_default();
        check_names(&query.conditions, filters)?;
        let sent = query.conditions.sent().clone();
        let views = format!("/v1/teams/{}/views", self.by.team);
        let of_tile = |tile: &Tile| pages.at(&format!("{views}/{}/objects", tile.view));
        let lists: Vec<_> = tiles.iter().map(of_tile).collect();
        let page = pages.page("?", (None, query.cursor.as_deref()), (&view.id, view.version, sent)).await?;
        let from = page.after.as_ref().and_then(|after| text(after, TILE)?.parse().ok()).unwrap_or(0);
        let to = tiles.len().min(from + LIVE_TILES_MAX);
        let mut work = Vec::new();
        for (tile, list) in tiles.iter().zip(lists).take(to).skip(from) {
            work.push(self.clone().tile(tile.clone(), filters.to_vec(), query.conditions.clone(), list));
        }
        let answers = concurrent(AT_ONCE, work).await.into_iter().collect::<Result<Vec<_>>>()?;
        let next = (to < tiles.len()).then(|| position(to));
        Ok(Dashboard { tiles: answers, next_cursor: page.cursor(next).await? })
    }

    async fn tile(
        self,
        tile: Tile,
        filters: Vec<FilterMapping>,
        conditions: Conditions,
        list: PageBuilder,
    ) -> Result<TileAnswer> {
        let view = tile.view;
        match Box::pin(self.data(&view, &filters, &conditions, list)).await {
            Ok((status, data)) => Ok(TileAnswer { view, status, data: Some(data) }),
            Err(error) => match error.code.status() {
                403 => Ok(TileAnswer { view, status: TileStatus::NoAccess, data: None }),
                404 => Ok(TileAnswer { view, status: TileStatus::NotFound, data: None }),
                400..500 => Ok(TileAnswer { view, status: TileStatus::Broken, data: None }),
                _ => Err(error),
            },
        }
    }

    async fn data(
        &self,
        id: &ViewId,
        filters: &[FilterMapping],
        conditions: &Conditions,
        list: PageBuilder,
    ) -> Result<(TileStatus, TileData)> {
        let (objects, by) = (&self.objects, &self.by);
        let lens = Lens::of(&self.views, objects, by, id).await?;
        let conditions = mapped(conditions, filters, (id, &lens.collection))?;
        if matches!(lens.view.body.kind, ViewKind::Chart | ViewKind::Stat) {
            let data = DataQuery { cursor: None, conditions }.run(&lens, objects).await?;
            return Ok(match data {
                ChartData::Chart(chart) => (status(chart.complete), TileData::Chart(chart)),
                ChartData::Stat(stat) => (status(stat.complete), TileData::Stat(stat)),
            });
        }
        let search = lens.search(asked(&conditions, (None, None), None)?)?;
        let page: Page<_> = list.page("?", (Some(TILE_OBJECTS), None), conditions.sent().clone()).await?;
        let data = lens.list(objects, by, &page.with(search)).await?;
        Ok((TileStatus::Ok, TileData::Objects(data)))
    }
}

fn status(complete: bool) -> TileStatus {
    if complete { TileStatus::Ok } else { TileStatus::Incomplete }
}

/// 409, which is told as the status of the tile alone.
fn broken() -> Error {
    Error::new(Code::ViewBroken, "The tile is broken.")
}

/// Refuses filters that the dashboard does not have.
fn check_names(conditions: &Conditions, filters: &[FilterMapping]) -> Result<()> {
    let is_known = |name: &str| filters.iter().any(|filter| filter.name.as_str() == name);
    let unknown = conditions.names().filter(|(name, _)| !is_known(name));
    let fault = |(_, parameter): (&str, &str)| {
        let detail = "The dashboard has no such filter.";
        Fault::new(format!("?{parameter}"), Violation::UnknownField, detail)
    };
    let faults: Vec<_> = unknown.map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::unprocessable(faults)) }
}

/// The conditions on the fields of a view that the filters stand for; broken if one of them is gone.
fn mapped(
    conditions: &Conditions,
    filters: &[FilterMapping],
    (view, collection): (&ViewId, &Collection),
) -> Result<Conditions> {
    let of_view = |name: &str| {
        let filter = filters.iter().find(|filter| filter.name.as_str() == name)?;
        filter.maps.get(view)
    };
    let is_gone = conditions
        .names()
        .filter_map(|(name, _)| of_view(name))
        .any(|field| collection.stored.referred(field).is_none());
    if is_gone {
        return Err(broken());
    }
    Ok(conditions.on_fields(|name| of_view(name).map(|field| field.slug.as_str())))
}

fn position(tile: usize) -> Item {
    [(TILE.to_owned(), AttributeValue::S(tile.to_string()))].into()
}
