//! How much there may be of everything.

/// The most characters of a name.
pub const NAME_LENGTH_MAX: usize = 100;
/// The most characters of a title, a label and a placeholder.
pub const TITLE_LENGTH_MAX: usize = 200;
/// The most characters of a description, a message and a text between fields.
pub const TEXT_LENGTH_MAX: usize = 2_000;
/// The most characters of what helps with a field.
pub const HELP_LENGTH_MAX: usize = 1_000;
/// The most characters of `autocomplete` and of a locale.
pub const WORD_LENGTH_MAX: usize = 100;
/// The most characters of a URL.
pub const URL_LENGTH_MAX: usize = 2_000;
/// The most pages.
pub const PAGES_MAX: usize = 20;
/// The most items on all pages.
pub const ITEMS_MAX: usize = 200;
/// The most fixed values.
pub const VALUES_MAX: usize = 50;
/// The most origins.
pub const ORIGINS_MAX: usize = 20;
/// The most submissions that a form may be limited to.
pub const ACCEPTED_MAX: u64 = 1_000_000;
/// The longest that somebody must take.
pub const SECONDS_MIN_MAX: u32 = 60;
/// The most submissions of an hour.
pub const PER_HOUR_MAX: u32 = 1_000_000;
/// The most links that may be allowed.
pub const LINKS_MAX: u32 = 1_000;
/// The most bytes of a definition.
pub const DEFINITION_BYTES_MAX: usize = 64 * 1024;
