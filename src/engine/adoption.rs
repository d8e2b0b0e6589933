//! Adoption: an object of state that a `moved` block gives another type.
//!
//! Rule: the provider of the new type decides whether it can take the object over, and how.
//! Never: an object is read as one of a type that it is not.

use std::collections::HashMap;

use aksel_lang::address::Address;
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_state::json::RawJson;
use aksel_state::snapshot::{InstanceObject, Snapshot};

use crate::program::Program;

/// Gives moved objects the form of their new types. `from` are their former addresses.
pub(crate) fn adopt(
    program: &Program<'_>,
    state: &mut Snapshot,
    from: &HashMap<Address, Address>,
    diagnostics: &mut Diagnostics,
) {
    let mut other: Vec<(&Address, &Address)> =
        from.iter().filter(|(to, from)| types_differ(to, from)).collect();
    other.sort();
    for (to, from) in other {
        let Some(object) = state.object(to, None).cloned() else { continue };
        match adopted(program, to, from, &object) {
            Some((provider, object)) => {
                state.remove(to, None);
                state.put(to, None, &provider, object);
            }
            None => diagnostics.push(refused(program, to, from)),
        }
    }
}

fn types_differ(to: &Address, from: &Address) -> bool {
    to.resource.type_name != from.resource.type_name
}

fn adopted(
    program: &Program<'_>,
    to: &Address,
    from: &Address,
    object: &InstanceObject,
) -> Option<(String, InstanceObject)> {
    let typed = program.resources[program.resource_at(&to.config())?].typed.as_ref()?;
    let node = &program.providers[typed.provider];
    let attributes = serde_json::from_str(object.attributes.as_str()).ok()?;
    let attributes = node.provider.adopt(&to.resource.type_name, &from.resource.type_name, &attributes)?;
    let new = InstanceObject {
        attributes: RawJson::from(&attributes),
        schema_version: typed.schema.version,
        private: None,
        sensitive: Vec::new(),
        ..object.clone()
    };
    Some((node.written.to_string(), new))
}

fn refused(program: &Program<'_>, to: &Address, from: &Address) -> Diagnostic {
    let (old, new) = (&from.resource.type_name, &to.resource.type_name);
    let place = program.resource_at(&to.config()).map(|id| program.resources[id].resource.header);
    Diagnostic::error(Code::InvalidMove, "Unsupported `moved` across resource types")
        .detail(format!(
            "The provider of \"{new}\" cannot take over objects of the type \"{old}\", and so {from} cannot move to {to}."
        ))
        .help("Use a `removed` block for the old address and an `import` block for the new one.")
        .at_some(place)
        .about(to.to_string())
}
