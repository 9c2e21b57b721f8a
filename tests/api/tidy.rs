//! Rules of the house that a machine can hold.

use std::path::Path;

use base::{Permission, Violation};

use crate::tree::{entries, files, is_test, read, root};

/// Lines of a file, tests apart.
const FILE_LINES_MAX: usize = 300;
/// Lines of a handler.
const HANDLER_LINES_MAX: usize = 20;
/// Lines of a test file: a list of cases may be long.
const TEST_FILE_LINES_MAX: usize = 450;

fn sources() -> Vec<(String, String)> {
    files(&["shared", "functions", "local", "bench", "tests/api"], ".rs")
}

/// The text without its tests, wherever in it they stand.
pub(crate) fn code(text: &str) -> String {
    let (mut code, mut lines) = (String::new(), text.lines().peekable());
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" && lines.peek().is_some_and(|next| next.contains("mod tests")) {
            let is_here = lines.next().is_some_and(|next| next.ends_with('{'));
            while is_here && lines.next().is_some_and(|line| line != "}") {}
        } else {
            code.push_str(line);
            code.push('\n');
        }
    }
    code
}

#[test]
fn what_stands_behind_tests_is_code_too() {
    let text = "a\n#[cfg(test)]\npub(crate) mod tests {\n    b\n}\nc\n#[cfg(test)]\nmod tests;\nd\n";
    assert_eq!(code(text), "a\nc\nd\n");
}

#[test]
fn each_file_begins_by_saying_what_it_holds() {
    for (name, text) in sources() {
        assert!(
            text.starts_with("//! "),
            "{name}: begin with `//!` and one sentence, so that a reader knows whether to read on"
        );
    }
}

#[test]
fn files_are_short() {
    for (name, text) in sources() {
        let most = if is_test(&name) { TEST_FILE_LINES_MAX } else { FILE_LINES_MAX };
        let lines = code(&text).lines().count();
        assert!(lines <= most, "{name} has {lines} lines: make it a folder with one file per operation");
    }
}

#[test]
fn handlers_are_short() {
    for (name, text) in files(&["functions"], "handlers.rs") {
        for handler in text.split("\npub(crate) async fn ").skip(1) {
            let lines = handler.split("\n}\n").next().unwrap_or_default().lines().count();
            let handler = handler.split('(').next().unwrap_or_default();
            assert!(
                lines <= HANDLER_LINES_MAX,
                "{name}: {handler} has {lines} lines: rules go to the noun, keeping to the store"
            );
        }
    }
}

#[test]
fn a_permission_is_spelled_in_one_place() {
    let spelled = |text: &str| {
        Permission::ALL.iter().find(|permission| text.contains(&format!("\"{permission}\""))).copied()
    };
    for (name, text) in files(&["shared", "functions"], ".rs") {
        // Tests look at names as clients see them. An upload is called what its permission is called.
        let has_names =
            ["shared/base/src/permission.rs", "shared/audit/src/vocabulary.rs", "shared/upload/src/lib.rs"];
        if !has_names.contains(&&*name) && !is_test(&name) {
            assert_eq!(
                spelled(&code(&text)),
                None,
                "{name}: name the variant, so that the compiler finds a wrong one"
            );
        }
    }
}

#[test]
fn each_violation_of_the_table_is_one_that_requests_are_refused_for() {
    let is_code = |name: &str| !is_test(name) && name != "shared/base/src/error/violation.rs";
    let sources = files(&["shared", "functions", "local/src"], ".rs");
    let sources: String =
        sources.iter().filter(|(name, _)| is_code(name)).map(|(_, text)| code(text)).collect();
    for violation in Violation::all() {
        let variant = format!("Violation::{violation:?}");
        let mut found = sources.split(&variant).skip(1);
        assert!(
            found.any(|rest| !rest.starts_with(|letter: char| letter.is_ascii_alphanumeric())),
            "{variant} is used nowhere: take its row away"
        );
    }
}

#[test]
fn only_the_table_knows_dynamodb() {
    for (name, text) in files(&["shared", "functions"], ".rs") {
        let may = name.starts_with("shared/table/") || name == "shared/records/src/object_type/value.rs";
        assert!(
            may || !code(&text).contains("aws_sdk_dynamodb"),
            "{name}: use table, which turns refusals into errors"
        );
    }
}

/// The bodies of the loops that go on until something holds, or for some number of times.
fn loops(code: &str) -> impl Iterator<Item = &str> {
    let begins = |line: &str| {
        let line = line.trim_start();
        ["loop {", "while "].iter().any(|word| line.starts_with(word))
            || (line.starts_with("for ") && line.contains(" in 0.."))
    };
    let mut at = 0;
    code.split_inclusive('\n').filter_map(move |line| {
        let body = at + line.len();
        at = body;
        let indent = line.len() - line.trim_start().len();
        let end = format!("\n{}}}", " ".repeat(indent));
        begins(line).then(|| code[body - 1..].split(&end).next().unwrap_or_default())
    })
}

#[test]
fn what_others_overtook_is_attempted_again_by_one_mechanism() {
    for (name, text) in files(&["shared", "functions"], ".rs") {
        let writes =
            |body: &str| [".transact(", ".write(", "WriteError"].iter().any(|call| body.contains(call));
        assert!(
            name.starts_with("shared/table/") || is_test(&name) || !loops(&code(&text)).any(writes),
            "{name}: use table::retry, which pauses between attempts and gives up"
        );
    }
}

#[test]
fn nobody_reads_the_environment_or_the_clock_but_the_one_place_for_it() {
    for (name, text) in files(&["shared", "functions"], ".rs") {
        // A build script is told by cargo where to write.
        let is_exempt = name == "shared/table/src/config.rs" || name.ends_with("/build.rs");
        assert!(is_exempt || !code(&text).contains("env::var"), "{name}: read it in table::config, once");
        let may = ["shared/base/src/timestamp.rs", "shared/base/src/clock.rs"].contains(&name.as_str());
        assert!(
            may || !code(&text).contains("Timestamp::now()"),
            "{name}: ask the clock, which a test can set"
        );
    }
}

#[test]
fn functions_depend_on_shared_and_never_on_each_other() {
    let functions: Vec<_> = entries("functions").collect();
    let depends = |text: &str, name: &str| {
        text.lines().any(|line| {
            line.starts_with(&format!("{name}.workspace")) || line.starts_with(&format!("{name} = "))
        })
    };
    for (name, text) in files(&["functions", "shared"], "Cargo.toml") {
        for other in &functions {
            assert!(
                !depends(&text, other),
                "{name} depends on {other}: what two families need lies in shared"
            );
        }
        assert!(!depends(&text, "local"), "{name} depends on local");
    }
}

#[test]
fn versions_stand_at_the_root_only_and_every_crate_takes_its_lints() {
    for (name, text) in files(&["functions", "shared", "local", "bench", "tests"], "Cargo.toml") {
        assert!(text.contains("[lints]\nworkspace = true"), "{name}: add [lints] workspace = true");
        let dependencies = text.split("dependencies]").skip(1);
        for line in dependencies
            .flat_map(|part| part.split("\n[").next().unwrap_or_default().lines())
            .filter(|line| line.contains('='))
        {
            assert!(line.contains("workspace = true"), "{name}: {line}: put the version into the root");
        }
    }
}

#[test]
fn documents_are_short_and_what_they_point_at_exists() {
    for (name, lines_max) in [("ARCHITECTURE.md", 170), ("README.md", 120)] {
        let text = read(name);
        assert!(text.lines().count() <= lines_max, "{name} has more than {lines_max} lines");
    }
    let documents = files(&["docs", "README.md", "ARCHITECTURE.md", "CHANGELOG.md"], ".md");
    for (name, text) in documents {
        let folder = Path::new(&name).parent().unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") {
                assert!(
                    root().join(folder).join(target).exists(),
                    "{name} points at {link}, which is not there"
                );
            }
        }
    }
}

#[test]
fn the_index_leads_to_every_document() {
    let index = read("docs/README.md");
    let decisions = read("docs/develop/decisions.md");
    for (name, _) in files(&["docs"], ".md").into_iter().chain(files(&["docs"], ".json")) {
        let name = name.strip_prefix("docs/").unwrap();
        let is_found = match name.strip_prefix("adr/") {
            Some(_) => decisions.contains(&format!("](../{name})")),
            None => name == "README.md" || index.contains(&format!("]({name})")),
        };
        assert!(is_found, "nothing leads to docs/{name}");
    }
}

/// What those who use the API or run it read: not what we read to change it.
const FOR_USERS: [&str; 5] = ["docs/start", "docs/use", "docs/secure", "docs/operate", "docs/reference"];

#[test]
fn no_page_for_users_sends_them_into_our_sources() {
    for (name, text) in files(&FOR_USERS, ".md") {
        for folder in ["shared/", "functions/", "local/src", "bench/", "tests/api"] {
            assert!(!text.contains(&format!("`{folder}")), "{name} names a file in {folder}");
        }
    }
}

#[test]
fn the_authorizer_s_code_and_the_guard_say_no_word_of_a_secret() {
    for (name, text) in files(&["shared", "functions"], ".rs") {
        for line in code(&text).lines().filter(|line| line.contains("tracing::")) {
            assert!(
                !["secret", "credential", "reveal", "headers", "body"].iter().any(|word| line.contains(word)),
                "{name}: {line}"
            );
        }
    }
}

#[test]
fn limits_of_schemas_are_the_constants_that_hold_them() {
    for (name, text) in files(&["shared", "functions"], ".rs") {
        for attribute in code(&text).split("#[schemars(").skip(1) {
            let attribute = attribute.split(")]").next().unwrap_or_default();
            for bound in attribute.split("min = ").skip(1).chain(attribute.split("max = ").skip(1)) {
                let digits: String = bound.chars().take_while(char::is_ascii_digit).collect();
                let is_plain = ["", "0", "1"].contains(&digits.as_str());
                assert!(is_plain, "{name}: name the constant instead of {digits}: it may change");
            }
        }
    }
}

#[test]
fn what_scripts_install_has_hashes_and_no_place_to_come_from() {
    let lists = files(&["tests"], ".txt").into_iter().filter(|(_, text)| text.contains("=="));
    let mut locked = 0;
    for (name, text) in lists {
        // A line that goes on ends with a backslash.
        for package in text.replace("\\\n", " ").lines().filter(|line| line.contains("==")) {
            assert!(package.contains(" --hash=sha256:"), "{name}: {package} has no hash");
        }
        assert!(!text.contains("://") && !text.contains("index-url"), "{name} names a place to install from");
        locked += 1;
    }
    for (name, text) in files(&["tests"], "package-lock.json") {
        let lock: serde_json::Value = serde_json::from_str(&text).unwrap();
        for (package, about) in
            lock["packages"].as_object().unwrap().iter().filter(|(name, _)| !name.is_empty())
        {
            assert!(about["integrity"].is_string(), "{name}: {package} has no hash");
            assert!(about["resolved"].is_null(), "{name}: {package} names a place to install from");
        }
        locked += 1;
    }
    assert!(locked >= 6);
}
