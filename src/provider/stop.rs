//! Stopping: how a run is told to come to an end.
//!
//! Invariant: a stop only ever gets more urgent.
//! Never: a stop ends a request that has left; it ends waiting.

use std::sync::Arc;

use tokio::sync::watch;

/// How urgent it is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// The run goes on.
    Running,
    /// Nothing new is started; what is in flight ends by itself.
    Finish,
    /// Waits are abandoned.
    Now,
}

/// A view of whether the run is to end; cheap to clone.
#[derive(Clone, Debug)]
pub struct Stop {
    urgency: watch::Receiver<Urgency>,
    // Kept so that a run that nobody stops goes on waiting instead of seeing a closed channel.
    _sender: Arc<watch::Sender<Urgency>>,
}

/// The other end of a `Stop`: raises the urgency.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<watch::Sender<Urgency>>);

/// A stop and its stopper.
pub fn stop() -> (Stopper, Stop) {
    let (sender, urgency) = watch::channel(Urgency::Running);
    let sender = Arc::new(sender);
    (Stopper(Arc::clone(&sender)), Stop { urgency, _sender: sender })
}

impl Stopper {
    /// How urgent it is at this moment.
    pub fn urgency(&self) -> Urgency {
        *self.0.borrow()
    }

    /// Makes it at least as urgent as that.
    pub fn raise(&self, urgency: Urgency) {
        self.0.send_if_modified(|current| {
            let rises = urgency > *current;
            *current = urgency.max(*current);
            rises
        });
    }
}

impl Stop {
    /// A stop that never comes.
    pub fn never() -> Stop {
        stop().1
    }

    /// How urgent it is at this moment.
    pub fn urgency(&self) -> Urgency {
        *self.urgency.borrow()
    }

    /// Waits until it is at least as urgent as that.
    pub async fn reached(&self, urgency: Urgency) {
        let mut view = self.urgency.clone();
        // The sender lives as long as this view, so waiting cannot fail.
        let _reached = view.wait_for(|current| *current >= urgency).await;
    }
}
