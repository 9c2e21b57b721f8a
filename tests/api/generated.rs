//! Files that are made from the tables; `UPDATE=1` writes them, and a person reads the difference.

use std::{fmt::Write as _, fs};

use api::manifest::Manifest;
use base::{Code, Permission, Role, Violation};
use local::families::{FAMILIES, RESOURCES, Resource};

use crate::{
    every_route,
    tree::{read, root},
};

fn golden(name: &str, made: &str) {
    let path = root().join(name);
    if std::env::var("UPDATE").is_ok_and(|update| update == "1") {
        fs::write(&path, made).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "{name} is not what the tables make: run `make update` and read the difference");
}

#[test]
fn the_authorizer_has_the_routes_of_the_tables() {
    let routes: Vec<_> = every_route::all().into_iter().map(|info| info.route).collect();
    let lines: Vec<_> =
        routes.iter().map(|route| format!("  {}", serde_json::to_string(route).unwrap())).collect();
    golden("shared/api/src/routes.json", &format!("[\n{}\n]\n", lines.join(",\n")));
}

#[test]
fn the_console_has_the_operations_of_the_tables() {
    let mut made = String::from(
        "// Made from the route tables: of each operation its method, its path, and who may use it.\n\nexport default {\n",
    );
    for info in every_route::all() {
        let path = info.route.path.trim_start_matches("/v1");
        let access = serde_json::to_string(&info.route.access).unwrap();
        writeln!(made, "  \"{}\": [\"{}\", \"{path}\", {access}],", info.id, info.route.method).unwrap();
    }
    golden("functions/console/src/page/shell/routes.js", &format!("{made}}};\n"));
}

#[test]
fn the_openapi_document_tells_of_every_route() {
    let document = local::families::document();
    golden("docs/reference/openapi.json", &format!("{}\n", serde_json::to_string_pretty(&document).unwrap()));
}

#[test]
fn the_list_of_routes_is_up_to_date() {
    let mut made = String::from("# Routes\n\nMade from the route tables: which rule guards which route.\n");
    let mut tag = "";
    for info in every_route::all() {
        if info.tag != tag {
            tag = info.tag;
            write!(made, "\n## {tag}\n\n{}\n\n| method | path | access | what it does | operation |\n| --- | --- | --- | --- | --- |\n", info.about).unwrap();
        }
        let (route, access) = (&info.route, info.route.access.describe());
        writeln!(
            made,
            "| {} | `{}` | {access} | {} | `{}` |",
            route.method, route.path, info.summary, info.id
        )
        .unwrap();
    }
    golden("docs/reference/routes.md", &made);
}

#[test]
fn the_matrix_of_permissions_and_roles_is_up_to_date() {
    let mut made = String::from(
        "# Permissions\n\nMade from the tables of permissions and roles: who may do what.\n\nA permission lets see what stands \
         behind it here, and nothing else: without the `read` of its kind, an answer to a write has the id and what was sent, no version \
         and no `ETag`, and `If-Match` is 403. Those that are not in use wait for the family that they belong to: no route needs them \
         yet.\n\n| permission | what it allows | what it lets see | in use |",
    );
    for role in Role::ALL {
        write!(made, " {} |", role.name()).unwrap();
    }
    write!(made, "\n{}|\n", "| --- ".repeat(4 + Role::ALL.len())).unwrap();
    let in_use = Manifest::permissions_in_use().unwrap();
    for permission in Permission::ALL {
        let in_use = if in_use.contains(*permission) { "yes" } else { "" };
        let (allows, sees) = (permission.description(), permission.sees());
        write!(made, "| `{permission}` | {allows} | {sees} | {in_use} |").unwrap();
        for role in Role::ALL {
            made.push_str(if role.permissions().contains(*permission) { " yes |" } else { " |" });
        }
        made.push('\n');
    }
    golden("docs/secure/permissions.md", &made);
}

#[test]
fn the_list_of_errors_is_up_to_date() {
    let mut made = String::from(
        "# Errors\n\nMade from the tables of codes. Every refusal is `application/problem+json` (RFC 9457); `code` is stable.\n\n| status | code | meaning |\n| --- | --- | --- |\n",
    );
    for code in Code::ALL {
        writeln!(made, "| {} | `{}` |{} |", code.status(), code.name(), code.meaning()).unwrap();
    }
    made.push_str(
        "\n## Faults\n\n`errors` of a refusal names each place of the request that is wrong; the `code` of each is stable too. A part that \
         is refused as a whole request would be, such as an operation of a batch, has the code of that problem, from the table above.\n\n\
         | code | meaning |\n| --- | --- |\n",
    );
    for violation in Violation::all() {
        writeln!(made, "| `{}` |{} |", violation.name(), violation.meaning()).unwrap();
    }
    golden("docs/reference/errors.md", &made);
}

/// A block of `template.yaml`, between a line that says what it is made of and one that ends it.
fn block(name: &str, made: &str) {
    let text = read("template.yaml");
    let (begin, end) = (format!("# >> {name}, made from the families\n"), "# <<\n");
    let (head, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("template.yaml has no {begin}"));
    let rest = &rest[rest.find(end).unwrap_or_else(|| panic!("the block of {name} does not end"))..];
    let indent = &head[head.rfind('\n').map_or(0, |at| at + 1)..];
    golden("template.yaml", &format!("{head}{begin}{made}{indent}{rest}"));
}

/// A resource of the template is named by words in capitals: `object-types` is `ObjectTypes`.
fn logical(name: &str) -> String {
    name.split('-').map(|word| format!("{}{}", word[..1].to_uppercase(), &word[1..])).collect()
}

/// One test, as all of it writes into one file.
#[test]
fn the_template_has_the_paths_permissions_and_logs_of_every_family() {
    block("paths", &RESOURCES.iter().map(template_path).collect::<String>());
    block(
        "permissions",
        &FAMILIES.iter().map(|name| template_permission(&logical(name))).collect::<String>(),
    );
    block("logs", &FAMILIES.iter().map(|name| template_log(name)).collect::<String>());
}

fn template_path(resource: &Resource) -> String {
    let Resource { path, function, is_guarded, is_page } = resource;
    // By name, what would else depend on the API and the API on it.
    let function = if *is_page {
        format!(
            "arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:${{AWS::StackName}}-{function}"
        )
    } else {
        format!("${{{}Function.Arn}}", logical(function))
    };
    let integration = format!(
        "              x-amazon-apigateway-integration:\n                type: aws_proxy\n                httpMethod: POST\n                \
         uri: !Sub arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/{function}/invocations\n"
    );
    let open = "              security: [{NONE: []}]\n";
    let responses = "              responses: {}\n";
    let mut made = format!("          {path}:\n            x-amazon-apigateway-any-method:\n");
    if *is_guarded {
        // Browsers ask without a credential whether they may ask with one.
        writeln!(made, "{responses}{integration}            options:").unwrap();
    }
    write!(made, "{open}{responses}{integration}").unwrap();
    made
}

fn template_permission(name: &str) -> String {
    format!(
        "  {name}Permission:\n    Type: AWS::Lambda::Permission\n    Properties:\n      Action: lambda:InvokeFunction\n      \
         FunctionName: !Ref {name}Function\n      Principal: apigateway.amazonaws.com\n      SourceArn: !Sub \
         arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{Api}}/*\n\n"
    )
}

fn template_log(name: &str) -> String {
    format!(
        "  {}Logs:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      LogGroupName: !Sub \
         /aws/lambda/${{AWS::StackName}}-{name}\n      RetentionInDays: !Ref LogRetentionDays\n\n",
        logical(name)
    )
}

/// What a section of the template declares: the name, the default, the description.
fn declared(section: &str) -> Vec<(String, String, String)> {
    let text = read("template.yaml");
    let (_, behind) = text.split_once(&format!("\n{section}:\n")).unwrap();
    let lines =
        behind.lines().take_while(|line| line.is_empty() || line.starts_with(' ') || line.starts_with('#'));
    let mut found: Vec<(String, String, String)> = Vec::new();
    for line in lines {
        let is_name = line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':');
        if is_name {
            found.push((line.trim().trim_end_matches(':').to_owned(), String::new(), String::new()));
        } else if let Some(last) = found.last_mut() {
            if let Some(default) = line.strip_prefix("    Default: ") {
                default.trim_matches('"').clone_into(&mut last.1);
            } else if let Some(about) = line.strip_prefix("    Description: ") {
                about.clone_into(&mut last.2);
            }
        }
    }
    found
}

#[test]
fn the_parameters_and_outputs_of_the_template_are_told_to_who_deploys_it() {
    let document = read("docs/operate/deploy.md");
    let (head, _) = document.split_once("## Parameters\n").expect("a heading");
    let mut made = format!("{head}## Parameters\n\n| parameter | default | meaning |\n| --- | --- | --- |\n");
    for (name, default, about) in declared("Parameters") {
        let default = if default.is_empty() { "–".to_owned() } else { format!("`{default}`") };
        writeln!(made, "| `{name}` | {default} | {about} |").unwrap();
    }
    made.push_str("\n## Outputs\n\n| output | meaning |\n| --- | --- |\n");
    for (name, _, about) in declared("Outputs") {
        writeln!(made, "| `{name}` | {about} |").unwrap();
    }
    golden("docs/operate/deploy.md", &made);
}
