//! The rules of the tiles and filters of a dashboard: views that are there, and fields of their types.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use base::{Fault, Violation, id::ViewId};
use records::object_type::{FieldReference, StoredObjectType};
use search::{Column, Scope};
use view::{
    DashboardFilter, FilterMapping, Tile, label_fault,
    limits::{DASHBOARD_FILTERS_MAX, ROWS_MAX, TILE_COLUMNS, TILE_HEIGHT_MAX, TILES_MAX},
    outside,
};

/// The views that tiles name, as far as they are there and can be one, each with its type if that is there.
#[derive(Default)]
pub(crate) struct TileViews {
    pub(crate) types: BTreeMap<ViewId, Option<Arc<StoredObjectType>>>,
}

/// What is wrong with tiles. Those that were there before are not looked at again.
pub(crate) fn check_tiles(tiles: &[Tile], before: &[Tile], views: &TileViews, faults: &mut Vec<Fault>) {
    if tiles.len() > TILES_MAX {
        faults.push(Fault::new("/tiles", Violation::TooMany, format!("Give at most {TILES_MAX}.")));
    }
    for (index, tile) in tiles.iter().enumerate().filter(|(_, tile)| !before.contains(tile)) {
        let pointer = format!("/tiles/{index}");
        if !views.types.contains_key(&tile.view) {
            let detail = "There is no such view, or it is a dashboard.";
            faults.push(Fault::new(format!("{pointer}/view"), Violation::NotFound, detail));
        }
        faults.extend(place_faults(&pointer, tile));
        faults.extend(label_fault(&format!("{pointer}/title"), tile.title.as_deref()));
    }
}

fn place_faults(pointer: &str, tile: &Tile) -> Vec<Fault> {
    let x = outside(&format!("{pointer}/x"), Some(tile.x), 0, TILE_COLUMNS - 1);
    let room = TILE_COLUMNS - tile.x.min(TILE_COLUMNS - 1);
    let w = outside(&format!("{pointer}/w"), Some(tile.w), 1, room);
    let y = outside(&format!("{pointer}/y"), Some(tile.y), 0, ROWS_MAX);
    let h = outside(&format!("{pointer}/h"), Some(tile.h), 1, TILE_HEIGHT_MAX);
    [x, w, y, h].into_iter().flatten().collect()
}

/// The filters with the fields that their types have now. Those that were there before are not looked at again.
pub(crate) fn mappings(
    sent: &[DashboardFilter],
    before: &[FilterMapping],
    views: &TileViews,
    faults: &mut Vec<Fault>,
) -> Vec<FilterMapping> {
    if sent.len() > DASHBOARD_FILTERS_MAX {
        let detail = format!("Give at most {DASHBOARD_FILTERS_MAX}.");
        faults.push(Fault::new("/filters", Violation::TooMany, detail));
    }
    let (mut names, mut mappings) = (BTreeSet::new(), Vec::new());
    for (index, filter) in sent.iter().enumerate() {
        if !names.insert(&filter.name) {
            let detail = "Another filter has this name already.";
            faults.push(Fault::new(format!("/filters/{index}/name"), Violation::Duplicate, detail));
        }
        let kept = before.iter().find(|before| DashboardFilter::from(*before) == *filter);
        mappings.push(match kept {
            Some(kept) => kept.clone(),
            None => mapping(index, filter, views, faults),
        });
    }
    mappings
}

fn mapping(
    index: usize,
    filter: &DashboardFilter,
    views: &TileViews,
    faults: &mut Vec<Fault>,
) -> FilterMapping {
    let mut maps = BTreeMap::new();
    for (view, slug) in &filter.maps {
        let pointer = format!("/filters/{index}/maps/{view}");
        let known = ViewId::parse(view).and_then(|view| Some((views.types.get(&view)?.as_ref()?, view)));
        let Some((object_type, view)) = known else {
            let detail = "No tile has this view.";
            faults.push(Fault::new(pointer, Violation::NotFound, detail));
            continue;
        };
        match reference(&pointer, slug.as_str(), object_type) {
            Ok(field) => {
                maps.insert(view, field);
            }
            Err(fault) => faults.push(fault),
        }
    }
    FilterMapping { name: filter.name.clone(), maps }
}

fn reference(pointer: &str, name: &str, object_type: &StoredObjectType) -> Result<FieldReference, Fault> {
    let scope = Scope::from(object_type);
    let column = scope.column(pointer, name)?;
    let field = object_type.reference(name).filter(|_| matches!(column, Column::Field(..)));
    field.ok_or_else(|| scope.unknown_field(pointer))
}
