//! The terms of a module: which versions of the language it accepts, and what it may decide where it is called.
//!
//! Rule: a constraint is held against the version of the Terraform language that aksel implements.
//! Never: a version of a provider is looked at; that is who installs them.

use crate::address::ModulePath;
use crate::blocks::module_call::ModuleCall;
use crate::blocks::terraform::RequiredVersion;
use crate::code::Code;
use crate::configuration::Module;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::version::{Constraint, LANGUAGE, Version};

/// Checks the `terraform` blocks of a module.
pub fn check(module: &Module, path: &ModulePath, call: Option<&ModuleCall>, diagnostics: &mut Diagnostics) {
    for required in &module.settings.required_versions {
        diagnostics.extend(check_version(required, path, call));
    }
    if let Some(backend) = module.settings.backend.as_ref().filter(|_| !path.is_root()) {
        diagnostics.push(
            Diagnostic::warning(Code::InvalidConfiguration, "Backend configuration ignored")
                .detail("The backend of the root module keeps the state of the whole configuration. A backend in a called module has no effect; that it stands there is fine if the module is at other times a root module.")
                .at(backend.header),
        );
    }
}

fn check_version(
    required: &RequiredVersion,
    path: &ModulePath,
    call: Option<&ModuleCall>,
) -> Option<Diagnostic> {
    let Ok(constraint) = required.text.parse::<Constraint>() else {
        return Some(
            Diagnostic::error(Code::InvalidConfiguration, "Invalid version constraint")
                .detail("This string does not use correct version constraint syntax.")
                .help("Conditions such as `>= 1.5`, `~> 1.11.0` or `!= 1.6.2` are separated by commas.")
                .at(required.value),
        );
    };
    if constraint.names_prerelease() {
        return Some(
            Diagnostic::error(Code::InvalidConfiguration, "Invalid required_version constraint")
                .detail(format!("Prerelease version constraints are not supported: {}.", required.text))
                .help("Remove the prerelease from the constraint.")
                .at(required.attribute),
        );
    }
    let own: Version = LANGUAGE.parse().expect("our own version is one");
    if constraint.allows(&own) {
        return None;
    }
    let who = match call {
        None => "This configuration".to_owned(),
        Some(_) => format!("Module {path}"),
    };
    let error = Diagnostic::error(Code::InvalidConfiguration, "Unsupported Terraform Core version")
        .detail(format!(
            "{who} does not support version {LANGUAGE} of the Terraform language, which aksel implements: it asks for {}.",
            required.text
        ))
        .help("Update the constraint, once you know that the configuration works.")
        .at(required.attribute);
    Some(match call {
        Some(call) => error.also(call.header, "called here"),
        None => error,
    })
}
