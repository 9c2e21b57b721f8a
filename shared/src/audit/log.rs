//! Asking the audit log: the latest first, narrowed, a part at a time.

use super::{
    Entry, Event, Kind,
    item::{is_kept, key},
    walk::Walk,
};
use crate::{
    clock::Clock,
    error::Result,
    id::{ObjectTypeId, TeamId, UserId},
    platform::Platform,
    table::{AttributeValue, Condition, Item, Key, Table, Write, text},
    timestamp::Timestamp,
};

/// The most entries that are read whole together, each of which may have 300 KB.
const CHUNK_MAX: usize = 25;
/// The bytes after which a part ends: an answer of Lambda has 6 MB at the most.
const PART_SIZE: usize = 1_000_000;

/// Which entries are meant: those for which all of this holds.
#[derive(Clone, Debug, Default)]
pub struct Narrowing {
    /// Who did it.
    pub user: Option<UserId>,
    /// What happened.
    pub event: Option<Event>,
    /// What sort of thing it happened to.
    pub kind: Option<Kind>,
    /// The object type: of objects, and the type itself.
    pub object_type: Option<ObjectTypeId>,
    /// What it happened to, by its id.
    pub subject: Option<String>,
    /// Not before this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// A part, without case, of what people call the thing, the person or the token.
    pub words: Option<String>,
}

/// Some entries, and where to go on if there may be more.
pub struct Part {
    /// The entries, the latest first.
    pub entries: Vec<Entry>,
    /// What to give as `after` for the next part.
    pub next: Option<Item>,
}

/// The audit logs of all teams.
#[derive(Clone)]
pub struct Log {
    activity: Table,
    clock: Clock,
}

impl Log {
    /// The logs of the platform.
    pub fn new(platform: &Platform) -> Self {
        let Platform { activity, clock, .. } = platform.clone();
        Self { activity, clock }
    }

    /// The write of an entry that is not there yet. It is kept until that moment, in seconds since 1970.
    ///
    /// # Errors
    /// 500: an entry can always be written.
    pub fn put(&self, team: &TeamId, entry: &Entry, expires: i64) -> Result<Write> {
        let write = self.activity.put_item(key(team, &entry.id), entry.to_item(team, expires)?);
        Ok(write.when(Condition::ItemMissing))
    }

    /// Entries of a team, behind those that were told before. A part may be short, or empty, and lead on: one answer
    /// reads only so much.
    ///
    /// # Errors
    /// 503 when the database is busy or away.
    pub async fn part(
        &self,
        team: &TeamId,
        narrowing: &Narrowing,
        after: Option<&Item>,
        limit: usize,
    ) -> Result<Part> {
        let mut walk =
            Walk::new(&self.activity, team, narrowing, after.and_then(|after| text(after, "sk")), limit);
        let (mut entries, mut size, now) = (Vec::new(), 0, self.clock.now());
        loop {
            let places = walk.take((limit - entries.len()).min(CHUNK_MAX)).await?;
            if places.is_empty() {
                return Ok(Part { entries, next: walk.position().map(position) });
            }
            let items = self.whole(places).await?;
            for (place, item) in items.iter().enumerate().filter(|(_, item)| is_kept(item, now)) {
                let entry = Entry::from_item(item)?;
                let reached = entry.id.to_string();
                size += text(item, "entry").map_or(0, str::len);
                entries.push(entry);
                if entries.len() == limit || size > PART_SIZE {
                    let is_last = place + 1 == items.len() && walk.is_over();
                    return Ok(Part { entries, next: (!is_last).then(|| position(reached)) });
                }
            }
        }
    }

    /// The whole items of these places, in their order. One that is gone is left out.
    async fn whole(&self, places: Vec<Item>) -> Result<Vec<Item>> {
        if places.iter().all(|place| place.contains_key("entry")) {
            return Ok(places);
        }
        let mut items = self.activity.get_many(places.iter().filter_map(Key::of).collect()).await?;
        items.sort_by(|one, other| text(other, "sk").cmp(&text(one, "sk")));
        Ok(items)
    }
}

impl Entry {
    /// What to give as `after` for what lies behind this entry.
    pub fn position(&self) -> Item {
        position(self.id.to_string())
    }
}

/// Where a part ends.
fn position(sk: String) -> Item {
    [("sk".to_owned(), AttributeValue::S(sk))].into()
}
