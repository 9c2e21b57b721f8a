//! Errors of the parts of a request: each with the pointer to its part, or merged into one.

use super::{Error, Extra, Fault, shortened, summary};
use crate::permission::Permissions;

impl Error {
    /// The same error about a part of the request: its pointers are prefixed with the pointer to that part.
    #[must_use]
    pub fn prefixed(mut self, pointer: &str) -> Self {
        let is_summary = self.detail == summary(&self.faults);
        for fault in &mut self.faults {
            let place = fault.pointer.strip_prefix('?').map(|name| format!("/{name}"));
            fault.pointer = shortened(format!("{pointer}{}", place.as_ref().unwrap_or(&fault.pointer)));
        }
        if is_summary {
            self.detail = summary(&self.faults);
        }
        self
    }

    /// Merges errors of several parts into one with the code of the first, and every fault under the pointer of
    /// its part; `None` if there are none.
    pub fn merge(errors: Vec<(String, Error)>) -> Option<Self> {
        let mut faults = Vec::new();
        let mut first: Option<Error> = None;
        let required = errors.iter().filter_map(|(_, error)| error.required_permissions());
        let required = required.reduce(Permissions::union);
        for (pointer, error) in errors {
            let error = error.prefixed(&pointer);
            if error.faults.is_empty() {
                faults.push(Fault::new(pointer, error.code.into(), error.detail.clone()));
            }
            faults.extend(error.faults.iter().cloned());
            first.get_or_insert(error);
        }
        let mut first = first?;
        if let (Some(Extra::Required(_)), Some(required)) = (&first.extra, required) {
            first.extra = Some(Extra::Required(required));
        }
        Some(Self { detail: summary(&faults), ..first }.with_faults(faults))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Code, Violation};

    fn faulty(pointer: &str) -> Error {
        Error::unprocessable(vec![Fault::new(pointer, Violation::Required, "Send a value.")])
    }

    #[test]
    fn faults_of_a_part_stand_below_it() {
        for (pointer, below) in [
            ("/fields/a", "/operations/3/fields/a"),
            ("?match", "/operations/3/match"),
            ("", "/operations/3"),
        ] {
            let problem = faulty(pointer).prefixed("/operations/3").problem("");
            assert_eq!(problem.errors[0].pointer, below);
            assert!(problem.detail.starts_with(below), "{}", problem.detail);
        }
        let detail = Error::not_found("object").prefixed("/operations/3").problem("").detail;
        assert_eq!(detail, "There is no such object.");
    }

    #[test]
    fn errors_together_have_the_first_code_and_all_places() {
        let parts = [("/a", Error::stale(7)), ("/b", faulty("/x")), ("/c", Error::not_found("object"))];
        let together = Error::merge(parts.map(|(place, error)| (place.to_owned(), error)).into()).unwrap();
        let problem = together.problem("");
        assert_eq!((together.code, problem.current_version), (Code::Stale, Some(7)));
        let places: Vec<_> =
            problem.errors.iter().map(|fault| (fault.pointer.as_str(), fault.code.name())).collect();
        assert_eq!(places, [("/a", "stale"), ("/b/x", "required"), ("/c", "not_found")]);
        assert!(Error::merge(Vec::new()).is_none());
    }
}
