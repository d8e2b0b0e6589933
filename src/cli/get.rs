//! `aksel get`

use aksel_install::credentials::Surroundings;
use aksel_install::installer::{Installer, Place, Progress, Upgrade};
use aksel_lang::diagnostic::{Diagnostics, has_errors};
use aksel_report::event_json;

use crate::exit::Exit;
use crate::init_options::GetOptions;
use crate::project::Project;
use crate::talk::Talk;
use crate::workplace::Workplace;

/// Installs the modules of the configuration.
pub(crate) fn run(place: &Workplace, options: &GetOptions) -> Exit {
    let talk = if options.json { Talk::Json } else { Talk::Text(place.screen) };
    talk.begin();
    let (project, found) = install(place, if options.update { Upgrade::Newest } else { Upgrade::Keep }, talk);
    talk.diagnostics(&found, &project.configuration.sources);
    if has_errors(&found) { Exit::Failed } else { Exit::Done }
}

/// Installs modules while the configuration is loaded, and says what is installed.
pub(crate) fn install(place: &Workplace, upgrade: Upgrade, talk: Talk) -> (Project, Diagnostics) {
    let mut hears = |progress: &Progress| tell(talk, progress);
    let target = Place { root: place.path(""), modules: place.data_name().join("modules") };
    let mut installer = match Installer::new(target, upgrade, Surroundings::of_process(), &mut hears) {
        Ok(installer) => installer,
        Err(error) => {
            let (project, mut found) = Project::load(place);
            found.insert(0, error);
            return (project, found);
        }
    };
    let (project, mut found) = Project::found_by(place, &place.files(), &mut installer);
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
