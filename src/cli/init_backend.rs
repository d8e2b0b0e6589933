//! The backend step of `aksel init`: chooses where state is kept, and copies what is kept elsewhere.

use std::path::Path;
use std::sync::Arc;

use aksel_lang::blocks::terraform::Backend;
use aksel_lang::code::Code;
use aksel_lang::configuration::Configuration;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, has_errors};
use aksel_lang::json_syntax::just_attributes;
use aksel_lang::load::parse_file;
use aksel_lang::source::Sources;
use aksel_provider::world::{Machine, World};
use aksel_state::backend::{self, Addition, Configured, LOCAL};
use aksel_state::backend_record::Recorded;
use aksel_state::migration::{Copy, copies};

use crate::backend::same;
use crate::custody::hold_path;
use crate::init_options::InitOptions;
use crate::operate::block_on;
use crate::prompt::Asking;
use crate::state_options::LockOptions;
use crate::talk::Talk;
use crate::workplace::Workplace;

/// What becomes of the record of a folder.
enum Step {
    /// It stays.
    Keep,
    /// It names another backend, or none.
    Change { to: Recorded, first: bool },
}

/// Chooses the backend that the root module wants. What is wrong is returned.
pub(crate) fn choose(
    place: &Workplace,
    options: &InitOptions,
    root: &mut Configuration,
    talk: Talk,
) -> Diagnostics {
    let mut found = Vec::new();
    let added = additions(place, options, &mut root.sources, &mut found);
    let step = step(place, root.root.settings.backend.as_ref(), &added, &mut found);
    if has_errors(&found) {
        return found;
    }
    if let Step::Change { to, first } = step {
        if !first && !options.migrate_state && !options.reconfigure && !options.force_copy {
            found.push(changed());
            return found;
        }
        match change(place, options, &to, talk) {
            Ok(()) => tell(&to, talk),
            Err(error) => found.push(error),
        }
    }
    found
}

/// What `-backend-config` adds.
fn additions(
    place: &Workplace,
    options: &InitOptions,
    sources: &mut Sources,
    found: &mut Diagnostics,
) -> Vec<Addition> {
    let mut added = Vec::new();
    for written in &options.backend_config {
        match written.split_once('=') {
            Some((name, value)) => added.push(Addition::Value(name.trim().to_owned(), value.to_owned())),
            None => match std::fs::read(place.path(written)) {
                Ok(bytes) => added.push(of_file(Path::new(written), &bytes, sources, found)),
                Err(error) => found.push(
                    Diagnostic::error(Code::Io, "Failed to read file")
                        .detail(format!("The file \"{written}\" could not be read: {error}."))
                        .help("-backend-config takes a file, or name=value."),
                ),
            },
        }
    }
    added
}

fn of_file(path: &Path, bytes: &[u8], sources: &mut Sources, found: &mut Diagnostics) -> Addition {
    let body = parse_file(path, bytes, sources, found);
    let attributes = match &body.json {
        Some(objects) => just_attributes(objects, found),
        None => body.just_attributes(found),
    };
    Addition::File(attributes.into_values().collect())
}

fn step(place: &Workplace, wanted: Option<&Backend>, added: &[Addition], found: &mut Diagnostics) -> Step {
    match (wanted, &place.recorded) {
        (None, Recorded::Nothing) => {
            if !added.is_empty() {
                found.push(no_block());
            }
            Step::Keep
        }
        (None, Recorded::Local(_) | Recorded::Other(_)) => {
            Step::Change { to: Recorded::Nothing, first: false }
        }
        (Some(wanted), recorded) => match backend::read(wanted, added, found) {
            None => Step::Keep,
            Some(configured) => step_to(configured, recorded, added),
        },
    }
}

fn step_to(configured: Configured, recorded: &Recorded, added: &[Addition]) -> Step {
    match recorded {
        // Nothing new is said: what was added before still counts.
        Recorded::Local(known) if added.is_empty() && known.hash == configured.hash => Step::Keep,
        Recorded::Local(known) if *known == configured => Step::Keep,
        Recorded::Local(known) if known.local == configured.local && same(&configured, known) => {
            Step::Change { to: Recorded::Local(configured), first: true }
        }
        Recorded::Nothing => Step::Change { to: Recorded::Local(configured), first: true },
        Recorded::Local(_) | Recorded::Other(_) => {
            Step::Change { to: Recorded::Local(configured), first: false }
        }
    }
}

/// Copies state if that is wanted, and records the backend.
fn change(place: &Workplace, options: &InitOptions, to: &Recorded, talk: Talk) -> Result<(), Diagnostic> {
    if !options.reconfigure {
        if let Recorded::Other(kind) = &place.recorded {
            return Err(Diagnostic::error(Code::State, "Unsupported backend type")
                .detail(format!(
                    "The state of this folder is in a \"{kind}\" backend, which aksel cannot read."
                ))
                .help(
                    "Copy the state with the tool that wrote it, or pass -reconfigure to begin without it.",
                ));
        }
        let found = copies(&place.path(""), &place.recorded.local(), &to.local());
        if !found.is_empty() && (options.force_copy || agreed(place, options, &found, talk)?) {
            block_on(async |_| carry_out(&found, &options.locking).await)?;
        }
    }
    let data = place.data_folder();
    to.write(&data).map_err(|error| {
        Diagnostic::error(Code::Io, "Failed to save the backend configuration")
            .detail(format!("{}: {error}.", data.join("terraform.tfstate").display()))
    })
}

/// Copies states, each of which is locked meanwhile at both ends.
async fn carry_out(found: &[Copy], locking: &LockOptions) -> Result<(), Diagnostic> {
    let world: Arc<dyn World> = Arc::new(Machine::default());
    for copy in found {
        let _from = hold_path(&copy.from, locking, "Migration", &world).await?;
        let _to = hold_path(&copy.to, locking, "Migration", &world).await?;
        copy.carry_out().map_err(|error| {
            Diagnostic::error(Code::State, "Failed to copy state")
                .detail(format!("{} to {}: {error}.", copy.from.display(), copy.to.display()))
                .help("The state is still where it was. Run the same command again.")
        })?;
    }
    Ok(())
}

/// Asks whether states are to be copied.
fn agreed(place: &Workplace, options: &InitOptions, found: &[Copy], talk: Talk) -> Result<bool, Diagnostic> {
    if !options.input.on || options.json || Asking::by_environment() == Asking::Refused {
        return Err(Diagnostic::error(
            Code::Usage,
            "Can't ask approval for state migration when interactive input is disabled.",
        )
        .detail("There is state that may have to be copied to the new backend.")
        .help("Leave out -input=false to be asked, pass -force-copy to copy it, or -reconfigure to leave it where it is."));
    }
    talk.say("Do you want to copy existing state to the new backend?\n");
    for copy in found {
        let also = if copy.occupied { ", which has another state already" } else { "" };
        talk.say(&format!(
            "  {}: {} to {}{also}\n",
            copy.workspace,
            shown(place, &copy.from),
            shown(place, &copy.to)
        ));
    }
    talk.say("  Enter \"yes\" to copy and \"no\" to begin with what is there.\n\n  Enter a value: ");
    let mut answer = String::new();
    let heard = std::io::stdin().read_line(&mut answer).unwrap_or(0);
    talk.say("\n");
    if heard == 0 {
        return Err(Diagnostic::error(Code::Usage, "Error asking for confirmation: nobody answered"));
    }
    Ok(answer.trim() == "yes")
}

fn shown(place: &Workplace, path: &Path) -> String {
    path.strip_prefix(place.path("")).unwrap_or(path).display().to_string()
}

fn tell(to: &Recorded, talk: Talk) {
    talk.say(&match to {
        Recorded::Local(_) => format!(
            "\nSuccessfully configured the backend \"{LOCAL}\"! aksel will automatically\nuse this backend unless the backend configuration changes.\n"
        ),
        Recorded::Nothing | Recorded::Other(_) => {
            "\nSuccessfully unset the backend. aksel will now operate locally.\n".to_owned()
        }
    });
}

fn changed() -> Diagnostic {
    Diagnostic::error(Code::State, "Backend configuration changed")
        .detail("A change in the backend configuration has been detected, which may require migrating existing state.")
        .help("To copy the state, use \"aksel init -migrate-state\"; to store the current configuration with no changes to the state, \"aksel init -reconfigure\".")
}

fn no_block() -> Diagnostic {
    Diagnostic::warning(Code::State, "Missing backend configuration")
        .detail("-backend-config was used without a \"backend\" block in the configuration.")
        .help("If the usual place of state was to be changed, add: terraform { backend \"local\" {} }")
}
