//! `aksel state`: what only looks. What changes the state stands in `state_surgery`.

use std::collections::HashSet;
use std::path::Path;

use aksel_lang::address::{Address, InvalidAddress, Target};
use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;
use aksel_report::state_text;
use aksel_state::snapshot::{Entry, Snapshot, write};
use aksel_state::surgery::names;

use crate::arguments::StateCommand;
use crate::exit::Exit;
use crate::project::registry;
use crate::show::schema;
use crate::state_surgery;
use crate::usage::{self, Stream};
use crate::workplace::Workplace;

/// Looks into the state, or changes it by hand.
pub(crate) fn run(place: &Workplace, command: &StateCommand) -> Exit {
    let text = match command {
        StateCommand::List { state, id, addresses } => {
            list(place, state.as_deref(), id.as_deref(), addresses)
        }
        StateCommand::Show { state, words } => match words.as_slice() {
            [word] => show(place, state.as_deref(), word),
            _ => return usage::refuse(&["state", "show"], "Exactly one argument expected.", Stream::Data),
        },
        StateCommand::Pull { .. } => pull(place),
        StateCommand::Mv { surgery, words } => return state_surgery::mv(place, surgery, words),
        StateCommand::Rm { surgery, words } => return state_surgery::rm(place, surgery, words),
        StateCommand::Push { state, force, words } => {
            return state_surgery::push(place, state, words, state_surgery::overwrite(*force));
        }
        StateCommand::ReplaceProvider { state, auto_approve, words } => {
            return state_surgery::replace_provider(
                place,
                state,
                words,
                state_surgery::approval(*auto_approve),
            );
        }
    };
    place.screen.print(text)
}

/// The state that a command needs.
///
/// # Errors
/// When there is none.
pub(crate) fn existing(place: &Workplace, state: Option<&Path>) -> Result<Snapshot, Diagnostic> {
    let file = place.state(state)?;
    file.snapshot().cloned().ok_or_else(|| {
        Diagnostic::error(Code::State, "No state file was found!")
            .detail("State management commands require a state file.")
            .help("Run the command in a folder where something has been applied, or name a state file with -state.")
    })
}

fn list(
    place: &Workplace,
    state: Option<&Path>,
    id: Option<&str>,
    addresses: &[String],
) -> Result<String, Diagnostic> {
    let targets = addresses.iter().map(|text| target(text)).collect::<Result<Vec<Target>, _>>()?;
    let snapshot = existing(place, state)?;
    let found = |wanted: &Target| snapshot.objects().any(|entry| names(wanted, &entry.address));
    if let Some(wanted) = targets.iter().find(|wanted| !found(wanted)) {
        return Err(not_in_state(wanted));
    }
    Ok(listed(&snapshot, id, &targets))
}

fn not_in_state(target: &Target) -> Diagnostic {
    let (title, what) = match target {
        Target::Module(_) => ("Unknown module", "module at"),
        Target::Resource(address) if address.key.is_some() => {
            ("Unknown resource instance", "resource instance")
        }
        Target::Resource(_) => ("Unknown resource", "resource"),
    };
    Diagnostic::error(Code::State, title)
        .detail(format!("The current state contains no {what} {target}."))
        .help("If it has just been added to the configuration, `aksel apply` brings it into state first.")
}

fn listed(snapshot: &Snapshot, id: Option<&str>, targets: &[Target]) -> String {
    let lines = |named: &dyn Fn(&Address) -> bool| -> Vec<String> {
        let wanted = |entry: &Entry<'_>| {
            named(&entry.address) && id.is_none_or(|id| attribute(entry, "id").as_deref() == Some(id))
        };
        snapshot.objects().filter(wanted).map(|entry| format!("{}\n", entry.address)).collect()
    };
    let found = match targets {
        [] => lines(&|_| true),
        // In the order in which they were asked for.
        targets => targets.iter().flat_map(|target| lines(&|address| names(target, address))).collect(),
    };
    // Deposed objects of an instance stand beside its own, and targets may overlap.
    let mut seen = HashSet::new();
    found.into_iter().filter(|line| seen.insert(line.clone())).collect()
}

fn attribute(entry: &Entry<'_>, name: &str) -> Option<String> {
    let attributes = aksel_lang::json::read(entry.object.attributes.as_str()).ok()?;
    attributes.attribute(name)?.as_str().map(str::to_owned)
}

fn show(place: &Workplace, state: Option<&Path>, word: &str) -> Result<String, Diagnostic> {
    let snapshot = existing(place, state)?;
    let help = "`aksel state list` shows the addresses that there are. An instance of a resource with `count` or `for_each` needs its key.";
    let wanted: Address = word.parse().map_err(|error: InvalidAddress| {
        Diagnostic::error(Code::Usage, format!("Error parsing instance address: {word}"))
            .detail(format!("{error}."))
            .help(help)
    })?;
    let mut current = snapshot.objects().filter(|entry| entry.deposed.is_none());
    let entry = current.find(|entry| entry.address == wanted).ok_or_else(|| {
        Diagnostic::error(Code::State, "No instance found for the given address!")
            .detail(format!("There is no instance {wanted} in the state."))
            .help(help)
    })?;
    let registry = registry();
    let schemas = |address: &Address, provider: &str| schema(&registry, address, provider);
    Ok(state_text::object(&entry, &snapshot, &schemas, place.screen.data()))
}

/// An address that may name a module, a resource or an instance.
///
/// # Errors
/// When it is none.
pub(crate) fn target(text: &str) -> Result<Target, Diagnostic> {
    text.parse().map_err(|error: InvalidAddress| invalid(&error))
}

/// The address of an instance.
///
/// # Errors
/// When it is none.
pub(crate) fn address(text: &str) -> Result<Address, Diagnostic> {
    match target(text)? {
        Target::Resource(address) => Ok(address),
        Target::Module(module) => Err(Diagnostic::error(Code::Usage, "Invalid address")
            .detail(format!("{module} is a module; a resource instance address is required here."))
            .help("Write the resource behind the module: module.name.type.name.")),
    }
}

fn invalid(error: &InvalidAddress) -> Diagnostic {
    Diagnostic::error(Code::Usage, "Invalid address")
        .detail(format!("{error}."))
        .help("An address is a type and a name, such as terraform_data.a, module.m.terraform_data.a[0] or module.m.")
}

fn pull(place: &Workplace) -> Result<String, Diagnostic> {
    let file = place.state(None)?;
    Ok(file.snapshot().map(write).unwrap_or_default())
}
