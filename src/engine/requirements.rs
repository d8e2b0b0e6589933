//! Which providers a configuration needs, and which of them nobody has.
//!
//! Rule: a provider is needed where `required_providers` names it, where it is configured, and where a resource is of its types.
//! Rule: the versions that are asked for are those of the plugins; a provider that is part of the program answers to all of
//! them, but for the one that is part of the language, which has no versions.
//! Never: a provider is looked for on the network.

use std::collections::BTreeMap;

use aksel_lang::blocks::provider_source::fault;
use aksel_lang::blocks::terraform::RequiredProvider;
use aksel_lang::code::Code;
use aksel_lang::configuration::{Configuration, Module};
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, nearest};
use aksel_lang::source::Span;
use aksel_lang::types::Text;

use crate::providers::{key_of, source};
use crate::registry::{BUILTIN, Registry};

/// A provider that a configuration needs.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// Where it is asked for first.
    pub place: Span,
    /// Which versions were asked for, and where.
    pub versions: Vec<(Text, Span)>,
}

/// The providers that a configuration needs, by source address.
pub fn requirements(configuration: &Configuration) -> BTreeMap<Text, Requirement> {
    let mut all = BTreeMap::new();
    for module in configuration.modules() {
        of_module(module, &mut all);
    }
    all
}

fn of_module(module: &Module, all: &mut BTreeMap<Text, Requirement>) {
    let mut need = |source: Text, place: Span, version: Option<&(Text, Span)>| {
        let requirement = all.entry(source).or_insert(Requirement { place, versions: Vec::new() });
        requirement.versions.extend(version.cloned());
    };
    // One whose source is none has been reported.
    let faulty = |required: &&RequiredProvider| {
        required.source.as_ref().is_some_and(|(source, place)| fault(source, *place).is_some())
    };
    for (name, required) in module.settings.required_providers.iter().filter(|(_, one)| !faulty(one)) {
        need(source(module, name), required.span, required.version.as_ref());
    }
    for (key, block) in &module.providers {
        need(source(module, &key.name), block.header, block.version.as_ref());
    }
    for resource in module.resources.values() {
        need(source(module, &key_of(resource).name), resource.header, None);
    }
}

/// What `init` says of providers that nobody has.
pub fn unavailable(configuration: &Configuration, registry: &Registry) -> Diagnostics {
    let mut found = Vec::new();
    for (source, requirement) in requirements(configuration) {
        if registry.provider(&source).is_none() {
            found.push(not_found(&source, requirement.place, registry));
        } else if let (BUILTIN, Some((_, place))) = (&*source, requirement.versions.first()) {
            found.push(
                Diagnostic::error(Code::UnknownType, "Invalid dependency on built-in provider")
                    .detail(format!(
                        "Cannot use {source}: built-in providers do not support explicit version constraints."
                    ))
                    .help("Remove the argument \"version\".")
                    .at(*place),
            );
        }
    }
    found
}

/// What `validate` says of providers that nobody has: once for each, however many resources use it.
pub fn missing(configuration: &Configuration, registry: &Registry) -> Diagnostics {
    let all = requirements(configuration).into_iter();
    let missing = all.filter(|(source, _)| registry.provider(source).is_none());
    missing
        .map(|(source, requirement)| {
            Diagnostic::error(Code::MissingProvider, "Missing required provider")
                .detail(format!(
                    "This configuration requires provider {source}, but that provider isn't available."
                ))
                .help(nearest_of(&source, registry))
                .at(requirement.place)
        })
        .collect()
}

/// What every other command says of providers that nobody has.
pub fn unselected(configuration: &Configuration, registry: &Registry) -> Option<Diagnostic> {
    let missing = |(source, _): &(Text, Requirement)| registry.provider(source).is_none();
    let missing: Vec<(Text, Requirement)> = requirements(configuration).into_iter().filter(missing).collect();
    let (_, first) = missing.first()?;
    let lines: Vec<String> = missing
        .iter()
        .map(|(source, _)| {
            format!("  - provider {source}: required by this configuration but not part of aksel")
        })
        .collect();
    let mut error = Diagnostic::error(Code::UnknownType, "Inconsistent dependency selections")
        .detail(format!("These providers are not available:\n{}", lines.join("\n")))
        .help(there_is(registry))
        .at(first.place);
    for (source, requirement) in &missing[1..] {
        error = error.also(requirement.place, format!("needs {source}"));
    }
    Some(error)
}

fn not_found(source: &str, place: Span, registry: &Registry) -> Diagnostic {
    Diagnostic::error(Code::UnknownType, "Failed to query available provider packages")
        .detail(format!(
            "The provider {source} is not available: it is not one of those that are part of aksel."
        ))
        .help(nearest_of(source, registry))
        .at(place)
}

fn nearest_of(source: &str, registry: &Registry) -> String {
    let known = registry.all().iter().map(|provider| provider.source());
    match nearest(source, known) {
        Some(near) => format!("Did you mean the provider `{near}`?"),
        None => there_is(registry),
    }
}

fn there_is(registry: &Registry) -> String {
    let known: Vec<&str> = registry.all().iter().map(|provider| provider.source()).collect();
    format!("The providers that are there: {}.", known.join(", "))
}
