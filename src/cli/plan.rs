//! `aksel plan`

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use aksel_engine::options::PlanMode;
use aksel_engine::plan::Plan;
use aksel_engine::plan_file::{SavedPlan, write};
use aksel_lang::code::Code;
use aksel_lang::diagnostic::Diagnostic;

use crate::again;
use crate::arguments::PlanArguments;
use crate::exit::Exit;
use crate::operate::{Operation, block_on};
use crate::workplace::Workplace;

/// Plans, and saves the plan if that was asked for.
pub(crate) fn run(place: &Workplace, arguments: &PlanArguments) -> Exit {
    block_on(async |stop| {
        let Some(operation) = Operation::begin(place, &arguments.run, None, stop).await else {
            return Exit::Failed;
        };
        let Some(custody) = operation.custody("Plan").await else { return Exit::Failed };
        let (plan, exit) = operation.plan(&custody).await;
        if let Some(path) = &arguments.out {
            if let Err(error) = save(&operation, path, &plan) {
                operation.talk.fail(&error);
                return Exit::Failed;
            }
        } else {
            operation.talk.say(&next(&operation, &plan));
        }
        match (exit, arguments.detailed_exitcode && plan.is_applyable()) {
            (Exit::Done, true) => Exit::Changes,
            (exit, _) => exit,
        }
    })
}

/// What to do next.
fn next(operation: &Operation<'_>, plan: &Plan) -> String {
    let command =
        |name| again::command(name, operation.place, operation.options, &operation.project.configuration);
    match (plan.errored, plan.is_applyable() && !in_automation(), plan.options.mode) {
        (true, ..) => "\nNothing was changed.\n".to_owned(),
        (false, false, _) => String::new(),
        (false, true, PlanMode::Normal) => format!("\nTo carry it out: {}\n", command("apply")),
        (false, true, PlanMode::Destroy) => format!("\nTo carry it out: {}\n", command("destroy")),
        (false, true, PlanMode::RefreshOnly) => format!("\nTo write it into state: {}\n", command("refresh")),
    }
}

fn save(operation: &Operation<'_>, path: &Path, plan: &Plan) -> Result<(), Diagnostic> {
    let saved = SavedPlan {
        plan: plan.clone(),
        files: operation.project.files(),
        installed: operation.project.folders.clone(),
        state: operation.options.state.state.clone(),
    };
    let full = operation.path(path);
    let file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&full);
    let written = file.and_then(|mut file| std::io::Write::write_all(&mut file, &write(&saved)));
    written.map_err(|error| {
        Diagnostic::error(Code::Io, "Failed to write plan file")
            .detail(format!("The plan file could not be written: {}: {error}.", path.display()))
    })?;
    if !plan.errored {
        operation.talk.say(&format!("\nSaved the plan to: {}\n", path.display()));
        if !in_automation() {
            let command = again::command_on_plan(operation.place, operation.options);
            let next = format!("\nTo perform exactly these actions: {command} {}\n", path.display());
            operation.talk.say(&next);
        }
    }
    Ok(())
}

/// Whether the run is part of a pipeline that knows itself what comes next: `TF_IN_AUTOMATION`.
fn in_automation() -> bool {
    std::env::var_os("TF_IN_AUTOMATION").is_some_and(|value| !value.is_empty())
}
