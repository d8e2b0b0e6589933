//! The provider contract: what the engine asks of a provider, and the diff of one resource.
//!
//! Never: this crate makes no request and knows no provider.

pub mod finding;
pub mod identity;
pub mod propose;
pub mod provider;
pub mod stop;
pub mod touch;
pub mod world;

pub use aksel_lang::schema;
