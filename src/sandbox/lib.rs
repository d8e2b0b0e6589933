//! The sandbox: Azure on loopback, in the same binary and in a folder.
//!
//! It answers as Azure Resource Manager, Entra ID, Blob storage and a container registry, and runs one Kubernetes API
//! server for each AKS cluster, so that a configuration can be planned, applied and tried without an account.
//!
//! Invariant: what was accepted is on disk before its answer leaves; a `kill -9` at any moment loses nothing.
//! Invariant: it listens on 127.0.0.1 only, and no task of it outlives the [`Sandbox`].
//! Never: it uses no other crate of the house. Two sides of a wire that share code agree on their mistakes.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "bodies are JSON, and what is not of the shape that is meant is left as it is"
)]

mod activity;
mod arm;
mod blob;
mod blob_content;
mod clock;
mod cluster;
mod clusters;
mod der;
mod entra;
mod faults;
mod files;
mod front;
mod hub;
mod nodes;
mod ports;
mod registry;
mod request_log;
mod sandbox;
mod tls;
mod world;

pub use activity::Exchange;
pub use faults::Faults;
pub use sandbox::{Meddling, Options, Sandbox, SandboxError, Summary};
