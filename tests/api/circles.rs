//! No two modules need each other, neither at the top of a crate nor in any of its folders: what stands below can be read, tested
//! and moved without what stands above.

use std::collections::{BTreeMap, BTreeSet};

use syn::{
    Attribute, File, Item, ItemUse, Macro, UseTree,
    visit::{self, Visit},
};

use crate::tree;

/// A path as it is written, or the place of a module in its crate.
type Names = Vec<String>;

/// The modules of a crate by their places; the root stands at none.
type Modules = BTreeMap<Names, File>;

/// In a folder, which modules each module names.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// The folders of all crates, but for that of the tests.
fn crates() -> Vec<String> {
    let mut found = vec!["local".to_owned(), "bench".to_owned()];
    for folder in ["shared", "functions"] {
        found.extend(tree::entries(folder).map(|name| format!("{folder}/{name}")));
    }
    found
}

/// The modules of a crate, without those of tests. A program beside its library is part of the root.
fn modules(of: &str) -> Modules {
    let mut modules = Modules::new();
    for (place, text) in tree::modules(of) {
        let mut names: Names = place.split('/').map(str::to_owned).collect();
        names.pop_if(|last| ["mod", "lib", "main"].contains(&last.as_str()));
        let file = syn::parse_file(&text).unwrap();
        match modules.get_mut(&names) {
            Some(known) => known.items.extend(file.items),
            None => drop(modules.insert(names, file)),
        }
    }
    modules
}

/// Gathers the paths that code names.
#[derive(Default)]
struct Paths(BTreeSet<Names>);

impl Paths {
    fn of(file: &File) -> BTreeSet<Names> {
        let mut paths = Self::default();
        paths.visit_file(file);
        paths.0
    }

    fn take_tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: String| before.iter().cloned().chain([name]).collect::<Names>();
        match tree {
            UseTree::Path(path) => self.take_tree(&with(path.ident.to_string()), &path.tree),
            UseTree::Name(name) => drop(self.0.insert(with(name.ident.to_string()))),
            UseTree::Rename(name) => drop(self.0.insert(with(name.ident.to_string()))),
            UseTree::Glob(_) => drop(self.0.insert(before.to_vec())),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.take_tree(before, tree)),
        }
    }
}

impl Visit<'_> for Paths {
    fn visit_item(&mut self, item: &Item) {
        let attributes = match item {
            Item::Mod(item) => item.attrs.as_slice(),
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => &[],
        };
        if !attributes.iter().any(is_for_tests) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &ItemUse) {
        self.take_tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        self.0.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    /// What a macro is given is no code yet, so that only whole paths can be told.
    fn visit_macro(&mut self, mac: &Macro) {
        let text = mac.tokens.to_string().replace(" :: ", "::");
        let words = text.split(|letter: char| !letter.is_alphanumeric() && !['_', ':'].contains(&letter));
        let is_path = |word: &&str| word.starts_with("crate::") || word.starts_with("super::");
        self.0.extend(words.filter(is_path).map(|word| word.split("::").map(str::to_owned).collect()));
        visit::visit_macro(self, mac);
    }
}

fn is_for_tests(attribute: &Attribute) -> bool {
    let list = attribute.path().is_ident("cfg").then(|| attribute.meta.require_list().ok()).flatten();
    list.is_some_and(|list| list.tokens.to_string() == "test")
}

fn is_module(modules: &Modules, place: &[String]) -> bool {
    modules.keys().any(|known| known.starts_with(place))
}

/// Where a path leads to that stands in the module at this place; none if it leads out of the crate.
fn absolute(modules: &Modules, place: &[String], path: &[String]) -> Option<Names> {
    let (first, behind) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(behind.to_vec()),
        "self" => Some([place, behind].concat()),
        "super" => {
            let ups = path.iter().take_while(|name| *name == "super").count();
            let above = place.len().checked_sub(ups)?;
            Some([&place[..above], &path[ups..]].concat())
        }
        _ => {
            let child = [place, &path[..1]].concat();
            is_module(modules, &child).then(|| [place, path].concat())
        }
    }
}

/// The module that something stands in, also if others hand it on.
fn home(modules: &Modules, paths: &BTreeMap<Names, BTreeSet<Names>>, thing: &[String]) -> Names {
    let mut place = Names::new();
    for name in thing {
        let next = [place.as_slice(), std::slice::from_ref(name)].concat();
        if is_module(modules, &next) {
            place = next;
            continue;
        }
        let handed_on = paths.get(&place).into_iter().flatten();
        let handed_on = handed_on.filter(|path| path.len() > 1 && path.last() == Some(name));
        let mut homes = handed_on.filter_map(|path| absolute(modules, &place, path));
        // Only from below: what a module takes from beside it is not its to hand on.
        let from_below = homes.find(|home| home.len() > place.len() + 1 && home.starts_with(&place));
        return from_below.map_or(place, |thing| home(modules, paths, &thing));
    }
    place
}

/// In each folder, which of its modules name which.
fn uses(modules: &Modules) -> BTreeMap<Names, Uses> {
    let paths: BTreeMap<_, _> =
        modules.iter().map(|(place, file)| (place.clone(), Paths::of(file))).collect();
    let mut folders = BTreeMap::<Names, Uses>::new();
    for (place, named) in &paths {
        for path in named {
            let Some(thing) = absolute(modules, place, path) else { continue };
            let home = home(modules, &paths, &thing);
            let shared = place.iter().zip(&home).take_while(|(one, other)| one == other).count();
            if let (Some(user), Some(used)) = (place.get(shared), home.get(shared)) {
                let folder = folders.entry(place[..shared].to_vec()).or_default();
                folder.entry(user.clone()).or_default().insert(used.clone());
            }
        }
    }
    folders
}

/// A way from a module back to itself.
fn circle(uses: &Uses, way: &mut Vec<String>, seen: &mut BTreeSet<String>) -> Option<Vec<String>> {
    let module = way.last()?.clone();
    for next in uses.get(&module).into_iter().flatten() {
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

/// All circles that are found first, each with its folder.
fn circles(modules: &Modules) -> Vec<(Names, Vec<String>)> {
    let mut found = Vec::new();
    for (folder, uses) in uses(modules) {
        let mut seen = BTreeSet::new();
        let way = uses.keys().find_map(|module| circle(&uses, &mut vec![module.clone()], &mut seen));
        found.extend(way.map(|way| (folder, way)));
    }
    found
}

#[test]
fn no_two_modules_need_each_other() {
    for of in crates() {
        let modules = modules(&of);
        assert!(!modules.is_empty(), "{of} has no modules");
        assert_eq!(circles(&modules), [], "{of}: move what both need below both");
    }
}

#[test]
fn what_a_module_names_is_found() {
    let all = uses(&modules("shared/gate"));
    let uses_of = |folder: &[&str], module: &str, used: &str| {
        let folder: Names = folder.iter().map(|name| (*name).to_owned()).collect();
        all[&folder].get(module).is_some_and(|uses| uses.contains(used))
    };
    assert!(uses_of(&[], "authorizer", "token"));
    assert!(uses_of(&["authorizer"], "dry_run", "token_decision"));
    assert!(!uses_of(&["authorizer"], "token_decision", "dry_run"));
}

/// Circles of modules that stand in one text, each behind its name.
fn circles_in(files: &[(&str, &str)]) -> Vec<(Names, Vec<String>)> {
    let names = |place: &str| place.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    circles(&files.iter().map(|(place, text)| (names(place), syn::parse_file(text).unwrap())).collect())
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    let found = |there: &str, back: &str| {
        let root = "mod a; mod b; pub use a::A; pub use b::{B, C as D};";
        !circles_in(&[("", root), ("a", there), ("b", back)]).is_empty()
    };
    assert!(!found("use crate::b::B;", ""));
    for there in [
        "use crate::b::B;",
        "use super::{a, b};",
        "fn f() { crate::b::g() }",
        "use crate::B;",
        "m!(crate::b::B);",
    ] {
        for back in
            ["use crate::a::*;", "use super::A;", "fn f(_: &super::a::A) {}", "use crate::{a::{self}};"]
        {
            assert!(found(there, back), "{there} {back}");
        }
        assert!(!found(there, "#[cfg(test)] mod tests { use crate::a::A; }"), "{there}");
    }
    let below = [
        ("", "mod x;"),
        ("x", "mod a; mod b;"),
        ("x/a", "use super::b::B;"),
        ("x/b/c", "use crate::x::a::A;"),
    ];
    assert_eq!(circles_in(&below), [(vec!["x".to_owned()], ["a", "b", "a"].map(str::to_owned).to_vec())]);
}
