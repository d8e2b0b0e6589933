//! The command that goes on from here, for the last line.
//!
//! Never: the value of a variable stands in it that is sensitive or not declared.

use aksel_lang::configuration::Configuration;

use crate::run_options::{RunOptions, VariableOption};
use crate::workplace::Workplace;

/// A command with the options of this run that say on what it works.
pub(crate) fn command(
    name: &str,
    place: &Workplace,
    options: &RunOptions,
    configuration: &Configuration,
) -> String {
    let mut words = vec!["aksel".to_owned()];
    if let Some(folder) = place.chdir() {
        words.push(quoted(&format!("-chdir={}", folder.display())));
    }
    words.push(name.to_owned());
    if options.sandbox {
        words.push("-sandbox".into());
    }
    if let Some(state) = &options.state.state {
        words.push(quoted(&format!("-state={}", state.display())));
    }
    for target in &options.target {
        words.push(quoted(&format!("-target={target}")));
    }
    for excluded in &options.exclude {
        words.push(quoted(&format!("-exclude={excluded}")));
    }
    for variable in &options.variables.0 {
        words.push(match variable {
            VariableOption::File(path) => quoted(&format!("-var-file={}", path.display())),
            VariableOption::Value(text) => quoted(&format!("-var={}", shown(text, configuration))),
        });
    }
    words.join(" ")
}

/// The command that applies a saved plan, without the plan.
pub(crate) fn command_on_plan(place: &Workplace, options: &RunOptions) -> String {
    let folder = place.chdir().map(|folder| quoted(&format!("-chdir={}", folder.display())) + " ");
    let sandbox = if options.sandbox { " -sandbox" } else { "" };
    format!("aksel {}apply{sandbox}", folder.unwrap_or_default())
}

/// `name=value`, the value only if everybody may see it.
fn shown(text: &str, configuration: &Configuration) -> String {
    let name = text.split('=').next().unwrap_or_default();
    let declared = configuration.root.variables.get(name);
    if declared.is_some_and(|variable| !variable.sensitive) { text.to_owned() } else { format!("{name}=…") }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=./:,@+…".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_not_leave_it_alone() {
        assert_eq!(quoted("-chdir=a/b"), "-chdir=a/b");
        assert_eq!(quoted("-target=a.b[\"x\"]"), "'-target=a.b[\"x\"]'");
    }
}
