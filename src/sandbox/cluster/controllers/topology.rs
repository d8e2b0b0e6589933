//! Pods beside pods: affinity, anti-affinity and spreading over the values of a node label.
//!
//! Rule: <https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity>,
//! <https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/>

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::fields::{at, count, int, is_going, label, list, map, namespace, text, uid};
use super::scheduling::{Place, is_repelled, same_namespace, suits};
use super::selectors::matches;
use super::view::View;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// A label of nodes with one of its values.
type Domain = (String, String);

/// The required terms of a pod's affinity of one sort (`podAffinity`, `podAntiAffinity`).
fn required<'a>(pod: &'a Value, sort: &str) -> &'a [Value] {
    list(pod, &format!("spec.affinity.{sort}.{REQUIRED}"))
}

/// Whether a pod is one that a term of `owner` means.
fn means(view: &View<'_>, owner: &Value, term: &Value, pod: &Value) -> bool {
    matches(at(term, "labelSelector"), map(pod, "metadata.labels"))
        && covers(view, owner, term, namespace(pod))
}

/// Whether a term covers a namespace; without any mention it covers its owner's.
fn covers(view: &View<'_>, owner: &Value, term: &Value, space: &str) -> bool {
    let named = list(term, "namespaces");
    let selector = at(term, "namespaceSelector");
    if named.is_empty() && selector.is_none() {
        return namespace(owner) == space;
    }
    named.iter().any(|one| one == space)
        || selector.is_some_and(|selector| {
            let found = view.get("", "namespaces", "", space);
            matches(Some(selector), found.as_ref().and_then(|one| map(one, "metadata.labels")))
                || selector.as_object().is_some_and(serde_json::Map::is_empty)
        })
}

fn domain(term: &Value, node: &Value) -> Option<Domain> {
    let key = text(term, "topologyKey");
    Some((key.to_owned(), label(node, key)?.to_owned()))
}

/// What the pods that are there mean for one that comes.
pub(super) struct Neighbours {
    /// Where pods are that do not want this one.
    forbidden: HashSet<Domain>,
    /// Where pods are that this one does not want.
    shunned: HashSet<Domain>,
    /// The label keys of the wanted neighbours.
    wanted: Vec<String>,
    /// Where those neighbours are.
    found: HashSet<Domain>,
    /// Whether the pod would be the first of its kind and may go anywhere.
    is_first: bool,
}

impl Neighbours {
    /// Looks at all pods, as if some had gone.
    pub(super) fn of(view: &View<'_>, pod: &Value, places: &[Place], gone: &HashSet<String>) -> Self {
        let mut found = Self {
            forbidden: HashSet::new(),
            shunned: HashSet::new(),
            wanted: Vec::new(),
            found: HashSet::new(),
            is_first: false,
        };
        let (near, far) = (required(pod, "podAffinity"), required(pod, "podAntiAffinity"));
        found.wanted = near.iter().map(|term| text(term, "topologyKey").to_owned()).collect();
        let mut any = false;
        for place in places {
            for other in
                place.pods.iter().filter(|other| !gone.contains(uid(other)) && uid(other) != uid(pod))
            {
                let theirs = required(other, "podAntiAffinity").iter();
                let hostile = theirs.filter(|term| means(view, other, term, pod));
                found.forbidden.extend(hostile.filter_map(|term| domain(term, &place.node)));
                let shunned = far.iter().filter(|term| means(view, pod, term, other));
                found.shunned.extend(shunned.filter_map(|term| domain(term, &place.node)));
                if !near.is_empty() && near.iter().all(|term| means(view, pod, term, other)) {
                    any = true;
                    found.found.extend(near.iter().filter_map(|term| domain(term, &place.node)));
                }
            }
        }
        found.is_first = !any && near.iter().all(|term| means(view, pod, term, pod));
        found
    }

    /// Whether a node is among the right neighbours.
    pub(super) fn fits(&self, node: &Value) -> Result<(), (&'static str, bool)> {
        let here = |key: &str| label(node, key).map(|value| (key.to_owned(), value.to_owned()));
        let near = self
            .wanted
            .iter()
            .all(|key| here(key).is_some_and(|domain| self.found.contains(&domain) || self.is_first));
        if !near {
            return Err(("node(s) didn't match pod affinity rules", false));
        }
        let is_here = |(key, value): &Domain| label(node, key) == Some(value);
        if self.shunned.iter().any(is_here) {
            return Err(("node(s) didn't match pod anti-affinity rules", true));
        }
        if self.forbidden.iter().any(is_here) {
            return Err(("node(s) didn't satisfy existing pods anti-affinity rules", true));
        }
        Ok(())
    }
}

/// The preference of a pod, and of the pods that are there, for each place.
pub(super) fn liking(view: &View<'_>, pod: &Value, places: &[Place]) -> HashMap<Domain, i64> {
    let mut score: HashMap<Domain, i64> = HashMap::new();
    let weighted = |pod: &Value, sort: &str| -> Vec<(i64, Value)> {
        list(pod, &format!("spec.affinity.{sort}.{PREFERRED}"))
            .iter()
            .map(|one| (count(one, "weight"), one["podAffinityTerm"].clone()))
            .collect()
    };
    let mine = [(1, weighted(pod, "podAffinity")), (-1, weighted(pod, "podAntiAffinity"))];
    for place in places {
        for other in &place.pods {
            let theirs = [(1, weighted(other, "podAffinity")), (-1, weighted(other, "podAntiAffinity"))];
            let hard = required(other, "podAffinity").iter().map(|term| (1, term.clone())).collect();
            let terms = mine.iter().map(|one| (one, pod, &**other));
            let hard = (1, hard);
            let terms = terms.chain(theirs.iter().chain([&hard]).map(|one| (one, &**other, pod)));
            for ((sign, weighted), owner, target) in terms {
                for (weight, term) in weighted {
                    if means(view, owner, term, target)
                        && let Some(domain) = domain(term, &place.node)
                    {
                        *score.entry(domain).or_default() += sign * weight;
                    }
                }
            }
        }
    }
    score
}

/// One spread constraint with the pods it counts.
struct Spread {
    key: String,
    skew: i64,
    own: i64,
    least: i64,
    counts: HashMap<String, i64>,
}

/// The spread constraints of a pod.
pub(super) struct Spreads(Vec<Spread>);

impl Spreads {
    /// The constraints that must hold, counted as if some pods had gone.
    pub(super) fn required(pod: &Value, places: &[Place], gone: &HashSet<String>) -> Self {
        let hard: Vec<&Value> = list(pod, "spec.topologySpreadConstraints")
            .iter()
            .filter(|one| text(one, "whenUnsatisfiable") != "ScheduleAnyway")
            .collect();
        let keys: Vec<&str> = hard.iter().map(|one| text(one, "topologyKey")).collect();
        Self(hard.iter().map(|one| Spread::of(pod, one, &keys, places, gone)).collect())
    }

    /// Whether a pod on this node keeps the spread.
    pub(super) fn fits(&self, node: &Value) -> Result<(), (&'static str, bool)> {
        if self.0.iter().any(|one| label(node, &one.key).is_none()) {
            return Err((
                "node(s) didn't match pod topology spread constraints (missing required label)",
                false,
            ));
        }
        for one in &self.0 {
            let here = label(node, &one.key).and_then(|value| one.counts.get(value)).copied().unwrap_or(0);
            if here + one.own - one.least > one.skew {
                return Err(("node(s) didn't match pod topology spread constraints", true));
            }
        }
        Ok(())
    }
}

/// The label selector of a constraint, with the values of the pod's own labels that it names.
fn selector(pod: &Value, constraint: &Value) -> Value {
    let mut selector = at(constraint, "labelSelector").cloned().unwrap_or(Value::Null);
    for key in list(constraint, "matchLabelKeys").iter().filter_map(Value::as_str) {
        if let Some(value) = label(pod, key) {
            if selector.is_null() {
                selector = json!({});
            }
            selector["matchLabels"][key] = Value::from(value);
        }
    }
    selector
}

/// Whether a node takes part in a constraint's counting.
fn takes_part(pod: &Value, constraint: &Value, node: &Value) -> bool {
    let ignores_affinity = text(constraint, "nodeAffinityPolicy") == "Ignore";
    let honours_taints = text(constraint, "nodeTaintsPolicy") == "Honor";
    (ignores_affinity || suits(pod, node)) && !(honours_taints && is_repelled(pod, node))
}

impl Spread {
    fn of(pod: &Value, constraint: &Value, keys: &[&str], places: &[Place], gone: &HashSet<String>) -> Self {
        let key = text(constraint, "topologyKey");
        let selector = selector(pod, constraint);
        let counts_in = |other: &Value| {
            same_namespace(pod, other)
                && !is_going(other)
                && !gone.contains(uid(other))
                && matches(Some(&selector), map(other, "metadata.labels"))
        };
        let mut counts: HashMap<String, i64> = HashMap::new();
        for place in places {
            let whole = keys.iter().all(|key| label(&place.node, key).is_some());
            if !whole || !takes_part(pod, constraint, &place.node) {
                continue;
            }
            let Some(value) = label(&place.node, key) else { continue };
            let here = place.pods.iter().filter(|other| counts_in(other)).count();
            *counts.entry(value.to_owned()).or_default() += super::replica_sets::size(here);
        }
        let domains = super::replica_sets::size(counts.len());
        let few = int(constraint, "minDomains").is_some_and(|least| domains < least);
        let least = if few { 0 } else { counts.values().copied().min().unwrap_or(0) };
        Self {
            key: key.to_owned(),
            skew: int(constraint, "maxSkew").unwrap_or(1),
            own: i64::from(matches(Some(&selector), map(pod, "metadata.labels"))),
            least,
            counts,
        }
    }
}

/// The crowdedness of a node under the constraints that are only wished for; less is better.
pub(super) fn crowd(pod: &Value, place: &Place, places: &[Place]) -> i64 {
    let own = list(pod, "spec.topologySpreadConstraints");
    let wished: Vec<Value> = if own.is_empty() {
        default_constraints(pod)
    } else {
        own.iter().filter(|one| text(one, "whenUnsatisfiable") == "ScheduleAnyway").cloned().collect()
    };
    let mut total = 0;
    for constraint in &wished {
        let key = text(constraint, "topologyKey");
        let Some(value) = label(&place.node, key) else { continue };
        let selector = selector(pod, constraint);
        let here = places.iter().filter(|other| label(&other.node, key) == Some(value));
        let counted = here.flat_map(|other| &other.pods).filter(|other| {
            same_namespace(pod, other)
                && !is_going(other)
                && matches(Some(&selector), map(other, "metadata.labels"))
        });
        total += super::replica_sets::size(counted.count());
    }
    total
}

/// Pods of a controller are spread over hosts and zones even if nobody says so.
fn default_constraints(pod: &Value) -> Vec<Value> {
    let labels = match map(pod, "metadata.labels") {
        Some(labels) if super::fields::controller(pod).is_some() => labels,
        Some(_) | None => return Vec::new(),
    };
    let selector = json!({"matchLabels": labels});
    ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
        .into_iter()
        .map(|key| json!({"topologyKey": key, "labelSelector": selector}))
        .collect()
}
