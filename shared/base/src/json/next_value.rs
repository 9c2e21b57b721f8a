//! The value that comes next in a JSON text.

use super::cursor::Cursor;

/// Reads the value that comes next.
pub(super) struct Reader<'c, 'de> {
    pub(super) cursor: &'c mut Cursor<'de>,
    pub(super) takes_null: bool,
}

impl<'c, 'de> Reader<'c, 'de> {
    pub(super) fn new(cursor: &'c mut Cursor<'de>) -> Self {
        Self { cursor, takes_null: false }
    }
}
