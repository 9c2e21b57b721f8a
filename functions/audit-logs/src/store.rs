//! Reads the log: one page of it, or as much as one export holds.

use std::time::{Duration, Instant};

use shared::{
    Code, Fault, Member, Platform, Result, Violation,
    audit::{Log, Narrowing},
    id::ObjectTypeId,
    object_type::find,
    table::{Item, Table},
};

use crate::{csv::row, query::ListQuery};

/// So many entries are read together.
const PAGE: usize = 100;
/// The bytes after which an export ends, as they are in Lambda's answer, which has 6 MB at the most: of one entry up to 1.3
/// MB may go beyond.
const EXPORT_SIZE: usize = 4_000_000;
/// Nothing more is read after this time: API Gateway waits 29 seconds.
const EXPORT_TIME: Duration = Duration::from_secs(15);

/// The logs.
#[derive(Clone)]
pub struct Store {
    workspace: Table,
    pub(crate) log: Log,
}

impl Store {
    /// The logs of the platform.
    pub fn new(platform: &Platform) -> Self {
        Self { workspace: platform.workspace.clone(), log: Log::new(platform) }
    }

    /// What a query means in the caller's team.
    pub(crate) async fn narrowing(&self, by: &Member, asked: &ListQuery) -> Result<Narrowing> {
        let object_type = match asked.object_type.as_deref() {
            None => Ok(None),
            Some(id_or_slug) => match ObjectTypeId::parse(id_or_slug) {
                // A type that is gone has left its entries.
                Some(id) => Ok(Some(id)),
                None => self.named_type(by, id_or_slug).await?,
            },
        };
        asked.narrowing(object_type)
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

    /// Lines of CSV, as many as one answer holds, and where to go on.
    pub(crate) async fn export(
        &self,
        by: &Member,
        narrowing: &Narrowing,
        after: Option<&Item>,
    ) -> Result<(String, Option<Item>)> {
        let (begun, mut rows, mut size, mut after) = (Instant::now(), String::new(), 0, after.cloned());
        loop {
            let part = self.log.part(&by.team, narrowing, after.as_ref(), PAGE).await?;
            let count = part.entries.len();
            for (index, entry) in part.entries.into_iter().enumerate() {
                let (position, row) = (entry.position(), row(entry));
                size += escaped(&row);
                rows += &row;
                if size >= EXPORT_SIZE {
                    let next = if index + 1 == count { part.next } else { Some(position) };
                    return Ok((rows, next));
                }
            }
            match part.next {
                Some(next) if begun.elapsed() < EXPORT_TIME => after = Some(next),
                next => return Ok((rows, next)),
            }
        }
    }
}

/// The bytes of a text in the answer of a function, which is JSON.
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
