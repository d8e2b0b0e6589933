//! What controllers remember between rounds: refusals with their back-off, names given, events made, runs of containers.
//!
//! Invariant: losing it loses no correctness: a new memory makes the same decisions from the store, only back-offs start anew.

use std::collections::HashMap;

use jiff::Timestamp;

use super::events::Event;
use super::fields::after_millis;
use super::kubelet::Run;
use super::{Refusal, Write};

/// How many announcements are remembered for counting; older ones start a new Event.
const EVENTS_MAX: usize = 8192;
/// The characters of generated names: no vowels and no look-alikes.
const NAME_ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
const RETRY_FIRST_MILLIS: i64 = 100;
const RETRY_MAX_MILLIS: i64 = 10_000;

/// A change that the API server refused.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    /// The server's message.
    pub(super) message: String,
    /// Before this time it is not tried again.
    pub(super) retry_at: Timestamp,
    times: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Announcement {
    uid: String,
    field: String,
    reason: String,
    message: String,
    source: &'static str,
}

impl Announcement {
    fn of(event: &Event) -> Self {
        let part = |key: &str| super::fields::text(&event.regarding, key).to_owned();
        Self {
            uid: part("uid") + &part("name"),
            field: part("fieldPath"),
            reason: event.reason.clone(),
            message: event.message.clone(),
            source: event.source.0,
        }
    }
}

/// What controllers remember between rounds.
#[derive(Default)]
pub(crate) struct Memory {
    random: u64,
    troubles: HashMap<String, Trouble>,
    events: HashMap<Announcement, String>,
    /// The containers that the simulated node agents run, by pod uid.
    pub(super) runs: HashMap<String, Run>,
    /// When a controller may act again, by what it concerns.
    pub(super) not_before: HashMap<String, Timestamp>,
    /// The last thing said about an object, so that it is said once.
    pub(super) said: HashMap<String, String>,
    /// When a pod was seen unable to be scheduled for the first time, by uid.
    pub(super) marks: HashMap<String, Timestamp>,
    ca: String,
}

impl std::fmt::Debug for Memory {
    /// Shows sizes only: what is remembered holds tokens' makers and users' messages.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Memory")
            .field("troubles", &self.troubles.len())
            .field("events", &self.events.len())
            .finish_non_exhaustive()
    }
}

impl Memory {
    /// An empty memory whose generated names follow from a seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self { random: seed, ..Self::default() }
    }

    /// Tells what is published as the cluster's certificate authority (PEM).
    pub(crate) fn set_ca_certificate(&mut self, pem: impl Into<String>) {
        self.ca = pem.into();
    }

    pub(super) fn ca_certificate(&self) -> &str {
        &self.ca
    }

    pub(super) fn account_token(&self, namespace: &str, name: &str, uid: &str) -> String {
        format!("system:serviceaccount:{namespace}:{name}:{uid}")
    }

    /// The next number of the seeded sequence (splitmix64).
    pub(super) fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A name with a generated end, as the API server makes it from `generateName`.
    pub(super) fn generated(&mut self, prefix: &str) -> String {
        let mut rest = self.random();
        // The API server cuts the prefix so that the whole has at most 63 characters.
        let mut name: String = prefix.chars().take(58).collect();
        for _ in 0..5 {
            let letters = NAME_ALPHABET.len() as u64;
            let index = usize::try_from(rest % letters).unwrap_or(0);
            name.push(char::from(NAME_ALPHABET[index]));
            rest /= letters;
        }
        name
    }

    pub(super) fn event_name(&self, event: &Event) -> Option<String> {
        self.events.get(&Announcement::of(event)).cloned()
    }

    pub(super) fn name_event(&mut self, event: &Event, name: &str) {
        if self.events.len() >= EVENTS_MAX {
            self.events.clear();
        }
        self.events.insert(Announcement::of(event), name.to_owned());
    }

    /// The last refusal on behalf of an object.
    pub(super) fn trouble(&self, owner: &str) -> Option<&Trouble> {
        self.troubles.get(owner)
    }

    /// Whether writes on behalf of an object have to wait.
    pub(super) fn is_blocked(&self, owner: &str, now: Timestamp) -> bool {
        !owner.is_empty() && self.troubles.get(owner).is_some_and(|trouble| now < trouble.retry_at)
    }

    pub(super) fn accepted(&mut self, owner: &str) {
        if !owner.is_empty() {
            self.troubles.remove(owner);
        }
    }

    /// Remembers a refusal and returns what is announced about it.
    pub(super) fn refused(&mut self, write: &Write, refusal: &Refusal, now: Timestamp) -> Option<Event> {
        if write.owner.is_empty() {
            return None;
        }
        let times = self.troubles.get(&write.owner).map_or(0, |trouble| trouble.times);
        let wait = RETRY_FIRST_MILLIS.saturating_mul(1 << times.min(10)).min(RETRY_MAX_MILLIS);
        let trouble =
            Trouble { message: refusal.message.clone(), retry_at: after_millis(now, wait), times: times + 1 };
        self.troubles.insert(write.owner.clone(), trouble);
        let mut event = write.otherwise.clone()?;
        event.message.push_str(&refusal.message);
        Some(event)
    }
}
