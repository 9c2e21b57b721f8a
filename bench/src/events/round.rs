//! An engine of its own with a team, its webhooks and their receivers.

use std::{path::Path, time::Duration};

use anyhow::ensure;
use serde_json::json;
use tokio::time::Instant;

use super::{count, receivers::Receivers, sender::send};
use crate::{
    engine::Engine,
    fixture::{Fixture, succeeded},
    http::Connection,
    stats::Samples,
};

/// The options of an engine that sends as often to one host as it can.
pub(super) const WITHOUT_LIMIT: &[&str] = &["--webhook-requests-per-second", "1000000"];
/// The webhooks of a neighbour, and the changes that it makes: for each of both all.
const NEIGHBOURS: (usize, usize) = (100, 5);

/// Another team.
#[derive(Clone, Copy)]
pub(super) struct Neighbour {
    /// Whether its receivers take their time.
    pub(super) is_slow: bool,
}

/// What a round begins with.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    /// How many webhooks ask for each change.
    pub(super) webhooks: usize,
    /// Whether the last of their receivers hangs.
    pub(super) hangs: bool,
    /// The team beside.
    pub(super) neighbour: Option<Neighbour>,
}

/// A round.
pub(super) struct Round {
    fixture: Fixture,
    receivers: Receivers,
    /// The receivers that are measured: without the one that hangs, or would.
    measured: usize,
    sent: usize,
    neighbour: Option<(Fixture, Receivers, Neighbour)>,
    _engine: Engine,
}

impl Round {
    pub(super) async fn start(engine: &Path, plan: Plan) -> anyhow::Result<Self> {
        let arguments: Vec<_> =
            ["--in-memory", "--allow-private-webhooks"].iter().chain(WITHOUT_LIMIT).copied().collect();
        let engine = Engine::start(engine, &arguments).await?;
        let fixture = Fixture::set_up(&engine.address, "events").await?;
        let receivers = Receivers::start().await?;
        let measured = if plan.hangs { plan.webhooks - 1 } else { plan.webhooks };
        let url = |number| if number < measured { receivers.url(number) } else { receivers.silent_url() };
        subscribe(&fixture, (0..plan.webhooks).map(url)).await?;
        let neighbour = match plan.neighbour {
            Some(neighbour) => Some(settle(&engine, neighbour).await?),
            None => None,
        };
        Ok(Self { fixture, receivers, measured, sent: 0, neighbour, _engine: engine })
    }

    /// Lets the neighbour make its changes; when its receivers have begun to be asked, or have been, it goes on.
    pub(super) async fn disturb(&mut self, patience: Duration) -> anyhow::Result<()> {
        let Some((fixture, receivers, neighbour)) = &self.neighbour else { return Ok(()) };
        let (webhooks, changes) = NEIGHBOURS;
        send(fixture, 0, changes, None).await?;
        if !neighbour.is_slow {
            receivers.all(webhooks * changes).await?;
            return Ok(());
        }
        let begun = Instant::now();
        while receivers.slow_count() < webhooks {
            ensure!(
                begun.elapsed() < patience,
                "{} of the neighbour's requests came",
                receivers.slow_count()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Makes changes as fast as it goes; the time until all receivers have them.
    pub(super) async fn burst(&mut self, changes: usize) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let last = self.send(changes, None).await?;
        Ok(last - begun)
    }

    /// Makes changes at a pace for so long, of which the delays are kept.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a round has thousands of changes"
    )]
    pub(super) async fn paced(&mut self, per_second: f64, time: Duration) -> anyhow::Result<()> {
        let changes = (per_second * time.as_secs_f64()).ceil().max(1.0) as usize;
        self.send(changes, Some(time.div_f64(count(changes)))).await?;
        Ok(())
    }

    /// The delays of the last changes.
    pub(super) fn delays(&self) -> anyhow::Result<Samples<f64>> {
        Samples::new(self.receivers.delays())
    }

    async fn send(&mut self, changes: usize, between: Option<Duration>) -> anyhow::Result<Instant> {
        self.receivers.forget();
        send(&self.fixture, self.sent, changes, between).await?;
        self.sent += changes;
        self.receivers.all(changes * self.measured).await
    }
}

/// A team that is not measured, with its webhooks and their receivers.
async fn settle(engine: &Engine, neighbour: Neighbour) -> anyhow::Result<(Fixture, Receivers, Neighbour)> {
    let fixture = Fixture::set_up(&engine.address, "neighbour").await?;
    let receivers = Receivers::start().await?;
    let url = |number| if neighbour.is_slow { receivers.slow_url(number) } else { receivers.url(number) };
    subscribe(&fixture, (0..NEIGHBOURS.0).map(url)).await?;
    Ok((fixture, receivers, neighbour))
}

async fn subscribe(fixture: &Fixture, urls: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let mut connection = Connection::open(&fixture.address).await?;
    for url in urls {
        let body = json!({"name": url, "url": url, "topics": ["object.created"]});
        let request = fixture.request("POST", &fixture.webhooks(), Some(&body))?;
        succeeded(connection.send(request).await?)?;
    }
    Ok(())
}
