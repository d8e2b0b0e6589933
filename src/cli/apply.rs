//! `aksel apply`, `aksel destroy`, `aksel refresh`

use std::path::Path;

use aksel_engine::options::{PlanMode, PlanOptions};
use aksel_engine::plan::Plan;
use aksel_engine::plan_file::{self, SavedPlan};
use aksel_engine::variables::{Missing, for_saved_plan};
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, has_errors};
use aksel_provider::stop::Stop;
use aksel_report::event_json;

use crate::arguments::ApplyArguments;
use crate::exit::Exit;
use crate::operate::{Approval, Operation, Telling, block_on};
use crate::progress::Progress;
use crate::project::Project;
use crate::provided;
use crate::talk::Talk;
use crate::usage;
use crate::workplace::Workplace;

/// Applies a saved plan, or plans and applies.
pub(crate) fn run(place: &Workplace, arguments: &ApplyArguments, mode: Option<PlanMode>) -> Exit {
    let approval = if arguments.auto_approve { Approval::Given } else { Approval::Asked };
    if let Some(error) = mode.and_then(|_| destroy_clash(arguments)) {
        return place.screen.fail(&error.help(usage::hint(&["destroy".into()])));
    }
    block_on(async |stop| match &arguments.plan {
        Some(path) => saved(place, arguments, path, stop).await,
        None => fresh(place, arguments, mode, approval, stop).await,
    })
}

/// What `destroy` does not take.
fn destroy_clash(arguments: &ApplyArguments) -> Option<Diagnostic> {
    let refuse = |title: &str, detail: &str| Some(Diagnostic::error(Code::Usage, title).detail(detail));
    if arguments.plan.is_some() {
        let detail = "A saved plan says itself what is destroyed: it is carried out with `aksel apply`.";
        return refuse("Destroy can't be called with a plan file", detail);
    }
    if arguments.run.destroy {
        let detail = "The -destroy option is not valid for \"aksel destroy\", because this command always runs in destroy mode.";
        return refuse("Invalid mode option", detail);
    }
    if arguments.run.refresh_only {
        return refuse("Invalid mode option", "The -refresh-only option is not valid for \"aksel destroy\".");
    }
    None
}

/// Brings state up to date without asking: nothing else is changed.
pub(crate) fn refresh(place: &Workplace, arguments: &ApplyArguments) -> Exit {
    if arguments.plan.is_some() {
        return place.screen.fail(&usage::too_many(&["refresh".into()]));
    }
    block_on(async |stop| {
        let mode = Some(PlanMode::RefreshOnly);
        let Some(mut operation) = Operation::begin(place, &arguments.run, mode, stop).await else {
            return Exit::Failed;
        };
        operation.telling = Telling::Outcome;
        let Some(mut custody) = operation.custody("Refresh").await else { return Exit::Failed };
        let (plan, exit) = operation.plan(&custody).await;
        if exit == Exit::Failed {
            return exit;
        }
        operation.apply(plan, PlanMode::RefreshOnly, &mut custody).await
    })
}

async fn fresh(
    place: &Workplace,
    arguments: &ApplyArguments,
    mode: Option<PlanMode>,
    approval: Approval,
    stop: Stop,
) -> Exit {
    if arguments.run.json && approval == Approval::Asked {
        Talk::Json.begin();
        Talk::Json.fail(&approval_required());
        return Exit::Failed;
    }
    let Some(operation) = Operation::begin(place, &arguments.run, mode, stop).await else {
        return Exit::Failed;
    };
    let Some(mut custody) = operation.custody("Apply").await else { return Exit::Failed };
    let (plan, exit) = operation.plan_to_apply(&custody).await;
    if exit == Exit::Failed {
        return exit;
    }
    let mode = plan.options.mode;
    if plan.is_applyable() && !operation.approved(approval, mode).await {
        return Exit::Failed;
    }
    operation.apply(plan, mode, &mut custody).await
}

async fn saved(place: &Workplace, arguments: &ApplyArguments, path: &Path, stop: Stop) -> Exit {
    let talk = arguments.run.talk(place);
    talk.begin();
    let saved = match read(place, path) {
        Ok(saved) => saved,
        Err(error) => {
            talk.fail(&error);
            return Exit::Failed;
        }
    };
    let SavedPlan { plan, files, installed, .. } = saved;
    let (mut project, mut found) = Project::carried(place, files, installed, &plan.variables);
    let configuration = &mut project.configuration;
    let provided = provided::given(place, &arguments.run.variables, &mut configuration.sources, &mut found);
    let given = for_saved_plan(&plan.variables, provided, configuration, &mut found);
    project.take(&given, Missing::Refused, &mut found);
    let failed = has_errors(&found);
    talk.diagnostics(&found, &project.configuration.sources);
    if failed {
        return Exit::Failed;
    }
    // A plan is applied to the workspace that is selected now.
    let workspace = place.workspace.as_str().into();
    let plan = Plan { options: PlanOptions { workspace, ..plan.options }, ..plan };
    let plan_options = PlanOptions { mode: PlanMode::Normal, ..plan.options.clone() };
    let progress = Progress::new(talk, place);
    let options = &arguments.run;
    let telling = Telling::All;
    let mut operation =
        Operation { place, options, talk, telling, progress, project, plan_options, stop, sandbox: None };
    if arguments.run.sandbox && operation.enter_sandbox().await.is_none() {
        return Exit::Failed;
    }
    let Some(mut custody) = operation.custody("Apply").await else { return Exit::Failed };
    let known = &custody.content;
    if plan.errored {
        talk.fail(
            &Diagnostic::error(Code::StalePlan, "Cannot apply incomplete plan")
                .detail("Planning ended with an error, and so this plan cannot be applied."),
        );
        return Exit::Failed;
    }
    let began_empty = plan.prior.serial == 0 && known.serial == 0;
    if !began_empty && (known.lineage != plan.prior.lineage || known.serial != plan.prior.serial) {
        talk.fail(&stale(&known.lineage, &plan.prior.lineage));
        return Exit::Failed;
    }
    operation.talk.json(|now| event_json::saved_changes(&plan, now));
    operation.apply(plan, PlanMode::Normal, &mut custody).await
}

fn approval_required() -> Diagnostic {
    Diagnostic::error(Code::Usage, "Plan file or auto-approve required")
        .detail("aksel cannot ask for interactive approval when -json is set.")
        .help("Either apply a saved plan file, or enable the -auto-approve option.")
}

fn stale(ours: &str, planned: &str) -> Diagnostic {
    let error = Diagnostic::error(Code::StalePlan, "Saved plan is stale");
    let detail = if ours == planned {
        "The given plan file can no longer be applied because the state was changed by another operation after the plan was created."
    } else {
        "The given plan file was created from a different state lineage."
    };
    error.detail(detail).help("Make a new one: aksel plan -out=FILE")
}

/// Reads a plan file.
///
/// # Errors
/// When it is none.
pub(crate) fn read(place: &Workplace, path: &Path) -> Result<SavedPlan, Diagnostic> {
    let refuse = |detail: String| {
        Diagnostic::error(Code::Usage, format!("Failed to load \"{}\" as a plan file", path.display()))
            .detail(detail)
            .help("Plan files are written by `aksel plan -out=FILE`; a folder is chosen with -chdir.")
    };
    let bytes = std::fs::read(place.path(path)).map_err(|error| refuse(format!("{error}.")))?;
    plan_file::read(&bytes).map_err(|error| refuse(format!("{error}.")))
}
