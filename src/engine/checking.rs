//! The check walk: what can be said of a configuration without values of variables, without state and without a request.
//!
//! Rule: a block of which a mistake is known already is silent; all others are looked at.
//! Rule: everything is looked at once, whatever `count` and `for_each` are; what an instance would differ by is unknown.
//! Never: a provider is configured, or a condition judged.

use aksel_lang::address::{Address, ModuleInstance};
use aksel_lang::blocks::condition::Condition;
use aksel_lang::blocks::resource::Repetition;
use aksel_lang::blocks::variable::Variable;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics, Severity, has_errors, unique};
use aksel_lang::evaluate::{Scope, evaluate};
use aksel_lang::source::Span;
use aksel_lang::types::Type;
use aksel_lang::value::Value;

use crate::checks;
use crate::context::finding_about;
use crate::evaluator::{Evaluator, Judging};
use crate::expand::{Keys, Open, Repeated, expand};
use crate::graph::NodeId;
use crate::imported_object::check_object;
use crate::options::{Deferral, PlanOptions};
use crate::plan_managed::config_value;
use crate::program::{ModuleId, Node, Program, ResourceId};
use crate::run::{Run, walkable};
use crate::scope::Phase;
use crate::variables::{self, RootVariables};
use crate::walk::{Ending, Job, Skipped, Walker, walk_without_jobs};

/// Checks a configuration. The variables of the run are not looked at: their values are unknown.
pub fn validate(run: &Run<'_>, options: &PlanOptions) -> Diagnostics {
    let mut diagnostics = Vec::new();
    if let Some(program) = walkable(run, &[], &mut diagnostics) {
        look(run, options, &program, &mut diagnostics);
    }
    unique(diagnostics, &run.configuration.sources)
}

/// Looks at everything in a program once. What has been said of a place is not said again.
pub(crate) fn look(
    run: &Run<'_>,
    options: &PlanOptions,
    program: &Program<'_>,
    diagnostics: &mut Diagnostics,
) {
    let told: Vec<Span> =
        errors(diagnostics).filter_map(|error| Some(error.subject.as_ref()?.span)).collect();
    let variables = RootVariables::default();
    let facts = run.facts(options, Phase::Checking, None);
    let evaluator = Evaluator::new(program, &variables, facts, Deferral::Allowed, Judging::On);
    let failed = vec![false; program.nodes.len()];
    let mut checking = Checking { program, evaluator, failed, told };
    walk_without_jobs(&program.graph, &mut checking, run.stop);
    checking.imports();
    for found in checking.evaluator.diagnostics {
        let known = |other: &Diagnostic| other.subject == found.subject && other.summary == found.summary;
        if found.subject.is_none() || !diagnostics.iter().any(known) {
            diagnostics.push(found);
        }
    }
}

struct Checking<'w> {
    program: &'w Program<'w>,
    evaluator: Evaluator<'w>,
    failed: Vec<bool>,
    /// The places of the mistakes that were found before the walk.
    told: Vec<Span>,
}

fn contains(extent: Span, place: Span) -> bool {
    extent.source == place.source && extent.start <= place.start && place.end <= extent.end
}

fn errors(found: &[Diagnostic]) -> impl Iterator<Item = &Diagnostic> {
    found.iter().filter(|one| one.severity == Severity::Error)
}

impl<'w> Checking<'w> {
    fn call(&mut self, module: ModuleId) {
        let Some((caller, call)) = self.program.modules[module].caller else { return };
        let instance = self.only(caller);
        let mut found = Vec::new();
        let (keys, repeated) =
            repetition(&call.repetition, &self.evaluator.scope(caller, &instance), &mut found);
        self.evaluator.diagnostics.append(&mut found);
        self.evaluator.values.cells_mut(&instance).calls.insert(call.name.text.clone(), keys);
        self.evaluator.values.enter(module, instance.child(call.name.text.clone(), None), repeated);
    }

    /// Which objects are imported.
    fn imports(&mut self) {
        let mut found = Vec::new();
        for (resource, imports) in &self.program.imports {
            let declared = &self.program.resources[*resource];
            let Some(typed) = &declared.typed else { continue };
            let provider = &*self.program.providers[typed.provider].provider;
            for (module, import) in imports {
                let instance = self.only(*module);
                let scope = || self.evaluator.scope(*module, &instance);
                let repetition = import.for_each.clone().map_or(Repetition::One, Repetition::ForEach);
                let (_, repeated) = self::repetition(&repetition, &scope(), &mut Vec::new());
                let type_name = &declared.resource.name.type_name;
                check_object(&import.object, type_name, provider, &scope().repeated(&repeated), &mut found);
            }
        }
        let again = |one: &Diagnostic| one.subject.as_ref().is_some_and(|at| self.told.contains(&at.span));
        found.retain(|one| !again(one));
        self.evaluator.diagnostics.append(&mut found);
    }

    /// The one instance of a module that is looked at.
    fn only(&self, module: ModuleId) -> ModuleInstance {
        self.evaluator.values.instances(module).into_iter().next().unwrap_or_default()
    }

    fn resource(&mut self, resource: ResourceId) {
        let declared = &self.program.resources[resource];
        let instance = self.only(declared.module);
        let mut found = Vec::new();
        let (keys, repeated) = repetition(
            &declared.resource.repetition,
            &self.evaluator.scope(declared.module, &instance),
            &mut found,
        );
        let ty = declared.typed.as_ref().map_or(Type::Dynamic, |typed| typed.schema.block.ty());
        let address =
            Address { module: instance.clone(), resource: declared.resource.name.clone(), key: None };
        self.body(resource, &address, &repeated, &mut found);
        self.around(resource, &address, &repeated, &ty, &mut found);
        self.evaluator.diagnostics.append(&mut found);
        let value = if keys == Keys::One { Value::unknown(ty) } else { Evaluator::unknown() };
        self.evaluator.set_resource(resource, &instance, value);
    }

    fn body(&self, resource: ResourceId, address: &Address, repeated: &Repeated, found: &mut Diagnostics) {
        let declared = &self.program.resources[resource];
        let Some(typed) = &declared.typed else { return };
        let scope = self.evaluator.scope(declared.module, &address.module).repeated(repeated);
        let before = found.len();
        let config = config_value(typed, &scope, found);
        if has_errors(&found[before..]) {
            return;
        }
        let provider = &self.program.providers[typed.provider].provider;
        let bare = config.unmark_deep().0;
        let name = &declared.resource.name;
        let findings = provider.validate(name.mode, &name.type_name, &bare);
        found.extend(findings.into_iter().map(|finding| finding_about(finding, typed, address)));
    }

    /// Conditions, triggers and provisioners.
    fn around(
        &self,
        resource: ResourceId,
        address: &Address,
        repeated: &Repeated,
        ty: &Type,
        found: &mut Diagnostics,
    ) {
        let declared = &self.program.resources[resource];
        let lifecycle = &declared.resource.lifecycle;
        let scope = || self.evaluator.scope(declared.module, &address.module).repeated(repeated);
        conditions(&lifecycle.preconditions, &scope(), found);
        let own = scope().with_self(Value::unknown(ty.clone()));
        conditions(&lifecycle.postconditions, &own, found);
        for provisioner in &declared.provisioners {
            provisioner.check(&own, found);
        }
    }

    fn every(&mut self, module: ModuleId, list: &[Condition]) {
        let instance = self.only(module);
        let mut found = Vec::new();
        conditions(list, &self.evaluator.scope(module, &instance), &mut found);
        self.evaluator.diagnostics.append(&mut found);
    }

    /// Assertions are judged last of all, and so their types are looked at before.
    fn assertions(&mut self, module: ModuleId, list: &[Condition]) {
        let instance = self.only(module);
        let mut found = Vec::new();
        let scope = self.evaluator.scope(module, &instance);
        list.iter().for_each(|condition| checks::look(condition, checks::words(""), &scope, &mut found));
        self.evaluator.diagnostics.append(&mut found);
    }

    /// Inside of its module a variable may have any value: what is wrong with the one that is given has been said.
    fn forget(&mut self, module: ModuleId, variable: &Variable) {
        let instance = self.only(module);
        let cells = self.evaluator.values.cells_mut(&instance);
        if let Some(value) = cells.variables.get_mut(&variable.name.text) {
            *value = variables::unknown(variable).marked(value.marks_deep());
        }
    }

    /// What says how many instances a node has: it depends on nothing else that stands in the block.
    fn repetition_of(&self, node: NodeId) -> Option<Span> {
        let Node::Resource(resource) = self.program.nodes[node] else { return None };
        self.program.resources[resource].resource.repetition.expression().map(|value| value.span)
    }

    fn look(&mut self, node: NodeId) {
        let before = self.evaluator.diagnostics.len();
        match self.program.nodes[node] {
            Node::Call(module) => self.call(module),
            Node::Closed(_) => {}
            Node::Variable(module, variable) => {
                self.evaluator.variable(module, variable);
                self.forget(module, variable);
            }
            Node::Validation(module, variable) => self.every(module, &variable.validations),
            Node::Local(module, local) => {
                self.evaluator.local(module, local);
            }
            Node::Output(module, output) => {
                self.every(module, &output.preconditions);
                self.evaluator.output_value(module, output);
            }
            Node::Check(module, check) => self.assertions(module, &check.assertions),
            Node::Provider(provider) => {
                self.evaluator.provider_configs(provider);
            }
            Node::Resource(resource) => self.resource(resource),
        }
        // What is said of a block that is wrong already may only follow from that.
        let extent = self.program.extent(node);
        let silent = self.told.iter().any(|place| extent.is_some_and(|extent| contains(extent, *place)));
        let found = self.evaluator.diagnostics.split_off(before);
        let again = |one: &Diagnostic| one.subject.as_ref().is_some_and(|at| self.told.contains(&at.span));
        let apart =
            self.repetition_of(node).filter(|apart| !self.told.iter().any(|at| contains(*apart, *at)));
        let follows = |one: &Diagnostic| {
            let within = |extent| one.subject.as_ref().is_some_and(|at| contains(extent, at.span));
            silent && !apart.is_some_and(within)
        };
        let new: Diagnostics = found.into_iter().filter(|one| !follows(one) && !again(one)).collect();
        self.failed[node] = silent || has_errors(&new);
        self.evaluator.diagnostics.extend(new);
    }
}

/// What a repetition says; `count.index` and `each` are then not known.
pub(crate) fn repetition(
    repetition: &Repetition,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
) -> (Keys, Repeated) {
    let keys = expand(repetition, scope, diagnostics);
    match repetition {
        Repetition::One => (Keys::One, Repeated::default()),
        Repetition::Enabled(_) => (Keys::Unknown, Repeated::default()),
        Repetition::Count(_) => (Keys::Unknown, Repeated { open: Some(Open::Count), ..Repeated::default() }),
        Repetition::ForEach(_) => {
            let one = match keys {
                Some(Keys::Each(elements)) => common(elements.values()),
                _ => Type::Dynamic,
            };
            (Keys::Unknown, Repeated { open: Some(Open::Each(one)), ..Repeated::default() })
        }
    }
}

/// The type that all of these values have, if they have one.
fn common<'v>(mut values: impl Iterator<Item = &'v Value>) -> Type {
    let Some(first) = values.next().map(Value::ty) else { return Type::Dynamic };
    if values.all(|value| value.ty() == first) { first } else { Type::Dynamic }
}

fn conditions(list: &[Condition], scope: &dyn Scope, found: &mut Diagnostics) {
    for condition in list {
        evaluate(&condition.condition, scope, found);
        evaluate(&condition.error_message, scope, found);
    }
}

impl<'w> Walker<'w> for Checking<'w> {
    type Outcome = ();

    fn start(&mut self, node: NodeId) -> Vec<Job<'w, ()>> {
        self.look(node);
        Vec::new()
    }

    fn finish(&mut self, _node: NodeId, _outcome: ()) -> Vec<Job<'w, ()>> {
        Vec::new()
    }

    /// A mistake makes nothing that follows wrong: its value is unknown, and what follows is still looked at.
    fn end(&mut self, _node: NodeId) -> Ending {
        Ending::Done
    }

    fn skip(&mut self, node: NodeId, _why: Skipped) {
        self.failed[node] = true;
    }
}
