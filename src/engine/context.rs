//! What every walk has at hand, and the objects of state as the run knows them.
//!
//! Never: anything here changes during a walk but through its owner.

use std::collections::HashMap;
use std::sync::Arc;

use aksel_lang::address::{Address, Mode};
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::path::Path;
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_provider::provider::Private;
use aksel_provider::stop::Stop;
use aksel_provider::world::World;
use aksel_state::snapshot::{Snapshot, Status};

use crate::objects::{self, Remembered};
use crate::observer::Observer;
use crate::options::PlanOptions;
use crate::program::{Program, Typed};
use crate::providers::ProviderInstance;

/// What every walk has at hand.
#[derive(Clone, Copy)]
pub(crate) struct Context<'w> {
    pub(crate) program: &'w Program<'w>,
    pub(crate) options: &'w PlanOptions,
    /// The folder of the root module on disk.
    pub(crate) folder: &'w std::path::Path,
    pub(crate) world: &'w Arc<dyn World>,
    pub(crate) observer: &'w dyn Observer,
    pub(crate) stop: &'w Stop,
}

/// Which object: an instance, or a deposed object of it.
pub(crate) type ObjectKey = (Address, Option<Text>);

/// An object as the run knows it.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) value: Value,
    pub(crate) private: Private,
    pub(crate) status: Status,
    pub(crate) remembered: Remembered,
    pub(crate) provider: Text,
}

/// The provider configuration of each managed object of state: the configuration's, else the one that state names.
///
/// Which instance of a configuration a resource uses is not known yet; until then it is the one that state names.
pub(crate) fn assign(program: &Program<'_>, state: &Snapshot) -> HashMap<ObjectKey, ProviderInstance> {
    let mut assigned = HashMap::new();
    for entry in state.objects().filter(|entry| entry.address.resource.mode == Mode::Managed) {
        let declared = program.resource_at(&entry.address.config());
        let typed = declared.and_then(|resource| program.resources[resource].typed.as_ref());
        let recorded = program.provider_written(entry.provider);
        let source = |provider: usize| program.providers[provider].provider.source();
        let provider = match typed {
            None => recorded,
            Some(typed) => Some(
                recorded
                    .filter(|it| typed.instance.is_some() && source(it.provider) == source(typed.provider))
                    .unwrap_or(ProviderInstance { provider: typed.provider, key: None }),
            ),
        };
        if let Some(provider) = provider {
            assigned.insert((entry.address, entry.deposed.map(Text::from)), provider);
        }
    }
    assigned
}

/// Reads the objects of state that a provider configuration has.
pub(crate) fn read_state(
    program: &Program<'_>,
    state: &Snapshot,
    assigned: &HashMap<ObjectKey, ProviderInstance>,
    diagnostics: &mut Diagnostics,
) -> HashMap<ObjectKey, Live> {
    let mut live = HashMap::new();
    for entry in state.objects().filter(|entry| entry.address.resource.mode == Mode::Managed) {
        let key: ObjectKey = (entry.address.clone(), entry.deposed.map(Text::from));
        let Some(provider) = assigned.get(&key) else {
            diagnostics.push(no_provider(&entry.address, entry.provider));
            continue;
        };
        let provider = &*program.providers[provider.provider].provider;
        let Some(schema) = provider.schema(Mode::Managed, &entry.address.resource.type_name) else {
            diagnostics.push(no_type(&entry.address, provider.source()));
            continue;
        };
        match objects::read(entry.object, &schema, provider, &entry.address) {
            Err(mut found) => diagnostics.append(&mut found),
            Ok(value) => {
                let object = Live {
                    value,
                    private: entry.object.private.clone(),
                    status: entry.object.status,
                    remembered: Remembered::of(entry.object),
                    provider: entry.provider.into(),
                };
                live.insert(key, object);
            }
        }
    }
    live
}

pub(crate) fn no_provider(address: &Address, written: &str) -> Diagnostic {
    Diagnostic::error(Code::ProviderConfiguration, "Provider configuration not present")
        .detail(format!(
            "To work with {address} its original provider configuration at {written} is required, but it has been removed. This occurs when a provider configuration is removed while objects created by that provider still exist in the state."
        ))
        .help(format!("Re-add the provider configuration to destroy {address}, after which you can remove the provider configuration again."))
        .about(address.to_string())
}

fn no_type(address: &Address, source: &str) -> Diagnostic {
    Diagnostic::error(Code::UnknownType, "Invalid resource type")
        .detail(format!(
            "The provider {source} does not support the resource type \"{}\" of {address}, which is in state.",
            address.resource.type_name
        ))
        .help("`state rm` forgets the object.")
        .about(address.to_string())
}

/// A provider's finding about a resource instance, at the argument that it is about.
pub(crate) fn finding_about(finding: Finding, typed: &Typed, address: &Address) -> Diagnostic {
    let span = typed.body.span_of(&finding.path);
    objects::diagnostic_of(finding).at(span).about(address.to_string())
}

/// Findings about an object that no configuration has.
pub(crate) fn findings_about(findings: Vec<Finding>, address: &Address) -> Diagnostics {
    let about = |finding: Finding| {
        let place = if finding.path == Path::root() { String::new() } else { format!(" ({})", finding.path) };
        let diagnostic = objects::diagnostic_of(finding);
        let detail = format!("{}{place}", diagnostic.detail);
        Diagnostic { detail, ..diagnostic }.about(address.to_string())
    };
    findings.into_iter().map(about).collect()
}
