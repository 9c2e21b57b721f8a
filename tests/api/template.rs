//! `template.yaml` and the code say the same.

use std::collections::{BTreeMap, BTreeSet};

use api::cors::EXPOSED;
use base::access::Access;
use local::{families::RESOURCES, gateway::RESPONSES, tables::TABLES};
use serde_yaml_ng::Value;

use crate::{every_route, tree};

mod stack;

fn template() -> Value {
    serde_yaml_ng::from_str(include_str!("../../template.yaml")).unwrap()
}

/// The value under a path, short forms of functions (`!Ref`, `!If`) looked through.
fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(value, |value, name| match value {
        Value::Tagged(tagged) => &tagged.value[*name],
        value => &value[*name],
    })
}

fn text(value: &Value) -> String {
    match value {
        Value::Tagged(tagged) => text(&tagged.value),
        Value::String(text) => text.clone(),
        value => serde_yaml_ng::to_string(value).unwrap().trim().to_owned(),
    }
}

fn names(value: &Value) -> BTreeSet<String> {
    value.as_mapping().unwrap().keys().map(text).collect()
}

/// The name of a function in the template: `object-types` is `ObjectTypesFunction`.
fn logical_id(function: &str) -> String {
    let words = function.split('-').map(|word| format!("{}{}", word[..1].to_uppercase(), &word[1..]));
    format!("{}Function", words.collect::<String>())
}

#[test]
fn each_resource_leads_to_its_function_and_is_guarded_or_not() {
    let template = template();
    let paths = at(&template, &["Resources", "Api", "Properties", "DefinitionBody", "paths"]);
    assert_eq!(names(paths), RESOURCES.iter().map(|resource| resource.path.to_owned()).collect());
    for resource in RESOURCES {
        let method = at(paths, &[resource.path, "x-amazon-apigateway-any-method"]);
        let uri = text(at(method, &["x-amazon-apigateway-integration", "uri"]));
        let by_reference = format!("${{{}.Arn}}", logical_id(resource.function));
        let by_name = format!("function:${{AWS::StackName}}-{}/", resource.function);
        assert!(uri.contains(&by_reference) || uri.contains(&by_name), "{} {uri}", resource.path);
        let is_open = at(method, &["security"]).as_sequence().is_some();
        assert_eq!(is_open, !resource.is_guarded, "{}", resource.path);
        // A browser asks without a credential: what is guarded has a method for that, to the same function.
        let asking = at(paths, &[resource.path, "options"]);
        assert_eq!(asking.is_mapping(), resource.is_guarded, "{}", resource.path);
        if resource.is_guarded {
            assert_eq!(text(&asking["security"]), "- NONE: []", "{}", resource.path);
            assert_eq!(
                text(at(asking, &["x-amazon-apigateway-integration", "uri"])),
                uri,
                "{}",
                resource.path
            );
        }
    }
}

/// Whether a resource of the gateway takes the requests of a route.
fn takes(resource: &str, route: &str) -> bool {
    let (resource, route): (Vec<_>, Vec<_>) = (resource.split('/').collect(), route.split('/').collect());
    let fits = |(at, segment): (usize, &&str)| segment.ends_with("+}") || route.get(at) == Some(segment);
    let is_greedy = resource.last().is_some_and(|last| last.ends_with("+}"));
    resource.iter().enumerate().all(fits)
        && if is_greedy { route.len() >= resource.len() } else { route.len() == resource.len() }
}

#[test]
fn each_route_lies_under_a_resource_of_its_own_function() {
    for info in every_route::all() {
        let found = RESOURCES.iter().find(|resource| takes(resource.path, &info.route.path)).unwrap();
        let family = info.id.split('.').next().unwrap();
        assert_eq!((found.function, found.is_guarded), (family, info.route.access != Access::Public));
    }
}

/// The headers of all answers of the gateway for pages in browsers.
const FOR_PAGES: [&str; 3] = ["Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Vary"];

#[test]
fn the_gateway_refuses_in_the_same_words_here_and_there() {
    let template = template();
    let responses = at(&template, &["Resources", "Api", "Properties", "GatewayResponses"]);
    assert_eq!(names(responses), RESPONSES.iter().map(|response| response.name.to_owned()).collect());
    for response in RESPONSES {
        let there = at(responses, &[response.name]);
        assert_eq!(
            text(at(there, &["ResponseTemplates", "application/json"])),
            response.body,
            "{}",
            response.name
        );
        let status = at(there, &["StatusCode"]).as_u64().map(|status| u16::try_from(status).unwrap());
        assert_eq!(status, response.status, "{}", response.name);
        let headers = at(there, &["ResponseParameters", "Headers"]).as_mapping().unwrap();
        let bare = |value: &Value| text(value).trim_matches('\'').trim_start_matches('$').to_owned();
        let mut headers: BTreeMap<_, _> =
            headers.iter().map(|(name, value)| (text(name), bare(value))).collect();
        let [allowed, exposed, vary] = FOR_PAGES.map(|name| headers.remove(name).unwrap_or_default());
        assert_eq!((exposed.as_str(), vary.as_str()), (EXPOSED, "Origin"), "{}", response.name);
        assert!(
            allowed.contains("HasOneOrigin")
                && allowed.contains("AllowedOrigins")
                && allowed.ends_with("method.request.header.Origin"),
            "{} {allowed}",
            response.name
        );
        let here = response
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.trim_start_matches('$').to_owned()));
        assert_eq!(headers, here.collect(), "{}", response.name);
    }
}

#[test]
fn the_tables_are_the_same_here_and_there() {
    let template = template();
    for table in TABLES {
        let name = format!("{}{}Table", table.name[..1].to_uppercase(), &table.name[1..]);
        let there = at(&template, &["Resources", &name, "Properties"]);
        assert_eq!(
            text(at(there, &["KeySchema"])),
            "- AttributeName: pk\n  KeyType: HASH\n- AttributeName: sk\n  KeyType: RANGE"
        );
        let stream = at(there, &["StreamSpecification", "StreamViewType"]).as_str();
        assert_eq!(stream, table.is_streamed.then_some("NEW_AND_OLD_IMAGES"), "{name}");
        assert_eq!(
            text(at(there, &["PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"])),
            "true"
        );
        // DynamoDB's own key: one of KMS costs by the request.
        assert!(at(there, &["SSESpecification"]).is_null(), "{name}");
        let expires = at(there, &["TimeToLiveSpecification", "AttributeName"]).as_str();
        assert_eq!(expires, table.expires, "{name}");
        let indexes = at(there, &["GlobalSecondaryIndexes"]).as_sequence().cloned().unwrap_or_default();
        let told: Vec<_> = indexes
            .iter()
            .map(|index| {
                let key = |place: usize| text(&index["KeySchema"][place]["AttributeName"]);
                (
                    text(&index["IndexName"]),
                    key(0),
                    key(1),
                    index["Projection"]["NonKeyAttributes"][0].as_str().map(str::to_owned),
                )
            })
            .collect();
        let here = table.indexes.iter().map(|index| {
            (
                index.name.to_owned(),
                index.hash.to_owned(),
                index.range.to_owned(),
                index.includes.map(str::to_owned),
            )
        });
        assert_eq!(told, here.collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn each_function_has_a_role_of_its_own_a_log_and_no_right_to_all() {
    let template = template();
    let resources = at(&template, &["Resources"]).as_mapping().unwrap();
    let functions: Vec<_> =
        resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function").collect();
    let folders = tree::entries("functions").count();
    assert_eq!(functions.len(), folders);
    let mut roles = BTreeSet::new();
    for (name, function) in functions {
        let role = text(at(function, &["Properties", "Role"]));
        assert_eq!(role, text(name).replace("Function", "Role.Arn"));
        assert!(roles.insert(role));
        let role = &resources[text(name).replace("Function", "Role").as_str()];
        let policies = text(at(role, &["Properties", "Policies"]));
        for line in policies
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("Resource:") || line.starts_with("Action:"))
        {
            assert!(!line.ends_with(": '*'") && !line.contains(":*"), "{name:?} {line}");
        }
    }
}

/// Removals are told of the trash of objects alone: the function is given these, and no others.
#[test]
fn the_relay_is_given_what_it_tells_of() {
    let template = template();
    let sources = at(&template, &["Resources", "RelayFunction", "Properties", "Events"]);
    let of_trash =
        r#"{"eventName": ["REMOVE"], "dynamodb": {"OldImage": {"trashed_at": {"S": [{"exists": true}]}}}}"#;
    for table in TABLES.iter().filter(|table| table.is_streamed) {
        let name = format!("{}{}", table.name[..1].to_uppercase(), &table.name[1..]);
        let filters = at(sources, &[&name, "Properties", "FilterCriteria", "Filters"]).as_sequence().unwrap();
        let patterns: Vec<_> = filters.iter().map(|filter| text(at(filter, &["Pattern"]))).collect();
        let mut wanted = vec![r#"{"eventName": ["INSERT", "MODIFY"]}"#];
        wanted.extend((table.name == "objects").then_some(of_trash));
        assert_eq!(patterns, wanted, "{name}");
    }
}

/// Where tokens lie, the tokens' function alone writes whatever it likes: all others name what they write, and none of it gives
/// a token other rights; only the authorizer writes which of its secrets is in use.
#[test]
fn nobody_else_writes_what_a_token_may_or_by_which_secret_it_is_known() {
    let template = template();
    let rights = ["permissions", "expires_at", "team_ids", "allowed_cidrs", "rate_limit", "on_reuse"];
    let secrets = ["secret", "secret_created_at", "pending", "rotated_away", "rotated_itself_at", "active"];
    let mut writers = BTreeSet::new();
    for (name, resource) in at(&template, &["Resources"]).as_mapping().unwrap() {
        let policies = at(resource, &["Properties", "Policies"]).as_sequence().cloned().unwrap_or_default();
        let statements = policies
            .iter()
            .flat_map(|policy| at(policy, &["PolicyDocument", "Statement"]).as_sequence().unwrap());
        let writes = |statement: &&Value| {
            let has = |path: &[&str], word: &str| text(at(statement, path)).contains(word);
            let is_write = has(&["Action"], "dynamodb:PutItem") || has(&["Action"], "dynamodb:UpdateItem");
            let keys = ["Condition", "ForAllValues:StringLike", "dynamodb:LeadingKeys"];
            is_write && has(&["Resource"], "IdentityTable") && (has(&keys, "USER#") || has(&keys, "null"))
        };
        for statement in statements.filter(writes).filter(|_| *name != "TokensRole") {
            let named = ["Condition", "ForAllValues:StringEquals", "dynamodb:Attributes"];
            let named =
                at(statement, &named).as_sequence().map(|list| list.iter().map(text).collect::<Vec<_>>());
            let named = named.unwrap_or_else(|| panic!("{name:?} names no attributes"));
            writers.insert(text(name));
            let is_authorizer = *name == "AuthorizerRole";
            for attribute in rights.iter().chain(secrets.iter().filter(|_| !is_authorizer)) {
                assert!(!named.iter().any(|one| one == attribute), "{name:?} may write {attribute}");
            }
        }
    }
    assert_eq!(writers, ["AuthorizerRole", "TeamsRole"].map(str::to_owned).into());
}

/// The template's resources of a type, with their names.
fn of_type<'a>(template: &'a Value, kind: &str) -> Vec<(String, &'a Value)> {
    let resources = at(template, &["Resources"]).as_mapping().unwrap();
    let found = resources.iter().filter(|(_, resource)| resource["Type"] == kind);
    found.map(|(name, resource)| (text(name), resource)).collect()
}

/// The names of the alarms.
pub(crate) fn alarms() -> Vec<String> {
    of_type(&template(), "AWS::CloudWatch::Alarm").into_iter().map(|(name, _)| name).collect()
}
