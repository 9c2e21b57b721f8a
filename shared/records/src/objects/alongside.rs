//! Writes of objects that are made in one transaction with the writes of something else, or not at all: of what comes in through
//! a public channel and is told of beside the object.

use base::{Error, Fault, Result, Violation, text::Slug};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use table::{ConditionFailed, Item, Key, Write, WriteError};

use super::{
    Collection, Objects, StoredObject, Writer,
    keys::unique_keys,
    match_key::{MatchKey, match_field},
    owners::{Owner, Prefetched},
    rules::{Before, validate_create, validate_patch},
    unique_index::{entry_key, not_unique},
    write_plan::{WritePlan, is_already_applied},
};
use crate::object_type::{Changes, ObjectType, Validation};

/// What becomes of an object that is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnMatch {
    /// It stays as it is.
    Keep,
    /// What it has no value for gets one.
    Fill,
    /// Values take the place of those that it has.
    Update,
}

/// What a write does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It makes an object.
    Creates,
    /// It changes one.
    Updates,
    /// It leaves one as it is.
    Nothing,
}

/// A write of an object that is planned.
pub struct PlannedObject {
    /// What it does.
    pub effect: Effect,
    plan: WritePlan,
}

/// What was planned by what is stored.
pub enum Planned {
    /// The write.
    Write(Box<PlannedObject>),
    /// Other objects have values that must be unique, in these fields.
    NotUnique(Vec<Slug>),
    /// The object that was matched cannot have the values.
    Refused(Vec<Fault>),
    /// What is stored is being changed: it is to be planned anew.
    Unclear,
}

/// What came of a write with others.
pub enum Committed {
    /// All was written; this is the object.
    Done(Box<StoredObject>),
    /// Nothing was written, as conditions of the others do not hold, by their place among them.
    Others(ConditionFailed),
    /// Nothing was written, as objects have changed since it was planned.
    Moved,
}

impl PlannedObject {
    /// The object as the write will leave it.
    pub fn object(&self) -> &StoredObject {
        &self.plan.object
    }
}

impl Objects {
    /// The values of a new object, by the rules of this type, which may be narrower than those of its collection.
    ///
    /// # Errors
    /// 422 with all faults.
    pub fn new_values(&self, object_type: &ObjectType, validation: Validation) -> Result<Changes> {
        validate_create(object_type, validation, self.now())
    }

    /// Plans a new object.
    ///
    /// # Errors
    /// 422 when it is too large.
    pub async fn plan_new_object(
        &self,
        by: &dyn Writer,
        collection: &Collection,
        changes: Changes,
    ) -> Result<Planned> {
        let plan = self.plan_create(by, &collection.stored, changes).await?;
        self.planned(Effect::Creates, plan).await
    }

    /// Plans what becomes of the object that has the value of this unique field among those that were sent; `None` if no object
    /// has it.
    ///
    /// # Errors
    /// 422 when no value was sent for the field, or its index is being built.
    pub async fn plan_matched_object(
        &self,
        by: &dyn Writer,
        collection: &Collection,
        (field, on_match): (&str, OnMatch),
        validation: &Validation,
    ) -> Result<Option<Planned>> {
        match_field(collection, field)?;
        let match_key = MatchKey::of(collection, field, validation)?;
        let held = match self.owner_of(collection, &match_key, &mut Prefetched::default()).await? {
            Owner::Nobody => return Ok(None),
            Owner::Unclear => return Ok(Some(Planned::Unclear)),
            Owner::Object(held) => held,
        };
        let changes = match changes_of(&held, collection, on_match, validation.clone()) {
            Ok(changes) => changes,
            Err(faults) => return Ok(Some(Planned::Refused(faults))),
        };
        let effect = if changes == Changes::default() { Effect::Nothing } else { Effect::Updates };
        self.planned(effect, self.plan_update(by, collection, held, &changes)?).await.map(Some)
    }

    /// The plan, unless another object has a value that it would take. It is asked before, so that a value that is taken costs
    /// as much as one that is free.
    async fn planned(&self, effect: Effect, plan: WritePlan) -> Result<Planned> {
        let taking =
            plan.unique_changes.iter().filter_map(|change| Some((change.conflicting_field()?, &change.key)));
        let taking: Vec<(&Slug, &Key)> = taking.collect();
        if taking.is_empty() {
            return Ok(Planned::Write(Box::new(PlannedObject { effect, plan })));
        }
        let found = self.table.get_many(taking.iter().map(|(_, key)| (*key).clone()).collect()).await?;
        let is_taken = |key: &Key| found.iter().any(|item| key.is_of(item) && !is_own(item, &plan.object));
        let taken = taking.into_iter().filter(|(_, key)| is_taken(key));
        let taken: Vec<_> = taken.map(|(field, _)| field.clone()).collect();
        if taken.is_empty() {
            return Ok(Planned::Write(Box::new(PlannedObject { effect, plan })));
        }
        Ok(Planned::NotUnique(taken))
    }

    /// The fields of which another object has these values, of those that must be unique.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn taken_values(&self, collection: &Collection, changes: &Changes) -> Result<Vec<Slug>> {
        let keys = unique_keys(&changes.set, &collection.stored);
        let keys = keys.iter().map(|(slug, key)| (slug, entry_key(&collection.stored, slug, key)));
        let keys: Vec<_> = keys.collect();
        let found = self.table.get_many(keys.iter().map(|(_, key)| key.clone()).collect()).await?;
        let taken = keys.into_iter().filter(|(_, key)| found.iter().any(|item| key.is_of(item)));
        Ok(taken.map(|(slug, _)| slug.clone()).collect())
    }

    /// Writes what was planned in one transaction with the others.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn commit_with(
        &self,
        by: &dyn Writer,
        planned: PlannedObject,
        others: Vec<Write>,
    ) -> Result<Committed> {
        let WritePlan { write, unique_changes, object } = planned.plan;
        let own = usize::from(write.is_some());
        let entries = unique_changes.iter().map(|change| change.write(&self.table));
        let mut writes: Vec<Write> = write.into_iter().map(Ok).chain(entries).collect::<Result<_>>()?;
        let first = writes.len();
        writes.extend(others);
        match self.table.transact(writes).await {
            Ok(()) => {
                self.owners.remember(unique_changes.claimed_by(&object.id));
                Ok(Committed::Done(Box::new(object)))
            }
            Err(WriteError::Failed(error)) => Err(error),
            Err(WriteError::ConditionFailed(refused)) => {
                let is_done = own == 1 && is_already_applied(&refused, &object, by);
                let ConditionFailed { writes } = refused;
                let others = writes.into_iter().filter_map(|(at, item)| Some((at.checked_sub(first)?, item)));
                let others: Vec<(usize, Option<Item>)> = others.collect();
                Ok(match others.is_empty() {
                    false => Committed::Others(ConditionFailed { writes: others }),
                    true if is_done => Committed::Done(Box::new(object)),
                    true => Committed::Moved,
                })
            }
        }
    }
}

/// What changes of an object that has the value, as far as its fields are there and not locked.
fn changes_of(
    held: &StoredObject,
    collection: &Collection,
    on_match: OnMatch,
    mut validation: Validation,
) -> Result<Changes, Vec<Fault>> {
    let filled: Vec<Slug> = match on_match {
        OnMatch::Keep => return Ok(Changes::default()),
        OnMatch::Fill => held.fields.keys().cloned().collect(),
        OnMatch::Update => Vec::new(),
    };
    for slug in &filled {
        validation = validation.without(slug);
    }
    loop {
        let refusal = match validate_patch(collection, &validation, Before::Seen(&held.fields)) {
            Ok(changes) => return Ok(changes),
            Err(refusal) => refusal,
        };
        let is_let_go = |fault: &&Fault| [Violation::Locked, Violation::NotVisible].contains(&fault.code);
        let slugs = refusal.faults().iter().filter(is_let_go);
        let slugs: Vec<_> =
            slugs.filter_map(|fault| Slug::parse(fault.pointer.strip_prefix("/fields/")?)).collect();
        if slugs.is_empty() {
            return Err(refusal.faults().to_vec());
        }
        validation = slugs.iter().fold(validation, Validation::without);
    }
}

fn is_own(entry: &Item, object: &StoredObject) -> bool {
    table::text(entry, "id") == Some(object.id.as_str())
}

/// 409: other objects have these values.
pub fn values_taken(fields: &[Slug]) -> Error {
    not_unique(&fields.iter().collect::<Vec<_>>())
}
