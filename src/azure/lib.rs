//! aksel-azure: the `azurerm` provider: an ARM client, a catalogue of resource types as tables, and what follows from a table.
//!
//! Never: a resource type is described by code where a table can say it.

pub mod activity_log;
pub mod arm_client;
pub mod arm_error;
pub mod blob;
pub mod catalogue;
pub mod check;
pub mod credentials;
pub mod data_source;
pub mod diff;
pub mod document;
pub mod environment;
pub mod group;
pub mod id_functions;
pub mod identity;
pub mod operation;
pub mod provider;
pub mod read;
pub mod resource_id;
pub mod resource_list;
pub mod resource_type;
pub mod row;
pub mod schema;
pub mod session;
pub mod settings;
pub mod spelling;
pub mod steps;
pub mod wire;
pub mod write;

#[cfg(test)]
mod arm_exceptions_tests;
#[cfg(test)]
mod arm_types_tests;
#[cfg(test)]
mod round_trip_tests;
#[cfg(test)]
mod rules_tests;
#[cfg(test)]
mod schema_tests;

use std::sync::Arc;

use aksel_provider::provider::Provider;

/// The providers of this crate.
pub fn providers() -> Vec<Arc<dyn Provider>> {
    vec![Arc::new(provider::Azurerm)]
}
