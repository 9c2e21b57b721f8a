//! The authorizer's answer: an IAM policy with a context, read as strictly as it must be to be safe.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

/// What the authorizer tells the functions and the gateway's own answers, all as texts.
pub(super) type Context = Map<String, Value>;

/// The decision about one request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PolicyDecision {
    pub(super) is_allowed: bool,
    pub(super) context: Context,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    principal_id: String,
    policy_document: Policy,
    context: Option<Map<String, Value>>,
}

/// The most characters of a resource in a statement.
const RESOURCE_LENGTH_MAX: usize = 512;

// Members that would narrow a statement, such as a condition, are not understood here: an answer with one is refused
// as a whole, for what is overlooked could let somebody pass.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Policy {
    statement: OneOrMany<Statement>,
    #[serde(rename = "Version")]
    _version: Option<IgnoredAny>,
    #[serde(rename = "Id")]
    _id: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    effect: Effect,
    action: OneOrMany<String>,
    resource: OneOrMany<String>,
    #[serde(rename = "Sid")]
    _sid: Option<IgnoredAny>,
}

#[derive(Deserialize, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T> OneOrMany<T> {
    fn iter(&self) -> std::slice::Iter<'_, T> {
        match self {
            Self::Many(many) => many.iter(),
            Self::One(one) => std::slice::from_ref(one).iter(),
        }
    }
}

impl PolicyDecision {
    /// Reads an authorizer's answer for the method ARN it was asked about; `None` if it is no such answer, which API
    /// Gateway calls a configuration error.
    pub(super) fn of(answer: Value, method_arn: &str) -> Option<Self> {
        let Answer { principal_id, policy_document, context } = serde_json::from_value(answer).ok()?;
        if !policy_document.is_sayable() {
            return None;
        }
        let context = context.unwrap_or_default().into_iter();
        let mut context =
            context.map(|(name, value)| Some((name, flat(value)?))).collect::<Option<Context>>()?;
        context.insert("principalId".to_owned(), Value::String(principal_id));
        Some(Self { is_allowed: policy_document.allows(method_arn), context })
    }
}

impl Policy {
    /// Whether API Gateway takes it.
    fn is_sayable(&self) -> bool {
        let mut resources = self.statement.iter().flat_map(|statement| statement.resource.iter());
        resources.all(|resource| resource.chars().count() <= RESOURCE_LENGTH_MAX)
    }

    fn allows(&self, method_arn: &str) -> bool {
        let has = |effect: Effect| {
            self.statement
                .iter()
                .any(|statement| statement.effect == effect && statement.concerns(method_arn))
        };
        has(Effect::Allow) && !has(Effect::Deny)
    }
}

impl Statement {
    fn concerns(&self, method_arn: &str) -> bool {
        let is_invoke = |action: &String| matches(&action.to_ascii_lowercase(), "execute-api:invoke");
        self.action.iter().any(is_invoke) && self.resource.iter().any(|pattern| matches(pattern, method_arn))
    }
}

/// Values of a context arrive as texts; arrays and objects are not allowed in it.
fn flat(value: Value) -> Option<Value> {
    match value {
        Value::String(_) => Some(value),
        Value::Bool(_) | Value::Number(_) => Some(Value::String(value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether a pattern of IAM covers the whole text: `*` stands for any characters, `?` for one.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at_pattern, mut at_text) = (0, 0);
    // Where to go on if what stands behind the last star does not fit: behind the star, one character further.
    let mut retry = None;
    while at_text < text.len() {
        match pattern.get(at_pattern) {
            Some('*') => {
                retry = Some((at_pattern + 1, at_text + 1));
                at_pattern += 1;
            }
            Some(letter) if *letter == '?' || *letter == text[at_text] => {
                at_pattern += 1;
                at_text += 1;
            }
            _ => {
                let Some((behind_star, next)) = retry else { return false };
                (at_pattern, at_text) = (behind_star, next);
                retry = Some((behind_star, next + 1));
            }
        }
    }
    pattern[at_pattern..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:execute-api:local:000000000000:local/live/GET/v1/me";

    fn decision(statement: &Value) -> Option<bool> {
        let answer =
            json!({"principalId": "u", "policyDocument": {"Version": "2012-10-17", "Statement": statement}});
        PolicyDecision::of(answer, ARN).map(|decision| decision.is_allowed)
    }

    fn statement(effect: &str, action: &str, resource: &str) -> Value {
        json!({"Effect": effect, "Action": action, "Resource": resource})
    }

    #[test]
    fn stars_and_question_marks_are_wildcards() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("*", "", true),
            ("*", "a/b", true),
            ("a", "a", true),
            ("a", "A", false),
            ("a", "ab", false),
            ("a*", "a", true),
            ("*a", "ba", true),
            ("a*c", "abbc", true),
            ("a*c", "abcb", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*b*d", "abcbd", true),
            ("*bc", "bcbbc", true),
            ("**", "x", true),
            ("?", "é", true),
            ("a*b*c", "a-b-b-c", true),
            ("a", "", false),
            ("?", "", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn only_an_allow_without_a_deny_lets_pass() {
        let allow = || statement("Allow", "execute-api:Invoke", ARN);
        let cases = [
            (json!([allow()]), Some(true)),
            (allow(), Some(true)),
            (
                json!([statement("Allow", "execute-api:*", "arn:aws:execute-api:*:*:*/live/GET/*")]),
                Some(true),
            ),
            (json!([statement("Allow", "*", "*")]), Some(true)),
            (
                json!([{"Sid": "s", "Effect": "Allow", "Action": ["a:B", "Execute-API:invoke"], "Resource": ["x", ARN]}]),
                Some(true),
            ),
            (json!([]), Some(false)),
            (json!([statement("Deny", "execute-api:Invoke", ARN)]), Some(false)),
            (json!([allow(), statement("Deny", "*", "*")]), Some(false)),
            (json!([allow(), statement("Deny", "*", "arn:other")]), Some(true)),
            (json!([statement("Allow", "execute-api:ManageConnections", ARN)]), Some(false)),
            (
                json!([statement("Allow", "execute-api:Invoke", "arn:aws:execute-api:*/live/POST/*")]),
                Some(false),
            ),
            (
                json!([statement("Allow", "execute-api:Invoke", "arn:aws:execute-api:*/live/GET/v1")]),
                Some(false),
            ),
            (json!([statement("allow", "execute-api:Invoke", ARN)]), None),
            (json!([{"Effect": "Allow", "NotAction": "x", "Resource": "*"}]), None),
            (json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {}}]), None),
            (json!("all"), None),
        ];
        for (statements, expected) in cases {
            assert_eq!(decision(&statements), expected, "{statements}");
        }
    }

    #[test]
    fn a_context_arrives_as_texts_with_the_principal() {
        let answer = |context: Value| json!({"principalId": "u", "policyDocument": {"Statement": []}, "context": context});
        let context = PolicyDecision::of(answer(json!({"a": "x", "b": 7, "c": true})), ARN)
            .map(|decision| Value::from(decision.context));
        assert_eq!(context, Some(json!({"a": "x", "b": "7", "c": "true", "principalId": "u"})));
        for context in [json!({"a": []}), json!({"a": {}}), json!({"a": null}), json!([])] {
            assert_eq!(PolicyDecision::of(answer(context.clone()), ARN), None, "{context}");
        }
    }

    #[test]
    fn an_answer_without_principal_or_policy_is_none() {
        for answer in [
            json!(null),
            json!({}),
            json!({"principalId": "u"}),
            json!({"policyDocument": {"Statement": []}}),
        ] {
            assert_eq!(PolicyDecision::of(answer.clone(), ARN), None, "{answer}");
        }
    }
}
