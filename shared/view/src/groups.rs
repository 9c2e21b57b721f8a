//! The groups of a view: how many objects are in each, and their numbers added up.

use api::Member;
use base::{Error, Fault, Result, Violation};
use records::{
    object_type::{Field, TypeProblem},
    objects::{Collection, Objects},
};
use schemars::JsonSchema;
use search::{Cell, Column, Conditions, CubeQuery, Filter, Measure};
use serde::{Deserialize, Serialize};
use table::concurrent::concurrent;

use crate::{
    definition::{GroupSettings, StoredView},
    group::{Counted, GroupAnswer, labels, option_keys, ordered},
    lens::Lens,
    limits::{AGGREGATES_MAX, AT_ONCE, COUNTED_ALONE_MAX, GROUPS_MAX},
    query::asked,
};

/// The query of groups.
#[derive(Deserialize, JsonSchema)]
pub struct GroupsQuery {
    /// What is told of each group in the place of what the view says: `count`, or a function and a searchable field with
    /// numbers such as `sum:amount`, joined by commas.
    aggregates: Option<String>,
    #[serde(flatten)]
    conditions: Conditions,
}

/// The groups of a view.
#[derive(Serialize, JsonSchema)]
pub struct Groups {
    /// The groups, in the order of the view.
    #[schemars(length(max = GROUPS_MAX))]
    data: Vec<GroupAnswer>,
    /// Whether these are all groups.
    complete: bool,
    /// What is wrong with the view, if something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    problems: Option<Vec<TypeProblem>>,
}

impl GroupsQuery {
    /// Refuses what has no form.
    ///
    /// # Errors
    /// 400 for what is no condition.
    pub fn check_form(&self) -> Result<()> {
        self.conditions.check_form()
    }

    /// The groups of the view.
    ///
    /// # Errors
    /// 409 when the view has no groups, 422 for what the caller cannot name.
    pub async fn run(&self, lens: &Lens, objects: &Objects, by: &Member) -> Result<Groups> {
        let grouping = Grouping::of(lens)?;
        let raw = asked(&self.conditions, (None, None), None)?;
        let filter = lens.filter(raw);
        let measured = self.measures(lens, grouping.settings);
        let (filter, (names, measures)) = match (filter, measured) {
            (Ok(filter), Ok(measured)) => (filter, measured),
            (Err(error), Err(more)) => {
                return Err(Error::unprocessable([error.faults(), more.faults()].concat()));
            }
            (Err(error), _) | (_, Err(error)) => return Err(error),
        };
        let (groups, complete) =
            grouping.count((objects, &lens.collection), filter, measures.clone()).await?;
        let labels = labels(lens, grouping.field, (objects, by), &groups).await?;
        let told = groups.into_iter().zip(labels);
        let told = told.map(|(group, label)| group.answer(grouping.field, label, (&names, &measures)));
        Ok(Groups { data: told.collect(), complete, problems: lens.problems() })
    }

    /// What is told of each group: what the caller asks for, or what the view says.
    fn measures(&self, lens: &Lens, settings: &GroupSettings) -> Result<(Vec<String>, Vec<Measure>)> {
        let (names, scope): (Vec<String>, _) = match &self.aggregates {
            Some(names) => (names.split(',').map(str::to_owned).collect(), lens.scope()),
            None => (settings.aggregates.clone().unwrap_or_default(), lens.own_scope()),
        };
        if names.len() > AGGREGATES_MAX {
            let detail = format!("Ask for at most {AGGREGATES_MAX}.");
            return Err(Error::unprocessable(vec![Fault::new("?aggregates", Violation::TooMany, detail)]));
        }
        let (mut measures, mut faults) = (Vec::new(), Vec::new());
        for name in &names {
            match Measure::parse(scope, "?aggregates", name) {
                Ok(measure) => measures.push(measure),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok((names, measures)) } else { Err(Error::unprocessable(faults)) }
    }
}

/// What a view is grouped by.
pub(crate) struct Grouping<'a> {
    pub(crate) settings: &'a GroupSettings,
    pub(crate) field: &'a Field,
    column: Column,
}

impl<'a> Grouping<'a> {
    /// That of the view.
    pub(crate) fn of(lens: &'a Lens) -> Result<Self> {
        let settings = settings_of(&lens.view)?;
        let name = settings.field.as_str();
        let column = lens.own_scope().column("/group/field", name);
        let column = column.map_err(|fault| Error::unprocessable(vec![fault]))?;
        let field = lens.own_scope().field(name).ok_or_else(no_groups)?;
        Ok(Self { settings, field, column })
    }

    /// The groups in their order, and whether these are all. Those of options are counted each by itself, so that each is
    /// exact as far as it goes; those of other values are all looked for at once.
    pub(crate) async fn count(
        &self,
        (objects, collection): (&Objects, &Collection),
        filter: Option<Filter>,
        measures: Vec<Measure>,
    ) -> Result<(Vec<Counted>, bool)> {
        let (options, query) = self.query(filter, measures);
        let (groups, complete) = if is_counted_alone(&options, &query) {
            self.count_options((objects, collection), &query, options).await?
        } else {
            self.count_all((objects, collection), &query, options).await?
        };
        let mut groups = ordered(self.settings, self.field, groups);
        let complete = complete && groups.len() <= GROUPS_MAX;
        groups.truncate(GROUPS_MAX);
        Ok((groups, complete))
    }

    /// Which groups there may be, in their order, without counting those that are known.
    pub(crate) async fn keys(
        &self,
        (objects, collection): (&Objects, &Collection),
        filter: Option<Filter>,
    ) -> Result<(Vec<Counted>, bool)> {
        let (options, query) = self.query(filter, Vec::new());
        if !is_counted_alone(&options, &query) {
            let (groups, complete) = self.count_all((objects, collection), &query, options).await?;
            return Ok((ordered(self.settings, self.field, groups), complete));
        }
        let mut sorted = options.clone();
        sorted.sort_unstable();
        let outside = query.outside(objects, collection, &sorted).await?;
        let complete = outside.complete;
        let others = outside.cells.into_keys().map(|[key, _]| key);
        let keys = options.into_iter().map(Some).chain([None]).chain(others);
        let groups = keys.map(|key| Counted { key, cell: Cell::default(), complete }).collect();
        Ok((ordered(self.settings, self.field, groups), complete))
    }

    fn query(&self, filter: Option<Filter>, measures: Vec<Measure>) -> (Vec<String>, CubeQuery) {
        let by = [Some(self.column.clone()), None];
        (option_keys(self.field), CubeQuery { filter, by, measures })
    }

    async fn count_options(
        &self,
        (objects, collection): (&Objects, &Collection),
        query: &CubeQuery,
        options: Vec<String>,
    ) -> Result<(Vec<Counted>, bool)> {
        let mut sorted = options.clone();
        sorted.sort_unstable();
        let outside = query.outside(objects, collection, &sorted).await?;
        let keys = options.into_iter().map(Some).chain([None]);
        let count = |key: Option<String>| {
            let (query, column) = (query.clone(), self.column.clone());
            let (objects, collection) = (objects.clone(), collection.clone());
            async move {
                let (cell, complete) = query.of_group(&objects, &collection, (&column, key.clone())).await?;
                Ok(Counted { key, cell, complete })
            }
        };
        let counts: Vec<_> = keys.map(count).collect();
        let counted: Vec<Counted> = concurrent(AT_ONCE, counts).await.into_iter().collect::<Result<_>>()?;
        let complete = outside.complete;
        let others = outside.cells.into_iter().map(|([key, _], cell)| Counted { key, cell, complete });
        // A group without a value stands there only if somebody is in it.
        let counted = counted.into_iter().filter(|group| group.key.is_some() || group.cell.count > 0);
        Ok((counted.chain(others).collect(), complete))
    }

    async fn count_all(
        &self,
        (objects, collection): (&Objects, &Collection),
        query: &CubeQuery,
        options: Vec<String>,
    ) -> Result<(Vec<Counted>, bool)> {
        let mut cube = query.run(objects, collection, |_, key| key.to_owned()).await?;
        for key in options {
            cube.cells.entry([Some(key), None]).or_default();
        }
        let complete = cube.complete;
        let groups = cube.cells.into_iter().map(|([key, _], cell)| Counted { key, cell, complete });
        Ok((groups.collect(), complete))
    }
}

/// Whether the groups are those of few options. When an object has changed the index of a field does not tell.
fn is_counted_alone(options: &[String], query: &CubeQuery) -> bool {
    let is_told = query.filter.as_ref().is_none_or(|filter| !filter.uses_updated_at());
    (1..=COUNTED_ALONE_MAX).contains(&options.len()) && is_told
}

fn settings_of(view: &StoredView) -> Result<&GroupSettings> {
    view.body.group.as_ref().map(|group| &group.part).ok_or_else(no_groups)
}

/// 404: there are no groups here.
fn no_groups() -> Error {
    Error::not_found("group: the view is not grouped")
}
