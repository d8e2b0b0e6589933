//! Apply: a plan is carried out, and the state after it is made.
//!
//! Invariant: the state that comes back has everything that was done, also after a failure or a stop.
//! Never: anything is changed that the plan does not name.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aksel_lang::address::{Address, InstanceKey, Mode};
use aksel_lang::blocks::resource::Repetition;
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, has_errors, sort_by_place};
use aksel_lang::types::Text;
use aksel_lang::value::{Marks, Value};
use aksel_provider::stop::Urgency;
use aksel_state::intent::Intent;
use aksel_state::journal::{Journal, JournalError, Outcome};
use aksel_state::snapshot::Snapshot;

use crate::announce::{announce, changes_of};
use crate::applying::Applying;
pub use crate::applying::Done;
use crate::context::{Context, assign, read_state};
use crate::evaluator::Evaluator;
use crate::operations::Operations;
use crate::options::PlanMode;
use crate::plan::Plan;
use crate::plan_rest::{outputs_of, put_output};
use crate::program::{Program, ResourceId};
use crate::run::{Run, program, written_in};
use crate::scope::Phase;
use crate::selection::Selection;
use crate::undertake::Means;
use crate::walk::walk;

/// What came of an apply.
#[derive(Clone, Debug)]
pub struct Applied {
    /// What exists now.
    pub state: Snapshot,
    /// What was done.
    pub done: Done,
    /// The outputs that are in state now.
    pub outputs: BTreeMap<Text, Value>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

/// Notes what became of the operations that an earlier run left in doubt, as the plan has found it.
///
/// # Errors
/// When the journal cannot be written.
pub fn settle(journal: &Journal, in_doubt: &[Intent], plan: &Plan) -> Result<(), JournalError> {
    for intent in in_doubt {
        let address: Option<Address> = intent.address().parse().ok();
        let found = address.and_then(|address| plan.refreshed.object(&address, intent.deposed()));
        let outcome = match found {
            Some(object) => Outcome::Object(Box::new(object.clone())),
            None => Outcome::Gone,
        };
        journal.settle(intent, &outcome)?;
    }
    Ok(())
}

/// Carries a plan out.
pub async fn apply(run: &Run<'_>, plan: &Plan, journal: &Arc<Journal>) -> Applied {
    let mut diagnostics = Vec::new();
    let mut written = written_in(&plan.refreshed);
    written.extend(plan.changes.iter().map(|change| change.provider.clone()));
    let Some(program) = program(run, &written, &mut diagnostics) else {
        return nothing(plan, diagnostics);
    };
    // What a refresh found gone is in the plan's state before it, and may still have to be told of.
    let assigned = assign(&program, &plan.refreshed);
    let live = read_state(&program, &plan.refreshed, &assigned, &mut diagnostics);
    let operations = Operations::new(&program, plan);
    let circles = operations.graph.cycles();
    if !circles.is_empty() {
        diagnostics.push(unordered(&program, &operations, &circles));
    }
    if has_errors(&diagnostics) {
        return nothing(plan, diagnostics);
    }
    let facts = run.facts(&plan.options, Phase::Applying, Some(plan.created));
    let mut evaluator =
        Evaluator::new(&program, run.variables, facts, plan.options.deferral, plan.options.mode.into());
    evaluator.diagnostics = diagnostics;
    evaluator.checks.expect_planned(&plan.checks);
    let context = Context {
        program: &program,
        options: &plan.options,
        folder: run.folder,
        world: run.world,
        observer: run.observer,
        stop: run.stop,
    };
    let means = Means { journal, world: run.world, observer: run.observer, stop: run.stop };
    let current = plan.changes.iter().filter(|change| change.deposed.is_none());
    let count = operations.graph.len();
    let mut applying = Applying {
        context,
        evaluator,
        plan,
        operations: &operations,
        means,
        change_of: current.map(|change| (&change.address, change)).collect(),
        changes_of: changes_of(plan),
        deferred: plan.deferred.iter().map(|deferred| deferred.resource.clone()).collect(),
        sessions: HashMap::new(),
        live,
        keys: HashMap::new(),
        values: HashMap::new(),
        deposed: HashMap::new(),
        selection: Selection::new(&program, &plan.options),
        state: plan.refreshed.clone(),
        failed: vec![false; count],
        done: Done::default(),
        stuck: None,
    };
    announce(&program, plan, run.observer);
    walk(&operations.graph, &mut applying, plan.options.parallelism, run.stop).await;
    finished(run, applying)
}

fn nothing(plan: &Plan, diagnostics: Diagnostics) -> Applied {
    Applied { state: plan.refreshed.clone(), done: Done::default(), outputs: BTreeMap::new(), diagnostics }
}

fn unordered(program: &Program<'_>, operations: &Operations, circles: &[Vec<usize>]) -> Diagnostic {
    let names: Vec<String> = circles.iter().flatten().map(|step| operations.name(program, *step)).collect();
    Diagnostic::error(Code::Cycle, format!("Cycle: {}", names.join(", ")))
        .detail("These changes each have to wait for another one, so there is no order in which they can be made.")
        .help("Apply a part of them first, with `-target`.")
}

/// Makes the state of what the walk has done.
fn finished(run: &Run<'_>, applying: Applying<'_>) -> Applied {
    let Applying { mut evaluator, plan, context, mut state, done, failed, .. } = applying;
    sort_by_place(&mut evaluator.diagnostics);
    let whole = plan.options.targets.is_empty() && plan.options.excludes.is_empty();
    if run.stop.urgency() > Urgency::Running
        && failed.iter().any(|failed| *failed)
        && !has_errors(&evaluator.diagnostics)
    {
        let error = Diagnostic::error(Code::Canceled, "Operation canceled");
        evaluator.diagnostics.push(
            error
                .detail("The apply was interrupted. What was in flight has ended and is in state.")
                .help("Run `aksel apply` again to go on."),
        );
    }
    if !whole {
        evaluator.diagnostics.push(incomplete());
    }
    drop_data(&context, &evaluator, plan, &mut state);
    match plan.options.mode {
        PlanMode::Destroy if whole => state.outputs.clear(),
        PlanMode::Destroy => {}
        PlanMode::Normal | PlanMode::RefreshOnly => put_outputs(&context, &evaluator, plan, &mut state),
    }
    let outputs = outputs_of(&state).into_iter().collect();
    let results = evaluator.checks.results();
    state.check_results = (!results.is_empty()).then_some(results);
    Applied { state, done, outputs, diagnostics: evaluator.diagnostics }
}

fn incomplete() -> Diagnostic {
    Diagnostic::warning(Code::InvalidMove, "Applied changes may be incomplete")
        .detail("The plan was created with the -target option in effect, so some changes requested in the configuration may have been ignored and the output values may not be fully updated. Whether anything else is pending, a plan without it tells: aksel plan\n\nThe -target option is not suitable for routine use; it is for exceptional situations such as recovering from errors or mistakes.")
}

/// Drops what data sources told that are no longer declared.
fn drop_data(context: &Context<'_>, evaluator: &Evaluator<'_>, plan: &Plan, state: &mut Snapshot) {
    let whole = plan.options.targets.is_empty() && plan.options.excludes.is_empty();
    let gone: Vec<Address> = state
        .objects()
        .filter(|entry| entry.address.resource.mode == Mode::Data)
        .map(|entry| entry.address)
        .filter(|address| {
            let declared = context.program.resource_at(&address.config());
            let lives = declared.is_some_and(|resource| is_instance(evaluator, resource, address));
            !lives || (whole && plan.options.mode == PlanMode::Destroy)
        })
        .collect();
    for address in gone {
        state.remove(&address, None);
    }
}

/// Whether a resource has the instance of an address. Where its instances are not known, it may.
fn is_instance(evaluator: &Evaluator<'_>, resource: ResourceId, address: &Address) -> bool {
    let declared = &evaluator.program.resources[resource];
    if !evaluator.values.instances(declared.module).contains(&address.module) {
        return false;
    }
    let cells = evaluator.values.cells(&address.module);
    let value = cells.and_then(|cells| cells.resources.get(&address.resource));
    match (&declared.resource.repetition, &address.key) {
        (Repetition::One | Repetition::Enabled(_), key) => key.is_none(),
        (Repetition::Count(_), Some(InstanceKey::Index(index))) => {
            value.and_then(Value::as_slice).is_none_or(|items| *index < items.len())
        }
        (Repetition::ForEach(_), Some(InstanceKey::Key(key))) => {
            value.and_then(Value::as_named).is_none_or(|items| items.contains_key(key))
        }
        (Repetition::Count(_) | Repetition::ForEach(_), _) => false,
    }
}

/// Writes the outputs that are known into the state: as they were planned where that was known already.
fn put_outputs(context: &Context<'_>, evaluator: &Evaluator<'_>, plan: &Plan, state: &mut Snapshot) {
    let declared = &context.program.configuration.root.outputs;
    state.outputs.retain(|name, _| declared.contains_key(name.as_str()));
    for (name, value) in &evaluator.root_outputs {
        let Some(output) = declared.get(name).filter(|output| !output.ephemeral) else { continue };
        let planned = plan.outputs.get(name).and_then(|change| change.after.as_ref());
        let value = planned.filter(|planned| planned.is_wholly_known()).unwrap_or(value);
        if value.is_wholly_known() && !value.marks_deep().contains(Marks::EPHEMERAL) {
            put_output(state, output, value);
        }
    }
}
