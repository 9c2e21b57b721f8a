//! Trashes, restores, destroys and purges resources.

use api::{Member, extract::IfMatch};
use base::{
    Code, Error, Result, Timestamp,
    actor::Actor,
    id::{Id as _, JobId, TeamId},
};
use table::{Attempt, Condition, Write, applied, retry};

use super::{Resource, Resources, State, Transition};
use crate::{
    TRASH_SECONDS,
    jobs::{Job, JobSubject, StoredJob},
};

impl<R: Resource> Resources<R> {
    /// Moves a resource to the trash, where it stays for 30 days.
    ///
    /// # Errors
    /// 404 when there is none, 412 for the version.
    pub async fn trash(&self, by: &Member, name: &str, if_match: &IfMatch) -> Result<()> {
        retry(R::NOUN, || async move {
            let before = self.read(&by.team, name, false).await?;
            if_match.check(before.version())?;
            self.try_trash(&by.actor(), &before, before.clone()).await
        })
        .await
    }

    /// Moves a resource to the trash that nobody can reach any more, as a consequence of what somebody did. What would keep it
    /// from there is changed first. One that is not there is left alone.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn trash_for(
        &self,
        (team, by): (&TeamId, &Actor),
        id: &R::Id,
        prepare: impl Fn(&mut R) + Send + Sync,
    ) -> Result<()> {
        let prepare = &prepare;
        let outcome = retry(R::NOUN, || async move {
            let before = self.read(team, id.as_str(), false).await?;
            let mut after = before.clone();
            prepare(&mut after);
            self.try_trash(by, &before, after).await
        });
        match outcome.await {
            Err(error) if error.code == Code::NotFound => Ok(()),
            outcome => outcome,
        }
    }

    async fn try_trash(&self, by: &Actor, before: &R, after: R) -> Result<Attempt<()>> {
        let now = self.now();
        let job = purge_job(by, before, (now, now.plus_seconds(TRASH_SECONDS)));
        let state = State::Trashed { at: now, job: Some(job.id.clone()) };
        let transition = (state, Transition::Trashed);
        let mut writes = self.transition(Some(by), (before, after, now), transition).await?.1;
        writes.push(job.write(&self.tables.workspace)?);
        Attempt::of(self.tables.workspace.transact(writes).await)
    }

    /// Brings a resource back from the trash.
    ///
    /// # Errors
    /// 404 when there is none, 412 for the version, 409 when it is not in the trash or something has taken its place.
    pub async fn restore(&self, by: &Member, name: &str, if_match: &IfMatch) -> Result<R> {
        retry(R::NOUN, || async move {
            let before = self.find(&by.team, name).await?;
            if_match.check(before.version())?;
            let State::Trashed { job, .. } = before.state() else {
                let more = if R::ENDS_BY_JOB { ", or is being destroyed" } else { "" };
                let detail = format!("The {} is not in the trash{more}.", R::NOUN);
                return Err(Error::new(Code::WrongState, detail));
            };
            let (state, now) = ((State::Live, Transition::Restored), self.now());
            let (after, mut writes) =
                self.transition(Some(&by.actor()), (&before, before.clone(), now), state).await?;
            writes.extend(job.map(|job| StoredJob::removal(&self.tables.workspace, &job)));
            Ok(Attempt::of(self.tables.workspace.transact(writes).await)?.with(after))
        })
        .await
    }

    /// Destroys a resource, whether it is in the trash or not. It is marked first, so that its last change in the stream has
    /// the actor, and then removed. If the removal failed, the next call completes it.
    ///
    /// # Errors
    /// 404 when there is none, 412 for the version.
    pub async fn destroy(&self, by: &Member, name: &str, if_match: &IfMatch) -> Result<()> {
        ends_at_once::<R>()?;
        let workspace = &self.tables.workspace;
        retry(R::NOUN, || async move {
            let found = R::find(workspace, &by.team, name).await?.ok_or_else(R::no_such)?;
            let marked = if found.state().is_purging() {
                found
            } else {
                if found.is_gone(self.now()) {
                    return Err(R::no_such());
                }
                if_match.check(found.version())?;
                let state = (found.state().purging(), Transition::Purged);
                let at = (&found, found.clone(), self.now());
                let (marked, writes) = self.transition(Some(&by.actor()), at, state).await?;
                if !applied(workspace.transact(writes).await)? {
                    return Ok(Attempt::Conflict);
                }
                marked
            };
            let removal = workspace.transact(marked.removal(workspace)).await;
            removal.map(Attempt::Done).map_err(|error| error.into_error(|_| R::no_such()))
        })
        .await
    }

    /// Marks a resource for a job that purges it, which follows from how it is then: clients do not see it any more. The job
    /// begins after that many seconds. Returns its state before and the resource; the job is none if it was marked already.
    ///
    /// # Errors
    /// 404 when there is none, 412 for the version.
    pub async fn mark_for_purge(
        &self,
        by: &Member,
        name: &str,
        if_match: &IfMatch,
        job: impl Fn(&R) -> (Job, i64),
    ) -> Result<(State, R, Option<StoredJob>)> {
        let (workspace, job_of) = (&self.tables.workspace, &job);
        retry(R::NOUN, || async move {
            let before = self.find(&by.team, name).await?;
            if_match.check(before.version())?;
            if before.state().is_purging() {
                return Ok(Attempt::Done((before.state(), before, None)));
            }
            let now = self.now();
            let (job, delay_seconds) = job_of(&before);
            let times = (now, now.plus_seconds(delay_seconds));
            let job = StoredJob { job, ..purge_job(&by.actor(), &before, times) };
            let trashed_at = before.state().trashed_at().or(Some(now));
            let state = (State::Purging { trashed_at, job: Some(job.id.clone()) }, Transition::Purged);
            let at = (&before, before.clone(), now);
            let (after, mut writes) = self.transition(Some(&by.actor()), at, state).await?;
            writes.push(job.write(workspace)?);
            writes.extend(before.state().job().map(|job| StoredJob::removal(workspace, job)));
            Ok(Attempt::of(workspace.transact(writes).await)?.with((before.state(), after, Some(job))))
        })
        .await
    }

    /// Purges a resource whose time in the trash is over. It is marked first, so that its last change in the stream says why:
    /// the mark leaves version and actor alone, by which the relay knows that nobody asked for it. Returns false if another
    /// write came between.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn purge(&self, resource: R) -> Result<bool> {
        ends_at_once::<R>()?;
        let workspace = &self.tables.workspace;
        let marked = if resource.state().is_purging() {
            resource
        } else {
            let (marked, writes) = self.expiry(&resource).await?;
            if !applied(workspace.transact(writes).await)? {
                return Ok(false);
            }
            marked
        };
        applied(workspace.transact(marked.removal(workspace)).await)
    }

    /// The resource marked because its time in the trash is over, and the writes that mark it.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn expiry(&self, resource: &R) -> Result<(R, Vec<Write>)> {
        let state = (resource.state().purging(), Transition::Purged);
        self.transition(None, (resource, resource.clone(), self.now()), state).await
    }

    /// Marks a resource for this job of its own, which purges it as a time is over and nobody asked for it. Returns false if
    /// another write came between.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn expire(&self, resource: &R, job: &JobId) -> Result<bool> {
        let state = (State::Purging { trashed_at: None, job: Some(job.clone()) }, Transition::Purged);
        let (_, writes) = self.transition(None, (resource, resource.clone(), self.now()), state).await?;
        applied(self.tables.workspace.transact(writes).await)
    }

    /// Takes back that a resource was marked, with the job that it was marked for: something has come to need it. Returns false
    /// if another write came between, or the job has begun to remove it.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn revive(&self, marked: R, job: &JobId) -> Result<bool> {
        let workspace = &self.tables.workspace;
        let is_marked = Condition::is_number("revision", marked.version())
            .and(Condition::AttributeExists("destroyed".to_owned()));
        let mut live = marked.clone();
        live.set_state(State::Live);
        live.touch(live.actor().clone(), self.now());
        let mut writes = marked.replacement(&mut live, workspace, self.now())?;
        if let Some(own) = writes.first_mut() {
            *own = workspace.put_item(live.key(), live.to_item()?).when(is_marked);
        }
        writes.extend(R::COUNT.map(|count| self.count(count, live.team(), 1)));
        writes.push(StoredJob::reprieve(workspace, job));
        applied(workspace.transact(writes).await)
    }

    /// The resource as it is to be, in another state, by somebody or because a time is over, and the writes that make it so; its
    /// own is the first. What is purged counts no more.
    async fn transition(
        &self,
        by: Option<&Actor>,
        (before, mut after, now): (&R, R, Timestamp),
        (state, transition): (State, Transition),
    ) -> Result<(R, Vec<Write>)> {
        after.set_state(state);
        if let Some(by) = by {
            after.touch(by.clone(), now);
        }
        let mut writes = before.replacement(&mut after, &self.tables.workspace, now)?;
        if transition == Transition::Purged {
            writes.extend(R::COUNT.map(|count| self.count(count, before.team(), -1)));
        }
        writes.extend(after.effects(transition, &self.tables).await?);
        Ok((after, writes))
    }
}

/// The job that purges a resource.
fn purge_job<R: Resource>(by: &Actor, resource: &R, times: (Timestamp, Timestamp)) -> StoredJob {
    let subject = JobSubject::new(R::KIND, resource.id().as_str());
    StoredJob::new((resource.team(), subject), Job::Destroy, times, by.clone())
}

/// What hangs on a resource would be left behind if it were removed at once.
fn ends_at_once<R: Resource>() -> Result<()> {
    if R::ENDS_BY_JOB {
        return Err(anyhow::anyhow!("a job ends an {}", R::NOUN).into());
    }
    Ok(())
}
