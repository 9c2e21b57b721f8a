//! Searches: queries whose names and values were resolved against a type.

use std::collections::BTreeSet;

use api::extract::Page;
use base::{Error, Fault, Result, Violation, text::Slug};
use records::object_type::StoredObjectType;
use table::Item;

use super::{
    filter::{Column, Filter},
    plan::Plan,
    raw_query::{Name, RawQuery},
    reader::Reader,
    scan::Scan,
};
use records::objects::{Collection, Objects, StoredObject, decode_object};

/// The fewest and the most objects that are read together: some may turn out not to match.
const CHUNK_MIN: usize = 10;
const CHUNK_MAX: usize = 50;
/// The bytes of values after which a page ends: an answer of Lambda has 6 MB at the most.
const PAGE_SIZE: usize = 1_000_000;

/// A query of objects: the filter, the order, and the fields to answer with.
#[derive(Debug)]
pub(crate) struct Search {
    pub(super) filter: Option<Filter>,
    pub(super) sort: Option<Sort>,
    /// The fields to show; all if there are none.
    pub(crate) fields: Option<BTreeSet<Slug>>,
    pub(super) trashed: bool,
}

/// An order.
#[derive(Debug)]
pub(super) struct Sort {
    pub(super) by: Column,
    pub(super) descending: bool,
}

impl RawQuery {
    /// Resolves the query against a type; all faults at once if that has no such fields or values.
    pub(crate) fn resolve(self, object_type: &StoredObjectType) -> Result<Search> {
        let mut reader = Reader::new(object_type);
        let Self { filter, sort, fields, trashed } = self;
        let filter = filter.and_then(|filter| reader.filter(filter));
        let mut faults = reader.faults;
        let sort = sort.and_then(|sort| read_sort(object_type, &sort, trashed, &mut faults));
        let fields = fields.map(|fields| {
            fields.iter().filter_map(|field| read_field(object_type, field, &mut faults)).collect()
        });
        if !faults.is_empty() {
            return Err(Error::unprocessable(faults));
        }
        Ok(Search { filter, sort, fields, trashed })
    }
}

fn read_sort(
    object_type: &StoredObjectType,
    sort: &Name,
    trashed: bool,
    faults: &mut Vec<Fault>,
) -> Option<Sort> {
    if trashed {
        let detail = "The trash is in the order in which it was filled, and in no other.";
        faults.push(Fault::new(&*sort.pointer, Violation::NotPossible, detail));
        return None;
    }
    let (name, descending) = match sort.name.strip_prefix('-') {
        Some(name) => (name, true),
        None => (sort.name.as_str(), false),
    };
    match resolve_column(object_type, &sort.pointer, name) {
        Ok(by) => Some(Sort { by, descending }),
        Err(fault) => {
            faults.push(fault);
            None
        }
    }
}

/// The column of that name. A field of the type comes first.
pub(super) fn resolve_column(
    object_type: &StoredObjectType,
    pointer: &str,
    name: &str,
) -> Result<Column, Fault> {
    let Some(field) = object_type.object_type.field(name) else {
        return match name {
            "created_at" => Ok(Column::CreatedAt),
            "updated_at" => Ok(Column::UpdatedAt),
            _ => Err(unknown_field(object_type, pointer)),
        };
    };
    let slot = object_type.slots.get(&field.slug).ok_or_else(|| {
        let detail = format!("The field {name} is not searchable.");
        Fault::new(pointer, Violation::FieldNotSearchable, detail)
    })?;
    if object_type.is_search_index_built(name) {
        return Ok(Column::Field(field.slug.clone(), *slot));
    }
    let detail = format!("The index of {name} is being built; the field says how far it is.");
    Err(Fault::new(pointer, Violation::IndexBuilding, detail))
}

/// The fault of a field that is not there.
pub(super) fn unknown_field(object_type: &StoredObjectType, pointer: &str) -> Fault {
    let detail = format!("The object type {} has no such field.", object_type.object_type.slug);
    Fault::new(pointer, Violation::UnknownField, detail)
}

fn read_field(object_type: &StoredObjectType, field: &Name, faults: &mut Vec<Fault>) -> Option<Slug> {
    let found = object_type.object_type.field(&field.name);
    if found.is_none() {
        faults.push(unknown_field(object_type, &field.pointer));
    }
    found.map(|field| field.slug.clone())
}

/// The objects of a page so far, and the bytes of their values.
#[derive(Default)]
struct Found {
    objects: Vec<StoredObject>,
    size: usize,
}

impl Search {
    /// One page of the objects that match, as far as the budget of one answer goes, and the cursor behind it.
    pub(crate) async fn run(
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
