//! `aksel validate`

use aksel_engine::checking;
use aksel_engine::options::PlanOptions;
use aksel_engine::requirements::missing;
use aksel_lang::configuration::Extent;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, Severity, unique};
use aksel_lang::source::Sources;
use aksel_provider::stop::{Stop, stop};
use aksel_report::diagnostic_json;
use aksel_report::json_tree::Json;

use crate::arguments::ValidateOptions;
use crate::exit::Exit;
use crate::project::Project;
use crate::prompt::Asking;
use crate::workplace::Workplace;

/// Loads the configuration and says everything that is wrong with it.
pub(crate) fn run(place: &Workplace, options: &ValidateOptions) -> Exit {
    let (project, mut diagnostics) = Project::load(place, &options.variables, Asking::Refused);
    let (_, stop) = stop();
    if project.configuration.extent == Extent::Whole {
        diagnostics.append(&mut missing(&project.configuration, &project.registry));
        diagnostics.append(&mut check(place, &project, &stop));
    }
    let configuration = &project.configuration;
    let diagnostics = unique(diagnostics, &configuration.sources);
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

/// Looks at everything in a configuration that was read as a whole.
pub(crate) fn check(place: &Workplace, project: &Project, stop: &Stop) -> Diagnostics {
    let run = project.run(stop);
    let workspace = place.workspace.as_str().into();
    checking::validate(
        &run,
        &PlanOptions { workspace, cwd: place.called_from.clone(), ..PlanOptions::default() },
    )
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
