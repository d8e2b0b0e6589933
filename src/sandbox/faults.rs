//! Faults on purpose: which requests are refused, delayed, or lose their answer.
//!
//! Invariant: what happens follows from the seed and the order of requests alone, so that a run can be replayed.
//! Never: a fault does not change the world by itself; a refused request has had no effect, a lost answer has had its.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// How often what goes wrong: rates between 0 and 1. Read from `faults.json` in the world's folder.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Where the dice start.
    pub seed: u64,
    /// How many requests are answered with 429 and `Retry-After`.
    pub throttled: f64,
    /// How many requests are answered with 500 or 503 and had no effect.
    pub failed: f64,
    /// How many requests take effect while their connection breaks before the answer.
    pub lost: f64,
    /// How many writes are answered with 409 and had no effect.
    pub conflicts: f64,
    /// By how much an answer is delayed at most, in milliseconds.
    pub latency_ms: u64,
}

/// What befalls one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is served.
    Served,
    /// 429, without effect.
    Throttled,
    /// 500, without effect.
    Failed,
    /// 503, without effect.
    Unavailable,
    /// 409, without effect; a read is served.
    Conflict,
    /// Served, but the answer is lost.
    Lost,
}

/// The dice of one sandbox.
#[derive(Debug)]
pub(crate) struct Dice {
    faults: Faults,
    source: Mutex<StdRng>,
}

impl Dice {
    /// Dice for these faults.
    #[must_use]
    pub(crate) fn new(faults: Faults) -> Self {
        let source = Mutex::new(StdRng::seed_from_u64(faults.seed));
        Self { faults, source }
    }

    /// Dice for the faults that the folder's `faults.json` asks for; without one nothing goes wrong.
    ///
    /// # Errors
    /// The text of what is wrong with the file.
    pub(crate) fn open(folder: &Path) -> Result<Self, String> {
        match std::fs::read(folder.join("faults.json")) {
            Ok(text) => serde_json::from_slice(&text).map(Self::new).map_err(|error| error.to_string()),
            Err(_) => Ok(Self::new(Faults::default())),
        }
    }

    /// Draws what befalls the next request, and by how much it is delayed.
    pub(crate) fn draw(&self) -> (Fate, Duration) {
        if self.faults == Faults::default() {
            return (Fate::Served, Duration::ZERO);
        }
        let mut source = self.source.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let delay = Duration::from_millis(source.random_range(0..=self.faults.latency_ms));
        let mut at: f64 = source.random();
        let failed = self.faults.failed / 2.0;
        let rates = [
            (self.faults.throttled, Fate::Throttled),
            (failed, Fate::Failed),
            (failed, Fate::Unavailable),
            (self.faults.conflicts, Fate::Conflict),
            (self.faults.lost, Fate::Lost),
        ];
        for (rate, fate) in rates {
            if at < rate {
                return (fate, delay);
            }
            at -= rate;
        }
        (Fate::Served, delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_fates() {
        let faults =
            Faults { seed: 7, throttled: 0.2, failed: 0.2, lost: 0.2, conflicts: 0.2, latency_ms: 5 };
        let draw = |dice: &Dice| (0..200).map(|_| dice.draw()).collect::<Vec<_>>();
        let fates = draw(&Dice::new(faults.clone()));
        assert_eq!(fates, draw(&Dice::new(faults)));
        for fate in
            [Fate::Served, Fate::Throttled, Fate::Failed, Fate::Unavailable, Fate::Conflict, Fate::Lost]
        {
            assert!(fates.iter().any(|(drawn, _)| *drawn == fate), "{fate:?}");
        }
    }
}
