//! Reading the log: the filter of a query, and exports.

use std::time::{Duration, Instant};

use api::Member;
use audit::{AuditFilter, AuditLog};
use base::{Code, Fault, Result, Violation, id::ObjectTypeId};
use records::object_type::find;
use table::Tables;
use table::{Item, Table};

use crate::{csv::row, query::ListQuery};

/// The entries that are read in one batch.
const PAGE: usize = 100;
/// The bytes after which a part of an export ends, counted as they are in Lambda's response, which may have 6
/// MB. The last entry may exceed this by up to 1.3 MB.
const EXPORT_SIZE: usize = 4_000_000;
/// No further batch is read after this time: API Gateway waits 29 seconds.
const EXPORT_TIME: Duration = Duration::from_secs(15);

/// The logs.
#[derive(Clone)]
pub struct Store {
    workspace: Table,
    pub(crate) log: AuditLog,
}

impl Store {
    /// The logs of the tables.
    pub fn new(tables: &Tables) -> Self {
        Self { workspace: tables.workspace.clone(), log: AuditLog::new(tables) }
    }

    /// The filter of a query, with its object type looked up in the caller's team.
    pub(crate) async fn filter(&self, by: &Member, query: &ListQuery) -> Result<AuditFilter> {
        let object_type = match query.object_type.as_deref() {
            None => Ok(None),
            Some(id_or_slug) => match ObjectTypeId::parse(id_or_slug) {
                // Entries about a destroyed type are still there.
                Some(id) => Ok(Some(id)),
                None => self.named_type(by, id_or_slug).await?,
            },
        };
        query.filter(object_type)
    }

    async fn named_type(&self, by: &Member, slug: &str) -> Result<Result<Option<ObjectTypeId>, Fault>> {
        match find(&self.workspace, &by.team, slug).await {
            Ok(found) => Ok(Ok(Some(found.object_type.id))),
            Err(error) if error.code == Code::NotFound => {
                let detail = "The team has no object type of this slug; of one that is gone send the id.";
                Ok(Err(Fault::new("?object_type", Violation::NotFound, detail)))
            }
            Err(error) => Err(error),
        }
    }

    /// As many rows of CSV as one response may have, and where the next part begins.
    pub(crate) async fn export(
        &self,
        by: &Member,
        filter: &AuditFilter,
        after: Option<&Item>,
    ) -> Result<(String, Option<Item>)> {
        let (begun, mut rows, mut size, mut after) = (Instant::now(), String::new(), 0, after.cloned());
        loop {
            let page = self.log.page(&by.team, filter, after.as_ref(), PAGE).await?;
            let count = page.entries.len();
            for (index, entry) in page.entries.into_iter().enumerate() {
                let (position, row) = (entry.position(), row(entry));
                size += escaped(&row);
                rows += &row;
                if size >= EXPORT_SIZE {
                    let next = if index + 1 == count { page.next } else { Some(position) };
                    return Ok((rows, next));
                }
            }
            match page.next {
                Some(next) if begun.elapsed() < EXPORT_TIME => after = Some(next),
                next => return Ok((rows, next)),
            }
        }
    }
}

/// The bytes that a text takes in a function's response, which is JSON.
fn escaped(text: &str) -> usize {
    let byte = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(byte).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_row_is_that_in_json() {
        for text in ["Ada", "\"\"\\", "a\r\n\tb", "\u{1}\u{1f}", "Zoë 🐢"] {
            assert_eq!(escaped(text) + 2, serde_json::to_string(text).unwrap().len(), "{text:?}");
        }
    }
}
