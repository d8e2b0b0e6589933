//! Modules from outside: found, fetched, unpacked, and recorded so that every later run finds them without asking anyone.
//!
//! Invariant: a module's folder is complete or not there; what is fetched is unpacked beside its place and then renamed.
//! Never: nothing that was fetched is run, and no credential goes to a host that it was not given for.

mod archive;
pub mod credentials;
pub mod fetch_error;
mod git;
pub mod installed;
pub mod installer;
pub mod manifest;
mod oci;
mod packages;
mod registry;
mod sheltered;
pub mod starting;
mod subfolder;
mod web;
