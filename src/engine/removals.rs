//! `removed` blocks: what becomes of objects that are no longer declared, and what runs before they are deleted.
//!
//! Never: an object is deleted here; the plan and the apply walk do that.

use aksel_lang::address::{Address, ModuleInstance, ModulePath, Target};
use aksel_lang::blocks::provisioner::When;
use aksel_lang::blocks::removed::Removal;
use aksel_lang::code::Code;
use aksel_lang::configuration::{Configuration, Module};
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::source::Span;
use aksel_lang::types::Text;
use aksel_lang::value::Value;

use crate::evaluator::{Evaluator, within};
use crate::expand::Repeated;
use crate::provisioner::{Call, lower_list};
use crate::selection::covers;

/// The `removed` block that covers an instance.
pub(crate) fn removal_of<'c>(configuration: &'c Configuration, address: &Address) -> Option<&'c Removal> {
    configuration.modules().into_iter().find_map(|module| {
        let depth = module.path.0.len();
        let names: Vec<&Text> = address.module.0.iter().map(|(name, _)| name).collect();
        let inside = names.len() >= depth && names.iter().zip(&module.path.0).all(|(a, b)| *a == b);
        let steps = address.module.0.get(depth..)?.to_vec();
        let inner = Address { module: ModuleInstance(steps), ..address.clone() };
        inside.then(|| module.removals.iter().find(|removal| covers(&removal.from, &inner)))?
    })
}

/// Refuses provisioners that cannot run, or name what may be gone by then.
pub(crate) fn check_provisioners(configuration: &Configuration, diagnostics: &mut Diagnostics) {
    let removals = configuration.modules().into_iter().flat_map(|module| &module.removals);
    for removal in removals {
        lower_list(&removal.provisioners, diagnostics);
    }
}

/// Refuses removals of what is still declared.
pub(crate) fn check(configuration: &Configuration, diagnostics: &mut Diagnostics) {
    for module in configuration.modules() {
        for removal in &module.removals {
            let Some((what, header)) = still_declared(configuration, module, removal) else { continue };
            let from = within(&module.path.to_string(), removal.from.to_string());
            diagnostics.push(
                Diagnostic::error(Code::InvalidMove, format!("Removed {what} still exists"))
                    .detail(format!(
                        "A removed block says that {from} was removed, but it is still declared here."
                    ))
                    .help("Remove the one or the other.")
                    .at(header)
                    .also(removal.header, "said here"),
            );
        }
    }
}

fn still_declared(
    configuration: &Configuration,
    module: &Module,
    removal: &Removal,
) -> Option<(&'static str, Span)> {
    let at = |path: &[Text]| {
        configuration.module(&ModulePath(module.path.0.iter().chain(path).cloned().collect()))
    };
    match &removal.from {
        Target::Resource(address) => {
            let resource = at(&address.module.path().0)?.resources.get(&address.resource)?;
            Some(("resource", resource.header))
        }
        Target::Module(called) => {
            let path = called.path().0;
            let (name, outer) = path.split_last()?;
            Some(("module", at(outer)?.calls.get(name)?.header))
        }
    }
}

/// The provisioners of the `removed` block of an instance.
pub(crate) fn removal_provisioners(
    evaluator: &Evaluator<'_>,
    address: &Address,
    repeated: &Repeated,
    value: &Value,
    diagnostics: &mut Diagnostics,
) -> Vec<Call> {
    let Some(removal) = removal_of(evaluator.program.configuration, address) else { return Vec::new() };
    let root = ModuleInstance::default();
    let lowered = lower_list(&removal.provisioners, diagnostics);
    let runs = lowered.iter().filter(|provisioner| provisioner.runs(When::Destroy));
    let calls = runs.filter_map(|provisioner| {
        let scope = evaluator.scope(0, &root).repeated(repeated).with_self(value.clone());
        provisioner.call(&scope, diagnostics)
    });
    calls.collect()
}
