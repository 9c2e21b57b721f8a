//! Resolves actors to names: those at about the time of the change, from a cache.

use audit::{ActorForm, ActorToken, ActorView};
use base::{
    Result,
    actor::Actor,
    id::{FormId, TeamId, UserId},
    text,
};
use form::StoredForm;
use gate::identity::{membership_key, profile_key, token_key};
use resources::resource::Resource as _;
use table::{Item, Key};

use crate::Relay;

/// Names are cached for so long.
const NAME_CACHE_SECONDS: i64 = 60;

/// The name of a person or token; of a membership only whether it exists.
#[derive(Clone, Default)]
pub(crate) struct DisplayName {
    exists: bool,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
}

impl DisplayName {
    fn of(item: Option<&Item>) -> Self {
        let attribute = |name| item.and_then(|item| table::text(item, name)).map(str::to_owned);
        // A name that was stored long ago may break the rules of today.
        let name = attribute("name").and_then(|name| text::person(&name));
        Self { exists: item.is_some(), name, email: attribute("email") }
    }
}

impl Relay {
    /// The actor with names, as a team may see them: the name of a token is private unless its owner is a
    /// member of the team.
    pub(crate) async fn resolve_actor(&self, actor: &Actor, team: &TeamId) -> Result<ActorView> {
        let Actor { user, credential: _, token, form, ip, source, request_id: _ } = actor;
        let person = match user {
            Some(user) => self.person(user).await?,
            None => DisplayName::default(),
        };
        let token = match token {
            Some(id) => Some(ActorToken { id: id.clone(), name: self.token_name(Some(actor), team).await? }),
            None => None,
        };
        let form = match form {
            Some(id) => Some(ActorForm { id: id.clone(), name: self.form_name(id, team).await? }),
            None => None,
        };
        Ok(ActorView {
            user_id: user.clone(),
            name: person.name,
            email: person.email,
            token,
            form,
            ip: Some(ip.clone()).filter(|ip| !ip.is_empty()),
            source: Some(*source),
        })
    }

    /// The name of the actor's token, if there was one and its owner is a member of the team.
    pub(crate) async fn token_name(&self, actor: Option<&Actor>, team: &TeamId) -> Result<Option<String>> {
        let Some(actor) = actor else { return Ok(None) };
        let Some((token, user)) = actor.token.as_ref().zip(actor.user.as_ref()) else { return Ok(None) };
        let membership = self.display_name(membership_key(user, team)).await?;
        if !membership.exists {
            return Ok(None);
        }
        Ok(self.display_name(token_key(user, token)).await?.name)
    }

    /// The name of a form, if it is still there.
    async fn form_name(&self, form: &FormId, team: &TeamId) -> Result<Option<String>> {
        let key = StoredForm::key_of(team, form);
        let min_read_time = self.clock.now().plus_seconds(-NAME_CACHE_SECONDS);
        let read = Box::pin(async {
            let found =
                self.workspace.get(key.clone()).await?.as_ref().map(StoredForm::from_item).transpose()?;
            let name = found.map(|found| found.form.name);
            Ok(DisplayName { exists: name.is_some(), name, email: None })
        });
        Ok(self.names.get(key.clone(), min_read_time, &self.clock, read).await?.name)
    }

    /// The name of a person.
    pub(crate) async fn person(&self, user: &UserId) -> Result<DisplayName> {
        self.display_name(profile_key(user)).await
    }

    async fn display_name(&self, key: Key) -> Result<DisplayName> {
        let min_read_time = self.clock.now().plus_seconds(-NAME_CACHE_SECONDS);
        let read = Box::pin(async { Ok(DisplayName::of(self.identity.get(key.clone()).await?.as_ref())) });
        self.names.get(key.clone(), min_read_time, &self.clock, read).await
    }
}
