//! How far a visitor is in a form: which of its pages are there by what is filled in, and what is asked on one.

use base::text::Slug;
use records::object_type::{FieldValues, ObjectType, Visible, read_value};
use serde_json::value::RawValue;

use crate::{
    FilledIn, Form, FormPage, ShownPage,
    judge::validation,
    narrowed::{Settled, narrowed, settled, values_outside},
    shown::shown_page,
};

/// A form that is being filled in.
pub struct Progress<'a> {
    form: &'a Form,
    narrowed: ObjectType,
    values: FieldValues,
}

impl<'a> Progress<'a> {
    /// The form, with so much of it filled in.
    pub fn new(form: &'a Form, object_type: &ObjectType, filled_in: &FilledIn) -> Self {
        let narrowed = narrowed(form, object_type);
        let mut values = values_outside(form, &narrowed);
        values.extend(validation(form, &narrowed, filled_in).changes.set);
        Self { form, narrowed, values }
    }

    /// The page of this index, unless nothing is there: what is asked on it may depend on what else is filled in on it.
    pub fn page(&self, index: usize) -> Option<ShownPage> {
        let page = self.form.pages.get(index).filter(|page| self.is_there(page))?;
        let is_on_page = |slug: &Slug| page.items.iter().any(|item| item.field.as_ref() == Some(slug));
        let shown = shown_page(page, &self.narrowed, (&is_on_page, &self.values));
        Some(shown).filter(|shown| !shown.items.is_empty())
    }

    /// The indexes of the pages that are there.
    pub fn pages(&self) -> Vec<usize> {
        (0..self.form.pages.len()).filter(|index| self.page(*index).is_some()).collect()
    }

    /// Whether a field of the form takes this value.
    pub fn takes(&self, slug: &str, value: &RawValue) -> bool {
        self.narrowed.field(slug).is_some_and(|field| read_value(field, "", value).is_ok())
    }

    fn is_there(&self, page: &FormPage) -> bool {
        let holds = |condition: &_| settled(condition, &self.narrowed, (&|_| false, &self.values));
        match &page.visible {
            Visible::Always => true,
            Visible::If(condition) => matches!(holds(condition), Settled::Known(true)),
        }
    }
}
