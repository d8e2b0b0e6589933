//! The journal: what aksel is about to do, on disk before it is done.
//!
//! Invariant: what aksel may have created is in the journal (an intent with its identity) or in the snapshot.
//! Invariant: only the last line may be torn; open cuts it off. Torn elsewhere is an error, never a guess.
//! Invariant: calls that wait at the same time share one sync; after a failed write nothing is written any more.
//! Never: the journal does not know what a change means, makes no request and reads no clock.
//!
//! A call returns when its line is synced, so an async caller makes it from a thread that may block. The order of a run:
//! `open`, `Recovered::replay`, `begin`, then `intend` and `settle` for each change, and `checkpoint` after the last.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use aksel_lang::address::Address;
use serde::{Deserialize, Serialize};

use crate::disk;
use crate::error::StateError;
use crate::file::{Saved, StateFile};
use crate::intent::{Deed, Intent, OperationId};
use crate::snapshot::{InstanceId, InstanceObject, Snapshot};
use crate::wire::InstanceWire;

/// The journal of a run.
pub struct Journal {
    path: PathBuf,
    run: String,
    shared: Mutex<Shared>,
    /// Signals that the medium is back: lines are synced, or will never be.
    changed: Condvar,
}

struct Shared {
    /// Away while a caller writes and syncs for all that wait.
    medium: Option<Box<dyn Medium>>,
    pending: Vec<u8>,
    submitted: u64,
    synced: u64,
    operations: u64,
    failed: Option<String>,
    begin: Option<Vec<u8>>,
    open: BTreeMap<OperationId, Vec<u8>>,
}

/// Where lines go.
trait Medium: Send {
    fn append(&mut self, lines: &[u8]) -> io::Result<()>;
    fn sync(&mut self) -> io::Result<()>;
    /// Replaces everything by these lines, durably and at once.
    fn reset(&mut self, lines: &[u8]) -> io::Result<()>;
}

/// What is to be done to which object.
#[derive(Clone, Debug)]
pub struct Undertaking<'a> {
    /// The resource instance.
    pub address: &'a Address,
    /// The key of a deposed object; `None` for the current one.
    pub deposed: Option<&'a str>,
    /// What is to be done.
    pub deed: Deed,
    /// The id by which the object can be looked up, if it can be known before.
    pub identity: Option<String>,
    /// The provider configuration, as state names it.
    pub provider: &'a str,
}

/// What came of a change: all that state needs of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The object is now this.
    Object(Box<InstanceObject>),
    /// There is no object any more, or there never was.
    Gone,
    /// The object is as it was: the change was refused before it had an effect.
    Unchanged,
}

/// What an earlier run left in the journal.
#[derive(Debug, Default)]
pub struct Recovered {
    /// The lineage of the state that the run worked on.
    pub lineage: Option<String>,
    /// Changes that may or may not have been made: whoever reads the object settles them.
    pub unsettled: Vec<Intent>,
    /// The steps that came before each save, and those that came after the last.
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Put { address: Address, deposed: Option<String>, provider: String, outcome: Outcome },
    Shift { address: Address, from: Option<String>, to: Option<String> },
    Saving { lineage: String, serial: u64 },
}

/// Why the journal could not be read or written.
#[derive(Debug)]
pub enum JournalError {
    /// A line that is not the last one cannot be read.
    Torn {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The byte at which the line begins.
        byte: usize,
        /// What is wrong.
        reason: String,
    },
    /// The journal belongs to another state than the one beside it.
    Lineage {
        /// The journal.
        path: PathBuf,
        /// The lineage that the journal names.
        journal: String,
        /// The lineage of the state.
        state: String,
    },
    /// The machine refused; nothing may be changed any more.
    Io {
        /// The journal.
        path: PathBuf,
        /// What the machine said.
        reason: String,
    },
}

impl JournalError {
    /// The way out.
    pub fn help(&self) -> &'static str {
        match self {
            JournalError::Torn { .. } => {
                "lines before it are valid: keep a copy, remove this line, and run `aksel plan` to see what is not in state"
            }
            JournalError::Lineage { .. } => {
                "bring back the state that the journal belongs to, or move the journal away if that state is gone on purpose"
            }
            JournalError::Io { .. } => {
                "check that the folder may be written and the disk is not full, then run again"
            }
        }
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JournalError::Torn { path, line, byte, reason } => {
                write!(f, "line {line} of {} (byte {byte}) cannot be read: {reason}", path.display())
            }
            JournalError::Lineage { path, journal, state } => {
                write!(f, "{} belongs to lineage {journal}, the state has {state}", path.display())
            }
            JournalError::Io { path, reason } => write!(f, "could not write {}: {reason}", path.display()),
        }
    }
}

impl std::error::Error for JournalError {}

/// One line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Record {
    Begin {
        format: u32,
        run: String,
        lineage: String,
    },
    Intent {
        operation: String,
        address: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deposed: Option<String>,
        deed: Deed,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identity: Option<String>,
        provider: String,
    },
    Object {
        operation: String,
        object: Box<InstanceWire>,
    },
    Gone {
        operation: String,
    },
    Unchanged {
        operation: String,
    },
    Shift {
        address: String,
        from: Option<String>,
        to: Option<String>,
    },
    Saving {
        lineage: String,
        serial: u64,
    },
}

/// The version of the lines.
const FORMAT: u32 = 1;

impl Record {
    fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).expect("a record has text keys and no infinite number");
        line.push(b'\n');
        line
    }
}

impl Journal {
    /// Opens the journal, makes it if need be, and reads what an earlier run left. The run's id must be new.
    ///
    /// # Errors
    /// When a line that is not the last cannot be read, or the machine refuses.
    pub fn open(path: impl Into<PathBuf>, run: &str) -> Result<(Journal, Recovered), JournalError> {
        let path = path.into();
        let failed = |error: io::Error| JournalError::Io { path: path.clone(), reason: error.to_string() };
        let mut medium = FileMedium::open(&path).map_err(failed)?;
        let content = medium.read().map_err(failed)?;
        let (read, length) = read_records(&path, &content)?;
        if length < content.len() {
            medium.cut(length).map_err(failed)?;
        }
        let (recovered, begin, open) = recover(&path, read)?;
        let mut journal = Journal::on(path, run, Box::new(medium));
        let shared = journal.shared.get_mut().unwrap_or_else(PoisonError::into_inner);
        (shared.begin, shared.open) = (begin, open);
        Ok((journal, recovered))
    }

    fn on(path: PathBuf, run: &str, medium: Box<dyn Medium>) -> Journal {
        let shared = Shared {
            medium: Some(medium),
            pending: Vec::new(),
            submitted: 0,
            synced: 0,
            operations: 0,
            failed: None,
            begin: None,
            open: BTreeMap::new(),
        };
        Journal { path, run: run.into(), shared: Mutex::new(shared), changed: Condvar::new() }
    }

    /// Names the state that the run works on. Comes before the first intent; synced with it.
    pub fn begin(&self, lineage: &str) {
        let line = Record::Begin { format: FORMAT, run: self.run.clone(), lineage: lineage.into() }.line();
        let mut shared = self.lock();
        shared.begin = Some(line.clone());
        shared.submit(&line);
    }

    /// Writes down what is about to be done. Returns when it is synced.
    ///
    /// # Errors
    /// When it could not be written: then it must not be done.
    pub fn intend(&self, undertaking: &Undertaking<'_>) -> Result<Intent, JournalError> {
        let mut shared = self.lock();
        shared.operations += 1;
        let intent = Intent {
            operation: OperationId(format!("{}-{}", self.run, shared.operations)),
            address: undertaking.address.to_string(),
            deposed: undertaking.deposed.map(str::to_owned),
            deed: undertaking.deed,
            identity: undertaking.identity.clone(),
            provider: undertaking.provider.to_owned(),
        };
        let line = record_of(&intent).line();
        shared.open.insert(intent.operation.clone(), line.clone());
        let number = shared.submit(&line);
        self.synced(shared, number)?;
        Ok(intent)
    }

    /// Writes down what came of it. Returns when it is synced.
    ///
    /// # Errors
    /// When it could not be written: the next run reads the object.
    pub fn settle(&self, intent: &Intent, outcome: &Outcome) -> Result<(), JournalError> {
        let operation = intent.operation.to_string();
        let record = match outcome {
            Outcome::Object(object) => {
                let object = InstanceWire::of(&InstanceId::default(), object);
                Record::Object { operation, object: Box::new(object) }
            }
            Outcome::Gone => Record::Gone { operation },
            Outcome::Unchanged => Record::Unchanged { operation },
        };
        let mut shared = self.lock();
        // The line of the intent stays with its outcome until the next checkpoint.
        shared.open.remove(&intent.operation);
        let number = shared.submit(&record.line());
        self.synced(shared, number)
    }

    /// Writes down that an object moves between being current (`None`) and deposed. Synced with the next intent.
    pub fn shift(&self, address: &Address, from: Option<&str>, to: Option<&str>) {
        let owned = |key: Option<&str>| key.map(str::to_owned);
        let record = Record::Shift { address: address.to_string(), from: owned(from), to: owned(to) };
        self.lock().submit(&record.line());
    }

    /// Saves the state and then drops from the journal what the state now has.
    ///
    /// The caller makes sure that `content` has all outcomes settled so far, and that none is settled meanwhile.
    ///
    /// # Errors
    /// When either could not be written: the journal then still has everything.
    pub fn checkpoint(&self, file: &mut StateFile, content: &mut Snapshot) -> Result<Saved, CheckpointError> {
        let saving = Record::Saving { lineage: content.lineage.clone(), serial: file.next_serial(content) };
        let mut shared = self.lock();
        let number = shared.submit(&saving.line());
        self.synced(shared, number).map_err(CheckpointError::Journal)?;
        let saved = file.save(content).map_err(CheckpointError::State)?;
        self.clear().map_err(CheckpointError::Journal)?;
        Ok(saved)
    }

    /// Leaves only the intents that have no outcome.
    fn clear(&self) -> Result<(), JournalError> {
        let mut shared = self.lock();
        while shared.medium.is_none() {
            shared = self.changed.wait(shared).unwrap_or_else(PoisonError::into_inner);
        }
        let open: Vec<u8> = shared.open.values().flatten().copied().collect();
        let begin = shared.begin.clone().unwrap_or_default();
        let lines = if open.is_empty() { Vec::new() } else { [begin, open].concat() };
        let reset = shared.medium.as_mut().map_or(Ok(()), |medium| medium.reset(&lines));
        if let Err(error) = reset {
            shared.failed = Some(error.to_string());
        }
        // A run that goes on after a checkpoint names its state again.
        if let (true, Some(begin)) = (lines.is_empty(), shared.begin.clone()) {
            shared.submit(&begin);
        }
        self.refused(&shared)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(&self, shared: &Shared) -> Result<(), JournalError> {
        match &shared.failed {
            Some(reason) => Err(JournalError::Io { path: self.path.clone(), reason: reason.clone() }),
            None => Ok(()),
        }
    }

    /// Waits until a line is synced. Whoever finds the medium at hand writes and syncs for all that wait.
    fn synced<'a>(&'a self, mut shared: MutexGuard<'a, Shared>, number: u64) -> Result<(), JournalError> {
        loop {
            if shared.synced >= number {
                return Ok(());
            }
            self.refused(&shared)?;
            shared = match shared.medium.take() {
                Some(medium) => self.commit(shared, medium),
                None => self.changed.wait(shared).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn commit<'a>(
        &'a self,
        mut shared: MutexGuard<'a, Shared>,
        mut medium: Box<dyn Medium>,
    ) -> MutexGuard<'a, Shared> {
        let batch = std::mem::take(&mut shared.pending);
        let last = shared.submitted;
        drop(shared);
        let written = medium.append(&batch).and_then(|()| medium.sync());
        let mut shared = self.lock();
        shared.medium = Some(medium);
        match written {
            Ok(()) => shared.synced = last,
            Err(error) => shared.failed = Some(error.to_string()),
        }
        self.changed.notify_all();
        shared
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("path", &self.path).field("run", &self.run).finish_non_exhaustive()
    }
}

/// Why a checkpoint failed.
#[derive(Debug)]
pub enum CheckpointError {
    /// The state could not be saved; the journal has everything.
    State(StateError),
    /// The journal could not be written.
    Journal(JournalError),
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckpointError::State(error) => error.fmt(f),
            CheckpointError::Journal(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CheckpointError {}

impl Shared {
    /// Queues a line and gives its number.
    fn submit(&mut self, line: &[u8]) -> u64 {
        self.pending.extend_from_slice(line);
        self.submitted += 1;
        self.submitted
    }
}

impl Recovered {
    /// Whether there is nothing to be replayed or settled.
    pub fn is_empty(&self) -> bool {
        self.unsettled.is_empty() && self.steps.is_empty()
    }

    /// Applies the outcomes that the snapshot does not have yet, and says how many.
    ///
    /// # Errors
    /// When the journal belongs to another state.
    pub fn replay(&self, journal: &Journal, snapshot: &mut Snapshot) -> Result<usize, JournalError> {
        let begun = self.lineage.as_deref().filter(|_| !self.is_empty());
        if let Some(lineage) = begun.filter(|lineage| *lineage != snapshot.lineage) {
            return Err(JournalError::Lineage {
                path: journal.path.clone(),
                journal: lineage.to_owned(),
                state: snapshot.lineage.clone(),
            });
        }
        let saved = self.steps.iter().rposition(|step| match step {
            Step::Saving { lineage, serial } => *lineage == snapshot.lineage && *serial <= snapshot.serial,
            Step::Put { .. } | Step::Shift { .. } => false,
        });
        let missing = &self.steps[saved.map_or(0, |place| place + 1)..];
        Ok(missing.iter().filter(|step| step.apply(snapshot)).count())
    }
}

impl Step {
    /// Applies the step; says whether it was one that changes state.
    fn apply(&self, snapshot: &mut Snapshot) -> bool {
        match self {
            Step::Put { address, deposed, provider, outcome } => {
                let deposed = deposed.as_deref();
                match outcome {
                    Outcome::Object(object) => {
                        snapshot.put(address, deposed, provider, (**object).clone());
                    }
                    Outcome::Gone => {
                        snapshot.remove(address, deposed);
                    }
                    Outcome::Unchanged => return false,
                }
            }
            Step::Shift { address, from, to } => {
                let provider = snapshot.provider(address, from.as_deref()).map(str::to_owned);
                let object = snapshot.remove(address, from.as_deref());
                if let (Some(provider), Some(object)) = (provider, object) {
                    snapshot.put(address, to.as_deref(), &provider, object);
                }
            }
            Step::Saving { .. } => return false,
        }
        true
    }
}

fn record_of(intent: &Intent) -> Record {
    Record::Intent {
        operation: intent.operation.to_string(),
        address: intent.address.clone(),
        deposed: intent.deposed.clone(),
        deed: intent.deed,
        identity: intent.identity.clone(),
        provider: intent.provider.clone(),
    }
}

/// A record with its line number and first byte.
type Placed = (usize, usize, Record);

/// Reads whole lines; gives the length up to which the file is whole.
fn read_records(path: &Path, content: &[u8]) -> Result<(Vec<Placed>, usize), JournalError> {
    let mut records = Vec::new();
    let mut start = 0;
    let whole = content.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    for line in content[..whole].split_inclusive(|byte| *byte == b'\n') {
        let number = records.len() + 1;
        match serde_json::from_slice(line) {
            Ok(record) => records.push((number, start, record)),
            // Pages of the last write may have reached the disk in any order.
            Err(_) if start + line.len() == content.len() => return Ok((records, start)),
            Err(error) => return Err(torn(path, number, start, error.to_string())),
        }
        start += line.len();
    }
    Ok((records, start))
}

fn torn(path: &Path, line: usize, byte: usize, reason: String) -> JournalError {
    JournalError::Torn { path: path.to_owned(), line, byte, reason }
}

type Open = BTreeMap<OperationId, Vec<u8>>;

/// Pairs intents with outcomes.
fn recover(path: &Path, records: Vec<Placed>) -> Result<(Recovered, Option<Vec<u8>>, Open), JournalError> {
    let mut recovered = Recovered::default();
    let mut begin = None;
    let mut open: BTreeMap<String, Intent> = BTreeMap::new();
    for (line, byte, record) in records {
        let text = record.line();
        let bad = |reason: String| torn(path, line, byte, reason);
        match record {
            Record::Begin { format, .. } if format != FORMAT => {
                return Err(bad(format!("journal format {format}, this aksel reads {FORMAT}")));
            }
            Record::Begin { lineage, .. } => {
                recovered.lineage = Some(lineage);
                begin = Some(text);
            }
            Record::Intent { operation, address, deposed, deed, identity, provider } => {
                let id = OperationId(operation.clone());
                open.insert(operation, Intent { operation: id, address, deposed, deed, identity, provider });
            }
            Record::Object { operation, object } => {
                let (_, object) = object.read().map_err(bad)?;
                let outcome = Outcome::Object(Box::new(object));
                recovered.steps.extend(settled(&mut open, &operation, outcome).map_err(bad)?);
            }
            Record::Gone { operation } => {
                recovered.steps.extend(settled(&mut open, &operation, Outcome::Gone).map_err(bad)?);
            }
            Record::Unchanged { operation } => {
                recovered.steps.extend(settled(&mut open, &operation, Outcome::Unchanged).map_err(bad)?);
            }
            Record::Shift { address, from, to } => {
                let address = address.parse().map_err(|error| bad(format!("{error}")))?;
                recovered.steps.push(Step::Shift { address, from, to });
            }
            Record::Saving { lineage, serial } => recovered.steps.push(Step::Saving { lineage, serial }),
        }
    }
    let lines = open.values().map(|intent| (intent.operation.clone(), record_of(intent).line())).collect();
    recovered.unsettled = open.into_values().collect();
    Ok((recovered, begin, lines))
}

/// The step that an outcome makes; none for an outcome whose intent was dropped by a checkpoint.
fn settled(
    open: &mut BTreeMap<String, Intent>,
    operation: &str,
    outcome: Outcome,
) -> Result<Option<Step>, String> {
    let Some(intent) = open.remove(operation) else { return Ok(None) };
    let address = intent.address.parse().map_err(|error| format!("{error}"))?;
    Ok(Some(Step::Put { address, deposed: intent.deposed, provider: intent.provider, outcome }))
}

struct FileMedium {
    path: PathBuf,
    file: File,
}

impl FileMedium {
    fn open(path: &Path) -> io::Result<FileMedium> {
        let folder = disk::folder_of(path);
        std::fs::create_dir_all(&folder)?;
        let file = disk::open_private(path)?;
        disk::sync_folder(&folder)?;
        Ok(FileMedium { path: path.to_owned(), file })
    }

    fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        self.file.read_to_end(&mut content)?;
        Ok(content)
    }

    fn cut(&mut self, length: usize) -> io::Result<()> {
        self.file.set_len(length as u64)?;
        self.file.seek(SeekFrom::End(0))?;
        self.file.sync_data()
    }
}

impl Medium for FileMedium {
    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        self.file.write_all(lines)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn reset(&mut self, lines: &[u8]) -> io::Result<()> {
        if lines.is_empty() {
            return self.cut(0);
        }
        disk::replace(&self.path, lines)?;
        self.file = disk::open_private(&self.path)?;
        self.file.seek(SeekFrom::End(0)).map(|_| ())
    }
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
