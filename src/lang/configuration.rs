//! A configuration: the modules of a run with all that is declared in them.
//!
//! Invariant: names are unique per kind and module; a second declaration is a diagnostic and is not in the tree.
//! Invariant: bodies of resources, data sources and providers are kept as written; `decode` reads them by their schema.
//! Never: nothing is evaluated here, and no provider is known.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::address::{ModulePath, ResourceName};
use crate::blocks::check::Check;
use crate::blocks::import::Import;
use crate::blocks::local::Local;
use crate::blocks::module_call::ModuleCall;
use crate::blocks::moved::Move;
use crate::blocks::output::Output;
use crate::blocks::provider::{ProviderBlock, ProviderKey};
use crate::blocks::removed::Removal;
use crate::blocks::resource::Resource;
use crate::blocks::terraform::Settings;
use crate::blocks::variable::Variable;
use crate::source::Sources;
use crate::types::Text;

/// All modules of a run, with the texts that their spans point into.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// The root module; called modules hang below their calls.
    pub root: Module,
    /// The texts.
    pub sources: Sources,
    /// Whether all files could be read. If not, nothing can be said of what seems to be missing.
    pub extent: Extent,
}

/// Whether something is there as it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    #[default]
    Whole,
    /// What could not be understood is left out, and has been reported.
    Partial,
}

/// One module with all that is declared in it.
#[derive(Clone, Debug, Default)]
pub struct Module {
    /// Its path from the root.
    pub path: ModulePath,
    /// Its folder, relative to the working directory.
    pub directory: PathBuf,
    /// Whether all declarations in its files are here. If not, a name that is not declared may be one of those.
    pub extent: Extent,
    /// `variable` blocks.
    pub variables: BTreeMap<Text, Variable>,
    /// The entries of `locals` blocks.
    pub locals: BTreeMap<Text, Local>,
    /// `output` blocks.
    pub outputs: BTreeMap<Text, Output>,
    /// `resource`, `data` and `ephemeral` blocks; also those nested in `check` blocks.
    pub resources: BTreeMap<ResourceName, Resource>,
    /// `module` blocks.
    pub calls: BTreeMap<Text, ModuleCall>,
    /// `provider` blocks.
    pub providers: BTreeMap<ProviderKey, ProviderBlock>,
    /// `terraform` blocks, merged.
    pub settings: Settings,
    /// `moved` blocks.
    pub moves: Vec<Move>,
    /// `removed` blocks.
    pub removals: Vec<Removal>,
    /// `import` blocks.
    pub imports: Vec<Import>,
    /// `check` blocks.
    pub checks: BTreeMap<Text, Check>,
}

impl Module {
    /// How many things with a name are declared in it.
    pub fn declared(&self) -> usize {
        self.variables.len()
            + self.locals.len()
            + self.outputs.len()
            + self.resources.len()
            + self.calls.len()
            + self.providers.len()
            + self.checks.len()
    }
}

impl Configuration {
    /// The module of that path, if the configuration has it.
    pub fn module(&self, path: &ModulePath) -> Option<&Module> {
        path.0.iter().try_fold(&self.root, |module, name| module.calls.get(name)?.module.as_deref())
    }

    /// All modules, callers before what they call.
    pub fn modules(&self) -> Vec<&Module> {
        let mut all = vec![&self.root];
        let mut next = 0;
        while let Some(module) = all.get(next).copied() {
            all.extend(module.calls.values().filter_map(|call| call.module.as_deref()));
            next += 1;
        }
        all
    }
}
