//! Statistics of the numbers of a field, computed from indexes alone.

use api::extract::Page;
use base::{Error, Result};
use records::{
    object_type::{StoredObjectType, Value},
    objects::{Collection, Objects},
};
use schemars::JsonSchema;
use serde::Serialize;
use table::Item;

use crate::{
    filter::Filter,
    measure::{Function, Measure, NumberField, Tally},
    plan::Plan,
    raw_query::RawQuery,
    scan::Scan,
};

/// The size of the first batch of entries.
pub(crate) const BATCH: usize = 1_000;

/// A query of statistics: which objects, which field, which functions.
#[derive(Debug)]
pub struct Statistics {
    filter: Option<Filter>,
    field: Option<NumberField>,
    functions: Vec<Function>,
}

/// Statistics of objects; only those that were asked for. Of no values there is no average, minimum or maximum.
#[derive(Default, Serialize, JsonSchema)]
pub struct Stats {
    /// How many objects there are; with a field, how many have a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<usize>,
    /// The exact sum.
    #[serde(skip_serializing_if = "Option::is_none")]
    sum: Option<Value>,
    /// The average, to 38 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    avg: Option<Option<Value>>,
    /// The least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<Option<Value>>,
    /// The greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<Option<Value>>,
    /// Whether these are all objects. If not, the rest is behind `next_cursor`, for the client to add up.
    complete: bool,
    /// What to send as `cursor` for the next part; null on the last one.
    pub next_cursor: Option<String>,
}

impl Statistics {
    /// Resolves the query against a type; all faults at once if that has no such fields or values.
    ///
    /// # Errors
    /// 422 for what the type has not.
    pub fn of(
        (raw, functions, field): (RawQuery, Vec<Function>, Option<&str>),
        object_type: &StoredObjectType,
    ) -> Result<Self> {
        let field = field.map(|name| NumberField::of(object_type.into(), "?field", name)).transpose();
        match (raw.resolve(object_type), field) {
            (Ok(search), Ok(field)) => Ok(Self { filter: search.filter, field, functions }),
            (Err(error), Ok(_)) => Err(error),
            (Ok(_), Err(fault)) => Err(Error::unprocessable(vec![fault])),
            (Err(error), Err(fault)) => {
                let faults = error.faults().iter().cloned().chain([fault]).collect();
                Err(Error::unprocessable(faults))
            }
        }
    }

    /// The statistics, as far as the budget of one answer goes, and the cursor behind it.
    ///
    /// # Errors
    /// 400 for a cursor of a type that has changed, 503 when the database is busy or away.
    pub async fn run(
        objects: &Objects,
        collection: &Collection,
        page: &Page<Statistics>,
    ) -> Result<(Stats, Option<Item>)> {
        let Statistics { filter, field, functions } = &page.filter;
        let column = field.as_ref().map(|field| &field.column);
        let plan = Plan::of_stats(filter.as_ref(), column);
        let table = (objects.table(), &*collection.stored);
        let mut scan = Scan::new(table, &plan, filter.as_ref(), page.after.as_ref(), BATCH)?;
        let mut tally = Tally::default();
        while let Some(entries) = scan.next().await? {
            for entry in &entries {
                if filter.as_ref().is_none_or(|filter| filter.eval(entry) == Some(true)) {
                    tally.add(entry, column);
                }
            }
        }
        let next = scan.position();
        let stats = Stats { complete: next.is_none(), ..Stats::default() };
        let fill = |stats, function: &Function| tally.fill(stats, *function, field.as_ref());
        Ok((functions.iter().fold(stats, fill), next))
    }
}

impl Tally {
    /// Adds the result of this function.
    fn fill(&self, stats: Stats, function: Function, field: Option<&NumberField>) -> Stats {
        let result = Measure::new(function, field.cloned()).result(self);
        match function {
            Function::Count => Stats { count: Some(self.count()), ..stats },
            Function::Sum => Stats { sum: result, ..stats },
            Function::Avg => Stats { avg: Some(result), ..stats },
            Function::Min => Stats { min: Some(result), ..stats },
            Function::Max => Stats { max: Some(result), ..stats },
        }
    }
}
