//! Custody of a state: locked, with its journal, what an earlier run left in doubt, and saved at the end.
//!
//! Invariant: while it lives, no other run on this state begins.
//! Invariant: what the journal of a run that died has is in `content` before anything is planned.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;
use aksel_provider::world::{Machine, World};
use aksel_state::file::{Overwrite, StateFile};
use aksel_state::intent::Intent;
use aksel_state::journal::{Journal, JournalError};
use aksel_state::lock::{LockError, LockInfo, StateLock, lock};
use aksel_state::snapshot::Snapshot;

use crate::state_options::{LockOptions, StateOptions};
use crate::workplace::{Workplace, state_error};

/// A state in the hands of one run.
pub(crate) struct Custody {
    file: StateFile,
    /// What exists, as far as it is known.
    pub(crate) content: Snapshot,
    pub(crate) journal: Arc<Journal>,
    /// Operations of a run that died, of which the outcome is not known.
    pub(crate) in_doubt: Vec<Intent>,
    journal_path: PathBuf,
    // Held until the last line is written.
    _lock: Held,
}

impl Drop for Custody {
    /// Leaves nothing behind that the next run does not need: the lock is free, an empty journal is gone.
    fn drop(&mut self) {
        let empty = std::fs::metadata(&self.journal_path).is_ok_and(|found| found.len() == 0);
        if empty {
            // Whoever comes next makes it again, so that it stays costs nothing.
            let _removed = std::fs::remove_file(&self.journal_path);
        }
    }
}

/// The lock, if one was wanted. It is free again when this goes.
pub(crate) struct Held(Option<StateLock>);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(lock) = self.0.take() {
            // The lock ends with the process at the latest.
            let _released = lock.release();
        }
    }
}

/// Where a state is kept as it was before it is changed by hand.
#[derive(Clone, Debug)]
pub(crate) enum Backup {
    /// Where a run keeps it: `terraform.tfstate.backup`.
    Usual,
    /// Under a name that tells when, so that no later change takes its place.
    ByTime,
    /// There.
    Named(PathBuf),
}

/// Takes a state in hand outside of a run: to change it by hand.
///
/// # Errors
/// Who holds it, or why it cannot be read.
pub(crate) async fn in_hand(
    place: &Workplace,
    options: &StateOptions,
    operation: &str,
    backup: Backup,
) -> Result<Custody, Diagnostic> {
    let path = place.state_path(options.state.as_deref());
    in_hand_at(
        &path,
        options,
        operation,
        options.backup.as_deref().map_or(backup, |named| Backup::Named(place.path(named))),
    )
    .await
}

/// Takes the state of a path in hand.
///
/// # Errors
/// Who holds it, or why it cannot be read.
pub(crate) async fn in_hand_at(
    path: &Path,
    options: &StateOptions,
    operation: &str,
    backup: Backup,
) -> Result<Custody, Diagnostic> {
    let world: Arc<dyn World> = Arc::new(Machine::default());
    let held = hold_path(path, &options.locking, operation, &world).await?;
    let backup = match backup {
        Backup::Usual => None,
        Backup::ByTime => Some(Some(dated(path, &world))),
        Backup::Named(path) => Some(Some(path)),
    };
    Custody::open(path.to_owned(), None, backup, held, &world)
}

/// `terraform.tfstate.1767225600.backup` beside `terraform.tfstate`.
fn dated(state: &Path, world: &Arc<dyn World>) -> PathBuf {
    let mut name = state.as_os_str().to_owned();
    name.push(format!(".{}.backup", world.now().as_second()));
    PathBuf::from(name)
}

/// Locks a state and waits for the lock as long as was asked for.
///
/// # Errors
/// Who holds it.
pub(crate) async fn hold(
    place: &Workplace,
    options: &StateOptions,
    operation: &str,
    world: &Arc<dyn World>,
) -> Result<Held, Diagnostic> {
    hold_path(&place.state_path(options.state.as_deref()), &options.locking, operation, world).await
}

/// Locks the state of a path.
///
/// # Errors
/// Who holds it.
pub(crate) async fn hold_path(
    path: &Path,
    options: &LockOptions,
    operation: &str,
    world: &Arc<dyn World>,
) -> Result<Held, Diagnostic> {
    if !options.lock.on {
        return Ok(Held(None));
    }
    let began = world.now();
    loop {
        match lock(path, info(path, operation, world)) {
            Ok(held) => return Ok(Held(Some(held))),
            Err(LockError::Held(by)) => {
                let waited =
                    std::time::Duration::try_from(world.now().duration_since(began)).unwrap_or_default();
                if waited >= options.lock_timeout {
                    return Err(locked(&LockError::Held(by)));
                }
                world.pause(std::time::Duration::from_millis(200)).await;
            }
            Err(error) => return Err(locked(&error)),
        }
    }
}

fn info(path: &Path, operation: &str, world: &Arc<dyn World>) -> LockInfo {
    let user =
        std::env::var("USER").or_else(|_| std::env::var("USERNAME")).unwrap_or_else(|_| "unknown".into());
    let machine = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    LockInfo {
        id: id(world),
        operation: format!("OperationType{operation}"),
        info: String::new(),
        who: format!("{user}@{}", machine.trim()),
        version: env!("CARGO_PKG_VERSION").into(),
        created: world.now().to_string(),
        path: path.display().to_string(),
    }
}

/// A new id in the form of a UUID.
pub(crate) fn id(world: &Arc<dyn World>) -> String {
    let mut bytes = [0_u8; 16];
    world.random(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

fn locked(error: &LockError) -> Diagnostic {
    let error_text =
        Diagnostic::error(Code::StateLocked, "Error acquiring the state lock").detail(format!("{error}."));
    match error {
        LockError::Held(Some(by)) => error_text.help(format!(
            "Wait for it, or pass -lock-timeout=5m. If that run is dead on another machine: aksel force-unlock {}",
            by.id
        )),
        LockError::Held(None) | LockError::OtherId { .. } | LockError::Io { .. } => error_text,
    }
}

impl Custody {
    /// Takes a state in hand.
    ///
    /// # Errors
    /// When the state or its journal cannot be read.
    pub(crate) fn take(
        place: &Workplace,
        options: &StateOptions,
        held: Held,
        world: &Arc<dyn World>,
    ) -> Result<Custody, Diagnostic> {
        let from = place.state_path(options.state.as_deref());
        let to = options.state_out.as_ref().map(|path| place.path(path));
        Custody::open(from, to, options.backup.as_deref().map(|path| backup_path(place, path)), held, world)
    }

    fn open(
        from: PathBuf,
        to: Option<PathBuf>,
        backup: Option<Option<PathBuf>>,
        held: Held,
        world: &Arc<dyn World>,
    ) -> Result<Custody, Diagnostic> {
        let read = StateFile::open(&from).map_err(|error| state_error(&error, &from))?;
        let journal_path = journal_path(&from);
        let (journal, recovered) =
            Journal::open(&journal_path, &id(world)).map_err(|error| journal_error(&error))?;
        // A run that died before its first save has named a lineage that only the journal knows.
        let lineage = || recovered.lineage.clone().unwrap_or_else(|| id(world));
        let mut content = read.snapshot().cloned().unwrap_or_else(|| Snapshot::new(lineage()));
        let file = match &to {
            Some(to) if *to != from => StateFile::open(to).map_err(|error| state_error(&error, to))?,
            Some(_) | None => read,
        };
        let file = match backup {
            Some(backup) => file.with_backup(backup),
            None => file,
        };
        recovered.replay(&journal, &mut content).map_err(|error| journal_error(&error))?;
        let in_doubt = recovered.unsettled;
        journal.begin(&content.lineage);
        Ok(Custody { file, content, journal: Arc::new(journal), in_doubt, journal_path, _lock: held })
    }

    /// Saves what exists now.
    ///
    /// # Errors
    /// When the state or the journal cannot be written; the journal then still has everything.
    pub(crate) fn save(&mut self, content: Snapshot) -> Result<(), Diagnostic> {
        self.content = content;
        self.journal.checkpoint(&mut self.file, &mut self.content).map(drop).map_err(|error| {
            Diagnostic::error(Code::State, "Failed to save state")
                .detail(format!(
                    "{error}. Nothing is lost: what was done is in the journal beside the state."
                ))
                .help(
                    "Make room or give access, then run the same command again: it reads the journal first.",
                )
        })
    }
}

impl Custody {
    /// Puts another state in the place of this one.
    ///
    /// # Errors
    /// When it does not follow on this one, or an earlier run left something that only this one's journal knows.
    pub(crate) fn put(&mut self, content: Snapshot, overwrite: Overwrite) -> Result<(), Diagnostic> {
        if !self.in_doubt.is_empty() {
            return Err(Diagnostic::error(Code::State, "An earlier run is not settled")
                .detail("A run died with changes under way. They are in the journal of this state, which another state would lose.")
                .help("Run `aksel plan` or `aksel apply` first: it looks up what became of them."));
        }
        self.file.replace(content, overwrite).map_err(|error| {
            Diagnostic::error(Code::State, "Failed to write state")
                .detail(format!("{error}."))
                .help(error.help())
        })
    }
}

fn backup_path(place: &Workplace, path: &Path) -> Option<PathBuf> {
    (path != Path::new("-")).then(|| place.path(path))
}

/// The journal of a state: `.terraform.tfstate.journal` beside `terraform.tfstate`.
fn journal_path(state: &Path) -> PathBuf {
    let name = state.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    state.with_file_name(format!(".{name}.journal"))
}

fn journal_error(error: &JournalError) -> Diagnostic {
    Diagnostic::error(Code::Journal, "The journal cannot be used")
        .detail(format!("{error}."))
        .help(error.help())
}
