//! Measures of objects: how many there are, and their numbers added up, exactly.

use std::num::NonZeroU64;

use base::{Fault, Violation};
use bigdecimal::{BigDecimal, RoundingMode, Zero as _};
use records::object_type::{Value, check_value, decimal_of_key};
use schemars::JsonSchema;
use serde::{
    Deserialize, Serialize,
    de::{IntoDeserializer, value},
};
use serde_json::value::to_raw_value;
use table::Item;

use crate::{
    column::{Column, Scope},
    operator::Kind,
};

/// How many digits an average has at the most.
const AVERAGE_DIGITS: NonZeroU64 = NonZeroU64::MIN.saturating_add(37);

/// The aggregate functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "AggregateFunction")]
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

/// A field with numbers, and a number of its own form.
#[derive(Clone, Debug)]
pub(crate) struct NumberField {
    pub(crate) column: Column,
    zero: Value,
}

/// A function of a field, or the count of objects.
#[derive(Clone, Debug)]
pub struct Measure {
    function: Function,
    field: Option<NumberField>,
}

/// The running aggregates.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    count: usize,
    sum: BigDecimal,
    least: Option<String>,
    greatest: Option<String>,
}

impl Function {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
        }
    }

    /// The function of that name.
    pub fn parse(name: &str) -> Option<Self> {
        let name: value::StrDeserializer<'_, value::Error> = name.into_deserializer();
        Self::deserialize(name).ok()
    }
}

impl NumberField {
    /// The field of that name, whose place this is.
    pub(crate) fn of(scope: Scope<'_>, pointer: &str, name: &str) -> Result<Self, Fault> {
        let column = scope.column(pointer, name)?;
        let zero = match scope.field(name).filter(|field| Kind::of(field) == Kind::Number) {
            Some(field) => to_raw_value(&0).ok().and_then(|zero| check_value(field, pointer, &zero).ok()?),
            None => None,
        };
        let refusal =
            || Fault::new(pointer, Violation::NotPossible, "Only fields with numbers have statistics.");
        zero.map(|zero| Self { column, zero }).ok_or_else(refusal)
    }
}

impl Measure {
    /// That function of the field which is named there.
    ///
    /// # Errors
    /// The fault of a field that is not there or has no numbers, or of a function that needs one.
    pub fn of(
        scope: Scope<'_>,
        function: Function,
        (pointer, field): (&str, Option<&str>),
    ) -> Result<Self, Fault> {
        let field = field.map(|name| NumberField::of(scope, pointer, name)).transpose()?;
        if field.is_none() && function != Function::Count {
            let detail = "Say of which field: all but count are of numbers.";
            return Err(Fault::new(pointer, Violation::MissingMember, detail));
        }
        Ok(Self::new(function, field))
    }

    /// A measure as a text: `count`, or a function and a field such as `sum:amount`.
    ///
    /// # Errors
    /// As [`Measure::of`], or that it is none.
    pub fn parse(scope: Scope<'_>, pointer: &str, text: &str) -> Result<Self, Fault> {
        let (function, field) = split(text);
        let function = Function::parse(function).ok_or_else(|| {
            let detail = "Write count, or one of sum, avg, min and max with a field, as sum:amount.";
            Fault::new(pointer, Violation::Invalid, detail)
        })?;
        Self::of(scope, function, (pointer, field))
    }

    /// The field in the text of a measure.
    pub fn field_in(text: &str) -> Option<&str> {
        split(text).1
    }

    /// The result, as the field writes its values; none where there are no values.
    pub fn result(&self, tally: &Tally) -> Option<Value> {
        let field = self.field.as_ref();
        let of_key = |key: &Option<String>| Some(written(&decimal_of_key(key.as_deref()?)?, field));
        match self.function {
            Function::Count => Some(Value::Decimal(tally.count.to_string())),
            Function::Sum => Some(written(&tally.sum, field)),
            Function::Avg => tally.average().map(|average| written(&average, field)),
            Function::Min => of_key(&tally.least),
            Function::Max => of_key(&tally.greatest),
        }
    }

    /// What results are in order by.
    pub fn order_key(&self, tally: &Tally) -> Option<BigDecimal> {
        match self.function {
            Function::Count => Some(BigDecimal::from(u64::try_from(tally.count).ok()?)),
            Function::Sum => Some(tally.sum.clone()),
            Function::Avg => tally.average(),
            Function::Min => decimal_of_key(tally.least.as_deref()?),
            Function::Max => decimal_of_key(tally.greatest.as_deref()?),
        }
    }

    pub(crate) fn new(function: Function, field: Option<NumberField>) -> Self {
        Self { function, field }
    }

    pub(crate) fn column(&self) -> Option<&Column> {
        self.field.as_ref().map(|field| &field.column)
    }
}

fn split(text: &str) -> (&str, Option<&str>) {
    text.split_once(':').map_or((text, None), |(function, field)| (function, Some(field)))
}

impl Tally {
    /// How many were added.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Adds the object of an entry; of a field, if it has a value.
    pub(crate) fn add(&mut self, entry: &Item, column: Option<&Column>) {
        let Some(column @ Column::Field(..)) = column else {
            self.count += 1;
            return;
        };
        let key = column.key_of(entry).flatten();
        let Some((key, number)) = key.and_then(|key| decimal_of_key(&key).map(|number| (key, number))) else {
            return;
        };
        self.count += 1;
        self.sum += number;
        if self.least.as_deref().is_none_or(|least| *key < *least) {
            self.least = Some(key.to_string());
        }
        if self.greatest.as_deref().is_none_or(|greatest| *key > *greatest) {
            self.greatest = Some(key.into_owned());
        }
    }

    /// Adds those that another one has added.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += &other.sum;
        self.least = [&self.least, &other.least].into_iter().flatten().min().cloned();
        self.greatest = [&self.greatest, &other.greatest].into_iter().flatten().max().cloned();
    }

    fn average(&self) -> Option<BigDecimal> {
        let count = u64::try_from(self.count).ok().filter(|count| *count > 0)?;
        let average = &self.sum / BigDecimal::from(count);
        Some(average.with_precision_round(AVERAGE_DIGITS, RoundingMode::HalfEven))
    }
}

/// The number as the field writes its own, without zeros that mean nothing: keys do not tell them.
fn written(number: &BigDecimal, field: Option<&NumberField>) -> Value {
    let digits = if number.is_zero() { "0".to_owned() } else { number.normalized().to_plain_string() };
    match field.map(|field| &field.zero) {
        Some(Value::Money { currency, .. }) => Value::Money { amount: digits, currency: currency.clone() },
        _ => Value::Decimal(digits),
    }
}
