//! Decisions as API Gateway reads them: an IAM policy, or a yes or no, each with a flat context.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{
    Decision,
    authorize::{Identity, TeamAccess},
    event::{AuthorizationRequest, EventFormat},
};
use base::{
    error::{Code, Error},
    permission::{Permission, Permissions},
    rate_limit::Budget,
};

/// The message that API Gateway turns into 401; no other text does.
const UNAUTHORIZED: &str = "Unauthorized";
/// More characters of a resource API Gateway does not take in a policy: it makes 500 of one.
const RESOURCE_LENGTH_MAX: usize = 512;
/// Who is known when nobody is.
const ANONYMOUS: &str = "anonymous";

/// What API Gateway is told.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// To a REST API.
    #[serde(rename_all = "camelCase")]
    Policy {
        /// Whose request it is.
        principal_id: String,
        /// What may be done.
        policy_document: PolicyDocument,
        /// What the function behind is told.
        context: Context,
    },
    /// To an HTTP API.
    #[serde(rename_all = "camelCase")]
    Simple {
        /// Whether the request passes.
        is_authorized: bool,
        /// What the function behind is told.
        context: Context,
    },
}

/// A policy of IAM with one statement, for one method of one path.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyDocument {
    version: &'static str,
    statement: [Statement; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    action: &'static str,
    effect: &'static str,
    resource: String,
}

/// Names and texts.
#[derive(Default)]
pub struct Context(Vec<(&'static str, Cow<'static, str>)>);

impl Context {
    fn put(&mut self, name: &'static str, value: impl Into<Cow<'static, str>>) {
        self.0.push((name, value.into()));
    }

    fn put_some(&mut self, name: &'static str, value: Option<impl Into<Cow<'static, str>>>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }
}

impl Serialize for Context {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl EventFormat {
    /// What a policy can say, and whether it is the path itself: in place of a longer one stands all that begins like it,
    /// which can only be refused.
    fn shortened(self) -> (Self, bool) {
        match self {
            Self::Policy(resource) if resource.chars().count() > RESOURCE_LENGTH_MAX => {
                let begin = resource.chars().take(RESOURCE_LENGTH_MAX - 1).chain(['*']).collect();
                (Self::Policy(begin), false)
            }
            format => (format, true),
        }
    }
}

impl AuthorizationRequest {
    /// The decision as API Gateway expects it. An authorizer can say 401 and 403 only, so 429 is left to what stands
    /// behind, if that is ours: it is let through with no identity, with which nothing but 429 can be answered.
    ///
    /// # Errors
    /// `Unauthorized` on a REST API, where a refused credential is told by failing.
    pub(super) fn answer(self, decision: Decision, is_own: bool) -> Result<Answer, lambda_runtime::Error> {
        let (is_allowed, principal, mut context) = match decision {
            Decision::Allow(identity, effective, budget) => {
                (true, identity.user.as_str().to_owned(), allowed(*identity, effective, budget.as_ref()))
            }
            Decision::Refuse(identity, error) => (false, identity.user.as_str().to_owned(), refused(&error)),
            Decision::Limited(budget) => {
                let passes = is_own && matches!(self.format, EventFormat::Policy(_));
                (passes, ANONYMOUS.to_owned(), limited(budget))
            }
            Decision::Unauthenticated => match self.format {
                EventFormat::Policy(_) => return Err(UNAUTHORIZED.into()),
                EventFormat::Simple => (false, ANONYMOUS.to_owned(), refused(&Error::unauthenticated())),
            },
        };
        let (format, is_sayable) = self.format.shortened();
        if !is_sayable {
            context = refused(&Error::new(Code::NoAccess, "The path is too long."));
        }
        let is_allowed = is_allowed && is_sayable;
        context.put("request_id", self.request_id);
        Ok(match format {
            EventFormat::Simple => Answer::Simple { is_authorized: is_allowed, context },
            EventFormat::Policy(resource) => {
                let effect = if is_allowed { "Allow" } else { "Deny" };
                let statement = [Statement { action: "execute-api:Invoke", effect, resource }];
                let policy_document = PolicyDocument { version: "2012-10-17", statement };
                Answer::Policy { principal_id: principal, policy_document, context }
            }
        })
    }
}

fn allowed(identity: Identity, effective: Permissions, budget: Option<&Budget>) -> Context {
    let Identity { user, credential, token, granted: _, email, name, team, replaced_secret_issued_at } =
        identity;
    let mut context = Context::default();
    context.put("user_id", user.as_str().to_owned());
    context.put("credential", credential.name());
    context.put("permissions", effective.names());
    context.put_some("token_id", token.map(|token| token.id.as_str().to_owned()));
    context.put_some("replaced_secret_issued_at", replaced_secret_issued_at.map(|at| at.to_string()));
    context.put_some("rate_limit", budget.map(Budget::encode));
    if let TeamAccess::Member(team, role) = team {
        context.put("team_id", team.as_str().to_owned());
        context.put("role", role.name());
    }
    context.put_some("email", email);
    context.put_some("name", name);
    context
}

fn limited(budget: Budget) -> Context {
    let word = budget.encode();
    let mut context = refused(&Error::rate_limited(budget));
    context.put("rate_limit", word);
    context
}

/// What the gateway's own 403 is filled with. It copies the texts as they are, so the list of permissions comes as the
/// JSON it is to be, and no other text of a body ever holds a quote or a backslash. The challenge is for a header; without
/// one there is none.
fn refused(error: &Error) -> Context {
    let required = error.required_permissions().unwrap_or(Permissions::NONE);
    let json = Value::from(required.iter().map(Permission::name).collect::<Vec<_>>());
    let mut context = Context::default();
    context.put("error", error.code.name());
    // The same under a name of ours: `$context.authorizer.error` is API Gateway's own.
    context.put("code", error.code.name());
    context.put("detail", error.detail().to_owned());
    context.put("required_permissions", required.names());
    context.put("required_permissions_json", json.to_string());
    context.put_some("challenge", error.challenge());
    context
}
