//! The claims of a pod in the eyes of the scheduler: what is bound, what is to be bound once a node is chosen.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::fields::{self, annotation, at, is_going, list, map, namespace, set, text, uid};
use super::pods::is_ended;
use super::quantities::milli;
use super::scheduling::Place;
use super::selectors::{self, node_selector, node_term};
use super::view::{Object, View};
use super::{Agent, Part, Round};

/// The annotation with the node that a claim's volume is to be made for.
pub(super) const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
const CLAIMS: (&str, &str) = ("", "persistentvolumeclaims");
const VOLUMES: (&str, &str) = ("", "persistentvolumes");

/// What the claims of a pod demand of a node.
#[derive(Default)]
pub(super) struct VolumePlan {
    bound: Vec<Object>,
    open: Vec<(Object, Object)>,
    exclusive: Vec<String>,
}

/// The claims that a pod uses, by name.
pub(super) fn claim_names(pod: &Value) -> Vec<String> {
    list(pod, "spec.volumes")
        .iter()
        .filter_map(|volume| {
            if at(volume, "ephemeral").is_some() {
                return Some(format!("{}-{}", fields::name(pod), text(volume, "name")));
            }
            Some(text(at(volume, "persistentVolumeClaim")?, "claimName").to_owned())
        })
        .collect()
}

/// The class of a claim or volume.
pub(super) fn class_name(object: &Value) -> &str {
    annotation(object, "volume.beta.kubernetes.io/storage-class")
        .unwrap_or_else(|| text(object, "spec.storageClassName"))
}

/// Whether a class leaves binding to the scheduler.
pub(super) fn waits(class: &Value) -> bool {
    text(class, "volumeBindingMode") == "WaitForFirstConsumer"
}

/// Whether the volume controller has completed a claim's binding.
pub(super) fn is_bound(claim: &Value) -> bool {
    !text(claim, "spec.volumeName").is_empty()
        && annotation(claim, "pv.kubernetes.io/bind-completed").is_some()
}

impl VolumePlan {
    /// Looks at the claims of a pod.
    ///
    /// # Errors
    /// The reason for which no node at all can take the pod yet.
    pub(super) fn of(view: &View<'_>, pod: &Value) -> Result<Self, String> {
        let mut plan = Self::default();
        for name in claim_names(pod) {
            let Some(claim) = view.get(CLAIMS.0, CLAIMS.1, namespace(pod), &name) else {
                return Err(format!("persistentvolumeclaim \"{name}\" not found"));
            };
            if is_going(&claim) {
                return Err(format!("persistentvolumeclaim \"{name}\" is being deleted"));
            }
            if text(&claim, "status.phase") == "Lost" {
                let volume = text(&claim, "spec.volumeName");
                return Err(format!(
                    "persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{volume}\""
                ));
            }
            if list(&claim, "spec.accessModes").iter().any(|mode| mode == "ReadWriteOncePod") {
                plan.exclusive.push(name.clone());
            }
            plan.add(view, claim)?;
        }
        Ok(plan)
    }

    fn add(&mut self, view: &View<'_>, claim: Object) -> Result<(), String> {
        if is_bound(&claim) {
            let volume = view.get(VOLUMES.0, VOLUMES.1, "", text(&claim, "spec.volumeName"));
            self.bound.extend(volume);
            return Ok(());
        }
        let class = view.get("storage.k8s.io", "storageclasses", "", class_name(&claim));
        match class.filter(|class| waits(class) && text(&claim, "spec.volumeName").is_empty()) {
            Some(class) => {
                self.open.push((claim, class));
                Ok(())
            }
            None => Err("pod has unbound immediate PersistentVolumeClaims".into()),
        }
    }

    /// Whether the claims suit a place.
    pub(super) fn fits(
        &self,
        view: &View<'_>,
        pod: &Value,
        place: &Place,
    ) -> Result<(), (&'static str, bool)> {
        if self.is_taken(view, pod, place) {
            return Err((
                "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod",
                true,
            ));
        }
        for volume in &self.bound {
            let reachable = at(volume, "spec.nodeAffinity.required")
                .is_none_or(|selector| node_selector(selector, &place.node));
            if !reachable {
                return Err(("node(s) didn't match PersistentVolume's node affinity", false));
            }
        }
        let mut taken = HashSet::new();
        for (claim, class) in &self.open {
            match find(view, claim, Some(&place.node), &taken) {
                Some(volume) => {
                    taken.insert(uid(&volume).to_owned());
                }
                None if provisions(class, &place.node) => {}
                None => return Err(("node(s) didn't find available persistent volumes to bind", false)),
            }
        }
        Ok(())
    }

    /// Whether a claim for one pod only is in use; pods that could be preempted are looked for on the place alone.
    fn is_taken(&self, view: &View<'_>, pod: &Value, place: &Place) -> bool {
        let uses = |other: &Value| {
            let names = claim_names(other);
            uid(other) != uid(pod) && self.exclusive.iter().any(|name| names.contains(name))
        };
        if self.exclusive.is_empty() {
            return false;
        }
        let elsewhere = view
            .pods_in(namespace(pod))
            .iter()
            .filter(|other| !is_ended(other) && !["", place.name()].contains(&text(other, "spec.nodeName")));
        let here = place.pods.iter().filter(|other| namespace(other) == namespace(pod));
        elsewhere.chain(here).any(|other| uses(other))
    }

    /// Whether binding waits for volumes.
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// The node that the open claims were promised to.
    pub(super) fn promised(&self) -> Option<&str> {
        self.open.iter().find_map(|(claim, _)| annotation(claim, SELECTED_NODE))
    }

    /// Binds open claims to volumes that fit the node, and asks for the others to be made.
    pub(super) fn claim_for(&self, view: &View<'_>, node: &Value, round: &mut Round) {
        let mut taken = HashSet::new();
        for (claim, _) in &self.open {
            match find(view, claim, Some(node), &taken) {
                Some(volume) => {
                    taken.insert(uid(&volume).to_owned());
                    if at(&volume, "spec.claimRef").is_none() {
                        round.replace(Agent::Scheduler, VOLUMES, reserved(&volume, claim), Part::Main);
                    }
                }
                None if annotation(claim, SELECTED_NODE) != Some(fields::name(node)) => {
                    let mut object = Value::clone(claim);
                    fields::annotate(&mut object, SELECTED_NODE, fields::name(node));
                    round.replace(Agent::Scheduler, CLAIMS, object, Part::Main);
                }
                None => {}
            }
        }
    }
}

/// A volume reserved for a claim by a controller.
pub(super) fn reserved(volume: &Value, claim: &Value) -> Value {
    let mut object = volume.clone();
    fields::annotate(&mut object, "pv.kubernetes.io/bound-by-controller", "yes");
    set(&mut object, "spec.claimRef", reference(claim));
    object
}

/// The reference from a volume to its claim.
pub(super) fn reference(claim: &Value) -> Value {
    json!({
        "kind": "PersistentVolumeClaim",
        "apiVersion": "v1",
        "namespace": namespace(claim),
        "name": fields::name(claim),
        "uid": uid(claim),
        "resourceVersion": text(claim, "metadata.resourceVersion"),
    })
}

/// Whether a class can make a volume for a node.
fn provisions(class: &Value, node: &Value) -> bool {
    let provisioner = text(class, "provisioner");
    let terms = list(class, "allowedTopologies");
    !provisioner.is_empty()
        && provisioner != "kubernetes.io/no-provisioner"
        && (terms.is_empty() || terms.iter().any(|term| topology(term, node)))
}

fn topology(term: &Value, node: &Value) -> bool {
    let expressions: Vec<Value> = list(term, "matchLabelExpressions")
        .iter()
        .map(|one| json!({"key": one["key"], "operator": "In", "values": one["values"]}))
        .collect();
    node_term(&json!({"matchExpressions": expressions}), node)
}

/// The smallest volume that fits a claim (and a node), one that is already promised to it first.
pub(super) fn find(
    view: &View<'_>,
    claim: &Value,
    node: Option<&Value>,
    taken: &HashSet<String>,
) -> Option<Object> {
    let wanted = at(claim, "spec.resources.requests.storage").map_or(0, milli);
    let promised = |volume: &Value| {
        text(volume, "spec.claimRef.name") == fields::name(claim)
            && text(volume, "spec.claimRef.namespace") == namespace(claim)
            && ["", uid(claim)].contains(&text(volume, "spec.claimRef.uid"))
    };
    view.all(VOLUMES.0, VOLUMES.1)
        .into_iter()
        .filter(|volume| !is_going(volume) && !taken.contains(uid(volume)) && fits(volume, claim))
        .filter(|volume| match at(volume, "spec.claimRef") {
            Some(_) => promised(volume),
            None => text(volume, "status.phase") != "Released" && text(volume, "status.phase") != "Failed",
        })
        .filter(|volume| {
            let affinity = at(volume, "spec.nodeAffinity.required");
            node.zip(affinity).is_none_or(|(node, affinity)| node_selector(affinity, node))
        })
        .filter(|volume| at(volume, "spec.capacity.storage").map_or(0, milli) >= wanted)
        .min_by_key(|volume| {
            let size = at(volume, "spec.capacity.storage").map_or(0, milli);
            (!promised(volume), size, fields::name(volume).to_owned())
        })
}

/// Whether class, modes and labels of a volume suit a claim.
fn fits(volume: &Value, claim: &Value) -> bool {
    let modes = list(volume, "spec.accessModes");
    let mode = |object: &Value| match text(object, "spec.volumeMode") {
        "" => "Filesystem".to_owned(),
        mode => mode.to_owned(),
    };
    class_name(volume) == class_name(claim)
        && mode(volume) == mode(claim)
        && list(claim, "spec.accessModes").iter().all(|wanted| modes.contains(wanted))
        && at(claim, "spec.selector")
            .is_none_or(|selector| selectors::matches(Some(selector), map(volume, "metadata.labels")))
        && text(volume, "spec.volumeAttributesClassName") == text(claim, "spec.volumeAttributesClassName")
}
