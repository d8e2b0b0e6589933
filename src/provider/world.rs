//! The world: time, chance and the environment, through one seam, so that a run can be replayed.
//!
//! Never: anything else in aksel reads a clock, sleeps or draws a random number.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// Where time and chance come from.
#[async_trait]
pub trait World: Send + Sync {
    /// The time.
    fn now(&self) -> Timestamp;

    /// Waits. The caller bounds it and races it with its `Stop`.
    async fn pause(&self, duration: Duration);

    /// Fills the bytes with chance, fit for passwords and keys.
    fn random(&self, bytes: &mut [u8]);

    /// Hears that a request leaves for somewhere else.
    fn request_leaves(&self) {}

    /// How many requests have left so far.
    fn requests(&self) -> u64 {
        0
    }

    /// A variable of the environment; empty ones count as not set.
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}

/// The machine's clock, random source and environment.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    environment: BTreeMap<String, String>,
    requests: Arc<AtomicU64>,
}

impl Machine {
    /// The machine with these variables before those of its environment.
    pub fn with(environment: impl IntoIterator<Item = (String, String)>) -> Machine {
        Machine { environment: environment.into_iter().collect(), requests: Arc::default() }
    }
}

#[async_trait]
impl World for Machine {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the seam through which waiting goes")]
    async fn pause(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn random(&self, bytes: &mut [u8]) {
        rand::RngCore::fill_bytes(&mut rand::rng(), bytes);
    }

    fn request_leaves(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    fn variable(&self, name: &str) -> Option<String> {
        let ours = self.environment.get(name).cloned();
        ours.or_else(|| std::env::var(name).ok()).filter(|value| !value.is_empty())
    }
}
