//! Time and tasks: the one place where the sandbox asks what time it is, waits, or starts a task.
//!
//! Invariant: a task belongs to a [`Tasks`] and has ended when [`Tasks::end`] returns.
//! Never: nothing else in this crate calls the clock, sleeps or spawns.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;

/// A moment by the wall clock, in milliseconds since 1970.
///
/// The wall clock and not a monotonic one: what is under way must go on after a restart of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Moment(pub(crate) i64);

impl Moment {
    /// The moment that comes this much later.
    #[must_use]
    pub(crate) fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long it is from now until this moment; zero when it has passed.
    #[must_use]
    pub(crate) fn until(self, now: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - now.0).unwrap_or(0))
    }

    /// RFC 3339 in UTC, with whole seconds: `2026-01-02T03:04:05Z`.
    #[must_use]
    pub(crate) fn rfc3339(self) -> String {
        self.formatted("%Y-%m-%dT%H:%M:%SZ")
    }

    /// The date as HTTP headers write it: `Fri, 02 Jan 2026 03:04:05 GMT`.
    #[must_use]
    pub(crate) fn http_date(self) -> String {
        self.formatted("%a, %d %b %Y %H:%M:%S GMT")
    }

    fn formatted(self, format: &str) -> String {
        let moment = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        moment.strftime(format).to_string()
    }
}

/// What time it is.
#[must_use]
pub(crate) fn now() -> Moment {
    #[expect(clippy::disallowed_methods, reason = "the one place where the sandbox reads the clock")]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let moment = Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    #[cfg(test)]
    let moment = STILL.get().unwrap_or(moment).after(LEAD.get());
    moment
}

#[cfg(test)]
thread_local! {
    /// How far the time of a test's thread is ahead.
    static LEAD: std::cell::Cell<Duration> = const { std::cell::Cell::new(Duration::ZERO) };
    /// The time at which it stands, but for its lead.
    static STILL: std::cell::Cell<Option<Moment>> = const { std::cell::Cell::new(None) };
}

/// Lets time stand still for the thread of a test, until it is advanced.
#[cfg(test)]
pub(crate) fn stand_still() {
    STILL.set(Some(Moment(now().0 / 1000 * 1000)));
    LEAD.set(Duration::ZERO);
}

/// Lets time pass for the thread of a test.
#[cfg(test)]
pub(crate) fn advance(span: jiff::SignedDuration) {
    LEAD.set(LEAD.get() + span.unsigned_abs());
}

/// Waits.
pub(crate) async fn sleep(duration: Duration) {
    #[expect(clippy::disallowed_methods, reason = "the one place where the sandbox waits")]
    tokio::time::sleep(duration).await;
}

/// The tasks of one sandbox. A clone is the same set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tasks {
    set: Arc<Mutex<Option<JoinSet<()>>>>,
}

impl Tasks {
    /// An open set without a task.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self { set: Arc::new(Mutex::new(Some(JoinSet::new()))) }
    }

    /// Starts a task in the set; does nothing when the set has ended.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = set.as_mut() {
            while set.try_join_next().is_some() {}
            set.spawn(task);
        }
    }

    /// Cancels all tasks and returns when the last one has ended.
    pub(crate) async fn end(&self) {
        if let Some(mut set) = self.take() {
            set.shutdown().await;
        }
    }

    /// Cancels all tasks without waiting for them: for `Drop`.
    pub(crate) fn cancel(&self) {
        drop(self.take());
    }

    fn take(&self) -> Option<JoinSet<()>> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
