//! What was asked and answered lately.
//!
//! Invariant: it holds no bodies, no queries and no headers, so that no secret gets into it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

const EXCHANGES_MAX: usize = 20_000;

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Such as `PUT`.
    pub method: String,
    /// The path, without its query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
}

/// The newest exchanges.
#[derive(Debug, Default)]
pub(crate) struct Activity(Mutex<VecDeque<Exchange>>);

impl Activity {
    pub(crate) fn note(&self, exchange: Exchange) {
        let mut kept = self.lock();
        if kept.len() == EXCHANGES_MAX {
            kept.pop_front();
        }
        kept.push_back(exchange);
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.lock().iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Exchange>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
