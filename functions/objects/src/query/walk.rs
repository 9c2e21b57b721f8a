//! Walks along a plan: entry by entry, a bounded number of them, and on from where the one before has ended.

use shared::{
    Code, Error, Result,
    object_type::StoredObjectType,
    table::{AttributeValue, Item, Key, Table, When, text},
};

use super::{
    filter::Filter,
    plan::{Place, Plan},
};
use crate::item::partition;

/// What one answer may read: so many entries, round trips, and round trips that DynamoDB cut at 1 MB. Each of the three
/// keeps an answer well below the 29 seconds that API Gateway waits.
const READ_MAX: usize = 10_000;
const TRIPS_MAX: usize = 100;
const CUTS_MAX: usize = 25;

/// How much more is read at once each time that what was read did not suffice.
const GROWTH: usize = 4;

/// Where a cursor keeps the range that the walk is in.
const RANGE: &str = "range";

/// A walk.
pub(super) struct Walk<'a> {
    table: &'a Table,
    partition: String,
    plan: &'a Plan,
    when: Option<When>,
    /// The range that comes next, the key in it to go on behind, and the range that came last.
    range: usize,
    key: Option<Item>,
    last_range: usize,
    batch: usize,
    read: usize,
    trips: usize,
    cuts: usize,
}

impl<'a> Walk<'a> {
    /// A walk that goes on behind a cursor's key, and begins with reading `batch` entries at once.
    pub(super) fn new(
        (table, object_type): (&'a Table, &StoredObjectType),
        plan: &'a Plan,
        filter: Option<&Filter>,
        after: Option<&Item>,
        batch: usize,
    ) -> Result<Self> {
        let live = || [When::Unset("trashed_at".into()), When::Unset("destroyed".into())];
        // The trash's index has keys only: to DynamoDB every value would look missing.
        let pushed = filter.filter(|_| plan.place != Place::Trash).and_then(Filter::pushed);
        let mut whens: Vec<When> = pushed.into_iter().collect();
        if plan.place == Place::Table {
            whens.extend(live());
        }
        let range = after.and_then(|after| text(after, RANGE)?.parse().ok()).unwrap_or_default();
        let mut key = after.cloned().unwrap_or_default();
        key.remove(RANGE);
        // Meanwhile the field may have got another slot.
        if !key.is_empty() && !key.contains_key(&*plan.place.sort_attribute()) {
            return Err(Error::new(
                Code::InvalidCursor,
                "The type has changed: ask for the first page again.",
            ));
        }
        // What lies before the trash has ended meanwhile, and DynamoDB begins nowhere outside of a range.
        if plan.place == Place::Trash && text(&key, "trashed_at") < plan.ranges[0].low.as_deref() {
            key.clear();
        }
        Ok(Self {
            table,
            partition: partition(object_type),
            plan,
            when: (!whens.is_empty()).then_some(When::All(whens)),
            range,
            key: Some(key).filter(|key| !key.is_empty()),
            last_range: range,
            batch,
            read: 0,
            trips: 0,
            cuts: 0,
        })
    }

    /// The next entries that may be meant, perhaps none; `None` at the end, or when enough was read.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Item>>> {
        let Some(range) = self.plan.ranges.get(self.range) else { return Ok(None) };
        if self.read >= READ_MAX || self.trips >= TRIPS_MAX || self.cuts >= CUTS_MAX {
            return Ok(None);
        }
        let place = self.plan.place;
        let limit = self.batch.min(READ_MAX - self.read);
        let (low, high) = (range.low.as_deref(), range.high.as_deref());
        let query = place.query(&self.partition).between(&place.sort_attribute(), low, high);
        let mut query = query.after(self.key.take()).limit(limit);
        if let Some(when) = &self.when {
            query = query.filter(when.clone());
        }
        if self.plan.descending {
            query = query.latest_first();
        }
        let found = self.table.query_once(&query).await?;
        self.trips += 1;
        self.read += found.read;
        self.batch = self.batch.saturating_mul(GROWTH);
        self.last_range = self.range;
        match found.next {
            None => self.range += 1,
            Some(_) if found.read < limit => self.cuts += 1,
            Some(_) => {}
        }
        self.key = found.next;
        Ok(Some(found.items))
    }

    /// The objects of these entries as they are now, read strongly, with the places of the entries. One that is gone or has moved is
    /// left out: what it has become stands where it belongs now.
    pub(super) async fn objects(&mut self, entries: &[&Item]) -> Result<Vec<(usize, Item)>> {
        if self.plan.place == Place::Table {
            return Ok(entries.iter().copied().cloned().enumerate().collect());
        }
        self.trips += 1;
        let items = self.table.get_many(entries.iter().filter_map(|entry| Key::of(entry)).collect()).await?;
        let (by, along) = (self.plan.place.partition_attribute(), self.plan.place.sort_attribute());
        let same = |item: &Item, entry: &Item, name: &str| item.get(name) == entry.get(name);
        let now = |(place, entry): (usize, &&Item)| {
            let item = items.iter().find(|item| same(item, entry, "sk"))?;
            (same(item, entry, by) && same(item, entry, &along)).then(|| (place, item.clone()))
        };
        Ok(entries.iter().enumerate().filter_map(now).collect())
    }

    /// Where to go on behind all that was handed out; `None` at the end.
    pub(super) fn position(&self) -> Option<Item> {
        let is_more = self.range < self.plan.ranges.len();
        is_more.then(|| with_range(self.key.clone().unwrap_or_default(), self.range))
    }

    /// Where to go on behind an entry of those that were handed out last.
    pub(super) fn position_behind(&self, entry: &Item) -> Item {
        let along = self.plan.place.sort_attribute();
        let names = ["pk", "sk", self.plan.place.partition_attribute(), &along];
        let key = names.iter().filter_map(|name| Some(((*name).to_owned(), entry.get(*name)?.clone())));
        with_range(key.collect(), self.last_range)
    }
}

fn with_range(mut key: Item, range: usize) -> Item {
    key.insert(RANGE.to_owned(), AttributeValue::S(range.to_string()));
    key
}
