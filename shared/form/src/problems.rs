//! What is wrong with a form as its type is now. Nothing is mended by itself.

use records::object_type::{
    FieldNeed, FieldReference, FieldUse, StoredObjectType, TypeProblem, TypeProblemCode,
};

use crate::{StoredForm, narrowed::missing};

/// What is wrong with a form; none for the type if it is gone.
pub fn problems(stored: &StoredForm, object_type: Option<&StoredObjectType>) -> Vec<TypeProblem> {
    let Some(object_type) = object_type.filter(|object_type| !object_type.is_hidden()) else {
        return vec![TypeProblem::new("/object_type", TypeProblemCode::TypeGone, None)];
    };
    let found = uses(stored).into_iter().filter_map(|used| object_type.problem_of(&used));
    let missing = missing(&stored.form, &object_type.object_type);
    let missing = missing
        .iter()
        .map(|slug| TypeProblem::new("/pages", TypeProblemCode::RequiredFieldMissing, Some(slug)));
    found.chain(missing).collect()
}

/// Whether the form takes no submissions with these problems. Of options that are gone the others are still offered.
pub fn blocks(problems: &[TypeProblem]) -> bool {
    problems.iter().any(|problem| problem.code != TypeProblemCode::OptionGone)
}

/// All that the form refers to.
fn uses(stored: &StoredForm) -> Vec<FieldUse> {
    let reference = |slug: &_| stored.fields.iter().find(|field| field.slug == *slug).cloned();
    let used = |pointer: String, field: FieldReference, need| FieldUse { pointer, field, need };
    let mut uses = Vec::new();
    for (_, item, pointer) in stored.form.items() {
        let Some(field) = item.field.as_ref().and_then(reference) else { continue };
        let options = item.options.iter().flatten().enumerate().map(|(index, option)| {
            used(format!("{pointer}/options/{index}"), field.clone(), FieldNeed::Option(option.clone()))
        });
        uses.extend(options);
        uses.push(used(format!("{pointer}/field"), field, FieldNeed::Present));
    }
    for (index, value) in stored.form.values.iter().enumerate() {
        let field = reference(&value.field);
        uses.extend(field.map(|field| used(format!("/values/{index}/field"), field, FieldNeed::Present)));
    }
    let matched = stored.form.action.r#match.as_ref().and_then(reference);
    uses.extend(matched.map(|field| used("/action/match".to_owned(), field, FieldNeed::Present)));
    uses
}
