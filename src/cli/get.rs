//! `aksel get`

use aksel_install::credentials::Surroundings;
use aksel_install::installed::Unseen;
use aksel_install::installer::{Installer, Place, Progress, Upgrade};
use aksel_lang::diagnostic::{Diagnostics, has_errors};
use aksel_report::event_json;

use crate::exit::Exit;
use crate::init::no_tests;
use crate::init_options::GetOptions;
use crate::project::Project;
use crate::prompt::Asking;
use crate::provided::Provided;
use crate::talk::Talk;
use crate::workplace::Workplace;

/// Installs the modules of the configuration.
pub(crate) fn run(place: &Workplace, options: &GetOptions) -> Exit {
    let talk = if options.json { Talk::Json } else { Talk::Text(place.screen) };
    talk.begin();
    let asking = if options.json { Asking::Refused } else { Asking::by_environment() };
    let provided = Provided::new(place, &options.variables, asking);
    let upgrade = if options.update { Upgrade::Newest } else { Upgrade::Keep };
    let (project, mut found) = install(place, upgrade, provided, talk);
    found.extend(no_tests(options.test_directory.as_deref()));
    talk.diagnostics(&found, &project.configuration.sources);
    if has_errors(&found) { Exit::Failed } else { Exit::Done }
}

/// Where modules are installed.
pub(crate) fn installing(place: &Workplace) -> Place {
    Place { root: place.path(""), modules: place.data_name().join("modules") }
}

/// Installs modules while the configuration is loaded, and says what is installed.
pub(crate) fn install(
    place: &Workplace,
    upgrade: Upgrade,
    mut provided: Provided<'_>,
    talk: Talk,
) -> (Project, Diagnostics) {
    let mut hears = |progress: &Progress| tell(talk, progress);
    let mut installer =
        match Installer::new(installing(place), upgrade, Surroundings::of_process(), &mut hears) {
            Ok(installer) => installer,
            Err(error) => {
                let (project, mut found) = Project::load_with(place, provided, Unseen::Refused);
                found.insert(0, error);
                return (project, found);
            }
        };
    let (project, mut found) = Project::found_by(place, &place.files(), &mut installer, &mut provided);
    found.extend(installer.finish().err());
    (project, found)
}

fn tell(talk: Talk, progress: &Progress) {
    let message = match progress {
        Progress::Fetching { package, key } => format!("Downloading {package} for {key}..."),
        Progress::Installed { key, folder } => format!("- {key} in {}", folder.display()),
    };
    talk.say(&format!("{message}\n"));
    talk.json(|now| vec![event_json::log(&message, now)]);
}
