//! What a cluster does by itself: controllers, the scheduler, the node agents, each a function from a view of the store to writes.
//!
//! Invariant: a round reads one state of the store and the time it is given; equal inputs (and memory) give equal writes.
//! Invariant: a write that replaces an object carries the resource version it was computed from; a stale one is refused by the
//! API server and computed anew in the next round, as with real controllers.
//! Never: no I/O, no clock, no lock. Pods on nodes that somebody else registered are never touched by the simulated node agent.

mod claims;
mod cron_jobs;
mod cron_schedule;
mod daemon_sets;
mod deployment_status;
mod deployments;
mod disruption;
mod endpoints;
mod events;
mod fields;
mod garbage;
mod history;
mod horizontal;
mod job_rules;
mod jobs;
mod kubelet;
mod memory;
mod namespaces;
mod node_lifecycle;
pub(crate) mod pods;
mod preemption;
mod quantities;
mod quota_counts;
mod replica_sets;
mod rollout;
mod scheduler;
mod scheduler_scores;
mod scheduling;
mod selectors;
mod stateful_sets;
mod system;
mod taint_eviction;
mod templates;
mod topology;
mod view;
mod volume_plan;
mod volumes;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

pub(crate) use events::Event;
pub(crate) use memory::Memory;
pub(crate) use selectors::matches as selects;
pub(crate) use system::system_objects;
pub(crate) use templates::{NodeMode, NodeTaint, NodeTemplate, OperatingSystem, nodes_from_templates};
use view::View;

/// The annotation of a node that the sandbox made from a node pool; only on these the simulated node agent acts.
pub(crate) const MANAGED_NODE: &str = "sandbox.aksel.dev/managed";

/// How often a burst of changes may wake all controllers before it is taken for an endless loop.
const ROUNDS_MAX: usize = 400;

/// One kind of object that the API server serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// The group, empty for the core.
    pub group: String,
    /// The version in which objects are shown here.
    pub version: String,
    /// The kind, such as `Pod`.
    pub kind: String,
    /// The plural, such as `pods`.
    pub resource: String,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
}

/// A view of the store: whole objects, with `apiVersion`, `kind` and full metadata.
pub(crate) trait Objects {
    /// All objects of one resource, in any order; empty for a resource that does not exist.
    fn all(&self, group: &str, resource: &str) -> Vec<Arc<Value>>;
    /// One object; the namespace is empty for cluster-wide resources.
    fn get(&self, group: &str, resource: &str, namespace: &str, name: &str) -> Option<Arc<Value>>;
    /// All kinds that hold objects, custom resources included.
    fn kinds(&self) -> Vec<Kind>;
}

/// Who writes: decides user, field manager and what admission lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Agent {
    /// kube-controller-manager.
    Controllers,
    /// kube-scheduler.
    Scheduler,
    /// The agent of a node.
    Kubelet,
    /// What belongs to the cloud: load balancers, disks, node pools.
    Cloud,
}

impl Agent {
    /// The field manager that such a write leaves in `managedFields`.
    pub(crate) fn manager(self) -> &'static str {
        match self {
            Self::Controllers => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Kubelet => "kubelet",
            Self::Cloud => "cloud-controller-manager",
        }
    }
}

/// The part of an object that a replacement may change, as the API's subresources divide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Everything but the status.
    Main,
    /// The status alone.
    Status,
    /// `spec.finalizers` of a namespace.
    Finalize,
    /// The replicas of a workload.
    Scale,
}

/// What becomes of an object's dependents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Propagation {
    /// Deleted afterwards.
    Background,
    /// Deleted before.
    Foreground,
    /// Kept, without their owner.
    Orphan,
}

/// One change of the store, as the API server is asked for it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// Creates an object, with defaults and admission.
    Create {
        /// The group of the resource.
        group: String,
        /// The plural of the resource.
        resource: String,
        /// The object, with its name.
        object: Value,
    },
    /// Replaces a part of an object, if it still has the resource version that the object carries.
    Replace {
        /// The group of the resource.
        group: String,
        /// The plural of the resource.
        resource: String,
        /// The whole object with the part changed.
        object: Value,
        /// The part that may change.
        part: Part,
    },
    /// Deletes an object as `DELETE` does: grace, finalizers and propagation apply.
    Delete {
        /// The group of the resource.
        group: String,
        /// The plural of the resource.
        resource: String,
        /// The namespace, empty for cluster-wide objects.
        namespace: String,
        /// The name.
        name: String,
        /// The precondition: only the object with this uid.
        uid: String,
        /// `gracePeriodSeconds`, if not the object's own.
        grace: Option<i64>,
        /// What becomes of dependents, if not the resource's default.
        propagation: Option<Propagation>,
    },
    /// Binds a pod to a node (`pods/binding`): sets `spec.nodeName` and the condition `PodScheduled`.
    Bind {
        /// The namespace of the pod.
        namespace: String,
        /// The name of the pod.
        pod: String,
        /// The uid of the pod.
        uid: String,
        /// The name of the node.
        node: String,
    },
}

/// A change with its author, and what is announced once the API server has accepted it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Write {
    /// Who asks for it.
    pub by: Agent,
    /// What is asked for.
    pub change: Change,
    /// The event that follows an accepted change.
    pub then: Option<Event>,
    /// The event that follows a refusal; the server's message is appended to its message.
    pub otherwise: Option<Event>,
    /// The uid of the object on whose behalf it is done; a refusal is remembered under it.
    pub owner: String,
}

/// The API server's refusal of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The status code.
    pub code: u16,
    /// The machine-readable reason, such as `Forbidden`.
    pub reason: String,
    /// The message.
    pub message: String,
}

/// What an accepted change did to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Some object is another one now.
    Changed,
    /// The object was already as it was asked to be.
    Same,
}

/// The API server as controllers use it.
pub(crate) trait Api: Objects {
    /// Carries out one change.
    ///
    /// # Errors
    /// The refusal, as a client would get it.
    fn carry_out(&mut self, by: Agent, change: &Change) -> Result<Effect, Refusal>;
}

/// What one round decided.
#[derive(Debug, Default)]
pub(crate) struct Round {
    /// The writes, in the order in which they are to be made.
    pub writes: Vec<Write>,
    /// The events that do not hang on a write.
    pub events: Vec<Event>,
    /// When something is due although nothing changes.
    pub again_at: Option<Timestamp>,
}

impl Round {
    /// Adds a write that announces nothing.
    fn write(&mut self, by: Agent, change: Change) {
        self.writes.push(Write { by, change, then: None, otherwise: None, owner: String::new() });
    }

    /// Adds a new object made on behalf of another; its events tell of success and of refusal.
    fn create(&mut self, by: Agent, resource: (&str, &str), object: Value) {
        let change = Change::Create { group: resource.0.into(), resource: resource.1.into(), object };
        self.write(by, change);
    }

    /// Adds a changed object.
    fn replace(&mut self, by: Agent, resource: (&str, &str), object: Value, part: Part) {
        let change = Change::Replace { group: resource.0.into(), resource: resource.1.into(), object, part };
        self.write(by, change);
    }

    /// Adds the deletion of an object, with the resource's own grace and propagation.
    fn delete(&mut self, by: Agent, resource: (&str, &str), object: &Value) {
        self.write(by, deletion(resource, object, None, None));
    }

    /// Adds an event that hangs on no write.
    fn announce(&mut self, event: Event) {
        self.events.push(event);
    }

    fn wake(&mut self, at: Timestamp) {
        self.again_at = Some(self.again_at.map_or(at, |before| before.min(at)));
    }
}

/// The deletion of exactly this object.
fn deletion(
    resource: (&str, &str),
    object: &Value,
    grace: Option<i64>,
    propagation: Option<Propagation>,
) -> Change {
    Change::Delete {
        group: resource.0.into(),
        resource: resource.1.into(),
        namespace: fields::namespace(object).into(),
        name: fields::name(object).into(),
        uid: fields::uid(object).into(),
        grace,
        propagation,
    }
}

/// What is left after all controllers have come to rest.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// When to call again although nothing changes.
    pub again_at: Option<Timestamp>,
}

/// Decides what all controllers do in one state of the store. Cost: O(objects), but for what affinities and preemption compare.
pub(crate) fn round(objects: &dyn Objects, memory: &mut Memory, now: Timestamp) -> Round {
    let view = View::of(objects, now);
    let mut round = Round::default();
    namespaces::reconcile(&view, memory, &mut round);
    garbage::reconcile(&view, memory, &mut round);
    deployments::reconcile(&view, memory, &mut round);
    replica_sets::reconcile(&view, memory, &mut round);
    stateful_sets::reconcile(&view, memory, &mut round);
    daemon_sets::reconcile(&view, memory, &mut round);
    jobs::reconcile(&view, memory, &mut round);
    cron_jobs::reconcile(&view, memory, &mut round);
    volumes::reconcile(&view, memory, &mut round);
    endpoints::reconcile(&view, memory, &mut round);
    horizontal::reconcile(&view, memory, &mut round);
    disruption::reconcile(&view, memory, &mut round);
    quota_counts::reconcile(&view, &mut round);
    node_lifecycle::reconcile(&view, memory, &mut round);
    taint_eviction::reconcile(&view, memory, &mut round);
    scheduler::reconcile(&view, memory, &mut round);
    kubelet::reconcile(&view, memory, &mut round);
    round
}

/// Lets all controllers work until nothing is left to do at this time.
pub(crate) fn settle(api: &mut dyn Api, memory: &mut Memory, now: Timestamp) -> Settled {
    let mut settled = Settled::default();
    for _ in 0..ROUNDS_MAX {
        let round = round(api, memory, now);
        settled = Settled { again_at: round.again_at };
        let mut changed = false;
        for write in round.writes {
            changed |= carry_out(api, memory, &write, now);
        }
        for event in round.events {
            record(api, memory, &event, now);
        }
        if !changed {
            return settled;
        }
    }
    // An endless loop of ours must not hang the API server: the next wake-up tries again.
    settled.again_at = now.checked_add(jiff::SignedDuration::from_secs(1)).ok();
    settled
}

/// Makes one write. A conflict is no refusal: the next round decides from the newer object.
fn carry_out(api: &mut dyn Api, memory: &mut Memory, write: &Write, now: Timestamp) -> bool {
    if memory.is_blocked(&write.owner, now) {
        return false;
    }
    match api.carry_out(write.by, &write.change) {
        Ok(effect) => {
            memory.accepted(&write.owner);
            if let Some(event) = &write.then {
                record(api, memory, event, now);
            }
            effect == Effect::Changed
        }
        Err(refusal) if refusal.code == 409 && refusal.reason == "Conflict" => true,
        Err(refusal) => {
            let news = memory.refused(write, &refusal, now);
            if let Some(event) = news {
                record(api, memory, &event, now);
            }
            // A refusal that is remembered changes what the next round does; others would repeat for ever.
            !write.owner.is_empty()
        }
    }
}

/// Writes an event; that the namespace takes none (it is being deleted) is no error.
fn record(api: &mut dyn Api, memory: &mut Memory, event: &Event, now: Timestamp) {
    let change = events::change(api, memory, event, now);
    let _unheard = api.carry_out(event.source.agent(), &change);
}
