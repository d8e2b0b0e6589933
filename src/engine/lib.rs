//! The engine: configuration, state and live objects give a plan; a plan is carried out as one ordered graph.
//!
//! Never: the engine knows a provider by name, prints, or reads a clock other than the world's.

pub mod observer;
pub mod options;
pub mod plan;
pub mod registry;
