//! `replace_triggered_by`: what replaces an instance when something else changes.
//!
//! Rule: a resource or instance replaces when it is updated or replaced; an attribute when its value changes so.
//! Never: a creation or a deletion replaces.

use aksel_lang::address::{Address, InstanceKey, ResourceName};
use aksel_lang::code::Code;
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::evaluate::evaluate;
use aksel_lang::expression::{Expression, Kind};
use aksel_lang::path::{Path, Step};
use aksel_lang::reference::{Hop, Subject};

use crate::expand::Repeated;
use crate::plan::{Action, ResourceChange};
use crate::planning::Planning;
use crate::program::{Program, ResourceId};
use crate::wanted_imports::key_of;

/// What a trigger names.
struct Trigger {
    resource: ResourceName,
    steps: Vec<Step>,
}

/// Checks that triggers name other resources that are declared.
pub(crate) fn check(program: &Program<'_>, diagnostics: &mut Diagnostics) {
    for declared in &program.resources {
        let own = &declared.resource.name;
        let triggers = declared.resource.lifecycle.replace_triggered_by.iter();
        for reference in triggers.flat_map(Expression::references) {
            let Subject::Resource(name) = &reference.subject else { continue };
            let known = program.modules[declared.module].module.resources.contains_key(name);
            if known && name != own {
                continue;
            }
            diagnostics.push(match known {
                true => Diagnostic::error(Code::Cycle, "Self-referential block")
                    .detail(format!("A change of {own} replaces it anyway; it cannot be triggered by itself."))
                    .help("Name another resource in replace_triggered_by.")
                    .at(reference.span),
                false => Diagnostic::error(Code::UnknownReference, "Reference to undeclared resource")
                    .detail(format!("A resource {name} that could trigger a replacement has not been declared in this module."))
                    .at(reference.span),
            });
        }
    }
}

impl Planning<'_> {
    /// Whether something that replaces an instance changes.
    pub(crate) fn triggered(&self, resource: ResourceId, address: &Address, repeated: &Repeated) -> bool {
        let declared = &self.context.program.resources[resource];
        let triggers = &declared.resource.lifecycle.replace_triggered_by;
        triggers.iter().any(|trigger| self.fires(resource, trigger, address, repeated))
    }

    fn fires(
        &self,
        resource: ResourceId,
        trigger: &Expression,
        address: &Address,
        repeated: &Repeated,
    ) -> bool {
        let Some(trigger) = self.trigger(resource, trigger, address, repeated) else { return false };
        let key = match trigger.steps.first() {
            Some(Step::Index(index)) => Some(InstanceKey::Index(*index)),
            Some(Step::Key(key)) => Some(InstanceKey::Key(key.clone())),
            Some(Step::Attribute(_)) | None => None,
        };
        let rest = Path(trigger.steps[usize::from(key.is_some())..].to_vec());
        let whole = Address { module: address.module.clone(), resource: trigger.resource, key };
        if let Some(change) = self.change_of.get(&whole) {
            return changes_at(&self.changes[*change], &rest);
        }
        // Without a key all instances count.
        whole.key.is_none() && self.instances_of(&whole).iter().any(|change| changes_at(change, &rest))
    }

    fn instances_of(&self, whole: &Address) -> Vec<&ResourceChange> {
        let Some(resource) = self.context.program.resource_at(&whole.config()) else { return Vec::new() };
        let Some(keys) = self.keys.get(&(resource, whole.module.clone())) else { return Vec::new() };
        let address = |key| Address { key, ..whole.clone() };
        let found =
            keys.instances().into_iter().filter_map(|repeated| self.change_of.get(&address(repeated.key)));
        found.map(|change| &self.changes[*change]).collect()
    }

    fn trigger(
        &self,
        resource: ResourceId,
        expression: &Expression,
        address: &Address,
        repeated: &Repeated,
    ) -> Option<Trigger> {
        match &expression.kind {
            Kind::Reference(reference) => {
                let Subject::Resource(name) = &reference.subject else { return None };
                Some(Trigger { resource: name.clone(), steps: Vec::new() })
            }
            Kind::Attribute(inner, name) => {
                let mut trigger = self.trigger(resource, inner, address, repeated)?;
                trigger.steps.push(Step::Attribute(name.text.clone()));
                Some(trigger)
            }
            Kind::Index(inner, key, _) => {
                let mut trigger = self.trigger(resource, inner, address, repeated)?;
                let module = self.context.program.resources[resource].module;
                let scope = self.evaluator.scope(module, &address.module).repeated(repeated);
                trigger.steps.push(match key_of(&evaluate(key, &scope, &mut Vec::new()))? {
                    InstanceKey::Index(index) => Step::Index(index),
                    InstanceKey::Key(key) => Step::Key(key),
                });
                Some(trigger)
            }
            _ => None,
        }
    }
}

/// The literal steps behind a reference, as steps into a value.
pub(crate) fn steps_of(hops: &[Hop]) -> Vec<Step> {
    let step = |hop: &Hop| match hop {
        Hop::Attribute(name) => Step::Attribute(name.text.clone()),
        Hop::Index(index, _) => Step::Index(*index),
        Hop::Key(key, _) => Step::Key(key.clone()),
    };
    hops.iter().map(step).collect()
}

fn changes_at(change: &ResourceChange, path: &Path) -> bool {
    match &change.action {
        Action::Update { live, planned } | Action::Replace { live, planned, .. } => {
            path.0.is_empty() || path.follow(live) != path.follow(planned)
        }
        Action::Keep { .. }
        | Action::Read { .. }
        | Action::Create { .. }
        | Action::Delete { .. }
        | Action::Forget { .. } => false,
    }
}
