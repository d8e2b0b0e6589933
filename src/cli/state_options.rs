//! The options that say which state is worked on and whether it is locked meanwhile, spelt as Terraform spells them.

use std::path::PathBuf;

use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;
use clap::{ArgAction, Args};

/// A switch that is on, off with `-name=false`.
macro_rules! switches {
    ($($(#[doc = $help:literal])+ $kind:ident $name:literal $default:literal;)+) => {
        $($(#[doc = $help])+
        #[derive(Clone, Debug, Args)]
        pub(crate) struct $kind {
            $(#[doc = $help])+
            #[arg(id = $name, long = $name, value_name = "BOOL", num_args = 0..=1, require_equals = true,
                default_value = $default, default_missing_value = "true", action = ArgAction::Set)]
            pub(crate) on: bool,
        })+
    };
}

pub(crate) use switches;

switches! {
    /// Locks the state meanwhile.
    LockSwitch "lock" "true";
}

/// Whether a state is locked, and how long its lock is waited for.
#[derive(Clone, Debug, Args)]
pub(crate) struct LockOptions {
    #[command(flatten)]
    pub(crate) lock: LockSwitch,
    /// How long to wait for the lock of the state: `30s`, `5m`.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = length)]
    pub(crate) lock_timeout: std::time::Duration,
}

/// Which state, and how it is kept.
#[derive(Clone, Debug, Args)]
pub(crate) struct StateOptions {
    #[command(flatten)]
    pub(crate) locking: LockOptions,
    /// The state file.
    #[arg(long, value_name = "PATH")]
    pub(crate) state: Option<PathBuf>,
    /// Where the new state is written.
    #[arg(long, value_name = "PATH")]
    pub(crate) state_out: Option<PathBuf>,
    /// Where the old state is kept; `-` for nowhere.
    #[arg(long, value_name = "PATH")]
    pub(crate) backup: Option<PathBuf>,
    /// Has no effect.
    #[arg(long, hide = true)]
    pub(crate) ignore_remote_version: bool,
}

impl StateOptions {
    /// A word on options that there is something better for.
    pub(crate) fn deprecated(&self) -> Option<Diagnostic> {
        self.state.as_ref().map(|_| {
            Diagnostic::warning(Code::Deprecated, "Deprecated flag: -state")
                .detail("The path of a state belongs into the configuration, where every command finds it.")
                .help("Use the `path` argument of a `backend \"local\"` block instead.")
        })
    }
}

/// A length of time as people type it: `30s`, `5m`, `1h30m`.
fn length(text: &str) -> Result<std::time::Duration, String> {
    let mut total = std::time::Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, behind) =
            rest.split_at(rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len());
        let (unit, behind) =
            behind.split_at(behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len()));
        let milliseconds = match unit {
            "ms" => 1,
            "s" | "" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(format!("`{unit}` is no unit: write 30s, 5m or 1h")),
        };
        let number: u64 = number.parse().map_err(|_| format!("`{text}` begins with no number"))?;
        total += std::time::Duration::from_millis(number.saturating_mul(milliseconds));
        rest = behind;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_units() {
        let seconds = |text| length(text).ok().map(|length| length.as_secs());
        let found = ["30s", "5m", "1h30m", "0", "x", "5d"].map(seconds);
        assert_eq!(found, [Some(30), Some(300), Some(5400), Some(0), None, None]);
    }
}
