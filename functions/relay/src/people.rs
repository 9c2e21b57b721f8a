//! Whom an actor stands for: names at the time of the change, looked up once in a while.

use shared::{
    Result,
    actor::Actor,
    audit::{TokenOfActor, Who},
    id::UserId,
    identity::{profile_key, token_key},
    table::{self, Item, Key},
    text,
};

use crate::Relay;

/// A name is gone by for so long.
const NAME_SECONDS: i64 = 60;

/// What is known of a person, or of a token.
#[derive(Clone, Default)]
pub(crate) struct Known {
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
}

impl Known {
    fn of(item: Option<&Item>) -> Self {
        let told = |name| item.and_then(|item| table::text(item, name)).map(str::to_owned);
        // What was kept of a name long ago may be anything.
        Self { name: told("name").and_then(|name| text::person(&name)), email: told("email") }
    }
}

impl Relay {
    /// The actor with names.
    pub(crate) async fn who(&self, actor: &Actor) -> Result<Who> {
        let Actor { user, credential: _, token, ip, source, request_id: _ } = actor;
        let person = self.person(user).await?;
        let token = match token {
            Some(id) => {
                let name = self.known(token_key(user, id)).await?.name;
                Some(TokenOfActor { id: id.clone(), name })
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
