//! `aksel plan`

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use aksel_engine::generate;
use aksel_engine::options::PlanMode;
use aksel_engine::plan::{Plan, ResourceChange};
use aksel_engine::plan_file::{SavedPlan, write};
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, has_errors};

use crate::again;
use crate::arguments::PlanArguments;
use crate::exit::Exit;
use crate::operate::{Operation, block_on};
use crate::workplace::Workplace;

/// Plans, and saves the plan if that was asked for.
pub(crate) fn run(place: &Workplace, arguments: &PlanArguments) -> Exit {
    block_on(async |stop| {
        let Some(mut operation) = Operation::begin(place, &arguments.run, None, stop).await else {
            return Exit::Failed;
        };
        if let Some(path) = &arguments.generate_config_out
            && prepare_to_generate(&mut operation, path) == Exit::Failed
        {
            return Exit::Failed;
        }
        let Some(custody) = operation.custody("Plan").await else { return Exit::Failed };
        let (plan, exit) = operation.plan(&custody).await;
        let generated =
            match arguments.generate_config_out.as_deref().map(|path| generated(&operation, path, &plan)) {
                Some(Ok(generated)) => generated,
                Some(Err(error)) => {
                    operation.talk.fail(&error);
                    return Exit::Failed;
                }
                None => None,
            };
        if let Some(path) = &arguments.out {
            if let Err(error) = save(&operation, path, &plan, generated) {
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

/// Declares what is imported and not declared, if there is a file to write its blocks to.
fn prepare_to_generate(operation: &mut Operation<'_>, path: &Path) -> Exit {
    if operation.path(path).exists() {
        operation.talk.fail(
            &Diagnostic::error(Code::Io, "Target generated file already exists")
                .detail(format!(
                    "Generated configuration never replaces a file, and {} is there.",
                    path.display()
                ))
                .help("Choose another name, or move the file away."),
        );
        return Exit::Failed;
    }
    let found = generate::declare(&mut operation.project.configuration);
    operation.talk.diagnostics(&found, &operation.project.configuration.sources);
    if has_errors(&found) { Exit::Failed } else { Exit::Done }
}

/// Writes the blocks that a plan has generated. Gives the file, if there is one.
fn generated(
    operation: &Operation<'_>,
    path: &Path,
    plan: &Plan,
) -> Result<Option<(PathBuf, Vec<u8>)>, Diagnostic> {
    let block = |change: &ResourceChange| {
        let id = change.import.as_ref().and_then(|id| id.as_str()).unwrap_or_default();
        Some((id.to_owned(), change.generated.clone()?))
    };
    let blocks: Vec<_> = plan.changes.iter().filter_map(block).collect();
    if blocks.is_empty() {
        return Ok(None);
    }
    let text = generate::file(&blocks);
    std::fs::write(operation.path(path), &text).map_err(|error| {
        Diagnostic::error(Code::Io, "Failed to write generated configuration")
            .detail(format!("The file {} could not be written: {error}.", path.display()))
    })?;
    operation.talk.say(&format!("\nWrote the blocks of what is imported to: {}\n", path.display()));
    Ok(Some((path.to_owned(), text.into_bytes())))
}

fn save(
    operation: &Operation<'_>,
    path: &Path,
    plan: &Plan,
    generated: Option<(PathBuf, Vec<u8>)>,
) -> Result<(), Diagnostic> {
    let mut files = operation.project.files();
    files.extend(generated);
    let saved = SavedPlan {
        plan: plan.clone(),
        files,
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
