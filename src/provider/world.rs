//! The world: time and chance, through one seam, so that a run can be replayed.
//!
//! Never: anything else in aksel reads a clock, sleeps or draws a random number.

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
}

/// The machine's clock and random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct Machine;

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
}
