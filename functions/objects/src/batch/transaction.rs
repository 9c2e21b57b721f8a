//! The writes of an atomic batch, as one transaction.

use std::collections::HashMap;

use shared::{
    Code, Error, Fault, Result, Violation,
    object_type::StoredObjectType,
    table::{Refused, Table, When, Write},
    text::Slug,
};

use super::pointer;
use crate::{
    guards::Guard, item::object_key, object::StoredObject, planned::Planned, store::is_live, upsert::Outcome,
};

/// The most writes of a transaction.
const WRITES_MAX: usize = 100;
/// The bytes of the items that a transaction may be about; DynamoDB takes 4 MB.
pub(super) const SIZE_MAX: usize = 3_500_000;

/// All writes of a batch, and what each is about.
pub(super) struct Transaction {
    writes: Vec<(Write, About)>,
}

/// What a write is about: which operation, and of a unique value that it takes the field.
struct About {
    place: usize,
    contested: Option<Slug>,
}

impl Transaction {
    /// The writes of these plans.
    ///
    /// # Errors
    /// 422 or 409 when they cannot be done at once.
    pub(super) fn of(
        table: &Table,
        object_type: &StoredObjectType,
        plans: &[(Planned, Outcome)],
    ) -> Result<Self> {
        let plans: Vec<_> = plans.iter().map(|(planned, _)| planned).enumerate().collect();
        each_once(&plans)?;
        if plans.iter().map(|(_, planned)| planned.object.item_size(object_type)).sum::<usize>() > SIZE_MAX {
            return Err(too_large());
        }
        let own = plans.iter().map(|(place, planned)| {
            let write =
                planned.write.clone().unwrap_or_else(|| unchanged(table, object_type, &planned.object));
            (write, About { place: *place, contested: None })
        });
        let mut writes: Vec<_> = own.collect();
        for (place, guard) in merged(&plans)? {
            writes.push((guard.write(table)?, About { place, contested: guard.contested().cloned() }));
        }
        few_enough(writes.len())?;
        Ok(Self { writes })
    }

    pub(super) fn writes(&self) -> Vec<Write> {
        self.writes.iter().map(|(write, _)| write.clone()).collect()
    }

    /// Why it was refused, if it would be again. A value that an upsert waits for is there now: it is to be planned anew.
    ///
    /// # Errors
    /// 409 when other objects have unique values.
    pub(super) fn explain(&self, refused: &Refused, is_awaited: impl Fn(usize, &str) -> bool) -> Result<()> {
        let refused = self.writes.iter().enumerate().filter(|(place, _)| refused.at(*place));
        let abouts: Vec<_> = refused.map(|(_, (_, about))| about).collect();
        let is_lasting = |about: &&About| {
            about.contested.as_ref().is_some_and(|field| !is_awaited(about.place, field.as_str()))
        };
        if !abouts.iter().all(is_lasting) {
            return Ok(());
        }
        let taken = abouts.iter().filter_map(|about| Some((about.place, about.contested.as_ref()?)));
        Err(not_unique(taken))
    }
}

/// Refuses a batch of more writes than a transaction may have.
pub(super) fn few_enough(writes: usize) -> Result<()> {
    if writes <= WRITES_MAX {
        return Ok(());
    }
    let detail = format!(
        "An atomic batch makes at most {WRITES_MAX} writes: one for each object, and one for each unique value that is taken or given up. For who may not read objects, each unique value that is sent counts as one that is taken and, unless an upsert matches by it, another one that is given up. These are {writes}."
    );
    Err(Error::unprocessable(vec![Fault::new("/operations", Violation::TooMany, detail)]))
}

/// What is read is kept in memory, and what is written goes out at once: neither may be larger.
pub(super) fn too_large() -> Error {
    let detail = "The objects of an atomic batch are together too large: send fewer operations.";
    Error::unprocessable(vec![Fault::new("/operations", Violation::TooLarge, detail)])
}

/// What must hold of an object that is to stay as it was read.
fn unchanged(table: &Table, object_type: &StoredObjectType, object: &StoredObject) -> Write {
    let is_same = is_live().and(When::is_number("version", object.version));
    table.check(object_key(object_type, &object.id), is_same)
}

/// Refuses plans that change one object twice.
fn each_once(plans: &[(usize, &Planned)]) -> Result<()> {
    let mut first = HashMap::new();
    let mut faults = Vec::new();
    for (place, planned) in plans {
        if let Some(before) = first.insert(&planned.object.id, *place) {
            let detail = format!(
                "The operation {before} is about the same object: an atomic batch changes each once."
            );
            faults.push(Fault::new(pointer(*place), Violation::Repeated, detail));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::unprocessable(faults)) }
}

/// What becomes of each guard: a value that one object gives up and another one takes is passed on in one write.
fn merged(plans: &[(usize, &Planned)]) -> Result<Vec<(usize, Guard)>> {
    let mut guards: Vec<(usize, Guard)> = Vec::new();
    let mut places = HashMap::new();
    let mut twice = Vec::new();
    for (place, planned) in plans {
        for guard in planned.guards.iter() {
            let Some(at) = places.get(&guard.place).copied() else {
                places.insert(&guard.place, guards.len());
                guards.push((*place, guard.clone()));
                continue;
            };
            let (_, known): &mut (usize, Guard) = &mut guards[at];
            match known.and(guard) {
                Some(passed) => *known = passed,
                None => twice.extend(guard.contested().map(|field| (*place, field))),
            }
        }
    }
    if twice.is_empty() {
        return Ok(guards);
    }
    Err(not_unique(twice.into_iter()))
}

/// Whether it is an object or another operation that has the value is not told: it would tell which object has it.
fn not_unique<'a>(taken: impl Iterator<Item = (usize, &'a Slug)>) -> Error {
    let fault = |(place, field): (usize, &Slug)| {
        let detail =
            format!("Another object, or another operation, has this value in the unique field {field}.");
        Fault::new(format!("{}/fields/{field}", pointer(place)), Violation::NotUnique, detail)
    };
    Error::new(Code::NotUnique, "Another object has a value that must be unique.")
        .with_faults(taken.map(fault).collect())
}
