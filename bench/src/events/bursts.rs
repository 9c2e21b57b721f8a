//! Bursts of changes of one object, one after the other: whether they come in their order, and what the order costs.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::{Value, json};
use tokio::{task::JoinSet, time::Instant};

use super::{count, receivers::Receivers, round::WITHOUT_LIMIT};
use crate::{
    budget::{BudgetResult, word},
    engine::Engine,
    fixture::{Fixture, contact, succeeded},
    http::Connection,
    report::{Table, progress, say},
};

/// The changes of a burst, behind the creation.
const CHANGES: usize = 10;
/// Who makes bursts, each one after the other.
const WRITERS: usize = 8;

const NOTE: &str = "One webhook, whose receiver answers at once. Eight writers make objects, each changed ten times, one change after \
    the other, as fast as they are answered; the time is from the first request to the last event.";

/// Bursts at the engine, and at another one beside it, such as an earlier version.
pub(super) async fn run(engine: &Path, beside: Option<&Path>, bursts: usize) -> anyhow::Result<BudgetResult> {
    let mut table = Table::new(
        &format!("{bursts} bursts of ten updates"),
        &["engine", "writers done, events/s", "received, events/s", "objects", "out of order"],
    );
    let mut disordered = 0;
    let engines = [Some((engine, "this one", true)), beside.map(|beside| (beside, "the other one", false))];
    for (program, name, is_this) in engines.into_iter().flatten() {
        progress(&format!("events: bursts, {name}"));
        let burst = burst(program, if is_this { WITHOUT_LIMIT } else { &[] }, bursts).await?;
        if is_this {
            disordered = burst.disordered;
        }
        table.row(&[
            name.to_owned(),
            format!("{:.0}", burst.written),
            format!("{:.0}", burst.received),
            burst.objects.to_string(),
            burst.disordered.to_string(),
        ]);
    }
    table.print(&[NOTE])?;
    let holds = disordered == 0;
    say(&format!("Objects of which events came in another order: {disordered}: {}", word(holds)))?;
    Ok(BudgetResult::new(
        "order of the events of one object",
        "of none another",
        disordered.to_string(),
        holds,
    ))
}

/// What became of all bursts.
struct Burst {
    /// Events a second until the last write was answered.
    written: f64,
    /// Events a second until the last came.
    received: f64,
    objects: usize,
    disordered: usize,
}

async fn burst(program: &Path, options: &[&str], bursts: usize) -> anyhow::Result<Burst> {
    let arguments: Vec<_> =
        ["--in-memory", "--allow-private-webhooks"].iter().chain(options).copied().collect();
    let engine = Engine::start(program, &arguments).await?;
    let fixture = Fixture::set_up(&engine.address, "bursts").await?;
    let receivers = Receivers::start().await?;
    let topics = ["object.created", "object.updated"];
    let body = json!({"name": "all", "url": receivers.url(0), "topics": topics});
    let request = fixture.request("POST", &fixture.webhooks(), Some(&body))?;
    succeeded(Connection::open(&engine.address).await?.send(request).await?)?;
    let begun = Instant::now();
    write(&fixture, bursts).await?;
    let written = begun.elapsed();
    let events = bursts * (CHANGES + 1);
    let last = receivers.all_once(events).await?;
    let (objects, disordered) = receivers.objects();
    let per_second = |time: std::time::Duration| count(events) / time.as_secs_f64();
    Ok(Burst { written: per_second(written), received: per_second(last - begun), objects, disordered })
}

async fn write(fixture: &Fixture, bursts: usize) -> anyhow::Result<()> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut running = JoinSet::new();
    for _ in 0..WRITERS {
        let (fixture, next) = (fixture.clone(), next.clone());
        let mut connection = Connection::open(&fixture.address).await?;
        running.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= bursts {
                    return anyhow::Ok(());
                }
                let request = fixture.request("POST", &fixture.objects(""), Some(&contact(number, 0)))?;
                let made: Value = serde_json::from_slice(succeeded(connection.send(request).await?)?.body())?;
                let path = fixture.objects(&format!("/{}", made["id"].as_str().unwrap_or_default()));
                for change in 0..CHANGES {
                    let body = json!({"fields": {"notes": format!("change {change}")}});
                    succeeded(connection.send(fixture.request("PATCH", &path, Some(&body))?).await?)?;
                }
            }
        });
    }
    running.join_all().await.into_iter().collect()
}
