//! Relevant attributes: which attributes of resources, elsewhere, a plan was made from.
//!
//! Rule: from each resource and output that changes, references are followed through locals, variables and outputs of
//! modules until they reach an attribute of a resource.
//! Never: a value is looked at; the configuration alone decides.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use aksel_lang::path::{Path, Step};
use aksel_lang::reference::{Reference, Subject};
use aksel_lang::types::Text;

use crate::context::Context;
use crate::edges::output_named;
use crate::evaluator::within;
use crate::plan::{OutputAction, OutputChange, RelevantAttribute, ResourceChange};
use crate::program::{ModuleId, Program};
use crate::triggers::steps_of;

/// Finds the relevant attributes of a plan, in order.
pub(crate) fn relevant_attributes(
    context: &Context<'_>,
    changes: &[ResourceChange],
    outputs: &BTreeMap<Text, OutputChange>,
) -> Vec<RelevantAttribute> {
    let mut search = Search { program: context.program, seen: HashSet::new(), found: BTreeSet::new() };
    let mut resources = BTreeSet::new();
    for change in changes.iter().filter(|change| change.action.names() != ["no-op"]) {
        resources.extend(context.program.resource_at(&change.address.config()));
    }
    for resource in resources {
        let node = &context.program.resources[resource];
        if let Some(typed) = &node.typed {
            search.follow(node.module, &typed.body.references());
        }
    }
    for (name, change) in outputs {
        if change.action() != OutputAction::Keep {
            search.output(0, name);
        }
    }
    search.found.into_iter().collect()
}

struct Search<'p, 'c> {
    program: &'p Program<'c>,
    seen: HashSet<(ModuleId, Subject)>,
    found: BTreeSet<RelevantAttribute>,
}

impl Search<'_, '_> {
    fn follow(&mut self, module: ModuleId, references: &[&Reference]) {
        for reference in references {
            self.reference(module, reference);
        }
    }

    fn reference(&mut self, module: ModuleId, reference: &Reference) {
        let subject = &reference.subject;
        if let Subject::Resource(name) = subject {
            let steps = steps_of(&reference.steps);
            let keyed = usize::from(matches!(steps.first(), Some(Step::Index(_) | Step::Key(_))));
            let key = steps.first().filter(|_| keyed == 1).map(key_text).unwrap_or_default();
            let path = self.program.path(module).to_string();
            let resource = within(&path, format!("{name}{key}"));
            self.found.insert(RelevantAttribute { resource, attribute: Path(steps[keyed..].to_vec()) });
            return;
        }
        if let (Subject::Module(call), Some(output)) = (subject, output_named(&reference.steps)) {
            if let Some(child) = self.program.modules[module].children.get(call).copied() {
                self.output(child, output);
            }
            return;
        }
        if self.seen.insert((module, subject.clone())) {
            self.through(module, subject);
        }
    }

    fn through(&mut self, module: ModuleId, subject: &Subject) {
        let node = &self.program.modules[module];
        match subject {
            Subject::Local(name) => {
                if let Some(local) = node.module.locals.get(name) {
                    self.follow(module, &local.value.references());
                }
            }
            Subject::Variable(name) => {
                if let Some((caller, call)) = node.caller
                    && let Some(argument) = call.arguments.get(name)
                {
                    self.follow(caller, &argument.value.references());
                }
            }
            Subject::Module(call) => {
                if let Some(child) = node.children.get(call).copied() {
                    let names: Vec<Text> =
                        self.program.modules[child].module.outputs.keys().cloned().collect();
                    names.iter().for_each(|name| self.output(child, name));
                }
            }
            Subject::Resource(_)
            | Subject::EachKey
            | Subject::EachValue
            | Subject::CountIndex
            | Subject::SelfObject
            | Subject::Path(_)
            | Subject::Workspace
            | Subject::Applying => {}
        }
    }

    fn output(&mut self, module: ModuleId, name: &Text) {
        // An output is remembered under a name that no local value can have.
        let seen = Subject::Local(format!("output.{name}").into());
        if self.seen.insert((module, seen))
            && let Some(output) = self.program.modules[module].module.outputs.get(name)
        {
            self.follow(module, &output.value.references());
        }
    }
}

fn key_text(step: &Step) -> String {
    match step {
        Step::Index(index) => format!("[{index}]"),
        Step::Key(key) => format!("[{}]", aksel_lang::address::quoted(key)),
        Step::Attribute(_) => String::new(),
    }
}
