//! The handlers of submissions.

use api::{
    Member,
    extract::{Json, List, Page, Path, Query, State},
    response::NoContent,
    thin::{ForReader, Members},
};
use base::{
    Permission::{FormRead, ObjectRead},
    Result,
    id::{FormId, SubmissionId},
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    Store,
    handlers::FormPath,
    submissions::{DryRun, MemberAnswered, NewSubmission, OutcomeFilter, SubmissionView, TryQuery},
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct SubmissionPath {
    form: FormId,
    submission: SubmissionId,
}

pub(crate) async fn submit(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<FormPath>,
    Query(query): Query<TryQuery>,
    Json(new): Json<NewSubmission>,
) -> Result<MemberAnswered> {
    let stored = store.forms.read(&member.team, path.form.as_str(), false).await?;
    store.fill_in(&member, (&stored, query.dry_run == Some(DryRun::True)), new).await
}

pub(crate) async fn submissions(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<FormPath>,
    page: Page<OutcomeFilter>,
) -> Result<Json<List<SubmissionView>>> {
    let stored = store.forms.read(&member.team, path.form.as_str(), false).await?;
    let place = (page.after.clone(), page.limit);
    let (found, next) = store.submissions.list(&stored.id, page.filter.outcome, place).await?;
    let views = found.into_iter().map(SubmissionView::of).collect::<Result<_>>()?;
    Ok(Json(page.of(views, next).await?))
}

pub(crate) async fn submission(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<SubmissionPath>,
) -> Result<Json<SubmissionView>> {
    let stored = store.forms.read(&member.team, path.form.as_str(), false).await?;
    Ok(Json(SubmissionView::of(store.submissions.read(&stored.id, &path.submission).await?)?))
}

pub(crate) async fn release(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<SubmissionPath>,
) -> Result<ForReader<Json<SubmissionView>>> {
    let stored = store.forms.read(&member.team, path.form.as_str(), false).await?;
    let released = SubmissionView::of(store.release(&member, &stored, &path.submission).await?)?;
    let missing = if member.may(FormRead) { ObjectRead } else { FormRead };
    Ok(ForReader::new(&member, missing, path.submission, Members::default(), Json(released)))
}

pub(crate) async fn delete_submission(
    member: Member,
    State(store): State<Store>,
    Path(path): Path<SubmissionPath>,
) -> Result<NoContent> {
    let stored = store.forms.read(&member.team, path.form.as_str(), false).await?;
    store.submissions.delete(&stored.id, &path.submission).await?;
    Ok(NoContent)
}
