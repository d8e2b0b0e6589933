//! `aksel force-unlock`

use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;
use aksel_state::lock::{self, LockError};

use crate::arguments::ForceUnlockOptions;
use crate::exit::Exit;
use crate::prompt;
use crate::usage::{self, Stream};
use crate::workplace::Workplace;

/// Breaks the lock of the workspace's state.
pub(crate) fn run(place: &Workplace, options: &ForceUnlockOptions) -> Exit {
    let [id] = options.words.as_slice() else {
        return usage::refuse(&["force-unlock"], "Expected a single argument: LOCK_ID", Stream::Data);
    };
    place.screen.print(unlocked(place, id, options))
}

fn unlocked(place: &Workplace, id: &str, options: &ForceUnlockOptions) -> Result<String, Diagnostic> {
    let path = place.state_path(None);
    if lock::holder(&path).is_none() {
        return Err(failed("the state is not locked"));
    }
    let question = "Do you really want to force-unlock?\n  A run that still holds the lock is not told: both then change the same state.";
    if !options.force && !prompt::confirmed(question)? {
        return Ok("force-unlock cancelled.\n".into());
    }
    match lock::force_unlock(&path, id) {
        Ok(_) => Ok("aksel state has been successfully unlocked!\n\nThe next command can lock it.\n".into()),
        Err(error @ (LockError::OtherId { .. } | LockError::Held(_) | LockError::Io { .. })) => {
            Err(failed(&error.to_string()))
        }
    }
}

fn failed(reason: &str) -> Diagnostic {
    Diagnostic::error(Code::StateLocked, "Failed to unlock state")
        .detail(format!("{reason}."))
        .help("The id of a lock is in the message of the command that was refused.")
}
