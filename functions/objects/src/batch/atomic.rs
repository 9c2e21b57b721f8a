//! Atomic batches: everything is read, every operation is planned by what was read, and all of it is written at once if
//! nothing has changed since.

use shared::{
    Code, Error, Member,
    Permission::ObjectRead,
    Result,
    id::ObjectId,
    object_type::{Changes, Checked, Field},
    table::{Attempt, Item, Refused, WriteError, retry},
};

use super::{
    Done, Operation, pointer,
    transaction::{SIZE_MAX, Transaction, few_enough, too_large},
};
use crate::{
    holders::Ahead,
    item::object_of,
    object::{Before, settled_new},
    planned::Planned,
    store::{Store, TypeInTeam},
    upsert::{Outcome, Wanted},
};

/// An operation whose values were read by the type.
struct Step<'a> {
    operation: &'a Operation<'a>,
    checked: Option<Checked>,
    /// By which value an upsert finds its object, if it names one.
    wanted: Option<Wanted>,
}

impl Step<'_> {
    /// The most writes that the operation can make, by what was sent alone: how many it makes tells what the object holds.
    fn writes_max(&self, planned: &Planned, object_type: &TypeInTeam) -> usize {
        let unique = object_type.unique_fields();
        let guards = match (self.operation, &self.checked) {
            (Operation::Update { .. } | Operation::Upsert { .. }, Some(checked)) => {
                let Changes { set, clear } = &checked.changes;
                let former = |field: &Field| field.former_unique_key(set.get(&field.slug)?);
                let is_matched =
                    |field: &Field| self.wanted.as_ref().is_some_and(|wanted| wanted.field == field.slug);
                // A value is taken, and the key that a version before gave to it is spared; another value is given up.
                let guards = |field: &Field| {
                    let is_both = set.contains_key(&field.slug) && !is_matched(field);
                    1 + usize::from(is_both) + usize::from(former(field).is_some())
                };
                unique
                    .filter(|field| set.contains_key(&field.slug) || clear.contains(&field.slug))
                    .map(guards)
                    .sum()
            }
            (Operation::Delete { .. }, _) => unique.count(),
            _ => planned.guards.iter().count(),
        };
        1 + guards
    }
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
        let steps = steps.as_slice();
        retry("object", || async move {
            let there = self.there(object_type, steps).await?;
            let mut plans = Vec::with_capacity(steps.len());
            for (place, step) in steps.iter().enumerate() {
                plans.push(self.plan(&by.in_batch(place), object_type, step, &there).await);
            }
            let Some(plans) = all(plans)?.into_iter().collect::<Option<Vec<_>>>() else {
                return Ok(Attempt::Conflict);
            };
            if !by.may(ObjectRead) {
                let most =
                    |((planned, _), step): (&(Planned, _), &Step<'_>)| step.writes_max(planned, object_type);
                few_enough(plans.iter().zip(steps).map(most).sum())?;
            }
            // Before it counts whether anything is written: what is refused is refused whatever the objects hold.
            let transaction = Transaction::of(&self.objects, &object_type.0, &plans)?;
            let is_written = plans.iter().any(|(planned, _)| planned.write.is_some());
            let outcome = if is_written { self.objects.transact(transaction.writes()).await } else { Ok(()) };
            match outcome {
                Ok(()) => Ok(Attempt::Done(plans.into_iter().zip(operations).map(done).collect())),
                Err(WriteError::Failed(error)) => Err(error),
                // What nobody else could have made is there: a run of the same request before has done it all.
                Err(WriteError::Refused(refused)) if made_before(&plans, &refused) => {
                    let seen = plans
                        .into_iter()
                        .enumerate()
                        .map(|(place, plan)| as_found(plan, refused.item(place)));
                    let seen = seen.collect::<Result<Vec<_>>>()?;
                    Ok(Attempt::Done(seen.into_iter().zip(operations).map(done).collect()))
                }
                Err(WriteError::Refused(refused)) => {
                    let is_awaited = |place: usize, field: &str| {
                        steps[place].wanted.as_ref().is_some_and(|wanted| wanted.field.as_str() == field)
                    };
                    transaction.explain(&refused, is_awaited).map(|()| Attempt::Conflict)
                }
            }
        })
        .await
    }

    async fn steps<'a>(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        operations: &'a [Operation<'a>],
    ) -> Result<Vec<Step<'a>>> {
        all(operations.iter().map(|operation| by.needs(&operation.permissions())).collect())?;
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

    /// Reads the objects and the guards that the batch is about, all at once, and the objects behind the guards.
    async fn there(&self, object_type: &TypeInTeam, steps: &[Step<'_>]) -> Result<Ahead> {
        let id = |step: &Step<'_>| match step.operation {
            Operation::Update { id, .. } | Operation::Delete { id, .. } => Some((*id).clone()),
            Operation::Create { .. } | Operation::Upsert { .. } => None,
        };
        let guards = steps
            .iter()
            .filter_map(|step| step.wanted.as_ref())
            .flat_map(|wanted| wanted.guards(object_type));
        let ids = steps.iter().filter_map(id).collect();
        self.ahead_within(object_type, guards.collect(), ids, SIZE_MAX).await?.ok_or_else(too_large)
    }

    /// What an operation would write; `None` if what was read does not fit together, and is to be read again.
    async fn plan(
        &self,
        by: &Member,
        object_type: &TypeInTeam,
        step: &Step<'_>,
        there: &Ahead,
    ) -> Result<Option<(Planned, Outcome)>> {
        let read = |id: &ObjectId| there.objects.get(id).cloned().ok_or_else(|| Error::not_found("object"));
        let updated = |planned| Ok(Some((planned, Outcome::Updated)));
        match (step.operation, &step.checked) {
            (Operation::Update { id, if_match, .. }, Some(checked)) => {
                let old = read(id).map_err(|error| Before::Unread.sound(checked).err().unwrap_or(error))?;
                let changes = old.changes_by(by, object_type, checked, if_match.check(old.version))?;
                updated(self.plan_update(by, object_type, old, &changes)?)
            }
            (Operation::Upsert { field, if_match, .. }, Some(checked)) => {
                let wanted = Wanted::of(object_type, field, checked)?;
                match there.holder(wanted.guards(object_type)).map(|id| there.objects.get(id)) {
                    Some(Some(old)) if wanted.is_of(old) => {
                        let checked = wanted.rest(by, object_type, checked);
                        let changes =
                            old.changes_by(by, object_type, &checked, if_match.check(old.version))?;
                        updated(self.plan_update(by, object_type, old.clone(), &changes)?)
                    }
                    Some(_) => Ok(None),
                    None => {
                        if_match.check_absent()?;
                        self.plan_new(by, object_type, checked).await.map(Some)
                    }
                }
            }
            (Operation::Delete { id, if_match }, ..) => {
                let old = read(id)?;
                if_match.check(old.version)?;
                updated(self.plan_trash(by, object_type, old)?)
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

/// Whether an object that the batch makes is there: of a transaction, the objects' own writes come first.
fn made_before(plans: &[(Planned, Outcome)], refused: &Refused) -> bool {
    plans.iter().enumerate().any(|(place, (_, outcome))| *outcome == Outcome::Created && refused.at(place))
}

/// What was planned, with a new object as it was made.
fn as_found((planned, outcome): (Planned, Outcome), found: Option<&Item>) -> Result<(Planned, Outcome)> {
    match found.filter(|_| outcome == Outcome::Created) {
        Some(item) => Ok((Planned { object: object_of(item)?, ..planned }, outcome)),
        None => Ok((planned, outcome)),
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
