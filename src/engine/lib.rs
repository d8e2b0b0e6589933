//! The engine: configuration, state and live objects give a plan; a plan is carried out as one ordered graph.
//!
//! Never: the engine knows a provider by name, prints, or reads a clock other than the world's.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "most matches here ask whether an expression, reference or value of the language is of one kind"
)]

mod adoption;
mod announce;
pub mod apply;
mod apply_instance;
mod apply_rest;
mod applying;
pub mod calls;
pub mod checking;
mod checks;
pub mod console;
mod context;
mod decide;
pub mod drift;
mod edges;
mod evaluator;
mod expand;
pub mod generate;
mod graph;
mod imported_object;
pub mod imports;
mod moved;
pub mod objects;
pub mod observer;
mod operations;
pub mod options;
pub mod order;
pub mod passed_providers;
pub mod picture;
pub mod plan;
mod plan_data;
pub mod plan_file;
mod plan_managed;
mod plan_rest;
mod planning;
mod program;
mod provider_instances;
mod providers;
mod provisioner;
mod references;
pub mod registry;
mod relevant;
mod removals;
pub mod requirement_tree;
pub mod requirements;
pub mod run;
mod scope;
mod selection;
mod triggers;
mod undertake;
mod value_marks;
mod value_wire;
pub mod variables;
mod walk;
mod wanted_imports;
pub mod written;
