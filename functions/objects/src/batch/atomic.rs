//! Atomic batches: everything is read, every operation is planned by what was read, and all of it is written at once if
//! nothing has changed since.

use std::collections::HashMap;

use shared::{
    Code, Error, Member, Result,
    extract::IfMatch,
    id::ObjectId,
    object_type::Checked,
    table::{Item, Key, WriteError, pause, text},
};

use super::{Done, Operation, pointer, transaction::Transaction};
use crate::{
    item::{object_key, object_of},
    object::{StoredObject, settled_new},
    planned::Planned,
    store::{Store, TRIES_MAX, TypeInTeam, overtaken},
    upsert::{Outcome, Wanted, no_such_version},
};

/// An operation whose values were read by the type.
struct Step<'a> {
    operation: &'a Operation<'a>,
    checked: Option<Checked>,
    /// By which value an upsert finds its object, if it names one.
    wanted: Option<Wanted>,
}

/// What is there, as it was read before the batch is planned.
struct There {
    objects: HashMap<ObjectId, StoredObject>,
    holders: HashMap<Key, ObjectId>,
}

impl Store {
    /// Does all operations or none. Their faults are told together.
    pub(crate) async fn all_or_none(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        operations: &[Operation<'_>],
    ) -> Result<Vec<Done>> {
        let steps = self.steps(by, object_type, operations).await?;
        for attempt in 0..TRIES_MAX {
            let there = self.there(object_type, &steps).await?;
            let mut plans = Vec::with_capacity(steps.len());
            for (place, step) in steps.iter().enumerate() {
                plans.push(self.plan(&by.in_batch(place), object_type, step, &there).await);
            }
            let Some(plans) = all(plans)?.into_iter().collect::<Option<Vec<_>>>() else {
                pause(attempt).await;
                continue;
            };
            let transaction = Transaction::of(&self.objects, &object_type.0, &plans)?;
            match self.objects.transact(transaction.writes()).await {
                Ok(()) => return Ok(plans.into_iter().zip(operations).map(done).collect()),
                Err(WriteError::Failed(error)) => return Err(error),
                Err(WriteError::Refused(refused)) => {
                    let is_awaited = |place: usize, field: &str| {
                        steps[place].wanted.as_ref().is_some_and(|wanted| wanted.field.as_str() == field)
                    };
                    transaction.explain(&refused, is_awaited)?;
                    pause(attempt).await;
                }
            }
        }
        Err(overtaken())
    }

    async fn steps<'a>(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        operations: &'a [Operation<'a>],
    ) -> Result<Vec<Step<'a>>> {
        all(operations.iter().map(|operation| by.needs(operation.permissions())).collect())?;
        let sent: Vec<_> = operations.iter().filter_map(Operation::fields).collect();
        let mut checked = self.checked_all(by, object_type, &sent).await?.into_iter();
        let step = |operation: &'a Operation<'a>| {
            let checked = operation.fields().and_then(|_| checked.next());
            let wanted = match (operation, &checked) {
                (Operation::Upsert { field, .. }, Some(checked)) => {
                    Wanted::of(object_type, field, checked).ok()
                }
                _ => None,
            };
            Step { operation, checked, wanted }
        };
        Ok(operations.iter().map(step).collect())
    }

    /// Reads the objects and the guards that the batch is about, all at once, and then the objects behind the guards.
    async fn there(&self, object_type: &TypeInTeam, steps: &[Step<'_>]) -> Result<There> {
        let key = |step: &Step<'_>| match step.operation {
            Operation::Update { id, .. } | Operation::Delete { id, .. } => {
                Some(object_key(&object_type.0, id))
            }
            Operation::Create { .. } | Operation::Upsert { .. } => {
                step.wanted.as_ref().map(|wanted| wanted.guard(object_type))
            }
        };
        let items = self.objects.get_many(steps.iter().filter_map(key).collect()).await?;
        let (guards, mut objects): (Vec<Item>, Vec<Item>) =
            items.into_iter().partition(|item| item.contains_key("id"));
        let holder = |guard: &Item| Some((Key::of(guard)?, ObjectId::parse(text(guard, "id")?)?));
        let holders: HashMap<_, _> = guards.iter().filter_map(holder).collect();
        let held = holders.values().map(|id| object_key(&object_type.0, id)).collect();
        objects.extend(self.objects.get_many(held).await?);
        let objects = objects.iter().map(object_of).collect::<Result<Vec<_>>>()?;
        let objects = objects.into_iter().filter(StoredObject::is_live);
        Ok(There { objects: objects.map(|object| (object.id.clone(), object)).collect(), holders })
    }

    /// What an operation would write; `None` if what was read does not fit together, and is to be read again.
    async fn plan(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        step: &Step<'_>,
        there: &There,
    ) -> Result<Option<(Planned, Outcome)>> {
        let read = |id: &ObjectId, if_match: &IfMatch| {
            let object = there.objects.get(id).ok_or_else(|| Error::not_found("object"))?;
            if_match.check(object.version).map(|()| object.clone())
        };
        let updated = |planned| Ok(Some((planned, Outcome::Updated)));
        match (step.operation, &step.checked) {
            (Operation::Update { id, if_match, .. }, Some(checked)) => {
                updated(self.plan_update(by, object_type, read(id, if_match)?, checked)?)
            }
            (Operation::Upsert { field, if_match, .. }, Some(checked)) => {
                let wanted = Wanted::of(object_type, field, checked)?;
                match there.holders.get(&wanted.guard(object_type)) {
                    Some(id) if there.objects.get(id).is_some_and(|object| wanted.is_of(object)) => {
                        updated(self.plan_update(by, object_type, read(id, if_match)?, checked)?)
                    }
                    Some(_) => Ok(None),
                    None if if_match.is_set() => Err(no_such_version()),
                    None => self.plan_new(by, object_type, checked).await.map(Some),
                }
            }
            (Operation::Delete { id, if_match }, ..) => {
                updated(self.plan_trash(by, object_type, read(id, if_match)?)?)
            }
            (_, Some(checked)) => self.plan_new(by, object_type, checked).await.map(Some),
            (_, None) => Err(anyhow::anyhow!("an operation with values came without them").into()),
        }
    }

    async fn plan_new(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        checked: &Checked,
    ) -> Result<(Planned, Outcome)> {
        let changes = settled_new(object_type, checked.clone(), self.now())?;
        Ok((self.plan_create(by, &object_type.0, changes).await?, Outcome::Created))
    }
}

fn done(((planned, outcome), operation): ((Planned, Outcome), &Operation<'_>)) -> Done {
    match (operation, outcome) {
        (Operation::Delete { .. }, _) => Done::Deleted,
        (_, Outcome::Created) => Done::Created(planned.object),
        (_, Outcome::Updated) => Done::Updated(planned.object),
    }
}

/// All of these, or the faults of all that are refused, each with its place.
pub(super) fn all<T>(outcomes: Vec<Result<T>>) -> Result<Vec<T>> {
    let (mut all, mut refused) = (Vec::with_capacity(outcomes.len()), Vec::new());
    for (place, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Ok(one) => all.push(one),
            Err(error) if error.code.status() >= Code::Internal.status() => return Err(error),
            Err(error) => refused.push((pointer(place), error)),
        }
    }
    Error::together(refused).map_or(Ok(all), Err)
}
