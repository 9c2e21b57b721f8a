//! The writes of an atomic batch, as one transaction.

use std::collections::HashMap;

use crate::object_type::StoredObjectType;
use base::{Code, Error, Fault, Result, Violation, text::Slug};
use table::{Condition, ConditionFailed, Table, Write};

use super::pointer;
use crate::objects::{
    Outcome, StoredObject, conditions::is_live, keys::object_key, unique_index::EntryChange,
    write_plan::WritePlan,
};

/// The most writes of a transaction.
const WRITES_MAX: usize = 100;
/// The bytes of the items that a transaction may be about; DynamoDB takes 4 MB.
pub(super) const SIZE_MAX: usize = 3_500_000;

/// All writes of a batch, and what each is about.
pub(super) struct Transaction {
    writes: Vec<(Write, About)>,
}

/// What a write is about: the operation, and the field whose unique value it claims.
struct About {
    index: usize,
    conflicting_field: Option<Slug>,
}

impl Transaction {
    /// The writes of these plans.
    ///
    /// # Errors
    /// 422 or 409 when they cannot be done at once.
    pub(super) fn of(
        table: &Table,
        object_type: &StoredObjectType,
        plans: &[(WritePlan, Outcome)],
    ) -> Result<Self> {
        let plans: Vec<_> = plans.iter().map(|(plan, _)| plan).enumerate().collect();
        check_each_once(&plans)?;
        if plans.iter().map(|(_, plan)| plan.object.item_size(object_type)).sum::<usize>() > SIZE_MAX {
            return Err(too_large());
        }
        let own = plans.iter().map(|(index, plan)| {
            let write = plan.write.clone().unwrap_or_else(|| unchanged(table, object_type, &plan.object));
            (write, About { index: *index, conflicting_field: None })
        });
        let mut writes: Vec<_> = own.collect();
        for (index, change) in merge_changes(&plans)? {
            writes.push((
                change.write(table)?,
                About { index, conflicting_field: change.conflicting_field().cloned() },
            ));
        }
        check_write_count(writes.len())?;
        Ok(Self { writes })
    }

    pub(super) fn writes(&self) -> Vec<Write> {
        self.writes.iter().map(|(write, _)| write.clone()).collect()
    }

    /// Why it was refused, if it would be again. A value that an upsert matches by has an owner by now: the
    /// batch is to be planned anew.
    ///
    /// # Errors
    /// 409 when other objects have unique values.
    pub(super) fn explain(
        &self,
        refused: &ConditionFailed,
        is_awaited: impl Fn(usize, &str) -> bool,
    ) -> Result<()> {
        let refused = self.writes.iter().enumerate().filter(|(index, _)| refused.at(*index));
        let abouts: Vec<_> = refused.map(|(_, (_, about))| about).collect();
        let is_lasting = |about: &&About| {
            about.conflicting_field.as_ref().is_some_and(|field| !is_awaited(about.index, field.as_str()))
        };
        if !abouts.iter().all(is_lasting) {
            return Ok(());
        }
        let taken = abouts.iter().filter_map(|about| Some((about.index, about.conflicting_field.as_ref()?)));
        Err(not_unique(taken))
    }
}

/// Refuses a batch of more writes than a transaction may have.
pub(super) fn check_write_count(writes: usize) -> Result<()> {
    if writes <= WRITES_MAX {
        return Ok(());
    }
    let detail = format!(
        "An atomic batch makes at most {WRITES_MAX} writes: one for each object, and one for each unique value that is taken or given up. For who may not read objects, each unique value that is sent counts as one that is taken and, unless an upsert matches by it, another one that is given up. These are {writes}."
    );
    Err(Error::unprocessable(vec![Fault::new("/operations", Violation::TooMany, detail)]))
}

/// A batch is read into memory and written in one request: neither may be larger.
pub(super) fn too_large() -> Error {
    let detail = "The objects of an atomic batch are together too large: send fewer operations.";
    Error::unprocessable(vec![Fault::new("/operations", Violation::TooLarge, detail)])
}

/// The condition check of an object that is to stay as it was read.
fn unchanged(table: &Table, object_type: &StoredObjectType, object: &StoredObject) -> Write {
    let is_same = is_live().and(Condition::is_number("version", object.version));
    table.check(object_key(object_type, &object.id), is_same)
}

/// Refuses plans that change one object twice.
fn check_each_once(plans: &[(usize, &WritePlan)]) -> Result<()> {
    let mut first = HashMap::new();
    let mut faults = Vec::new();
    for (index, plan) in plans {
        if let Some(before) = first.insert(&plan.object.id, *index) {
            let detail = format!(
                "The operation {before} is about the same object: an atomic batch changes each once."
            );
            faults.push(Fault::new(pointer(*index), Violation::Repeated, detail));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::unprocessable(faults)) }
}

/// The changes of the unique index, one per entry: a value that one object releases and another one claims is
/// transferred.
fn merge_changes(plans: &[(usize, &WritePlan)]) -> Result<Vec<(usize, EntryChange)>> {
    let mut changes: Vec<(usize, EntryChange)> = Vec::new();
    let mut indexes = HashMap::new();
    let mut twice = Vec::new();
    for (index, plan) in plans {
        for change in plan.unique_changes.iter() {
            let Some(at) = indexes.get(&change.key).copied() else {
                indexes.insert(&change.key, changes.len());
                changes.push((*index, change.clone()));
                continue;
            };
            let (_, known): &mut (usize, EntryChange) = &mut changes[at];
            match known.merge(change) {
                Some(merged) => *known = merged,
                None => twice.extend(change.conflicting_field().map(|field| (*index, field))),
            }
        }
    }
    if twice.is_empty() {
        return Ok(changes);
    }
    Err(not_unique(twice.into_iter()))
}

/// Whether it is an object or another operation that has the value is not told: it would tell which object has it.
fn not_unique<'a>(taken: impl Iterator<Item = (usize, &'a Slug)>) -> Error {
    let fault = |(index, field): (usize, &Slug)| {
        let detail =
            format!("Another object, or another operation, has this value in the unique field {field}.");
        Fault::new(format!("{}/fields/{field}", pointer(index)), Violation::NotUnique, detail)
    };
    Error::new(Code::NotUnique, "Another object has a value that must be unique.")
        .with_faults(taken.map(fault).collect())
}
