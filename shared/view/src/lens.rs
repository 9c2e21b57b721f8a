//! A view in front of its type: which objects somebody sees through it, and what of them.

use std::{collections::BTreeSet, sync::Arc};

use api::{Member, extract::Page};
use base::{Code, Error, Fault, Permission, Result, Violation, id::ViewId, text::Slug};
use records::{
    object_type::TypeProblem,
    objects::{Collection, Objects, StoredObject},
};
use resources::resource::Resource as _;
use search::{Filter, Object, RawQuery, Scope, Search, expanded};

use crate::{
    cache::ViewCache,
    definition::{ColorRule, ColorTarget, StoredView, is_seen_by},
    problems::ViewProblems,
    shown::{Colors, ObjectList, ShownObject},
};

/// A view in front of its type.
#[derive(Clone)]
pub struct Lens {
    /// The view.
    pub view: Arc<StoredView>,
    /// The objects of its type.
    pub collection: Collection,
    /// Whether nothing is told but of what is shown.
    is_bounded: bool,
    /// The fields that are shown; all if there are none.
    shown: Option<BTreeSet<Slug>>,
    problems: ViewProblems,
}

impl Lens {
    /// The view of that id in front of its type, for who may run it.
    ///
    /// # Errors
    /// 404 when the caller sees no such view, 403 when what it shows needs more, 409 when it is broken.
    pub async fn of(views: &ViewCache, objects: &Objects, by: &Member, id: &ViewId) -> Result<Self> {
        let view = views.get(&by.team, id).await?;
        let (Some(object_type), true) = (&view.body.object_type, is_seen_by(&view, &by.user)) else {
            return Err(StoredView::no_such());
        };
        needs(&view, by)?;
        let collection = objects.collection(by, object_type.as_str()).await?;
        Self::new(view, collection)
    }

    /// The view in front of its type.
    ///
    /// # Errors
    /// 409 when the view is broken.
    pub(crate) fn new(view: Arc<StoredView>, collection: Collection) -> Result<Self> {
        let (body, stored) = (&view.body, &collection.stored);
        let problems = ViewProblems::of(body, Some(stored));
        let is_bounded = body.restricted;
        let shown = body.fields.as_ref().map(|fields| {
            let meant = fields.part.iter().filter(|field| fields.is_meant(field.field.as_str(), stored));
            meant.map(|field| field.field.clone()).collect()
        });
        // What is behind a boundary without a list of fields shows none.
        let shown = shown.or_else(|| is_bounded.then(BTreeSet::new));
        let lens = Self { view, collection, is_bounded, shown, problems };
        if lens.problems.is_broken { Err(lens.broken()) } else { Ok(lens) }
    }

    /// The same for who asks for the objects of that type.
    ///
    /// # Errors
    /// 404 when the view is of another one.
    pub fn of_type(self, collection: &Collection) -> Result<Self> {
        if self.collection.id == collection.id { Ok(self) } else { Err(StoredView::no_such()) }
    }

    /// What a caller may name: behind a boundary only what is shown.
    pub fn scope(&self) -> Scope<'_> {
        let shown = self.shown.as_ref().filter(|_| self.is_bounded);
        Scope { object_type: &self.collection.stored, shown }
    }

    /// All that the view itself may name.
    pub fn own_scope(&self) -> Scope<'_> {
        Scope::from(&*self.collection.stored)
    }

    /// Whether nothing is told but of what is shown.
    pub fn is_bounded(&self) -> bool {
        self.is_bounded
    }

    /// What is wrong with the view, if something is, as far as it is about what is shown.
    pub fn problems(&self) -> Option<Vec<TypeProblem>> {
        let is_told = |problem: &&TypeProblem| !self.is_bounded || problem.pointer.starts_with("/fields");
        let told: Vec<_> = self.problems.all.iter().filter(is_told).cloned().collect();
        (!told.is_empty()).then_some(told)
    }

    /// The objects that the view shows and a caller asks for: of both filters, with the fields of both.
    ///
    /// # Errors
    /// 422 for what the caller cannot name.
    pub fn search(&self, asked: RawQuery) -> Result<Search> {
        let asked = asked.resolve(self.scope())?;
        Ok(self.own_search()?.showing(self.shown.clone()).narrowed(asked))
    }

    /// The filter of the view, and that of a caller.
    ///
    /// # Errors
    /// 422 for what the caller cannot name.
    pub fn filter(&self, asked: RawQuery) -> Result<Option<Filter>> {
        Ok(self.search(asked)?.filter)
    }

    /// Of what is searched, the group of the view with this value, or without one.
    ///
    /// # Errors
    /// 422 when the view is not grouped, or the value is none of the field.
    pub fn group(&self, search: Search, (pointer, value): (&str, Option<&str>)) -> Result<Search> {
        let value = value.filter(|value| !value.is_empty());
        let Some(group) = &self.view.body.group else {
            let detail = "The view is not grouped.";
            return Err(Error::unprocessable(vec![Fault::new(pointer, Violation::NotPossible, detail)]));
        };
        let name = group.part.field.as_str();
        let filter = Filter::with_value(self.own_scope(), pointer, (name, value));
        Ok(search.and(filter.map_err(Error::unprocessable)?))
    }

    fn own_search(&self) -> Result<Search> {
        let body = &self.view.body;
        let stored = &self.collection.stored;
        let sort = body.sort.as_ref().filter(|sort| sort.problems("/sort", stored).is_empty());
        let filter = body.filter.as_ref().map(|filter| &filter.part);
        let raw = RawQuery::of_parts(filter, sort.map(|sort| sort.part.as_str()), None)?;
        raw.resolve(self.own_scope()).map_err(|_| self.broken())
    }

    /// A page of what is seen.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn list(&self, objects: &Objects, by: &Member, page: &Page<Search>) -> Result<ObjectList> {
        let (found, next) = Search::run(objects, &self.collection, page).await?;
        let data = self.show(objects, by, found, &page.filter).await?;
        let next_cursor = page.cursor(next).await?;
        Ok(ObjectList { data, next_cursor, problems: self.problems() })
    }

    /// The objects as they are seen.
    pub(crate) async fn show(
        &self,
        objects: &Objects,
        by: &Member,
        found: Vec<StoredObject>,
        search: &Search,
    ) -> Result<Vec<ShownObject>> {
        let colors = self.colors();
        let colored: Vec<_> = found.iter().map(|object| colors.of(object, &self.collection)).collect();
        let shown = found.into_iter().map(|object| self.object(object, by, search.fields.as_ref())).collect();
        let shown = expanded(search.expand, (objects, by), &self.collection, shown).await?;
        let colored = shown.into_iter().zip(colored);
        Ok(colored.map(|(object, (color, colors))| ShownObject { object, color, colors }).collect())
    }

    fn object(&self, object: StoredObject, by: &Member, fields: Option<&BTreeSet<Slug>>) -> Object {
        if self.is_bounded {
            let none = BTreeSet::new();
            return Object::within(object, &self.collection, self.shown.as_ref().unwrap_or(&none))
                .select_fields(fields);
        }
        Object::of(object, &self.collection, by).select_fields(fields)
    }

    fn colors(&self) -> Colors {
        let (rules, stored) = (&self.view.body.colors, &self.collection.stored);
        let Some(rules) = rules else { return Colors::default() };
        let is_whole =
            |rule: &&ColorRule| rule.named_at("").iter().all(|named| rules.is_meant(named.name, stored));
        let is_shown = |field: &Slug| self.shown.as_ref().is_none_or(|shown| shown.contains(field));
        let rule = |rule: &ColorRule| {
            let filter = Filter::read(&rule.r#if, "", self.own_scope()).ok()?;
            let field = match rule.target.unwrap_or(ColorTarget::Row) {
                ColorTarget::Row => None,
                ColorTarget::Field => Some(rule.field.clone().filter(&is_shown)?),
            };
            Some((filter, rule.color.clone(), field))
        };
        Colors { rules: Some(rules.part.iter().filter(is_whole).filter_map(rule).collect()) }
    }

    /// 409: what the view shows would not be what is meant. Behind a boundary nothing is told of why.
    fn broken(&self) -> Error {
        let error = Error::new(
            Code::ViewBroken,
            "The view needs fields that are gone or cannot be searched by: problems of the view tell which.",
        );
        if self.is_bounded {
            return error;
        }
        error.with_faults(self.problems.all.iter().map(TypeProblem::fault).collect())
    }
}

/// What is needed to run a view.
fn needs(view: &StoredView, by: &Member) -> Result<()> {
    if view.body.restricted { Ok(()) } else { by.needs(&[Permission::ObjectRead]) }
}
