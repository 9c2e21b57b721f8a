//! Boards: the first objects of each group, all at once, and where each group goes on.

use api::{
    Member,
    extract::{Page, PageBuilder},
};
use base::{Error, Fault, Result, Violation};
use records::{object_type::TypeProblem, objects::Objects};
use schemars::JsonSchema;
use search::{Conditions, Expand, Search};
use serde::{Deserialize, Serialize};
use table::concurrent::concurrent;

use crate::{
    definition::ViewKind,
    group::{Counted, labels, value_of},
    groups::Grouping,
    lens::Lens,
    limits::{AT_ONCE, BOARD_GROUPS_MAX, PER_GROUP_DEFAULT, PER_GROUP_MAX},
    query::asked,
    shown::{ObjectList, ShownObject},
};

/// The query of a board.
#[derive(Deserialize, JsonSchema)]
pub struct BoardQuery {
    /// The most objects of each group, from 1 to 20; 10 unless told.
    #[schemars(regex(pattern = "^([1-9]|1[0-9]|20)$"))]
    per_group: Option<String>,
    /// The order in the place of that of the view.
    sort: Option<String>,
    /// Of the fields that are shown, those to answer with, joined by commas.
    fields: Option<String>,
    /// `uploads` tells of uploads in the place of their ids.
    expand: Option<Expand>,
    #[serde(flatten)]
    conditions: Conditions,
}

/// A board.
#[derive(Serialize, JsonSchema)]
pub struct Board {
    /// The groups, in the order of the view.
    #[schemars(length(max = BOARD_GROUPS_MAX))]
    data: Vec<BoardColumn>,
    /// Whether these are all groups.
    complete: bool,
    /// What is wrong with the view, if something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    problems: Option<Vec<TypeProblem>>,
}

/// A group of a board.
#[derive(Serialize, JsonSchema)]
struct BoardColumn {
    /// The value, as `group` takes it; null for the objects without one.
    key: Option<String>,
    /// The same for people.
    label: Option<String>,
    /// The first objects.
    #[schemars(length(max = PER_GROUP_MAX))]
    objects: Vec<ShownObject>,
    /// What to send as `cursor`, with the key as `group`, for the next page of the group from the objects of the view; null if
    /// there are no more.
    next_cursor: Option<String>,
}

impl BoardQuery {
    /// Refuses what has no form.
    ///
    /// # Errors
    /// 400 for what is no condition, and for a size out of range.
    pub fn check_form(&self) -> Result<()> {
        self.conditions.check_form().and(self.per_group().map(drop))
    }

    /// The board of the view, whose objects are listed at that path.
    ///
    /// # Errors
    /// 404 when the view is no board, 422 for what the caller cannot name.
    pub async fn run(
        &self,
        lens: &Lens,
        (objects, by): (&Objects, &Member),
        (pages, path): (&PageBuilder, &str),
    ) -> Result<Board> {
        if lens.view.body.kind != ViewKind::Board {
            return Err(Error::not_found("board: the view is of another kind"));
        }
        let per_group = self.per_group()?;
        let grouping = Grouping::of(lens)?;
        let raw = asked(&self.conditions, (self.sort.as_deref(), self.fields.as_deref()), self.expand)?;
        let search = lens.search(raw)?;
        let (mut groups, mut complete) =
            grouping.keys((objects, &lens.collection), search.filter.clone()).await?;
        complete &= groups.len() <= BOARD_GROUPS_MAX;
        groups.truncate(BOARD_GROUPS_MAX);
        let labels = labels(lens, grouping.field, (objects, by), &groups).await?;
        let mut columns = Vec::new();
        for group in &groups {
            let value = group.key.as_deref().map(|key| value_of(grouping.field, key));
            let page = self.page(lens, &search, (pages, path), (value.as_deref(), per_group)).await?;
            let (lens, objects, by) = (lens.clone(), objects.clone(), by.clone());
            columns.push(async move { lens.list(&objects, &by, &page).await });
        }
        let filled: Vec<ObjectList> =
            concurrent(AT_ONCE, columns).await.into_iter().collect::<Result<_>>()?;
        let column = |((group, label), ObjectList { data, next_cursor, .. }): ((Counted, _), ObjectList)| {
            let key = group.key.as_deref().map(|key| value_of(grouping.field, key));
            BoardColumn { key, label, objects: data, next_cursor }
        };
        let data = groups.into_iter().zip(labels).zip(filled).map(column);
        // A group without a value stands there only if somebody is in it.
        let data = data.filter(|column| column.key.is_some() || !column.objects.is_empty()).collect();
        Ok(Board { data, complete, problems: lens.problems() })
    }

    /// The first page of a group, whose cursor leads on in the list of the objects of the view.
    async fn page(
        &self,
        lens: &Lens,
        search: &Search,
        (pages, path): (&PageBuilder, &str),
        (value, per_group): (Option<&str>, usize),
    ) -> Result<Page<Search>> {
        let mut parameters = self.conditions.sent().clone();
        let told = [("sort", &self.sort), ("fields", &self.fields)];
        let told = told.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.clone()?)));
        parameters.extend(told);
        if let Some(Expand::Uploads) = self.expand {
            parameters.insert("expand".to_owned(), "uploads".to_owned());
        }
        parameters.insert("group".to_owned(), value.unwrap_or_default().to_owned());
        let page = pages.at(path).page("?", (Some(per_group), None), parameters).await?;
        Ok(page.with(lens.group(search.clone(), ("?group", value))?))
    }

    fn per_group(&self) -> Result<usize> {
        let Some(text) = &self.per_group else { return Ok(PER_GROUP_DEFAULT) };
        let is_right = |number: &usize| (1..=PER_GROUP_MAX).contains(number) && number.to_string() == *text;
        let number = text.parse().ok().filter(is_right);
        number.ok_or_else(|| {
            let detail = format!("Send a whole number from 1 to {PER_GROUP_MAX}.");
            Error::invalid(vec![Fault::new("?per_group", Violation::OutOfRange, detail)])
        })
    }
}
