//! What can be typed: commands and their options, spelt as Terraform spells them. A doc comment is the help of what it
//! stands on.
//!
//! Rule: words behind the options are taken as a list; each command says itself how many it wants, and why.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::init_options::{GetOptions, InitOptions};
use crate::run_options::{RunOptions, VariableOptions};
use crate::state_options::StateOptions;

/// Declarative infrastructure for machine learning on Azure Kubernetes Service.
#[derive(Debug, Parser)]
#[command(name = "aksel", disable_help_subcommand = true, disable_help_flag = true)]
pub(crate) struct Arguments {
    /// What is to be done.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows the version.
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
    /// Evaluates expressions, one after the other.
    ///
    /// On a terminal with history and completion; elsewhere each line of standard input is an expression, and the result
    /// of the last one is printed. References mean what state says. The state is never changed.
    Console(ConsoleOptions),
    /// Prints what depends on what, for Graphviz or Mermaid.
    Graph(GraphOptions),
    /// Shows the providers that the configuration and the state require.
    Providers(ProvidersOptions),
    /// Prints what the language offers.
    #[command(subcommand_required = true)]
    Metadata(MetadataArguments),
    /// Takes an existing object into state.
    Import(ImportArguments),
    /// Says what changed outside since the last apply; `drift accept ADDRESS` takes it into state.
    Drift(DriftArguments),
    /// Writes a saved plan as Markdown for a pull request.
    Review(ReviewOptions),
    /// Runs the sandbox: Azure and Kubernetes on this machine.
    Sandbox(SandboxOptions),
    /// Explains the code of a diagnostic.
    Explain(ExplainOptions),
    /// Shows the state, or a saved plan.
    Show(ShowOptions),
    /// Prints the outputs of the root module.
    Output(OutputOptions),
    /// Looks into the state and changes it by hand.
    #[command(subcommand_required = true)]
    State(StateArguments),
    /// Marks an object as not fully functional, so that the next apply replaces it.
    Taint(TaintOptions),
    /// Takes the mark of `taint` off.
    Untaint(TaintOptions),
    /// Manages workspaces: several states of one configuration.
    #[command(subcommand_required = true)]
    Workspace(WorkspaceArguments),
    /// Breaks the lock of a state whose holder is gone.
    ForceUnlock(ForceUnlockOptions),
    /// Not there: says what to do instead.
    Test(Anything),
    /// Not there: says what to do instead.
    Login(Anything),
    /// Not there: says what to do instead.
    Logout(Anything),
}

/// A command that is refused, however it is called.
#[derive(Debug, Args)]
pub(crate) struct Anything {
    /// Whatever stands behind it.
    #[arg(value_name = "...", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) words: Vec<String>,
}

/// `aksel console`
#[derive(Debug, Args)]
pub(crate) struct ConsoleOptions {
    #[command(flatten)]
    pub(crate) variables: VariableOptions,
    /// The state file.
    #[arg(long, value_name = "PATH")]
    pub(crate) state: Option<PathBuf>,
    /// Makes a plan first, and evaluates against what it would lead to.
    #[arg(long)]
    pub(crate) plan: bool,
}

/// `aksel graph`
#[derive(Debug, Args)]
pub(crate) struct GraphOptions {
    #[command(flatten)]
    pub(crate) variables: VariableOptions,
    /// What is drawn: without it the resources; `plan`, `plan-refresh-only`, `plan-destroy` or `apply` for everything that is
    /// worked out on the way.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<String>,
    /// `dot` for Graphviz or `mermaid` for Markdown.
    #[arg(long, value_name = "FORMAT", default_value = "dot")]
    pub(crate) format: String,
    /// A saved plan whose configuration is drawn.
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// Marks circles in colour, where there are some.
    #[arg(long)]
    pub(crate) draw_cycles: bool,
    /// Has no effect any more.
    #[arg(long, value_name = "N", hide = true)]
    pub(crate) module_depth: Option<i64>,
}

/// `aksel providers`
#[derive(Debug, Args)]
pub(crate) struct ProvidersOptions {
    #[command(flatten)]
    pub(crate) variables: VariableOptions,
    /// What is to be done.
    #[command(subcommand)]
    pub(crate) command: Option<ProvidersCommand>,
}

/// The commands of `aksel providers`.
#[derive(Debug, Subcommand)]
pub(crate) enum ProvidersCommand {
    /// Prints the schemas of the providers that the configuration uses.
    Schema {
        #[command(flatten)]
        variables: VariableOptions,
        /// Prints JSON; there is no other form.
        #[arg(long)]
        json: bool,
    },
    /// Explains why there is nothing to lock.
    Lock(Anything),
    /// Explains why there is nothing to mirror.
    Mirror(Anything),
}

/// `aksel metadata`
#[derive(Debug, Args)]
pub(crate) struct MetadataArguments {
    /// What is to be printed.
    #[command(subcommand)]
    pub(crate) command: MetadataCommand,
}

/// The commands of `aksel metadata`.
#[derive(Debug, Subcommand)]
pub(crate) enum MetadataCommand {
    /// Prints the signatures of the functions.
    Functions {
        /// Prints JSON; there is no other form.
        #[arg(long)]
        json: bool,
    },
}

/// `aksel import`
#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    #[command(flatten)]
    pub(crate) run: RunOptions,
    /// The address in the configuration, and the id by which the provider finds the object.
    #[arg(value_name = "ADDRESS ID")]
    pub(crate) words: Vec<String>,
}

/// `aksel explain`
#[derive(Debug, Args)]
pub(crate) struct ExplainOptions {
    /// The code, such as AK0107; all codes are listed without it.
    #[arg(value_name = "CODE")]
    pub(crate) words: Vec<String>,
}

/// `aksel taint`, `aksel untaint`
#[derive(Debug, Args)]
pub(crate) struct TaintOptions {
    #[command(flatten)]
    pub(crate) state: StateOptions,
    /// It is no error if there is no such object.
    #[arg(long)]
    pub(crate) allow_missing: bool,
    /// The address of the instance.
    #[arg(value_name = "ADDRESS")]
    pub(crate) words: Vec<String>,
}

/// `aksel force-unlock`
#[derive(Debug, Args)]
pub(crate) struct ForceUnlockOptions {
    /// Does not ask.
    #[arg(long)]
    pub(crate) force: bool,
    /// The id of the lock, as the refused command names it.
    #[arg(value_name = "LOCK_ID")]
    pub(crate) words: Vec<String>,
}

/// `aksel workspace`
#[derive(Debug, Args)]
pub(crate) struct WorkspaceArguments {
    /// What is to be done.
    #[command(subcommand)]
    pub(crate) command: WorkspaceCommand,
}

/// The commands of `aksel workspace`.
#[derive(Debug, Subcommand)]
pub(crate) enum WorkspaceCommand {
    /// Makes a workspace and selects it.
    New {
        #[command(flatten)]
        state: StateOptions,
        /// The name.
        #[arg(value_name = "NAME")]
        words: Vec<String>,
    },
    /// Selects a workspace.
    Select {
        /// Makes it if it is not there.
        #[arg(long)]
        or_create: bool,
        /// The name.
        #[arg(value_name = "NAME")]
        words: Vec<String>,
    },
    /// Lists the workspaces.
    List,
    /// Shows the name of the selected workspace.
    Show,
    /// Deletes a workspace.
    Delete {
        #[command(flatten)]
        state: StateOptions,
        /// Also one whose state is not empty: its objects then stay, and are not known any more.
        #[arg(long)]
        force: bool,
        /// The name.
        #[arg(value_name = "NAME")]
        words: Vec<String>,
    },
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
    #[command(flatten)]
    pub(crate) variables: VariableOptions,
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
    #[arg(value_name = "PLAN")]
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
    /// A saved plan or a state file; the state of the folder if it is left out.
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
}

/// `aksel output`
#[derive(Debug, Args)]
pub(crate) struct OutputOptions {
    /// Prints JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Prints the value alone, without quotes and without a line break.
    #[arg(long)]
    pub(crate) raw: bool,
    /// The state file.
    #[arg(long, value_name = "PATH")]
    pub(crate) state: Option<PathBuf>,
    /// The output; all if it is left out.
    #[arg(value_name = "NAME")]
    pub(crate) words: Vec<String>,
}

/// `aksel state`
#[derive(Debug, Args)]
pub(crate) struct StateArguments {
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
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// Only these modules, resources and instances.
        #[arg(value_name = "ADDRESS...")]
        addresses: Vec<String>,
    },
    /// Shows one object.
    Show {
        /// The state file.
        #[arg(long, value_name = "PATH")]
        state: Option<PathBuf>,
        /// The address of the instance.
        #[arg(value_name = "ADDRESS")]
        words: Vec<String>,
    },
    /// Moves an instance, a resource or a module to another address. Nothing remote is changed.
    Mv {
        #[command(flatten)]
        surgery: SurgeryOptions,
        /// From where to where.
        #[arg(value_name = "SOURCE DESTINATION")]
        words: Vec<String>,
    },
    /// Forgets instances, resources or modules. They stay where they are.
    Rm {
        #[command(flatten)]
        surgery: SurgeryOptions,
        /// What is to be forgotten.
        #[arg(value_name = "ADDRESS...")]
        words: Vec<String>,
    },
    /// Prints the state as it is stored.
    Pull {
        /// Not looked at.
        #[arg(hide = true)]
        words: Vec<String>,
    },
    /// Puts a state file in the place of the state.
    Push {
        #[command(flatten)]
        state: StateOptions,
        /// Even if it has another lineage or is older.
        #[arg(long)]
        force: bool,
        /// The file; `-` for standard input.
        #[arg(value_name = "PATH")]
        words: Vec<String>,
    },
    /// Gives the objects of one provider to another.
    ReplaceProvider {
        #[command(flatten)]
        state: StateOptions,
        /// Does not ask.
        #[arg(long)]
        auto_approve: bool,
        /// The source addresses of the two providers.
        #[arg(value_name = "FROM TO")]
        words: Vec<String>,
    },
}

/// Options of `state mv` and `state rm`.
#[derive(Debug, Args)]
pub(crate) struct SurgeryOptions {
    #[command(flatten)]
    pub(crate) state: StateOptions,
    /// Says what would be done, and does nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Where the other state is kept as it was (`state mv`).
    #[arg(long, value_name = "PATH")]
    pub(crate) backup_out: Option<PathBuf>,
}
