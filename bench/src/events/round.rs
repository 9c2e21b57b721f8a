//! An engine of its own with a team, its webhooks and their receivers.

use std::{path::Path, time::Duration};

use serde_json::json;
use tokio::time::Instant;

use super::{count, receivers::Receivers, sender::send};
use crate::{
    engine::Engine,
    http::Connection,
    stats::Samples,
    workshop::{Workshop, succeeded},
};

/// What a round begins with.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    /// How many webhooks ask for each change.
    pub(super) webhooks: usize,
    /// Whether the last of their receivers hangs.
    pub(super) hangs: bool,
}

/// A round.
pub(super) struct Round {
    workshop: Workshop,
    receivers: Receivers,
    /// The receivers that are measured: without the one that hangs, or would.
    measured: usize,
    sent: usize,
    _engine: Engine,
}

impl Round {
    pub(super) async fn start(engine: &Path, plan: Plan) -> anyhow::Result<Self> {
        let engine = Engine::start(engine, &["--in-memory", "--allow-private-webhooks"]).await?;
        let workshop = Workshop::set_up(&engine.address, "events").await?;
        let receivers = Receivers::start().await?;
        let mut connection = Connection::open(&engine.address).await?;
        let measured = if plan.hangs { plan.webhooks - 1 } else { plan.webhooks };
        for number in 0..plan.webhooks {
            let url = if number < measured { receivers.url(number) } else { receivers.silent_url() };
            let body = json!({"name": url, "url": url, "topics": ["object.created"]});
            let request = workshop.request("POST", &workshop.webhooks(), Some(&body))?;
            succeeded(connection.send(request).await?)?;
        }
        Ok(Self { workshop, receivers, measured, sent: 0, _engine: engine })
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
        send(&self.workshop, self.sent, changes, between).await?;
        self.sent += changes;
        self.receivers.all(changes * self.measured).await
    }
}
