//! Creates resources, and counts them: a team has a limited number of each kind.

use api::{Member, extract::IfMatch};
use base::{
    Code, Error, Result, Timestamp,
    id::{Id as _, TeamId},
};
use table::{Attempt, AttributeValue, Condition, Key, TableQuery, Write, WriteError, number, retry};

use super::{Count, Full, Resource, Resources};
use crate::workspace_partition;

impl<R: Resource> Resources<R> {
    /// Stores a new resource, and counts it.
    ///
    /// # Errors
    /// 409 when the team has as many as it may have.
    pub async fn create(&self, by: &Member, new: &R) -> Result<()> {
        let workspace = &self.tables.workspace;
        retry(R::NOUN, || async move {
            let mut writes = new.insertion(workspace)?;
            let index = writes.len();
            if let Some(count) = R::COUNT {
                let write = self.count(count, &by.team, 1).when(is_below(count));
                writes.push(new.claim(write, &self.tables).await?);
            }
            match workspace.transact(writes).await {
                Ok(()) => Ok(Attempt::Done(())),
                Err(WriteError::Failed(error)) => Err(error),
                // The id is new: if it exists, this very write was applied, and only its response was lost.
                Err(WriteError::ConditionFailed(refused)) if refused.at(0) => Ok(Attempt::Done(())),
                Err(WriteError::ConditionFailed(refused))
                    if let Some(error) = new.insertion_refusal(&refused) =>
                {
                    Err(error)
                }
                Err(WriteError::ConditionFailed(refused)) => match R::COUNT {
                    Some(count) if refused.at(index) && !self.has_room(count, &by.team).await? => {
                        self.make_room(by, count).await.map(|()| Attempt::Conflict)
                    }
                    _ => Ok(Attempt::Conflict),
                },
            }
        })
        .await
    }

    pub(super) fn count(&self, count: Count, team: &TeamId, amount: i64) -> Write {
        self.tables.workspace.update(Key::new(workspace_partition(team), count.key)).add("count", amount)
    }

    async fn has_room(&self, count: Count, team: &TeamId) -> Result<bool> {
        let item = self.tables.workspace.get(Key::new(workspace_partition(team), count.key)).await?;
        Ok(item.and_then(|item| number(&item, "count")).unwrap_or_default() < count.max)
    }

    /// Evicts a resource from the trash: one whose time is over, or else the oldest that the caller has put there.
    async fn make_room(&self, by: &Member, count: Count) -> Result<()> {
        if count.full == Full::Refuse {
            return Err(full::<R>(count));
        }
        let is_trashed = Condition::AttributeExists("trashed_at".to_owned());
        let query = TableQuery::partition(workspace_partition(&by.team)).prefix(R::PREFIX).filter(is_trashed);
        let found = self.tables.workspace.query(query).await?;
        let (trashed, now): (Vec<R>, _) =
            (found.items.iter().map(R::from_item).collect::<Result<_>>()?, self.now());
        let evictable = trashed.into_iter().filter(|resource| is_evictable(resource, by, now));
        let oldest = evictable.min_by_key(|resource| resource.state().trashed_at());
        let oldest = oldest.ok_or_else(|| full::<R>(count))?;
        if oldest.state().is_trash_over(now) {
            // If this does not succeed, its job does it.
            return self.purge(oldest).await.map(drop);
        }
        match self.destroy(by, oldest.id().as_str(), &IfMatch::of(None)).await {
            // Another caller has destroyed it meanwhile.
            Err(error) if error.code == Code::NotFound => Ok(()),
            outcome => outcome,
        }
    }
}

/// Whether it may leave the trash before its time, for another one of this caller.
fn is_evictable<R: Resource>(resource: &R, by: &Member, now: Timestamp) -> bool {
    resource.state().is_trash_over(now) || resource.actor().is(&by.user)
}

fn is_below(count: Count) -> Condition {
    let max = AttributeValue::N(count.max.to_string());
    Condition::Any(vec![Condition::AttributeMissing("count".into()), Condition::Below("count".into(), max)])
}

fn full<R: Resource>(count: Count) -> Error {
    let detail = match count.full {
        Full::Refuse => {
            format!("The team has {} of these, with those in the trash: destroy one first.", count.max)
        }
        Full::EvictOldestTrashed => {
            format!("The team has {} {}s: move one to the trash first.", count.max, R::NOUN)
        }
    };
    Error::new(Code::LimitReached, detail)
}
