//! Observers: who wants to hear how a run is getting on.
//!
//! Invariant: every `Started` is followed by one `Done` or `Failed` of the same address and deed.
//! Invariant: after `Begun` each upcoming change is either started or skipped, or an error says why it is not.
//! Never: an event holds a sensitive value.

use std::sync::Arc;
use std::time::Duration;

use aksel_lang::address::Address;
use aksel_lang::types::Text;
use aksel_provider::touch::Touch;

/// Hears of what happens. Called from the run's own task: it must return quickly.
pub trait Observer: Send + Sync {
    /// Something has happened.
    fn hears(&self, event: &Event);

    /// What is asked for besides what a plan needs.
    fn curiosity(&self) -> Curiosity {
        Curiosity::Plan
    }
}

/// What an observer wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curiosity {
    /// What a plan needs to know anyway.
    Plan,
    /// Also who changed what has changed outside.
    Touches,
}

/// Something that happens in a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// An object is about to be read.
    RefreshStarted(Subject),
    /// An object has changed outside, last by them.
    Touched(Subject, Touch),
    /// An object has been read.
    RefreshDone(Subject),
    /// An instance's plan is made.
    Planned(Subject),
    /// A change, a data read or the opening of an ephemeral resource begins.
    Started(Subject, Doing),
    /// A change says how it is getting on, in a few words.
    Progress(Subject, Doing, String),
    /// A change is still under way after so long. Sent every ten seconds.
    Still(Subject, Doing, Duration),
    /// A change is done and took so long.
    Done(Subject, Doing, Duration),
    /// A change has failed and took so long.
    Failed(Subject, Doing, Duration),
    /// A provisioner begins.
    ProvisionStarted(Subject, Text),
    /// A provisioner printed a line.
    ProvisionSays(Subject, Text, String),
    /// A provisioner is done.
    ProvisionDone(Subject, Text),
    /// A provisioner has failed.
    ProvisionFailed(Subject, Text),
    /// An operation of an earlier run that was in doubt was looked up.
    Settled(Subject, Settlement),
    /// A further wave begins, with so many resources that had to wait.
    Wave(usize),
    /// An apply begins, with all that it is going to do.
    Begun(Vec<Upcoming>),
    /// A change is not begun.
    Skipped(Subject, Doing, Skip),
}

/// A change that an apply is going to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upcoming {
    /// The object.
    pub subject: Subject,
    /// What is to be done.
    pub doing: Doing,
    /// The resources that the object's resource depends on, also through others, as they are written.
    pub needs: Arc<[String]>,
}

/// Why a change is not begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skip {
    /// This failed, and the change depends on it.
    Failed(String),
    /// The run is to end.
    Stopped,
}

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The instance.
    pub address: Address,
    /// The key of a deposed object.
    pub deposed: Option<Text>,
    /// What the object is known by remotely: the name of an attribute and its value (`id`, `…`).
    pub id: Option<(Text, Text)>,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Doing {
    /// An object is made.
    Create,
    /// An object is changed in place.
    Update,
    /// An object is deleted.
    Delete,
    /// A data source is read.
    Read,
    /// An ephemeral resource is opened.
    Open,
}

/// What became of an operation in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Settlement {
    /// The object is there and is now in state.
    Adopted,
    /// The object is not there and is no longer in state.
    Gone,
}

impl Subject {
    /// A current object.
    pub fn of(address: &Address) -> Subject {
        Subject { address: address.clone(), deposed: None, id: None }
    }
}

/// An observer that hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn hears(&self, _event: &Event) {}
}
