//! The options that plan, apply, destroy and refresh share, spelt as Terraform spells them.
//!
//! Invariant: values of variables keep the order in which they were typed; a later one wins.

use std::path::PathBuf;

use aksel_engine::options::{Deferral, PlanMode, PlanOptions, Refresh};
use aksel_lang::address::{Address, InvalidAddress};
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use clap::{Arg, ArgAction, ArgMatches, Args, FromArgMatches};

use crate::prompt::Asking;
use crate::state_options::StateOptions;
use crate::talk::Talk;
use crate::workplace::Workplace;

/// `-var` and `-var-file`, in the order in which they were typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct VariableOptions(pub(crate) Vec<VariableOption>);

/// One of them.
#[derive(Clone, Debug)]
pub(crate) enum VariableOption {
    /// `name=value`
    Value(String),
    /// A file.
    File(PathBuf),
}

impl Args for VariableOptions {
    fn augment_args(command: clap::Command) -> clap::Command {
        let repeated = |name: &'static str, value: &'static str, help: &'static str| {
            Arg::new(name).long(name).value_name(value).help(help).action(ArgAction::Append)
        };
        command.arg(repeated("var", "NAME=VALUE", "Sets a variable of the root module")).arg(repeated(
            "var-file",
            "FILE",
            "Sets the variables that a file gives",
        ))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for VariableOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let typed = |name: &str| -> Vec<(usize, String)> {
            let places = matches.indices_of(name).into_iter().flatten();
            places.zip(matches.get_many::<String>(name).into_iter().flatten().cloned()).collect()
        };
        let values = typed("var").into_iter().map(|(at, text)| (at, VariableOption::Value(text)));
        let files = typed("var-file").into_iter().map(|(at, text)| (at, VariableOption::File(text.into())));
        let mut all: Vec<(usize, VariableOption)> = values.chain(files).collect();
        all.sort_by_key(|(at, _)| *at);
        Ok(VariableOptions(all.into_iter().map(|(_, option)| option).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

crate::state_options::switches! {
    /// Reads all objects before planning.
    RefreshSwitch "refresh" "true";
    /// Asks for what is missing.
    InputSwitch "input" "true";
}

/// Options of every run.
#[derive(Debug, Args)]
pub(crate) struct RunOptions {
    #[command(flatten)]
    pub(crate) variables: VariableOptions,
    #[command(flatten)]
    pub(crate) refresh: RefreshSwitch,
    #[command(flatten)]
    pub(crate) state: StateOptions,
    #[command(flatten)]
    pub(crate) input: InputSwitch,
    /// Plans to bring state up to date, and to change nothing.
    #[arg(long)]
    pub(crate) refresh_only: bool,
    /// Plans to delete everything.
    #[arg(long)]
    pub(crate) destroy: bool,
    /// Only this and what it depends on.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) target: Vec<String>,
    /// Everything but this and what depends on it.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) exclude: Vec<String>,
    /// Replaces this instance.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) replace: Vec<String>,
    /// How many requests are under way at most.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) parallelism: usize,
    /// A `count` or `for_each` that is not known yet is an error, as in Terraform.
    #[arg(long)]
    pub(crate) no_defer: bool,
    /// Writes lines of JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Writes warnings as a list.
    #[arg(long)]
    pub(crate) compact_warnings: bool,
    /// Writes one line for each object of a plan.
    #[arg(long)]
    pub(crate) concise: bool,
    /// Works on the sandbox beside the configuration.
    #[arg(long)]
    pub(crate) sandbox: bool,
}

impl RunOptions {
    /// How the plan is to be made.
    ///
    /// # Errors
    /// For each address that is none.
    pub(crate) fn plan(&self, place: &Workplace) -> Result<PlanOptions, Diagnostics> {
        let mut found = Vec::new();
        let targets = addresses(&self.target, "target", &mut found);
        let excludes = addresses(&self.exclude, "target", &mut found);
        let replace = addresses::<Address>(&self.replace, "force-replace address", &mut found);
        if !found.is_empty() {
            return Err(found);
        }
        let mode = match (self.destroy, self.refresh_only) {
            (true, _) => PlanMode::Destroy,
            (false, true) => PlanMode::RefreshOnly,
            (false, false) => PlanMode::Normal,
        };
        Ok(PlanOptions {
            mode,
            refresh: if self.refresh.on { Refresh::Read } else { Refresh::Skip },
            targets,
            excludes,
            replace,
            deferral: if self.no_defer { Deferral::Refused } else { Deferral::Allowed },
            parallelism: self.parallelism.max(1),
            workspace: place.workspace.as_str().into(),
            cwd: place.called_from.clone(),
        })
    }
}

fn addresses<T: std::str::FromStr<Err = InvalidAddress>>(
    texts: &[String],
    what: &str,
    found: &mut Diagnostics,
) -> Vec<T> {
    let parse = |text: &String| match text.parse() {
        Ok(address) => Some(address),
        Err(error) => {
            let summary = format!("Invalid {what} \"{text}\"");
            found.push(Diagnostic::error(Code::Usage, summary).detail(format!("{error}.")));
            None
        }
    };
    texts.iter().filter_map(parse).collect()
}

impl RunOptions {
    /// How the run talks.
    pub(crate) fn talk(&self, place: &Workplace) -> Talk {
        match (self.json, self.compact_warnings) {
            (true, _) => Talk::Json,
            (false, true) => Talk::Text(place.screen.with_listed_warnings()),
            (false, false) => Talk::Text(place.screen),
        }
    }

    /// Whether people may be asked.
    pub(crate) fn asking(&self) -> Asking {
        if self.json || !self.input.on { Asking::Refused } else { Asking::by_environment() }
    }

    /// What is asked for and does not go together.
    pub(crate) fn clashes(&self, mode: PlanMode) -> Option<Diagnostic> {
        let refuse = |title: &str, detail: &str| Some(Diagnostic::error(Code::Usage, title).detail(detail));
        if self.destroy && self.refresh_only {
            let detail = "The -destroy and -refresh-only options are mutually-exclusive.";
            return refuse("Incompatible plan mode options", detail);
        }
        if mode == PlanMode::RefreshOnly && !self.refresh.on {
            let detail = "It doesn't make sense to use -refresh-only at the same time as -refresh=false, because aksel would have nothing to do.";
            return refuse("Incompatible refresh options", detail);
        }
        if mode != PlanMode::Normal && !self.replace.is_empty() {
            let detail = "Forcing resource instance replacement (with -replace=...) is allowed only in normal planning mode.";
            return refuse("Unsupported plan mode", detail);
        }
        None
    }
}
