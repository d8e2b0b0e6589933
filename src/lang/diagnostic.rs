//! Diagnostics: what is wrong, where, why, and the way out.
//!
//! Invariant: a diagnostic never holds a sensitive value; who makes one leaves such values out.
//! Never: this module prints nothing; `aksel-report` renders.

use std::collections::HashSet;

use crate::code::Code;
use crate::source::{Sources, Span};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// What was asked for cannot be done.
    Error,
    /// It can be done, but should be looked at.
    Warning,
}

/// A place with a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is to be said of it; may be empty.
    pub text: String,
}

/// What a printed snippet says of a value in it: `var.zones` / `is a list of string`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueNote {
    /// The reference as it is written.
    pub expression: String,
    /// The words behind it: `is null`, `is 3`, `is object with 2 attributes`.
    pub statement: String,
}

/// One thing that a user should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The kind of mistake.
    pub code: Code,
    /// A few words, without a value in them, as a title: `Unsupported argument`.
    pub summary: String,
    /// What is wrong and why, in sentences; may be empty.
    pub detail: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The place that it is about.
    pub subject: Option<Label>,
    /// The block or expression that the place lies in.
    pub context: Option<Span>,
    /// Further places.
    pub related: Vec<Label>,
    /// The address of the resource instance that it is about.
    pub address: Option<String>,
    /// Values at the place.
    pub values: Vec<ValueNote>,
}

impl Diagnostic {
    /// An error with a title.
    pub fn error(code: Code, summary: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code,
            summary: summary.into(),
            detail: String::new(),
            help: None,
            subject: None,
            context: None,
            related: Vec::new(),
            address: None,
            values: Vec::new(),
        }
    }

    /// A warning with a title.
    pub fn warning(code: Code, summary: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, summary) }
    }

    /// Says what is wrong and why.
    pub fn detail(self, detail: impl Into<String>) -> Diagnostic {
        Diagnostic { detail: detail.into(), ..self }
    }

    /// Says what to do.
    pub fn help(self, help: impl Into<String>) -> Diagnostic {
        Diagnostic { help: Some(help.into()), ..self }
    }

    /// Points at the place.
    pub fn at(self, span: Span) -> Diagnostic {
        self.label(span, "")
    }

    /// Points at the place, or at none.
    pub fn at_some(self, span: Option<Span>) -> Diagnostic {
        match span {
            Some(span) => self.at(span),
            None => self,
        }
    }

    /// Points at the place and says something there.
    pub fn label(self, span: Span, text: impl Into<String>) -> Diagnostic {
        Diagnostic { subject: Some(Label { span, text: text.into() }), ..self }
    }

    /// Names what the place lies in.
    pub fn within(self, context: Span) -> Diagnostic {
        Diagnostic { context: Some(context), ..self }
    }

    /// Points at a further place.
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.related.push(Label { span, text: text.into() });
        self
    }

    /// Names the resource instance.
    pub fn about(self, address: impl Into<String>) -> Diagnostic {
        Diagnostic { address: Some(address.into()), ..self }
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Diagnostics as they are collected.
pub type Diagnostics = Vec<Diagnostic>;

/// Puts diagnostics in the order of their places, those without one first: operations that run at once end in any order.
pub fn sort_by_place(diagnostics: &mut Diagnostics) {
    diagnostics.sort_by(|a, b| {
        let place = |one: &Diagnostic| one.subject.as_ref().map(|at| at.span);
        place(a).cmp(&place(b)).then_with(|| a.address.cmp(&b.address))
    });
}

/// The diagnostics without repetitions: a module that is called several times is read and checked as often.
pub fn unique(diagnostics: Diagnostics, sources: &Sources) -> Diagnostics {
    let mut seen = HashSet::new();
    let mut once = |diagnostic: &Diagnostic| {
        let place = diagnostic
            .subject
            .as_ref()
            .map(|label| (sources.get(label.span.source).name.to_string(), label.span.start, label.span.end));
        let Some(place) = place else { return true };
        let what = (diagnostic.severity, diagnostic.summary.clone(), diagnostic.detail.clone());
        // What was said of a place is not said again of each instance.
        let said = (place, what, None);
        if seen.contains(&said) {
            return false;
        }
        seen.insert((said.0, said.1, diagnostic.address.clone()))
    };
    diagnostics.into_iter().filter(|diagnostic| once(diagnostic)).collect()
}

/// Whether an error is among them.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(Diagnostic::is_error)
}

/// The name among `known` that `written` was probably meant to be: few letters differ.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (written.chars().count() / 3).max(1);
    let distance = |name: &&str| edit_distance(written, name);
    known
        .into_iter()
        .map(|name| (distance(&name), name))
        .filter(|(d, _)| *d <= limit)
        .min()
        .map(|(_, name)| name)
}

/// Insertions, deletions and replacements between two texts. `O(a * b)`, for names.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_close_or_none() {
        let names = ["node_taints", "node_labels", "node_count"];
        assert_eq!(nearest("node_taint", names), Some("node_taints"));
        assert_eq!(nearest("zones", names), None);
    }
}
