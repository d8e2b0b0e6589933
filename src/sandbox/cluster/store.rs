//! The objects of a cluster, their versions, and what has changed lately.
//!
//! Invariant: versions only grow; a watcher that knows a version hears of every change after it, or that it is too late.
//! Invariant: a change is in the file before `sync` returns, and `sync` is called before anybody is answered.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How many changes are kept for watchers.
const CHANGES_KEPT: usize = 10_000;

/// The key of an object: group and plural, namespace, name.
pub(crate) type Key = (String, String, String);

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    Added,
    Modified,
    Deleted,
}

/// One change.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) version: u64,
    pub(crate) key: Key,
    pub(crate) happening: Happening,
    pub(crate) object: Arc<Value>,
    /// What it was before.
    pub(crate) before: Option<Arc<Value>>,
}

#[derive(Serialize, Deserialize)]
enum Record {
    Put(Key, Box<Value>, u64),
    Delete(Key, u64),
}

/// All objects of a cluster.
pub(crate) struct Store {
    objects: BTreeMap<Key, Arc<Value>>,
    version: u64,
    changes: VecDeque<Change>,
    file: File,
    path: PathBuf,
}

/// The key's first part for a resource.
pub(crate) fn resource_key(group: &str, plural: &str) -> String {
    format!("{group}/{plural}")
}

impl Store {
    /// Opens the store of a folder, or makes one.
    ///
    /// # Errors
    /// When the file cannot be read or written, or is damaged before its last line.
    pub(crate) fn open(folder: &Path) -> Result<Store, String> {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let path = folder.join("objects.jsonl");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let (mut objects, mut version) = (BTreeMap::new(), 0);
        let mut lines = text.split_inclusive('\n').peekable();
        while let Some(line) = lines.next() {
            let read: Result<Record, _> = serde_json::from_str(line);
            match read {
                Ok(Record::Put(key, object, at)) => {
                    objects.insert(key, Arc::new(*object));
                    version = version.max(at);
                }
                Ok(Record::Delete(key, at)) => {
                    objects.remove(&key);
                    version = version.max(at);
                }
                Err(_) if lines.peek().is_none() => break,
                Err(error) => return Err(error.to_string()),
            }
        }
        let mut whole = Vec::new();
        for (key, object) in &objects {
            whole.extend(line(&Record::Put(key.clone(), Box::new((**object).clone()), version)));
        }
        crate::files::replace(&path, &whole).map_err(|error| error.to_string())?;
        let file = File::options().append(true).open(&path).map_err(|error| error.to_string())?;
        Ok(Store { objects, version, changes: VecDeque::new(), file, path })
    }

    /// Whether nothing was ever made.
    pub(crate) fn is_new(&self) -> bool {
        self.version == 0
    }

    /// The version of the last change.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// How many objects there are.
    pub(crate) fn len(&self) -> usize {
        self.objects.len()
    }

    /// One object.
    pub(crate) fn get(&self, key: &Key) -> Option<&Arc<Value>> {
        self.objects.get(key)
    }

    /// All objects of a resource, of all namespaces or one, in order.
    pub(crate) fn all<'s>(
        &'s self,
        resource: &str,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = &'s Arc<Value>> + use<'s> {
        let (resource, namespace) = (resource.to_owned(), namespace.map(str::to_owned));
        let from: Key = (resource.clone(), namespace.clone().unwrap_or_default(), String::new());
        self.objects
            .range(from..)
            .take_while(move |(key, _)| {
                key.0 == resource && namespace.as_ref().is_none_or(|wanted| *wanted == key.1)
            })
            .map(|(_, object)| object)
    }

    /// Keeps an object and gives it its version.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn put(&mut self, key: Key, mut object: Value) -> Result<Arc<Value>, String> {
        self.version += 1;
        object["metadata"]["resourceVersion"] = self.version.to_string().into();
        self.append(&Record::Put(key.clone(), Box::new(object.clone()), self.version))?;
        let object = Arc::new(object);
        let before = self.objects.insert(key.clone(), Arc::clone(&object));
        let happening = if before.is_some() { Happening::Modified } else { Happening::Added };
        self.note(Change { version: self.version, key, happening, object: Arc::clone(&object), before });
        Ok(object)
    }

    /// Removes an object.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn remove(&mut self, key: &Key) -> Result<Option<Arc<Value>>, String> {
        let Some(object) = self.objects.get(key).cloned() else { return Ok(None) };
        self.version += 1;
        self.append(&Record::Delete(key.clone(), self.version))?;
        self.objects.remove(key);
        let mut last = (*object).clone();
        last["metadata"]["resourceVersion"] = self.version.to_string().into();
        let last = Arc::new(last);
        self.note(Change {
            version: self.version,
            key: key.clone(),
            happening: Happening::Deleted,
            object: Arc::clone(&last),
            before: Some(object),
        });
        Ok(Some(last))
    }

    /// The objects of a resource as they were at a version, or as they are; `None` if that is no longer known.
    pub(crate) fn at(
        &self,
        resource: &str,
        namespace: Option<&str>,
        version: Option<u64>,
    ) -> Option<Vec<(Key, Arc<Value>)>> {
        let here = |key: &Key| key.0 == resource && namespace.is_none_or(|wanted| key.1 == wanted);
        let from: Key = (resource.to_owned(), namespace.unwrap_or_default().to_owned(), String::new());
        let now = self.objects.range(from..).take_while(|(key, _)| here(key));
        let mut found: BTreeMap<Key, Arc<Value>> =
            now.map(|(key, object)| (key.clone(), Arc::clone(object))).collect();
        if let Some(version) = version {
            for change in self.since(version)?.iter().rev().filter(|change| here(&change.key)) {
                match &change.before {
                    Some(before) => drop(found.insert(change.key.clone(), Arc::clone(before))),
                    None => drop(found.remove(&change.key)),
                }
            }
        }
        Some(found.into_iter().collect())
    }

    /// Forgets all changes so far: who asks for an older version is too late.
    pub(crate) fn forget_changes(&mut self) {
        self.changes.clear();
    }

    /// The version before the oldest change that is kept.
    pub(crate) fn oldest(&self) -> u64 {
        self.changes.front().map_or(self.version, |change| change.version.saturating_sub(1))
    }

    /// The changes after a version; `None` if some of them are no longer kept.
    pub(crate) fn since(&self, version: u64) -> Option<Vec<Change>> {
        let oldest = self.changes.front().map_or(self.version + 1, |change| change.version);
        if version + 1 < oldest && version < self.version {
            return None;
        }
        let first = self.changes.partition_point(|change| change.version <= version);
        Some(self.changes.iter().skip(first).cloned().collect())
    }

    /// Makes all changes so far durable.
    ///
    /// # Errors
    /// When the medium refuses.
    pub(crate) fn sync(&self) -> Result<(), String> {
        self.file.sync_data().map_err(|error| format!("{}: {error}", self.path.display()))
    }

    fn note(&mut self, change: Change) {
        if self.changes.len() == CHANGES_KEPT {
            self.changes.pop_front();
        }
        self.changes.push_back(change);
    }

    fn append(&mut self, record: &Record) -> Result<(), String> {
        self.file.write_all(&line(record)).map_err(|error| format!("{}: {error}", self.path.display()))
    }
}

fn line(record: &Record) -> Vec<u8> {
    let mut line = serde_json::to_vec(record).expect("objects are JSON with text keys");
    line.push(b'\n');
    line
}
