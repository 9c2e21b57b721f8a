//! Dates that stand together: the day, week, month, quarter or year that one falls into. A day is a day everywhere; a moment
//! falls on a day by a time zone.

use jiff::{Timestamp as Moment, civil::Date, tz::TimeZone};

use crate::definition::DateBucket;

/// The months of a quarter.
const QUARTER: i8 = 3;

/// Whether there is a time zone of that name.
pub(crate) fn is_zone(name: &str) -> bool {
    TimeZone::get(name).is_ok()
}

/// The time zone of that name, or UTC.
pub(crate) fn zone(name: Option<&str>) -> TimeZone {
    name.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
}

impl DateBucket {
    /// The name of what a date or a moment falls into; of a week the day on which it begins.
    pub(crate) fn name(self, date: &str, zone: &TimeZone) -> Option<String> {
        let day = match date.parse::<Moment>() {
            Ok(moment) => zone.to_datetime(moment).date(),
            Err(_) => date.parse::<Date>().ok()?,
        };
        Some(match self {
            Self::Day => day.to_string(),
            Self::Week => {
                let since_monday = i64::from(day.weekday().to_monday_zero_offset());
                day.checked_sub(jiff::Span::new().days(since_monday)).ok()?.to_string()
            }
            Self::Month => format!("{:04}-{:02}", day.year(), day.month()),
            Self::Quarter => format!("{:04}-Q{}", day.year(), (day.month() - 1) / QUARTER + 1),
            Self::Year => format!("{:04}", day.year()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_a_day_and_a_moment_falls_on_one_by_its_zone() {
        let berlin = zone(Some("Europe/Berlin"));
        for (bucket, date, expected) in [
            (DateBucket::Day, "2026-11-30", "2026-11-30"),
            (DateBucket::Week, "2026-11-29", "2026-11-23"),
            (DateBucket::Week, "2026-11-30", "2026-11-30"),
            (DateBucket::Month, "2026-11-30", "2026-11"),
            (DateBucket::Quarter, "2026-03-31", "2026-Q1"),
            (DateBucket::Quarter, "2026-10-01", "2026-Q4"),
            (DateBucket::Year, "2026-10-01", "2026"),
            // Berlin is an hour ahead in winter, and two in summer.
            (DateBucket::Day, "2026-10-24T22:30:00.000Z", "2026-10-25"),
            (DateBucket::Day, "2026-10-25T22:30:00.000Z", "2026-10-25"),
            (DateBucket::Day, "2026-10-25T23:00:00.000Z", "2026-10-26"),
            (DateBucket::Year, "2026-12-31T23:30:00.000Z", "2027"),
        ] {
            assert_eq!(bucket.name(date, &berlin).as_deref(), Some(expected), "{bucket:?} {date}");
        }
        assert_eq!(DateBucket::Year.name("2026-12-31T23:30:00.000Z", &zone(None)).as_deref(), Some("2026"));
        assert_eq!(DateBucket::Day.name("0001", &zone(None)), None);
        assert!(is_zone("America/New_York") && !is_zone("Europe/Atlantis"));
    }
}
