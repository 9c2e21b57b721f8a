//! Personal access tokens at the gate: one strongly consistent round trip, none for a malformed one.

use std::net::IpAddr;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{Authorizer, Identity, TeamAccess, address, event::Question, take};
use crate::{
    access::Credential,
    error::Error,
    id::{TeamId, TokenId, UserId},
    identity::{LastUsed, StoredToken, membership_key, token_key},
    secret::{Secret, SecretKind},
    table::{AttributeValue, When, attribute, decode},
    timestamp::Timestamp,
};

/// Uses within this time of the last recorded one are not recorded.
const LAST_USED_SECONDS: i64 = 60;
/// More of a client's name for itself is not kept.
const USER_AGENT_LENGTH_MAX: usize = 256;

/// Whether the credential wants to be a token.
pub(super) fn is_one(credential: &str) -> bool {
    credential.starts_with(SecretKind::Token.prefix())
}

impl Authorizer {
    /// The person behind a token, or `None` for one that is malformed, unknown, revoked, switched off, expired or
    /// used from a place it is not meant for; who sent it is not told which.
    pub(super) async fn identify_token(
        &self,
        credential: &str,
        team: Option<&str>,
        question: &Question,
    ) -> Result<Option<Identity>, Error> {
        let Some(secret) = Secret::parse(SecretKind::Token, credential) else { return Ok(None) };
        let (user, token) = (UserId::from_part(secret.owner()), TokenId::from_part(secret.thing()));
        let path_team = team.and_then(TeamId::parse);
        let keys =
            [Some(token_key(&user, &token)), path_team.as_ref().map(|team| membership_key(&user, team))];
        let mut items = self.identity.get_many(keys.iter().flatten().cloned().collect()).await?;
        let [stored, membership] = keys.map(|key| key.and_then(|key| take(&mut items, &key)));
        let stored = stored.map(decode::<StoredToken>).transpose()?;
        if !self.has_hash(&secret, stored.as_ref()).await? {
            return Ok(None);
        }
        let now = self.clock.now();
        let ip = question.source_ip.as_deref().and_then(address);
        let Some(stored) = stored.filter(|stored| is_usable(stored, now, ip)) else { return Ok(None) };
        self.record_use(&stored, now, question);
        let membership = match (team, path_team) {
            (None, _) => TeamAccess::NotAsked,
            (Some(_), Some(team)) if reaches(&stored, &team) => TeamAccess::of(membership)?,
            (Some(_), _) => TeamAccess::Denied,
        };
        Ok(Some(Identity {
            user,
            credential: Credential::Token,
            token: Some(stored.id),
            granted: stored.permissions,
            email: None,
            name: None,
            membership,
        }))
    }

    /// Compares in constant time; an unknown token is hashed and compared all the same.
    async fn has_hash(&self, secret: &Secret, stored: Option<&StoredToken>) -> Result<bool, Error> {
        let Some(stored) = stored else {
            let ring = self.keys.ring().await?;
            ring.verify(ring.current(), secret.reveal(), &[0; 32]);
            return Ok(false);
        };
        let Some(ring) = self.keys.ring_with(&stored.key_id).await? else { return Ok(false) };
        let hash = BASE64_URL_SAFE_NO_PAD.decode(&stored.hash).map_err(anyhow::Error::from)?;
        Ok(ring.verify(&stored.key_id, secret.reveal(), &hash))
    }

    /// Notes the use, at most once a minute and never backwards, beside the answer: it neither delays nor fails it.
    fn record_use(&self, token: &StoredToken, now: Timestamp, question: &Question) {
        if token.last_used.as_ref().is_some_and(|last| last.at.plus_seconds(LAST_USED_SECONDS) > now) {
            return;
        }
        let user_agent =
            question.user_agent.as_ref().map(|name| name.chars().take(USER_AGENT_LENGTH_MAX).collect());
        let used = LastUsed { at: now, ip: question.source_ip.clone(), user_agent };
        let (table, key) = (self.identity.clone(), token_key(&token.user, &token.id));
        tokio::spawn(async move {
            let (Ok(used), Ok(at)) = (attribute(&used), attribute(&used.at)) else { return };
            let is_first = When::Is("last_used".into(), AttributeValue::Null(true));
            let is_later = When::Any(vec![is_first, When::Below("last_used.at".into(), at)]);
            let write = table.update(key).set("last_used", used).when(When::Exists.and(is_later));
            if let Err(error) = table.write(write).await {
                let error = error.or(|_| Error::not_found("token"));
                tracing::debug!(code = error.code.name(), "a use of a token was not recorded");
            }
        });
    }
}

fn is_usable(token: &StoredToken, now: Timestamp, ip: Option<IpAddr>) -> bool {
    let is_alive = token.expires_at.is_none_or(|end| now < end);
    let is_in_place = token
        .allowed_cidrs
        .as_ref()
        .is_none_or(|nets| ip.is_some_and(|ip| nets.iter().any(|net| net.contains(&ip))));
    token.active && is_alive && is_in_place
}

fn reaches(token: &StoredToken, team: &TeamId) -> bool {
    token.team_ids.as_ref().is_none_or(|teams| teams.contains(team))
}
