//! From typed words to a command: the global options, what the environment adds, the command's own options.
//!
//! Rule: an option has one hyphen and may be followed by `=value` or by the value; two hyphens are understood, too.
//! Rule: `TF_CLI_ARGS_<command>`, then `TF_CLI_ARGS`, stand before what is typed; a later option wins.
//! Rule: `-chdir` stands before the command, `-no-color` anywhere.

use std::ffi::OsString;
use std::path::PathBuf;

use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, nearest};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, CommandFactory as _, FromArgMatches as _};

use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::screen::Screen;
use crate::shell_words;
use crate::talk::Talk;
use crate::usage;

/// What was typed, understood.
#[derive(Debug)]
pub(crate) struct CommandLine {
    /// The folder of `-chdir`.
    pub(crate) chdir: Option<PathBuf>,
    /// How text is written.
    pub(crate) screen: Screen,
    /// The command with its options.
    pub(crate) arguments: Arguments,
}

/// Reads what was typed.
///
/// # Errors
/// How to end when it was not understood, or was a question that is answered already.
pub(crate) fn parse(typed: impl IntoIterator<Item = OsString>) -> Result<CommandLine, Exit> {
    let typed = typed.into_iter().skip(1).map(|word| word.to_string_lossy().into_owned());
    let mut words: Vec<String> = typed.collect();
    let screen = Screen::new(words.iter().any(|word| is_no_color(word)));
    words.retain(|word| !is_no_color(word));
    let chdir = global(&mut words, screen)?;
    let root = Arguments::command().args_override_self(true);
    let (path, command) = command(&root, &words, screen)?;
    let own = [from_environment(&path, screen)?, words.split_off(path.len())].concat();
    let own: Vec<String> = own.into_iter().filter(|word| !is_no_color(word)).collect();
    if own.iter().take_while(|word| *word != "--").any(|word| is_help(word)) {
        print!("{}", usage::of(&path, command));
        return Err(Exit::Done);
    }
    let talk = talk(&path, &own, screen);
    let refuse = |error: Diagnostic| {
        talk.begin();
        talk.fail(&error.help(usage::hint(&path)));
        Exit::Failed
    };
    let own = own.into_iter().filter_map(|word| spelt(command, word).transpose());
    let own = own.collect::<Result<Vec<String>, Diagnostic>>().map_err(refuse)?;
    let all = std::iter::once("aksel".to_owned()).chain(path.iter().cloned()).chain(own);
    let matches = root.try_get_matches_from(all).map_err(|error| refuse(refusal(&error, &path)))?;
    let arguments = Arguments::from_arg_matches(&matches).map_err(|error| refuse(refusal(&error, &path)))?;
    Ok(CommandLine { chdir, screen, arguments })
}

/// How a command talks, as far as that is told before its options are understood.
fn talk(path: &[String], own: &[String], screen: Screen) -> Talk {
    const IN_LINES: &[&str] = &["apply", "destroy", "init", "plan", "refresh"];
    let in_lines = path.first().is_some_and(|command| IN_LINES.contains(&command.as_str()));
    let asked = own.iter().any(|word| matches!(word.trim_start_matches('-'), "json" | "json=true"));
    if in_lines && asked { Talk::Json } else { Talk::Text(screen) }
}

fn is_no_color(word: &str) -> bool {
    matches!(word, "-no-color" | "--no-color")
}

fn is_help(word: &str) -> bool {
    matches!(word, "-h" | "-help" | "--help")
}

/// Takes the global options off the words. Gives the folder of `-chdir`.
fn global(words: &mut Vec<String>, screen: Screen) -> Result<Option<PathBuf>, Exit> {
    let mut chdir = None;
    while let Some(option) = words.first().filter(|word| word.starts_with('-')).cloned() {
        let name = option.trim_start_matches('-');
        if is_help(&option) && words.len() == 1 {
            print!("{}", usage::overview());
            return Err(Exit::Done);
        }
        words.remove(0);
        match name.split_once('=') {
            Some(("chdir", folder)) => chdir = Some(PathBuf::from(folder)),
            _ if name == "chdir" => {
                return Err(screen.fail(&Diagnostic::error(Code::Usage, "Invalid -chdir option").detail(
                    "It must include an equals sign followed by a directory path, like -chdir=example.",
                )));
            }
            _ if matches!(name, "version" | "v") => words.insert(0, "version".into()),
            _ if is_help(&option) => words.push(option),
            _ => {
                return Err(screen.fail(
                    &Diagnostic::error(Code::Usage, "Invalid option before the command")
                        .detail(format!("There is no global option {option}."))
                        .help("An option of a command stands behind the command."),
                ));
            }
        }
    }
    Ok(chdir)
}

/// The command that the first words name, and the names that lead to it.
fn command<'c>(
    root: &'c clap::Command,
    words: &[String],
    screen: Screen,
) -> Result<(Vec<String>, &'c clap::Command), Exit> {
    let Some(name) = words.first() else {
        print!("{}", usage::overview());
        return Err(Exit::NoCommand);
    };
    let Some(mut found) = root.find_subcommand(name) else {
        return Err(unknown_command(root, name, screen));
    };
    let mut path = vec![name.clone()];
    while let Some(inner) = words.get(path.len()).and_then(|word| found.find_subcommand(word)) {
        path.push(words[path.len()].clone());
        found = inner;
    }
    let asked = words.iter().any(|word| is_help(word));
    if found.is_subcommand_required_set() && !asked {
        print!("{}", usage::of(&path, found));
        return Err(Exit::Failed);
    }
    Ok((path, found))
}

fn unknown_command(root: &clap::Command, name: &str, screen: Screen) -> Exit {
    let near = nearest(name, root.get_subcommands().map(clap::Command::get_name));
    let hint = near.map(|near| format!(" Did you mean \"{near}\"?")).unwrap_or_default();
    screen.fail(
        &Diagnostic::error(Code::Usage, format!("aksel has no command named \"{name}\"."))
            .detail(hint.trim_start().to_owned())
            .help("To see all of aksel's top-level commands, run:\n  aksel -help"),
    )
}

/// The words of `TF_CLI_ARGS_<command>` and `TF_CLI_ARGS`.
fn from_environment(path: &[String], screen: Screen) -> Result<Vec<String>, Exit> {
    let own = format!("TF_CLI_ARGS_{}", path.join("_").replace('-', "_"));
    let mut all = Vec::new();
    for variable in [&*own, "TF_CLI_ARGS"] {
        let text = std::env::var(variable).unwrap_or_default();
        all.extend(shell_words::split(&text).map_err(|error| {
            let title = format!("Error parsing extra CLI args from {variable}");
            screen.fail(&Diagnostic::error(Code::Usage, title).detail(format!("{error}.")))
        })?);
    }
    Ok(all)
}

/// A word as the parser knows it: options with two hyphens, switches without a value. `None` for a switch that is off.
fn spelt(command: &clap::Command, word: String) -> Result<Option<String>, Diagnostic> {
    let name = word.trim_start_matches('-');
    let option = word.len() - name.len();
    if !(1..=2).contains(&option) || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Ok(Some(word));
    }
    let Some((name, value)) = name.split_once('=') else { return Ok(Some(format!("--{name}"))) };
    let argument = command.get_arguments().find(|argument| argument.get_long() == Some(name));
    let is_switch = argument.is_some_and(|argument| matches!(argument.get_action(), ArgAction::SetTrue))
        || is_on_off(argument);
    match (is_switch, truth(value)) {
        (false, _) => Ok(Some(format!("--{name}={value}"))),
        (true, None) => Err(refused(format!("invalid boolean value \"{value}\" for -{name}: parse error"))),
        (true, Some(on)) if is_on_off(argument) => Ok(Some(format!("--{name}={on}"))),
        (true, Some(on)) => Ok(on.then(|| format!("--{name}"))),
    }
}

fn is_on_off(argument: Option<&clap::Arg>) -> bool {
    let names = argument.and_then(clap::Arg::get_value_names).unwrap_or_default();
    names.iter().any(|name| name.as_str() == "BOOL")
}

/// The truth values that Terraform's options take.
fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn refused(detail: String) -> Diagnostic {
    Diagnostic::error(Code::Usage, "Failed to parse command-line flags").detail(detail)
}

/// The parser's error in Terraform's words.
fn refusal(error: &clap::Error, path: &[String]) -> Diagnostic {
    let said = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(" "),
        Some(_) | None => String::new(),
    };
    let argument = said(ContextKind::InvalidArg);
    let flag = argument.trim_start_matches('-').split([' ', '=']).next().unwrap_or_default().to_owned();
    let value = said(ContextKind::InvalidValue);
    let kind = error.kind();
    if kind == ErrorKind::UnknownArgument {
        return match argument.starts_with('-') {
            true => refused(format!("flag provided but not defined: -{flag}")),
            false => usage::too_many(path),
        };
    }
    if matches!(kind, ErrorKind::InvalidValue | ErrorKind::ValueValidation) {
        return refused(match value.is_empty() {
            true => format!("flag needs an argument: -{flag}"),
            false => format!("invalid value \"{value}\" for flag -{flag}: parse error"),
        });
    }
    if kind == ErrorKind::MissingRequiredArgument {
        let detail = format!("The {} command needs {argument}.", path.join(" "));
        return Diagnostic::error(Code::Usage, "Missing argument").detail(detail);
    }
    refused(kind.to_string())
}
