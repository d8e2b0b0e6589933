//! Static checks of provider configurations that modules hold and that calls hand on.
//!
//! Rule: a called module gets its provider configurations from its caller; one that configures providers itself can be called
//! once and waits for nothing, since its configurations must outlive its instances.
//! Never: a provider is configured.

use aksel_lang::blocks::module_call::{ModuleCall, PassedProvider};
use aksel_lang::blocks::provider::{ProviderBlock, ProviderKey};
use aksel_lang::blocks::resource::Repetition;
use aksel_lang::code::Code;
use aksel_lang::configuration::{Configuration, Module};
use aksel_lang::content::{BodySchema, Leftovers};
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::source::Span;

use crate::providers;

/// Checks the provider configurations of all called modules.
pub fn check(configuration: &Configuration) -> Diagnostics {
    let mut found = Vec::new();
    called(&configuration.root, &mut found);
    found
}

fn called(caller: &Module, diagnostics: &mut Diagnostics) {
    for call in caller.calls.values() {
        let Some(module) = call.module.as_deref() else { continue };
        diagnostics.extend(asked_for(call, module));
        handed_on(caller, call, module, diagnostics);
        for block in module.providers.values() {
            diagnostics.extend(own(block, call, module));
        }
        called(module, diagnostics);
    }
}

/// A configuration that a module asks for by its alias has to be handed on.
fn asked_for(call: &ModuleCall, module: &Module) -> Diagnostics {
    let asked = module.settings.required_providers.values().flat_map(|required| &required.aliases);
    let missing = asked.filter(|alias| !call.providers.iter().any(|passed| passed.theirs == **alias));
    let error = |alias: &ProviderKey| {
        Diagnostic::error(Code::ProviderConfiguration, "Missing required provider configuration")
            .detail(format!(
                "The module {} needs a further configuration of a provider, with the local name \"{alias}\".",
                module.path
            ))
            .help(format!("Hand one on in the module block: providers = {{ {alias} = ... }}."))
            .at(call.header)
    };
    missing.map(error).collect()
}

fn handed_on(caller: &Module, call: &ModuleCall, module: &Module, diagnostics: &mut Diagnostics) {
    for passed in &call.providers {
        let theirs = &passed.theirs;
        if !module.settings.required_providers.contains_key(&theirs.name) {
            diagnostics
                .push(undefined(&theirs.name, &format!("the module {}", module.path)).at(passed.theirs_name));
        }
        let ours = &passed.ours;
        let named = caller.settings.required_providers.contains_key(&ours.name)
            || caller.providers.keys().any(|key| key.name == ours.name);
        if ours.alias.is_none() && !named {
            let place = if caller.path.is_root() {
                "the root module".into()
            } else {
                format!("the module {}", caller.path)
            };
            diagnostics.push(undefined(&ours.name, &place).at(ours.span));
        }
        diagnostics.extend(mismatch(caller, module, passed));
    }
}

fn undefined(name: &str, place: &str) -> Diagnostic {
    Diagnostic::warning(Code::UnknownReference, "Reference to undefined provider")
        .detail(format!("Nothing in {place} says which provider the local name \"{name}\" is for; it is taken for hashicorp/{name}."))
        .help(format!("Add an entry \"{name}\" to the required_providers of {place}."))
}

/// A configuration of one provider that is handed on for another one.
fn mismatch(caller: &Module, module: &Module, passed: &PassedProvider) -> Option<Diagnostic> {
    let (ours, theirs) = (&passed.ours.name, &passed.theirs.name);
    let sources = (providers::source(caller, ours), providers::source(module, theirs));
    (sources.0 != sources.1).then(|| {
        Diagnostic::error(Code::ProviderConfiguration, "Provider type mismatch")
            .detail(format!(
                "The local name \"{ours}\" is for the provider {} here, but \"{theirs}\" in the module {} for {}.",
                sources.0, module.path, sources.1
            ))
            .help("Hand on a configuration of the same provider, or let both name the same source.")
            .at(passed.ours.span)
    })
}

/// Checks that what calls hand on is there. A folder can be initialized without.
pub(crate) fn check_declared(configuration: &Configuration, diagnostics: &mut Diagnostics) {
    for caller in configuration.modules() {
        for passed in
            caller.calls.values().filter(|call| call.module.is_some()).flat_map(|call| &call.providers)
        {
            let ours = ProviderKey { name: passed.ours.name.clone(), alias: passed.ours.alias.clone() };
            if !providers::has(caller, &ours) {
                diagnostics.push(
                    Diagnostic::error(Code::UnknownReference, "Missing provider configuration")
                        .detail(format!(
                            "There is no configuration {ours} here that could be handed on to the module."
                        ))
                        .help("Declare a provider block with this alias.")
                        .at(passed.ours.span),
                );
            }
            diagnostics.extend(providers::misnamed_instance(caller, &passed.ours));
        }
    }
}

/// What is wrong with a provider block in a called module.
fn own(block: &ProviderBlock, call: &ModuleCall, module: &Module) -> Option<Diagnostic> {
    if is_empty(block) {
        return Some(
            Diagnostic::warning(Code::Deprecated, "Redundant empty provider block")
                .detail("An empty provider block in a called module only says that the module needs the provider.")
                .help(format!("Name \"{}\" in the required_providers of {} instead.", block.key.name, module.path))
                .at(block.header),
        );
    }
    let place = several(call)?;
    Some(
        Diagnostic::error(Code::InvalidConfiguration, "Module is incompatible with count, for_each, and depends_on")
            .detail(format!("The module {} configures the provider {} itself, and so cannot be called with count, for_each or depends_on.", module.path, block.key))
            .help("Move the provider block into the caller, and hand the configuration on with the `providers` argument.")
            .at(place)
            .also(block.header, "the configuration"),
    )
}

fn is_empty(block: &ProviderBlock) -> bool {
    let schema = BodySchema::new(&["alias", "version"], &[]);
    let mut found = Vec::new();
    block.body.content(&schema, Leftovers::Refuse, &mut found);
    found.is_empty()
}

/// Where a call says that it is for several instances, or that it waits.
fn several(call: &ModuleCall) -> Option<Span> {
    match &call.repetition {
        Repetition::Count(value) | Repetition::ForEach(value) | Repetition::Enabled(value) => {
            Some(value.span)
        }
        Repetition::One => call.depends_on.first().map(|first| first.span),
    }
}
