//! Azure Resource Manager: the objects of a subscription, and the requests that make, change, read and delete them.
//!
//! Invariant: ids are found whatever their letter case, and answered as they were first written.
//! Never: an object of a type that has a parent lives without it.

pub(crate) mod answer;
pub(crate) mod path;
pub(crate) mod refusal;
pub(crate) mod requests;
pub(crate) mod roles;
pub(crate) mod types;
pub(crate) mod world;
