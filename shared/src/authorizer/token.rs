//! Personal access tokens at the gate: one strongly consistent round trip, none for a malformed one.

use super::{
    Authorizer,
    event::Question,
    gate::{Good, Sent, Worth},
    judge::Identity,
};
use crate::{
    error::Result,
    manifest::Matched,
    table::{Attempt, retry},
    token::{Presented, StoredToken},
};

impl Authorizer {
    /// The person behind a token, or `None` for one that is malformed, unknown, revoked, rotated away, switched off,
    /// expired or used from a place it is not meant for; who sent it is not told which.
    pub(super) async fn identify_token(
        &self,
        credential: &str,
        route: Option<&Matched<'_>>,
        question: &Question,
    ) -> Result<Option<Identity>> {
        let Some(sent) = &Sent::parse(credential, route) else { return Ok(None) };
        retry("token", || async move {
            let found = sent.found(self.identity.get_many(sent.keys()).await?)?;
            let ring = self.keys.ring_for(&StoredToken::key_ids(found.token.as_ref())).await?;
            let (digests, now) = (ring.digests(sent.secret.reveal()), self.clock.now());
            let is_member = found.is_member();
            match found.worth(sent, &digests, now, question.address()) {
                Worth::Unknown(token) => {
                    // Only a token that was rotated often has more secrets behind it than it holds itself.
                    if let Some(token) = token.filter(|token| token.has_ended_long_ago())
                        && self.notes.ended.has(&token, &digests, now).await?
                        && let Err(refusal) = token.admits(Presented::RotatedAway, now, question.address())
                    {
                        let team = route.and_then(Matched::team).map(|team| (team, is_member));
                        self.notes.refused(&token, (Presented::RotatedAway, refusal), team, question).await?;
                    }
                    Ok(Attempt::Done(None))
                }
                Worth::Refused(token, presented, refusal) => {
                    let team = route.and_then(Matched::team).map(|team| (team, is_member));
                    self.notes.refused(&token, (presented, refusal), team, question).await?;
                    Ok(Attempt::Done(None))
                }
                Worth::Good(good, Presented::Pending) => {
                    // The old secret must be refused from the next request on, so this one waits for that.
                    let secret = ring.hash(sent.secret.reveal());
                    // If there is none, another request has confirmed or replaced it meanwhile.
                    let confirmed = self.notes.confirm(good.token.clone(), secret, question).await?;
                    let done = |token| Attempt::Done(Some(Good { token, ..*good }.into()));
                    Ok(confirmed.map_or(Attempt::Conflict, done))
                }
                Worth::Good(good, _) => {
                    if good.token.secret.key_id() != ring.current() {
                        // A ring that was read long ago may not know yet which key is current.
                        let ring = self.keys.ring_of_late().await?;
                        self.notes.rehash(&good.token, &ring, sent.secret.reveal()).await;
                    }
                    Ok(Attempt::Done(Some((*good).into())))
                }
            }
        })
        .await
    }
}
