//! Intents: what is about to be done, already on disk.
//!
//! Invariant: only the journal makes an intent, and only after its line is synced; a request that needs one cannot leave before.
//! Never: an intent holds a value of the configuration; its identity is an id, never a secret.

use std::fmt;

/// The id of one operation, unique within a journal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId(pub(crate) String);

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is to be done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deed {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is deleted.
    Delete,
}

/// A change that may be made because it is on disk that it will be.
#[derive(Debug)]
pub struct Intent {
    pub(crate) operation: OperationId,
    pub(crate) address: String,
    pub(crate) deposed: Option<String>,
    pub(crate) deed: Deed,
    pub(crate) identity: Option<String>,
    pub(crate) provider: String,
}

impl Intent {
    /// The operation's id.
    pub fn operation(&self) -> &OperationId {
        &self.operation
    }

    /// The address of the resource instance.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The key of the deposed object that it is about; `None` for the current one.
    pub fn deposed(&self) -> Option<&str> {
        self.deposed.as_deref()
    }

    /// The provider configuration, as state names it.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// What is to be done.
    pub fn deed(&self) -> Deed {
        self.deed
    }

    /// The id by which the object can be looked up, if it can be known before.
    pub fn identity(&self) -> Option<&str> {
        self.identity.as_deref()
    }
}
