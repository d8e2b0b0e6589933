//! `aksel metadata`

use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;
use aksel_report::functions_json;

use crate::arguments::MetadataCommand;
use crate::exit::Exit;
use crate::workplace::Workplace;

/// Prints what the language offers.
pub(crate) fn run(place: &Workplace, command: &MetadataCommand) -> Exit {
    match command {
        MetadataCommand::Functions { json: true } => {
            println!("{}", functions_json::to_json().compact());
            Exit::Done
        }
        MetadataCommand::Functions { json: false } => place.screen.fail(
            &Diagnostic::error(Code::Usage, "The -json flag is required")
                .detail("Signatures are for programs; there is no other form.")
                .help("aksel metadata functions -json"),
        ),
    }
}
