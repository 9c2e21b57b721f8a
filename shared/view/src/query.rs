//! What a caller asks of a view.

use base::{
    Result,
    json::{self, Nullable},
};
use schemars::JsonSchema;
use search::{Conditions, Expand, FilterBody, RawQuery};
use serde::Deserialize;

use api::extract::LIMIT_MAX;

/// The query of the objects of a view.
#[derive(Deserialize, JsonSchema)]
pub struct ViewQuery {
    /// The order in the place of that of the view: a searchable field, `created_at` or `updated_at`, with `-` in front from
    /// the last to the first.
    sort: Option<String>,
    /// Of the fields that are shown, those to answer with, joined by commas.
    fields: Option<String>,
    /// `uploads` tells of uploads in the place of their ids.
    expand: Option<Expand>,
    /// The key of one group of the view; empty for the objects without a value.
    pub group: Option<String>,
    #[serde(flatten)]
    conditions: Conditions,
}

/// The query of the objects of a view, as a body.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({"filter": {"field": "amount", "op": "gte", "value": 10}, "limit": 20}))]
pub struct ViewQueryBody {
    /// Which of the objects that the view shows; all if it is left out.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<FilterBody>")]
    filter: Option<FilterBody>,
    /// The order in the place of that of the view.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<String>")]
    sort: Option<String>,
    /// Of the fields that are shown, those to answer with.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Vec<String>>")]
    fields: Option<Vec<String>>,
    /// `uploads` tells of uploads in the place of their ids.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<Expand>")]
    expand: Option<Expand>,
    /// The key of one group of the view; empty for the objects without a value.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<String>")]
    pub group: Option<String>,
    /// The most objects on the page; 50 if it is left out.
    #[schemars(range(min = 1, max = LIMIT_MAX))]
    pub limit: Option<usize>,
    /// `next_cursor` of the page before.
    #[serde(default, deserialize_with = "json::nullable")]
    #[schemars(with = "Nullable<String>")]
    pub cursor: Option<String>,
}

/// The query of what a chart, a number or a dashboard shows.
#[derive(Deserialize, JsonSchema)]
pub struct DataQuery {
    /// Of a dashboard, `next_cursor` of the tiles before.
    pub cursor: Option<String>,
    /// On the fields that are shown; of a dashboard, on the names of its filters.
    #[serde(flatten)]
    pub conditions: Conditions,
}

impl ViewQuery {
    /// What is asked.
    ///
    /// # Errors
    /// 400 for what is no condition.
    pub fn raw(&self) -> Result<RawQuery> {
        asked(&self.conditions, (self.sort.as_deref(), self.fields.as_deref()), self.expand)
    }
}

impl ViewQueryBody {
    /// What is asked.
    ///
    /// # Errors
    /// 400 for what is no condition.
    pub fn raw(&self) -> Result<RawQuery> {
        let raw = RawQuery::of_parts(self.filter.as_ref(), self.sort.as_deref(), self.fields.as_deref())?;
        Ok(raw.expanding(self.expand.map(|expand| expand.asked_at("/expand"))))
    }
}

/// What parameters ask.
pub(crate) fn asked(
    conditions: &Conditions,
    (sort, fields): (Option<&str>, Option<&str>),
    expand: Option<Expand>,
) -> Result<RawQuery> {
    let expand = expand.map(|expand| expand.asked_at("?expand"));
    Ok(conditions.raw(None, sort, fields)?.expanding(expand))
}
