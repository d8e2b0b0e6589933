//! The objects of ARM and the blobs beside them, kept in one file that only grows while the sandbox runs.
//!
//! Invariant: a change is on disk before anybody sees it; the file is written anew, shorter, when the world is opened.
//! Invariant: a line that was cut short by a crash was never answered, and is dropped.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::arm::path::key;
use crate::clock::Moment;
use crate::{SandboxError, files};

/// An object of ARM.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Object {
    /// The id as it was first written.
    pub(crate) id: String,
    /// The type in lower case.
    pub(crate) kind: String,
    /// What is answered, but for the state of what is under way.
    pub(crate) body: Json,
    /// What is under way.
    pub(crate) pending: Option<Pending>,
}

/// Something that takes its time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pending {
    /// The id of the operation.
    pub(crate) operation: String,
    /// When it is done.
    pub(crate) until: Moment,
    /// What it is called meanwhile: `Creating`, `Updating`, `Deleting`.
    pub(crate) state: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Record {
    Put(Box<Object>),
    Delete(String),
}

/// All objects.
pub(crate) struct World {
    objects: BTreeMap<String, Object>,
    file: File,
    path: PathBuf,
}

impl World {
    /// Opens the world of a folder, or makes one.
    ///
    /// # Errors
    /// When the file cannot be read or written, or is damaged before its last line.
    pub(crate) fn open(folder: &Path) -> Result<World, SandboxError> {
        let path = folder.join("arm.jsonl");
        let objects = read(&path)?;
        let mut text = Vec::new();
        for object in objects.values() {
            text.extend(line(&Record::Put(Box::new(object.clone()))));
        }
        files::replace(&path, &text)?;
        let file = File::options().append(true).open(&path);
        let file = file.map_err(|error| SandboxError::file("open", &path, error))?;
        Ok(World { objects, file, path })
    }

    /// The object of an id.
    pub(crate) fn get(&self, id: &str) -> Option<&Object> {
        self.objects.get(&key(id))
    }

    /// The objects that lie below an id, itself left out, in order.
    pub(crate) fn below<'w>(&'w self, id: &str) -> impl Iterator<Item = &'w Object> + use<'w> {
        let prefix = format!("{}/", key(id));
        let from = prefix.clone();
        self.objects
            .range(from..)
            .take_while(move |(key, _)| key.starts_with(&prefix))
            .map(|(_, object)| object)
    }

    /// All objects.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }

    /// Keeps an object.
    ///
    /// # Errors
    /// When it cannot be written; the world is then as it was.
    pub(crate) fn put(&mut self, object: Object) -> Result<(), SandboxError> {
        self.append(&Record::Put(Box::new(object.clone())))?;
        self.objects.insert(key(&object.id), object);
        Ok(())
    }

    /// Deletes an object with all that lies below it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn delete(&mut self, id: &str) -> Result<Vec<Object>, SandboxError> {
        let mut gone: Vec<Object> = self.below(id).cloned().collect();
        gone.extend(self.get(id).cloned());
        for object in &gone {
            self.append(&Record::Delete(key(&object.id)))?;
            self.objects.remove(&key(&object.id));
        }
        Ok(gone)
    }

    /// Finishes what is due, and says which objects that made, changed or deleted.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn settle(&mut self, now: Moment) -> Result<Vec<Object>, SandboxError> {
        let due = |object: &&Object| object.pending.as_ref().is_some_and(|pending| pending.until <= now);
        let due: Vec<Object> = self.objects.values().filter(due).cloned().collect();
        let mut changed = Vec::new();
        for object in due {
            let deleting = object.pending.as_ref().is_some_and(|pending| pending.state == "Deleting");
            if deleting {
                changed.extend(self.delete(&object.id)?);
            } else {
                let done = Object { pending: None, ..object };
                self.put(done.clone())?;
                changed.push(done);
            }
        }
        Ok(changed)
    }

    fn append(&mut self, record: &Record) -> Result<(), SandboxError> {
        let failed = |error| SandboxError::file("write", &self.path, error);
        self.file.write_all(&line(record)).and_then(|()| self.file.sync_data()).map_err(failed)
    }
}

fn line(record: &Record) -> Vec<u8> {
    let mut line = serde_json::to_vec(record).expect("objects are JSON with text keys");
    line.push(b'\n');
    line
}

fn read(path: &Path) -> Result<BTreeMap<String, Object>, SandboxError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(SandboxError::file("read", path, error)),
    };
    let mut objects = BTreeMap::new();
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let record = match serde_json::from_str(line) {
            Ok(record) if line.ends_with('\n') => record,
            Ok(_) | Err(_) if lines.peek().is_none() => break,
            Ok(record) => record,
            Err(error) => {
                return Err(SandboxError::Content { path: path.to_owned(), problem: error.to_string() });
            }
        };
        match record {
            Record::Put(object) => drop(objects.insert(key(&object.id), *object)),
            Record::Delete(key) => drop(objects.remove(&key)),
        }
    }
    Ok(objects)
}

impl Object {
    /// What is answered: the body with the state of what is under way.
    pub(crate) fn shown(&self) -> Json {
        let mut body = self.body.clone();
        if let Some(pending) = &self.pending
            && body["properties"].is_object()
        {
            body["properties"]["provisioningState"] = pending.state.clone().into();
        }
        body
    }
}
