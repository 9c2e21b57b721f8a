//! Reading the audit log: pages of entries that match a filter, latest first.

use super::{
    AuditEntry, AuditFilter,
    item::{is_kept, key},
    scan::Scan,
};
use base::{clock::Clock, error::Result, id::TeamId};
use table::Tables;
use table::{AttributeValue, Condition, Item, Key, Table, Write, text};

/// The most full entries that are read in one batch: each may have 300 KB.
const CHUNK_MAX: usize = 25;
/// The bytes after which a page ends: a response of Lambda may have 6 MB.
const PAGE_BYTES_MAX: usize = 1_000_000;

/// A page of entries.
pub struct AuditPage {
    /// The entries, latest first.
    pub entries: Vec<AuditEntry>,
    /// The `after` of the next page, if there may be more.
    pub next: Option<Item>,
}

/// The audit logs of all teams.
#[derive(Clone)]
pub struct AuditLog {
    activity: Table,
    clock: Clock,
}

impl AuditLog {
    /// The logs in these tables.
    pub fn new(tables: &Tables) -> Self {
        let Tables { activity, clock, .. } = tables.clone();
        Self { activity, clock }
    }

    /// The write of a new entry that expires at that time, in seconds since 1970. It fails if the entry exists
    /// already.
    ///
    /// # Errors
    /// 500: an entry can always be written.
    pub fn put(&self, team: &TeamId, entry: &AuditEntry, expires: i64) -> Result<Write> {
        let write = self.activity.put_item(key(team, &entry.id), entry.to_item(team, expires)?);
        Ok(write.when(Condition::ItemMissing))
    }

    /// A page of a team's entries. It may be short, or even empty, and still have a next page, as the work for
    /// one page is bounded.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn page(
        &self,
        team: &TeamId,
        filter: &AuditFilter,
        after: Option<&Item>,
        limit: usize,
    ) -> Result<AuditPage> {
        let mut scan =
            Scan::new(&self.activity, team, filter, after.and_then(|after| text(after, "sk")), limit);
        let (mut entries, mut size, now) = (Vec::new(), 0, self.clock.now());
        loop {
            let found = scan.take((limit - entries.len()).min(CHUNK_MAX)).await?;
            if found.is_empty() {
                return Ok(AuditPage { entries, next: scan.position().map(position) });
            }
            let items = self.load_items(found).await?;
            for (index, item) in items.iter().enumerate().filter(|(_, item)| is_kept(item, now)) {
                let entry = AuditEntry::from_item(item)?;
                if !filter.is_matched_by(&entry) {
                    continue;
                }
                let last = entry.id.to_string();
                size += text(item, "entry").map_or(0, str::len);
                entries.push(entry);
                if entries.len() == limit || size > PAGE_BYTES_MAX {
                    let is_last = index + 1 == items.len() && scan.is_over();
                    return Ok(AuditPage { entries, next: (!is_last).then(|| position(last)) });
                }
            }
        }
    }

    /// The full items of these items of an index, in their order. Those that were removed meanwhile are left
    /// out.
    async fn load_items(&self, found: Vec<Item>) -> Result<Vec<Item>> {
        if found.iter().all(|item| item.contains_key("entry")) {
            return Ok(found);
        }
        let mut items = self.activity.get_many(found.iter().filter_map(Key::of).collect()).await?;
        items.sort_by(|one, other| text(other, "sk").cmp(&text(one, "sk")));
        Ok(items)
    }
}

impl AuditEntry {
    /// The `after` of a page that begins behind this entry.
    pub fn position(&self) -> Item {
        position(self.id.to_string())
    }
}

/// The position behind an entry.
fn position(sk: String) -> Item {
    [("sk".to_owned(), AttributeValue::S(sk))].into()
}
