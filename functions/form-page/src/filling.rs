//! A form that somebody is filling in, page by page: what stands in it so far, and which page comes next.

use base::{Fault, Result, Timestamp, text::Slug};
use form::{FilledIn, Form, FoundForm, Progress, ReceivedSubmission, SubmissionToken, judge, posted};
use records::objects::{Collection, Objects};

use std::collections::BTreeSet;

use crate::{
    answers,
    inputs::{Inputs, field_of, text_of},
    prefill::{PARAMS, prefilled},
};

/// The names of the inputs that are about the page, and not about what is filled in.
pub(crate) const TOKEN: &str = "_token";
pub(crate) const PAGE: &str = "_page";
pub(crate) const ANSWERS: &str = "_answers";
pub(crate) const GO: &str = "_go";
/// What the button back sends.
pub(crate) const BACK: &str = "back";

/// A form that somebody is filling in.
pub(crate) struct Filling<'a> {
    /// The key that it was found by.
    pub(crate) key: &'a str,
    pub(crate) found: &'a FoundForm,
    pub(crate) collection: &'a Collection,
    /// The index of the page that is shown.
    pub(crate) page: usize,
    pub(crate) now: Timestamp,
    /// What stands in all pages.
    pub(crate) inputs: Inputs,
    pub(crate) token: Option<String>,
    /// The fields that the link has a bad value for.
    pub(crate) refused: BTreeSet<String>,
}

/// Where somebody goes from a page.
pub(crate) enum Step {
    /// To another page, or to the same one with what is wrong with it.
    Page(Vec<Fault>),
    /// It is all there, and is sent.
    Send,
}

impl<'a> Filling<'a> {
    /// A form that somebody opens by a link.
    pub(crate) fn new(
        (key, found): (&'a str, &'a FoundForm),
        collection: &'a Collection,
        query: &Inputs,
        now: Timestamp,
    ) -> Result<Self> {
        let (inputs, refused) = prefilled(&found.stored.form, collection, query);
        let token = Some(found.new_token(now).seal(&found.ring)?);
        let mut filling = Self { key, found, collection, page: 0, now, inputs, token, refused };
        filling.page = filling.progress().pages().first().copied().unwrap_or_default();
        Ok(filling)
    }

    /// A form as a page of it was sent, and whether somebody goes back from there.
    ///
    /// None if what the page holds of the others was changed.
    pub(crate) fn of_page(
        (key, found): (&'a str, &'a FoundForm),
        collection: &'a Collection,
        (sent, now): (Inputs, Timestamp),
    ) -> Option<(Self, bool)> {
        let form = &found.stored.form;
        let others = answers::open(text_of(&sent, ANSWERS), &found.ring, &found.stored.id)?;
        let token = Some(text_of(&sent, TOKEN).to_owned()).filter(|token| !token.is_empty());
        let is_back = text_of(&sent, GO) == BACK;
        let last = form.pages.len() - 1;
        let page = text_of(&sent, PAGE).parse().map_or(last, |page: usize| page.min(last));
        let own: Inputs = sent
            .into_iter()
            .filter(|(name, _)| ![TOKEN, PAGE, ANSWERS, GO].contains(&name.as_str()))
            .collect();
        let mut inputs: Inputs =
            others.into_iter().filter(|(name, _)| !is_asked(form, page, field_of(name))).collect();
        // A box that is not ticked sends nothing, and is empty, whatever its default is.
        let empty = asked(form, page).filter(|slug| own.iter().all(|(name, _)| field_of(name) != *slug));
        inputs.extend(empty.map(|slug| (slug.to_owned(), String::new())));
        inputs.extend(own);
        let mut filling = Self { key, found, collection, page, now, inputs, token, refused: BTreeSet::new() };
        // What the form asked for before somebody changed it.
        let trap = filling.trap();
        filling.inputs.retain(|(name, _)| {
            let is_asked = form.asked().any(|slug| slug.as_str() == field_of(name));
            is_asked || name.starts_with(PARAMS) || trap.as_deref() == Some(name)
        });
        Some((filling, is_back))
    }

    /// What is filled in.
    pub(crate) fn filled_in(&self) -> FilledIn {
        posted(self.collection, self.inputs.clone()).0
    }

    /// All of it, to be sent.
    pub(crate) fn received(&self) -> ReceivedSubmission {
        ReceivedSubmission {
            token: self.token.clone(),
            key: None,
            filled_in: self.filled_in(),
            is_html: true,
        }
    }

    /// The name of the field that is to stay empty.
    pub(crate) fn trap(&self) -> Option<String> {
        let ring = &self.found.ring;
        let open = |text: &String| SubmissionToken::open(text, ring, &self.found.stored.id, self.now).ok();
        self.found.trap(self.token.as_ref().and_then(open).as_ref())
    }

    /// How far it is.
    pub(crate) fn progress(&self) -> Progress<'a> {
        Progress::new(&self.found.stored.form, self.collection, &self.filled_in())
    }

    /// Goes to the page before.
    pub(crate) fn back(&mut self) -> Step {
        let pages = self.progress().pages();
        let before = pages.into_iter().rev().find(|page| *page < self.page);
        self.page = before.unwrap_or(self.page);
        Step::Page(Vec::new())
    }

    /// Goes to the page behind this one, if this one is filled in well.
    pub(crate) fn on(&mut self, objects: &Objects) -> Step {
        let form = &self.found.stored.form;
        let judged = judge(objects, form, self.collection, &self.filled_in());
        let faults = judged.err().map(|refusal| refusal.faults().to_vec()).unwrap_or_default();
        let own: Vec<_> =
            faults.into_iter().filter(|fault| is_asked(form, self.page, field_of_fault(fault))).collect();
        if !own.is_empty() {
            return Step::Page(own);
        }
        match self.progress().pages().into_iter().find(|page| *page > self.page) {
            Some(page) => {
                self.page = page;
                Step::Page(Vec::new())
            }
            None => Step::Send,
        }
    }

    /// Goes to the first page that something is wrong with, by what a submission was refused for.
    pub(crate) fn mend(&mut self, faults: &[Fault]) {
        let form = &self.found.stored.form;
        let is_faulty =
            |page: &usize| faults.iter().any(|fault| is_asked(form, *page, field_of_fault(fault)));
        self.page = (0..form.pages.len()).find(is_faulty).unwrap_or(self.page);
    }

    /// What stands in the pages that are not shown, sealed.
    pub(crate) fn sealed(&self) -> Result<String> {
        let form = &self.found.stored.form;
        let is_elsewhere = |name: &str| !is_asked(form, self.page, field_of(name));
        let others = self.inputs.iter().filter(|(name, _)| is_elsewhere(name));
        answers::seal(&others.cloned().collect(), &self.found.ring, &self.found.stored.id)
    }
}

/// The slug of the field that a fault is about.
pub(crate) fn field_of_fault(fault: &Fault) -> &str {
    let name = fault.pointer.strip_prefix("/fields/").unwrap_or_default();
    name.split_once('/').map_or(name, |(field, _)| field)
}

fn asked(form: &Form, page: usize) -> impl Iterator<Item = &str> {
    let items = form.pages.get(page).map(|page| page.items.iter()).into_iter().flatten();
    items.filter_map(|item| item.field.as_ref().map(Slug::as_str))
}

fn is_asked(form: &Form, page: usize, slug: &str) -> bool {
    asked(form, page).any(|asked| asked == slug)
}
