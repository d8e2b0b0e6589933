//! Relevant attributes: which attributes of resources, elsewhere, a plan was made from.
//!
//! Rule: from each resource and output that changes, references are followed through locals, variables, outputs of modules,
//! `count` and `for_each`, and through the arguments that give a resource's attributes; each resource on the way counts.
//! Rule: an output of a called module changes whenever it has a value, since state keeps none of it; where only a part is
//! destroyed, nobody asks for one.
//! Invariant: nothing is followed twice: `O(references · module instances)`.
//! Never: a value is looked at, but for whether an output has one.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use aksel_lang::address::{Address, InstanceKey, ModuleInstance};
use aksel_lang::path::{Path, Step};
use aksel_lang::reference::{Reference, Subject};
use aksel_lang::types::Text;
use aksel_lang::value::Value;

use crate::evaluator::{Evaluator, caller_of};
use crate::options::{PlanMode, PlanOptions};
use crate::plan::{OutputAction, OutputChange, RelevantAttribute, ResourceChange};
use crate::program::{ModuleId, Node, Program, ResourceId};
use crate::triggers::steps_of;

/// Finds the relevant attributes of a plan, in order. `gone` are data sources that are dropped from state.
pub(crate) fn relevant_attributes(
    evaluator: &Evaluator<'_>,
    changes: &[ResourceChange],
    outputs: &BTreeMap<Text, OutputChange>,
    gone: &[Address],
    options: &PlanOptions,
) -> Vec<RelevantAttribute> {
    let program = evaluator.program;
    let mut search = Search { program, seen: HashSet::new(), ahead: Vec::new(), found: BTreeSet::new() };
    let changing = changes.iter().filter(|change| change.action.names() != ["no-op"]);
    let changing = changing.map(|change| &change.address).chain(gone);
    let resources: BTreeSet<(ModuleInstance, ResourceId)> = changing
        .filter_map(|address| Some((address.module.clone(), program.resource_at(&address.config())?)))
        .collect();
    for (instance, resource) in resources {
        search.body(&instance, resource, &[]);
    }
    for (name, _) in outputs.iter().filter(|(_, change)| change.action() != OutputAction::Keep) {
        search.output(&ModuleInstance::default(), 0, name);
    }
    let partial = !options.targets.is_empty() || !options.excludes.is_empty();
    let asked = !(partial && options.mode == PlanMode::Destroy);
    for node in program.nodes.iter().filter(|_| asked) {
        if let Node::Output(module, output) = node
            && *module != 0
        {
            search.outputs_with_values(evaluator, *module, &output.name.text);
        }
    }
    search.follow();
    search.found.into_iter().collect()
}

/// A place that is still to be looked at: a reference in an instance of a module, and the resource that it stands in.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Place {
    instance: ModuleInstance,
    module: ModuleId,
    within: Option<ResourceId>,
    subject: Subject,
    steps: Vec<Step>,
}

struct Search<'p, 'c> {
    program: &'p Program<'c>,
    seen: HashSet<Place>,
    ahead: Vec<Place>,
    found: BTreeSet<RelevantAttribute>,
}

impl Search<'_, '_> {
    fn follow(&mut self) {
        while let Some(place) = self.ahead.pop() {
            self.behind(&place);
        }
    }

    fn add(
        &mut self,
        instance: &ModuleInstance,
        module: ModuleId,
        within: Option<ResourceId>,
        references: &[&Reference],
    ) {
        for reference in references {
            let subject = reference.subject.clone();
            let repeated = matches!(subject, Subject::EachKey | Subject::EachValue | Subject::CountIndex);
            let within = within.filter(|_| repeated);
            let steps = steps_of(&reference.steps);
            let place = Place { instance: instance.clone(), module, within, subject, steps };
            if self.seen.insert(place.clone()) {
                self.ahead.push(place);
            }
        }
    }

    /// What stands behind a reference.
    fn behind(&mut self, place: &Place) {
        let node = &self.program.modules[place.module];
        match &place.subject {
            Subject::Resource(name) => {
                let (key, rest) = keyed(&place.steps);
                let address = Address { module: place.instance.clone(), resource: name.clone(), key };
                let attribute = Path(rest.to_vec());
                self.found.insert(RelevantAttribute { resource: address.to_string(), attribute });
                if let Some(resource) = node.resources.get(name) {
                    self.body(&place.instance, *resource, rest);
                }
            }
            Subject::Local(name) => {
                if let Some(local) = node.module.locals.get(name) {
                    self.add(&place.instance, place.module, None, &local.value.references());
                }
            }
            Subject::Variable(name) => {
                if let Some((caller, call)) = node.caller
                    && let Some(argument) = call.arguments.get(name)
                {
                    self.add(&caller_of(&place.instance), caller, None, &argument.value.references());
                }
            }
            Subject::Module(call) => self.called(place, call),
            Subject::EachKey | Subject::EachValue | Subject::CountIndex => self.repetition(place),
            Subject::SelfObject | Subject::Path(_) | Subject::Workspace | Subject::Applying => {}
        }
    }

    /// One output of a called module, or all of them where it cannot be told which.
    fn called(&mut self, place: &Place, call: &Text) {
        let Some(child) = self.program.modules[place.module].children.get(call).copied() else { return };
        let (key, rest) = keyed(&place.steps);
        let instance = place.instance.child(call.clone(), key);
        match rest.first() {
            Some(Step::Attribute(name)) => self.output(&instance, child, name),
            Some(Step::Index(_) | Step::Key(_)) | None => {
                for name in self.program.modules[child].module.outputs.keys() {
                    self.output(&instance, child, name);
                }
            }
        }
    }

    fn output(&mut self, instance: &ModuleInstance, module: ModuleId, name: &Text) {
        if let Some(output) = self.program.modules[module].module.outputs.get(name) {
            self.add(instance, module, None, &output.value.references());
        }
    }

    fn outputs_with_values(&mut self, evaluator: &Evaluator<'_>, module: ModuleId, name: &Text) {
        for instance in evaluator.values.instances(module) {
            let cells = evaluator.values.cells(&instance);
            let value = cells.and_then(|cells| cells.outputs.get(name));
            if value.is_some_and(|value: &Value| !value.is_null()) {
                self.output(&instance, module, name);
            }
        }
    }

    fn repetition(&mut self, place: &Place) {
        let Some(resource) = place.within else { return };
        let declared = &self.program.resources[resource].resource;
        if let Some(expression) = declared.repetition.expression() {
            self.add(&place.instance, place.module, Some(resource), &expression.references());
        }
    }

    /// What the part of a resource's body refers to that these steps lead to.
    fn body(&mut self, instance: &ModuleInstance, resource: ResourceId, steps: &[Step]) {
        let node = &self.program.resources[resource];
        if let Some(typed) = &node.typed {
            self.add(instance, node.module, Some(resource), &typed.body.references_at(steps));
        }
    }
}

/// The key of an instance at the start of some steps, and the rest of them.
fn keyed(steps: &[Step]) -> (Option<InstanceKey>, &[Step]) {
    match steps.split_first() {
        Some((Step::Index(index), rest)) => (Some(InstanceKey::Index(*index)), rest),
        Some((Step::Key(key), rest)) => (Some(InstanceKey::Key(key.clone())), rest),
        Some((Step::Attribute(_), _)) | None => (None, steps),
    }
}
