//! What is wrong with a view, as its type is now.

use base::Violation;
use records::object_type::{StoredObjectType, TypeProblem, TypeProblemCode};
use search::{Filter, Scope};

use crate::definition::{Anchored, Part, ViewDefinition};

/// What is wrong with a view.
#[derive(Clone, Debug, Default)]
pub struct ViewProblems {
    /// All of it, in the order of the members.
    pub all: Vec<TypeProblem>,
    /// Whether what it shows would not be what is meant: it shows nothing.
    pub is_broken: bool,
}

impl ViewProblems {
    /// What is wrong with a view whose type this is, if it is there.
    pub fn of(view: &ViewDefinition, object_type: Option<&StoredObjectType>) -> Self {
        if view.object_type.is_none() {
            return Self::default();
        }
        let Some(object_type) = object_type else {
            let all = vec![TypeProblem::new("/object_type", TypeProblemCode::TypeGone, None)];
            return Self { all, is_broken: true };
        };
        // Without these it would show other objects, or others together, than are meant.
        let needed = [
            filter_problems(view, object_type),
            of_part("/group", view.group.as_ref(), object_type),
            of_part("/date", view.date.as_ref(), object_type),
            of_part("/chart", view.chart.as_ref(), object_type),
            of_part("/stat", view.stat.as_ref(), object_type),
        ]
        .concat();
        let is_broken = !needed.is_empty();
        let besides = [
            of_part("/sort", view.sort.as_ref(), object_type),
            of_part("/fields", view.fields.as_ref(), object_type),
            of_part("/cover", view.cover.as_ref(), object_type),
            of_part("/colors", view.colors.as_ref(), object_type),
        ]
        .concat();
        Self { all: [needed, besides].concat(), is_broken }
    }
}

fn of_part<T: Part>(
    pointer: &str,
    part: Option<&Anchored<T>>,
    object_type: &StoredObjectType,
) -> Vec<TypeProblem> {
    part.map(|part| part.problems(pointer, object_type)).unwrap_or_default()
}

/// The fields of a filter may all be there, and one of them not take a value any more that it is compared with.
fn filter_problems(view: &ViewDefinition, object_type: &StoredObjectType) -> Vec<TypeProblem> {
    let Some(filter) = &view.filter else { return Vec::new() };
    let problems = filter.problems("/filter", object_type);
    if !problems.is_empty() {
        return problems;
    }
    let faults = Filter::read(&filter.part, "/filter", Scope::from(object_type)).err().unwrap_or_default();
    let problem = |code| {
        if code == Violation::NotAnOption {
            TypeProblemCode::OptionGone
        } else {
            TypeProblemCode::ValueRefused
        }
    };
    faults.into_iter().map(|fault| TypeProblem::new(fault.pointer, problem(fault.code), None)).collect()
}
