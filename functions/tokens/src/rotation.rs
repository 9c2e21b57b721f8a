//! Rotates the secret of a token, and dry-runs requests for the token itself.

use api::{Caller, extract::IfMatch, manifest::Manifest};
use base::{
    Code, Error, Result,
    access::Credential,
    id::TokenId,
    rate_limit::Budget,
    secret::{Secret, SecretKind},
};
use gate::{
    authorizer::{DryRun, DryRunResult},
    identity::{membership_key, token_key},
    token::{Pending, REPLACED_SECRETS_MAX, StoredToken, TokenStatus},
    token_history::TokenEvent,
};
use table::{Attempt, Condition, Write, attribute, decode, retry};

use crate::{check::CheckRequest, input::Overlap, store::Store, token::Token};

impl Store {
    /// Makes a new secret, which is pending until it is first used. A pending one that was never used is retired.
    pub(crate) async fn rotate(
        &self,
        caller: &Caller,
        id: &TokenId,
        overlap: Overlap,
        if_match: &IfMatch,
    ) -> Result<(Token, Secret)> {
        retry("token", || async move {
            let stored = self.stored(&caller.user, id).await?;
            if_match.check(stored.version)?;
            let now = self.now();
            if stored.status(now) == TokenStatus::Expired {
                return Err(expired());
            }
            if !stored.may_rotate(caller.credential) {
                return Err(under_way());
            }
            let secret = Secret::new(SecretKind::Token, caller.user.suffix(), id.suffix())?;
            let pending = Pending {
                secret: self.keys.ring().await?.hash(secret.reveal()),
                hint: secret.hint(),
                created_at: now,
                by: caller.credential,
                overlap_until: now.plus_seconds(overlap.seconds.into()),
                until: overlap.until,
            };
            let (seen, before) = (stored.version, stored.retired_secrets.clone());
            let stored = match caller.credential {
                Credential::Token => stored.rotates_itself(now).map_err(too_often)?,
                Credential::Session => stored,
            };
            let token = stored.rotated(pending);
            if !token.may_replace() {
                return Err(too_many_replaced());
            }
            let (version, actor) = (token.version + 1, caller.actor());
            let token = StoredToken { version, updated_at: now, actor, ..token };
            let write = self.new_secret(&token, seen)?;
            let mut writes = vec![write, self.history_entry(&token, TokenEvent::Rotated)?];
            writes.extend(self.retired.archive(&token, &before, now));
            Ok(Attempt::of(self.identity.transact(writes).await)?.with((Token::of(token, now), secret)))
        })
        .await
    }

    /// Sets what a new secret changes of the token that was read with that version.
    fn new_secret(&self, token: &StoredToken, seen: u64) -> Result<Write> {
        let is_same = Condition::is_number("version", seen);
        let write = self.identity.update(token_key(&token.user, &token.id));
        Ok(write
            .set("pending", attribute(&token.pending)?)
            .set("replaced", attribute(&token.replaced)?)
            .set("rotated_away", attribute(&token.retired_secrets)?)
            .set("rotated_itself_at", attribute(&token.rotated_itself_at)?)
            .set("updated_at", attribute(&token.updated_at)?)
            .set("version", attribute(&token.version)?)
            .set("actor", attribute(&token.actor)?)
            .when(is_same.and(Condition::AttributeMissing("revoked_at".into()))))
    }

    /// What the authorizer would decide about a request of the token: a dry run of its own code.
    pub(crate) async fn check(
        &self,
        caller: &Caller,
        id: &TokenId,
        request: &CheckRequest,
    ) -> Result<(DryRunResult, TokenStatus)> {
        let manifest = Manifest::own()?;
        let path = path_of(&request.path);
        let dry_run = DryRun::of(&manifest, &request.method, path);
        let token = self.stored(&caller.user, id).await?;
        let membership = match dry_run.team() {
            Some(team) => self.identity.get(membership_key(&caller.user, &team)).await?,
            None => None,
        };
        let status = token.status(self.now());
        let issued_at = token.callers_secret_issued_at(caller);
        Ok((dry_run.run(token, issued_at, membership.map(decode).transpose()?), status))
    }
}

/// The path of what people paste: whole addresses too, of which neither the host nor the query has a say.
fn path_of(text: &str) -> &str {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    match text.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => text,
    }
}

fn too_often(spent: Budget) -> Error {
    Error::too_many("rotations of itself", spent)
}

/// Who holds a secret that was replaced gets no other, not even one that an answer from before has in it.
pub(crate) fn with_the_latest_secret(caller: &Caller) -> Result<()> {
    match caller.replaced_secret_issued_at {
        None => Ok(()),
        Some(_) => Err(Error::new(
            Code::WrongState,
            "This secret has been replaced and only works for a while: the one that has replaced it can rotate the token.",
        )),
    }
}

fn too_many_replaced() -> Error {
    let detail = format!(
        "{REPLACED_SECRETS_MAX} secrets that were replaced still work: wait for the end of one, or send overlap_seconds 0 to end all."
    );
    Error::new(Code::WrongState, detail)
}

fn under_way() -> Error {
    let detail = "A session has made a new secret for this token, which waits to be used: use that one.";
    Error::new(Code::WrongState, detail)
}

fn expired() -> Error {
    let detail = "The token has ended. Give it a later end first, with PATCH and expires_at.";
    Error::new(Code::WrongState, detail)
}

#[cfg(test)]
mod tests {
    use super::path_of;

    #[test]
    fn of_an_address_the_path_counts() {
        for (text, path) in [
            ("/v1/me", "/v1/me"),
            ("/v1/me?limit=1#top", "/v1/me"),
            ("https://api.example.com/v1/me?url=https://x/y", "/v1/me"),
            ("/v1/me?url=https://x/y", "/v1/me"),
            ("https://api.example.com", ""),
            ("", ""),
        ] {
            assert_eq!(path_of(text), path, "{text}");
        }
    }
}
