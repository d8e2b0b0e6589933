//! Announcing: what an apply is going to do, and what of it is not begun.
//!
//! Invariant: what is announced is what the plan says, in its order; a replacement is two changes.
//! Never: anything is decided here.

use std::collections::HashMap;
use std::sync::Arc;

use aksel_lang::address::ConfigAddress;

use crate::context::ObjectKey;
use crate::observer::{Doing, Event, Observer, Skip, Upcoming};
use crate::operations::{Operation, Operations};
use crate::plan::{Action, Plan, ReplaceOrder, ResourceChange};
use crate::planning::subject;
use crate::program::{Node, Program};

/// The changes of a plan by the resource that they are of.
pub(crate) type ChangesOf<'w> = HashMap<ConfigAddress, Vec<&'w ResourceChange>>;

/// Sorts the changes by resource.
pub(crate) fn changes_of(plan: &Plan) -> ChangesOf<'_> {
    let mut changes = ChangesOf::new();
    for change in &plan.changes {
        changes.entry(change.address.config()).or_default().push(change);
    }
    changes
}

/// Tells all that an apply is going to do.
pub(crate) fn announce(program: &Program<'_>, plan: &Plan, observer: &dyn Observer) {
    let mut needs: HashMap<ConfigAddress, Arc<[String]>> = HashMap::new();
    let mut upcoming = Vec::new();
    for change in &plan.changes {
        for doing in deeds(&change.action) {
            let address = change.address.config();
            let known = needs.entry(address);
            let needs = known.or_insert_with_key(|address| program.dependencies(address).into()).clone();
            upcoming.push(Upcoming { subject: subject(&key(change), value(change)), doing: *doing, needs });
        }
    }
    observer.hears(&Event::Begun(upcoming));
}

/// Tells which changes of a step are not begun.
pub(crate) fn skipped(
    program: &Program<'_>,
    operations: &Operations,
    changes: &ChangesOf<'_>,
    step: Operation,
    skip: &Skip,
    observer: &dyn Observer,
) {
    let (address, wanted): (_, fn(Doing) -> bool) = match step {
        Operation::Rest(_) | Operation::Cleared(_) | Operation::Made => return,
        Operation::Make(node) => match program.nodes[node] {
            Node::Resource(resource) => {
                (Some(program.config_address(resource)), |doing| doing != Doing::Delete)
            }
            _ => (None, |_| false),
        },
        Operation::Delete(_) | Operation::DeleteOrphans(_) => {
            (operations.deleted(program, step), |doing| doing == Doing::Delete)
        }
    };
    for change in address.and_then(|address| changes.get(&address)).into_iter().flatten() {
        for doing in deeds(&change.action).iter().filter(|doing| wanted(**doing)) {
            let subject = subject(&key(change), value(change));
            observer.hears(&Event::Skipped(subject, *doing, skip.clone()));
        }
    }
}

fn key(change: &ResourceChange) -> ObjectKey {
    (change.address.clone(), change.deposed.clone())
}

fn value(change: &ResourceChange) -> &aksel_lang::value::Value {
    let some = change.action.before().or(change.action.after());
    some.expect("every action has a value before or after")
}

/// What is done for an action.
fn deeds(action: &Action) -> &'static [Doing] {
    match action {
        Action::Keep { .. } | Action::Forget { .. } => &[],
        Action::Read { .. } => &[Doing::Read],
        Action::Create { .. } => &[Doing::Create],
        Action::Update { .. } => &[Doing::Update],
        Action::Replace { order: ReplaceOrder::ForgetFirst, .. } => &[Doing::Create],
        Action::Replace { .. } => &[Doing::Delete, Doing::Create],
        Action::Delete { .. } => &[Doing::Delete],
    }
}
