//! What was measured, as tables.

use super::{READ_MAX, Row, sized_log::SizedLog};
use crate::{
    budget::word,
    report::{Table, megabytes, ms, ratio, say, seconds, thousands},
};

const NOTE_PAGES: &str = "Round trips and read units (R) behind the gate, counted by a proxy in front of the \
    database that asks each call for its consumed capacity; medians. Queries that wait for each other are a round trip \
    each; entries that are found in an index are read whole, by 25. \"Entries read\" is what queries went through in the \
    largest log. Times are those of another engine on the same database file, one request at a time, all kinds and \
    sizes in turns.";

/// Prints all of it.
pub(super) fn print(
    sizes: &[SizedLog],
    (pages, searches): (&[Row], &[Row]),
    calls: u32,
) -> anyhow::Result<()> {
    say("## Audit log")?;
    let mut table = Table::new("Logs of a team", &["entries", "MB", "s to write them"]);
    for sized in sizes {
        table.row(&[thousands(sized.profile.size), megabytes(sized.bytes), seconds(sized.filled)]);
    }
    table.print(&[])?;
    let sizes: Vec<_> = sizes.iter().map(|sized| thousands(sized.profile.size)).collect();
    print_pages(&sizes, pages, calls)?;
    print_searches(&sizes, searches)
}

fn print_pages(sizes: &[String], rows: &[Row], calls: u32) -> anyhow::Result<()> {
    let mut heads = vec!["page".to_owned(), "entries on it".to_owned()];
    for part in ["trips", "R"] {
        heads.extend(sizes.iter().map(|size| format!("{part}, {size}")));
    }
    heads.extend(["ratio of R", "no more", "entries read", "no more than needed"].map(str::to_owned));
    heads.extend(sizes.iter().map(|size| format!("p50 ms, {size}")));
    let mut table = Table::new(&format!("Pages; times of {calls} each"), &heads);
    for row in rows {
        let (first, last) = row.ends();
        let mut samples = vec![row.question.name().to_owned(), first.entries.to_string()];
        samples.extend(row.samples.iter().map(|sample| sample.costs.work.round_trips.to_string()));
        samples.extend(row.samples.iter().map(|sample| sample.costs.work.reads.to_string()));
        samples.extend([ratio(row.ratio()), word(row.is_even()).to_owned()]);
        let is_tight = if row.question.read_max().is_some() { word(row.is_tight()) } else { "compared" };
        samples.extend([last.read.to_string(), is_tight.to_owned()]);
        samples.extend(row.samples.iter().map(|sample| ms(sample.p50)));
        table.row(&samples);
    }
    Ok(table.print(&[NOTE_PAGES])?)
}

fn print_searches(sizes: &[String], rows: &[Row]) -> anyhow::Result<()> {
    let mut heads = vec!["search".to_owned()];
    for part in ["entries read", "trips", "R"] {
        heads.extend(sizes.iter().map(|size| format!("{part}, {size}")));
    }
    let mut table = Table::new("What grows: one place gone through in vain, the rest compared", &heads);
    for row in rows {
        let mut samples = vec![row.question.name().to_owned()];
        samples.extend(row.samples.iter().map(|sample| thousands(sample.read)));
        samples.extend(row.samples.iter().map(|sample| sample.costs.work.round_trips.to_string()));
        samples.extend(row.samples.iter().map(|sample| sample.costs.work.reads.to_string()));
        table.row(&samples);
    }
    let note = format!("One answer reads {} entries at the most and leads on.", thousands(READ_MAX));
    Ok(table.print(&[&note])?)
}
