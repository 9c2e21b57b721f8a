//! Ranges of a calendar: the objects that begin, last or end between two days or moments. A day is a day everywhere; a moment is
//! the same moment whatever zone it is written in.

use api::{Member, extract::PageBuilder};
use base::{Error, Fault, Result, Timestamp, Violation};
use jiff::{Span, civil::Date};
use records::{
    object_type::{Precision, TypeProblem},
    objects::Objects,
};
use schemars::JsonSchema;
use search::{Column, Conditions, Expand, Filter, Predicate};
use serde::{Deserialize, Serialize};

use crate::{
    check::precision_of,
    definition::{DateFields, ViewKind},
    lens::Lens,
    limits::{MAX_DAYS_DEFAULT, RANGE_DAYS_MAX, RANGE_OBJECTS_MAX},
    query::asked,
    shown::{ObjectList, ShownObject},
};

const DAY_SECONDS: i64 = 24 * 60 * 60;
/// The characters of a day.
const DAY_LENGTH: usize = 10;

/// The query of a range of a calendar.
#[derive(Deserialize, JsonSchema)]
pub struct RangeQuery {
    /// The day or moment with which the range begins, such as `2026-11-01` or `2026-11-01T00:00:00+01:00`.
    from: Option<String>,
    /// The day or moment before which it ends, at most 400 days later.
    to: Option<String>,
    /// `true` lists the objects that stand on no day, in the place of a range.
    undated: Option<Undated>,
    /// Of the fields that are shown, those to answer with, joined by commas.
    fields: Option<String>,
    /// `uploads` tells of uploads in the place of their ids.
    expand: Option<Expand>,
    /// `next_cursor` of the part before.
    cursor: Option<String>,
    #[serde(flatten)]
    conditions: Conditions,
}

/// The objects of a part of a range.
#[derive(Serialize, JsonSchema)]
pub struct RangeObjects {
    /// The objects, in the order of their beginnings.
    #[schemars(length(max = RANGE_OBJECTS_MAX))]
    data: Vec<ShownObject>,
    /// What to send as `cursor` for the next part; null on the last one.
    next_cursor: Option<String>,
    /// What is wrong with the view, if something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    problems: Option<Vec<TypeProblem>>,
}

/// Whether objects that stand on no day are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Undated {
    /// They are, and no others.
    True,
    /// They are not.
    False,
}

/// A day or a moment, as it was sent.
#[derive(Clone, Copy, Debug, PartialEq)]
struct When {
    /// The day; of a moment that on which it falls where it was written.
    day: Date,
    /// The moment; of a day its beginning in UTC.
    moment: Timestamp,
}

impl RangeQuery {
    /// Refuses what has no form.
    ///
    /// # Errors
    /// 400 for what is no condition.
    pub fn check_form(&self) -> Result<()> {
        self.conditions.check_form()
    }

    /// The objects in the range, in the order of their beginnings.
    ///
    /// # Errors
    /// 404 when the view is no calendar, 422 for what the caller cannot name and for what is no range.
    pub async fn run(
        &self,
        lens: &Lens,
        (objects, by): (&Objects, &Member),
        pages: PageBuilder,
    ) -> Result<RangeObjects> {
        let dates = match (&lens.view.body.date, lens.view.body.kind) {
            (Some(dates), ViewKind::Calendar) => &dates.part,
            _ => return Err(Error::not_found("calendar: the view is of another kind")),
        };
        let raw = asked(&self.conditions, (None, self.fields.as_deref()), self.expand)?;
        let (search, filter) = match (lens.search(raw), self.filter(lens, dates)) {
            (Ok(search), Ok(filter)) => (search, filter),
            (Err(error), Err(faults)) => {
                return Err(Error::unprocessable([error.faults(), &faults].concat()));
            }
            (Err(error), Ok(_)) => return Err(error),
            (Ok(_), Err(faults)) => return Err(Error::unprocessable(faults)),
        };
        let start = column(lens, dates.start.as_str())?;
        let search = search.and(filter).sorted_by(start);
        let page = pages.page("?", (None, self.cursor.as_deref()), search).await?.of_size(RANGE_OBJECTS_MAX);
        let ObjectList { data, next_cursor, problems } = lens.list(objects, by, &page).await?;
        Ok(RangeObjects { data, next_cursor, problems })
    }

    fn filter(&self, lens: &Lens, dates: &DateFields) -> Result<Filter, Vec<Fault>> {
        let start = lens.own_scope().column("", dates.start.as_str()).map_err(|fault| vec![fault])?;
        if self.undated == Some(Undated::True) {
            let named = [("?from", &self.from), ("?to", &self.to)];
            let faults: Vec<_> = named.into_iter().filter(|(_, text)| text.is_some()).collect();
            let detail = "What stands on no day is in no range.";
            let fault = |(pointer, _): (&str, _)| Fault::new(pointer, Violation::NotPossible, detail);
            let faults: Vec<_> = faults.into_iter().map(fault).collect();
            let filter = Filter::is(&start, Predicate::Empty(true));
            return if faults.is_empty() { Ok(filter) } else { Err(faults) };
        }
        let (from, to) = match (when("?from", self.from.as_deref()), when("?to", self.to.as_deref())) {
            (Ok(from), Ok(to)) => (from, to),
            (from, to) => return Err([from.err(), to.err()].into_iter().flatten().collect()),
        };
        check_length(from, to).map_err(|fault| vec![fault])?;
        let precision = lens.own_scope().field(dates.start.as_str()).map(precision_of).unwrap_or_default();
        let from_key = from.key(precision, 0);
        let before_end = Filter::is(&start, Predicate::Below(to.key(precision, 0)));
        let begins_in = Filter::is(&start, Predicate::AtLeast(from_key.clone()));
        let Some(end) = &dates.end else { return Ok(Filter::All(vec![begins_in, before_end])) };
        let end = lens.own_scope().column("", end.as_str()).map_err(|fault| vec![fault])?;
        let days = i64::from(dates.max_days.unwrap_or(MAX_DAYS_DEFAULT));
        let looked_back = Filter::is(&start, Predicate::AtLeast(from.key(precision, days)));
        let lasts = Filter::Any(vec![begins_in, Filter::is(&end, Predicate::AtLeast(from_key))]);
        Ok(Filter::All(vec![looked_back, before_end, lasts]))
    }
}

fn column(lens: &Lens, name: &str) -> Result<Column> {
    lens.own_scope().column("/date/start", name).map_err(|fault| Error::unprocessable(vec![fault]))
}

fn when(pointer: &str, text: Option<&str>) -> Result<When, Fault> {
    let Some(text) = text else {
        return Err(Fault::new(pointer, Violation::MissingMember, "Say from when to when."));
    };
    let day = text.get(..DAY_LENGTH).and_then(|day| day.parse::<Date>().ok());
    let moment = if text.len() == DAY_LENGTH { format!("{text}T00:00:00Z").parse() } else { text.parse() };
    let read = day.zip(moment.ok()).map(|(day, moment)| When { day, moment });
    let detail = "Send a day such as 2026-11-01, or a moment such as 2026-11-01T00:00:00+01:00.";
    read.ok_or_else(|| Fault::new(pointer, Violation::NotADate, detail))
}

fn check_length(from: When, to: When) -> Result<(), Fault> {
    let seconds = to.moment.seconds() - from.moment.seconds();
    if (1..=RANGE_DAYS_MAX * DAY_SECONDS).contains(&seconds) {
        return Ok(());
    }
    let detail = format!("Send an end behind the beginning, and at most {RANGE_DAYS_MAX} days later.");
    Err(Fault::new("?to", Violation::OutOfRange, detail))
}

impl When {
    /// The key in the index of a field of that precision, so many days before.
    fn key(self, precision: Precision, days_before: i64) -> String {
        match precision {
            Precision::Date => {
                let earlier = self.day.checked_sub(Span::new().days(days_before)).unwrap_or(Date::MIN);
                earlier.to_string()
            }
            Precision::DateTime => {
                self.moment.plus_seconds(-days_before * DAY_SECONDS).to_string().to_lowercase()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_stays_whatever_zone_a_moment_is_written_in() {
        for (text, day, moment) in [
            ("2026-11-01", "2026-11-01", "2026-11-01t00:00:00.000z"),
            ("2026-11-01T00:00:00+14:00", "2026-11-01", "2026-10-31t10:00:00.000z"),
            ("2026-11-01T00:00:00-12:00", "2026-11-01", "2026-11-01t12:00:00.000z"),
        ] {
            let when = when("?from", Some(text)).unwrap();
            assert_eq!(when.key(Precision::Date, 0), day, "{text}");
            assert_eq!(when.key(Precision::DateTime, 0), moment, "{text}");
        }
        let first = when("?from", Some("2026-03-01")).unwrap();
        assert_eq!(first.key(Precision::Date, 1), "2026-02-28");
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in [
            None,
            Some(""),
            Some("2026-13-01"),
            Some("yesterday"),
            Some("2026-11-01 "),
            Some("2026-11-01T10"),
            Some("éééééééééé"),
        ] {
            assert!(when("?from", text).is_err(), "{text:?}");
        }
        let day = |text: &str| when("?from", Some(text)).unwrap();
        assert!(check_length(day("2026-01-01"), day("2027-02-05")).is_ok());
        assert!(check_length(day("2026-01-01"), day("2027-02-06")).is_err());
        assert!(check_length(day("2026-01-01"), day("2026-01-01")).is_err());
    }
}
