//! What becomes of a submission of a visitor. What it is refused for is told in this order: the key, the state of the form, the
//! origin, the rate, the form of the body, the token, and then what was sent.

use anyhow::Context as _;
use api::extract::Client;
use base::{
    Code, Error, Result,
    rate_limit::{Allowance, RateLimit},
};
use records::objects::Collection;
use sha2::{Digest as _, Sha256};

use super::{FoundForm, PublicForms, suspicion::suspicion};
use crate::{
    Confirmed, FilledIn, FormState, FormWriter, OnMatch, SentOnce, Submission, SubmissionReason,
    SubmissionToken, Submitted, closed, judge, judge::unavailable, token_missing,
};

const HOUR_SECONDS: u32 = 60 * 60;
/// What is no value.
const BLANK: [&str; 3] = ["null", "\"\"", "[]"];

/// A submission, as it was received.
pub struct ReceivedSubmission {
    /// The token that came with the form.
    pub token: Option<String>,
    /// What tells it from others where the form wants no token.
    pub key: Option<String>,
    /// What was filled in, the field that is to stay empty too.
    pub filled_in: FilledIn,
    /// Whether a browser without scripts has sent it, which sends what is left blank too.
    pub is_html: bool,
}

impl PublicForms {
    /// Takes a submission in, which `receive` reads only once it is known that the form takes any.
    ///
    /// # Errors
    /// 409 by the state of the form, 422 and 400 for what was sent, 429 for too many of one address.
    pub async fn visit(
        &self,
        found: &FoundForm,
        client: &Client,
        receive: impl AsyncFnOnce(&Collection) -> Result<ReceivedSubmission>,
    ) -> Result<Confirmed> {
        let Some(collection) = found.open() else {
            return self.refuse_unless_repeated(found, client, receive).await;
        };
        let is_beyond_hour = self.spend(found, client).await?;
        let mut received = receive(collection).await?;
        let (once, token) = self.once(found, client, &received)?;
        let trap = found.trap(token.as_ref());
        let is_trapped = trap.is_some_and(|trap| received.take_trap(&trap));
        let on_match = found.stored.form.action.matching().map(|(_, on_match)| on_match);
        if received.is_html && on_match == Some(OnMatch::Update) {
            received.leave_blanks();
        }
        if let Some(token) = token.filter(|_| !is_trapped) {
            token.check_time(found.stored.form.protection.min_seconds, self.now())?;
        }
        self.take(found, collection, (client, &received), once.as_ref(), (is_trapped, is_beyond_hour)).await
    }

    /// Stores what was sent, as an object or for the team to look at.
    async fn take(
        &self,
        found: &FoundForm,
        collection: &Collection,
        (client, received): (&Client, &ReceivedSubmission),
        once: Option<&SentOnce>,
        (is_trapped, is_beyond_hour): (bool, bool),
    ) -> Result<Confirmed> {
        let stored = &*found.stored;
        let judged = judge(&self.submissions.objects, &stored.form, collection, &received.filled_in);
        let values = judged.as_ref().map(|judged| judged.changes.set.clone()).unwrap_or_default();
        let confirmed = Confirmed::of(&stored.form, &values)?;
        let by = FormWriter::visitor(stored, &client.ip, &client.request_id);
        let submission = Submission {
            by: &by,
            stored,
            collection,
            counts: found.counts,
            filled_in: &received.filled_in,
            once,
            confirmed: &confirmed,
        };
        let submitted = if is_trapped {
            self.submissions.hold(&submission, SubmissionReason::Trap).await?
        } else {
            let judged = match judged {
                Ok(judged) => judged,
                Err(refusal) => return self.refuse(found, once, refusal).await,
            };
            let per_hour = is_beyond_hour.then_some(SubmissionReason::PerHour);
            match suspicion(&stored.form.protection, &received.filled_in).or(per_hour) {
                Some(reason) => self.submissions.hold(&submission, reason).await?,
                None => self.submissions.accept(&submission, &judged).await?,
            }
        };
        Ok(match submitted {
            Submitted::New(..) => confirmed,
            Submitted::Repeated(answered) => answered,
        })
    }

    /// Refuses what was sent, unless a submission with the same token was accepted before: that comes first.
    async fn refuse(&self, found: &FoundForm, once: Option<&SentOnce>, refusal: Error) -> Result<Confirmed> {
        let Some(once) = once else { return Err(refusal) };
        self.submissions.answered(&found.stored, once).await?.ok_or(refusal)
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

    /// What tells the submission from others, by its token, or where the form wants none by the key of the request.
    fn once(
        &self,
        found: &FoundForm,
        client: &Client,
        received: &ReceivedSubmission,
    ) -> Result<(Option<SentOnce>, Option<SubmissionToken>)> {
        let fingerprint = received.fingerprint()?;
        if found.stored.form.protection.token || received.token.is_some() {
            let text = received.token.as_deref().ok_or_else(token_missing)?;
            let token = SubmissionToken::open(text, &found.ring, &found.stored.id, self.now())?;
            let nonce = token.nonce.clone();
            let once = SentOnce { nonce, fingerprint, reused: Code::AlreadySubmitted };
            return Ok((Some(once), Some(token)));
        }
        // One client's keys are nothing to another.
        let key = received
            .key
            .as_ref()
            .map(|key| hex::encode(Sha256::digest(format!("{} {key}", client.prefix()))));
        let once = key.map(|key| SentOnce { nonce: key, fingerprint, reused: Code::IdempotencyKeyReused });
        Ok((once, None))
    }

    /// 409 by the state of the form, unless the same submission was accepted before the form came into it.
    async fn refuse_unless_repeated(
        &self,
        found: &FoundForm,
        client: &Client,
        receive: impl AsyncFnOnce(&Collection) -> Result<ReceivedSubmission>,
    ) -> Result<Confirmed> {
        let refusal = match found.state {
            FormState::Unavailable | FormState::Open => unavailable(),
            FormState::NotYet | FormState::Full | FormState::Closed => closed(),
        };
        let Some(collection) = &found.collection else { return Err(refusal) };
        let Ok(received) = receive(collection).await else { return Err(refusal) };
        let Ok((Some(once), _)) = self.once(found, client, &received) else { return Err(refusal) };
        match self.submissions.answered(&found.stored, &once).await {
            Ok(Some(confirmed)) => Ok(confirmed),
            Ok(None) => Err(refusal),
            Err(error) if error.code == once.reused => Err(refusal),
            Err(error) => Err(error),
        }
    }
}

impl ReceivedSubmission {
    /// The hash of what was filled in.
    fn fingerprint(&self) -> Result<String> {
        let FilledIn { fields, params } = &self.filled_in;
        let text = serde_json::to_vec(&(fields, params)).context("writing a submission")?;
        Ok(hex::encode(Sha256::digest(text)))
    }

    /// Leaves out what is blank: who fills in a page has not seen what the object has, and takes none of it away.
    fn leave_blanks(&mut self) {
        self.filled_in.fields.retain(|_, raw| !BLANK.contains(&raw.get().trim()));
    }

    /// Whether something stands in the field of that name, which people leave empty; it is taken out.
    fn take_trap(&mut self, name: &str) -> bool {
        let found = self.filled_in.fields.remove(name);
        found.is_some_and(|raw| raw.get().trim() != "false" && !BLANK.contains(&raw.get().trim()))
    }
}
