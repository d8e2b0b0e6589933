//! Carrying out one change: written down, done, written down again.
//!
//! Invariant: an intent to create is written only where nothing stands: what the next run finds of it is ours.
//! Invariant: no change leaves before the intent is on disk; when this returns, the outcome is, or the run ends.
//! Invariant: what a provider answers is wholly known, else it is an error and only what is known is kept.
//! Never: state is changed here; whoever asked does that with what came of it.

use std::sync::Arc;
use std::time::Duration;

use aksel_lang::code::Code;
use aksel_lang::schema::Schema;
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_provider::provider::{Applied, Change, Private, Progress, Session};
use aksel_provider::stop::Stop;
use aksel_provider::world::World;
use aksel_state::intent::{Deed, Intent};
use aksel_state::journal::{Journal, JournalError, Outcome, Undertaking};
use aksel_state::snapshot::{InstanceObject, Status};
use jiff::Timestamp;

use crate::context::ObjectKey;
use crate::decide::with_marks_of;
use crate::objects::{Remembered, Written, mark_schema, write};
use crate::observer::{Doing, Event, Observer, Subject};
use crate::value_marks::without_ephemeral;

/// How often a change that is under way is heard of.
const STILL: Duration = Duration::from_secs(10);

/// A change that is ready to be carried out. Values are bare, but for `config`.
pub(crate) struct Undertake {
    pub(crate) key: ObjectKey,
    pub(crate) provider: Text,
    pub(crate) session: Arc<dyn Session>,
    pub(crate) schema: Arc<Schema>,
    pub(crate) deed: Deed,
    pub(crate) prior: Value,
    pub(crate) planned: Value,
    pub(crate) config: Value,
    pub(crate) private: Private,
    pub(crate) dependencies: Vec<String>,
    pub(crate) remembered: Remembered,
    pub(crate) subject: Subject,
}

/// What came of a change.
pub(crate) struct Carried {
    pub(crate) outcome: Outcome,
    /// The value with its marks, if there is an object.
    pub(crate) value: Option<Value>,
    pub(crate) findings: Vec<Finding>,
    /// Whether the journal could still be written.
    pub(crate) journal: Result<(), JournalError>,
    /// What is to be said of it.
    pub(crate) ending: Option<Event>,
}

/// What stays the same for all changes of a run.
#[derive(Clone, Copy)]
pub(crate) struct Means<'w> {
    pub(crate) journal: &'w Arc<Journal>,
    pub(crate) world: &'w Arc<dyn World>,
    pub(crate) observer: &'w dyn Observer,
    pub(crate) stop: &'w Stop,
}

/// Hands a provider's words on to the observer.
struct Words<'a> {
    observer: &'a dyn Observer,
    subject: &'a Subject,
    doing: Doing,
}

impl Progress for Words<'_> {
    fn says(&self, words: &str) {
        self.observer.hears(&Event::Progress(self.subject.clone(), self.doing, words.into()));
    }
}

/// Says that a change begins, and gives when it did.
pub(crate) fn begin(change: &Undertake, means: Means<'_>) -> Timestamp {
    means.observer.hears(&Event::Started(change.subject.clone(), doing(change.deed)));
    means.world.now()
}

/// Carries out a change that has begun. The caller tells the observer how it ended, as provisioners may follow.
pub(crate) async fn undertake(change: Undertake, began: Timestamp, means: Means<'_>) -> Carried {
    let doing = doing(change.deed);
    if let Err(findings) = vacant(&change, means.stop).await {
        return occupied(change, findings, began, means);
    }
    let intent = match intend(&change, means.journal).await {
        Ok(intent) => intent,
        Err(error) => return not_begun(change, error),
    };
    let applied = timed(&change, &intent, doing, means).await;
    let carried = judged(&change, applied);
    let (carried, journal) = match stays_in_doubt(&change, &intent, &carried) {
        true => (Carried { outcome: Outcome::Gone, value: None, ..carried }, Ok(())),
        false => {
            let journal = settle(means.journal, intent, carried.outcome.clone()).await;
            (carried, journal)
        }
    };
    let took = Duration::try_from(means.world.now().duration_since(began)).unwrap_or_default();
    let subject = match &carried.value {
        Some(value) if change.deed != Deed::Delete => crate::planning::subject(&change.key, value),
        _ => change.subject,
    };
    let failed = carried.findings.iter().any(Finding::is_error);
    let ending = if failed { Event::Failed(subject, doing, took) } else { Event::Done(subject, doing, took) };
    Carried { journal, ending: Some(ending), ..carried }
}

/// The same ending, of a change that has failed after all.
pub(crate) fn failed_after_all(ending: Event) -> Event {
    match ending {
        Event::Done(subject, doing, took) => Event::Failed(subject, doing, took),
        other => other,
    }
}

/// Whether the next run is to look up what came of it, as after a crash: the waiting for a creation was given up, so the object
/// may come to be whole all the same. An old object that is set aside for the new one would stand in the way of that.
fn stays_in_doubt(change: &Undertake, intent: &Intent, carried: &Carried) -> bool {
    let given_up = carried.findings.iter().any(|finding| finding.code == Code::Interrupted);
    given_up && change.deed == Deed::Create && !change.remembered.create_first && intent.identity().is_some()
}

pub(crate) fn doing(deed: Deed) -> Doing {
    match deed {
        Deed::Create => Doing::Create,
        Deed::Update => Doing::Update,
        Deed::Delete => Doing::Delete,
    }
}

fn not_begun(change: Undertake, error: JournalError) -> Carried {
    let ending = Some(Event::Failed(change.subject, doing(change.deed), Duration::ZERO));
    let outcome = if change.deed == Deed::Create { Outcome::Gone } else { Outcome::Unchanged };
    Carried { outcome, value: None, findings: Vec::new(), journal: Err(error), ending }
}

/// Makes sure that a creation does not meet an object that is there already.
async fn vacant(change: &Undertake, stop: &Stop) -> Result<(), Vec<Finding>> {
    if change.deed != Deed::Create {
        return Ok(());
    }
    let config = change.config.unmark_deep().0;
    change.session.vacant(wanted(change, &config), stop).await
}

fn occupied(change: Undertake, findings: Vec<Finding>, began: Timestamp, means: Means<'_>) -> Carried {
    let took = Duration::try_from(means.world.now().duration_since(began)).unwrap_or_default();
    let ending = Some(Event::Failed(change.subject, doing(change.deed), took));
    Carried { outcome: Outcome::Gone, value: None, findings, journal: Ok(()), ending }
}

fn wanted<'c>(change: &'c Undertake, config: &'c Value) -> Change<'c> {
    Change {
        type_name: &change.key.0.resource.type_name,
        deed: change.deed,
        prior: &change.prior,
        planned: &change.planned,
        config,
        private: &change.private,
    }
}

/// Lets the provider work, and says every now and then that it still does.
async fn timed(change: &Undertake, intent: &Intent, doing: Doing, means: Means<'_>) -> Applied {
    let words = Words { observer: means.observer, subject: &change.subject, doing };
    let config = change.config.unmark_deep().0;
    let mut work = change.session.apply(intent, wanted(change, &config), &words, means.stop);
    let mut waited = Duration::ZERO;
    loop {
        tokio::select! {
            biased;
            applied = &mut work => return applied,
            () = means.world.pause(STILL) => {
                waited += STILL;
                means.observer.hears(&Event::Still(change.subject.clone(), doing, waited));
            }
        }
    }
}

/// What the provider's answer means for state.
fn judged(change: &Undertake, applied: Applied) -> Carried {
    let mut findings = applied.findings;
    let failed = findings.iter().any(Finding::is_error);
    let Some(object) = applied.object else {
        let unchanged = failed && change.deed != Deed::Create;
        let outcome = if unchanged { Outcome::Unchanged } else { Outcome::Gone };
        return Carried { outcome, value: None, findings, journal: Ok(()), ending: None };
    };
    if change.deed == Deed::Delete {
        // As far as it came: the object is still there.
        let kept = Outcome::Unchanged;
        return Carried { outcome: kept, value: None, findings, journal: Ok(()), ending: None };
    }
    let known = object.value.is_wholly_known();
    if !known {
        findings.push(Finding::error(
            Code::InconsistentProvider,
            "Provider returned invalid result object after apply",
            "After the apply operation, the provider still indicated an unknown value. All values must be known after apply, so this is always a bug in the provider.",
        ));
    }
    let bare = if known { object.value } else { without_unknown(&object.value) };
    let marked = with_marks_of(&without_ephemeral(&change.config), &bare);
    let value = mark_schema(marked, &change.schema.block);
    let broken = change.deed == Deed::Create && (failed || !known);
    let written = write(&Written {
        value: &value,
        schema: &change.schema,
        status: if broken { Status::Tainted } else { Status::Ready },
        private: object.private,
        dependencies: change.dependencies.clone(),
        remembered: change.remembered,
    });
    let outcome = Outcome::Object(Box::new(written));
    Carried { outcome, value: Some(value), findings, journal: Ok(()), ending: None }
}

/// The value with null where nothing is known.
fn without_unknown(value: &Value) -> Value {
    use aksel_lang::value::Content;
    if !value.is_known() {
        return Value::null(value.ty());
    }
    match value.content() {
        Content::Object(items) => {
            Value::object(items.iter().map(|(name, item)| (name.clone(), without_unknown(item))))
        }
        Content::Tuple(items) => Value::tuple(items.iter().map(without_unknown)),
        _ if value.is_wholly_known() => value.clone(),
        _ => Value::null(value.ty()),
    }
}

/// Writes an intent down, on a thread that may wait for the disk.
async fn intend(change: &Undertake, journal: &Arc<Journal>) -> Result<Intent, JournalError> {
    let journal = Arc::clone(journal);
    let identity = match change.deed {
        Deed::Create => change.session.identity(&change.key.0.resource.type_name, &change.planned),
        Deed::Update | Deed::Delete => None,
    };
    let (address, deposed) = change.key.clone();
    let (deed, provider) = (change.deed, change.provider.clone());
    let write = move || {
        journal.intend(&Undertaking {
            address: &address,
            deposed: deposed.as_deref(),
            deed,
            identity,
            provider: &provider,
        })
    };
    on_disk(write).await
}

async fn settle(journal: &Arc<Journal>, intent: Intent, outcome: Outcome) -> Result<(), JournalError> {
    let journal = Arc::clone(journal);
    on_disk(move || journal.settle(&intent, &outcome)).await
}

/// Runs what waits for the disk on a thread that may wait.
async fn on_disk<T: Send + 'static>(
    write: impl FnOnce() -> Result<T, JournalError> + Send + 'static,
) -> Result<T, JournalError> {
    match tokio::task::spawn_blocking(write).await {
        Ok(result) => result,
        // The thread panicked or the runtime is going down: nothing is known to be on disk.
        Err(error) => Err(JournalError::Io { path: Default::default(), reason: error.to_string() }),
    }
}

/// The object that an outcome leaves.
pub(crate) fn object_of(outcome: &Outcome) -> Option<&InstanceObject> {
    match outcome {
        Outcome::Object(object) => Some(object),
        Outcome::Gone | Outcome::Unchanged => None,
    }
}
