//! Findings: what a provider has to say of a value; the engine turns them into diagnostics at the right place.
//!
//! Never: a finding holds a sensitive value.

use aksel_lang::code::Code;
use aksel_lang::diagnostic::Severity;
use aksel_lang::path::Path;

/// Something that a provider found, at a path of the configuration's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The kind of mistake.
    pub code: Code,
    /// A few words as a title.
    pub summary: String,
    /// What is wrong and why. An error of the remote side stands here word for word, with its code.
    pub detail: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The argument that it is about; the root for the whole block.
    pub path: Path,
}

impl Finding {
    /// An error about the whole block.
    pub fn error(code: Code, summary: impl Into<String>, detail: impl Into<String>) -> Finding {
        Finding {
            severity: Severity::Error,
            code,
            summary: summary.into(),
            detail: detail.into(),
            help: None,
            path: Path::root(),
        }
    }

    /// A warning about the whole block.
    pub fn warning(code: Code, summary: impl Into<String>, detail: impl Into<String>) -> Finding {
        Finding { severity: Severity::Warning, ..Finding::error(code, summary, detail) }
    }

    /// The finding, at an argument.
    pub fn at(self, path: Path) -> Finding {
        Finding { path, ..self }
    }

    /// The finding, with a way out.
    pub fn help(self, help: impl Into<String>) -> Finding {
        Finding { help: Some(help.into()), ..self }
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
