//! `aksel init`

use std::path::Path;

use aksel_engine::passed_providers;
use aksel_engine::requirements::{requirements, unavailable};
use aksel_install::credentials::Surroundings;
use aksel_install::installed::Unseen;
use aksel_install::installer::Upgrade;
use aksel_install::starting::copy_module;
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, has_errors};
use aksel_lang::load::load;
use aksel_report::event_json;

use crate::backend::Nowhere;
use crate::exit::Exit;
use crate::get::{install, installing};
use crate::init_backend::choose;
use crate::init_options::InitOptions;
use crate::project::Project;
use crate::prompt::Asking;
use crate::provided::Provided;
use crate::talk::Talk;
use crate::workplace::Workplace;

const INITIALIZED: &str = "aksel has been successfully initialized!";

const NEXT: &str = "You may now begin working with aksel. Try running \"aksel plan\" to see
any changes that are required for your infrastructure. All aksel commands
should now work.

If you ever set or change modules or backend configuration for aksel,
rerun this command to reinitialize your working directory. If you forget, other
commands will detect it and remind you to do so if necessary.";

const EMPTY: &str = "aksel initialized in an empty directory!

The directory has no configuration files. You may begin working
with aksel immediately by creating configuration files.";

/// Prepares the folder.
pub(crate) fn run(place: &Workplace, options: &InitOptions) -> Exit {
    let talk = if options.json { Talk::Json } else { Talk::Text(place.screen) };
    talk.begin();
    if let Some(error) = clash(options) {
        talk.fail(&error);
        return Exit::Failed;
    }
    if let Some(source) = &options.from_module {
        say(talk, "copying_configuration_message", &format!("Copying configuration from \"{source}\"..."));
        if let Err(error) = copy_module(source, &installing(place), Surroundings::of_process()) {
            talk.fail(&error);
            return Exit::Failed;
        }
    }
    if place.is_empty() {
        say(talk, "output_init_empty_message", EMPTY);
        return Exit::Done;
    }
    if options.backend {
        let (mut root, _) = load(Path::new(""), &place.files(), &mut Nowhere);
        say(talk, "initializing_backend_message", "Initializing the backend...");
        let found = choose(place, options, &mut root, talk);
        talk.diagnostics(&found, &root.sources);
        if has_errors(&found) {
            return Exit::Failed;
        }
    }
    let (project, mut found) = modules(place, options, talk);
    found.extend(passed_providers::check(&project.configuration));
    found.extend(no_tests(options.test_directory.as_deref()));
    if !has_errors(&found) {
        providers(talk, &project, &mut found);
    }
    talk.diagnostics(&found, &project.configuration.sources);
    if has_errors(&found) {
        return Exit::Failed;
    }
    talk.say("\n");
    say(talk, "output_init_success_message", INITIALIZED);
    talk.say("\n");
    say(talk, "output_init_success_cli_message", NEXT);
    Exit::Done
}

/// A line for people, or one for programs.
fn say(talk: Talk, code: &str, message: &str) {
    talk.say(&format!("{message}\n"));
    talk.json(|now| vec![event_json::init_output(code, message, now)]);
}

fn clash(options: &InitOptions) -> Option<Diagnostic> {
    let refuse = |summary: &str, detail: &str| {
        Some(Diagnostic::error(Code::Usage, summary.to_owned()).detail(detail.to_owned()))
    };
    if options.migrate_state && options.json {
        return refuse(
            "The -migrate-state and -json options are mutually-exclusive",
            "Nobody can be asked for approval when -json is set. To use -migrate-state, leave out -json.",
        );
    }
    if options.migrate_state && options.reconfigure {
        return refuse(
            "Invalid init options",
            "The -migrate-state and -reconfigure options are mutually-exclusive.",
        );
    }
    if let Some(mode) = options.lockfile.as_ref().filter(|mode| *mode != "readonly") {
        return refuse(
            "Invalid -lockfile option",
            &format!(
                "There is no mode \"{mode}\". The only one is readonly; aksel never writes .terraform.lock.hcl, whether it is given or not."
            ),
        );
    }
    if !options.plugin_dir.is_empty() {
        return refuse(
            "-plugin-dir is not supported",
            "The providers of aksel are in its binary, and it runs no provider programs from a folder. Leave the option out.",
        );
    }
    None
}

/// What is said of `-test-directory`: there are no tests to install modules for.
pub(crate) fn no_tests(folder: Option<&Path>) -> Option<Diagnostic> {
    folder.map(|folder| {
        Diagnostic::warning(Code::Usage, "-test-directory is not used").detail(format!(
            "aksel runs no .tftest.hcl files, so that nothing is installed for those in {}.",
            folder.display()
        ))
    })
}

/// Loads the configuration, and installs its modules unless that was not wanted.
fn modules(place: &Workplace, options: &InitOptions, talk: Talk) -> (Project, Diagnostics) {
    let refused = options.json || !options.input.on;
    let asking = if refused { Asking::Refused } else { Asking::by_environment() };
    let provided = Provided::new(place, &options.variables, asking);
    if !options.get {
        return Project::load_with(place, provided, Unseen::Refused);
    }
    say(talk, "initializing_modules_message", "Initializing modules...");
    install(place, if options.upgrade { Upgrade::Newest } else { Upgrade::Keep }, provided, talk)
}

/// Says which providers there are, and which there are not.
fn providers(talk: Talk, project: &Project, found: &mut Diagnostics) {
    say(talk, "initializing_provider_plugin_message", "Initializing provider plugins...");
    for source in requirements(&project.configuration).keys() {
        if project.registry.provider(source).is_some() {
            let message = format!("- {source} is built in to aksel");
            say(talk, "provider_already_installed_message", &message);
        }
    }
    found.append(&mut unavailable(&project.configuration, &project.registry));
}
