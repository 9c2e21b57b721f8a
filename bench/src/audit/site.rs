//! A team with a log of one size, and the engines that are asked for it.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use serde_json::Value;
use shared::{
    Timestamp,
    id::{ObjectId, ObjectTypeId, TeamId, UserId},
};

use super::{
    fill::fill,
    question::{DEEP_PAGE, PAGE},
    story::{BUSY, PERIOD, Story},
};
use crate::{
    line::{Heard, text},
    place::Place,
    scratch::Scratch,
    workshop::{Workshop, contact},
};

/// Between two looks at whether what the API did is told, and so many looks that see the same mean that it is.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const LOOKS_SAME: usize = 8;
/// A minute.
const LOOKS_MAX: usize = 240;

/// A team with so many entries in its log, besides the few that tell how it was made.
pub(super) struct Site {
    pub(super) heard: Heard,
    /// What belongs to the team, at no address yet.
    shop: Workshop,
    pub(super) story: Arc<Story>,
    /// Where a page deep in the log begins.
    pub(super) deep: String,
    /// Where the second page of what one person did begins.
    pub(super) next_by_user: String,
    /// How long the log was written.
    pub(super) filled: Duration,
    /// The bytes of the database.
    pub(super) bytes: u64,
}

impl Site {
    /// Sets it up with that many entries below the scratch directory.
    pub(super) async fn set_up(engine: &Path, size: usize, scratch: &Scratch) -> anyhow::Result<Self> {
        ensure!(size >= PERIOD && size.is_multiple_of(PERIOD), "a size is a multiple of {PERIOD}");
        let place = Place::new(scratch, size)?;
        let mut heard = Heard::open(engine, &place, "log").await?;
        let begun = Timestamp::now();
        // As long in every size, for the entries that tell of it.
        let shop = Workshop::set_up(&heard.line.address, &format!("audit-{size:09}")).await?;
        let create = shop.request("POST", &shop.objects(""), Some(&contact(0, 0)))?;
        let object = text(&heard.line.asked(create).await?, "id")?;
        told(&mut heard, &shop, &object).await?;
        let story = Arc::new(story((size, begun), &shop, &object).context("an id of the API is none")??);
        let started = Instant::now();
        fill(&place, &story).await?;
        let (filled, bytes) = (started.elapsed(), place.bytes()?);
        let deep = cursor(&mut heard, &shop, ("", DEEP_PAGE)).await?;
        let by_user = format!("&user={}", story.user(BUSY));
        let next_by_user = cursor(&mut heard, &shop, (&by_user, 2)).await?;
        Ok(Self { heard, shop, story, deep, next_by_user, filled, bytes })
    }

    /// What belongs to the team, through the engine at that address.
    pub(super) fn shop(&self, address: &str) -> Workshop {
        Workshop { address: address.to_owned(), ..self.shop.clone() }
    }
}

fn story((size, begun): (usize, Timestamp), shop: &Workshop, object: &str) -> Option<anyhow::Result<Story>> {
    let team = (TeamId::parse(&shop.team)?, UserId::parse(&shop.user)?);
    let object = (ObjectTypeId::parse(&shop.object_type)?, ObjectId::parse(object)?);
    Some(Story::new((size, begun), team, object))
}

/// Waits until the relay has told of all that was made, so that nothing comes between pages later.
async fn told(heard: &mut Heard, shop: &Workshop, object: &str) -> anyhow::Result<()> {
    let (mut count, mut same) = (0, 0);
    for _ in 0..LOOKS_MAX {
        let page = heard.line.asked(shop.request("GET", &shop.logs(""), None)?).await?;
        let data = page["data"].as_array().context("a list has no data")?;
        let is_there = |entry: &Value| entry["subject"]["id"] == object;
        same = if data.len() == count && data.iter().any(is_there) { same + 1 } else { 0 };
        count = data.len();
        if same == LOOKS_SAME {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    anyhow::bail!("the relay did not tell what was made")
}

/// Goes into the log page by page, and answers where the one of that number begins.
async fn cursor(heard: &mut Heard, shop: &Workshop, (filter, page): (&str, usize)) -> anyhow::Result<String> {
    let mut cursor = None;
    for _ in 1..page {
        let behind = cursor.map(|cursor: String| format!("&cursor={cursor}")).unwrap_or_default();
        let path = shop.logs(&format!("?limit={PAGE}{filter}{behind}"));
        let page = heard.line.asked(shop.request("GET", &path, None)?).await?;
        cursor = Some(text(&page, "next_cursor")?);
    }
    cursor.context("the page is the first one")
}
