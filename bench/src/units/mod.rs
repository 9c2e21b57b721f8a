//! What each operation costs in the database: round trips, read units, write units.

pub(crate) mod cost_report;
mod operation;

use std::path::Path;

use self::{
    cost_report::CostReport,
    operation::{Operation, Prepared, operations},
};
use crate::{
    budget::{BudgetResult, word},
    database::Database,
    engine::Engine,
    fixture::Fixture,
    http::Connection,
    proxy::{Proxy, ProxyMode},
    report::{Table, progress, say},
};

/// How often each operation is done; the median counts.
const TIMES: usize = 5;
/// The budget of the gate: round trips and read units.
const GATE: (usize, f64) = (1, 2.0);

const HEADS: [&str; 10] = [
    "operation",
    "gate: trips",
    "R",
    "after: trips",
    "R",
    "W",
    "apart: last used W in 1 trip",
    "apart: idempotency W",
    "budget",
    "holds",
];
const NOTE: &str = "Counted by a proxy in front of the database that asks each call for its consumed capacity; medians. Calls at \
    the same time are one round trip. The note of a token's last use (once a minute, one round trip more before the answer) and the records of idempotent requests \
    are charged to other items and counted apart; beside these stands how many uploads a token has begun.";

/// Measures and prints.
pub(crate) async fn run(engine: &Path) -> anyhow::Result<Vec<BudgetResult>> {
    let database = Database::start(None).await?;
    let proxy = Proxy::start(&database.address, ProxyMode::Count).await?;
    let engine = Engine::start(engine, &["--in-memory", "--dynamodb", &proxy.url()]).await?;
    let rows = measure(&engine.address, &proxy, TIMES).await?;
    print(&rows)?;
    let pages =
        rows.iter().filter(|row| row.operation.is_page()).map(|row| row.costs.work.reads).collect::<Vec<_>>();
    let (is_same, texts) = (
        pages.windows(2).all(|pair| pair[0] <= pair[1] && pair[1] <= pair[0]),
        pages.iter().map(f64::to_string),
    );
    let same = BudgetResult::new(
        "a page of few and of many objects",
        "the same R",
        texts.collect::<Vec<_>>().join(" and "),
        is_same,
    );
    Ok(rows.iter().filter_map(Row::result).chain([same]).collect())
}

/// What each operation costs the engine at that address, which has its tables behind the proxy.
async fn measure(address: &str, proxy: &Proxy, times: usize) -> anyhow::Result<Vec<Row>> {
    let fixture = Fixture::set_up(address, "units").await?;
    let mut connection = Connection::open(address).await?;
    progress("making objects to count with");
    let prepared = Prepared::set_up(&fixture, &mut connection, times).await?;
    let mut rows = Vec::new();
    for operation in operations() {
        progress(&format!("counting: {}", operation.name));
        rows.push(Row::measure(operation, (&fixture, &prepared), (&mut connection, proxy), times).await?);
    }
    Ok(rows)
}

/// An operation with its bill.
struct Row {
    operation: Operation,
    costs: CostReport,
    /// Write units of the note of a token's last use, when there was one.
    last_used: f64,
}

impl Row {
    async fn measure(
        operation: Operation,
        (fixture, prepared): (&Fixture, &Prepared),
        (connection, proxy): (&mut Connection, &Proxy),
        times: usize,
    ) -> anyhow::Result<Self> {
        let mut bills = Vec::with_capacity(times);
        for time in 0..times {
            let request = operation.request(fixture, prepared, time)?;
            let (answer, calls) = proxy.during(connection.send(request)).await?;
            operation.check(&answer)?;
            bills.push(CostReport::of(&calls)?);
        }
        let last_used = bills.iter().map(|costs| costs.last_used.writes).fold(0.0, f64::max);
        Ok(Self { operation, costs: CostReport::median(&bills)?, last_used })
    }

    fn budget(&self) -> String {
        let work = self.operation.budget.unwrap_or_default();
        let (trips, reads) = self.gate();
        let mut parts = vec![format!("gate: {}, {reads} R", count(trips))];
        parts.extend(work.round_trips.map(count));
        parts.extend(work.writes.map(|writes| format!("≤ {writes} W")));
        parts.join(" · ")
    }

    fn gate(&self) -> (usize, f64) {
        if self.operation.is_through_gate() { GATE } else { (0, 0.0) }
    }

    fn measured(&self) -> String {
        let CostReport { gate, work, .. } = &self.costs;
        let (asked, done) = (count(gate.round_trips), count(work.round_trips));
        format!("gate: {asked}, {} R · {done} · {} R · {} W", gate.reads, work.reads, work.writes)
    }

    fn holds(&self) -> bool {
        let CostReport { gate, work, .. } = &self.costs;
        let (trips, reads) = self.gate();
        let budget = self.operation.budget.unwrap_or_default();
        gate.round_trips <= trips
            && gate.reads <= reads
            && budget.round_trips.is_none_or(|most| work.round_trips <= most)
            && budget.writes.is_none_or(|most| work.writes <= most)
    }

    fn result(&self) -> Option<BudgetResult> {
        let is_budgeted = self.operation.budget.is_some();
        is_budgeted.then(|| {
            BudgetResult::new(
                format!("units of {}", self.operation.name),
                self.budget(),
                self.measured(),
                self.holds(),
            )
        })
    }
}

fn count(round_trips: usize) -> String {
    if round_trips == 1 { "1 trip".to_owned() } else { format!("{round_trips} trips") }
}

fn print(rows: &[Row]) -> anyhow::Result<()> {
    say("## Units")?;
    let mut table =
        Table::new("A type with 5 searchable fields, one of them unique; objects of 0.6 kB", &HEADS);
    for row in rows {
        let CostReport { gate, work, idempotency, .. } = &row.costs;
        table.row(&[
            row.operation.name.to_owned(),
            gate.round_trips.to_string(),
            gate.reads.to_string(),
            work.round_trips.to_string(),
            work.reads.to_string(),
            work.writes.to_string(),
            row.last_used.to_string(),
            if idempotency.calls == 0 {
                "0".to_owned()
            } else {
                format!("{} in {}", idempotency.writes, count(idempotency.round_trips))
            },
            row.budget(),
            word(row.holds()).to_owned(),
        ]);
    }
    Ok(table.print(&[NOTE])?)
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write as _, fs, path::Path};

    use clap::Parser as _;

    use super::*;

    /// Calls of the database and capacity units of each operation, as they were when somebody last looked at them.
    const GOLDEN: &str = "src/units/golden.txt";

    /// The median of so many, as the first use of a token from an address and its first refusal are written down besides.
    const COUNTED: usize = 3;

    /// What one operation costs, without time: whether calls overlap depends on the machine.
    fn line(row: &Row) -> String {
        let CostReport { gate, work, idempotency, .. } = &row.costs;
        let mut line = format!(
            "{:<70} gate: {} calls {} R   work: {} calls {} R {} W",
            row.operation.name, gate.calls, gate.reads, work.calls, work.reads, work.writes
        );
        if idempotency.calls > 0 {
            let _ = write!(line, "   idempotency: {} calls {} W", idempotency.calls, idempotency.writes);
        }
        line
    }

    /// If the difference is meant, `UPDATE=1` writes the file, and `make bench` tells whether the budgets still hold.
    #[tokio::test(flavor = "multi_thread")]
    async fn each_operation_costs_what_it_did() {
        let database = Database::start(None).await.unwrap();
        let proxy = Proxy::start(&database.address, ProxyMode::Count).await.unwrap();
        let tables = format!("--dynamodb={}", proxy.url());
        let options = ["engine", "--in-memory", "--port=0", "--seed=none", "--without-relay", &tables];
        let engine = local::start(local::Options::parse_from(options)).await.unwrap();
        // Types are looked at again every few seconds, which would be a call more on a slow machine.
        engine.clock().stop();
        let address = engine.url().trim_start_matches("http://").trim_end_matches('/');
        let rows = measure(address, &proxy, COUNTED).await.unwrap();
        let costs = rows.iter().map(line).collect::<Vec<_>>().join("\n") + "\n";
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
        if std::env::var("UPDATE").is_ok_and(|update| update == "1") {
            fs::write(&path, &costs).unwrap();
        }
        assert_eq!(costs, fs::read_to_string(&path).unwrap(), "bench/{GOLDEN}");
    }
}
