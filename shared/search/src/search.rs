//! Searches: queries whose names and values were resolved against a type.

use std::collections::BTreeSet;

use crate::expand::Expansion;
use base::{Error, Fault, Result, Violation, text::Slug};

use crate::{
    column::{Column, Scope},
    filter::Filter,
    raw_query::{Name, RawQuery},
    reader::Reader,
};

/// A query of objects: the filter, the order, and the fields to answer with.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Which objects; all if there is none.
    pub filter: Option<Filter>,
    pub(crate) sort: Option<Sort>,
    /// The fields to show; all if there are none.
    pub fields: Option<BTreeSet<Slug>>,
    pub(crate) trashed: bool,
    /// What to tell of in the place of ids.
    pub expand: Option<Expansion>,
}

impl Search {
    /// The same search for what another one finds too, in the order of that one if it has one.
    #[must_use]
    pub fn narrowed(self, by: Self) -> Self {
        let filters: Vec<_> = [self.filter, by.filter].into_iter().flatten().collect();
        Self {
            filter: (!filters.is_empty()).then_some(Filter::All(filters)),
            // The trash has one order alone.
            sort: if by.trashed { None } else { by.sort.or(self.sort) },
            fields: match (self.fields, by.fields) {
                (Some(one), Some(other)) => Some(one.intersection(&other).cloned().collect()),
                (one, other) => one.or(other),
            },
            trashed: by.trashed,
            expand: by.expand,
        }
    }

    /// The same search for what meets this condition too.
    #[must_use]
    pub fn and(self, filter: Filter) -> Self {
        Self { filter: Some(Filter::All(self.filter.into_iter().chain([filter]).collect())), ..self }
    }

    /// The same search with these fields alone.
    #[must_use]
    pub fn showing(self, fields: Option<BTreeSet<Slug>>) -> Self {
        Self { fields, ..self }
    }

    /// The same search in the order of a column.
    #[must_use]
    pub fn sorted_by(self, by: Column) -> Self {
        Self { sort: Some(Sort { by, descending: false }), ..self }
    }
}

/// An order.
#[derive(Clone, Debug)]
pub(crate) struct Sort {
    pub(crate) by: Column,
    pub(crate) descending: bool,
}

impl RawQuery {
    /// Resolves the query against a type; all faults at once if that has no such fields or values.
    ///
    /// # Errors
    /// 422 for what the type has not.
    pub fn resolve<'a>(self, scope: impl Into<Scope<'a>>) -> Result<Search> {
        let scope = scope.into();
        let mut reader = Reader::new(scope);
        let Self { filter, sort, fields, trashed, expand } = self;
        let filter = filter.and_then(|filter| {
            let pointer = if filter.is_of_a_query() { "?filter" } else { "/filter" };
            reader.filter(filter, pointer)
        });
        let mut faults = reader.faults;
        let sort = sort.and_then(|sort| read_sort(scope, &sort, trashed, &mut faults));
        let fields = fields
            .map(|fields| fields.iter().filter_map(|field| read_field(scope, field, &mut faults)).collect());
        if !faults.is_empty() {
            return Err(Error::unprocessable(faults));
        }
        Ok(Search { filter, sort, fields, trashed, expand })
    }
}

fn read_sort(scope: Scope<'_>, sort: &Name, trashed: bool, faults: &mut Vec<Fault>) -> Option<Sort> {
    if trashed {
        let detail = "The trash is in the order in which it was filled, and in no other.";
        faults.push(Fault::new(&*sort.pointer, Violation::NotPossible, detail));
        return None;
    }
    let (name, descending) = match sort.name.strip_prefix('-') {
        Some(name) => (name, true),
        None => (sort.name.as_str(), false),
    };
    match scope.column(&sort.pointer, name) {
        Ok(by) => Some(Sort { by, descending }),
        Err(fault) => {
            faults.push(fault);
            None
        }
    }
}

fn read_field(scope: Scope<'_>, field: &Name, faults: &mut Vec<Fault>) -> Option<Slug> {
    let found = scope.field(&field.name);
    if found.is_none() {
        faults.push(scope.unknown_field(&field.pointer));
    }
    found.map(|field| field.slug.clone())
}
