//! The order in which addresses are listed, everywhere the same: Terraform's.
//!
//! Invariant: modules with fewer steps first; data sources before managed resources; numbers before texts as keys.
//! Never: this is the order of listing, not of execution.

use std::cmp::Ordering;

use aksel_lang::address::{Address, Mode, ModuleInstance, ResourceName};

use crate::plan::ResourceChange;

/// Compares two changes.
pub(crate) fn changes(a: &ResourceChange, b: &ResourceChange) -> Ordering {
    addresses(&a.address, &b.address).then_with(|| a.deposed.cmp(&b.deposed))
}

/// Compares two instances.
pub fn addresses(a: &Address, b: &Address) -> Ordering {
    modules(&a.module, &b.module)
        .then_with(|| resources(&a.resource, &b.resource))
        .then_with(|| a.key.cmp(&b.key))
}

fn modules(a: &ModuleInstance, b: &ModuleInstance) -> Ordering {
    a.0.len().cmp(&b.0.len()).then_with(|| a.0.cmp(&b.0))
}

fn resources(a: &ResourceName, b: &ResourceName) -> Ordering {
    rank(a.mode).cmp(&rank(b.mode)).then_with(|| (&a.type_name, &a.name).cmp(&(&b.type_name, &b.name)))
}

fn rank(mode: Mode) -> u8 {
    match mode {
        Mode::Data => 0,
        Mode::Managed => 1,
        Mode::Ephemeral => 2,
    }
}
