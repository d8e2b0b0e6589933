//! aksel-kubernetes: the `kubernetes` provider: a client of one cluster, a catalogue of resource types as tables, and what
//! follows from a table.
//!
//! Never: a resource type is described by code where a table can say it.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "JSON and shapes are looked at for one or two of their forms; the rest is treated alike"
)]

pub mod api_error;
pub mod catalogue;
pub mod check;
pub mod client;
pub mod data_source;
pub mod form;
pub mod identity;
pub mod kind;
pub mod last_touch;
pub mod leftover;
pub mod manifest;
pub mod manifest_functions;
pub mod manifest_schema;
mod manifest_wait;
pub mod owned;
pub mod plan;
pub mod provider;
pub mod read;
pub mod row;
pub mod schema;
pub mod session;
pub mod settings;
pub mod settle;
pub mod wait;
pub mod write;

use std::sync::Arc;

use aksel_provider::provider::Provider;

/// The providers of this crate.
pub fn providers() -> Vec<Arc<dyn Provider>> {
    vec![Arc::new(provider::Kubernetes)]
}
