//! A run: what plan, apply and validate are handed, and the plan made of it.
//!
//! Invariant: a plan is made even after errors, as far as it came; it then says that it is errored.
//! Never: anything is changed here, neither remotely nor in the state that was handed in.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use aksel_lang::code::Code;
use aksel_lang::configuration::Configuration;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, has_errors, sort_by_place};
use aksel_lang::functions::call::{Chance, Surroundings};
use aksel_lang::types::Text;
use aksel_provider::stop::{Stop, Urgency};
use aksel_provider::world::World;
use aksel_state::intent::Intent;
use aksel_state::snapshot::Snapshot;
use jiff::Timestamp;

use crate::context::{Context, assign, read_state};
use crate::evaluator::Evaluator;
use crate::observer::Observer;
use crate::options::{PlanMode, PlanOptions};
use crate::plan::{Plan, PlannedVariable};
use crate::planning::{Planning, Waiting};
use crate::program::Program;
use crate::registry::Registry;
use crate::relevant::relevant_attributes;
use crate::scope::{Facts, Phase};
use crate::selection::Selection;
use crate::variables::RootVariables;
use crate::walk::{Ending, walk};
use crate::{adoption, calls, checking, imports, moved, passed_providers, references, removals, triggers};

/// What every walk is handed.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// What is wanted.
    pub configuration: &'a Configuration,
    /// The values of the root module's variables.
    pub variables: &'a RootVariables,
    /// The providers.
    pub registry: &'a Registry,
    /// The folder of the root module on disk, to which paths in functions are relative.
    pub folder: &'a Path,
    /// Time and chance.
    pub world: &'a Arc<dyn World>,
    /// Who hears how it is getting on.
    pub observer: &'a dyn Observer,
    /// Whether it is to end.
    pub stop: &'a Stop,
}

impl Run<'_> {
    /// What is the same for all scopes.
    pub(crate) fn facts(&self, options: &PlanOptions, phase: Phase, planned_at: Option<Timestamp>) -> Facts {
        let applying = phase == Phase::Applying;
        Facts {
            surroundings: Surroundings {
                folder: self.folder.to_owned(),
                plan_time: planned_at,
                now: applying.then(|| self.world.now()),
                chance: if applying { Chance::Drawn } else { Chance::Later },
            },
            workspace: options.workspace.clone(),
            cwd: options.cwd.clone(),
            phase,
        }
    }
}

/// Reads the configuration of a run as one program. `None` if it is wrong; all that is wrong with it is reported.
pub(crate) fn program<'a>(
    run: &Run<'a>,
    written: &[Text],
    diagnostics: &mut Diagnostics,
) -> Option<Program<'a>> {
    let before = diagnostics.len();
    let program = walkable(run, written, diagnostics)?;
    if has_errors(&diagnostics[before..]) {
        checking::look(run, &PlanOptions::default(), &program, diagnostics);
        return None;
    }
    Some(program)
}

/// Reads the configuration of a run as one program. `None` if it cannot be walked; what is wrong with it is reported.
pub(crate) fn walkable<'a>(
    run: &Run<'a>,
    written: &[Text],
    diagnostics: &mut Diagnostics,
) -> Option<Program<'a>> {
    moved::check(run.configuration, diagnostics);
    imports::check(run.configuration, diagnostics);
    removals::check_provisioners(run.configuration, diagnostics);
    let mut program = Program::new(run.configuration, run.registry, written, diagnostics);
    program.refused = references::check(&program, diagnostics);
    calls::check(&program, diagnostics);
    diagnostics.extend(passed_providers::check(run.configuration));
    passed_providers::check_declared(run.configuration, diagnostics);
    let circles = cycles(&program);
    let circular = !circles.is_empty();
    diagnostics.extend(circles);
    (!circular).then_some(program)
}

/// An error for each circle of declarations.
pub(crate) fn cycles(program: &Program<'_>) -> Diagnostics {
    program.graph.cycles().iter().map(|circle| cycle(program, circle)).collect()
}

fn cycle(program: &Program<'_>, circle: &[usize]) -> Diagnostic {
    let names: Vec<String> = circle.iter().map(|node| program.name(*node)).collect();
    let error = Diagnostic::error(Code::Cycle, format!("Cycle: {}", names.join(", ")));
    let spans = circle.iter().filter_map(|node| program.span(*node));
    let mut spans: Vec<_> = spans.collect();
    spans.reverse();
    let Some(first) = spans.pop() else { return error };
    let error =
        error.at(first).help("Each of these needs a value of another one. Take one of the references out.");
    spans.into_iter().rev().fold(error, |error, span| error.also(span, "needs the one before"))
}

/// The provider configurations that state names.
pub(crate) fn written_in(state: &Snapshot) -> Vec<Text> {
    let mut all: Vec<Text> = state.objects().map(|entry| Text::from(entry.provider)).collect();
    all.sort();
    all.dedup();
    all
}

/// Plans what is to happen. `in_doubt` are operations of an earlier run of which the outcome is not known.
pub async fn plan(
    run: &Run<'_>,
    options: &PlanOptions,
    state: &Snapshot,
    in_doubt: &[Intent],
) -> (Plan, Diagnostics) {
    let created = run.world.now();
    let mut diagnostics = Vec::new();
    let mut written = written_in(state);
    written.extend(in_doubt.iter().map(|intent| Text::from(intent.provider())));
    let Some(program) = program(run, &written, &mut diagnostics) else {
        return (errored(run, options, state, created), diagnostics);
    };
    references::check_own(&program, &mut diagnostics);
    triggers::check(&program, &mut diagnostics);
    let told = diagnostics.len();
    removals::check(run.configuration, &mut diagnostics);
    if has_errors(&diagnostics[told..]) {
        return (errored(run, options, state, created), diagnostics);
    }
    diagnostics.extend(imports::undeclared(run.configuration));
    let moved = moved::moves(run.configuration, state, &mut diagnostics);
    let mut prior = moved.state.unwrap_or_else(|| state.clone());
    adoption::adopt(&program, &mut prior, &moved.from, &mut diagnostics);
    let assigned = assign(&program, &prior);
    let live = read_state(&program, &prior, &assigned, &mut diagnostics);
    if has_errors(&diagnostics) {
        return (Plan { begun: true, ..errored(run, options, state, created) }, diagnostics);
    }
    let facts = run.facts(options, Phase::Planning, Some(created));
    let nodes = program.nodes.len();
    let mut evaluator = Evaluator::new(&program, run.variables, facts, options.deferral, options.mode.into());
    evaluator.diagnostics = diagnostics;
    let context = Context {
        program: &program,
        options,
        folder: run.folder,
        world: run.world,
        observer: run.observer,
        stop: run.stop,
    };
    let mut planning = Planning {
        context,
        evaluator,
        selection: Selection::new(&program, options),
        assigned,
        sessions: HashMap::new(),
        live,
        unread: Default::default(),
        refreshed: prior.clone(),
        prior,
        moved: moved.from,
        keys: HashMap::new(),
        planned: HashMap::new(),
        changes: Vec::new(),
        change_of: HashMap::new(),
        drift: Vec::new(),
        deferred: Vec::new(),
        waits: vec![Waiting::No; nodes],
        pending: vec![false; nodes],
        failed: vec![false; nodes],
        imports: HashMap::new(),
        knowledge: HashMap::new(),
        in_doubt,
    };
    if planning.check_moved_are_selected() == Ending::Failed {
        planning.warn();
        return (errored(run, options, state, created), planning.evaluator.diagnostics);
    }
    walk(&program.graph, &mut planning, options.parallelism, run.stop).await;
    finished(run, created, planning)
}

/// Makes the plan of what the walk has found.
fn finished(run: &Run<'_>, created: Timestamp, mut planning: Planning<'_>) -> (Plan, Diagnostics) {
    planning.plan_orphans();
    planning.check_moved_instances();
    sort_by_place(&mut planning.evaluator.diagnostics);
    planning.warn();
    if run.stop.urgency() > Urgency::Running && !planning.has_failed() {
        let error = Diagnostic::error(Code::Canceled, "Operation canceled");
        planning.evaluator.diagnostics.push(error.detail("Planning was interrupted. Nothing was changed."));
    }
    let errored = planning.has_failed();
    let outputs = planning.output_changes();
    planning.keep_known_outputs();
    let gone = planning.dropped_data();
    let options = planning.context.options;
    let relevant_attributes =
        relevant_attributes(&planning.evaluator, &planning.changes, &outputs, &gone, options);
    let plan = Plan {
        options: planning.context.options.clone(),
        created,
        outputs,
        checks: planning.evaluator.checks.results(),
        relevant_attributes,
        variables: variables(run),
        changes: planning.changes,
        drift: planning.drift,
        deferred: planning.deferred,
        prior: planning.prior,
        refreshed: planning.refreshed,
        errored,
        begun: true,
    };
    (plan, planning.evaluator.diagnostics)
}

/// The plan where nothing could be planned.
fn errored(run: &Run<'_>, options: &PlanOptions, state: &Snapshot, created: Timestamp) -> Plan {
    Plan {
        options: options.clone(),
        created,
        changes: Vec::new(),
        drift: Vec::new(),
        outputs: BTreeMap::new(),
        checks: Vec::new(),
        relevant_attributes: Vec::new(),
        variables: variables(run),
        deferred: Vec::new(),
        prior: state.clone(),
        refreshed: state.clone(),
        errored: true,
        begun: false,
    }
}

/// The values of the variables as a plan keeps them: what was given as it was given, else the default. An ephemeral value
/// that was given has to be given again.
fn variables(run: &Run<'_>) -> BTreeMap<Text, PlannedVariable> {
    let declared = run.configuration.root.variables.iter().filter_map(|(name, variable)| {
        let value = match run.variables.given.get(name) {
            Some(_) if variable.ephemeral => None,
            Some(given) => Some(given.clone()),
            None => Some(run.variables.values.get(name)?.clone()),
        };
        Some((name.clone(), PlannedVariable { value }))
    });
    declared.collect()
}

/// Whether a run for that mode works out the outputs of the root module.
pub(crate) fn has_outputs(mode: PlanMode) -> bool {
    mode != PlanMode::Destroy
}
