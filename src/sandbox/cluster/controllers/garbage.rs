//! Garbage collection: dependents whose owners have gone, owners that wait for dependents, dependents that are let go.
//!
//! Invariant: an owner that exists (same uid) keeps its dependents; an owner of a kind that is not served keeps them too.
//! Rule: <https://kubernetes.io/docs/concepts/architecture/garbage-collection/>

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::claims::released;
use super::fields::{self, has_finalizer, is_going, is_set, list, text, uid};
use super::memory::Memory;
use super::view::{Object, View};
use super::{Agent, Kind, Part, Propagation, Round};

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";
/// After so many seconds pods of a node that has gone are taken away.
const GONE_NODE_SECONDS: i64 = 40;

/// All objects, with their kinds.
struct World {
    objects: Vec<(Kind, Object)>,
    uids: HashSet<String>,
    kinds: HashSet<(String, String)>,
    dependents: HashMap<String, Vec<usize>>,
}

/// Takes away what nothing holds any more. Cost: O(objects).
pub(super) fn reconcile(view: &View<'_>, memory: &mut Memory, round: &mut Round) {
    let world = World::of(view);
    for (kind, object) in &world.objects {
        if is_going(object) {
            release(&world, kind, object, round);
        } else if !list(object, "metadata.ownerReferences").is_empty() {
            collect(&world, kind, object, round);
        }
    }
    bury_pods_of_gone_nodes(view, memory, round);
}

impl World {
    fn of(view: &View<'_>) -> Self {
        let mut world = Self {
            objects: Vec::new(),
            uids: HashSet::new(),
            kinds: HashSet::new(),
            dependents: HashMap::new(),
        };
        for kind in view.kinds() {
            world.kinds.insert((kind.group.clone(), kind.kind.clone()));
            // Events own nothing and are owned by nothing; there are many of them.
            if kind.resource == "events" {
                continue;
            }
            for object in view.all(&kind.group, &kind.resource) {
                let place = world.objects.len();
                world.uids.insert(uid(&object).to_owned());
                for owner in list(&object, "metadata.ownerReferences") {
                    world.dependents.entry(text(owner, "uid").to_owned()).or_default().push(place);
                }
                world.objects.push((kind.clone(), object));
            }
        }
        world
    }

    fn dependents_of(&self, owner: &Value) -> impl Iterator<Item = &(Kind, Object)> {
        self.dependents.get(uid(owner)).into_iter().flatten().map(|place| &self.objects[*place])
    }

    fn is_served(&self, owner: &Value) -> bool {
        let group = text(owner, "apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
        self.kinds.contains(&(group.to_owned(), text(owner, "kind").to_owned()))
    }

    fn is_waiting(&self, owner: &Value) -> bool {
        self.objects.iter().any(|(_, object)| {
            uid(object) == text(owner, "uid") && is_going(object) && has_finalizer(object, FOREGROUND)
        })
    }
}

fn place(kind: &Kind) -> (&str, &str) {
    (&kind.group, &kind.resource)
}

/// Lets an object that is being deleted go, once its dependents are gone (foreground) or freed (orphan).
fn release(world: &World, kind: &Kind, object: &Value, round: &mut Round) {
    if has_finalizer(object, ORPHAN) {
        let mut any = false;
        for (kind, dependent) in world.dependents_of(object) {
            any = true;
            round.replace(Agent::Controllers, place(kind), released(dependent, object), Part::Main);
        }
        if !any {
            drop(kind, object, ORPHAN, round);
        }
    } else if has_finalizer(object, FOREGROUND) {
        let mut blocked = false;
        for (kind, dependent) in world.dependents_of(object) {
            let blocks = list(dependent, "metadata.ownerReferences")
                .iter()
                .any(|owner| text(owner, "uid") == uid(object) && is_set(owner, "blockOwnerDeletion"));
            blocked |= blocks;
            if !is_going(dependent) {
                let change = super::deletion(place(kind), dependent, None, Some(Propagation::Foreground));
                round.write(Agent::Controllers, change);
            }
        }
        if !blocked {
            drop(kind, object, FOREGROUND, round);
        }
    }
}

fn drop(kind: &Kind, object: &Value, finalizer: &str, round: &mut Round) {
    let mut object = object.clone();
    fields::drop_finalizer(&mut object, finalizer);
    round.replace(Agent::Controllers, place(kind), object, Part::Main);
}

/// Deletes an object none of whose owners exists; otherwise forgets those that do not.
fn collect(world: &World, kind: &Kind, object: &Value, round: &mut Round) {
    let owners = list(object, "metadata.ownerReferences");
    if owners.iter().any(|owner| !world.is_served(owner)) {
        return;
    }
    let (alive, dangling): (Vec<&Value>, Vec<&Value>) =
        owners.iter().partition(|owner| world.uids.contains(text(owner, "uid")));
    if dangling.is_empty() {
        return;
    }
    let solid = alive.iter().filter(|owner| !world.is_waiting(owner)).count();
    if solid > 0 {
        let mut object = object.clone();
        let alive: Vec<Value> = alive.into_iter().cloned().collect();
        fields::set(&mut object, "metadata.ownerReferences", Value::from(alive));
        return round.replace(Agent::Controllers, place(kind), object, Part::Main);
    }
    let policy = if has_finalizer(object, ORPHAN) { Propagation::Orphan } else { Propagation::Background };
    round.write(Agent::Controllers, super::deletion(place(kind), object, None, Some(policy)));
}

/// Pods on nodes that no longer exist end after a while; those that wait for an agent that is gone, too.
fn bury_pods_of_gone_nodes(view: &View<'_>, memory: &mut Memory, round: &mut Round) {
    for pod in &view.pods {
        let node = text(pod, "spec.nodeName");
        if node.is_empty() || view.node(node).is_some() {
            continue;
        }
        let key = format!("gone {}", uid(pod));
        let since = *memory.marks.entry(key).or_insert(view.now);
        let due = fields::after(since, GONE_NODE_SECONDS);
        // A pod that somebody bound to a node that never was is none of ours either, but ends alike.
        if due > view.now {
            round.wake(due);
            continue;
        }
        round.write(Agent::Controllers, super::deletion(("", "pods"), pod, Some(0), None));
    }
}
