//! Exit codes, as Terraform has them.

use std::process::ExitCode;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what it was asked to.
    Done,
    /// It could not.
    Failed,
    /// It found something to do (`-detailed-exitcode`), or something that drifted.
    Changes,
    /// It could not format (`fmt`).
    Broken,
    /// A file is not formatted (`fmt -check`).
    Unformatted,
    /// No command was given.
    NoCommand,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        match exit {
            Exit::Done => ExitCode::SUCCESS,
            Exit::Failed => ExitCode::FAILURE,
            Exit::Changes | Exit::Broken => ExitCode::from(2),
            Exit::Unformatted => ExitCode::from(3),
            Exit::NoCommand => ExitCode::from(127),
        }
    }
}
