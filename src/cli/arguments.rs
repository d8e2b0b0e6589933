//! What is typed: commands and their options, spelt as Terraform spells them.
//!
//! Rule: an option has one hyphen and may be followed by `=value` or by the value; two hyphens are understood, too.
//! Rule: `TF_CLI_ARGS` and `TF_CLI_ARGS_<command>` stand before what is typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};

use crate::exit::Exit;
use crate::init_options::{GetOptions, InitOptions};
use crate::run_options::RunOptions;

/// Declarative infrastructure for machine learning on Azure Kubernetes Service.
#[derive(Debug, Parser)]
#[command(name = "aksel", version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// Works in another folder.
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) chdir: Option<PathBuf>,
    /// Writes no colours.
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
    /// What is to be done.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Prints the version.
    Version(VersionOptions),
    /// Prepares a folder: installs modules, chooses where state is kept.
    Init(InitOptions),
    /// Installs modules.
    Get(GetOptions),
    /// Checks the configuration, without asking anything remote.
    Validate(ValidateOptions),
    /// Shows what would be changed.
    Plan(PlanArguments),
    /// Changes what differs from the configuration.
    Apply(ApplyArguments),
    /// Deletes everything that is in state.
    Destroy(ApplyArguments),
    /// Brings state up to date.
    Refresh(ApplyArguments),
    /// Brings files into the one layout.
    Fmt(FmtOptions),
    /// Says what changed outside since the last apply; `drift accept ADDRESS` takes it into state.
    Drift(DriftArguments),
    /// Writes a saved plan as Markdown for a pull request.
    Review(ReviewOptions),
    /// Runs the sandbox: Azure and Kubernetes on this machine.
    Sandbox(SandboxOptions),
    /// Shows the state, or a saved plan.
    Show(ShowOptions),
    /// Prints the outputs of the root module.
    Output(OutputOptions),
    /// Looks into the state.
    State(StateOptions),
}

/// `aksel version`
#[derive(Debug, Args)]
pub(crate) struct VersionOptions {
    /// Prints JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `aksel validate`
#[derive(Debug, Args)]
pub(crate) struct ValidateOptions {
    /// Prints JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `aksel plan`
#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    pub(crate) run: RunOptions,
    /// Saves the plan.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Ends with 2 if there is something to do.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Writes configuration for what is imported and not declared.
    #[arg(long, value_name = "FILE")]
    pub(crate) generate_config_out: Option<PathBuf>,
}

/// `aksel apply`, `aksel destroy`, `aksel refresh`
#[derive(Debug, Args)]
pub(crate) struct ApplyArguments {
    #[command(flatten)]
    pub(crate) run: RunOptions,
    /// Does not ask.
    #[arg(long)]
    pub(crate) auto_approve: bool,
    /// A saved plan.
    pub(crate) plan: Option<PathBuf>,
}

/// `aksel fmt`
#[derive(Debug, Args)]
pub(crate) struct FmtOptions {
    /// Lists the files that are not formatted.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "true",
        default_missing_value = "true", action = clap::ArgAction::Set)]
    pub(crate) list: bool,
    /// Writes files.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "true",
        default_missing_value = "true", action = clap::ArgAction::Set)]
    pub(crate) write: bool,
    /// Shows what changes.
    #[arg(long)]
    pub(crate) diff: bool,
    /// Writes nothing; ends with 3 if a file is not formatted.
    #[arg(long)]
    pub(crate) check: bool,
    /// Goes into folders.
    #[arg(long)]
    pub(crate) recursive: bool,
    /// Files or folders; `-` for standard input.
    pub(crate) targets: Vec<PathBuf>,
}

/// `aksel drift`
#[derive(Debug, Args)]
pub(crate) struct DriftArguments {
    #[command(flatten)]
    pub(crate) run: RunOptions,
    /// `accept` and the addresses of which state is to have what is there.
    #[arg(value_name = "accept ADDRESS")]
    pub(crate) accept: Vec<String>,
}

/// `aksel review`
#[derive(Debug, Args)]
pub(crate) struct ReviewOptions {
    /// The saved plan.
    pub(crate) plan: PathBuf,
}

/// `aksel sandbox`
#[derive(Debug, Args)]
pub(crate) struct SandboxOptions {
    /// The port; without it one is chosen and kept.
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// By how much the durations of long operations are multiplied; at 1 a cluster takes two seconds.
    #[arg(long, default_value_t = 1.0)]
    pub(crate) pace: f64,
    /// A file to which each request is appended with its body, one JSON object a line; secrets are masked.
    #[arg(long)]
    pub(crate) log: Option<PathBuf>,
}

/// `aksel show`
#[derive(Debug, Args)]
pub(crate) struct ShowOptions {
    /// Prints JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// A state file; the state of the folder if it is left out.
    pub(crate) path: Option<PathBuf>,
}

/// `aksel output`
#[derive(Debug, Args)]
pub(crate) struct OutputOptions {
    /// Prints JSON.
    #[arg(long, conflicts_with = "raw")]
    pub(crate) json: bool,
    /// Prints the value alone, without quotes and without a line break.
    #[arg(long)]
    pub(crate) raw: bool,
    /// The state file.
    #[arg(long, value_name = "PATH")]
    pub(crate) state: Option<PathBuf>,
    /// The output; all if it is left out.
    pub(crate) name: Option<String>,
}

/// `aksel state`
#[derive(Debug, Args)]
pub(crate) struct StateOptions {
    /// What is to be done with the state.
    #[command(subcommand)]
    pub(crate) command: StateCommand,
}

/// The commands of `aksel state`.
#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// Lists what is in the state.
    List {
        /// The state file.
        #[arg(long, value_name = "PATH")]
        state: Option<PathBuf>,
        /// Only objects with this id.
        #[arg(long)]
        id: Option<String>,
        /// Only these modules, resources and instances.
        addresses: Vec<String>,
    },
    /// Prints the state as it is stored.
    Pull,
}

/// Reads what was typed.
///
/// # Errors
/// How to end when it was not understood, or was a question that is answered already.
pub(crate) fn parse(typed: impl IntoIterator<Item = OsString>) -> Result<Arguments, Exit> {
    let typed: Vec<OsString> = typed.into_iter().map(with_two_hyphens).collect();
    Arguments::try_parse_from(with_environment(typed)).map_err(|error| {
        let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
        // Nobody is left to tell when even that cannot be printed.
        let _printed = error.print();
        if asked { Exit::Done } else { Exit::Failed }
    })
}

/// `-name` is written `--name`, as the parser knows it.
fn with_two_hyphens(argument: OsString) -> OsString {
    let Some(text) = argument.to_str() else { return argument };
    let option = text.strip_prefix('-').filter(|name| name.len() > 1 && !name.starts_with('-'));
    let named = option.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()));
    if named { OsString::from(format!("-{text}")) } else { argument }
}

/// Puts the options of `TF_CLI_ARGS` and `TF_CLI_ARGS_<command>` behind the command.
fn with_environment(typed: Vec<OsString>) -> Vec<OsString> {
    let command = typed.iter().skip(1).position(|argument| !argument.to_string_lossy().starts_with('-'));
    let Some(place) = command.map(|at| at + 1) else { return typed };
    let name = typed[place].to_string_lossy().into_owned();
    let mut extra = Vec::new();
    for variable in [String::from("TF_CLI_ARGS"), format!("TF_CLI_ARGS_{name}")] {
        let words = std::env::var(variable).unwrap_or_default();
        extra.extend(words.split_whitespace().map(|word| with_two_hyphens(OsString::from(word))));
    }
    let mut all = typed;
    all.splice(place + 1..place + 1, extra);
    all
}
