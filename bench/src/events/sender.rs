//! Changes, as fast as they are answered or at a pace.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::{
    fixture::{Fixture, contact, succeeded},
    http::Connection,
};

/// Connections that changes are sent by.
const CONNECTIONS: usize = 8;

/// Creates contacts, the first of which has this number; at a pace, the time between two is given.
pub(crate) async fn send(
    fixture: &Fixture,
    first: usize,
    changes: usize,
    between: Option<Duration>,
) -> anyhow::Result<()> {
    let (next, begun) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    let mut running = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (fixture, next) = (fixture.clone(), next.clone());
        let mut connection = Connection::open(&fixture.address).await?;
        running.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= changes {
                    return anyhow::Ok(());
                }
                if let Some(between) = between {
                    // By the clock and not by the answers: who is slow does not slow down what comes.
                    sleep_until(begun + between * u32::try_from(number)?).await;
                }
                let body = contact(first + number, 0);
                let request = fixture.request("POST", &fixture.objects(""), Some(&body))?;
                succeeded(connection.send(request).await?)?;
            }
        });
    }
    running.join_all().await.into_iter().collect()
}
