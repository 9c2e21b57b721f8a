//! Which parts a view of each kind has, and what must be shown where nothing but what is shown may be told.

use std::collections::BTreeSet;

use base::{Fault, Violation};
use view::{Anchored, Part, ViewDefinition, ViewKind};

/// The parts that a kind may have, and the one that it must have.
const fn parts_of(kind: ViewKind) -> (&'static [&'static str], Option<&'static str>) {
    match kind {
        ViewKind::Table => (&["filter", "sort", "fields", "colors", "group"], None),
        ViewKind::Board => (&["filter", "sort", "fields", "colors", "group"], Some("group")),
        ViewKind::Calendar => (&["filter", "sort", "fields", "colors", "date"], Some("date")),
        ViewKind::Gallery => (&["filter", "sort", "fields", "colors", "cover"], None),
        ViewKind::Chart => (&["filter", "fields", "chart"], Some("chart")),
        ViewKind::Stat => (&["filter", "fields", "stat"], Some("stat")),
        ViewKind::Dashboard => (&["tiles", "filters"], Some("tiles")),
    }
}

/// The parts that do not go with the kind, and the one that is missing.
pub(crate) fn kind_faults(view: &ViewDefinition) -> Vec<Fault> {
    let there = [
        ("filter", view.filter.is_some()),
        ("sort", view.sort.is_some()),
        ("fields", view.fields.is_some()),
        ("group", view.group.is_some()),
        ("date", view.date.is_some()),
        ("cover", view.cover.is_some()),
        ("colors", view.colors.is_some()),
        ("chart", view.chart.is_some()),
        ("stat", view.stat.is_some()),
        ("tiles", view.tiles.is_some()),
        ("filters", view.filters.is_some()),
    ];
    let (may, must) = parts_of(view.kind);
    let mut faults = Vec::new();
    for (name, is_there) in there {
        let pointer = format!("/{name}");
        if is_there && !may.contains(&name) {
            let detail = "A view of this kind has no such part.";
            faults.push(Fault::new(pointer, Violation::NotPossible, detail));
        } else if !is_there && must == Some(name) {
            let detail = "A view of this kind needs this.";
            faults.push(Fault::new(pointer, Violation::MissingMember, detail));
        }
    }
    faults
}

/// What a restricted view needs: a list of fields, and in it all that it tells of beside objects.
pub(crate) fn restriction_faults(view: &ViewDefinition) -> Vec<Fault> {
    if !view.restricted {
        return Vec::new();
    }
    if view.kind == ViewKind::Dashboard {
        let detail = "A dashboard shows other views, each with its own restriction.";
        return vec![Fault::new("/restricted", Violation::NotPossible, detail)];
    }
    let Some(fields) = &view.fields else {
        let detail = "A restricted view says which fields it shows.";
        return vec![Fault::new("/fields", Violation::MissingMember, detail)];
    };
    let shown: BTreeSet<_> = fields.part.iter().map(|shown| shown.field.as_str()).collect();
    let told = [
        named("/group", view.group.as_ref()),
        named("/date", view.date.as_ref()),
        named("/cover", view.cover.as_ref()),
        named("/chart", view.chart.as_ref()),
        named("/stat", view.stat.as_ref()),
    ];
    let times = ["created_at", "updated_at"];
    let hidden =
        told.into_iter().flatten().filter(|(_, name)| !shown.contains(*name) && !times.contains(name));
    let detail = "A restricted view tells only of fields that it shows: add this one to fields.";
    hidden.map(|(pointer, _)| Fault::new(pointer, Violation::NotPossible, detail)).collect()
}

fn named<'a, T: Part>(pointer: &str, part: Option<&'a Anchored<T>>) -> Vec<(String, &'a str)> {
    let named = part.map(|part| part.part.named(pointer)).unwrap_or_default();
    named.into_iter().map(|named| (named.pointer, named.name)).collect()
}
