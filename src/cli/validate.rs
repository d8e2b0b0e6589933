//! `aksel validate`

use std::path::Path;

use aksel_lang::diagnostic::{Diagnostic, Severity};
use aksel_lang::load::{Installed, load};
use aksel_lang::source::Sources;
use aksel_report::diagnostic_json;
use aksel_report::json_tree::Json;

use crate::arguments::ValidateOptions;
use crate::exit::Exit;
use crate::workplace::Workplace;

/// Loads the configuration and says everything that is wrong with it.
pub(crate) fn run(place: &Workplace, options: &ValidateOptions) -> Exit {
    let (configuration, diagnostics) = load(Path::new(""), &place.files(), &Installed::default());
    let errors = count(&diagnostics, Severity::Error);
    if options.json {
        println!("{}", to_json(&diagnostics, &configuration.sources).indented());
    } else {
        place.screen.diagnostics(&diagnostics, &configuration.sources);
        match (errors, count(&diagnostics, Severity::Warning)) {
            (0, 0) => println!("Success! The configuration is valid."),
            (0, _) => println!(
                "Success! The configuration is valid, but there were some validation warnings as shown above."
            ),
            _ => {}
        }
    }
    if errors == 0 { Exit::Done } else { Exit::Failed }
}

fn count(diagnostics: &[Diagnostic], severity: Severity) -> usize {
    diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
}

fn to_json(diagnostics: &[Diagnostic], sources: &Sources) -> Json {
    let errors = count(diagnostics, Severity::Error);
    let items: Vec<Json> = diagnostics
        .iter()
        .map(|diagnostic| Json::from(diagnostic_json::to_json(diagnostic, sources)))
        .collect();
    Json::object()
        .with("format_version", "1.0")
        .with("valid", errors == 0)
        .with("error_count", errors)
        .with("warning_count", count(diagnostics, Severity::Warning))
        .with("diagnostics", items)
}
