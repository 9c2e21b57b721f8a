//! Medians and percentiles.

use std::time::Duration;

/// The values of repeated runs.
pub(crate) struct Samples<T>(Vec<T>);

impl<T: Copy + PartialOrd> Samples<T> {
    /// Sorts the values; there must be one at least.
    pub(crate) fn new(values: impl IntoIterator<Item = T>) -> anyhow::Result<Self> {
        let mut values: Vec<T> = values.into_iter().collect();
        anyhow::ensure!(!values.is_empty(), "nothing was measured; run the benchmark again");
        values.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
        Ok(Self(values))
    }

    /// The value that half of all do not exceed.
    pub(crate) fn median(&self) -> T {
        self.percentile(50)
    }

    /// The value that so many percent of all do not exceed (nearest rank).
    pub(crate) fn percentile(&self, percent: usize) -> T {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0[rank.min(self.0.len()) - 1]
    }

    pub(crate) fn min(&self) -> T {
        self.0[0]
    }

    pub(crate) fn max(&self) -> T {
        self.0[self.0.len() - 1]
    }
}

/// What a series of requests took.
pub(crate) struct Rate {
    /// Requests per second.
    pub(crate) per_second: f64,
    /// The median.
    pub(crate) p50: Duration,
    /// One in a hundred took longer.
    pub(crate) p99: Duration,
}

impl Rate {
    #[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
    pub(crate) fn new(latencies: Vec<Duration>, elapsed: Duration) -> anyhow::Result<Self> {
        let count = latencies.len() as f64;
        let samples = Samples::new(latencies)?;
        let per_second = count / elapsed.as_secs_f64();
        Ok(Self { per_second, p50: samples.median(), p99: samples.percentile(99) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let samples = Samples::new((1..=200).rev()).unwrap();
        assert_eq!(
            (samples.min(), samples.median(), samples.percentile(99), samples.max()),
            (1, 100, 198, 200)
        );
        assert_eq!(Samples::new([7]).unwrap().percentile(99), 7);
        assert!(Samples::<u8>::new([]).is_err());
    }
}
