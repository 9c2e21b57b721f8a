//! Files that are made from the tables; `UPDATE=1` writes them, and a person reads the difference.

use std::{fmt::Write as _, fs, path::PathBuf};

use api::routes::Document;
use base::{Code, Permission, Role, Violation};

use crate::every_route;

fn golden(name: &str, made: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
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
fn the_openapi_document_tells_of_every_route() {
    let document = Document::default()
        .with(&tokens::routes())
        .with(&teams::routes())
        .with(&object_types::routes())
        .with(&objects::routes())
        .with(&webhooks::routes())
        .with(&audit_logs::routes())
        .with(&discovery::routes())
        .finish();
    golden("docs/openapi.json", &format!("{}\n", serde_json::to_string_pretty(&document).unwrap()));
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
    golden("docs/routes.md", &made);
}

#[test]
fn the_matrix_of_permissions_and_roles_is_up_to_date() {
    let mut made = String::from(
        "# Permissions\n\nMade from the tables of permissions and roles: who may do what.\n\nA permission lets see what its description \
         says, and nothing else: without the `read` of its kind, an answer to a write has the id and what was sent, no version and no \
         `ETag`, and `If-Match` is 403.\n\n| permission | what it allows |",
    );
    for role in Role::ALL {
        write!(made, " {} |", role.name()).unwrap();
    }
    write!(made, "\n{}|\n", "| --- ".repeat(2 + Role::ALL.len())).unwrap();
    for permission in Permission::ALL {
        write!(made, "| `{permission}` | {} |", permission.description()).unwrap();
        for role in Role::ALL {
            made.push_str(if role.permissions().contains(*permission) { " yes |" } else { " |" });
        }
        made.push('\n');
    }
    golden("docs/permissions.md", &made);
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
    golden("docs/errors.md", &made);
}
