//! Lists gone through page by page, and objects that the API takes for its own.

use anyhow::{Context as _, ensure};
use base::id::ObjectId;
use serde_json::Value;

use super::item_template::{address, person};
use crate::{
    connection::{EngineConnection, text},
    fixture::Fixture,
    progress::Progress,
};

/// Objects on a page.
pub(super) const PAGE: usize = 50;
/// Objects on a page of a walk.
pub(super) const WALK_PAGE: usize = 100;

impl EngineConnection {
    /// Goes through a list of that many objects, which are these if they are given, and answers where its last page begins.
    pub(super) async fn walk(
        &mut self,
        fixture: &Fixture,
        (query, depth): (&str, usize),
        ids: Option<&[ObjectId]>,
    ) -> anyhow::Result<String> {
        let mut progress = Progress::new(format!("going through `?{query}`"), depth);
        let (mut seen, mut cursor) = (0, String::new());
        while seen < depth - PAGE {
            let limit = if seen + WALK_PAGE < depth { WALK_PAGE } else { PAGE };
            let behind = if seen == 0 { String::new() } else { format!("&cursor={cursor}") };
            let path = fixture.objects(&format!("?limit={limit}{query}{behind}"));
            let page = self.asked(fixture.request("GET", &path, None)?).await?;
            let data = page["data"].as_array().context("a list has no data")?;
            ensure!(data.len() == limit, "a page in the midst has {} objects", data.len());
            let is_right =
                |(at, object): (usize, &Value)| ids.is_none_or(|ids| object["id"] == ids[seen + at].as_str());
            ensure!(data.iter().enumerate().all(is_right), "a page has other objects than were made");
            cursor = text(&page, "next_cursor")?;
            seen += limit;
            progress.tell(seen);
        }
        Ok(cursor)
    }

    /// Makes sure that the API takes an object for one of its own: reads it, finds it, matches it.
    pub(super) async fn knows(
        &mut self,
        fixture: &Fixture,
        number: usize,
        ids: &[ObjectId],
    ) -> anyhow::Result<()> {
        let (id, person) = (&ids[number], person(number, 0, ids.len())?);
        let read = self.asked(fixture.request("GET", &fixture.objects(&format!("/{id}")), None)?).await?;
        ensure!(read["fields"] == person["fields"], "{read} is not read as {person}");
        let by_address = fixture.objects(&format!("?filter[email][eq]={}", address(number)));
        let found = self.asked(fixture.request("GET", &by_address, None)?).await?;
        ensure!(found["data"] == Value::from(vec![read]), "{id} is not found, but {found}");
        let upsert = fixture.request("PUT", &fixture.objects("?match=email"), Some(&person))?;
        let matched = self.asked(upsert).await?;
        let (outcome, matched) = (text(&matched, "outcome")?, text(&matched, "id")?);
        ensure!(
            outcome == "updated" && matched == id.as_str(),
            "{id} is not matched, but {matched} {outcome}"
        );
        Ok(())
    }
}
