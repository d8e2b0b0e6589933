//! The requirement tree: which providers the modules of a configuration and the objects of a state need.
//!
//! Rule: a provider is required by an entry of `required_providers`, by a `provider` block, or by a resource of its type.

use std::collections::{BTreeMap, BTreeSet};

use aksel_lang::configuration::Module;
use aksel_lang::types::Text;
use aksel_state::snapshot::Snapshot;

use crate::providers::{self, key_of};
use crate::registry::source_of_configuration;

/// What a module and those that it calls require.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequirementTree {
    /// Version constraints by source address; empty where there is none.
    pub providers: BTreeMap<Text, BTreeSet<Text>>,
    /// What called modules require, by the name of the call.
    pub modules: BTreeMap<Text, RequirementTree>,
}

impl RequirementTree {
    /// What a module requires.
    pub fn of(module: &Module) -> RequirementTree {
        let mut providers: BTreeMap<Text, BTreeSet<Text>> = BTreeMap::new();
        for (name, required) in &module.settings.required_providers {
            let versions = providers.entry(providers::source(module, name)).or_default();
            versions.extend(required.version.iter().map(|(text, _)| text.clone()));
        }
        let blocks = module.providers.keys().map(|key| key.name.clone());
        let resources = module.resources.values().map(|resource| key_of(resource).name);
        for name in blocks.chain(resources) {
            providers.entry(providers::source(module, &name)).or_default();
        }
        let called = module.calls.iter();
        let modules =
            called.filter_map(|(name, call)| Some((name.clone(), Self::of(call.module.as_deref()?))));
        RequirementTree { providers, modules: modules.collect() }
    }

    /// All source addresses, those of called modules included.
    pub fn sources(&self) -> BTreeSet<Text> {
        let own = self.providers.keys().cloned();
        own.chain(self.modules.values().flat_map(RequirementTree::sources)).collect()
    }
}

/// The source addresses of the providers that have objects in a state.
pub fn of_state(state: &Snapshot) -> BTreeSet<Text> {
    state.objects().filter_map(|entry| source_of_configuration(entry.provider).map(Text::from)).collect()
}
