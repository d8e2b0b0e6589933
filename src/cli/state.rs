//! `aksel state`

use std::path::Path;

use aksel_lang::address::{Address, Target};
use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;
use aksel_state::snapshot::{Entry, Snapshot, write};

use crate::arguments::{StateCommand, StateOptions};
use crate::exit::Exit;
use crate::workplace::Workplace;

/// Looks into the state.
pub(crate) fn run(place: &Workplace, options: &StateOptions) -> Exit {
    let text = match &options.command {
        StateCommand::List { state, id, addresses } => {
            list(place, state.as_deref(), id.as_deref(), addresses)
        }
        StateCommand::Pull => pull(place),
    };
    match text {
        Ok(text) => {
            print!("{text}");
            Exit::Done
        }
        Err(diagnostic) => place.screen.fail(&diagnostic),
    }
}

fn list(
    place: &Workplace,
    state: Option<&Path>,
    id: Option<&str>,
    addresses: &[String],
) -> Result<String, Diagnostic> {
    let targets = addresses.iter().map(|text| target(text)).collect::<Result<Vec<Target>, _>>()?;
    let file = place.state(state)?;
    let Some(snapshot) = file.snapshot() else {
        return Err(Diagnostic::error(Code::State, "No state file was found")
            .detail(format!("There is no state in {}.", place.state_path(state).display()))
            .help("State is written by the first `aksel apply`."));
    };
    let found = |wanted: &Target| snapshot.objects().any(|entry| names(wanted, &entry.address));
    if let Some(wanted) = targets.iter().find(|wanted| !found(wanted)) {
        return Err(Diagnostic::error(Code::State, "Invalid target address").detail(format!(
            "No modules, resources or instances matching {} were found in the state.",
            shown(wanted)
        )));
    }
    Ok(listed(snapshot, id, &targets))
}

fn listed(snapshot: &Snapshot, id: Option<&str>, targets: &[Target]) -> String {
    let wanted = |entry: &Entry<'_>| {
        let named = targets.is_empty() || targets.iter().any(|target| names(target, &entry.address));
        named && id.is_none_or(|id| attribute(entry, "id").as_deref() == Some(id))
    };
    let chosen = snapshot.objects().filter(wanted);
    let lines = chosen.map(|entry| match entry.deposed {
        Some(key) => format!("{} (deposed object {key})\n", entry.address),
        None => format!("{}\n", entry.address),
    });
    lines.collect()
}

fn attribute(entry: &Entry<'_>, name: &str) -> Option<String> {
    let attributes = aksel_lang::json::read(entry.object.attributes.as_str()).ok()?;
    attributes.attribute(name)?.as_str().map(str::to_owned)
}

fn target(text: &str) -> Result<Target, Diagnostic> {
    text.parse().map_err(|error: aksel_lang::address::InvalidAddress| {
        Diagnostic::error(Code::Usage, format!("Invalid target \"{text}\"")).detail(format!("{error}."))
    })
}

fn shown(target: &Target) -> String {
    match target {
        Target::Module(module) => module.to_string(),
        Target::Resource(address) => address.to_string(),
    }
}

/// Whether an address lies in what a target names; a step without a key names all instances.
fn names(target: &Target, address: &Address) -> bool {
    let within = |module: &[(aksel_lang::types::Text, Option<aksel_lang::address::InstanceKey>)]| {
        module.len() <= address.module.0.len()
            && module
                .iter()
                .zip(&address.module.0)
                .all(|((name, key), (own, own_key))| name == own && (key.is_none() || key == own_key))
    };
    match target {
        Target::Module(module) => within(&module.0),
        Target::Resource(wanted) => {
            wanted.module.0.len() == address.module.0.len()
                && within(&wanted.module.0)
                && wanted.resource == address.resource
                && (wanted.key.is_none() || wanted.key == address.key)
        }
    }
}

fn pull(place: &Workplace) -> Result<String, Diagnostic> {
    let file = place.state(None)?;
    Ok(file.snapshot().map(write).unwrap_or_default())
}
