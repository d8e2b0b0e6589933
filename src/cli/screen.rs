//! How text reaches people: colours where they are wanted, data to standard output, talk to standard error.

use std::io::IsTerminal;

use aksel_lang::diagnostic::{Diagnostic, has_errors};
use aksel_lang::source::Sources;
use aksel_report::diagnostic_text;
use aksel_report::style::{Color, Style};

use crate::exit::Exit;

/// How text is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    /// The style of standard error.
    pub(crate) talk: Style,
    /// The style of standard output.
    data: Style,
    /// How much is said of warnings.
    warnings: Warnings,
}

/// How much is said of warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Warnings {
    /// All there is to say.
    Whole,
    /// Titles and places, where there is no error beside them.
    Listed,
}

/// Columns where there is no terminal to ask.
const WIDTH: usize = 100;

impl Screen {
    /// Asks the terminal and the environment.
    #[expect(clippy::fn_params_excessive_bools, reason = "it is the option as it was typed")]
    pub(crate) fn new(no_color: bool) -> Screen {
        let refused = no_color || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let style = |terminal: bool, screen: &console::Term| Style {
            color: if terminal && !refused { Color::On } else { Color::Off },
            width: if terminal { usize::from(screen.size().1) } else { WIDTH },
        };
        Screen {
            talk: style(std::io::stderr().is_terminal(), &console::Term::stderr()),
            data: style(std::io::stdout().is_terminal(), &console::Term::stdout()),
            warnings: Warnings::Whole,
        }
    }

    /// How plans and states are written.
    pub(crate) fn data(self) -> Style {
        self.data
    }

    /// The same screen on which warnings are but listed.
    pub(crate) fn with_listed_warnings(self) -> Screen {
        Screen { warnings: Warnings::Listed, ..self }
    }

    /// Prints diagnostics.
    pub(crate) fn diagnostics(self, diagnostics: &[Diagnostic], sources: &Sources) {
        if diagnostics.is_empty() {
            return;
        }
        if self.warnings == Warnings::Listed && !has_errors(diagnostics) {
            eprint!("{}", diagnostic_text::list(diagnostics, sources));
            eprintln!("\nTo see the warnings in full, run aksel without -compact-warnings.");
        } else {
            eprint!("{}", diagnostic_text::render_all(diagnostics, sources, self.talk));
        }
    }

    /// Prints what a command has to say to standard output, or why it cannot.
    pub(crate) fn print(self, text: Result<String, Diagnostic>) -> Exit {
        match text {
            Ok(text) => {
                print!("{text}");
                Exit::Done
            }
            Err(diagnostic) => self.fail(&diagnostic),
        }
    }

    /// Prints one error that has no place.
    pub(crate) fn fail(self, diagnostic: &Diagnostic) -> Exit {
        self.diagnostics(std::slice::from_ref(diagnostic), &Sources::default());
        Exit::Failed
    }
}
