//! The recipes of the documents, run as they stand there.

use std::process::Command;

use serde_json::{Value, json};

use crate::{
    harness::{Api, World, system},
    tree::read,
};

/// Deals that are won besides those of the recipe: more than two pages.
const MANY: usize = 230;
const OF_OLD_OPTION: &str = "/stats?filter[stage][eq]=Won";

/// The commands below a heading, in parts: an empty line ends one.
fn commands(heading: &str) -> Vec<String> {
    let recipes = read("docs/use/object-types.md");
    let (_, recipe) = recipes.split_once(&format!("\n## {heading}\n")).expect("there is such a recipe");
    let (_, block) = recipe.split_once("\n```sh\n").unwrap();
    let (block, _) = block.split_once("\n```\n").unwrap();
    block.split("\n\n").map(str::to_owned).collect()
}

/// The shell of the recipe, with the places that are left open in its first line filled in.
struct Shell {
    team: String,
    token: String,
    helpers: String,
}

impl Shell {
    fn run(&self, commands: &str) -> String {
        let Self { team, token, helpers } = self;
        let script = format!("set -u\nmore=\n{helpers}\n{commands}");
        let output = Command::new("bash")
            .args(["-c", &script])
            .envs([("URL", system().url.as_str()), ("TEAM", team), ("TOKEN", token)])
            .output()
            .unwrap();
        let (said, complaints) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success() && complaints.is_empty(), "{said}{complaints}");
        assert!(!said.contains("\"errors\""), "{said}");
        said
    }
}

async fn count(api: &Api, deals: &str, rest: &str) -> Value {
    api.get(&format!("{deals}{rest}")).await.expect(200)["count"].clone()
}

/// Makes deals in this stage.
async fn make(api: &Api, deals: &str, stage: &str, number: usize) {
    let create = json!({"op": "create", "fields": {"name": "A deal", "stage": stage}});
    for first in (0..number).step_by(100) {
        let operations = vec![create.clone(); (number - first).min(100)];
        let made = api.post(&format!("{deals}/batch"), json!({"operations": operations})).await.expect(200);
        assert_eq!(made["failed"], 0, "{made}");
    }
}

/// All deals, page by page.
async fn all(api: &Api, deals: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("{deals}?limit=100{cursor}")).await.expect(200);
        found.extend(page["data"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_option_is_renamed_and_every_object_moved_to_it() {
    let parts = commands("Rename an option of a dropdown");
    let [make_type, rename, move_all] = parts.as_slice() else { panic!("{parts:?}") };
    let world = World::new().await;
    let (api, deals) = (&world.owner.api, format!("/v1/teams/{}/objects/deals", world.team));
    let (open, rest) = make_type.split_once('\n').unwrap();
    assert_eq!(open, "URL=http://127.0.0.1:3000 TEAM=team_… TOKEN=…");
    let (helpers, make_type) = rest.split_once('\n').unwrap();
    let shell =
        Shell { team: world.team.clone(), token: api.credential().to_owned(), helpers: helpers.to_owned() };

    shell.run(make_type);
    assert_eq!(count(api, &deals, OF_OLD_OPTION).await, 2);
    make(api, &deals, "Won", MANY).await;
    make(api, &deals, "New", 5).await;

    shell.run(rename);
    let refused = api.post(&deals, json!({"fields": {"name": "A deal", "stage": "Won"}})).await;
    assert_eq!(refused.expect_problem(422, "invalid_data")["errors"][0]["code"], "not_an_option");
    assert_eq!(count(api, &deals, OF_OLD_OPTION).await, 2 + MANY);

    let said = shell.run(move_all);
    assert!(said.ends_with("{\"count\":0,\"complete\":true,\"next_cursor\":null}\n"), "{said}");
    let stages: Vec<_> = all(api, &deals)
        .await
        .iter()
        .map(|deal| (deal["fields"]["stage"].clone(), deal["version"].clone()))
        .collect();
    let number = |stage: &str, version: u64| {
        stages.iter().filter(|found| **found == (json!(stage), json!(version))).count()
    };
    assert_eq!((number("Closed won", 2), number("New", 1), stages.len()), (2 + MANY, 5, 7 + MANY));
}
