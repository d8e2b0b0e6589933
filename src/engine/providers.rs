//! Which provider configuration a resource uses: its own words, its module's, its callers'.
//!
//! Rule: a `provider` argument names it; else the configuration without alias of the type's provider. A module takes the
//! configurations that its call passes, else those without alias of its caller.
//! Never: a provider is configured here.

use std::collections::BTreeSet;
use std::sync::Arc;

use aksel_lang::address::{Mode, ModulePath};
use aksel_lang::blocks::module_call::PassedProvider;
use aksel_lang::blocks::provider::ProviderKey;
use aksel_lang::blocks::resource::{ProviderReference, Resource};
use aksel_lang::code::Code;
use aksel_lang::configuration::Module;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, nearest};
use aksel_lang::expression::Expression;
use aksel_lang::types::Text;
use aksel_provider::provider::Provider;

use crate::program::{ModuleId, Program};
use crate::registry::{full_source, local_name_of_type, source_of_configuration};

/// The number of a provider configuration.
pub(crate) type ProviderId = usize;

/// An instance of a provider configuration: the only one, or one of its `for_each`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ProviderInstance {
    pub(crate) provider: ProviderId,
    pub(crate) key: Option<Text>,
}

/// What says which instance of a configuration is used.
#[derive(Clone, Debug)]
pub(crate) struct KeySource {
    /// The module in which it stands.
    pub(crate) module: ModuleId,
    /// The module in whose call it stands: `each` is then that of the call.
    pub(crate) called: Option<ModuleId>,
    pub(crate) expression: Arc<Expression>,
}

/// The source address of a local name within a module.
pub(crate) fn source(module: &Module, local_name: &str) -> Text {
    let required = module.settings.required_providers.get(local_name);
    match required.and_then(|required| required.source.as_ref()) {
        Some((source, _)) => full_source(source),
        None => full_source(local_name),
    }
}

/// A provider configuration as state writes it.
pub(crate) fn written(module: &ModulePath, source: &str, alias: Option<&str>) -> Text {
    let within = if module.is_root() { String::new() } else { format!("{module}.") };
    let alias = alias.map(|alias| format!(".{alias}")).unwrap_or_default();
    format!("{within}provider[\"{source}\"]{alias}").into()
}

/// The configurations that are used without a block of their own: as state writes them, with their source.
pub(crate) fn implied(program: &Program<'_>, in_state: &[Text]) -> Vec<(Text, Text)> {
    let mut sources = BTreeSet::new();
    for module in &program.modules {
        for resource in module.module.resources.values() {
            sources.insert(source(module.module, &key_of(resource).name));
        }
    }
    let root = ModulePath::default();
    for written_in_state in in_state {
        let Some(source) = source_of_configuration(written_in_state) else { continue };
        // Only a configuration without alias can be empty; one with an alias has to be declared.
        if **written_in_state == *written(&root, source, None) {
            sources.insert(source.into());
        }
    }
    sources.into_iter().map(|source| (written(&root, &source, None), source)).collect()
}

pub(crate) fn key_of(resource: &Resource) -> ProviderKey {
    match &resource.provider {
        Some(reference) => ProviderKey { name: reference.name.clone(), alias: reference.alias.clone() },
        None => ProviderKey { name: local_name_of_type(&resource.name.type_name).into(), alias: None },
    }
}

/// The configuration that a resource uses; `None` if there is none, which is reported.
pub(crate) fn resolve(
    program: &Program<'_>,
    module: ModuleId,
    resource: &Resource,
    diagnostics: &mut Diagnostics,
) -> Option<(ProviderId, Option<KeySource>)> {
    let key = key_of(resource);
    let source = source(program.modules[module].module, &key.name);
    // That nobody has the provider is said once (`requirements::missing`), not of each resource.
    program.registry.provider(&source)?;
    let reference = resource.provider.as_ref();
    if let Some(refused) = reference.and_then(|it| misnamed_instance(program.modules[module].module, it)) {
        diagnostics.push(refused);
        return None;
    }
    let own = reference.and_then(|reference| reference.key.as_ref());
    let own = own.map(|key| KeySource { module, called: None, expression: Arc::new(key.clone()) });
    let found = find(program, module, (key, own), &source);
    let found = found.and_then(|(written, key)| Some((program.configuration_written(&written)?, key)));
    if found.is_none() && !passed_wrongly(program, module, &key_of(resource)) {
        diagnostics.push(not_configured(program, module, &source, resource));
    }
    found
}

/// Looks for a configuration in a module, then in its callers.
fn find(
    program: &Program<'_>,
    module: ModuleId,
    key: (ProviderKey, Option<KeySource>),
    source: &str,
) -> Option<(Text, Option<KeySource>)> {
    let (mut module, (mut key, mut instance)) = (module, key);
    loop {
        let node = &program.modules[module];
        if node.module.providers.contains_key(&key) {
            return Some((written(&node.module.path, source, key.alias.as_deref()), instance));
        }
        let Some((caller, call)) = node.caller else {
            return key.alias.is_none().then(|| (written(&node.module.path, source, None), None));
        };
        let passed = call.providers.iter().find(|passed| passed.theirs == key);
        key = match passed {
            Some(PassedProvider { ours, .. }) => {
                instance = ours.key.as_ref().map(|key| KeySource {
                    module: caller,
                    called: Some(module),
                    expression: Arc::new(key.clone()),
                });
                ProviderKey { name: ours.name.clone(), alias: ours.alias.clone() }
            }
            None if key.alias.is_some() => return None,
            None => ProviderKey {
                name: local_name(program.modules[caller].module, source, &key.name),
                alias: None,
            },
        };
        module = caller;
    }
}

/// An instance that is named of a configuration without any, or not named of one that has some.
pub(crate) fn misnamed_instance(module: &Module, reference: &ProviderReference) -> Option<Diagnostic> {
    let key = ProviderKey { name: reference.name.clone(), alias: reference.alias.clone() };
    let for_each = module.providers.get(&key).and_then(|block| block.for_each.as_ref());
    let error = |summary, detail: String| {
        Some(Diagnostic::error(Code::ProviderConfiguration, summary).detail(detail).at(reference.span))
    };
    match (for_each, &reference.key) {
        (Some(_), Some(_)) | (None, None) => None,
        (Some(for_each), None) => error(
            "Provider instance key required",
            format!("The provider configuration {key} uses for_each, and so one of its instances has to be named."),
        )
        .map(|error| error.help(format!("Write `{key}[each.key]`, or a fixed key.")).also(for_each.span, "the instances")),
        (None, Some(_)) => error(
            "Unexpected provider instance key",
            format!("There is no provider configuration {key} with for_each in this module, and so it has no instances."),
        )
        .map(|error| error.help("An instance is named where its configuration is declared; a call hands on a single one.")),
    }
}

/// Whether a call hands on for this key what its caller does not have, which is said of the call.
fn passed_wrongly(program: &Program<'_>, module: ModuleId, key: &ProviderKey) -> bool {
    let Some((caller, call)) = program.modules[module].caller else { return false };
    let passed = call.providers.iter().find(|passed| passed.theirs == *key);
    passed.is_some_and(|passed| {
        let ours = ProviderKey { name: passed.ours.name.clone(), alias: passed.ours.alias.clone() };
        !has(program.modules[caller].module, &ours) || passed_wrongly(program, caller, &ours)
    })
}

/// Whether a module has a configuration, or is given one.
pub(crate) fn has(module: &Module, key: &ProviderKey) -> bool {
    let declared = || {
        let required = module.settings.required_providers.get(&key.name);
        required.is_some_and(|required| required.aliases.contains(key))
    };
    key.alias.is_none() || module.providers.contains_key(key) || declared()
}

/// What a module calls a source: callers may have another local name for it.
fn local_name(module: &Module, wanted: &str, otherwise: &Text) -> Text {
    let mut required = module.settings.required_providers.keys();
    required.find(|name| *source(module, name) == *wanted).cloned().unwrap_or_else(|| otherwise.clone())
}

fn not_configured(program: &Program<'_>, module: ModuleId, source: &str, resource: &Resource) -> Diagnostic {
    let alias = resource.provider.as_ref().and_then(|provider| provider.alias.as_deref());
    let span = resource.provider.as_ref().map_or(resource.header, |provider| provider.span);
    let wanted = written(program.path(module), source, alias);
    Diagnostic::error(Code::ProviderConfiguration, "Provider configuration not present")
        .detail(format!(
            "To work with {} its provider configuration at {wanted} is required, but it is not declared.",
            resource.name
        ))
        .help("Declare a provider block with this alias, or pass one with the `providers` argument of the module block.")
        .at(span)
}

/// A type that its provider does not have.
pub(crate) fn unknown_type(provider: &dyn Provider, resource: &Resource) -> Diagnostic {
    let name = &resource.name;
    let (summary, what) = match name.mode {
        Mode::Managed => ("Invalid resource type", "resource type"),
        Mode::Data => ("Invalid data source", "data source"),
        Mode::Ephemeral => ("Invalid ephemeral resource type", "ephemeral resource type"),
    };
    let known = provider.type_names(name.mode);
    let near = nearest(&name.type_name, known.iter().map(|known| &**known));
    let hint = near.map(|near| format!(" Did you mean \"{near}\"?")).unwrap_or_default();
    let error = Diagnostic::error(Code::UnknownType, summary)
        .detail(format!(
            "The provider {} does not support {what} \"{}\".{hint}",
            provider.source(),
            name.type_name
        ))
        .at(resource.type_span);
    match [Mode::Managed, Mode::Data, Mode::Ephemeral]
        .into_iter()
        .find(|mode| provider.type_names(*mode).contains(&name.type_name))
    {
        Some(other) => error.help(format!(
            "There is one for {} blocks: write `{}`.",
            block_word(other),
            block_word(other)
        )),
        None => error,
    }
}

/// The word that a block of a mode begins with.
fn block_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Managed => "resource",
        Mode::Data => "data",
        Mode::Ephemeral => "ephemeral",
    }
}
