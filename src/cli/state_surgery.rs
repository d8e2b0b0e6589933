//! `aksel state mv`, `rm`, `push`, `replace-provider`

use std::path::Path;

use aksel_engine::registry::parse_source;
use aksel_lang::address::{Address, Target};
use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;
use aksel_state::file::Overwrite;
use aksel_state::snapshot::{self, Snapshot};
use aksel_state::surgery::{self, Refusal};

use crate::arguments::SurgeryOptions;
use crate::custody::{Backup, in_hand, in_hand_at};
use crate::exit::Exit;
use crate::operate::{Approval, block_on};
use crate::prompt;
use crate::state::{existing, target};
use crate::state_options::StateOptions;
use crate::usage::{self, Stream};
use crate::workplace::Workplace;

/// `-force` of `state push`.
#[expect(clippy::fn_params_excessive_bools, reason = "it is the option as it was typed")]
pub(crate) fn overwrite(force: bool) -> Overwrite {
    if force { Overwrite::Anything } else { Overwrite::Older }
}

/// `-auto-approve`.
#[expect(clippy::fn_params_excessive_bools, reason = "it is the option as it was typed")]
pub(crate) fn approval(given: bool) -> Approval {
    if given { Approval::Given } else { Approval::Asked }
}

fn refused(refusal: Refusal) -> Diagnostic {
    Diagnostic::error(Code::State, refusal.summary)
        .detail(refusal.detail)
        .help("`aksel state list` shows what there is.")
}

/// `aksel state mv`
pub(crate) fn mv(place: &Workplace, options: &SurgeryOptions, words: &[String]) -> Exit {
    let [from, to] = words else {
        return usage::refuse(&["state", "mv"], "Exactly two arguments expected.", Stream::Data);
    };
    place.screen.print(block_on(async |_| moved(place, options, from, to).await))
}

async fn moved(
    place: &Workplace,
    options: &SurgeryOptions,
    from: &str,
    to: &str,
) -> Result<String, Diagnostic> {
    existing(place, options.state.state.as_deref())?;
    let (source, destination) = (target(from)?, target(to)?);
    // The option that elsewhere says where a run writes its state names the state that is moved to here.
    let out = options.state.state_out.as_ref().map(|path| place.path(path));
    let own = StateOptions { state_out: None, ..options.state.clone() };
    let mut custody = in_hand(place, &own, "StateMv", Backup::ByTime).await?;
    let mut content = custody.content.clone();
    let mut other = match &out {
        Some(path) => {
            let named = options.backup_out.as_ref().map(|path| Backup::Named(place.path(path)));
            Some(in_hand_at(path, &own, "StateMv", named.unwrap_or(Backup::ByTime)).await?)
        }
        None => None,
    };
    let mut others = other.as_ref().map(|custody| custody.content.clone());
    let into = others.as_ref().unwrap_or(&content);
    let planned = surgery::plan_move(&content, into, &source, &destination).map_err(refused)?;
    let (from, to) = (quoted(&source), quoted(&destination));
    if options.dry_run {
        return Ok(format!("Would move {from} to {to}\n"));
    }
    planned.carry_out(&mut content, others.as_mut());
    // The state that gains is written first: a crash between the two leaves an object twice, never nowhere.
    if let (Some(other), Some(content)) = (&mut other, others) {
        other.save(content)?;
    }
    custody.save(content)?;
    Ok(format!("Move {from} to {to}\nSuccessfully moved {} object(s).\n", planned.count))
}

/// An address in quotes, as Terraform shows it.
fn quoted(target: &Target) -> String {
    format!("{:?}", target.to_string())
}

/// `aksel state rm`
pub(crate) fn rm(place: &Workplace, options: &SurgeryOptions, words: &[String]) -> Exit {
    if words.is_empty() {
        return usage::refuse(&["state", "rm"], "At least one address is required.", Stream::Data);
    }
    place.screen.print(block_on(async |_| removed(place, options, words).await))
}

async fn removed(
    place: &Workplace,
    options: &SurgeryOptions,
    words: &[String],
) -> Result<String, Diagnostic> {
    existing(place, options.state.state.as_deref())?;
    let targets = words.iter().map(|word| target(word)).collect::<Result<Vec<Target>, _>>()?;
    let mut custody = in_hand(place, &options.state, "StateRm", Backup::ByTime).await?;
    let mut content = custody.content.clone();
    let mut gone: Vec<Address> = Vec::new();
    for target in &targets {
        let found = surgery::named(&content, target);
        if found.is_empty() {
            return Err(no_match(target));
        }
        gone.extend(found.into_iter().filter(|address| !gone.contains(address)).collect::<Vec<_>>());
    }
    if options.dry_run {
        return Ok(gone.iter().map(|address| format!("Would remove {address}\n")).collect());
    }
    gone.iter().for_each(|address| surgery::forget(&mut content, address));
    custody.save(content)?;
    let lines: String = gone.iter().map(|address| format!("Removed {address}\n")).collect();
    Ok(format!("{lines}Successfully removed {} resource instance(s).\n", gone.len()))
}

fn no_match(target: &Target) -> Diagnostic {
    Diagnostic::error(Code::State, "Invalid target address")
        .detail(format!("No matching objects found for {target}."))
        .help("`aksel state list` shows the instances that there are. Nothing was removed.")
}

/// `aksel state push`
pub(crate) fn push(
    place: &Workplace,
    options: &StateOptions,
    words: &[String],
    overwrite: Overwrite,
) -> Exit {
    let [path] = words else {
        return usage::refuse(&["state", "push"], "Exactly one argument expected.", Stream::Data);
    };
    place.screen.print(block_on(async |_| {
        let content = source(place, path)?;
        let mut custody = in_hand(place, options, "StatePush", Backup::Usual).await?;
        custody.put(content, overwrite).map(|()| String::new())
    }))
}

fn source(place: &Workplace, path: &str) -> Result<Snapshot, Diagnostic> {
    let read = match path {
        "-" => std::io::read_to_string(std::io::stdin()),
        path => std::fs::read_to_string(place.path(Path::new(path))),
    };
    let text = read.map_err(|error| {
        Diagnostic::error(Code::Io, format!("The source state \"{path}\" cannot be read"))
            .detail(format!("{error}."))
    })?;
    snapshot::read(&text).map_err(|error| {
        Diagnostic::error(Code::State, format!("Error reading source state \"{path}\""))
            .detail(format!("{error}."))
            .help(error.help())
    })
}

/// `aksel state replace-provider`
pub(crate) fn replace_provider(
    place: &Workplace,
    options: &StateOptions,
    words: &[String],
    approval: Approval,
) -> Exit {
    let [from, to] = words else {
        let sentence = "Exactly two arguments expected.";
        return usage::refuse(&["state", "replace-provider"], sentence, Stream::Data);
    };
    let parsed = provider("from", from).and_then(|from| Ok((from, provider("to", to)?)));
    place.screen.print(match parsed {
        Ok((from, to)) => block_on(async |_| replaced(place, options, &from, &to, approval).await),
        Err(error) => Err(error),
    })
}

fn provider(which: &str, written: &str) -> Result<String, Diagnostic> {
    parse_source(written).map_err(|reason| {
        Diagnostic::error(Code::Usage, format!("Invalid \"{which}\" provider \"{written}\""))
            .detail(format!("{reason}."))
    })
}

async fn replaced(
    place: &Workplace,
    options: &StateOptions,
    from: &str,
    to: &str,
    approval: Approval,
) -> Result<String, Diagnostic> {
    existing(place, options.state.as_deref())?;
    let mut custody = in_hand(place, options, "StateReplaceProvider", Backup::ByTime).await?;
    let mut content = custody.content.clone();
    let changed = surgery::replace_provider(&mut content, from, to);
    if changed.is_empty() {
        return Ok("No matching resources found.\n".into());
    }
    let lines: String = changed.iter().map(|address| format!("  {address}\n")).collect();
    print!(
        "aksel will perform the following actions:\n\n  ~ Updating provider:\n    - {from}\n    + {to}\n\nChanging {} resources:\n\n{lines}\n",
        changed.len()
    );
    if approval == Approval::Asked && !prompt::confirmed("Do you want to make these changes?")? {
        return Ok("Cancelled replacing providers.\n".into());
    }
    custody.save(content)?;
    Ok(format!("Successfully replaced provider for {} resources.\n", changed.len()))
}
