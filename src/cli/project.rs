//! The project in a folder: its configuration, the values of its variables, and the providers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aksel_engine::registry::Registry;
use aksel_engine::variables::{Given, Missing, RootVariables, collect};
use aksel_install::installed::Unseen;
use aksel_lang::configuration::Configuration;
use aksel_lang::diagnostic::{Diagnostics, has_errors};
use aksel_lang::files::{Files, Memory};
use aksel_lang::load::{FindModule, Folders, load};
use aksel_provider::world::{Machine, World};

use crate::installed;
use crate::prompt::Asking;
use crate::provided;
use crate::run_options::VariableOptions;
use crate::workplace::Workplace;

/// What a run works on.
pub(crate) struct Project {
    pub(crate) configuration: Configuration,
    pub(crate) variables: RootVariables,
    pub(crate) registry: Registry,
    pub(crate) folder: PathBuf,
    pub(crate) world: Arc<dyn World>,
    /// The folders of called modules, by the path of the call.
    pub(crate) folders: BTreeMap<String, PathBuf>,
}

impl Project {
    /// Loads what is in the folder, without values of variables.
    pub(crate) fn load(place: &Workplace) -> (Project, Diagnostics) {
        Project::load_with(place, Unseen::Refused)
    }

    /// Loads what is in the folder, and says what becomes of modules that `init` has not seen.
    pub(crate) fn load_with(place: &Workplace, unseen: Unseen) -> (Project, Diagnostics) {
        let mut installed = installed::modules(place, unseen);
        let (project, diagnostics) = Project::found_by(place, &place.files(), &mut installed);
        (Project { folders: installed.found, ..project }, diagnostics)
    }

    /// Loads a configuration that a plan file carries.
    pub(crate) fn carried(
        place: &Workplace,
        files: BTreeMap<PathBuf, Vec<u8>>,
        folders: BTreeMap<String, PathBuf>,
    ) -> (Project, Diagnostics) {
        let (project, diagnostics) = Project::found_by(place, &Memory(files), &mut Folders(folders.clone()));
        (Project { folders, ..project }, diagnostics)
    }

    /// Loads a configuration whose modules someone finds.
    pub(crate) fn found_by(
        place: &Workplace,
        files: &dyn Files,
        finder: &mut dyn FindModule,
    ) -> (Project, Diagnostics) {
        let (configuration, diagnostics) = load(Path::new(""), files, finder);
        let project = Project {
            configuration,
            variables: RootVariables::default(),
            registry: registry(),
            folder: place.path(""),
            world: Arc::new(Machine::default()),
            folders: BTreeMap::new(),
        };
        (project, diagnostics)
    }

    /// Finds the values of variables, and asks for what is missing. Those that do not fit are in the `problems` of the
    /// variables: a plan tells of them.
    pub(crate) fn give(
        &mut self,
        place: &Workplace,
        options: &VariableOptions,
        asking: Asking,
        diagnostics: &mut Diagnostics,
    ) {
        let mut given = provided::given(place, options, &mut self.configuration, diagnostics);
        if asking == Asking::Allowed && !has_errors(diagnostics) {
            given.extend(provided::asked(&self.configuration, &given));
        }
        let (variables, mut found) = collect(&mut self.configuration, &given, Missing::Refused);
        self.variables = variables;
        diagnostics.append(&mut found);
    }

    /// Finds the values of variables; what is missing stays unknown.
    pub(crate) fn give_what_there_is(
        &mut self,
        place: &Workplace,
        options: &VariableOptions,
        diagnostics: &mut Diagnostics,
    ) {
        let given = provided::given(place, options, &mut self.configuration, diagnostics);
        self.take(&given, Missing::Unknown, diagnostics);
    }

    /// Takes values of variables.
    pub(crate) fn take(&mut self, given: &[Given], missing: Missing, diagnostics: &mut Diagnostics) {
        let (variables, mut found) = collect(&mut self.configuration, given, missing);
        self.variables = variables;
        diagnostics.append(&mut found);
    }

    /// The files that the configuration was read from.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = self.configuration.sources.all().iter().filter(|source| !source.name.starts_with('<'));
        files.map(|source| (PathBuf::from(&*source.name), source.text.as_bytes().to_vec())).collect()
    }
}

/// The providers that are in the binary.
pub(crate) fn registry() -> Registry {
    let small = aksel_utility::providers().into_iter();
    Registry::new(small.chain(aksel_azure::providers()).chain(aksel_kubernetes::providers()))
}
