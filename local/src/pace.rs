//! How often it is looked for something new: often while something is done, and seldom otherwise, so that a system that
//! nobody uses costs next to nothing.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};

/// Tells that something was done.
#[derive(Clone)]
pub(crate) struct Bell(Arc<watch::Sender<()>>);

/// How long to wait between two looks.
pub(crate) struct Pace {
    bell: watch::Receiver<()>,
    least: Duration,
    most: Duration,
    next: Duration,
}

impl Bell {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(())))
    }

    pub(crate) fn ring(&self) {
        self.0.send_replace(());
    }

    /// A pace that waits so long at the least, and at the most while the bell does not ring.
    pub(crate) fn pace(&self, least: Duration, most: Duration) -> Pace {
        Pace { bell: self.0.subscribe(), least, most, next: least }
    }
}

impl Pace {
    /// Something was found.
    pub(crate) fn found(&mut self) {
        self.next = self.least;
    }

    /// Nothing was found: waits for twice as long as the last time, or until the bell rings.
    pub(crate) async fn wait(&mut self) {
        let begun = Instant::now();
        tokio::select! {
            Ok(()) = self.bell.changed() => {
                self.next = self.least;
                sleep_until(begun + self.least).await;
            }
            () = sleep(self.next) => self.next = (self.next * 2).min(self.most),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: Duration = Duration::from_millis(100);
    const MOST: Duration = Duration::from_secs(1);

    /// How long the next wait takes.
    async fn waited(pace: &mut Pace) -> u128 {
        let begun = Instant::now();
        pace.wait().await;
        begun.elapsed().as_millis()
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_doubles_up_to_the_most_until_something_is_found() {
        let bell = Bell::new();
        let mut pace = bell.pace(LEAST, MOST);
        for expected in [100, 200, 400, 800, 1_000, 1_000] {
            assert_eq!(waited(&mut pace).await, expected);
        }
        pace.found();
        assert_eq!(waited(&mut pace).await, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn the_bell_ends_a_wait_and_is_heard_though_nobody_waits() {
        let bell = Bell::new();
        let mut pace = bell.pace(LEAST, MOST);
        for _ in 0..5 {
            pace.wait().await;
        }
        let ringing = bell.clone();
        tokio::spawn(async move {
            sleep(Duration::from_millis(300)).await;
            ringing.ring();
        });
        assert_eq!(waited(&mut pace).await, 300);
        bell.ring();
        bell.ring();
        assert_eq!((waited(&mut pace).await, waited(&mut pace).await), (100, 100));
        assert_eq!(waited(&mut pace).await, 200);
    }
}
