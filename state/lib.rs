//! State: the snapshot in Terraform's format, the write-ahead journal, locks.
//!
//! Never: nothing here is async, makes a request, reads a clock or knows what a change means.

pub mod backend;
pub mod backend_record;
mod disk;
pub mod error;
pub mod file;
pub mod intent;
pub mod journal;
pub mod json;
pub mod lock;
pub mod migration;
pub mod provider_instance;
pub mod snapshot;
pub mod surgery;
mod wire;
