//! Volumes and claims: binding, protection while in use, release, and on the sandbox's own nodes the making of disks.
//!
//! Invariant: a volume is bound to one claim and a claim to one volume, each naming the other.
//! Rule: <https://kubernetes.io/docs/concepts/storage/persistent-volumes/>

use std::collections::HashSet;

use serde_json::{Value, json};

use super::events::Event;
use super::fields::{self, annotation, at, has_finalizer, is_going, list, namespace, set, stamp, text, uid};
use super::memory::Memory;
use super::pods::is_ended;
use super::quantities::milli;
use super::view::{Object, View};
use super::volume_plan::{
    SELECTED_NODE, claim_names, class_name, find, is_bound, reference, reserved, waits,
};
use super::{Agent, Part, Round};

const CLAIMS: (&str, &str) = ("", "persistentvolumeclaims");
const VOLUMES: (&str, &str) = ("", "persistentvolumes");
const CLASSES: (&str, &str) = ("storage.k8s.io", "storageclasses");
const SOURCE: &str = "persistentvolume-controller";
const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";
const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";
const PROVISIONER: &str = "volume.kubernetes.io/storage-provisioner";
const PROVISIONER_BETA: &str = "volume.beta.kubernetes.io/storage-provisioner";
const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";
const CLAIM_PROTECTION: &str = "kubernetes.io/pvc-protection";
const VOLUME_PROTECTION: &str = "kubernetes.io/pv-protection";

/// Brings claims and volumes together.
pub(super) fn reconcile(view: &View<'_>, memory: &mut Memory, round: &mut Round) {
    make_ephemeral(view, round);
    let mut taken = HashSet::new();
    let mut claims = view.all(CLAIMS.0, CLAIMS.1);
    claims.sort_by_cached_key(|claim| {
        (text(claim, "metadata.creationTimestamp").to_owned(), fields::name(claim).to_owned())
    });
    for claim in &claims {
        protect_claim(view, round, claim);
        if is_bound(claim) {
            check_bound(view, memory, round, claim);
        } else if !is_going(claim) {
            bind(view, memory, round, claim, &mut taken);
        }
    }
    for volume in view.all(VOLUMES.0, VOLUMES.1) {
        protect_volume(view, round, &volume);
        one_volume(view, round, &volume);
    }
}

/// Makes the claims of volumes that live as long as their pod.
fn make_ephemeral(view: &View<'_>, round: &mut Round) {
    for pod in view.pods.iter().filter(|pod| !is_ended(pod) && !is_going(pod)) {
        for volume in list(pod, "spec.volumes") {
            let Some(template) = at(volume, "ephemeral.volumeClaimTemplate") else { continue };
            let name = format!("{}-{}", fields::name(pod), text(volume, "name"));
            if view.get(CLAIMS.0, CLAIMS.1, namespace(pod), &name).is_some() {
                continue;
            }
            let mut object = json!({
                "apiVersion": "v1", "kind": "PersistentVolumeClaim",
                "metadata": template.get("metadata").cloned().unwrap_or_else(|| json!({})),
                "spec": template["spec"],
            });
            set(&mut object, "metadata.name", Value::from(name));
            set(&mut object, "metadata.namespace", Value::from(namespace(pod)));
            set(&mut object, "metadata.ownerReferences", json!([fields::controlled_by(pod)]));
            round.create(Agent::Controllers, CLAIMS, object);
        }
    }
}

/// A claim that is being deleted is held while a pod uses it.
fn protect_claim(view: &View<'_>, round: &mut Round, claim: &Value) {
    if !is_going(claim) || !has_finalizer(claim, CLAIM_PROTECTION) {
        return;
    }
    let uses = |pod: &Object| {
        !is_ended(pod)
            && !text(pod, "spec.nodeName").is_empty()
            && claim_names(pod).iter().any(|name| name == fields::name(claim))
    };
    if !view.pods_in(namespace(claim)).iter().any(uses) {
        let mut object = claim.clone();
        fields::drop_finalizer(&mut object, CLAIM_PROTECTION);
        round.replace(Agent::Controllers, CLAIMS, object, Part::Main);
    }
}

fn protect_volume(view: &View<'_>, round: &mut Round, volume: &Value) {
    let is_free = text(volume, "status.phase") != "Bound" || owner_of(view, volume).is_none();
    if is_going(volume) && has_finalizer(volume, VOLUME_PROTECTION) && is_free {
        let mut object = volume.clone();
        fields::drop_finalizer(&mut object, VOLUME_PROTECTION);
        round.replace(Agent::Controllers, VOLUMES, object, Part::Main);
    }
}

/// Says something about a claim once.
fn say(memory: &mut Memory, round: &mut Round, claim: &Value, event: Event) {
    let key = format!("claim {}", uid(claim));
    if memory.said.insert(key, event.message.clone()).as_ref() != Some(&event.message) {
        round.announce(event);
    }
}

fn check_bound(view: &View<'_>, memory: &mut Memory, round: &mut Round, claim: &Value) {
    let volume = view.get(VOLUMES.0, VOLUMES.1, "", text(claim, "spec.volumeName"));
    let Some(volume) = volume else {
        if text(claim, "status.phase") != "Lost" {
            let message = "Bound claim has lost its PersistentVolume. Data on the volume is lost!";
            say(memory, round, claim, Event::warning(SOURCE, claim, "ClaimLost", message));
            let mut object = claim.clone();
            object["status"] = json!({"phase": "Lost"});
            round.replace(Agent::Controllers, CLAIMS, object, Part::Status);
        }
        return;
    };
    if text(&volume, "spec.claimRef.uid") == uid(claim) {
        finish(round, claim, &volume);
        expand(view, memory, round, claim, &volume);
    }
}

/// The status of a bound claim.
fn finish(round: &mut Round, claim: &Value, volume: &Value) {
    let mut object = claim.clone();
    set(&mut object, "status.phase", Value::from("Bound"));
    set(&mut object, "status.accessModes", volume["spec"]["accessModes"].clone());
    if at(claim, "status.capacity").is_none() {
        set(&mut object, "status.capacity", volume["spec"]["capacity"].clone());
    }
    if object != *claim {
        round.replace(Agent::Controllers, CLAIMS, object, Part::Status);
    }
}

/// A larger request waits for who can grow the volume; on our own nodes that is done at once.
fn expand(view: &View<'_>, memory: &mut Memory, round: &mut Round, claim: &Value, volume: &Value) {
    let wanted = at(claim, "spec.resources.requests.storage").map_or(0, milli);
    let has = at(claim, "status.capacity.storage").map_or(0, milli);
    if wanted <= has || has == 0 {
        return;
    }
    if !view.has_cloud() {
        let message = "waiting for an external controller to expand this PVC";
        return say(
            memory,
            round,
            claim,
            Event::normal("volume_expand", claim, "ExternalExpanding", message),
        );
    }
    let mut grown = volume.clone();
    let size = claim["spec"]["resources"]["requests"]["storage"].clone();
    set(&mut grown, "spec.capacity.storage", size.clone());
    round.replace(Agent::Cloud, VOLUMES, grown, Part::Main);
    let mut object = claim.clone();
    set(&mut object, "status.capacity.storage", size);
    round.replace(Agent::Cloud, CLAIMS, object, Part::Status);
}

fn bind(view: &View<'_>, memory: &mut Memory, round: &mut Round, claim: &Value, taken: &mut HashSet<String>) {
    let named = text(claim, "spec.volumeName");
    if !named.is_empty() {
        let volume = view.get(VOLUMES.0, VOLUMES.1, "", named);
        return match volume {
            Some(volume) => couple(round, claim, &volume, taken),
            None => pend(round, claim),
        };
    }
    let class = view.get(CLASSES.0, CLASSES.1, "", class_name(claim));
    let waiting = class.as_ref().is_some_and(|class| waits(class));
    let found = find(view, claim, None, taken);
    // A class that waits is bound by the scheduler, unless a volume was promised to the claim.
    let found = found.filter(|volume| !waiting || at(volume, "spec.claimRef").is_some());
    match (found, class) {
        (Some(volume), _) => couple(round, claim, &volume, taken),
        (None, Some(class)) if !waiting || annotation(claim, SELECTED_NODE).is_some() => {
            provision(view, memory, round, claim, &class);
        }
        (None, Some(_)) => {
            let message = "waiting for first consumer to be created before binding";
            say(memory, round, claim, Event::normal(SOURCE, claim, "WaitForFirstConsumer", message));
            pend(round, claim);
        }
        (None, None) => {
            say(memory, round, claim, unprovided(claim));
            pend(round, claim);
        }
    }
}

fn unprovided(claim: &Value) -> Event {
    match class_name(claim) {
        "" => {
            let message = "no persistent volumes available for this claim and no storage class is set";
            Event::normal(SOURCE, claim, "FailedBinding", message)
        }
        class => {
            let message = format!("storageclass.storage.k8s.io \"{class}\" not found");
            Event::warning(SOURCE, claim, "ProvisioningFailed", message)
        }
    }
}

fn pend(round: &mut Round, claim: &Value) {
    if text(claim, "status.phase").is_empty() {
        let mut object = claim.clone();
        set(&mut object, "status.phase", Value::from("Pending"));
        round.replace(Agent::Controllers, CLAIMS, object, Part::Status);
    }
}

/// One step of binding: the volume names the claim, then the claim the volume.
fn couple(round: &mut Round, claim: &Value, volume: &Value, taken: &mut HashSet<String>) {
    let owner = text(volume, "spec.claimRef.uid");
    let is_ours = owner == uid(claim);
    let may_be = owner.is_empty()
        && (at(volume, "spec.claimRef").is_none()
            || (text(volume, "spec.claimRef.name") == fields::name(claim)
                && text(volume, "spec.claimRef.namespace") == namespace(claim)));
    if !is_ours && !may_be {
        return;
    }
    taken.insert(uid(volume).to_owned());
    if !is_ours {
        let mut object = volume.clone();
        if at(volume, "spec.claimRef").is_none() {
            object = reserved(volume, claim);
        } else {
            set(&mut object, "spec.claimRef", reference(claim));
        }
        return round.replace(Agent::Controllers, VOLUMES, object, Part::Main);
    }
    let mut object = claim.clone();
    if text(claim, "spec.volumeName").is_empty() {
        set(&mut object, "spec.volumeName", Value::from(fields::name(volume)));
        fields::annotate(&mut object, BOUND_BY_CONTROLLER, "yes");
    }
    fields::annotate(&mut object, BIND_COMPLETED, "yes");
    round.replace(Agent::Controllers, CLAIMS, object, Part::Main);
}

/// Asks for a volume; on our own nodes it is made, elsewhere whoever runs the provisioner makes it.
fn provision(view: &View<'_>, memory: &mut Memory, round: &mut Round, claim: &Value, class: &Value) {
    let provisioner = text(class, "provisioner");
    if provisioner == "kubernetes.io/no-provisioner" || provisioner.is_empty() {
        return pend(round, claim);
    }
    if annotation(claim, PROVISIONER).is_none() {
        let mut object = claim.clone();
        fields::annotate(&mut object, PROVISIONER_BETA, provisioner);
        fields::annotate(&mut object, PROVISIONER, provisioner);
        return round.replace(Agent::Controllers, CLAIMS, object, Part::Main);
    }
    let message = format!(
        "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the system \
administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered."
    );
    say(memory, round, claim, Event::normal(SOURCE, claim, "ExternalProvisioning", message));
    pend(round, claim);
    if view.has_cloud() && provisioner.ends_with(".csi.azure.com") {
        round.create(Agent::Cloud, VOLUMES, disk(view, claim, class));
    }
}

/// The volume that Azure's drivers make for a claim.
fn disk(view: &View<'_>, claim: &Value, class: &Value) -> Value {
    let provisioner = text(class, "provisioner");
    let name = format!("pvc-{}", uid(claim));
    let reclaim = match text(class, "reclaimPolicy") {
        "" => "Delete",
        policy => policy,
    };
    let mut object = json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {PROVISIONED_BY: provisioner}},
        "spec": {
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "accessModes": claim["spec"]["accessModes"],
            "persistentVolumeReclaimPolicy": reclaim,
            "storageClassName": class_name(claim),
            "volumeMode": match text(claim, "spec.volumeMode") { "" => "Filesystem", mode => mode },
            "claimRef": reference(claim),
            "csi": {"driver": provisioner, "volumeHandle": name},
        },
    });
    let node = annotation(claim, SELECTED_NODE).and_then(|name| view.node(name));
    let zone = node.and_then(|node| fields::label(node, "topology.disk.csi.azure.com/zone"));
    if let Some(zone) = zone.filter(|_| provisioner == "disk.csi.azure.com") {
        let term = json!({"key": "topology.disk.csi.azure.com/zone", "operator": "In", "values": [zone]});
        set(
            &mut object,
            "spec.nodeAffinity",
            json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [term]}]}}),
        );
    }
    object
}

/// The claim that a volume names, if it is that one.
fn owner_of(view: &View<'_>, volume: &Value) -> Option<Object> {
    let claim = at(volume, "spec.claimRef")?;
    let live = view.get(CLAIMS.0, CLAIMS.1, text(claim, "namespace"), text(claim, "name"))?;
    (text(claim, "uid").is_empty() || text(claim, "uid") == uid(&live)).then_some(live)
}

fn one_volume(view: &View<'_>, round: &mut Round, volume: &Value) {
    let claim = owner_of(view, volume);
    let has_owner = !text(volume, "spec.claimRef.uid").is_empty();
    let phase = match (&claim, has_owner) {
        (Some(claim), true) if text(claim, "spec.volumeName") == fields::name(volume) => "Bound",
        (Some(_), true) => match text(volume, "status.phase") {
            "" => "Pending",
            phase => phase,
        },
        (None, true) => "Released",
        (_, false) => "Available",
    };
    if text(volume, "status.phase") != phase && !(phase == "Released" && is_going(volume)) {
        let mut object = volume.clone();
        set(&mut object, "status.phase", Value::from(phase));
        set(&mut object, "status.lastPhaseTransitionTime", stamp(view.now));
        return round.replace(Agent::Controllers, VOLUMES, object, Part::Status);
    }
    let is_ours = annotation(volume, PROVISIONED_BY).is_some_and(|by| by.ends_with(".csi.azure.com"));
    let goes = phase == "Released" && text(volume, "spec.persistentVolumeReclaimPolicy") == "Delete";
    if goes && is_ours && view.has_cloud() && !is_going(volume) {
        round.delete(Agent::Cloud, VOLUMES, volume);
    }
}
