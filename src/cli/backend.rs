//! Which backend a folder is initialized for, and whether the configuration still wants that one.

use std::path::Path;

use aksel_lang::blocks::terraform::Backend;
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::load::{FindModule, ModuleRequest, load};
use aksel_state::backend::{self, Configured};
use aksel_state::backend_record::Recorded;

use crate::workplace::Workplace;

/// Finds no module: for who wants to know only what the root module says.
pub(crate) struct Nowhere;

impl FindModule for Nowhere {
    fn find(&mut self, _: &ModuleRequest<'_>, _: &mut Diagnostics) -> Option<std::path::PathBuf> {
        None
    }
}

/// Refuses to go on in a folder that is initialized for another backend than its configuration wants.
///
/// # Errors
/// What differs.
pub(crate) fn require(place: &Workplace) -> Result<(), Diagnostic> {
    let (configuration, _) = load(Path::new(""), &place.files(), &mut Nowhere);
    match disagreement(place, configuration.root.settings.backend.as_ref()).into_iter().next() {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// What differs between the backend that a configuration wants and the one that its folder is initialized for.
pub(crate) fn disagreement(place: &Workplace, wanted: Option<&Backend>) -> Diagnostics {
    let mut found = Vec::new();
    match (wanted, &place.recorded) {
        (None, Recorded::Nothing) => {}
        (None, Recorded::Local(_)) => {
            found.push(initialize(&format!("Unsetting the previously set backend \"{}\"", backend::LOCAL)));
        }
        (None, Recorded::Other(kind)) => {
            found.push(initialize(&format!("Unsetting the previously set backend \"{kind}\"")));
        }
        (Some(wanted), recorded) => {
            let Some(configured) = backend::read(wanted, &[], &mut found) else { return found };
            match recorded {
                Recorded::Local(known) if same(&configured, known) => {}
                Recorded::Nothing => {
                    let kind = &wanted.kind.text;
                    found.push(initialize(&format!(
                        "Initial configuration of the requested backend \"{kind}\""
                    )));
                }
                Recorded::Local(_) | Recorded::Other(_) => {
                    found.push(initialize("Backend configuration block has changed"));
                }
            }
        }
    }
    found
}

/// Whether a block is the one that a folder was initialized for: unchanged, or with the same meaning.
pub(crate) fn same(configured: &Configured, known: &Configured) -> bool {
    configured.hash == known.hash || configured.local == known.local
}

fn initialize(reason: &str) -> Diagnostic {
    Diagnostic::error(Code::State, "Backend initialization required: please run \"aksel init\"")
        .detail(format!(
            "Reason: {reason}.\n\nThe \"backend\" says where state is kept. No changes to your existing configuration or state have been made."
        ))
        .help("Run `aksel init`; with -migrate-state it copies existing state to the new place, with -reconfigure it leaves it alone.")
}
