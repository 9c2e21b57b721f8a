//! What was measured, as tables.

use std::time::Duration;

use super::{Parts, RATIO_MAX, Row, sized_database::SizedDatabase};
use crate::{
    budget::word,
    report::{Table, megabytes, ms, ratio, say, seconds, thousands},
};

const NOTE_TIMES: &str = "Through an engine as `make run` starts it, with its own database; one request at a time, all kinds and sizes in \
    turns, call by call. The files are in the memory of the system, not in the page cache of the embedded database. What is \
    created is added to its type, also to the smallest one.";
const NOTE_PARTS: &str = "Of other engines, heard in turns, too. \"Database\" is the time of the very calls that they made for such \
    requests, noted in front of the same databases; \"rest\" is what remains of the same requests.";
const NOTE_UNITS: &str = "Round trips · read units · write units, of the gate and of the work together, counted by a proxy; medians.";

/// Prints all of it.
pub(super) fn print(sizes: &[SizedDatabase], rows: &[Row], calls: u32) -> anyhow::Result<()> {
    say("## Many objects")?;
    let title = "Types with 5 searchable fields, one of them unique; databases in files";
    let heads = ["objects", "MB", "s to write them", "s to start on it", "s to see all, by pages of 100"];
    let mut table = Table::new(title, &heads);
    for sized in sizes {
        table.row(&[
            thousands(sized.size()),
            megabytes(sized.bytes),
            seconds(sized.filled),
            seconds(sized.started),
            seconds(sized.walked),
        ]);
    }
    table.print(&[])?;
    let sizes: Vec<_> = sizes.iter().map(|sized| thousands(sized.size())).collect();
    print_times(&sizes, rows, calls)?;
    print_parts(&sizes, rows)?;
    print_units(&sizes, rows)
}

fn print_times(sizes: &[String], rows: &[Row], calls: u32) -> anyhow::Result<()> {
    let mut heads = vec!["request".to_owned()];
    heads.extend(sizes.iter().map(|size| format!("{size}, p50 ms")));
    heads.push("ratio".to_owned());
    heads.extend(sizes.iter().map(|size| format!("{size}, p99 ms")));
    heads.push(format!("≤ {RATIO_MAX}"));
    let mut table = Table::new(&format!("Time, of {calls} requests of each kind"), &heads);
    for row in rows {
        let mut cells = vec![row.shape.name().to_owned()];
        cells.extend(row.whole.iter().map(|whole| ms(whole.p50)));
        cells.push(ratio(row.ratio()));
        cells.extend(row.whole.iter().map(|whole| ms(whole.p99)));
        cells.push(word(row.ratio() <= RATIO_MAX).to_owned());
        table.row(&cells);
    }
    Ok(table.print(&[NOTE_TIMES])?)
}

fn print_parts(sizes: &[String], rows: &[Row]) -> anyhow::Result<()> {
    let mut heads = vec!["request".to_owned()];
    for part in ["database", "rest"] {
        heads.extend(sizes.iter().map(|size| format!("{part}, {size}")));
        heads.push("ratio".to_owned());
    }
    let mut table = Table::new("The database alone, and the rest, p50 ms", &heads);
    for row in rows {
        let mut cells = vec![row.shape.name().to_owned()];
        let parts: [fn(&Parts) -> Duration; 2] = [|parts| parts.database, |parts| parts.rest];
        for part in parts {
            cells.extend(row.parts.iter().map(|parts| ms(part(parts))));
            cells.push(ratio(row.ratio_of(part)));
        }
        table.row(&cells);
    }
    Ok(table.print(&[NOTE_PARTS])?)
}

fn print_units(sizes: &[String], rows: &[Row]) -> anyhow::Result<()> {
    let ends = ["request".to_owned(), "the same".to_owned()];
    let mut table = Table::new("What it costs", &[&ends[..1], sizes, &ends[1..]].concat());
    for row in rows {
        let mut cells = vec![row.shape.name().to_owned()];
        cells.extend(row.parts.iter().map(cost));
        cells.push(word(row.is_even()).to_owned());
        table.row(&cells);
    }
    Ok(table.print(&[NOTE_UNITS])?)
}

fn cost(parts: &Parts) -> String {
    let (gate, work) = (&parts.costs.gate, &parts.costs.work);
    let (trips, reads) = (gate.round_trips + work.round_trips, gate.reads + work.reads);
    format!("{trips} · {reads} R · {} W", gate.writes + work.writes)
}
