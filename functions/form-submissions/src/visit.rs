//! What becomes of a submission of a visitor. What it is refused for is told in this order: the key, the state of the form, the
//! origin, the rate, the form of the body, the token, and then what was sent.

use api::extract::Client;
use axum::{
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use base::{
    Code, Error, Result,
    rate_limit::{Allowance, RateLimit},
};
use form::{
    Confirmed, FormState, FormWriter, SentOnce, Submission, SubmissionReason, SubmissionToken, Submitted,
    judge, token_missing, trap_of,
};
use records::objects::Collection;

use crate::{
    Store,
    input::{ReadSubmission, Unread, idempotency_key},
    store::FoundForm,
    suspicion::suspicion,
};

const HOUR_SECONDS: u32 = 60 * 60;

/// What a visitor is answered.
pub(crate) struct Answered {
    pub(crate) confirmed: Confirmed,
    pub(crate) is_html: bool,
}

impl Store {
    /// Takes a submission in.
    pub(crate) async fn visit(&self, found: &FoundForm, client: &Client, sent: Unread) -> Result<Answered> {
        let headers = sent.headers().clone();
        let Some(collection) = found.collection.as_ref().filter(|_| found.state == FormState::Open) else {
            return self.refuse_unless_repeated(found, &headers, sent).await;
        };
        let is_beyond_hour = self.spend(found, client).await?;
        let mut read = sent.read(collection).await?;
        let fingerprint = read.fingerprint()?;
        let (once, token) = self.once(found, (&headers, &read), fingerprint)?;
        let trap = token.as_ref().map_or_else(|| static_trap(found), |token| token.trap.clone());
        let is_trapped = found.stored.form.protection.honeypot && read.take_trap(&trap);
        if let Some(token) = token.filter(|_| !is_trapped) {
            token.check_time(found.stored.form.protection.min_seconds, self.now())?;
        }
        self.take(found, collection, (client, &read), once.as_ref(), (is_trapped, is_beyond_hour)).await
    }

    /// Stores what was sent, as an object or for the team to look at.
    async fn take(
        &self,
        found: &FoundForm,
        collection: &Collection,
        (client, read): (&Client, &ReadSubmission),
        once: Option<&SentOnce>,
        (is_trapped, is_beyond_hour): (bool, bool),
    ) -> Result<Answered> {
        let stored = &*found.stored;
        let judged = judge(&self.submissions.objects, &stored.form, collection, &read.filled_in);
        let values = judged.as_ref().map(|judged| judged.changes.set.clone()).unwrap_or_default();
        let confirmed = Confirmed::of(&stored.form, &values)?;
        let by = FormWriter::visitor(stored, &client.ip, &client.request_id);
        let submission = Submission {
            by: &by,
            stored,
            collection,
            counts: found.counts,
            filled_in: &read.filled_in,
            once,
            confirmed: &confirmed,
        };
        let submitted = if is_trapped {
            self.submissions.hold(&submission, SubmissionReason::Trap).await?
        } else {
            let judged = match judged {
                Ok(judged) => judged,
                Err(refusal) => return self.refuse(found, once, (refusal, read.is_html)).await,
            };
            let per_hour = is_beyond_hour.then_some(SubmissionReason::PerHour);
            match suspicion(&stored.form.protection, &read.filled_in).or(per_hour) {
                Some(reason) => self.submissions.hold(&submission, reason).await?,
                None => self.submissions.accept(&submission, &judged).await?,
            }
        };
        let confirmed = match submitted {
            Submitted::New(..) => confirmed,
            Submitted::Repeated(answered) => answered,
        };
        Ok(Answered { confirmed, is_html: read.is_html })
    }

    /// Refuses what was sent, unless a submission with the same token was accepted before: that comes first.
    async fn refuse(
        &self,
        found: &FoundForm,
        once: Option<&SentOnce>,
        (refusal, is_html): (Error, bool),
    ) -> Result<Answered> {
        let Some(once) = once else { return Err(refusal) };
        let answered = self.submissions.answered(&found.stored, once).await?;
        answered.map(|confirmed| Answered { confirmed, is_html }).ok_or(refusal)
    }

    /// Counts the submission for its address and its hour; whether the hour has more than the form accepts by itself.
    async fn spend(&self, found: &FoundForm, client: &Client) -> Result<bool> {
        let form = &found.stored;
        let subject = format!("{}#{}", form.id, client.prefix());
        let protection = &form.form.protection;
        let hour = RateLimit { limit: protection.per_hour, window_seconds: HOUR_SECONDS };
        let (address, hour) = tokio::try_join!(
            Box::pin(self.limiter.spend("address", &subject, protection.per_address, 1)),
            Box::pin(self.limiter.spend("form", form.id.as_str(), hour, 1)),
        )?;
        match address {
            Allowance::Exceeded(budget) => Err(Error::too_many("submissions", budget)),
            Allowance::Allowed(_) => Ok(matches!(hour, Allowance::Exceeded(_))),
        }
    }

    /// What tells the submission from others, by its token, or where the form wants none by its `Idempotency-Key`.
    fn once(
        &self,
        found: &FoundForm,
        (headers, read): (&HeaderMap, &ReadSubmission),
        fingerprint: String,
    ) -> Result<(Option<SentOnce>, Option<SubmissionToken>)> {
        if found.stored.form.protection.token || read.token.is_some() {
            let text = read.token.as_deref().ok_or_else(token_missing)?;
            let token = SubmissionToken::open(text, &found.ring, &found.stored.id, self.now())?;
            let nonce = token.nonce.clone();
            let once = SentOnce { nonce, fingerprint, reused: Code::AlreadySubmitted };
            return Ok((Some(once), Some(token)));
        }
        let key = idempotency_key(headers)?;
        let once = key.map(|key| SentOnce { nonce: key, fingerprint, reused: Code::IdempotencyKeyReused });
        Ok((once, None))
    }

    /// 409 by the state of the form, unless the same submission was accepted before the form came into it.
    async fn refuse_unless_repeated(
        &self,
        found: &FoundForm,
        headers: &HeaderMap,
        sent: Unread,
    ) -> Result<Answered> {
        let refusal = match found.state {
            FormState::Unavailable | FormState::Open => {
                Error::new(Code::FormUnavailable, "This form cannot be filled in now.")
            }
            FormState::NotYet | FormState::Full | FormState::Closed => {
                Error::new(Code::FormClosed, "This form takes no submissions now.")
            }
        };
        let Some(collection) = &found.collection else { return Err(refusal) };
        let Ok(read) = sent.read(collection).await else { return Err(refusal) };
        let Ok((Some(once), _)) = self.once(found, (headers, &read), read.fingerprint()?) else {
            return Err(refusal);
        };
        match self.submissions.answered(&found.stored, &once).await {
            Ok(Some(confirmed)) => Ok(Answered { confirmed, is_html: read.is_html }),
            Ok(None) => Err(refusal),
            Err(error) if error.code == once.reused => Err(refusal),
            Err(error) => Err(error),
        }
    }
}

/// The name of the field that is to stay empty, of a form without tokens: always the same, so that plain HTML has it.
pub(crate) fn static_trap(found: &FoundForm) -> String {
    trap_of(found.stored.id.as_str(), &found.stored.form)
}

/// Where a browser goes from an answer that leads on, if it is what shows the answer.
pub(crate) fn redirected(answered: &Answered) -> Option<Response> {
    let to = answered.confirmed.redirect.as_deref().filter(|_| answered.is_html)?;
    Some(axum::response::Redirect::to(to).into_response())
}
