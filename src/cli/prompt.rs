//! Questions to people: a value, an approval.
//!
//! Never: a sensitive value is shown while it is typed on a terminal.

use std::io::{BufRead as _, IsTerminal as _};

use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;

/// Whether people may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// They may.
    Allowed,
    /// They may not: `-input=false`, `TF_INPUT=0`, `-json`.
    Refused,
}

impl Asking {
    /// What the environment says: `TF_INPUT`.
    pub(crate) fn by_environment() -> Asking {
        let refused =
            std::env::var("TF_INPUT").is_ok_and(|value| matches!(&*value, "0" | "false" | "False" | "FALSE"));
        if refused { Asking::Refused } else { Asking::Allowed }
    }
}

/// How an answer is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Echo {
    /// Everyone sees it.
    Shown,
    /// Nobody does.
    Hidden,
}

/// Asks for a line. `None` if nobody answers any more.
pub(crate) fn ask(question: &str, echo: Echo) -> Option<String> {
    print!("{question}");
    let terminal = console::Term::stdout();
    let answer = match echo {
        Echo::Hidden if std::io::stdin().is_terminal() => terminal.read_secure_line().ok(),
        Echo::Hidden | Echo::Shown => {
            let mut line = String::new();
            let read = std::io::stdin().lock().read_line(&mut line);
            read.is_ok_and(|bytes| bytes > 0).then_some(line)
        }
    };
    println!();
    answer.map(|line| line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Asks for a yes; anything else is a no.
///
/// # Errors
/// When nobody answers.
pub(crate) fn confirmed(question: &str) -> Result<bool, Diagnostic> {
    let text = format!("\n{question}\n  Only 'yes' will be accepted to approve.\n\n  Enter a value: ");
    match ask(&text, Echo::Shown) {
        Some(answer) => Ok(answer.trim() == "yes"),
        None => Err(Diagnostic::error(Code::Usage, "Error asking for approval")
            .detail("Nobody answered: standard input has ended.")
            .help("Approve on the command line instead; -help of the command says how.")),
    }
}
