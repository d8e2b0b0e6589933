//! The small providers: `terraform_data`, `random`, `time`, `null`, `local`.
//!
//! Invariant: what they make lives in state alone (and, for `local`, in files); nothing is sent anywhere.
//! Never: a clock is read, a wait made or chance drawn but through `World`.

mod expression_text;
mod family;
mod kind;
mod local;
mod null;
mod passing_password;
mod pets;
mod random;
mod remote_state;
mod terraform;
mod time;
mod time_functions;

use std::sync::Arc;

use aksel_provider::provider::Provider;

/// All providers of this crate.
pub fn providers() -> Vec<Arc<dyn Provider>> {
    let families = [terraform::family(), random::family(), time::family(), null::family(), local::family()];
    families.into_iter().map(|family| Arc::new(family) as Arc<dyn Provider>).collect()
}
