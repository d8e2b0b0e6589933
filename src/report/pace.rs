//! How long changes took before: the one source of estimates.
//!
//! Invariant: a length that was not seen is not guessed; where one is missing there is no estimate.
//! Never: it holds anything of an object but the name of its type.

use std::collections::BTreeMap;
use std::time::Duration;

use aksel_engine::observer::Doing;
use serde::{Deserialize, Serialize};

/// How much of what is kept a new length replaces, in parts of this.
const WEIGHT: u64 = 2;

/// How long changes of a type take, by `<type> <word>`, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    took: BTreeMap<String, u64>,
}

impl Pace {
    /// How long it took of late.
    pub fn expected(&self, type_name: &str, doing: Doing) -> Option<Duration> {
        self.took.get(&key(type_name, doing)).copied().map(Duration::from_millis)
    }

    /// Takes in how long it took. What was newest counts half.
    pub fn learn(&mut self, type_name: &str, doing: Doing, took: Duration) {
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let kept = self.took.entry(key(type_name, doing)).or_insert(took);
        *kept = *kept - *kept / WEIGHT + took / WEIGHT;
    }
}

fn key(type_name: &str, doing: Doing) -> String {
    let word = match doing {
        Doing::Create => "create",
        Doing::Update => "update",
        Doing::Delete => "delete",
        Doing::Read => "read",
        Doing::Open => "open",
    };
    format!("{type_name} {word}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_of_late_counts_most() {
        let mut pace = Pace::default();
        assert_eq!(pace.expected("a", Doing::Create), None);
        pace.learn("a", Doing::Create, Duration::from_millis(100));
        pace.learn("a", Doing::Create, Duration::from_millis(300));
        assert_eq!(pace.expected("a", Doing::Create), Some(Duration::from_millis(200)));
        assert_eq!(pace.expected("a", Doing::Delete), None);
    }
}
