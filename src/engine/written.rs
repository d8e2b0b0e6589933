//! Where the configuration says something: for messages about attributes that are known by address and path.
//!
//! Never: anything is evaluated here.

use aksel_lang::address::Address;
use aksel_lang::path::Path;
use aksel_lang::source::Span;

use crate::run::{Run, program};

/// Where attributes of instances are written; `None` for one that the configuration does not mention.
pub fn written(run: &Run<'_>, places: &[(Address, Path)]) -> Vec<Option<Span>> {
    // What is wrong with the configuration is reported where it is planned.
    let Some(program) = program(run, &[], &mut Vec::new()) else { return vec![None; places.len()] };
    let found = |(address, path): &(Address, Path)| {
        let resource = program.resource_at(&address.config())?;
        program.resources[resource].typed.as_ref()?.body.written(path)
    };
    places.iter().map(found).collect()
}
