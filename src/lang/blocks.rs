//! The block types of a module, one file each: what such a block is, and how it is read.
//!
//! Invariant: reading gives the best value it can and a diagnostic for each mistake; a block that cannot be named is dropped.
//! Never: a reader looks at another block.

pub mod argument;
pub mod check;
pub mod condition;
pub mod import;
pub mod lifecycle;
pub mod local;
pub mod module_call;
pub mod moved;
pub mod output;
pub mod provider;
pub mod provider_source;
pub mod provisioner;
pub mod removed;
pub mod reserved;
pub mod resource;
pub mod terraform;
pub mod variable;
