//! `aksel taint`, `aksel untaint`

use aksel_lang::address::{Address, Mode};
use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;
use aksel_lang::source::Sources;
use aksel_state::snapshot::Status;
use aksel_state::surgery;

use crate::arguments::TaintOptions;
use crate::custody::{Backup, in_hand};
use crate::exit::Exit;
use crate::operate::block_on;
use crate::state::address;
use crate::usage::{self, Stream};
use crate::workplace::Workplace;

/// Marks an object, or takes the mark off.
pub(crate) fn run(place: &Workplace, options: &TaintOptions, status: Status) -> Exit {
    let command = if status == Status::Tainted { "taint" } else { "untaint" };
    let [word] = options.words.as_slice() else {
        let sentence = format!("The {command} command expects exactly one argument.");
        return usage::refuse(&[command], &sentence, Stream::Talk);
    };
    let marked =
        address(word).and_then(|address| block_on(async |_| mark(place, options, &address, status).await));
    match marked {
        Ok(sentence) => {
            println!("{sentence}");
            Exit::Done
        }
        Err(diagnostic) if diagnostic.is_error() => place.screen.fail(&diagnostic),
        Err(warning) => {
            place.screen.diagnostics(&[warning], &Sources::default());
            Exit::Done
        }
    }
}

async fn mark(
    place: &Workplace,
    options: &TaintOptions,
    address: &Address,
    status: Status,
) -> Result<String, Diagnostic> {
    if address.resource.mode != Mode::Managed {
        let error = format!("Resource instance {address} cannot be tainted");
        return Err(Diagnostic::error(Code::Usage, error).detail("Only a managed object can be replaced."));
    }
    let mut custody = in_hand(place, &options.state, "Taint", Backup::Usual).await?;
    let mut content = custody.content.clone();
    match (surgery::mark(&mut content, address, status), status) {
        (None, _) if options.allow_missing => Err(missing_is_fine(address)),
        (None, _) => Err(missing(address)),
        (Some(Status::Ready), Status::Ready) => Err(not_tainted(address)),
        (Some(_), _) => {
            custody.save(content)?;
            Ok(match status {
                Status::Tainted => format!("Resource instance {address} has been marked as tainted."),
                Status::Ready => format!("Resource instance {address} has been successfully untainted."),
            })
        }
    }
}

fn missing(address: &Address) -> Diagnostic {
    Diagnostic::error(Code::State, "No such resource instance")
        .detail(format!("There is no resource instance in the state with the address {address}."))
        .help("`aksel state list` shows what there is. If the resource has just been added, `aksel apply` creates its instances first.")
}

fn missing_is_fine(address: &Address) -> Diagnostic {
    Diagnostic::warning(Code::State, "No such resource instance").detail(format!(
        "Resource instance {address} was not found, but this is not an error because -allow-missing was set."
    ))
}

fn not_tainted(address: &Address) -> Diagnostic {
    Diagnostic::error(Code::State, "Resource instance is not tainted").detail(format!(
        "Resource instance {address} is not currently tainted, and so it cannot be untainted."
    ))
}
