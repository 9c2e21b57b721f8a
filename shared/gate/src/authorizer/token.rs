//! Authentication by personal access token: one strongly consistent round trip, none for a malformed one.

use super::{
    Authorizer,
    authorize::Identity,
    event::AuthorizationRequest,
    token_decision::{PresentedToken, TokenDecision, ValidToken},
};
use crate::token::{PresentedSecret, StoredToken};
use api::manifest::Matched;
use base::error::Result;
use table::{Attempt, retry};

impl Authorizer {
    /// The person behind a token, or `None` for one that is malformed, unknown, revoked, retired, switched off,
    /// expired or used from an address that it is not limited to; the client is not told which.
    pub(super) async fn identify_token(
        &self,
        credential: &str,
        route: Option<&Matched<'_>>,
        request: &AuthorizationRequest,
    ) -> Result<Option<Identity>> {
        let Some(presented) = &PresentedToken::parse(credential, route) else { return Ok(None) };
        retry("token", || async move {
            let credentials = presented.credentials(self.identity.get_many(presented.keys()).await?)?;
            let now = self.clock.now();
            let ring = self.keys.ring_for(&StoredToken::key_ids(credentials.token.as_ref(), now)).await?;
            let candidates = ring.candidate_hashes(presented.secret.reveal());
            let is_member = credentials.is_member();
            match credentials.decide(presented, &candidates, now, request.address()) {
                TokenDecision::Unknown(token) => {
                    // Only a token that was rotated often has more secrets behind it than it holds itself.
                    if let Some(token) = token.filter(|token| token.may_have_older_secrets())
                        && self.usage_log.retired.contains(&token, &candidates, now).await?
                        && let Err(refusal) = token.validate(PresentedSecret::Retired, now, request.address())
                    {
                        let team = route.and_then(Matched::team).map(|team| (team, is_member));
                        self.usage_log
                            .record_refused(&token, (PresentedSecret::Retired, refusal), team, request)
                            .await?;
                    }
                    Ok(Attempt::Done(None))
                }
                TokenDecision::Refused(token, secret, refusal) => {
                    let team = route.and_then(Matched::team).map(|team| (team, is_member));
                    self.usage_log.record_refused(&token, (secret, refusal), team, request).await?;
                    Ok(Attempt::Done(None))
                }
                TokenDecision::Valid(valid) => match valid.presented {
                    PresentedSecret::Pending => {
                        // What ends with the first use is over from the next request on, so this one waits for that.
                        let secret = ring.hash(presented.secret.reveal());
                        // If there is none, another request has confirmed or replaced it meanwhile.
                        let confirmed = self.usage_log.confirm(valid.token.clone(), secret, request).await?;
                        let done = |token| Attempt::Done(Some(ValidToken { token, ..*valid }.into()));
                        Ok(confirmed.map_or(Attempt::Conflict, done))
                    }
                    PresentedSecret::Current => {
                        if valid.token.secret.key_id() != ring.current() {
                            // A ring that was read long ago may not know yet which key is current.
                            let ring = self.keys.fresh_ring().await?;
                            self.usage_log.rehash(&valid.token, &ring, presented.secret.reveal()).await;
                        }
                        Ok(Attempt::Done(Some((*valid).into())))
                    }
                    // It ends before a key does, so it stays under its own.
                    PresentedSecret::Replaced(_) | PresentedSecret::Retired => {
                        Ok(Attempt::Done(Some((*valid).into())))
                    }
                },
            }
        })
        .await
    }
}
