//! The engine: configuration, state and live objects give a plan; a plan is carried out as one ordered graph.
//!
//! Never: the engine knows a provider by name, prints, or reads a clock other than the world's.

mod checks;
mod context;
mod decide;
mod edges;
mod evaluator;
mod expand;
mod graph;
mod imports;
mod moved;
mod objects;
pub mod observer;
pub mod options;
mod order;
pub mod plan;
mod plan_data;
mod plan_managed;
mod plan_rest;
mod planning;
mod program;
mod providers;
mod provisioner;
pub mod registry;
mod scope;
mod selection;
mod triggers;
mod value_marks;
pub mod variables;
mod walk;
