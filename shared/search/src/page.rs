//! One page of the objects that a search finds.

use api::extract::Page;
use base::Result;
use records::objects::{Collection, Objects, StoredObject, decode_object};
use table::Item;

use crate::{filter::Filter, plan::Plan, scan::Scan, search::Search};

/// The fewest and the most objects that are read together: some may turn out not to match.
const CHUNK_MIN: usize = 10;
const CHUNK_MAX: usize = 50;
/// The bytes of values after which a page ends: an answer of Lambda has 6 MB at the most.
const PAGE_SIZE: usize = 1_000_000;

/// The objects of a page so far, and the bytes of their values.
#[derive(Default)]
struct Found {
    objects: Vec<StoredObject>,
    size: usize,
}

impl Search {
    /// One page of the objects that match, as far as the budget of one answer goes, and the cursor behind it.
    ///
    /// # Errors
    /// 400 for a cursor of a type that has changed, 503 when the database is busy or away.
    pub async fn run(
        objects: &Objects,
        collection: &Collection,
        page: &Page<Search>,
    ) -> Result<(Vec<StoredObject>, Option<Item>)> {
        let filter = page.filter.filter.as_ref();
        let plan = Plan::of_search(&page.filter, objects.now());
        let table = (objects.table(), &*collection.stored);
        let mut scan = Scan::new(table, &plan, filter, page.after.as_ref(), page.limit)?;
        let mut found = Found::default();
        while let Some(entries) = scan.next().await? {
            if let Some(last) = found.take(&mut scan, filter, &entries, page.limit).await? {
                let is_all_read = last + 1 == entries.len();
                let next =
                    if is_all_read { scan.position() } else { Some(scan.position_behind(&entries[last])) };
                return Ok((found.objects, next));
            }
        }
        Ok((found.objects, scan.position()))
    }
}

impl Found {
    /// Takes the objects of these entries that match. When the page is full it returns the index of the entry
    /// that filled it.
    async fn take(
        &mut self,
        scan: &mut Scan<'_>,
        filter: Option<&Filter>,
        entries: &[Item],
        limit: usize,
    ) -> Result<Option<usize>> {
        let may_be_meant =
            |(_, entry): &(usize, &Item)| filter.is_none_or(|filter| filter.eval(entry) != Some(false));
        let candidates: Vec<_> = entries.iter().enumerate().filter(may_be_meant).collect();
        let mut left = candidates.as_slice();
        while !left.is_empty() {
            let count = (limit - self.objects.len()).clamp(CHUNK_MIN, CHUNK_MAX).min(left.len());
            let (chunk, rest) = left.split_at(count);
            let chunk_entries: Vec<&Item> = chunk.iter().map(|(_, entry)| *entry).collect();
            for (index, item) in scan.objects(&chunk_entries).await? {
                if filter.is_some_and(|filter| filter.eval(&item) != Some(true)) {
                    continue;
                }
                let object = decode_object(&item)?;
                self.size += object.answer_size();
                self.objects.push(object);
                if self.objects.len() == limit || self.size > PAGE_SIZE {
                    return Ok(Some(chunk[index].0));
                }
            }
            left = rest;
        }
        Ok(None)
    }
}
