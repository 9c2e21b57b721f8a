//! Searches: queries whose names and values were resolved against a type.

use std::collections::BTreeSet;

use base::{Error, Fault, Result, Violation, text::Slug};
use records::object_type::StoredObjectType;

use crate::expand::Expansion;

use crate::{
    column::{resolve_column, unknown_field},
    filter::{Column, Filter},
    raw_query::{Name, RawQuery},
    reader::Reader,
};

/// A query of objects: the filter, the order, and the fields to answer with.
#[derive(Debug)]
pub struct Search {
    pub(crate) filter: Option<Filter>,
    pub(crate) sort: Option<Sort>,
    /// The fields to show; all if there are none.
    pub fields: Option<BTreeSet<Slug>>,
    pub(crate) trashed: bool,
    /// What to tell of in the place of ids.
    pub expand: Option<Expansion>,
}

/// An order.
#[derive(Debug)]
pub(crate) struct Sort {
    pub(crate) by: Column,
    pub(crate) descending: bool,
}

impl RawQuery {
    /// Resolves the query against a type; all faults at once if that has no such fields or values.
    ///
    /// # Errors
    /// 422 for what the type has not.
    pub fn resolve(self, object_type: &StoredObjectType) -> Result<Search> {
        let mut reader = Reader::new(object_type);
        let Self { filter, sort, fields, trashed, expand } = self;
        let filter = filter.and_then(|filter| reader.filter(filter));
        let mut faults = reader.faults;
        let sort = sort.and_then(|sort| read_sort(object_type, &sort, trashed, &mut faults));
        let fields = fields.map(|fields| {
            fields.iter().filter_map(|field| read_field(object_type, field, &mut faults)).collect()
        });
        if !faults.is_empty() {
            return Err(Error::unprocessable(faults));
        }
        Ok(Search { filter, sort, fields, trashed, expand })
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

fn read_field(object_type: &StoredObjectType, field: &Name, faults: &mut Vec<Fault>) -> Option<Slug> {
    let found = object_type.object_type.field(&field.name);
    if found.is_none() {
        faults.push(unknown_field(object_type, &field.pointer));
    }
    found.map(|field| field.slug.clone())
}
