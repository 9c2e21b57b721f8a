//! The layers of `shared`: what stands below knows nothing of what stands above, so that no two modules need each other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::tidy;

/// What each module names, by the modules' names.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// The files of a folder and of those below it, but for tests, with the name of the module at the top.
fn modules() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("shared/src");
    let (mut found, mut open) = (Vec::new(), vec![root.clone()]);
    while let Some(path) = open.pop() {
        let place = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if let Some(module) = place.strip_suffix(".rs").filter(|place| !place.contains("tests")) {
            let module = module.split('/').next().unwrap().to_owned();
            found.push((module, fs::read_to_string(path).unwrap()));
        }
    }
    found
}

/// The code of a file, without comments and tests.
fn code(text: &str) -> String {
    let code = tidy::code(text);
    code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The words behind each `crate::`, one or several in braces.
fn names(code: &str) -> BTreeSet<String> {
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
    };
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(tree) = rest.strip_prefix('{') else {
            names.insert(word(rest));
            continue;
        };
        let (mut depth, mut is_first) = (0, true);
        for (at, letter) in tree.char_indices() {
            if is_first && letter.is_alphabetic() {
                names.insert(word(&tree[at..]));
                is_first = false;
            }
            match letter {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' => is_first = depth == 0,
                _ => {}
            }
        }
    }
    names
}

fn uses() -> Uses {
    let all = modules();
    let root = &all.iter().find(|(module, _)| module == "lib").unwrap().1;
    // What the root hands on is of the module that it comes from.
    let handed_on = |name: &str| {
        let mut lines = root.split("pub use ").skip(1).map(|line| line.split(';').next().unwrap_or_default());
        let line =
            lines.find(|line| line.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == name));
        line.and_then(|line| line.split("::").next()).map_or(name.to_owned(), str::to_owned)
    };
    let known: BTreeSet<_> = all.iter().map(|(module, _)| module.clone()).collect();
    let mut uses = Uses::new();
    for (module, text) in all.iter().filter(|(module, _)| module != "lib") {
        let named = names(&code(text)).into_iter().map(|name| handed_on(&name));
        let named = named.filter(|name| known.contains(name) && name != module);
        uses.entry(module.clone()).or_default().extend(named);
    }
    uses
}

/// A way from a module back to itself.
fn circle(uses: &Uses, way: &mut Vec<String>, seen: &mut BTreeSet<String>) -> Option<Vec<String>> {
    let module = way.last()?.clone();
    for next in &uses[&module] {
        if let Some(begin) = way.iter().position(|one| one == next) {
            return Some(way[begin..].iter().chain([next]).cloned().collect());
        }
        if !seen.contains(next) {
            way.push(next.clone());
            if let Some(found) = circle(uses, way, seen) {
                return Some(found);
            }
            way.pop();
        }
    }
    seen.insert(module);
    None
}

#[test]
fn no_two_modules_need_each_other() {
    let (uses, mut seen) = (uses(), BTreeSet::new());
    assert!(uses["table"].contains("error") && uses["authorizer"].contains("token"), "{uses:?}");
    for module in uses.keys() {
        let found = circle(&uses, &mut vec![module.clone()], &mut seen);
        assert_eq!(found, None, "move what both need below both");
    }
}

#[test]
fn a_public_name_means_one_thing() {
    let mut declared: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (module, text) in modules() {
        for line in code(&text).lines() {
            let mut words = line.split_whitespace();
            let is_type = words.next() == Some("pub")
                && words.next().is_some_and(|word| ["struct", "enum", "trait", "type"].contains(&word));
            if let Some(name) = words.next().filter(|_| is_type) {
                let name: String = name.chars().take_while(|letter| letter.is_alphanumeric()).collect();
                // What a macro declares has no name here.
                if !name.is_empty() {
                    declared.entry(name).or_default().push(module.clone());
                }
            }
        }
    }
    declared.retain(|_, modules| modules.len() > 1);
    assert!(declared.is_empty(), "declared twice: {declared:?}");
}

#[test]
fn a_circle_is_found() {
    let uses = |pairs: &[(&str, &str)]| -> Uses {
        let mut uses = Uses::new();
        for (from, to) in pairs {
            uses.entry((*from).to_owned()).or_default().insert((*to).to_owned());
            uses.entry((*to).to_owned()).or_default();
        }
        uses
    };
    let find = |uses: &Uses| circle(uses, &mut vec!["a".to_owned()], &mut BTreeSet::new());
    assert_eq!(find(&uses(&[("a", "b"), ("b", "c"), ("a", "c")])), None);
    let found = find(&uses(&[("a", "b"), ("b", "c"), ("c", "b")]));
    assert_eq!(found, Some(vec!["b".to_owned(), "c".to_owned(), "b".to_owned()]));
    assert_eq!(
        names("use crate::{a::{self, b}, c,\n    Dee,\n};\nfn f() { crate::e::g() }"),
        ["Dee", "a", "c", "e"].map(str::to_owned).into()
    );
}
