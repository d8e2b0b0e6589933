//! How a run talks: plain lines, or lines of JSON.
//!
//! Invariant: what a run prints goes to standard output in the order in which it happens; errors of the text form go to
//! standard error.

use aksel_engine::observer::{Event, Observer};
use aksel_lang::diagnostic::Diagnostic;
use aksel_lang::source::Sources;
use aksel_report::json_tree::Json;
use aksel_report::{event_json, event_text};
use jiff::Timestamp;

use crate::screen::Screen;

/// Where a run talks to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Talk {
    /// To people.
    Text(Screen),
    /// To a program.
    Json,
}

impl Talk {
    /// The first line.
    pub(crate) fn begin(self) {
        self.json(|now| vec![event_json::version(now)]);
    }

    /// Prints what only people read.
    pub(crate) fn say(self, text: &str) {
        if let Talk::Text(_) = self {
            print!("{text}");
        }
    }

    /// Prints what only programs read.
    pub(crate) fn json(self, lines: impl FnOnce(Timestamp) -> Vec<Json>) {
        if let Talk::Json = self {
            for line in lines(Timestamp::now()) {
                println!("{}", line.compact());
            }
        }
    }

    /// Prints diagnostics; warnings first, as errors are what is read last.
    pub(crate) fn diagnostics(self, diagnostics: &[Diagnostic], sources: &Sources) {
        match self {
            Talk::Text(screen) => screen.diagnostics(diagnostics, sources),
            Talk::Json => self.json(|now| {
                diagnostics
                    .iter()
                    .map(|diagnostic| event_json::diagnostic(diagnostic, sources, now))
                    .collect()
            }),
        }
    }

    /// Prints one error that has no place.
    pub(crate) fn fail(self, diagnostic: &Diagnostic) {
        self.diagnostics(std::slice::from_ref(diagnostic), &Sources::default());
    }
}

impl Observer for Talk {
    fn hears(&self, event: &Event) {
        match self {
            Talk::Text(_) => {
                if let Some(line) = event_text::line(event) {
                    println!("{line}");
                }
            }
            Talk::Json => self.json(|now| event_json::event(event, now).into_iter().collect()),
        }
    }
}
