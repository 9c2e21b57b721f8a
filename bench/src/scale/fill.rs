//! A million objects in minutes: put into the database as the API would have stored them.

use std::{
    collections::HashMap,
    fs::File,
    ops::Range,
    path::Path,
    sync::{
        Arc,
        mpsc::{Receiver, sync_channel},
    },
    thread,
};

use anyhow::{Context as _, anyhow, bail};
use base::id::ObjectId;
use dynoxide::{Database, ImportOptions, types::AttributeValue as Kept};
use table::AttributeValue;

use super::item_template::{ItemTemplate, person};
use crate::progress::Progress;

/// Objects of one transaction.
const BATCH: usize = 2_000;

type Row = HashMap<String, Kept>;

/// Puts all objects but the last, which the API has made, into the database in this file. Number so and so gets the id at
/// that place. The import of the embedded database stores what its writes do, but not each item with a wait for the disk.
pub(super) async fn fill(
    file: &Path,
    template: ItemTemplate,
    ids: &Arc<[ObjectId]>,
) -> anyhow::Result<ItemTemplate> {
    let path = file.to_str().context("the path of the data is no UTF-8")?;
    let database = Database::new(path).map_err(|error| anyhow!("opening the database: {error}"))?;
    let (batches, made) = sync_channel(1);
    let all = ids.clone();
    let making = thread::spawn(move || {
        let count = all.len();
        for from in (0..count - 1).step_by(BATCH) {
            let numbers = from..(from + BATCH).min(count - 1);
            // Who takes them may have ended with an error of its own.
            if batches.send(rows(&template, &all, numbers)).is_err() {
                break;
            }
        }
        template
    });
    let count = ids.len();
    tokio::task::spawn_blocking(move || import(&database, &made, count)).await??;
    // The import left it to the system when to write: that is not to be in what is measured.
    File::open(path)?.sync_all().context("waiting for the disk")?;
    making.join().map_err(|_| anyhow!("the making of objects ended"))
}

fn rows(
    template: &ItemTemplate,
    ids: &[ObjectId],
    numbers: Range<usize>,
) -> anyhow::Result<(usize, Vec<Row>)> {
    let (count, mut rows) = (numbers.len(), Vec::with_capacity(2 * numbers.len()));
    for number in numbers {
        for item in template.cast(&ids[number], &person(number, 0, ids.len())?)? {
            rows.push(
                item.into_iter()
                    .map(|(name, value)| Ok((name, kept(value)?)))
                    .collect::<anyhow::Result<_>>()?,
            );
        }
    }
    Ok((count, rows))
}

fn import(
    database: &Database,
    made: &Receiver<anyhow::Result<(usize, Vec<Row>)>>,
    all: usize,
) -> anyhow::Result<()> {
    let failed = |error| anyhow!("filling the database: {error}");
    // Of this connection only: the ones that are measured keep what they have.
    database.enable_bulk_loading().map_err(failed)?;
    let (mut progress, mut done) = (Progress::new(format!("filling the database of {all}"), all), 0);
    for batch in made {
        let (count, rows) = batch?;
        database.import_items("objects", rows, ImportOptions::default()).map_err(failed)?;
        done += count;
        progress.tell(done);
    }
    Ok(())
}

/// The same value in the words of the embedded database.
fn kept(value: AttributeValue) -> anyhow::Result<Kept> {
    Ok(match value {
        AttributeValue::S(text) => Kept::S(text),
        AttributeValue::N(number) => Kept::N(number),
        AttributeValue::Bool(flag) => Kept::BOOL(flag),
        AttributeValue::Null(flag) => Kept::NULL(flag),
        AttributeValue::M(map) => Kept::M(
            map.into_iter().map(|(name, value)| Ok((name, kept(value)?))).collect::<anyhow::Result<_>>()?,
        ),
        other => {
            bail!("objects hold {other:?} by now, which the benchmark cannot write yet; add it in fill.rs")
        }
    })
}
