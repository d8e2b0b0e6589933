//! `aksel providers`

use aksel_engine::requirement_tree::{RequirementTree, of_state};
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, has_errors};
use aksel_report::{providers_text, schema_json};
use aksel_state::snapshot::Snapshot;

use crate::arguments::{ProvidersCommand, ProvidersOptions};
use crate::exit::Exit;
use crate::project::Project;
use crate::prompt::Asking;
use crate::run_options::VariableOptions;
use crate::workplace::Workplace;

/// Lists what is required, or prints schemas.
pub(crate) fn run(place: &Workplace, options: &ProvidersOptions) -> Exit {
    match &options.command {
        Some(ProvidersCommand::Schema { json: false, .. }) => place.screen.fail(&json_only()),
        Some(ProvidersCommand::Lock(_)) => place.screen.fail(&built_in("lock", "versions to lock")),
        Some(ProvidersCommand::Mirror(_)) => place.screen.fail(&built_in("mirror", "packages to copy")),
        Some(ProvidersCommand::Schema { json: true, variables }) => print_required(place, variables, schemas),
        None => print_required(place, &options.variables, |project, state| {
            providers_text::render(&RequirementTree::of(&project.configuration.root), &of_state(state))
        }),
    }
}

fn print_required(
    place: &Workplace,
    variables: &VariableOptions,
    text: impl Fn(&Project, &Snapshot) -> String,
) -> Exit {
    let (project, found) = Project::load(place, variables, Asking::Refused);
    place.screen.diagnostics(&found, &project.configuration.sources);
    if has_errors(&found) {
        return Exit::Failed;
    }
    place.screen.print(place.state(None).map(|file| {
        let empty = Snapshot::new("");
        text(&project, file.snapshot().unwrap_or(&empty))
    }))
}

fn schemas(project: &Project, state: &Snapshot) -> String {
    let mut sources = RequirementTree::of(&project.configuration.root).sources();
    sources.extend(of_state(state));
    let known = sources.iter().filter_map(|source| project.registry.provider(source));
    format!("{}\n", schema_json::to_json(known.map(|provider| &**provider)).compact())
}

fn json_only() -> Diagnostic {
    Diagnostic::error(Code::Usage, "The -json flag is required")
        .detail("Schemas are for programs; there is no other form.")
        .help("aksel providers schema -json")
}

fn built_in(command: &str, what: &str) -> Diagnostic {
    Diagnostic::error(Code::Usage, format!("aksel has no `providers {command}`"))
        .detail(format!("All providers are in the binary itself, so there are no {what}."))
        .help(
            "`aksel providers` lists what is required. A .terraform.lock.hcl for Terraform is left as it is.",
        )
}
