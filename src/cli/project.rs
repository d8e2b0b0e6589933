//! The project in a folder: its configuration, the values of its variables, and the providers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aksel_engine::observer::Silent;
use aksel_engine::plan::PlannedVariable;
use aksel_engine::registry::Registry;
use aksel_engine::run::Run;
use aksel_engine::variables::{Given, Missing, RootVariables, collect};
use aksel_install::installed::Unseen;
use aksel_lang::configuration::Configuration;
use aksel_lang::constants::GiveConstants;
use aksel_lang::diagnostic::{Diagnostics, has_errors};
use aksel_lang::files::{Files, Memory};
use aksel_lang::load::{FindModule, Folders, load_with};
use aksel_lang::types::Text;
use aksel_provider::stop::Stop;
use aksel_provider::world::{Machine, World};

use crate::installed;
use crate::prompt::Asking;
use crate::provided::{self, Kept, Provided};
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
    /// What was given for variables, where it had to be read to load the configuration.
    given: Option<Vec<Given>>,
}

impl Project {
    /// Loads what is in the folder; of the variables only the constants have values.
    pub(crate) fn load(
        place: &Workplace,
        options: &VariableOptions,
        asking: Asking,
    ) -> (Project, Diagnostics) {
        Project::load_with(place, Provided::new(place, options, asking), Unseen::Refused)
    }

    /// Loads what is in the folder, and says what becomes of modules that `init` has not seen.
    pub(crate) fn load_with(
        place: &Workplace,
        mut provided: Provided<'_>,
        unseen: Unseen,
    ) -> (Project, Diagnostics) {
        let mut installed = installed::modules(place, unseen);
        let (project, diagnostics) = Project::found_by(place, &place.files(), &mut installed, &mut provided);
        (Project { folders: installed.found, given: provided.given, ..project }, diagnostics)
    }

    /// Loads a configuration that a plan file carries.
    pub(crate) fn carried(
        place: &Workplace,
        files: BTreeMap<PathBuf, Vec<u8>>,
        folders: BTreeMap<String, PathBuf>,
        variables: &BTreeMap<Text, PlannedVariable>,
    ) -> (Project, Diagnostics) {
        let (mut finder, mut kept) = (Folders(folders.clone()), Kept(variables));
        let (project, diagnostics) = Project::found_by(place, &Memory(files), &mut finder, &mut kept);
        (Project { folders, ..project }, diagnostics)
    }

    /// The project, to be run without a word of what happens.
    pub(crate) fn run<'p>(&'p self, stop: &'p Stop) -> Run<'p> {
        Run {
            configuration: &self.configuration,
            variables: &self.variables,
            registry: &self.registry,
            folder: &self.folder,
            world: &self.world,
            observer: &Silent,
            stop,
        }
    }

    /// Loads a configuration whose modules someone finds.
    pub(crate) fn found_by(
        place: &Workplace,
        files: &dyn Files,
        finder: &mut dyn FindModule,
        constants: &mut dyn GiveConstants,
    ) -> (Project, Diagnostics) {
        let (configuration, diagnostics) = load_with(Path::new(""), files, finder, constants);
        let project = Project {
            configuration,
            variables: RootVariables::default(),
            registry: registry(),
            folder: place.path(""),
            world: Arc::new(Machine::default()),
            folders: BTreeMap::new(),
            given: None,
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
        let mut given = self.given(place, options, diagnostics);
        if asking == Asking::Allowed && !has_errors(diagnostics) {
            given.extend(provided::asked(&self.configuration.root, &given, |_| true));
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
        let given = self.given(place, options, diagnostics);
        self.take(&given, Missing::Unknown, diagnostics);
    }

    fn given(
        &mut self,
        place: &Workplace,
        options: &VariableOptions,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Given> {
        let sources = &mut self.configuration.sources;
        self.given.take().unwrap_or_else(|| provided::given(place, options, sources, diagnostics))
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
