//! How commands are called, in Terraform's layout, read off the commands' own declarations.
//!
//! Invariant: what is listed here is what the parser takes; there is no second list of options.

use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;
use aksel_report::style::wrap;
use clap::{ArgAction, CommandFactory as _};

use crate::arguments::Arguments;
use crate::exit::Exit;

/// The commands that a day's work needs, in its order.
const MAIN: &[&str] = &["init", "validate", "plan", "apply", "destroy"];
/// The commands that Terraform does not have.
const OWN: &[&str] = &["drift", "review", "sandbox", "explain"];
/// Columns of a text.
const WIDTH: usize = 80;
/// The column at which the words on an option begin.
const COLUMN: usize = 26;

/// All commands, and the options that stand before them.
pub(crate) fn overview() -> String {
    let root = Arguments::command();
    let section = |title: &str, names: Vec<&str>| {
        let lines = names.into_iter().filter_map(|name| root.find_subcommand(name)).map(one_line);
        format!("{title}:\n{}\n", lines.collect::<String>())
    };
    let mut others: Vec<&str> = root.get_subcommands().map(clap::Command::get_name).collect();
    others.retain(|name| !MAIN.contains(name) && !OWN.contains(name));
    others.sort_unstable();
    let globals = [
        ("-chdir=DIR", "Switch to a different working directory before executing the given command."),
        ("-no-color", "Write no colours; after the command as well."),
        ("-help", "Show this help output, or the help for a specified command."),
        ("-version", "An alias for the \"version\" command."),
    ];
    let globals: String = globals.iter().map(|(name, help)| entry(name, help)).collect();
    format!(
        "Usage: aksel [global options] <subcommand> [args]\n\n{}{}{}Global options (use these before the subcommand, if any):\n{globals}",
        section("Main commands", MAIN.to_vec()),
        section("Commands that only aksel has", OWN.to_vec()),
        section("All other commands", others),
    )
}

fn about(command: &clap::Command) -> String {
    let text = command.get_long_about().or_else(|| command.get_about());
    sentence(text)
}

/// The parser drops the last period of a doc comment; here it stands.
fn sentence(text: Option<&clap::builder::StyledStr>) -> String {
    let text = text.map(ToString::to_string).unwrap_or_default();
    if text.ends_with(['.', '!']) || text.is_empty() { text } else { format!("{text}.") }
}

fn one_line(command: &clap::Command) -> String {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    format!("  {:<18}{about}\n", command.get_name())
}

/// A name with words on it beside it.
fn entry(name: &str, help: &str) -> String {
    let lines = wrap(help, WIDTH - COLUMN);
    let mut text = format!("  {name:<width$}", width = COLUMN - 2);
    if name.len() + 2 >= COLUMN {
        text.push_str(&format!("\n{:COLUMN$}", ""));
    }
    text.push_str(&lines.join(&format!("\n{:COLUMN$}", "")));
    format!("{}\n", text.trim_end())
}

/// How one command is called.
pub(crate) fn of(path: &[String], command: &clap::Command) -> String {
    let mut text = format!("Usage: aksel [global options] {}", path.join(" "));
    if command.has_subcommands() {
        text.push_str(" <subcommand>");
    }
    let options: Vec<&clap::Arg> = command.get_opts().filter(|option| !option.is_hide_set()).collect();
    if !options.is_empty() {
        text.push_str(" [options]");
    }
    for positional in command.get_positionals() {
        let name = value_name(positional);
        text.push_str(&if positional.is_required_set() { format!(" {name}") } else { format!(" [{name}]") });
    }
    let about = wrap(&about(command), WIDTH - 2);
    text.push_str(&format!("\n\n{}\n", indented(&about)));
    if command.has_subcommands() {
        let inner: String = command.get_subcommands().map(one_line).collect();
        text.push_str(&format!("\nSubcommands:\n{inner}"));
    }
    if !options.is_empty() {
        let entries: String = options.into_iter().map(option).collect();
        text.push_str(&format!("\nOptions:\n\n{entries}"));
    }
    text
}

fn indented(lines: &[String]) -> String {
    let lines = lines.iter().map(|line| format!("  {line}").trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

fn value_name(argument: &clap::Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    names.first().map(ToString::to_string).unwrap_or_default()
}

fn option(option: &clap::Arg) -> String {
    let name = option.get_long().unwrap_or_default();
    let takes_value = !matches!(option.get_action(), ArgAction::SetTrue);
    let name = if takes_value { format!("-{name}={}", value_name(option)) } else { format!("-{name}") };
    entry(&name, &sentence(option.get_long_help().or_else(|| option.get_help())))
}

/// Where to read how a command is called.
pub(crate) fn hint(path: &[String]) -> String {
    format!("For more help on using this command, run:\n  aksel {} -help", path.join(" "))
}

/// More words than a command takes.
pub(crate) fn too_many(path: &[String]) -> Diagnostic {
    let name = path.join(" ");
    let detail = match &*name {
        "plan" => "To specify a working directory for the plan, use the global -chdir flag.",
        "apply" | "destroy" | "refresh" | "show" => "Expected at most one positional argument.",
        _ => "Did you mean to use -chdir?",
    };
    Diagnostic::error(Code::Usage, "Too many command line arguments").detail(detail)
}

/// Where the text goes that follows a sentence on what is missing.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    /// Standard output, as commands with subcommands do it.
    Data,
    /// Standard error.
    Talk,
}

/// Says what is missing, and how the command is called.
pub(crate) fn refuse(path: &[&str], sentence: &str, stream: Stream) -> Exit {
    let root = Arguments::command();
    let found = path.iter().try_fold(&root, |command, name| command.find_subcommand(name));
    let path: Vec<String> = path.iter().map(ToString::to_string).collect();
    let usage = found.map(|command| of(&path, command)).unwrap_or_default();
    eprintln!("{sentence}");
    match stream {
        Stream::Data => print!("{usage}"),
        Stream::Talk => eprint!("{usage}"),
    }
    Exit::Failed
}
