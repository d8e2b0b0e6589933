//! Claims: which pods a controller owns, which it adopts, and which it lets go.
//!
//! Rule: <https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#non-template-pod-acquisitions>

use std::sync::Arc;

use serde_json::Value;

use super::fields::{self, is_going, list, namespace, set, uid};
use super::pods::is_active;
use super::view::{Object, View};
use super::{Agent, Part, Round};

const PODS: (&str, &str) = ("", "pods");

/// The pods that an owner has, after taking in matching ones without a controller and releasing those that match no more.
pub(super) fn claim(
    view: &View<'_>,
    owner: &Value,
    fits: &dyn Fn(&Value) -> bool,
    round: &mut Round,
) -> Vec<Object> {
    let mut own = Vec::new();
    for pod in view.pods_of(owner) {
        if fits(pod) {
            own.push(Arc::clone(pod));
        } else if !is_going(owner) {
            round.replace(Agent::Controllers, PODS, released(pod, owner), Part::Main);
        }
    }
    if is_going(owner) {
        return own;
    }
    for pod in view.orphans(namespace(owner)).iter().filter(|pod| is_active(pod) && fits(pod)) {
        round.replace(Agent::Controllers, PODS, adopted(pod, owner), Part::Main);
        own.push(Arc::clone(pod));
    }
    own
}

/// The object with a controller.
pub(super) fn adopted(object: &Value, owner: &Value) -> Value {
    let mut object = object.clone();
    let mut owners = list(&object, "metadata.ownerReferences").to_vec();
    owners.push(fields::controlled_by(owner));
    set(&mut object, "metadata.ownerReferences", Value::from(owners));
    object
}

/// The object without this owner.
pub(super) fn released(object: &Value, owner: &Value) -> Value {
    let mut object = object.clone();
    let owners: Vec<Value> = list(&object, "metadata.ownerReferences")
        .iter()
        .filter(|one| fields::text(one, "uid") != uid(owner))
        .cloned()
        .collect();
    match owners.is_empty() {
        true => fields::remove(&mut object, "metadata.ownerReferences"),
        false => set(&mut object, "metadata.ownerReferences", Value::from(owners)),
    }
    object
}
