//! What a form refers to of its type, as it is saved.

use std::collections::BTreeSet;

use base::{Error, Fault, Result, Violation, text::Slug};
use form::{Form, FormStatus, StoredForm, blocks, check, check_against_type, problems};
use records::object_type::{FieldReference, StoredObjectType, TypeProblem};

use crate::{input::FormPatch, patch::is_same_of_fields};

/// The fields that a new form refers to, if nothing is wrong with it.
pub(crate) fn checked_new(form: &mut Form, object_type: &StoredObjectType) -> Result<Vec<FieldReference>> {
    let mut faults = Vec::new();
    check(form, &mut faults);
    let fields = check_against_type(form, object_type, &mut faults);
    if faults.is_empty() { Ok(fields) } else { Err(Error::unprocessable(faults)) }
}

/// Checks a form after a change. What it said of fields already is not refused, and what it refers to stays what it was, unless
/// the change says it anew: another field that has got a slug is not taken for the one that had it.
pub(crate) fn check_changed(
    before: &StoredForm,
    after: &mut StoredForm,
    patch: &FormPatch,
    object_type: Option<&StoredObjectType>,
) -> Result<()> {
    let mut faults = Vec::new();
    check(&mut after.form, &mut faults);
    if patch.names_fields() {
        let is_same = is_same_of_fields(&before.form, &after.form);
        let mut found = Vec::new();
        let mut fields = Vec::new();
        if let Some(object_type) = object_type {
            fields = check_against_type(&mut after.form, object_type, &mut found);
        } else {
            found.push(gone());
        }
        if found.is_empty() {
            after.fields = with_known(fields, before, &said_anew(&after.form, patch));
        } else if !is_same {
            faults.extend(found);
        }
    }
    let is_opened = after.form.status == FormStatus::Open && before.form.status != FormStatus::Open;
    if is_opened && faults.is_empty() {
        faults = problem_faults(after, object_type);
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::unprocessable(faults)) }
}

/// 422: the team has no such type.
pub(crate) fn gone() -> Fault {
    Fault::new("/object_type", Violation::NotFound, "The team has no object type of this id or slug.")
}

/// What keeps the form from being opened.
fn problem_faults(form: &StoredForm, object_type: Option<&StoredObjectType>) -> Vec<Fault> {
    let found = problems(form, object_type);
    if blocks(&found) { found.iter().map(TypeProblem::fault).collect() } else { Vec::new() }
}

/// The slugs that the change says anew.
fn said_anew(form: &Form, patch: &FormPatch) -> BTreeSet<Slug> {
    let pages = form.asked().filter(|_| patch.pages.is_some());
    let values = form.values.iter().map(|value| &value.field).filter(|_| patch.values.is_some());
    pages.chain(values).cloned().collect()
}

fn with_known(
    fields: Vec<FieldReference>,
    before: &StoredForm,
    anew: &BTreeSet<Slug>,
) -> Vec<FieldReference> {
    let known = |field: &FieldReference| before.fields.iter().find(|known| known.slug == field.slug);
    let kept = |field: FieldReference| match known(&field) {
        Some(known) if !anew.contains(&field.slug) => known.clone(),
        _ => field,
    };
    fields.into_iter().map(kept).collect()
}
