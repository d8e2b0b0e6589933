//! What was asked of the sandbox, for tests and for people who want to see what a run did.
//!
//! Invariant: only so many exchanges are kept, the newest.
//! Never: a body or a header is kept.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use http::{Method, StatusCode};

/// How many exchanges are kept.
const KEPT: usize = 10_000;

/// One request with its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The status.
    pub status: u16,
}

/// The exchanges of a sandbox.
#[derive(Debug, Default)]
pub(crate) struct Activity(Mutex<VecDeque<Exchange>>);

impl Activity {
    pub(crate) fn note(&self, method: &Method, path: &str, status: StatusCode) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(Exchange {
            method: method.to_string(),
            path: path.to_owned(),
            status: status.as_u16(),
        });
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
