//! `aksel graph`

use std::path::Path;

use aksel_engine::options::PlanMode;
use aksel_engine::picture::{self, Circles, Picture, Work};
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, has_errors};
use aksel_lang::source::Sources;
use aksel_provider::stop::stop;
use aksel_report::picture_text;
use aksel_state::snapshot::Snapshot;

use crate::apply;
use crate::arguments::GraphOptions;
use crate::exit::Exit;
use crate::project::Project;
use crate::prompt::Asking;
use crate::run_options::VariableOptions;
use crate::workplace::Workplace;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Resources,
    Steps(Work),
    Destruction,
}

/// How it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Dot,
    Mermaid,
}

/// What is drawn of what: the subject, the project, and the state where one is looked at.
type Scene = (Subject, Project, Snapshot);

/// Prints what depends on what.
pub(crate) fn run(place: &Workplace, options: &GraphOptions) -> Exit {
    let asked = subject(options).and_then(|subject| Ok((subject, format(&options.format)?)));
    let (subject, format) = match asked {
        Ok(asked) => asked,
        Err(diagnostic) => return place.screen.fail(&diagnostic),
    };
    let circles = if options.draw_cycles { Circles::Drawn } else { Circles::Refused };
    let (scene, mut found) = match &options.plan {
        Some(path) => of_plan(place, path, subject),
        None => of_folder(place, &options.variables, subject.unwrap_or(Subject::Resources)),
    };
    let mut sources = Sources::default();
    if let Some((subject, project, state)) = scene {
        sources = project.configuration.sources.clone();
        let (picture, mut more) = draw(subject, circles, &project, &state);
        found.append(&mut more);
        if let Some(picture) = picture.filter(|_| !has_errors(&found)) {
            print!("{}", text(&picture, subject, format));
        }
    }
    place.screen.diagnostics(&found, &sources);
    if has_errors(&found) { Exit::Failed } else { Exit::Done }
}

fn subject(options: &GraphOptions) -> Result<Option<Subject>, Diagnostic> {
    Ok(match options.kind.as_deref() {
        None | Some("") => None,
        Some("plan" | "plan-refresh-only") => Some(Subject::Steps(Work::Plan)),
        Some("apply") => Some(Subject::Steps(Work::Apply)),
        Some("plan-destroy") => Some(Subject::Destruction),
        Some(other) => {
            return Err(Diagnostic::error(Code::Usage, "Unsupported graph type")
                .detail(format!("There is no graph of type \"{other}\"."))
                .help("The -type=... argument must be either \"plan\", \"plan-refresh-only\", \"plan-destroy\", or \"apply\"."));
        }
    })
}

fn format(text: &str) -> Result<Format, Diagnostic> {
    match text {
        "dot" => Ok(Format::Dot),
        "mermaid" => Ok(Format::Mermaid),
        other => Err(Diagnostic::error(Code::Usage, "Unsupported graph format")
            .detail(format!("There is no format \"{other}\"."))
            .help("The -format=... argument must be either \"dot\" or \"mermaid\".")),
    }
}

fn of_folder(
    place: &Workplace,
    variables: &VariableOptions,
    subject: Subject,
) -> (Option<Scene>, Diagnostics) {
    let (project, mut found) = Project::load(place, variables, Asking::Refused);
    let state = match place.state(None) {
        Ok(file) => file.snapshot().cloned().unwrap_or_else(|| Snapshot::new("")),
        Err(error) => {
            found.push(error);
            return (None, found);
        }
    };
    (Some((subject, project, state)), found)
}

/// A saved plan brings its own configuration and state.
fn of_plan(place: &Workplace, path: &Path, subject: Option<Subject>) -> (Option<Scene>, Diagnostics) {
    let saved = match apply::read(place, path) {
        Ok(saved) => saved,
        Err(error) => return (None, vec![error]),
    };
    let usual = match saved.plan.options.mode {
        PlanMode::Destroy => Subject::Destruction,
        PlanMode::Normal | PlanMode::RefreshOnly => Subject::Steps(Work::Apply),
    };
    let (project, found) = Project::carried(place, saved.files, saved.installed, &saved.plan.variables);
    (Some((subject.unwrap_or(usual), project, saved.plan.refreshed)), found)
}

fn draw(
    subject: Subject,
    circles: Circles,
    project: &Project,
    state: &Snapshot,
) -> (Option<Picture>, Diagnostics) {
    let (_, stop) = stop();
    let run = project.run(&stop);
    match subject {
        Subject::Resources => picture::resources(&run, circles, state),
        Subject::Steps(work) => picture::steps(&run, circles, work),
        Subject::Destruction => picture::destruction(&run, state),
    }
}

fn text(picture: &Picture, subject: Subject, format: Format) -> String {
    match (format, subject) {
        (Format::Mermaid, _) => picture_text::mermaid(picture),
        (Format::Dot, Subject::Resources) => picture_text::dot_of_resources(picture),
        (Format::Dot, Subject::Steps(_) | Subject::Destruction) => picture_text::dot_of_steps(picture),
    }
}
