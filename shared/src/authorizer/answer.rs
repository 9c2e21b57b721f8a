//! Decisions in the words of API Gateway: an IAM policy, or a yes or no, each with a flat context.

use serde_json::{Map, Value, json};

use super::{
    Decision, Identity, TeamAccess,
    event::{Form, Question},
};
use crate::{
    error::Error,
    permission::{Permission, Permissions},
};

/// The message that API Gateway turns into 401; no other text does.
const UNAUTHORIZED: &str = "Unauthorized";

impl Question {
    /// The decision as API Gateway expects it.
    ///
    /// # Errors
    /// `Unauthorized` on a REST API, where a refused credential is told by failing.
    pub(super) fn answer(&self, decision: &Decision) -> Result<Value, lambda_runtime::Error> {
        let (is_allowed, principal, mut context) = match decision {
            Decision::Allow(identity, effective) => {
                (true, identity.user.as_str(), allowed(identity, *effective))
            }
            Decision::AllowAnonymous => (true, "anonymous", Map::new()),
            Decision::Refuse(identity, error) => (false, identity.user.as_str(), refused(error)),
            Decision::Unauthenticated => match self.form {
                Form::Policy(_) => return Err(UNAUTHORIZED.into()),
                Form::Simple => (false, "anonymous", refused(&Error::unauthenticated())),
            },
        };
        context.insert("request_id".to_owned(), json!(self.request_id));
        Ok(match &self.form {
            Form::Simple => json!({"isAuthorized": is_allowed, "context": context}),
            Form::Policy(arn) => json!({
                "principalId": principal,
                "policyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{
                        "Action": "execute-api:Invoke",
                        "Effect": if is_allowed { "Allow" } else { "Deny" },
                        "Resource": arn,
                    }],
                },
                "context": context,
            }),
        })
    }
}

fn allowed(identity: &Identity, effective: Permissions) -> Map<String, Value> {
    let Identity { user, credential, token, granted: _, email, name, membership } = identity;
    let mut context = Map::new();
    let mut put = |name: &str, value: &str| drop(context.insert(name.to_owned(), json!(value)));
    put("user_id", user.as_str());
    put("credential", credential.name());
    put("permissions", &effective.names());
    if let Some(token) = token {
        put("token_id", token.as_str());
    }
    if let TeamAccess::Member(team, role) = membership {
        put("team_id", team.as_str());
        put("role", role.name());
    }
    if let Some(email) = email {
        put("email", email);
    }
    if let Some(name) = name {
        put("name", name);
    }
    context
}

/// What the gateway's own 403 is filled with. It copies the texts as they are, so the list of permissions comes as the
/// JSON it is to be, and no other text here ever holds a quote or a backslash.
fn refused(error: &Error) -> Map<String, Value> {
    let required = error.required_permissions().unwrap_or(Permissions::NONE);
    let json = Value::from(required.iter().map(Permission::name).collect::<Vec<_>>());
    let context = json!({
        "error": error.code.name(),
        "detail": error.detail(),
        "required_permissions": required.names(),
        "required_permissions_json": json.to_string(),
    });
    context.as_object().cloned().unwrap_or_default()
}
