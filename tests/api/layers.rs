//! The layers: what stands below knows nothing of what stands above. Of the modules of one crate `circles` holds the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    tidy,
    tree::{entries, modules, read},
};

/// The crates under `shared/`, each with those of them that it may use: what stands below knows nothing of what stands
/// above.
const SHARED: [(&str, &[&str]); 17] = [
    ("base", &[]),
    ("table", &["base"]),
    ("keys", &["base", "table"]),
    ("api", &["base", "table", "keys"]),
    ("audit", &["base", "table"]),
    ("gate", &["base", "table", "keys", "api", "audit"]),
    ("resources", &["base", "table", "api", "audit"]),
    ("file-types", &[]),
    ("upload", &["base", "table", "audit", "resources", "file-types"]),
    ("records", &["base", "table", "api", "audit", "resources", "upload", "file-types"]),
    ("search", &["base", "table", "api", "resources", "records", "upload", "file-types"]),
    ("view", &["base", "table", "api", "audit", "resources", "records", "search"]),
    ("delivery", &["base", "table"]),
    ("webhook", &["base", "table", "keys", "audit", "resources", "delivery"]),
    ("bucket", &["base", "table", "file-types"]),
    ("form", &["base", "table", "keys", "api", "audit", "resources", "records"]),
    ("registry", &["resources", "form", "records", "upload", "view", "webhook"]),
];
/// The functions, each with the crates under `shared/` that it may use. The deliveries, which talk to strangers, have no
/// way to a key.
const FUNCTIONS: [(&str, &[&str]); 18] = [
    ("audit-logs", &["base", "table", "api", "audit", "records"]),
    ("authorizer", &["table", "gate"]),
    ("console", &["base", "table", "api"]),
    ("deliveries", &["base", "table", "delivery"]),
    ("discovery", &["base", "table", "api"]),
    ("form-page", &["base", "table", "keys", "api", "records", "form"]),
    ("form-submissions", &["base", "table", "api", "records", "form"]),
    ("forms", &["base", "table", "keys", "api", "resources", "records", "search", "form"]),
    ("jobs", &["base", "table", "audit", "resources", "records", "registry", "upload", "bucket"]),
    ("media", &["base", "table", "bucket", "file-types"]),
    ("object-types", &["base", "table", "api", "audit", "resources", "records"]),
    ("objects", &["base", "table", "api", "audit", "resources", "records", "search", "view"]),
    (
        "relay",
        &[
            "base",
            "table",
            "keys",
            "gate",
            "audit",
            "resources",
            "records",
            "form",
            "delivery",
            "webhook",
            "registry",
            "upload",
            "view",
        ],
    ),
    ("teams", &["base", "table", "keys", "api", "gate", "audit"]),
    ("tokens", &["base", "table", "keys", "api", "gate"]),
    ("uploads", &["base", "table", "api", "audit", "resources", "upload", "bucket", "file-types"]),
    ("views", &["base", "table", "api", "resources", "records", "search", "view"]),
    ("webhooks", &["base", "table", "keys", "api", "resources", "records", "delivery", "webhook"]),
];

/// What a crate ships with, of the crates here.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let text = read(manifest);
    let shipped = text.split("\n[dependencies]\n").nth(1).unwrap_or_default();
    let shipped = shipped.split("\n[").next().unwrap_or_default();
    let names = shipped.lines().filter_map(|line| line.split(['.', ' ']).next());
    names.filter(|name| SHARED.iter().any(|(known, _)| known == name)).map(str::to_owned).collect()
}

#[test]
fn a_crate_uses_what_stands_below_it_and_nothing_else() {
    for (folder, walls) in [("shared", &SHARED[..]), ("functions", &FUNCTIONS[..])] {
        let known: BTreeSet<_> = walls.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(entries(folder).collect::<BTreeSet<_>>(), known, "each crate has its row here");
        for (name, may) in walls {
            let may: BTreeSet<_> = may.iter().map(|name| (*name).to_owned()).collect();
            let found = dependencies(&format!("{folder}/{name}/Cargo.toml"));
            assert_eq!(found, may, "{folder}/{name}: the row here and Cargo.toml say the same");
        }
    }
    for (above, (name, may)) in SHARED.iter().enumerate() {
        let stands_below = |other: &str| SHARED[..above].iter().any(|(below, _)| *below == other);
        assert!(may.iter().all(|other| stands_below(other)), "{name} uses what stands above it");
    }
}

/// The code of a file, without comments and tests.
fn code(text: &str) -> String {
    let code = tidy::code(text);
    code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_public_name_means_one_thing() {
    let mut declared: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let all = SHARED
        .iter()
        .flat_map(|(name, _)| modules(&format!("shared/{name}")).into_iter().map(|found| (*name, found)));
    for (name, (place, text)) in all {
        let module = format!("{name}::{}", place.split('/').next().unwrap());
        for line in code(&text).lines() {
            let mut words = line.split_whitespace();
            let is_type = words.next() == Some("pub")
                && words.next().is_some_and(|word| ["struct", "enum", "trait", "type"].contains(&word));
            if let Some(name) = words.next().filter(|_| is_type) {
                let word: String = name.chars().take_while(|letter| letter.is_alphanumeric()).collect();
                // What a macro declares has no name here.
                if !word.is_empty() {
                    declared.entry(word).or_default().push(module.clone());
                }
            }
        }
    }
    declared.retain(|_, modules| modules.len() > 1);
    assert!(declared.is_empty(), "declared twice: {declared:?}");
}
