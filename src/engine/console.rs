//! The console: expressions of the root module, evaluated one by one against what state says, or against a plan.
//!
//! Rule: what state does not have is unknown; how many instances there are, state says.
//! Rule: `timestamp()` and `uuid()` give values: nothing is planned that they could change later.
//! Never: anything is read remotely, and no condition is judged but those of variables.

use std::collections::{BTreeMap, HashMap};

use aksel_lang::address::{Address, InstanceKey, ModuleInstance, ResourceName};
use aksel_lang::blocks::resource::Repetition;
use aksel_lang::diagnostic::{Diagnostics, has_errors};
use aksel_lang::evaluate::evaluate;
use aksel_lang::functions::call::{Chance, Surroundings};
use aksel_lang::lower::lower;
use aksel_lang::parser::parse_expression;
use aksel_lang::source::Sources;
use aksel_lang::syntax::{Expression, ExpressionKind};
use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;
use aksel_state::snapshot::Snapshot;

use crate::evaluator::{Evaluator, Judging};
use crate::graph::NodeId;
use crate::objects;
use crate::options::{Deferral, PlanOptions};
use crate::plan::Plan;
use crate::program::{Node, Program, ResourceId};
use crate::references;
use crate::run::{Run, written_in};
use crate::scope::{Facts, Phase, whole};
use crate::walk::{Ending, Job, Skipped, Walker, walk_without_jobs};

/// The console of a run.
pub struct Console<'c> {
    program: Program<'c>,
    evaluated: Evaluated,
}

/// What is left of an evaluation when its program is not borrowed any more.
struct Evaluated {
    values: crate::scope::Values,
    facts: Facts,
}

/// What an expression gave.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A value.
    Value(Value),
    /// A type: the expression asked for it with `type()`.
    Type(Type),
}

/// The values of instances that are known, by their resources.
type Known = HashMap<(ModuleInstance, ResourceName), BTreeMap<Option<InstanceKey>, Value>>;

/// What the console evaluates against.
#[derive(Clone, Copy, Debug)]
pub enum Basis<'a> {
    /// What state says.
    State(&'a Snapshot),
    /// What a plan would lead to.
    Plan(&'a Plan),
}

impl Basis<'_> {
    fn state(&self) -> &Snapshot {
        match self {
            Basis::State(state) => state,
            Basis::Plan(plan) => &plan.refreshed,
        }
    }
}

/// Opens the console. `None` if the configuration cannot be evaluated at all; why is reported.
pub fn open<'c>(
    run: &Run<'c>,
    options: &PlanOptions,
    basis: Basis<'_>,
) -> (Option<Console<'c>>, Diagnostics) {
    let mut diagnostics = Vec::new();
    let mut program =
        Program::new(run.configuration, run.registry, &written_in(basis.state()), &mut diagnostics);
    program.refused = references::check(&program, &mut diagnostics);
    let cycles = crate::run::cycles(&program);
    if !cycles.is_empty() {
        diagnostics.extend(cycles);
        return (None, diagnostics);
    }
    let mut known = known(&program, basis.state(), &mut diagnostics);
    if let Basis::Plan(plan) = basis {
        planned(plan, &mut known);
    }
    let facts = facts(run, options);
    let mut evaluator =
        Evaluator::new(&program, run.variables, facts.clone(), Deferral::Allowed, Judging::On);
    evaluator.diagnostics = diagnostics;
    let mut looking = Looking { program: &program, evaluator, known };
    walk_without_jobs(&program.graph, &mut looking, run.stop);
    let Evaluator { values, diagnostics, .. } = looking.evaluator;
    (Some(Console { program, evaluated: Evaluated { values, facts } }), diagnostics)
}

fn facts(run: &Run<'_>, options: &PlanOptions) -> Facts {
    let now = run.world.now();
    Facts {
        surroundings: Surroundings {
            folder: run.folder.to_owned(),
            plan_time: Some(now),
            now: Some(now),
            chance: Chance::Drawn,
        },
        workspace: options.workspace.clone(),
        cwd: options.cwd.clone(),
        phase: Phase::Planning,
    }
}

/// The objects of state by their addresses; one that cannot be read is reported and unknown.
fn known(program: &Program<'_>, state: &Snapshot, diagnostics: &mut Diagnostics) -> Known {
    let mut known = Known::new();
    for entry in state.objects().filter(|entry| entry.deposed.is_none()) {
        let declared = program.resource_at(&entry.address.config());
        let typed = declared.and_then(|resource| program.resources[resource].typed.as_ref());
        let Some(typed) = typed else { continue };
        let provider = &*program.providers[typed.provider].provider;
        match objects::read(entry.object, &typed.schema, provider, &entry.address) {
            Ok(value) => know(&mut known, entry.address, value),
            Err(mut found) => diagnostics.append(&mut found),
        }
    }
    known
}

/// What the objects of a plan are to become.
fn planned(plan: &Plan, known: &mut Known) {
    for change in plan.changes.iter().filter(|change| change.deposed.is_none()) {
        match change.action.after() {
            Some(after) => know(known, change.address.clone(), after.clone()),
            None => {
                let Address { module, resource, key } = change.address.clone();
                known.entry((module, resource)).or_default().remove(&key);
            }
        }
    }
}

fn know(known: &mut Known, Address { module, resource, key }: Address, value: Value) {
    known.entry((module, resource)).or_default().insert(key, value);
}

struct Looking<'w> {
    program: &'w Program<'w>,
    evaluator: Evaluator<'w>,
    known: Known,
}

impl<'w> Looking<'w> {
    fn look(&mut self, node: NodeId) {
        match self.program.nodes[node] {
            Node::Call(module) => drop(self.evaluator.call(module)),
            Node::Variable(module, variable) => drop(self.evaluator.variable(module, variable)),
            Node::Local(module, local) => drop(self.evaluator.local(module, local)),
            // The outputs of the root module cannot be referred to.
            Node::Output(module, output) if module != 0 => self.evaluator.output_value(module, output),
            Node::Resource(resource) => self.resource(resource),
            Node::Output(..)
            | Node::Closed(_)
            | Node::Validation(..)
            | Node::Provider(_)
            | Node::Check(..) => {}
        }
    }

    fn resource(&mut self, resource: ResourceId) {
        let declared = &self.program.resources[resource];
        for instance in self.evaluator.values.instances(declared.module) {
            let value = self.value(resource, &instance);
            self.evaluator.set_resource(resource, &instance, value);
        }
    }

    /// The value of a resource: its instances as state has them.
    fn value(&self, resource: ResourceId, module: &ModuleInstance) -> Value {
        let declared = &self.program.resources[resource].resource;
        let known = self.known.get(&(module.clone(), declared.name.clone()));
        let Some(known) = known.filter(|known| !known.is_empty()) else { return Evaluator::unknown() };
        let keys: Vec<&Option<InstanceKey>> = known.keys().collect();
        let instance =
            |key: Option<&InstanceKey>| known.get(&key.cloned()).cloned().unwrap_or_else(Evaluator::unknown);
        whole(&crate::expand::Keys::of_state(&declared.repetition, &keys), instance)
    }
}

impl crate::expand::Keys {
    /// The instances that state has, as far as the repetition allows them.
    fn of_state(repetition: &Repetition, keys: &[&Option<InstanceKey>]) -> crate::expand::Keys {
        use crate::expand::Keys;
        match repetition {
            Repetition::One | Repetition::Enabled(_) => Keys::One,
            Repetition::Count(_) => {
                let index = |key: &&Option<InstanceKey>| match key {
                    Some(InstanceKey::Index(index)) => Some(index + 1),
                    Some(InstanceKey::Key(_)) | None => None,
                };
                Keys::Count(keys.iter().filter_map(index).max().unwrap_or(0))
            }
            Repetition::ForEach(_) => {
                let key = |key: &&Option<InstanceKey>| match key {
                    Some(InstanceKey::Key(key)) => Some((key.clone(), Value::null(Type::Dynamic))),
                    Some(InstanceKey::Index(_)) | None => None,
                };
                Keys::Each(keys.iter().filter_map(key).collect())
            }
        }
    }
}

impl<'w> Walker<'w> for Looking<'w> {
    type Outcome = ();

    fn start(&mut self, node: NodeId) -> Vec<Job<'w, ()>> {
        self.look(node);
        Vec::new()
    }

    fn finish(&mut self, _node: NodeId, _outcome: ()) -> Vec<Job<'w, ()>> {
        Vec::new()
    }

    /// What failed is unknown, and what follows is still looked at.
    fn end(&mut self, _node: NodeId) -> Ending {
        Ending::Done
    }

    fn skip(&mut self, _node: NodeId, _why: Skipped) {}
}

impl Console<'_> {
    /// Evaluates what was typed. Errors point into a source that is added to `sources`.
    pub fn answer(&self, text: &str, sources: &mut Sources) -> (Option<Answer>, Diagnostics) {
        let source = sources.add("<console-input>", text);
        let (expression, mut diagnostics) = parse_expression(source, text, 0);
        if has_errors(&diagnostics) {
            return (None, diagnostics);
        }
        let asked = of_type(&expression);
        let lowered = lower(asked.unwrap_or(&expression), &mut diagnostics);
        references::check_one(&self.program, &lowered, &mut diagnostics);
        if has_errors(&diagnostics) {
            return (None, diagnostics);
        }
        let root = ModuleInstance::default();
        let Evaluated { values, facts } = &self.evaluated;
        let scope = crate::scope::ModuleScope::new(&self.program, values, facts, 0, &root);
        let value = evaluate(&lowered, &scope, &mut diagnostics);
        if has_errors(&diagnostics) {
            return (None, diagnostics);
        }
        let answer = if asked.is_some() { Answer::Type(value.ty()) } else { Answer::Value(value) };
        (Some(answer), diagnostics)
    }

    /// Everything that can be referred to, for completion.
    pub fn names(&self) -> Vec<String> {
        let root = self.program.modules[0].module;
        let of = |prefix: &str, names: Vec<&Text>| -> Vec<String> {
            names.into_iter().map(|name| format!("{prefix}{name}")).collect()
        };
        let fixed = ["path.cwd", "path.module", "path.root", "terraform.workspace", "true", "false", "null"];
        let functions = aksel_lang::functions::names().chain(["type"]).map(|name| format!("{name}("));
        let mut all: Vec<String> = fixed.map(String::from).into();
        all.extend(of("var.", root.variables.keys().collect()));
        all.extend(of("local.", root.locals.keys().collect()));
        all.extend(of("module.", root.calls.keys().collect()));
        all.extend(root.resources.keys().map(ToString::to_string));
        all.extend(functions);
        all.sort();
        all
    }
}

/// The argument of `type()`, which stands for the expression as a whole and only there.
fn of_type(expression: &Expression) -> Option<&Expression> {
    match &expression.kind {
        ExpressionKind::Call(call) if &*call.name.text == "type" => match call.arguments.as_slice() {
            [argument] => Some(argument),
            _ => None,
        },
        _ => None,
    }
}
