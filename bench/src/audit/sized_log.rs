//! A team with a log of one size, and the engines that are asked for it.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use base::{
    Timestamp,
    id::{ObjectId, ObjectTypeId, TeamId, UserId},
};
use serde_json::Value;

use super::{
    fill::fill,
    log_profile::{BUSY, LogProfile, PERIOD},
};
use crate::{
    connection::{Heard, text},
    fixture::{Fixture, contact},
    place::Place,
    scratch::Scratch,
};

/// Entries of a page, as long as nobody asks for others.
pub(super) const PAGE: usize = 50;
/// Which page is deep.
const DEEP_PAGE: usize = 20;

/// Between two looks at whether what the API did is told, and so many looks that see the same mean that it is.
const POLL_INTERVAL: Duration = Duration::from_millis(250);
const LOOKS_SAME: usize = 8;
/// A minute.
const LOOKS_MAX: usize = 240;

/// A team with so many entries in its log, besides the few that tell how it was made.
pub(super) struct SizedLog {
    pub(super) heard: Heard,
    /// What belongs to the team, at no address yet.
    fixture: Fixture,
    pub(super) profile: Arc<LogProfile>,
    /// Where a page deep in the log begins.
    pub(super) deep: String,
    /// Where the second page of what one person did begins.
    pub(super) next_by_user: String,
    /// How long the log was written.
    pub(super) filled: Duration,
    /// The bytes of the database.
    pub(super) bytes: u64,
}

impl SizedLog {
    /// Sets it up with that many entries below the scratch directory.
    pub(super) async fn set_up(engine: &Path, size: usize, scratch: &Scratch) -> anyhow::Result<Self> {
        ensure!(size >= PERIOD && size.is_multiple_of(PERIOD), "a size is a multiple of {PERIOD}");
        let place = Place::new(scratch, size)?;
        let mut heard = Heard::open(engine, &place, "log").await?;
        let begun = Timestamp::now();
        // As long in every size, for the entries that tell of it.
        let fixture = Fixture::set_up(&heard.line.address, &format!("audit-{size:09}")).await?;
        let create = fixture.request("POST", &fixture.objects(""), Some(&contact(0, 0)))?;
        let object = text(&heard.line.asked(create).await?, "id")?;
        told(&mut heard, &fixture, &object).await?;
        let profile =
            Arc::new(profile((size, begun), &fixture, &object).context("an id of the API is none")??);
        let started = Instant::now();
        fill(&place, &profile).await?;
        let (filled, bytes) = (started.elapsed(), place.bytes()?);
        let deep = cursor(&mut heard, &fixture, ("", DEEP_PAGE)).await?;
        let by_user = format!("&user={}", profile.user(BUSY));
        let next_by_user = cursor(&mut heard, &fixture, (&by_user, 2)).await?;
        Ok(Self { heard, fixture, profile, deep, next_by_user, filled, bytes })
    }

    /// What belongs to the team, through the engine at that address.
    pub(super) fn fixture(&self, address: &str) -> Fixture {
        Fixture { address: address.to_owned(), ..self.fixture.clone() }
    }
}

fn profile(
    (size, begun): (usize, Timestamp),
    fixture: &Fixture,
    object: &str,
) -> Option<anyhow::Result<LogProfile>> {
    let team = (TeamId::parse(&fixture.team)?, UserId::parse(&fixture.user)?);
    let object = (ObjectTypeId::parse(&fixture.object_type)?, ObjectId::parse(object)?);
    Some(LogProfile::new((size, begun), team, object))
}

/// Waits until the relay has told of all that was made, so that nothing comes between pages later.
async fn told(heard: &mut Heard, fixture: &Fixture, object: &str) -> anyhow::Result<()> {
    let (mut count, mut same) = (0, 0);
    for _ in 0..LOOKS_MAX {
        let page = heard.line.asked(fixture.request("GET", &fixture.logs(""), None)?).await?;
        let data = page["data"].as_array().context("a list has no data")?;
        let is_there = |entry: &Value| entry["subject"]["id"] == object;
        same = if data.len() == count && data.iter().any(is_there) { same + 1 } else { 0 };
        count = data.len();
        if same == LOOKS_SAME {
            return Ok(());
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    anyhow::bail!("the relay did not tell what was made")
}

/// Goes into the log page by page, and answers where the one of that number begins.
async fn cursor(
    heard: &mut Heard,
    fixture: &Fixture,
    (filter, page): (&str, usize),
) -> anyhow::Result<String> {
    let mut cursor = None;
    for _ in 1..page {
        let behind = cursor.map(|cursor: String| format!("&cursor={cursor}")).unwrap_or_default();
        let path = fixture.logs(&format!("?limit={PAGE}{filter}{behind}"));
        let page = heard.line.asked(fixture.request("GET", &path, None)?).await?;
        cursor = Some(text(&page, "next_cursor")?);
    }
    cursor.context("the page is the first one")
}
