//! What tests here and in other crates need.

use std::fmt;

use proptest::{prelude::ProptestConfig, test_runner::RngSeed};

const SEED: u64 = 20_261_128;

/// A property is tried so many times as often as `PROPTEST_CASES` says, by default 256; each time with the same values,
/// unless `PROPTEST_RNG_SEED` names others: a test finds nothing by chance in a change that has nothing to do with it.
pub fn tried(times: u32) -> ProptestConfig {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let rng_seed = match config.rng_seed {
        RngSeed::Random => RngSeed::Fixed(SEED),
        given @ RngSeed::Fixed(_) => given,
    };
    ProptestConfig { cases: config.cases * times, rng_seed, ..config }
}

/// What every type is in one way, and one that can be printed in two: which of them is meant cannot be told then, and
/// nothing compiles.
pub trait Silent<Way> {
    /// Does nothing.
    fn is() {}
}

/// The way of what can be printed for developers.
pub struct AsDebug;
/// The way of what can be printed for users.
pub struct AsDisplay;

impl<T> Silent<()> for T {}
impl<T: fmt::Debug> Silent<AsDebug> for T {}
impl<T: fmt::Display> Silent<AsDisplay> for T {}
