//! How many, how long and how large: what a definition may have.

/// The most characters of a name.
pub const NAME_LENGTH_MAX: usize = 100;
/// The most characters of a label or a title.
pub const LABEL_LENGTH_MAX: usize = 100;
/// The most fields that are shown.
pub const FIELDS_MAX: usize = 200;
/// The least width of a column, in pixels.
pub const WIDTH_MIN: u16 = 40;
/// The greatest width of a column.
pub const WIDTH_MAX: u16 = 1_000;
/// The most aggregates of a group.
pub const AGGREGATES_MAX: usize = 5;
/// The most days that an object of a calendar is looked back for.
pub const MAX_DAYS_MAX: u16 = 366;
/// The same, unless the view says it.
pub const MAX_DAYS_DEFAULT: u16 = 31;
/// The most rules of colors.
pub const COLORS_MAX: usize = 20;
/// The most series of a chart.
pub const SERIES_MAX: usize = 5;
/// The most places that `top` may ask for.
pub const TOP_MAX: u16 = 50;
/// The most characters of the name of a time zone.
pub const TIMEZONE_LENGTH_MAX: usize = 64;
/// The most tiles of a dashboard.
pub const TILES_MAX: usize = 30;
/// The columns of a dashboard.
pub const TILE_COLUMNS: u16 = 12;
/// The last row that a tile may begin in.
pub const ROWS_MAX: u16 = 1_000;
/// The most rows of a tile.
pub const TILE_HEIGHT_MAX: u16 = 100;
/// The most filters of a dashboard.
pub const DASHBOARD_FILTERS_MAX: usize = 5;
/// The most bytes of a definition.
pub const DEFINITION_SIZE_MAX: usize = 32_768;
/// The most groups that an answer tells of.
pub const GROUPS_MAX: usize = 500;
/// Each of so many options is counted by itself; of more, all objects are looked through once.
pub const COUNTED_ALONE_MAX: usize = 25;
/// The most groups of a board.
pub const BOARD_GROUPS_MAX: usize = 25;
/// The most objects of a group of a board.
pub const PER_GROUP_MAX: usize = 20;
/// The same, unless the request says it.
pub const PER_GROUP_DEFAULT: usize = 10;
/// The most days of a range.
pub const RANGE_DAYS_MAX: i64 = 400;
/// The most objects of a range.
pub const RANGE_OBJECTS_MAX: usize = 1_000;
/// The most places along a chart.
pub const PLACES_MAX: usize = 1_000;
/// The most tiles that one answer runs.
pub const LIVE_TILES_MAX: usize = 12;
/// The objects of a tile.
pub const TILE_OBJECTS: usize = 10;
/// So many queries of one answer run at the same time.
pub const AT_ONCE: usize = 8;
