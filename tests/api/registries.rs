//! What is listed once is listed whole: every family of the API, and every kind of resource.

use std::collections::BTreeSet;

use audit::{AuditEvent, Kind};
use local::families::FAMILIES;
use resources::resource::Resource;

use crate::tree;

/// The functions that no request comes to.
const BEHIND: [&str; 5] = ["authorizer", "deliveries", "jobs", "media", "relay"];

/// The kinds of all resources, and what their sort keys begin with.
fn resources() -> Vec<(Kind, &'static str)> {
    macro_rules! kinds {
        ($($resource:ty,)+) => { vec![$((<$resource>::KIND, <$resource>::PREFIX),)+] };
    }
    registry::for_each_resource!(kinds)
}

#[test]
fn each_function_of_the_api_is_a_family() {
    let functions: BTreeSet<_> = tree::entries("functions").collect();
    let known: BTreeSet<_> = FAMILIES.iter().chain(&BEHIND).map(|name| (*name).to_owned()).collect();
    assert_eq!(functions, known, "a family has its row in local/src/families.rs");
}

#[test]
fn each_kind_that_is_destroyed_is_a_resource_that_the_audit_log_tells_of() {
    // Objects have a table and a mechanism of their own.
    let is_resource = |kind: &&Kind| {
        let events = kind.events();
        **kind != Kind::Object
            && events.contains(&AuditEvent::Created)
            && events.contains(&AuditEvent::Destroyed)
    };
    let kinds: Vec<_> = Kind::ALL.iter().filter(is_resource).map(|kind| kind.name()).collect();
    let mut found: Vec<_> = resources().iter().map(|(kind, _)| kind.name()).collect();
    found.sort_by_key(|name| kinds.iter().position(|kind| kind == name));
    assert_eq!(found, kinds, "each kind has its row in shared/registry, and only once");
}

#[test]
fn no_resource_is_taken_for_another() {
    let prefixes: Vec<_> = resources().into_iter().map(|(_, prefix)| prefix).collect();
    for (index, prefix) in prefixes.iter().enumerate() {
        let others = prefixes.iter().enumerate().filter(|(other, _)| *other != index);
        assert!(others.map(|(_, other)| other).all(|other| !other.starts_with(prefix)), "{prefix}");
    }
}
