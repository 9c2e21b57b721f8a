//! The requests that are to take as long in a large type as in a small one.

use anyhow::{Context as _, ensure};
use hyper::{Request, Response, body::Bytes};
use serde_json::{Value, json};

use super::{
    item_template::{SHARING, address, amount, day, person},
    sized_database::SizedDatabase,
    walk::PAGE,
};
use crate::fixture::Fixture;

/// A kind of request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    First,
    Last,
    LastByCursor,
    DeepInSorted,
    Shared,
    Third,
    Span,
    Unique,
    Read,
    UpsertKnown,
    Patch,
    Create,
    UpsertNew,
}

impl Shape {
    pub(super) const ALL: [Self; 13] = [
        Self::First,
        Self::Last,
        Self::LastByCursor,
        Self::DeepInSorted,
        Self::Shared,
        Self::Third,
        Self::Span,
        Self::Unique,
        Self::Read,
        Self::UpsertKnown,
        Self::Patch,
        Self::Create,
        Self::UpsertNew,
    ];

    /// Whether it changes anything.
    pub(super) fn writes(self) -> bool {
        matches!(self, Self::UpsertKnown | Self::Patch | Self::Create | Self::UpsertNew)
    }

    /// How the tables call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::First => "first page",
            Self::Last => "last page, `sort=-created_at`",
            Self::LastByCursor => "last page, by cursor",
            Self::DeepInSorted => "page at the end or 100,000 deep, `sort=amount`, by cursor",
            Self::Shared => "filter `eq`, 50 match",
            Self::Third => "filter `eq`, a third of all match",
            Self::Span => "filter of a range, 50 match, sorted by it",
            Self::Unique => "filter `eq`, unique field",
            Self::Read => "read",
            Self::UpsertKnown => "upsert that changes 3 searchable fields",
            Self::Patch => "patch of one searchable field",
            Self::Create => "create",
            Self::UpsertNew => "upsert that creates",
        }
    }

    /// The request for the so-manieth time, through the address of this fixture.
    pub(super) fn request(
        self,
        sized: &SizedDatabase,
        fixture: &Fixture,
        turn: usize,
    ) -> anyhow::Result<Request<Bytes>> {
        let size = sized.size();
        let (known, new) = (scattered(turn, size), size + turn);
        // With one more than there are, the last page says that it is the last.
        let limit = if self == Self::LastByCursor { PAGE + 1 } else { PAGE };
        let list =
            |query: String| fixture.request("GET", &fixture.objects(&format!("?limit={limit}{query}")), None);
        let upsert = |body: Value| fixture.request("PUT", &fixture.objects("?match=email"), Some(&body));
        let at = || fixture.objects(&format!("/{}", sized.ids[known]));
        match self {
            Self::First => list(String::new()),
            Self::Last => list("&sort=-created_at".to_owned()),
            Self::LastByCursor => list(format!("&cursor={}", sized.cursors.last)),
            Self::DeepInSorted => list(format!("&sort=amount&cursor={}", sized.cursors.deep)),
            Self::Shared => list(format!("&filter[since][eq]={}", day(known, size)?)),
            Self::Third => list("&filter[state][eq]=won".to_owned()),
            Self::Span => {
                let low = scattered(turn, size - PAGE);
                let (low, high) = (amount(low), amount(low + PAGE - 1));
                list(format!("&filter[amount][gte]={low}&filter[amount][lte]={high}&sort=-amount"))
            }
            Self::Unique => list(format!("&filter[email][eq]={}", address(known))),
            Self::Read => fixture.request("GET", &at(), None),
            Self::UpsertKnown => upsert(person(known, 1 + turn % 9, size)?),
            Self::Patch => {
                let fields = json!({ "fields": { "amount": amount(known) + turn % 10 } });
                fixture.request("PATCH", &at(), Some(&fields))
            }
            Self::Create => fixture.request("POST", &fixture.objects(""), Some(&person(new, 0, size)?)),
            Self::UpsertNew => upsert(person(new, 0, size)?),
        }
    }

    /// Whether it was answered with what must be found or done.
    pub(super) fn check(self, answer: &Response<Bytes>) -> anyhow::Result<()> {
        let (status, text) = (answer.status().as_u16(), String::from_utf8_lossy(answer.body()));
        let due = if matches!(self, Self::Create | Self::UpsertNew) { 201 } else { 200 };
        ensure!(status == due, "{} was answered {status}: {text}", self.name());
        let Some(count) = self.count() else { return Ok(()) };
        let body: Value = serde_json::from_slice(answer.body())?;
        let found = body["data"].as_array().context("a list has no data")?.len();
        ensure!(found == count, "{} found {found} objects and not {count}", self.name());
        let is_end = body["next_cursor"].is_null();
        ensure!(self != Self::LastByCursor || is_end, "there is a page behind the last one");
        Ok(())
    }

    /// How many objects it finds, if it is a list.
    fn count(self) -> Option<usize> {
        match self {
            Self::Shared => Some(SHARING),
            Self::Unique => Some(1),
            Self::Read => None,
            _ if self.writes() => None,
            _ => Some(PAGE),
        }
    }
}

/// A number below the bound, each time somewhere else.
fn scattered(turn: usize, bound: usize) -> usize {
    turn.wrapping_mul(2_654_435_761) % bound
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_are_scattered_over_all_there_are() {
        for bound in [1_000, 100_000, 1_000_000] {
            let numbers: BTreeSet<_> = (0..1_000).map(|turn| scattered(turn, bound)).collect();
            assert_eq!(numbers.len(), 1_000);
            assert!(numbers.first() < Some(&(bound / 100)) && numbers.last() > Some(&(bound - bound / 100)));
        }
    }

    #[test]
    fn as_many_objects_share_a_day_and_an_amount_lies_in_a_span_in_every_size() {
        for size in [1_000, 20_000] {
            let same = |number: usize| {
                (0..size).filter(|other| day(*other, size).unwrap() == day(number, size).unwrap()).count()
            };
            assert_eq!([same(0), same(7), same(size - 1)], [SHARING; 3]);
        }
        let later: BTreeSet<_> = (1_000..3_000).map(|number| day(number, 1_000).unwrap()).collect();
        assert!((0..1_000).all(|number| !later.contains(&day(number, 1_000).unwrap())));
        assert_eq!(person(7, 0, 1_000).unwrap()["fields"]["amount"], amount(7));
    }
}
