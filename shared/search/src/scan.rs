//! Scans along a query plan within a budget per answer; a cursor goes on where the scan before has ended.

use base::{Code, Error, Result};
use records::object_type::StoredObjectType;
use table::{AttributeValue, Condition, Item, Key, ScanBudget, Table, text};

use crate::{
    filter::Filter,
    plan::{AccessPath, Plan},
};
use records::objects::partition;

/// The attribute of a cursor with the index of the range that the scan is in.
const RANGE: &str = "range";

/// A scan.
pub(crate) struct Scan<'a> {
    table: &'a Table,
    partition: String,
    plan: &'a Plan,
    filter: Option<Condition>,
    /// The range that comes next, the key in it to go on behind, and the range that came last.
    range: usize,
    key: Option<Item>,
    last_range: usize,
    batch: usize,
    budget: ScanBudget,
}

impl<'a> Scan<'a> {
    /// A scan that goes on behind a cursor's key, and begins with reading `batch` entries at once.
    pub(crate) fn new(
        (table, object_type): (&'a Table, &StoredObjectType),
        plan: &'a Plan,
        filter: Option<&Filter>,
        after: Option<&Item>,
        batch: usize,
    ) -> Result<Self> {
        let live = || {
            [
                Condition::AttributeMissing("trashed_at".into()),
                Condition::AttributeMissing("destroyed".into()),
            ]
        };
        // The trash's index has keys only: to DynamoDB every value would look missing.
        let pushdown = filter.filter(|_| plan.path != AccessPath::Trash).and_then(Filter::pushdown);
        let mut conditions: Vec<Condition> = pushdown.into_iter().collect();
        if plan.path == AccessPath::Table {
            conditions.extend(live());
        }
        let range = after.and_then(|after| text(after, RANGE)?.parse().ok()).unwrap_or_default();
        let mut key = after.cloned().unwrap_or_default();
        key.remove(RANGE);
        // Meanwhile the field may have got another slot.
        if !key.is_empty() && !key.contains_key(&*plan.path.sort_attribute()) {
            return Err(Error::new(
                Code::InvalidCursor,
                "The type has changed: ask for the first page again.",
            ));
        }
        // The object of the cursor has left the trash meanwhile, and DynamoDB refuses to start outside of the
        // range.
        if plan.path == AccessPath::Trash && text(&key, "trashed_at") < plan.ranges[0].low.as_deref() {
            key.clear();
        }
        Ok(Self {
            table,
            partition: partition(object_type),
            plan,
            filter: (!conditions.is_empty()).then_some(Condition::All(conditions)),
            range,
            key: Some(key).filter(|key| !key.is_empty()),
            last_range: range,
            batch,
            budget: ScanBudget::default(),
        })
    }

    /// The next entries that may match, perhaps none; `None` at the end, or when the budget is spent.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Item>>> {
        let Some(range) = self.plan.ranges.get(self.range) else { return Ok(None) };
        if !self.budget.is_left() {
            return Ok(None);
        }
        let path = self.plan.path;
        let limit = self.budget.limit(&mut self.batch);
        let (low, high) = (range.low.as_deref(), range.high.as_deref());
        let query = path.query(&self.partition).between(&path.sort_attribute(), low, high);
        let mut query = query.after(self.key.take()).limit(limit);
        if let Some(filter) = &self.filter {
            query = query.filter(filter.clone());
        }
        if self.plan.descending {
            query = query.latest_first();
        }
        let found = self.table.query_once(&query).await?;
        self.budget.spend(&found, limit);
        self.last_range = self.range;
        self.range += usize::from(found.next.is_none());
        self.key = found.next;
        Ok(Some(found.items))
    }

    /// The objects of these entries as they are now, read strongly, with the places of the entries. One that is gone or has moved is
    /// left out: what it has become stands where it belongs now.
    pub(crate) async fn objects(&mut self, entries: &[&Item]) -> Result<Vec<(usize, Item)>> {
        if self.plan.path == AccessPath::Table {
            return Ok(entries.iter().copied().cloned().enumerate().collect());
        }
        self.budget.spend_round_trip();
        let items = self.table.get_many(entries.iter().filter_map(|entry| Key::of(entry)).collect()).await?;
        let (partition, sort) = (self.plan.path.partition_attribute(), self.plan.path.sort_attribute());
        let same = |item: &Item, entry: &Item, name: &str| item.get(name) == entry.get(name);
        let now = |(index, entry): (usize, &&Item)| {
            let item = items.iter().find(|item| same(item, entry, "sk"))?;
            (same(item, entry, partition) && same(item, entry, &sort)).then(|| (index, item.clone()))
        };
        Ok(entries.iter().enumerate().filter_map(now).collect())
    }

    /// The cursor behind all entries that were returned; `None` at the end.
    pub(crate) fn position(&self) -> Option<Item> {
        let is_more = self.range < self.plan.ranges.len();
        is_more.then(|| with_range(self.key.clone().unwrap_or_default(), self.range))
    }

    /// The cursor behind one of the entries that were returned last.
    pub(crate) fn position_behind(&self, entry: &Item) -> Item {
        let sort = self.plan.path.sort_attribute();
        let names = ["pk", "sk", self.plan.path.partition_attribute(), &sort];
        let key = names.iter().filter_map(|name| Some(((*name).to_owned(), entry.get(*name)?.clone())));
        with_range(key.collect(), self.last_range)
    }
}

fn with_range(mut key: Item, range: usize) -> Item {
    key.insert(RANGE.to_owned(), AttributeValue::S(range.to_string()));
    key
}
