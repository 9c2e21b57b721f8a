//! A database of one size: how it is made, where it lies, and where its lists are entered.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use base::{Timestamp, id::ObjectId};
use table::{Table, aws};

use super::{
    fill::fill,
    item_template::{ItemTemplate, person},
    walk::WALK_PAGE,
};
use crate::{
    connection::{EngineConnection, Heard, text},
    fixture::Fixture,
    place::Place,
    scratch::Scratch,
};

/// Between the making of two objects.
const STEP_MILLIS: i64 = 5;
/// How many of the objects that were written are looked at.
const LOOKS: usize = 25;
/// As deep as a sorted list is walked.
const DEPTH_MAX: usize = 100_000;

/// Where pages begin that no number leads to.
pub(super) struct Cursors {
    /// Of the last page in the order of creation.
    pub(super) last: String,
    /// Of a page deep in a list that is sorted by a field.
    pub(super) deep: String,
}

/// A database with so many objects of one type.
pub(super) struct SizedDatabase {
    pub(super) place: Place,
    /// What belongs to the type, at no address yet.
    fixture: Fixture,
    /// The objects by their numbers, in the order of creation.
    pub(super) ids: Arc<[ObjectId]>,
    pub(super) cursors: Cursors,
    /// Requests so far.
    pub(super) turns: usize,
    /// How long the objects were written.
    pub(super) filled: Duration,
    /// How long an engine took to start on it.
    pub(super) started: Duration,
    /// How long it took to see all objects, page by page.
    pub(super) walked: Duration,
    /// The bytes of the database.
    pub(super) bytes: u64,
}

impl SizedDatabase {
    /// Sets it up with that many objects below the scratch directory.
    pub(super) async fn set_up(engine: &Path, size: usize, scratch: &Scratch) -> anyhow::Result<Self> {
        ensure!(
            size >= 2 * WALK_PAGE && size.is_multiple_of(WALK_PAGE),
            "a size is a multiple of {WALK_PAGE}, from 200"
        );
        let place = Place::new(scratch, size)?;
        let mut heard = Heard::open(engine, &place, "first").await?;
        let fixture = Fixture::set_up(&heard.line.address, &format!("scale-{size}")).await?;
        let (ids, filled) = filled(&mut heard, &fixture, &place.file()?, size).await?;
        let bytes = place.bytes()?;
        let cursors = Cursors { last: String::new(), deep: String::new() };
        let (started, walked) = Default::default();
        Ok(Self { place, fixture, ids, cursors, turns: 0, filled, started, walked, bytes })
    }

    /// How many objects there were in the beginning.
    pub(super) fn size(&self) -> usize {
        self.ids.len()
    }

    /// What belongs to the type, through that engine.
    pub(super) fn fixture(&self, line: &EngineConnection) -> Fixture {
        Fixture { address: line.address.clone(), ..self.fixture.clone() }
    }

    /// Goes through all objects in the order of creation, and deep into a sorted list.
    pub(super) async fn walk(&mut self, line: &mut EngineConnection) -> anyhow::Result<()> {
        let (fixture, size, started) = (self.fixture(line), self.size(), Instant::now());
        self.cursors.last = line.walk(&fixture, ("", size), Some(&self.ids)).await?;
        self.walked = started.elapsed();
        self.cursors.deep = line.walk(&fixture, ("&sort=amount", size.min(DEPTH_MAX)), None).await?;
        Ok(())
    }
}

/// Has the API make the last object, writes all before it in the same form, and makes sure that the API knows them.
async fn filled(
    Heard { line, database, .. }: &mut Heard,
    fixture: &Fixture,
    file: &Path,
    size: usize,
) -> anyhow::Result<(Arc<[ObjectId]>, Duration)> {
    let client = aws::dynamodb(&database.config())?;
    let [workspace, objects] = ["workspace", "objects"].map(|name| Table::new(client.clone(), name));
    let create = fixture.request("POST", &fixture.objects(""), Some(&person(size - 1, 0, size)?))?;
    let made = line.asked(create).await?;
    let last = ObjectId::parse(&text(&made, "id")?).context("a created object has no id")?;
    let template = ItemTemplate::take(&workspace, &objects, fixture, &last).await?;
    template.compare(&objects, &last, &person(size - 1, 0, size)?).await?;
    let ids: Arc<[ObjectId]> = ids_before(&last, size)?.into_iter().chain([last]).collect();
    let started = Instant::now();
    let template = fill(file, template, &ids).await?;
    let filled = started.elapsed();
    for look in 0..LOOKS {
        let number = look * (size - 1) / (LOOKS - 1);
        template.compare(&objects, &ids[number], &person(number, 0, size)?).await?;
        line.knows(fixture, number, &ids).await?;
    }
    Ok((ids, filled))
}

/// Ids of objects that were made one after the other, before this one.
fn ids_before(last: &ObjectId, size: usize) -> anyhow::Result<Vec<ObjectId>> {
    let end = last.made_at().context("an id tells no time")?.millis();
    let id = |number: usize| {
        let before = i64::try_from(size - 1 - number).ok()?.checked_mul(STEP_MILLIS)?;
        Some(ObjectId::at(Timestamp::from_millis(end - before)?))
    };
    (0..size - 1).map(id).collect::<Option<_>>().context("there are too many objects")
}
