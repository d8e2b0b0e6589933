//! The world: all that clients have made, in memory and in one log that only grows while the process lives.
//!
//! Invariant: what a decision changed is synced to the log before [`World::commit`] returns; one decision is one line.
//! Invariant: only the last line may be torn, by a crash; open cuts it off. Torn elsewhere is an error, never a guess.
//! Never: it does not know what an object means, and it reads no clock.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::clock::Moment;
use crate::{SandboxError, files};

/// How long an operation that has ended can still be polled.
const REMEMBERED: Duration = Duration::from_secs(60 * 60);

/// What happens to an object at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Doing {
    /// It comes into being.
    Creating,
    /// It is changed.
    Updating,
    /// It goes away; when the operation ends it is gone.
    Deleting,
}

impl Doing {
    /// The provisioning state that ARM shows meanwhile.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::Updating => "Updating",
            Self::Deleting => "Deleting",
        }
    }
}

/// A long-running operation on an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Working {
    pub(crate) operation: String,
    pub(crate) until: Moment,
    pub(crate) doing: Doing,
}

/// An object of ARM. Its key in [`Tables`] is its id in lower case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Object {
    /// The id as it was first written.
    pub(crate) id: String,
    /// The type as it was first written, such as `Microsoft.Storage/storageAccounts`.
    pub(crate) kind: String,
    /// What ARM answers, but for what is computed on reading.
    pub(crate) body: Map<String, Value>,
    pub(crate) made: Moment,
    pub(crate) changed: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) working: Option<Working>,
}

/// What a poll of a long-running operation is answered from, also when its object is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Operation {
    pub(crate) object: String,
    pub(crate) since: Moment,
    pub(crate) until: Moment,
    pub(crate) doing: Doing,
}

/// How a cluster's API server is reached. Kept, so that the same kubeconfig is handed out for as long as it lives.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Access {
    pub(crate) server: String,
    pub(crate) authority: String,
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) token: String,
}

/// A blob; its bytes lie in a file that is named by their digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Blob {
    pub(crate) digest: String,
    pub(crate) size: u64,
    pub(crate) content_type: String,
    pub(crate) content_md5: Option<String>,
    pub(crate) kind: String,
    pub(crate) made: Moment,
    pub(crate) changed: Moment,
    pub(crate) version: u64,
    pub(crate) metadata: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lease: Option<Lease>,
}

/// Who may write a blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lease {
    pub(crate) id: String,
    /// Without one the lease never ends by itself.
    pub(crate) until: Option<Moment>,
    pub(crate) seconds: i64,
}

/// A manifest in a container registry; its bytes lie in a file that is named by their digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) digest: String,
    pub(crate) media_type: String,
    pub(crate) size: u64,
}

/// All tables, by key.
#[derive(Default)]
pub(crate) struct Tables {
    pub(crate) objects: BTreeMap<String, Object>,
    pub(crate) operations: BTreeMap<String, Operation>,
    /// By the key of the cluster and `/user` or `/admin`.
    pub(crate) accesses: BTreeMap<String, Access>,
    /// By `account/container/name`.
    pub(crate) blobs: BTreeMap<String, Blob>,
    /// By `registry/repository:tag` and `registry/repository@digest`.
    pub(crate) manifests: BTreeMap<String, Manifest>,
    /// The keys of the objects that something is under way on.
    pub(crate) pending: BTreeSet<String>,
}

/// One entry that is set, or removed where there is no value.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    Object(String, Option<Object>),
    Operation(String, Option<Operation>),
    Access(String, Option<Access>),
    Blob(String, Option<Blob>),
    Manifest(String, Option<Manifest>),
}

impl Tables {
    /// The objects whose id begins with `prefix`, which is in lower case.
    pub(crate) fn below<'a, 'p>(
        &'a self,
        prefix: &'p str,
    ) -> impl Iterator<Item = (&'a String, &'a Object)> + use<'a, 'p> {
        self.objects.range(prefix.to_owned()..).take_while(move |(key, _)| key.starts_with(prefix))
    }

    pub(crate) fn apply(&mut self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Object(key, value) => {
                    match value.as_ref().and_then(|object| object.working.as_ref()) {
                        Some(_) => drop(self.pending.insert(key.clone())),
                        None => drop(self.pending.remove(&key)),
                    }
                    set(&mut self.objects, key, value);
                }
                Change::Operation(key, value) => set(&mut self.operations, key, value),
                Change::Access(key, value) => set(&mut self.accesses, key, value),
                Change::Blob(key, value) => set(&mut self.blobs, key, value),
                Change::Manifest(key, value) => set(&mut self.manifests, key, value),
            }
        }
    }

    /// Forgets operations that nobody polls any more: those that ended long before the newest one.
    fn forget_old_operations(&mut self) {
        let newest = self.operations.values().map(|operation| operation.until).max();
        if let Some(newest) = newest {
            self.operations.retain(|_, operation| operation.until.after(REMEMBERED) > newest);
        }
    }

    /// The whole as one list of changes, for a fresh log.
    fn written(&self) -> Vec<Change> {
        fn all<T: Clone>(
            table: &BTreeMap<String, T>,
            change: fn(String, Option<T>) -> Change,
        ) -> impl Iterator<Item = Change> {
            table.iter().map(move |(key, value)| change(key.clone(), Some(value.clone())))
        }
        all(&self.objects, Change::Object)
            .chain(all(&self.operations, Change::Operation))
            .chain(all(&self.accesses, Change::Access))
            .chain(all(&self.blobs, Change::Blob))
            .chain(all(&self.manifests, Change::Manifest))
            .collect()
    }
}

fn set<T>(table: &mut BTreeMap<String, T>, key: String, value: Option<T>) {
    match value {
        Some(value) => drop(table.insert(key, value)),
        None => drop(table.remove(&key)),
    }
}

struct Inner {
    tables: Tables,
    log: File,
    length: u64,
}

/// The world of one sandbox.
pub(crate) struct World {
    path: PathBuf,
    inner: Mutex<Inner>,
}

impl World {
    /// Reads the folder's log, or begins one, and writes it anew without what is outdated.
    ///
    /// # Errors
    /// When the log cannot be read or written, or is damaged elsewhere than at its end.
    pub(crate) fn open(folder: &Path) -> Result<Self, SandboxError> {
        let path = folder.join("world.jsonl");
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(SandboxError::file("read", &path, error)),
        };
        let mut tables =
            read(&text).map_err(|problem| SandboxError::Content { path: path.clone(), problem })?;
        tables.forget_old_operations();
        let mut fresh = Vec::new();
        for change in tables.written() {
            fresh.extend(line(&[change]));
        }
        files::replace(&path, &fresh)?;
        let failed = |error| SandboxError::file("write", &path, error);
        let mut log = File::options().write(true).open(&path).map_err(failed)?;
        let length = log.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(Self { path, inner: Mutex::new(Inner { tables, log, length }) })
    }

    /// Looks at the tables.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Tables) -> T) -> T {
        look(&self.lock().tables)
    }

    /// Makes one decision from the tables and carries it out: its changes are on disk when this returns.
    ///
    /// `finish` sees the tables with the changes, before anybody else changes them.
    ///
    /// # Errors
    /// When the log cannot be written; nothing has changed then.
    pub(crate) fn commit_and<T, U>(
        &self,
        decide: impl FnOnce(&Tables) -> (T, Vec<Change>),
        finish: impl FnOnce(&Tables, T) -> U,
    ) -> Result<U, SandboxError> {
        let mut inner = self.lock();
        let (answer, changes) = decide(&inner.tables);
        if changes.is_empty() {
            return Ok(finish(&inner.tables, answer));
        }
        let line = line(&changes);
        let written = inner.log.write_all(&line).and_then(|()| inner.log.sync_data());
        if let Err(error) = written {
            // What was written of the line must not become the middle of the log.
            let length = inner.length;
            drop(inner.log.set_len(length).and_then(|()| inner.log.seek(SeekFrom::Start(length))));
            return Err(SandboxError::file("write", &self.path, error));
        }
        inner.length += line.len() as u64;
        inner.tables.apply(changes);
        Ok(finish(&inner.tables, answer))
    }

    /// Makes one decision from the tables and carries it out: its changes are on disk when this returns.
    ///
    /// # Errors
    /// When the log cannot be written; nothing has changed then.
    pub(crate) fn commit<T>(
        &self,
        decide: impl FnOnce(&Tables) -> (T, Vec<Change>),
    ) -> Result<T, SandboxError> {
        self.commit_and(decide, |_, answer| answer)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn line(changes: &[Change]) -> Vec<u8> {
    let mut line = serde_json::to_vec(changes).expect("changes have text keys and finite numbers");
    line.push(b'\n');
    line
}

fn read(text: &[u8]) -> Result<Tables, String> {
    let mut tables = Tables::default();
    // A line without its end was never answered for: the crash came before the sync.
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    for (number, line) in text[..whole].split(|byte| *byte == b'\n').enumerate() {
        if !line.is_empty() {
            let changes =
                serde_json::from_slice(line).map_err(|error| format!("line {}: {error}", number + 1))?;
            tables.apply(changes);
        }
    }
    Ok(tables)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(id: &str) -> Object {
        let (kind, body) = ("a/b".to_owned(), Map::new());
        Object { id: id.to_owned(), kind, body, made: Moment(1), changed: Moment(2), working: None }
    }

    #[test]
    fn a_torn_last_line_is_cut_off_and_the_rest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.jsonl");
        for name in ["/one", "/two"] {
            let world = World::open(folder.path()).unwrap();
            world.commit(|_| ((), vec![Change::Object(name.into(), Some(object(name)))])).unwrap();
        }
        let text = std::fs::read(&path).unwrap();
        let first = text.iter().position(|byte| *byte == b'\n').unwrap();
        for end in 0..=text.len() {
            std::fs::write(&path, &text[..end]).unwrap();
            let whole = usize::from(end > first) + usize::from(end == text.len());
            let world = World::open(folder.path()).unwrap();
            assert_eq!(world.look(|tables| tables.objects.len()), whole, "cut at {end}");
        }
        std::fs::write(&path, b"{torn\n[]\n").unwrap();
        assert!(matches!(World::open(folder.path()), Err(SandboxError::Content { .. })));
    }
}
