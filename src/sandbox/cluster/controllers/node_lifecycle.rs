//! Nodes: taints that follow from what their agents report, and that a node was seen for the first time.
//!
//! Invariant: only taints of the keys named here are set or removed; those of users and of node pools stay.
//! Rule: <https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-nodes-by-condition>

use serde_json::{Value, json};

use super::events::Event;
use super::fields::{self, after, annotation, condition, is_set, label, list, name, set, stamp, text, uid};
use super::memory::Memory;
use super::view::{Object, View};
use super::{Agent, Part, Round};

const NODES: (&str, &str) = ("", "nodes");
const SOURCE: &str = "node-controller";
const TTL: &str = "node.alpha.kubernetes.io/ttl";
/// Seconds until a node that is not ready drives pods away.
const PATIENCE: i64 = 5;
/// A condition, its status, and the taint that stands for it.
const TAINTS: [(&str, &str, &str); 6] = [
    ("Ready", "False", "node.kubernetes.io/not-ready"),
    ("Ready", "Unknown", "node.kubernetes.io/unreachable"),
    ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
    ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
    ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
];
/// Labels that are still found under their first names.
const OLD_NAMES: [(&str, &str); 2] =
    [("beta.kubernetes.io/os", "kubernetes.io/os"), ("beta.kubernetes.io/arch", "kubernetes.io/arch")];
const CORDONED: &str = "node.kubernetes.io/unschedulable";

/// Whether a taint is to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Yes,
    No,
}

impl From<bool> for Wanted {
    fn from(held: bool) -> Self {
        if held { Self::Yes } else { Self::No }
    }
}

/// Lets taints follow conditions.
pub(super) fn reconcile(view: &View<'_>, memory: &mut Memory, round: &mut Round) {
    for node in &view.nodes {
        register(memory, round, node);
        let mut new = Value::clone(node);
        if annotation(node, TTL).is_none() {
            fields::annotate(&mut new, TTL, "0");
        }
        for (old, name) in OLD_NAMES {
            if let Some(value) = label(node, name).filter(|value| label(node, old) != Some(*value)) {
                new["metadata"]["labels"][old] = value.into();
            }
        }
        let taints = taints(view, memory, round, node);
        if list(node, "spec.taints") != taints {
            match taints.is_empty() {
                true => fields::remove(&mut new, "spec.taints"),
                false => set(&mut new, "spec.taints", taints.into()),
            }
        }
        if new != **node {
            round.replace(Agent::Controllers, NODES, new, Part::Main);
        }
    }
}

fn register(memory: &mut Memory, round: &mut Round, node: &Object) {
    let words = format!("Node {0} event: Registered Node {0} in Controller", name(node));
    let before = memory.said.insert(format!("registered/{}", uid(node)), words.clone());
    if before.is_none() {
        round.announce(Event::normal(SOURCE, node, "RegisteredNode", words));
    }
}

/// The taints that a node is to have.
fn taints(view: &View<'_>, memory: &mut Memory, round: &mut Round, node: &Object) -> Vec<Value> {
    let mut taints = list(node, "spec.taints").to_vec();
    for (kind, status, key) in TAINTS {
        let held = condition(node, kind).is_some_and(|one| text(one, "status") == status);
        // A node that has said nothing yet keeps the taint it was admitted with.
        let silent = kind == "Ready" && condition(node, kind).is_none();
        if !silent {
            toggle(view, &mut taints, (key, "NoSchedule"), held.into());
        }
        if kind == "Ready" && !silent {
            let due = held && is_due(view, memory, round, &format!("{key}/{}", uid(node)));
            if !held {
                memory.marks.remove(&format!("{key}/{}", uid(node)));
            }
            toggle(view, &mut taints, (key, "NoExecute"), due.into());
        }
    }
    toggle(view, &mut taints, (CORDONED, "NoSchedule"), is_set(node, "spec.unschedulable").into());
    taints
}

/// Whether it has been so for long enough.
fn is_due(view: &View<'_>, memory: &mut Memory, round: &mut Round, key: &str) -> bool {
    let since = *memory.marks.entry(key.to_owned()).or_insert(view.now);
    let due = after(since, PATIENCE);
    if due > view.now {
        round.wake(due);
    }
    due <= view.now
}

/// Sets a taint, or removes it.
fn toggle(view: &View<'_>, taints: &mut Vec<Value>, taint: (&str, &str), wanted: Wanted) {
    let is = |one: &Value| text(one, "key") == taint.0 && text(one, "effect") == taint.1;
    match (taints.iter().any(is), wanted) {
        (false, Wanted::Yes) => {
            taints.push(json!({ "key": taint.0, "effect": taint.1, "timeAdded": stamp(view.now) }));
        }
        (true, Wanted::No) => taints.retain(|one| !is(one)),
        (true, Wanted::Yes) | (false, Wanted::No) => {}
    }
}
