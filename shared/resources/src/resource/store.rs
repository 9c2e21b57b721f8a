//! Lists, reads and changes resources of one kind, with optimistic concurrency: what was read is written on the condition that
//! it has not changed since.

use std::marker::PhantomData;

use api::{
    Member,
    extract::{IfMatch, Page},
};
use base::{Error, Result, Timestamp, id::TeamId};
use table::{Attempt, Condition, Item, TableQuery, Tables, Write, WriteError, attribute, retry};

use super::Resource;
use crate::{TRASH_SECONDS, TrashFilter, Trashed, jobs::StoredJob, workspace_partition};

/// The resources of one kind, of all teams.
pub struct Resources<R> {
    /// The tables that they lie in.
    pub tables: Tables,
    kind: PhantomData<fn() -> R>,
}

impl<R> Clone for Resources<R> {
    fn clone(&self) -> Self {
        Self { tables: self.tables.clone(), kind: PhantomData }
    }
}

/// A change of a resource.
pub struct Change<R> {
    /// The resource as it is to be.
    pub after: R,
    /// Writes that go with it. What has come between is read anew and done again.
    pub writes: Vec<Write>,
    /// A job that follows from it.
    pub job: Option<StoredJob>,
    /// What it means that one of these was refused, if that is not to be done again.
    pub refusal: Option<fn() -> Error>,
}

impl<R> From<R> for Change<R> {
    fn from(after: R) -> Self {
        Self { after, writes: Vec::new(), job: None, refusal: None }
    }
}

impl<R: Resource> Resources<R> {
    /// The resources in these tables.
    pub fn new(tables: &Tables) -> Self {
        Self { tables: tables.clone(), kind: PhantomData }
    }

    /// The time by which they change.
    pub fn now(&self) -> Timestamp {
        self.tables.clock.now()
    }

    /// The resource that this names, in the trash or not.
    ///
    /// # Errors
    /// 404 when there is none that clients see.
    pub async fn find(&self, team: &TeamId, name: &str) -> Result<R> {
        let found = R::find(&self.tables.workspace, team, name).await?;
        found.filter(|found| !found.is_gone(self.now())).ok_or_else(R::no_such)
    }

    /// The resource that this names: one in the trash if `trashed` is true, else one that is not.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn read(&self, team: &TeamId, name: &str, trashed: bool) -> Result<R> {
        let found = self.find(team, name).await?;
        if found.state().trashed_at().is_some() == trashed { Ok(found) } else { Err(R::no_such()) }
    }

    /// One page of a team's, and the cursor behind it.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn list(&self, by: &Member, page: &Page<TrashFilter>) -> Result<(Vec<R>, Option<Item>)> {
        let is_listed = self.is_listed(page.filter.trashed)?;
        let query = TableQuery::partition(workspace_partition(&by.team)).prefix(R::PREFIX).filter(is_listed);
        let found = self.tables.workspace.query(query.after(page.after.clone()).limit(page.limit)).await?;
        Ok((found.items.iter().map(R::from_item).collect::<Result<_>>()?, found.next))
    }

    /// Which items a list has: those in the trash, or those that are not.
    ///
    /// # Errors
    /// 500: a time can always be written.
    pub fn is_listed(&self, trashed: Option<Trashed>) -> Result<Condition> {
        let name = "trashed_at".to_owned();
        let is_there = match trashed {
            Some(Trashed::Only) => {
                Condition::Above(name, attribute(&self.now().plus_seconds(-TRASH_SECONDS))?)
            }
            None => Condition::AttributeMissing(name),
        };
        Ok(is_there.and(Condition::AttributeMissing("destroyed".to_owned())))
    }

    /// Changes a resource that is not in the trash. Nothing is written where the change comes to nothing. What is wrong with
    /// the request comes before the version, and the state of things behind it.
    ///
    /// # Errors
    /// 404 when there is none, 412 for the version, and those of the change.
    pub async fn change<F>(
        &self,
        by: &Member,
        name: &str,
        if_match: &IfMatch,
        change: impl Fn(R) -> F,
    ) -> Result<R>
    where
        F: Future<Output = Result<Option<Change<R>>>>,
    {
        Ok(self.change_with_job(by, name, if_match, change).await?.0)
    }

    /// The same, with the job that follows from the change, whose message is to be sent.
    ///
    /// # Errors
    /// As [`Resources::change`].
    pub async fn change_with_job<F>(
        &self,
        by: &Member,
        name: &str,
        if_match: &IfMatch,
        change: impl Fn(R) -> F,
    ) -> Result<(R, Option<StoredJob>)>
    where
        F: Future<Output = Result<Option<Change<R>>>>,
    {
        let change = &change;
        retry(R::NOUN, || async move {
            let before = self.read(&by.team, name, false).await?;
            let change = if_match.settled(before.version(), change(before.clone()).await)?;
            let Some(Change { mut after, writes, job, refusal }) = change else {
                return Ok(Attempt::Done((before, None)));
            };
            let now = self.now();
            after.touch(by.actor(), now);
            let mut all = before.replacement(&mut after, &self.tables.workspace, now)?;
            all.extend(writes);
            if let Some(job) = &job {
                all.push(job.write(&self.tables.workspace)?);
            }
            match (self.tables.workspace.transact(all).await, refusal) {
                (Err(WriteError::ConditionFailed(refused)), Some(refusal)) if !refused.at(0) => {
                    Err(refusal())
                }
                (outcome, _) => Ok(Attempt::of(outcome)?.with((after, job))),
            }
        })
        .await
    }
}
