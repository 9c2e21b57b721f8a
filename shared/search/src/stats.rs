//! Statistics of the numbers of a field, computed from indexes alone.

use std::num::NonZeroU64;

use api::extract::Page;
use base::{Error, Fault, Result, Violation, text::Slug};
use bigdecimal::{BigDecimal, RoundingMode, Zero as _};
use records::object_type::{StoredObjectType, Value, check_value, decimal_of_key};
use schemars::JsonSchema;
use serde::{
    Deserialize, Serialize,
    de::{IntoDeserializer, value},
};
use serde_json::value::to_raw_value;
use table::{Item, text};

use crate::{
    column::resolve_column,
    filter::{Column, Filter},
    operator::Kind,
    plan::Plan,
    raw_query::RawQuery,
    scan::Scan,
};
use records::objects::{Collection, Objects};

/// The size of the first batch of entries.
const BATCH: usize = 1_000;
/// How many digits an average has at the most.
const AVERAGE_DIGITS: NonZeroU64 = NonZeroU64::MIN.saturating_add(37);

/// The aggregate functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Function {
    /// How many.
    Count,
    /// The exact sum.
    Sum,
    /// The average.
    Avg,
    /// The least.
    Min,
    /// The greatest.
    Max,
}

/// A query of statistics: which objects, which field, which functions.
#[derive(Debug)]
pub struct Statistics {
    filter: Option<Filter>,
    field: Option<NumberField>,
    functions: Vec<Function>,
}

/// A field with numbers, and a number of its own form.
#[derive(Debug)]
struct NumberField {
    column: Column,
    zero: Value,
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

/// The running aggregates.
#[derive(Default)]
struct Tally {
    count: usize,
    sum: BigDecimal,
    least: Option<String>,
    greatest: Option<String>,
}

impl Function {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let name: value::StrDeserializer<'_, value::Error> = name.into_deserializer();
        Self::deserialize(name).ok()
    }
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
        let field = field.map(|name| number_field(object_type, name)).transpose();
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
}

fn number_field(object_type: &StoredObjectType, name: &str) -> Result<NumberField, Fault> {
    let column = resolve_column(object_type, "?field", name)?;
    let zero = match object_type.object_type.field(name).filter(|field| Kind::of(field) == Kind::Number) {
        Some(field) => to_raw_value(&0).ok().and_then(|zero| check_value(field, "?field", &zero).ok()?),
        None => None,
    };
    let refusal =
        || Fault::new("?field", Violation::NotPossible, "Only fields with numbers have statistics.");
    zero.map(|zero| NumberField { column, zero }).ok_or_else(refusal)
}

impl Statistics {
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
        let written = |number: &BigDecimal| written(number, field.as_ref());
        Ok((functions.iter().fold(stats, |stats, function| tally.fill(stats, *function, &written)), next))
    }
}

impl Tally {
    fn add(&mut self, entry: &Item, column: Option<&Column>) {
        let Some(Column::Field(slug, _)) = column else {
            self.count += 1;
            return;
        };
        let Some((key, number)) = key_of(entry, slug).and_then(|key| Some((key, decimal_of_key(key)?)))
        else {
            return;
        };
        self.count += 1;
        self.sum += number;
        if self.least.as_deref().is_none_or(|least| key < least) {
            self.least = Some(key.to_owned());
        }
        if self.greatest.as_deref().is_none_or(|greatest| key > greatest) {
            self.greatest = Some(key.to_owned());
        }
    }

    /// Adds the result of this function.
    fn fill(&self, stats: Stats, function: Function, written: &dyn Fn(&BigDecimal) -> Value) -> Stats {
        let of_key = |key: &Option<String>| key.as_deref().and_then(decimal_of_key).as_ref().map(written);
        match function {
            Function::Count => Stats { count: Some(self.count), ..stats },
            Function::Sum => Stats { sum: Some(written(&self.sum)), ..stats },
            Function::Avg => Stats { avg: Some(self.average().as_ref().map(written)), ..stats },
            Function::Min => Stats { min: Some(of_key(&self.least)), ..stats },
            Function::Max => Stats { max: Some(of_key(&self.greatest)), ..stats },
        }
    }

    fn average(&self) -> Option<BigDecimal> {
        let count = u64::try_from(self.count).ok().filter(|count| *count > 0)?;
        let average = &self.sum / BigDecimal::from(count);
        Some(average.with_precision_round(AVERAGE_DIGITS, RoundingMode::HalfEven))
    }
}

fn key_of<'a>(entry: &'a Item, slug: &Slug) -> Option<&'a str> {
    text(entry.get("q")?.as_m().ok()?, slug.as_str())
}

/// The number as the field writes its own, without zeros that mean nothing: keys do not tell them.
fn written(number: &BigDecimal, field: Option<&NumberField>) -> Value {
    let digits = if number.is_zero() { "0".to_owned() } else { number.normalized().to_plain_string() };
    match field.map(|field| &field.zero) {
        Some(Value::Money { currency, .. }) => Value::Money { amount: digits, currency: currency.clone() },
        _ => Value::Decimal(digits),
    }
}
