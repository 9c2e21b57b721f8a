//! The parts of a view when they are changed: each as a whole, and what is as before is not looked at again.

use base::{Error, Fault, Result, Violation};
use records::object_type::StoredObjectType;
use search::Scope;
use view::{Anchored, Checked, ViewDefinition, limits::DEFINITION_SIZE_MAX};

/// What is wrong with the parts of a view: with their form, and by their rules.
#[derive(Default)]
pub(crate) struct Faults {
    form: Vec<Fault>,
    pub(crate) data: Vec<Fault>,
}

/// Puts a part in the place of what is there, if it is another one and keeps to the rules.
pub(crate) fn changed<T: Checked + PartialEq>(
    pointer: &str,
    sent: Option<Option<T>>,
    kept: &mut Option<Anchored<T>>,
    object_type: Option<&StoredObjectType>,
    faults: &mut Faults,
) {
    match sent {
        None => {}
        Some(None) => *kept = None,
        Some(Some(part)) if kept.as_ref().is_some_and(|kept| kept.part == part) => {
            // Sent again it is about the fields that have these slugs now, if that mends it.
            if let (Some(kept), Some(object_type)) = (kept, object_type)
                && !kept.problems(pointer, object_type).is_empty()
                && part.faults(pointer, Scope::from(object_type)).is_empty()
            {
                *kept = Anchored::of(part, object_type);
            }
        }
        Some(Some(part)) => {
            let form = part.form_faults(pointer);
            match object_type {
                Some(object_type) if form.is_empty() => {
                    faults.data.extend(part.faults(pointer, Scope::from(object_type)));
                    *kept = Some(Anchored::of(part, object_type));
                }
                Some(_) => faults.form.extend(form),
                None => {
                    let detail = "It is about the fields of a type, and there is none.";
                    faults.data.push(Fault::new(pointer, Violation::NotPossible, detail));
                }
            }
        }
    }
}

impl Faults {
    /// The view if nothing is wrong with it, and it is not too large.
    pub(crate) fn settled(mut self, after: ViewDefinition) -> Result<ViewDefinition> {
        if !self.form.is_empty() {
            return Err(Error::invalid(self.form));
        }
        let size = serde_json::to_vec(&after).map_err(anyhow::Error::from)?.len();
        if size > DEFINITION_SIZE_MAX {
            let detail = format!("A view has at most {DEFINITION_SIZE_MAX} bytes.");
            self.data.push(Fault::new("", Violation::TooLarge, detail));
        }
        if self.data.is_empty() { Ok(after) } else { Err(Error::unprocessable(self.data)) }
    }
}
