//! The places that the scheduler chooses from, and the filters that a place has to pass, in the order of the real plug-ins.
//!
//! Invariant: the first plug-in that objects gives the reasons for a node; later ones are not asked.
//! Rule: <https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins>

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::fields::{self, at, count, is_set, list, map, namespace, text, uid};
use super::pods::{is_ended, requests};
use super::quantities::{Amounts, Milli, add, amounts};
use super::selectors::{equals_all, node_selector, tolerated};
use super::topology::{Neighbours, Spreads};
use super::view::{Object, View};
use super::volume_plan::VolumePlan;

/// What a container without requests is taken to need when nodes are compared.
const ASSUMED_CPU: Milli = 100;
const ASSUMED_MEMORY: Milli = 200 * 1024 * 1024 * 1000;
const REQUIRED: &str = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution";

/// A node with what is on it.
#[derive(Clone)]
pub(super) struct Place {
    /// The node.
    pub(super) node: Object,
    /// What it has for pods.
    pub(super) allocatable: Amounts,
    /// What its pods have asked for.
    pub(super) used: Amounts,
    /// What its pods are taken to need of cpu and memory, for comparing.
    pub(super) load: (Milli, Milli),
    /// Its pods that have not ended, nominated ones included.
    pub(super) pods: Vec<Object>,
}

impl Place {
    /// A node with the pods that are bound to it.
    pub(super) fn of(view: &View<'_>, node: &Object) -> Self {
        let mut place = Self {
            node: Arc::clone(node),
            allocatable: amounts(map(node, "status.allocatable").or_else(|| map(node, "status.capacity"))),
            used: Amounts::new(),
            load: (0, 0),
            pods: Vec::new(),
        };
        view.pods_on(fields::name(node)).iter().filter(|pod| !is_ended(pod)).for_each(|pod| place.take(pod));
        place
    }

    /// The name of the node.
    pub(super) fn name(&self) -> &str {
        fields::name(&self.node)
    }

    /// Counts a pod in.
    pub(super) fn take(&mut self, pod: &Object) {
        add(&mut self.used, &requests(pod));
        let (cpu, memory) = load(pod);
        self.load = (self.load.0 + cpu, self.load.1 + memory);
        self.pods.push(Arc::clone(pod));
    }

    /// The place without some pods.
    pub(super) fn without(&self, gone: &HashSet<String>) -> Self {
        let mut place = Self { used: Amounts::new(), load: (0, 0), pods: Vec::new(), ..self.clone() };
        self.pods.iter().filter(|pod| !gone.contains(uid(pod))).for_each(|pod| place.take(pod));
        place
    }
}

/// What a pod is taken to need of cpu and memory when nodes are compared.
pub(super) fn load(pod: &Value) -> (Milli, Milli) {
    let asked = requests(pod);
    let containers = i128::try_from(list(pod, "spec.containers").len()).unwrap_or(1);
    let of = |name: &str, assumed: Milli| match asked.get(name).copied().unwrap_or(0) {
        0 => assumed * containers,
        amount => amount,
    };
    (of("cpu", ASSUMED_CPU), of("memory", ASSUMED_MEMORY))
}

/// Why a place does not take a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Objection {
    /// The reasons, each counted in the message.
    pub(super) reasons: Vec<String>,
    /// Whether it could be otherwise without other pods.
    pub(super) preemptible: bool,
}

#[expect(clippy::fn_params_excessive_bools, reason = "it is the truth value that the objection holds")]
fn object<T>(reason: &str, preemptible: bool) -> Result<T, Objection> {
    Err(Objection { reasons: vec![reason.into()], preemptible })
}

/// A pod that looks for a place, with what is known of it for all places.
pub(super) struct Incoming<'a> {
    /// The pod.
    pub(super) pod: &'a Value,
    /// What it asks for.
    pub(super) requests: Amounts,
    /// Its claims.
    pub(super) volumes: VolumePlan,
    /// The only nodes it may go to, if it names them.
    pub(super) only: Option<HashSet<String>>,
}

impl<'a> Incoming<'a> {
    /// Gathers what a pod needs.
    pub(super) fn of(pod: &'a Value, volumes: VolumePlan) -> Self {
        Self { pod, requests: requests(pod), volumes, only: named_nodes(pod) }
    }
}

/// The nodes that a pod's required affinity names, if every term names some.
fn named_nodes(pod: &Value) -> Option<HashSet<String>> {
    let terms = list(at(pod, REQUIRED)?, "nodeSelectorTerms");
    let mut all = HashSet::new();
    for term in terms {
        let fields: Vec<&Value> = list(term, "matchFields")
            .iter()
            .filter(|one| text(one, "key") == "metadata.name" && text(one, "operator") == "In")
            .collect();
        if fields.is_empty() {
            return None;
        }
        all.extend(
            fields
                .iter()
                .flat_map(|one| list(one, "values"))
                .filter_map(|one| one.as_str().map(str::to_owned)),
        );
    }
    (!terms.is_empty()).then_some(all)
}

/// Whether a node's labels and name suit a pod.
pub(super) fn suits(pod: &Value, node: &Value) -> bool {
    equals_all(map(pod, "spec.nodeSelector"), map(node, "metadata.labels"))
        && at(pod, REQUIRED).is_none_or(|selector| node_selector(selector, node))
}

/// The taints of a node that a pod does not tolerate and that forbid.
pub(super) fn is_repelled(pod: &Value, node: &Value) -> bool {
    list(node, "spec.taints")
        .iter()
        .any(|taint| matches!(text(taint, "effect"), "NoSchedule" | "NoExecute") && !tolerated(pod, taint))
}

/// What the whole cluster means for one pod: computed once for all places, and anew for places without victims.
pub(super) struct Surroundings {
    neighbours: Neighbours,
    spreads: Spreads,
}

impl Surroundings {
    /// Looks around for a pod, as if some pods had gone. Cost: O(pods) if affinities or spreading matter.
    pub(super) fn of(
        view: &View<'_>,
        incoming: &Incoming<'_>,
        places: &[Place],
        gone: &HashSet<String>,
    ) -> Self {
        Self {
            neighbours: Neighbours::of(view, incoming.pod, places, gone),
            spreads: Spreads::required(incoming.pod, places, gone),
        }
    }
}

/// Passes a pod through all filters of a place.
pub(super) fn filter(
    view: &View<'_>,
    incoming: &Incoming<'_>,
    place: &Place,
    around: &Surroundings,
) -> Result<(), Objection> {
    let (pod, node) = (incoming.pod, &*place.node);
    if incoming.only.as_ref().is_some_and(|only| !only.contains(place.name())) {
        return object("node(s) didn't satisfy plugin(s) [NodeAffinity]", false);
    }
    let cordon = json!({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"});
    if is_set(node, "spec.unschedulable") && !tolerated(pod, &cordon) {
        return object("node(s) were unschedulable", false);
    }
    if is_repelled(pod, node) {
        return object("node(s) had untolerated taint(s)", false);
    }
    if !suits(pod, node) {
        return object("node(s) didn't match Pod's node affinity/selector", false);
    }
    if !has_free_ports(pod, place) {
        return object("node(s) didn't have free ports for the requested pod ports", true);
    }
    fits(incoming, place)?;
    incoming.volumes.fits(view, pod, place).or_else(|(reason, preemptible)| object(reason, preemptible))?;
    around.spreads.fits(node).or_else(|(reason, preemptible)| object(reason, preemptible))?;
    around.neighbours.fits(node).or_else(|(reason, preemptible)| object(reason, preemptible))
}

/// Whether what a pod asks for is left on a place.
fn fits(incoming: &Incoming<'_>, place: &Place) -> Result<(), Objection> {
    let most = place.allocatable.get("pods").copied().unwrap_or(0);
    let there = i128::try_from(place.pods.len()).unwrap_or(i128::MAX / 2000);
    let mut reasons = Vec::new();
    let mut preemptible = true;
    if (there + 1) * 1000 > most {
        reasons.push("Too many pods".to_owned());
    }
    for (name, wanted) in incoming.requests.iter().filter(|(_, wanted)| **wanted > 0) {
        let all = place.allocatable.get(name).copied().unwrap_or(0);
        let used = place.used.get(name).copied().unwrap_or(0);
        if *wanted > all - used {
            reasons.push(format!("Insufficient {name}"));
            preemptible &= *wanted <= all;
        }
    }
    if reasons.is_empty() { Ok(()) } else { Err(Objection { reasons, preemptible }) }
}

/// The host ports of a pod.
fn host_ports(pod: &Value) -> Vec<(i64, String, String)> {
    let containers = list(pod, "spec.containers")
        .iter()
        .chain(list(pod, "spec.initContainers").iter().filter(|one| text(one, "restartPolicy") == "Always"));
    containers
        .flat_map(|container| list(container, "ports"))
        .filter(|port| count(port, "hostPort") > 0)
        .map(|port| {
            let or = |key: &str, other: &str| match text(port, key) {
                "" => other.to_owned(),
                value => value.to_owned(),
            };
            (count(port, "hostPort"), or("protocol", "TCP"), or("hostIP", "0.0.0.0"))
        })
        .collect()
}

fn has_free_ports(pod: &Value, place: &Place) -> bool {
    let wanted = host_ports(pod);
    if wanted.is_empty() {
        return true;
    }
    let any = "0.0.0.0";
    !place.pods.iter().flat_map(|other| host_ports(other)).any(|taken| {
        wanted.iter().any(|one| {
            one.0 == taken.0 && one.1 == taken.1 && (one.2 == taken.2 || one.2 == any || taken.2 == any)
        })
    })
}

/// Whether two pods live in one namespace.
pub(super) fn same_namespace(a: &Value, b: &Value) -> bool {
    namespace(a) == namespace(b)
}
