//! A line editor for the console: history of the session, completion of names, lines that go on within brackets.
//!
//! Never: a line is written to a file; it may hold a secret.

use aksel_lang::lexer::goes_on;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Context, Editor, Helper};

/// Whether there is more to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The next line is read.
    More,
    /// The conversation ends.
    Enough,
}

/// Names for completion, in order.
struct Names(Vec<String>);

impl Names {
    /// The names that begin as the word at the cursor does, and where that word begins.
    fn completing(&self, line: &str, cursor: usize) -> (usize, Vec<String>) {
        let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        let before = &line[..cursor];
        let start =
            before.len() - before.chars().rev().take_while(|c| part(*c)).map(char::len_utf8).sum::<usize>();
        let word = &before[start..];
        (start, self.0.iter().filter(|name| name.starts_with(word)).cloned().collect())
    }
}

impl Completer for Names {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.completing(line, cursor))
    }
}

impl Validator for Names {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let open = goes_on(context.input());
        Ok(if open { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Hinter for Names {
    type Hint = String;
}

impl Highlighter for Names {}

impl Helper for Names {}

/// Reads lines and hands them on until enough is heard or Ctrl-C or Ctrl-D are typed.
///
/// # Errors
/// When the terminal cannot be used.
pub(crate) fn converse(names: Vec<String>, mut hears: impl FnMut(&str) -> Heard) -> rustyline::Result<()> {
    let config = Config::builder().auto_add_history(true).build();
    let mut editor: Editor<Names, MemHistory> = Editor::with_history(config, MemHistory::new())?;
    editor.set_helper(Some(Names(names)));
    loop {
        match editor.readline("> ") {
            Ok(line) if hears(&line) == Heard::Enough => return Ok(()),
            Ok(_) => {}
            Err(ReadlineError::Eof | ReadlineError::Interrupted) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_at_the_cursor_is_completed() {
        let names = Names(["local.a", "var.a", "var.b"].map(String::from).into());
        assert_eq!(names.completing("1 + var.", 8), (4, vec!["var.a".into(), "var.b".into()]));
        assert_eq!(names.completing("[lo, 1]", 3), (1, vec!["local.a".into()]));
    }
}
