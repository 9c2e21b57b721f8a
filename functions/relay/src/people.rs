//! Whom an actor stands for: names at the time of the change, looked up once in a while.

use shared::{
    Result,
    actor::Actor,
    audit::{TokenOfActor, Who},
    id::{TeamId, UserId},
    identity::{membership_key, profile_key, token_key},
    table::{self, Item, Key},
    text,
};

use crate::Relay;

/// A name is gone by for so long.
const NAME_SECONDS: i64 = 60;

/// What is known of a person, of a token, or of a membership.
#[derive(Clone, Default)]
pub(crate) struct Known {
    is_there: bool,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
}

impl Known {
    fn of(item: Option<&Item>) -> Self {
        let told = |name| item.and_then(|item| table::text(item, name)).map(str::to_owned);
        // What was kept of a name long ago may be anything.
        let name = told("name").and_then(|name| text::person(&name));
        Self { is_there: item.is_some(), name, email: told("email") }
    }
}

impl Relay {
    /// The actor with names, as a team is told of it: what somebody calls a token who is no member is none of its business.
    pub(crate) async fn who(&self, actor: &Actor, team: &TeamId) -> Result<Who> {
        let Actor { user, credential: _, token, ip, source, request_id: _ } = actor;
        let person = self.person(user).await?;
        let token = match token {
            Some(id) => {
                Some(TokenOfActor { id: id.clone(), name: self.token_name(Some(actor), team).await? })
            }
            None => None,
        };
        Ok(Who {
            user_id: Some(user.clone()),
            name: person.name,
            email: person.email,
            token,
            ip: Some(ip.clone()).filter(|ip| !ip.is_empty()),
            source: Some(*source),
        })
    }

    /// The name of the token that the actor used, if there was one and its owner is a member of the team.
    pub(crate) async fn token_name(&self, actor: Option<&Actor>, team: &TeamId) -> Result<Option<String>> {
        let Some(actor) = actor else { return Ok(None) };
        let Some(token) = &actor.token else { return Ok(None) };
        let membership = self.known(membership_key(&actor.user, team)).await?;
        if !membership.is_there {
            return Ok(None);
        }
        Ok(self.known(token_key(&actor.user, token)).await?.name)
    }

    /// What is known of a person.
    pub(crate) async fn person(&self, user: &UserId) -> Result<Known> {
        self.known(profile_key(user)).await
    }

    async fn known(&self, key: Key) -> Result<Known> {
        let since = self.clock.now().plus_seconds(-NAME_SECONDS);
        let read = Box::pin(async { Ok(Known::of(self.identity.get(key.clone()).await?.as_ref())) });
        self.names.get(key.clone(), since, &self.clock, read).await
    }
}
