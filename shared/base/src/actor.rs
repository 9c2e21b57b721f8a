//! The actor of a write, stored on the item by the same write, so that what follows from a change knows who
//! made it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    access::Credential,
    id::{FormId, TokenId, UserId},
};

/// Who did it, how and from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The person; nobody is known where a stranger used a public channel.
    pub user: Option<UserId>,
    /// Session or token, of a person.
    pub credential: Option<Credential>,
    /// The token, if it was one.
    pub token: Option<TokenId>,
    /// The form, if it came through one. What was stored before there were forms leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<FormId>,
    /// The address the request came from; empty if it is not kept.
    pub ip: String,
    /// The way it came in.
    pub source: Source,
    /// The request.
    pub request_id: String,
}

/// The way a change came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A person with a session.
    App,
    /// A service with a token.
    Api,
    /// A submission of a form.
    Form,
}

impl Source {
    /// All of them.
    pub const ALL: &[Source] = &[Source::App, Source::Api, Source::Form];

    /// Its name, as it is stored and sent.
    pub const fn name(self) -> &'static str {
        match self {
            Source::App => "app",
            Source::Api => "api",
            Source::Form => "form",
        }
    }
}

impl Actor {
    /// Whether it was this person.
    pub fn is(&self, user: &UserId) -> bool {
        self.user.as_ref() == Some(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stored_before_there_were_forms_opens_and_is_written_as_before() {
        let stored = r#"{"user":"usr_0000000000000000000001","credential":"session","token":null,"ip":"","source":"app","request_id":"r"}"#;
        let actor: Actor = serde_json::from_str(stored).unwrap();
        assert!(actor.is(&UserId::parse("usr_0000000000000000000001").unwrap()) && actor.form.is_none());
        assert_eq!(serde_json::to_string(&actor).unwrap(), stored);
    }

    #[test]
    fn sources_are_stored_by_their_names() {
        for source in Source::ALL {
            assert_eq!(serde_json::to_value(source).unwrap(), source.name());
        }
    }
}
