//! Searches: questions whose names and values were read by a type.

use std::collections::BTreeSet;

use shared::{
    Error, Fault, Result, Violation, extract::Page, object_type::StoredObjectType, table::Item, text::Slug,
};

use super::{
    asked::{Asked, Named},
    filter::{Filter, On},
    plan::Plan,
    reader::Reader,
    walk::Walk,
};
use crate::{
    item::object_of,
    object::StoredObject,
    store::{Store, TypeInTeam},
};

/// How many objects are read together, at least while they may turn out not to be meant, and at the most.
const CHUNK_MIN: usize = 10;
const CHUNK_MAX: usize = 50;
/// The bytes of values after which a page ends: an answer of Lambda has 6 MB at the most.
const PAGE_SIZE: usize = 1_000_000;

/// What is looked for, in what order, and what is shown of it.
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
    pub(super) by: On,
    pub(super) descending: bool,
}

impl Asked {
    /// The question as it means something for objects of this type; all faults at once if it does not.
    pub(crate) fn of(self, object_type: &StoredObjectType) -> Result<Search> {
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
    sort: &Named,
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
    match on(object_type, &sort.pointer, name) {
        Ok(by) => Some(Sort { by, descending }),
        Err(fault) => {
            faults.push(fault);
            None
        }
    }
}

/// What objects are compared or sorted by under that name. A field of the type comes first.
pub(super) fn on(object_type: &StoredObjectType, pointer: &str, name: &str) -> Result<On, Fault> {
    let Some(field) = object_type.object_type.field(name) else {
        return match name {
            "created_at" => Ok(On::CreatedAt),
            "updated_at" => Ok(On::UpdatedAt),
            _ => Err(unknown_field(object_type, pointer)),
        };
    };
    let slot = object_type.slots.get(&field.slug).ok_or_else(|| {
        let detail = format!("The field {name} is not searchable.");
        Fault::new(pointer, Violation::FieldNotSearchable, detail)
    })?;
    if object_type.is_indexed(name) {
        return Ok(On::Field(field.slug.clone(), *slot));
    }
    let detail = format!("The index of {name} is being built; the field says how far it is.");
    Err(Fault::new(pointer, Violation::IndexBuilding, detail))
}

/// The fault of a field that is not there.
pub(super) fn unknown_field(object_type: &StoredObjectType, pointer: &str) -> Fault {
    let detail = format!("The object type {} has no such field.", object_type.object_type.slug);
    Fault::new(pointer, Violation::UnknownField, detail)
}

fn read_field(object_type: &StoredObjectType, field: &Named, faults: &mut Vec<Fault>) -> Option<Slug> {
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

impl Store {
    /// One page of the objects that are meant, as far as one answer may read, and where to go on.
    pub(crate) async fn search(
        &self,
        object_type: &TypeInTeam,
        page: &Page<Search>,
    ) -> Result<(Vec<StoredObject>, Option<Item>)> {
        let filter = page.filter.filter.as_ref();
        let plan = Plan::of_search(&page.filter, self.now());
        let place = (&self.objects, &*object_type.0);
        let mut walk = Walk::new(place, &plan, filter, page.after.as_ref(), page.limit)?;
        let mut found = Found::default();
        while let Some(entries) = walk.next().await? {
            if let Some(last) = found.take(&mut walk, filter, &entries, page.limit).await? {
                let is_all_read = last + 1 == entries.len();
                let next =
                    if is_all_read { walk.position() } else { Some(walk.position_behind(&entries[last])) };
                return Ok((found.objects, next));
            }
        }
        Ok((found.objects, walk.position()))
    }
}

impl Found {
    /// Takes the objects of these entries that are meant. When the page is full it answers with the place of the entry
    /// that filled it.
    async fn take(
        &mut self,
        walk: &mut Walk<'_>,
        filter: Option<&Filter>,
        entries: &[Item],
        limit: usize,
    ) -> Result<Option<usize>> {
        let may_be_meant =
            |(_, entry): &(usize, &Item)| filter.is_none_or(|filter| filter.holds(entry) != Some(false));
        let candidates: Vec<_> = entries.iter().enumerate().filter(may_be_meant).collect();
        let mut left = candidates.as_slice();
        while !left.is_empty() {
            let count = (limit - self.objects.len()).clamp(CHUNK_MIN, CHUNK_MAX).min(left.len());
            let (chunk, rest) = left.split_at(count);
            let chunk_entries: Vec<&Item> = chunk.iter().map(|(_, entry)| *entry).collect();
            for (place, item) in walk.objects(&chunk_entries).await? {
                if filter.is_some_and(|filter| filter.holds(&item) != Some(true)) {
                    continue;
                }
                let object = object_of(&item)?;
                self.size += object.answer_size();
                self.objects.push(object);
                if self.objects.len() == limit || self.size > PAGE_SIZE {
                    return Ok(Some(chunk[place].0));
                }
            }
            left = rest;
        }
        Ok(None)
    }
}
