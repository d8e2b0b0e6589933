//! Static checks of module calls: what is passed is what the module takes.
//!
//! Never: a value is looked at.

use aksel_lang::blocks::module_call::ModuleCall;
use aksel_lang::code::Code;
use aksel_lang::configuration::{Extent, Module};
use aksel_lang::content::missing;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, nearest};

use crate::program::Program;

/// Checks the arguments of all calls.
pub(crate) fn check(program: &Program<'_>, diagnostics: &mut Diagnostics) {
    for node in &program.modules {
        // Of a module that could not be understood as a whole, a variable may be missing here only.
        if let Some((_, call)) = node.caller.filter(|_| node.module.extent == Extent::Whole) {
            arguments(call, node.module, diagnostics);
        }
    }
}

fn arguments(call: &ModuleCall, module: &Module, diagnostics: &mut Diagnostics) {
    for (name, variable) in &module.variables {
        if variable.default_span.is_none() && !call.arguments.contains_key(name) {
            let error = missing(name, call.missing_item);
            diagnostics.push(error.also(variable.header, "the variable that has no default"));
        }
    }
    for (name, argument) in &call.arguments {
        if let Some(variable) = module.variables.get(name) {
            diagnostics.extend(variable.deprecated.as_ref().map(|why| {
                Diagnostic::warning(Code::Deprecated, "Deprecated variable got a value")
                    .detail(format!("The variable \"{name}\" of the module is deprecated: {why}"))
                    .at(argument.value.span)
            }));
            continue;
        }
        let near = nearest(name, module.variables.keys().map(|name| &**name));
        let error = Diagnostic::error(Code::UnknownArgument, "Unsupported argument")
            .detail(format!("An argument named \"{name}\" is not expected here."))
            .label(argument.name.span, "no variable of the module");
        diagnostics.push(error.help(match near {
            Some(near) => format!("Did you mean \"{near}\"?"),
            None => format!("The module in {} has no variable of that name.", module.directory.display()),
        }));
    }
}
