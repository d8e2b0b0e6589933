//! The options of `init` and `get`, spelt as Terraform spells them.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use crate::run_options::{InputSwitch, VariableOptions};
use crate::state_options::LockOptions;

/// `aksel init`
#[derive(Debug, Args)]
pub(crate) struct InitOptions {
    #[command(flatten)]
    pub(crate) variables: VariableOptions,
    #[command(flatten)]
    pub(crate) locking: LockOptions,
    #[command(flatten)]
    pub(crate) input: InputSwitch,
    /// Chooses where state is kept.
    #[arg(long, visible_alias = "cloud", value_name = "BOOL", num_args = 0..=1, require_equals = true,
        default_value = "true", default_missing_value = "true", action = ArgAction::Set)]
    pub(crate) backend: bool,
    /// Adds to the `backend` block: a file, or `name=value`.
    #[arg(long, value_name = "FILE or NAME=VALUE")]
    pub(crate) backend_config: Vec<String>,
    /// Copies a module into the folder first.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) from_module: Option<String>,
    /// Copies state to where it is to be kept without asking.
    #[arg(long)]
    pub(crate) force_copy: bool,
    /// Installs modules.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "true",
        default_missing_value = "true", action = ArgAction::Set)]
    pub(crate) get: bool,
    /// Keeps state where the configuration says, and leaves the old state alone.
    #[arg(long)]
    pub(crate) reconfigure: bool,
    /// Keeps state where the configuration says, and copies the old state there.
    #[arg(long)]
    pub(crate) migrate_state: bool,
    /// Fetches modules again, in the newest version that fits.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
        default_missing_value = "true", action = ArgAction::Set)]
    pub(crate) upgrade: bool,
    /// `readonly`: leaves the lock file of providers as it is. aksel always does.
    #[arg(long, value_name = "MODE")]
    pub(crate) lockfile: Option<String>,
    /// Refused: aksel has its providers in itself.
    #[arg(long, value_name = "DIR", hide = true)]
    pub(crate) plugin_dir: Vec<PathBuf>,
    /// Has no effect: it is about a service that aksel does not use.
    #[arg(long)]
    pub(crate) ignore_remote_version: bool,
    /// The folder of tests, of which there are none.
    #[arg(long, value_name = "DIR", hide = true)]
    pub(crate) test_directory: Option<PathBuf>,
    /// Writes lines of JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `aksel get`
#[derive(Debug, Args)]
pub(crate) struct GetOptions {
    #[command(flatten)]
    pub(crate) variables: VariableOptions,
    /// Fetches modules again, in the newest version that fits.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
        default_missing_value = "true", action = ArgAction::Set)]
    pub(crate) update: bool,
    /// The folder of tests, of which there are none.
    #[arg(long, value_name = "DIR", hide = true)]
    pub(crate) test_directory: Option<PathBuf>,
    /// Writes lines of JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
