//! Atomic batches: everything is read, every operation is planned by what was read, and all of it is written at once if
//! nothing has changed since.

use crate::object_type::{Changes, Field, Validation};
use api::Member;
use base::{Code, Error, Permission::ObjectRead, Result, id::ObjectId};
use table::{Attempt, ConditionFailed, Item, WriteError, retry};

use super::{
    BatchOperation, Done, pointer,
    transaction::{SIZE_MAX, Transaction, check_write_count, too_large},
};
use crate::objects::{
    Collection, Objects, Outcome,
    codec::decode_object,
    match_key::MatchKey,
    owners::Prefetched,
    rules::{Before, validate_create},
    write_plan::WritePlan,
};

/// An operation whose values were validated against the type.
struct PreparedOperation<'a> {
    operation: &'a BatchOperation<'a>,
    validation: Option<Validation>,
    /// The value by which an upsert finds its object, if it names one.
    match_key: Option<MatchKey>,
}

impl PreparedOperation<'_> {
    /// The most writes that the operation can make, by what was sent alone: how many it makes tells what the object holds.
    fn writes_max(&self, plan: &WritePlan, collection: &Collection) -> usize {
        let unique = collection.unique_fields();
        let entries = match (self.operation, &self.validation) {
            (BatchOperation::Update { .. } | BatchOperation::Upsert { .. }, Some(validation)) => {
                let Changes { set, clear } = &validation.changes;
                let former = |field: &Field| field.former_unique_key(set.get(&field.slug)?);
                let is_matched = |field: &Field| {
                    self.match_key.as_ref().is_some_and(|match_key| match_key.field == field.slug)
                };
                // A value is claimed, the key that a former version gave to it is checked to be free, and the
                // old value is released.
                let entries = |field: &Field| {
                    let is_both = set.contains_key(&field.slug) && !is_matched(field);
                    1 + usize::from(is_both) + usize::from(former(field).is_some())
                };
                unique
                    .filter(|field| set.contains_key(&field.slug) || clear.contains(&field.slug))
                    .map(entries)
                    .sum()
            }
            (BatchOperation::Delete { .. }, _) => unique.count(),
            _ => plan.unique_changes.iter().count(),
        };
        1 + entries
    }
}

impl Objects {
    /// Runs all operations in one transaction, or none. Their faults are told together.
    ///
    /// # Errors
    /// 422 or 409 with the faults of all operations; nothing is written then.
    pub async fn run_atomic(
        &self,
        by: &Member,
        collection: &Collection,
        operations: &[BatchOperation<'_>],
    ) -> Result<Vec<Done>> {
        let prepared = self.prepare(by, collection, operations).await?;
        let prepared = prepared.as_slice();
        retry("object", || async move {
            let snapshot = self.snapshot(collection, prepared).await?;
            let mut plans = Vec::with_capacity(prepared.len());
            for (index, one) in prepared.iter().enumerate() {
                plans.push(self.plan(&by.for_operation(index), collection, one, &snapshot).await);
            }
            let Some(plans) = all(plans)?.into_iter().collect::<Option<Vec<_>>>() else {
                return Ok(Attempt::Conflict);
            };
            if !by.may(ObjectRead) {
                let most = |((plan, _), one): (&(WritePlan, _), &PreparedOperation<'_>)| {
                    one.writes_max(plan, collection)
                };
                check_write_count(plans.iter().zip(prepared).map(most).sum())?;
            }
            // Before it counts whether anything is written: what is refused is refused whatever the objects hold.
            let transaction = Transaction::of(&self.table, &collection.stored, &plans)?;
            let is_written = plans.iter().any(|(plan, _)| plan.write.is_some());
            let outcome = if is_written { self.table.transact(transaction.writes()).await } else { Ok(()) };
            match outcome {
                Ok(()) => Ok(Attempt::Done(plans.into_iter().zip(operations).map(done).collect())),
                Err(WriteError::Failed(error)) => Err(error),
                // Only this request can have made these objects: an earlier run of it has applied the whole
                // transaction.
                Err(WriteError::ConditionFailed(refused)) if was_applied_before(&plans, &refused) => {
                    let found = plans
                        .into_iter()
                        .enumerate()
                        .map(|(index, plan)| as_found(plan, refused.item(index)));
                    let found = found.collect::<Result<Vec<_>>>()?;
                    Ok(Attempt::Done(found.into_iter().zip(operations).map(done).collect()))
                }
                Err(WriteError::ConditionFailed(refused)) => {
                    let is_awaited = |index: usize, field: &str| {
                        prepared[index]
                            .match_key
                            .as_ref()
                            .is_some_and(|match_key| match_key.field.as_str() == field)
                    };
                    transaction.explain(&refused, is_awaited).map(|()| Attempt::Conflict)
                }
            }
        })
        .await
    }

    async fn prepare<'a>(
        &self,
        by: &Member,
        collection: &Collection,
        operations: &'a [BatchOperation<'a>],
    ) -> Result<Vec<PreparedOperation<'a>>> {
        all(operations.iter().map(|operation| by.needs(&operation.permissions())).collect())?;
        let sent: Vec<_> = operations.iter().filter_map(BatchOperation::fields).collect();
        let mut validations = self.validate_all(by, collection, &sent).await?.into_iter();
        let prepare = |operation: &'a BatchOperation<'a>| {
            let validation = operation.fields().and_then(|_| validations.next());
            let match_key = match (operation, &validation) {
                (BatchOperation::Upsert { field, .. }, Some(validation)) => {
                    MatchKey::of(collection, field, validation).ok()
                }
                _ => None,
            };
            PreparedOperation { operation, validation, match_key }
        };
        Ok(operations.iter().map(prepare).collect())
    }

    /// Reads the objects and the unique entries that the batch is about, all at once, and the objects that own
    /// the entries.
    async fn snapshot(
        &self,
        collection: &Collection,
        prepared: &[PreparedOperation<'_>],
    ) -> Result<Prefetched> {
        let id = |one: &PreparedOperation<'_>| match one.operation {
            BatchOperation::Update { id, .. } | BatchOperation::Delete { id, .. } => Some((*id).clone()),
            BatchOperation::Create { .. } | BatchOperation::Upsert { .. } => None,
        };
        let entries = prepared
            .iter()
            .filter_map(|one| one.match_key.as_ref())
            .flat_map(|match_key| match_key.entry_keys(collection));
        let ids = prepared.iter().filter_map(id).collect();
        self.prefetch_within(collection, entries.collect(), ids, SIZE_MAX).await?.ok_or_else(too_large)
    }

    /// The write plan of an operation; `None` if the snapshot is inconsistent, and is to be read again.
    async fn plan(
        &self,
        by: &Member,
        collection: &Collection,
        one: &PreparedOperation<'_>,
        snapshot: &Prefetched,
    ) -> Result<Option<(WritePlan, Outcome)>> {
        let read =
            |id: &ObjectId| snapshot.objects.get(id).cloned().ok_or_else(|| Error::not_found("object"));
        let updated = |plan| Ok(Some((plan, Outcome::Updated)));
        match (one.operation, &one.validation) {
            (BatchOperation::Update { id, if_match, .. }, Some(validation)) => {
                let old =
                    read(id).map_err(|error| Before::Unread.check_form(validation).err().unwrap_or(error))?;
                let changes = old.changes_by(by, collection, validation, if_match.check(old.version))?;
                updated(self.plan_update(by, collection, old, &changes)?)
            }
            (BatchOperation::Upsert { field, if_match, .. }, Some(validation)) => {
                let match_key = MatchKey::of(collection, field, validation)?;
                match snapshot.owner(match_key.entry_keys(collection)).map(|id| snapshot.objects.get(id)) {
                    Some(Some(old)) if match_key.matches(old) => {
                        let validation = match_key.applicable(by, collection, validation);
                        let changes =
                            old.changes_by(by, collection, &validation, if_match.check(old.version))?;
                        updated(self.plan_update(by, collection, old.clone(), &changes)?)
                    }
                    Some(_) => Ok(None),
                    None => {
                        if_match.check_absent()?;
                        self.plan_new(by, collection, validation).await.map(Some)
                    }
                }
            }
            (BatchOperation::Delete { id, if_match }, ..) => {
                let old = read(id)?;
                if_match.check(old.version)?;
                updated(self.plan_trash(by, collection, old)?)
            }
            (_, Some(validation)) => self.plan_new(by, collection, validation).await.map(Some),
            (_, None) => Err(anyhow::anyhow!("an operation with values came without them").into()),
        }
    }

    async fn plan_new(
        &self,
        by: &Member,
        collection: &Collection,
        validation: &Validation,
    ) -> Result<(WritePlan, Outcome)> {
        let changes = validate_create(collection, validation.clone(), self.now())?;
        Ok((self.plan_create(by, &collection.stored, changes).await?, Outcome::Created))
    }
}

/// Whether an object that the batch creates exists: the objects' own writes come first in the transaction.
fn was_applied_before(plans: &[(WritePlan, Outcome)], refused: &ConditionFailed) -> bool {
    plans.iter().enumerate().any(|(index, (_, outcome))| *outcome == Outcome::Created && refused.at(index))
}

/// The plan, with a created object as an earlier run has stored it.
fn as_found((plan, outcome): (WritePlan, Outcome), found: Option<&Item>) -> Result<(WritePlan, Outcome)> {
    match found.filter(|_| outcome == Outcome::Created) {
        Some(item) => Ok((WritePlan { object: decode_object(item)?, ..plan }, outcome)),
        None => Ok((plan, outcome)),
    }
}

fn done(((plan, outcome), operation): ((WritePlan, Outcome), &BatchOperation<'_>)) -> Done {
    match (operation, outcome) {
        (BatchOperation::Delete { .. }, _) => Done::Deleted,
        (_, Outcome::Created) => Done::Created(plan.object),
        (_, Outcome::Updated) => Done::Updated(plan.object),
    }
}

/// All of these, or the faults of all that are refused, each at the index of its operation.
pub(super) fn all<T>(outcomes: Vec<Result<T>>) -> Result<Vec<T>> {
    let (mut all, mut refused) = (Vec::with_capacity(outcomes.len()), Vec::new());
    for (index, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Ok(one) => all.push(one),
            Err(error) if error.code.status() >= Code::Internal.status() => return Err(error),
            Err(error) => refused.push((pointer(index), error)),
        }
    }
    Error::merge(refused).map_or(Ok(all), Err)
}
