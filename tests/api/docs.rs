//! The pages for those who use the API are true: their commands run, as they stand there and in their order.

use std::{env, fs, path::PathBuf, process::Command};

use base::Permission::{ObjectCreate, ObjectUpdate};

use crate::{
    harness::{Api, System, World, unique},
    tree::{files, read, root},
};

/// The pages whose commands need no more than an API, a team, a session and a token, each with how many refusals it shows.
const PAGES: [(&str, usize); 9] = [
    ("start/quickstart.md", 1),
    ("start/forms.md", 0),
    ("start/load-csv.md", 0),
    ("use/objects.md", 0),
    ("use/object-types.md", 0),
    ("use/teams.md", 0),
    ("use/tokens.md", 0),
    ("use/uploads.md", 0),
    ("secure/incident.md", 0),
];

/// The blocks of a page in a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let text = read(&format!("docs/{page}"));
    let begin = format!("\n```{language}\n");
    text.split(&begin).skip(1).map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

/// Whether a block waits for something to be filled in, is for the machine itself, or for AWS.
fn is_for_people(block: &str) -> bool {
    block.contains('…') || block.starts_with("make ") || block.contains("\naws ")
}

/// A folder with the examples, in which a page can leave files.
fn workplace() -> PathBuf {
    let folder = env::temp_dir().join(format!("docs-{}-{}", std::process::id(), unique()));
    let examples = folder.join("examples/contacts");
    fs::create_dir_all(&examples).unwrap();
    for name in ["load.py", "progress.py"] {
        fs::copy(root().join("examples/contacts").join(name), examples.join(name)).unwrap();
    }
    folder
}

#[tokio::test]
async fn the_commands_of_the_pages_run_as_they_stand() {
    let system = tokio::task::spawn_blocking(|| System::with(vec!["--allow-private-webhooks".to_owned()]));
    let system = system.await.unwrap();
    for (page, refusals) in PAGES {
        let world = World::at(&Api::at(&system.url)).await;
        let token = world.owner.token(&[ObjectCreate, ObjectUpdate]).await;
        let id = token.get("/v1/token").await.expect(200)["id"].as_str().unwrap().to_owned();
        let variables = [
            ("API", system.url.as_str()),
            ("TEAM", &world.team),
            ("SESSION", world.owner.api.credential()),
            ("TOKEN", token.credential()),
            ("LEAKED", token.credential()),
            ("ID", &id),
        ];
        let (folder, mut refused, mut ran) = (workplace(), 0, 0);
        for block in blocks(page, "sh").into_iter().filter(|block| !is_for_people(block)) {
            let mut shell = Command::new("bash");
            shell.args(["-euo", "pipefail", "-c", &block]).envs(variables).current_dir(&folder);
            let output = tokio::task::spawn_blocking(move || shell.output().unwrap()).await.unwrap();
            let (said, complaints) =
                (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
            assert!(output.status.success(), "{page}: {block}\n{said}\n{complaints}");
            refused += usize::from(said.contains("about:blank"));
            assert!(!said.contains("\"status\":5"), "{page}: {block}\n{said}");
            ran += 1;
        }
        fs::remove_dir_all(folder).unwrap();
        assert!(ran > 0, "{page} has no commands");
        assert_eq!(refused, refusals, "{page}");
    }
}

/// The program in Python of the page on requests, on a list of several pages.
#[tokio::test]
async fn a_loop_over_pages_finds_each_thing_once() {
    let world = World::new().await;
    for name in ["a", "b", "c"] {
        world.contact(serde_json::json!({"name": name})).await;
    }
    let program = blocks("use/requests.md", "python").remove(0).replace("\"limit\": 100", "\"limit\": 2");
    let (path, session) = (world.contacts(), world.owner.api.credential().to_owned());
    let script =
        format!("{program}\nprint([one[\"fields\"][\"name\"] for one in all_of({path:?}, {session:?})])");
    let mut python = Command::new("python3");
    python.args(["-c", &script]).env("API", crate::harness::system().url.as_str());
    let output = tokio::task::spawn_blocking(move || python.output().unwrap()).await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.trim(), "['a', 'b', 'c']", "{}", String::from_utf8_lossy(&output.stderr));
}

/// All pages, decisions apart.
fn pages() -> Vec<String> {
    let names = files(&["docs"], ".md").into_iter().map(|(name, _)| name["docs/".len()..].to_owned());
    names.filter(|name| !name.starts_with("adr/")).collect()
}

/// What the tools of macOS do not know, though those of Debian do.
const GNU_ALONE: [&str; 12] = [
    "sed -i ",
    "sed -r",
    "/Ip'",
    "\\\\b|",
    "date -d",
    "base64 -w",
    "grep -P",
    "readlink -f",
    "xargs -d",
    "sort -V",
    "stat -c",
    "mktemp --",
];

#[test]
fn commands_are_sound_and_are_those_of_debian_and_of_macos() {
    let mut seen = 0;
    for page in pages() {
        for block in blocks(&page, "sh") {
            for word in GNU_ALONE {
                assert!(!block.contains(word), "{page}: {word} is not known on macOS");
            }
            let shell = Command::new("bash").args(["-n", "-c", &block]).output().unwrap();
            assert!(shell.status.success(), "{page}: {block}\n{}", String::from_utf8_lossy(&shell.stderr));
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn programs_of_the_pages_are_sound() {
    let check = "import ast, sys; ast.parse(sys.argv[1])";
    for page in pages() {
        for block in blocks(&page, "python") {
            let python = Command::new("python3").args(["-c", check, &block]).output().unwrap();
            assert!(python.status.success(), "{page}: {}", String::from_utf8_lossy(&python.stderr));
        }
        for block in blocks(&page, "json").into_iter().filter(|block| !block.contains("…")) {
            assert!(serde_json::from_str::<serde_json::Value>(&block).is_ok(), "{page}: {block}");
        }
    }
}
