//! StatefulSets: pods with a fixed number, made and given up in order, each with its own claims.
//!
//! Invariant: two pods of one number never exist at once.
//! Invariant: with `OrderedReady` one thing happens at a time, and nothing while a pod before it is not available.
//! Rule: <https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/>

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::claims::claim;
use super::events::Event;
use super::fields::{
    self, Rounding, at, count, int, is_going, label, list, map, namespace, scaled, set, set_count, text, uid,
};
use super::history::{self, Style};
use super::memory::Memory;
use super::pods::{self, Availability, availability, is_ended, is_ready};
use super::rollout::wanted;
use super::selectors;
use super::view::{Object, View};
use super::{Agent, Change, Part, Round, Write};

const SETS: (&str, &str) = ("apps", "statefulsets");
const SOURCE: &str = "statefulset-controller";
const HASH: &str = "controller-revision-hash";
const STYLE: Style = Style { label: "controller.kubernetes.io/hash", annotated: false };

/// One set with what belongs to it.
struct Scene<'a> {
    view: &'a View<'a>,
    owner: &'a Value,
    pods: BTreeMap<i64, Object>,
    current: Object,
    update: Object,
}

/// Moves all stateful sets one step.
pub(super) fn reconcile(view: &View<'_>, memory: &mut Memory, round: &mut Round) {
    let revisions = history::by_owner(view);
    for owner in view.all(SETS.0, SETS.1) {
        one(view, memory, round, &owner, &revisions);
    }
}

fn one(
    view: &View<'_>,
    memory: &mut Memory,
    round: &mut Round,
    owner: &Value,
    revisions: &HashMap<String, Vec<Object>>,
) {
    if is_going(owner) || view.is_namespace_going(namespace(owner)) {
        return;
    }
    let fits = |pod: &Value| {
        ordinal(owner, pod).is_some()
            && selectors::matches(at(owner, "spec.selector"), map(pod, "metadata.labels"))
    };
    let own = claim(view, owner, &fits, round);
    let known = revisions.get(uid(owner)).map_or(&[][..], Vec::as_slice);
    let Some(update) = history::current(owner, known, &STYLE, round) else { return };
    let current = known
        .iter()
        .find(|one| fields::name(one) == text(owner, "status.currentRevision"))
        .unwrap_or(&update)
        .clone();
    let pods = own.into_iter().filter_map(|pod| Some((ordinal(owner, &pod)?, pod))).collect();
    let scene = Scene { view, owner, pods, current, update };
    if !memory.is_blocked(uid(owner), view.now) {
        step(&scene, round);
    } else if let Some(trouble) = memory.trouble(uid(owner)) {
        round.wake(trouble.retry_at);
    }
    write_status(&scene, round);
    let in_use = |revision: &Value| {
        history::is_same(revision, &scene.current)
            || history::is_same(revision, &scene.update)
            || scene.pods.values().any(|pod| label(pod, HASH) == Some(fields::name(revision)))
    };
    history::tidy(owner, known, &in_use, round);
    retain_claims(&scene, round);
}

/// The number at the end of a pod's name, if the rest is the set's name.
fn ordinal(owner: &Value, pod: &Value) -> Option<i64> {
    let (parent, number) = fields::name(pod).rsplit_once('-')?;
    (parent == fields::name(owner)).then(|| number.parse().ok())?
}

impl Scene<'_> {
    fn is_ordered(&self) -> bool {
        text(self.owner, "spec.podManagementPolicy") != "Parallel"
    }

    fn first(&self) -> i64 {
        count(self.owner, "spec.ordinals.start")
    }

    fn end(&self) -> i64 {
        self.first() + wanted(self.owner)
    }

    fn is_rolling(&self) -> bool {
        text(self.owner, "spec.updateStrategy.type") != "OnDelete"
    }

    fn partition(&self) -> i64 {
        count(self.owner, "spec.updateStrategy.rollingUpdate.partition")
    }

    fn is_available(&self, pod: &Value, round: &mut Round) -> bool {
        match availability(pod, count(self.owner, "spec.minReadySeconds"), self.view.now) {
            Availability::Available => is_running(pod),
            Availability::From(at) => {
                round.wake(at);
                false
            }
            Availability::Unready => false,
        }
    }

    /// The revision that a new pod of this number gets.
    fn revision_for(&self, number: i64) -> &Object {
        let keeps_old = self.is_rolling() && number < self.first() + self.partition();
        if keeps_old { &self.current } else { &self.update }
    }
}

fn is_running(pod: &Value) -> bool {
    text(pod, "status.phase") == "Running"
}

fn step(scene: &Scene<'_>, round: &mut Round) {
    if !replicas(scene, round) {
        return;
    }
    if !condemned(scene, round) {
        return;
    }
    if scene.is_rolling() {
        update(scene, round);
    }
}

/// Makes what is missing. Returns whether the step may go on to what comes after.
fn replicas(scene: &Scene<'_>, round: &mut Round) -> bool {
    for number in scene.first()..scene.end() {
        let Some(pod) = scene.pods.get(&number) else {
            make(scene, round, number);
            if scene.is_ordered() {
                return false;
            }
            continue;
        };
        if is_ended(pod) {
            if !is_going(pod) {
                recreate(scene, round, pod);
            }
            return false;
        }
        if scene.is_ordered() && (is_going(pod) || !scene.is_available(pod, round)) {
            return false;
        }
    }
    true
}

fn recreate(scene: &Scene<'_>, round: &mut Round, pod: &Value) {
    let (reason, state) = match text(pod, "status.phase") {
        "Failed" => ("RecreatingFailedPod", "failed"),
        _ => ("RecreatingTerminatedPod", "terminated"),
    };
    let set = format!("{}/{}", namespace(scene.owner), fields::name(scene.owner));
    let message = format!("StatefulSet {set} is recreating {state} Pod {}", fields::name(pod));
    round.announce(Event::warning(SOURCE, scene.owner, reason, message));
    give_up(scene, round, pod);
}

fn give_up(scene: &Scene<'_>, round: &mut Round, pod: &Value) {
    let message =
        format!("Delete Pod {} in StatefulSet {} successful", fields::name(pod), fields::name(scene.owner));
    round.writes.push(Write {
        by: Agent::Controllers,
        change: super::deletion(("", "pods"), pod, None, None),
        then: Some(Event::normal(SOURCE, scene.owner, "SuccessfulDelete", message)),
        otherwise: None,
        owner: String::new(),
    });
}

/// Gives up pods beyond the size, from the highest number. Returns whether the step may go on.
fn condemned(scene: &Scene<'_>, round: &mut Round) -> bool {
    let beyond: Vec<&Object> = scene
        .pods
        .iter()
        .rev()
        .filter(|(number, _)| !(scene.first()..scene.end()).contains(number))
        .map(|(_, pod)| pod)
        .collect();
    for pod in &beyond {
        if !is_going(pod) {
            give_up(scene, round, pod);
        }
        if scene.is_ordered() {
            return false;
        }
    }
    true
}

/// Replaces pods of older revisions, from the highest number, as many at once as may be unavailable.
fn update(scene: &Scene<'_>, round: &mut Round) {
    let most = scaled(
        at(scene.owner, "spec.updateStrategy.rollingUpdate.maxUnavailable"),
        wanted(scene.owner),
        Rounding::Up,
    );
    let mut left = most.unwrap_or(1).max(1);
    let lowest = scene.first() + scene.partition();
    for number in (lowest..scene.end()).rev() {
        let Some(pod) = scene.pods.get(&number) else { continue };
        let is_new = label(pod, HASH) == Some(fields::name(&scene.update));
        if !is_new && !is_going(pod) {
            give_up(scene, round, pod);
            left -= 1;
        } else if is_going(pod) || !scene.is_available(pod, round) {
            left -= 1;
        }
        if left <= 0 {
            return;
        }
    }
}

fn make(scene: &Scene<'_>, round: &mut Round, number: i64) {
    let owner = scene.owner;
    let name = format!("{}-{number}", fields::name(owner));
    for claim in claims(owner, number) {
        let claim_name = fields::name(&claim).to_owned();
        if scene.view.get("", "persistentvolumeclaims", namespace(owner), &claim_name).is_some() {
            continue;
        }
        let subject = format!("Claim {claim_name} Pod {name} in StatefulSet {}", fields::name(owner));
        round.writes.push(creation(owner, "persistentvolumeclaims", claim, &subject, "success"));
    }
    let revision = scene.revision_for(number);
    let mut pod = pods::named_from_template(owner, &history::template_of(revision), &name);
    pod["metadata"]["generateName"] = Value::from(format!("{}-", fields::name(owner)));
    let labels = [
        ("apps.kubernetes.io/pod-index", number.to_string()),
        (HASH, fields::name(revision).to_owned()),
        ("statefulset.kubernetes.io/pod-name", name.clone()),
    ];
    for (key, value) in labels {
        pod["metadata"]["labels"][key] = Value::from(value);
    }
    set(&mut pod, "spec.hostname", Value::from(name.as_str()));
    if !text(owner, "spec.serviceName").is_empty() {
        set(&mut pod, "spec.subdomain", Value::from(text(owner, "spec.serviceName")));
    }
    mount(&mut pod, owner, &name);
    let subject = format!("Pod {name} in StatefulSet {}", fields::name(owner));
    round.writes.push(creation(owner, "pods", pod, &subject, "successful"));
}

fn creation(owner: &Value, resource: &str, object: Value, subject: &str, well: &str) -> Write {
    Write {
        by: Agent::Controllers,
        change: Change::Create { group: String::new(), resource: resource.into(), object },
        then: Some(Event::normal(SOURCE, owner, "SuccessfulCreate", format!("Create {subject} {well}"))),
        otherwise: Some(Event::warning(
            SOURCE,
            owner,
            "FailedCreate",
            format!("Create {subject} failed error: "),
        )),
        owner: uid(owner).into(),
    }
}

/// The volumes of a pod that stand for the set's claims.
fn mount(pod: &mut Value, owner: &Value, name: &str) {
    let templates = list(owner, "spec.volumeClaimTemplates");
    if templates.is_empty() {
        return;
    }
    let is_ours = |volume: &Value| templates.iter().any(|one| fields::name(one) == text(volume, "name"));
    let mut volumes: Vec<Value> =
        list(pod, "spec.volumes").iter().filter(|volume| !is_ours(volume)).cloned().collect();
    for template in templates {
        let claim = format!("{}-{name}", fields::name(template));
        volumes.push(json!({
            "name": fields::name(template),
            "persistentVolumeClaim": {"claimName": claim},
        }));
    }
    set(pod, "spec.volumes", Value::from(volumes));
}

/// The claims of the pod of a number.
fn claims(owner: &Value, number: i64) -> Vec<Value> {
    let make = |template: &Value| {
        let mut claim = json!({
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": at(template, "metadata").cloned().unwrap_or_else(|| json!({})),
            "spec": at(template, "spec").cloned().unwrap_or_else(|| json!({})),
        });
        let name = format!("{}-{}-{number}", fields::name(template), fields::name(owner));
        fields::remove(&mut claim, "metadata.creationTimestamp");
        set(&mut claim, "metadata.name", Value::from(name));
        set(&mut claim, "metadata.namespace", Value::from(namespace(owner)));
        let labels = at(owner, "spec.selector.matchLabels");
        for (key, value) in labels.and_then(Value::as_object).into_iter().flatten() {
            claim["metadata"]["labels"][key] = value.clone();
        }
        claim
    };
    list(owner, "spec.volumeClaimTemplates").iter().map(make).collect()
}

/// Ties claims to the set or to their pod, as the retention policy says.
fn retain_claims(scene: &Scene<'_>, round: &mut Round) {
    let policy = |key: &str| text(scene.owner, &format!("spec.persistentVolumeClaimRetentionPolicy.{key}"));
    let (deleted, scaled) = (policy("whenDeleted") == "Delete", policy("whenScaled") == "Delete");
    for (number, pod) in &scene.pods {
        let is_beyond = !(scene.first()..scene.end()).contains(number);
        for claim in claims(scene.owner, *number) {
            let Some(live) =
                scene.view.get("", "persistentvolumeclaims", namespace(scene.owner), fields::name(&claim))
            else {
                continue;
            };
            let mut object = Value::clone(&live);
            own(&mut object, scene.owner, deleted && !(scaled && is_beyond));
            own(&mut object, pod, scaled && is_beyond);
            if object != *live {
                round.replace(Agent::Controllers, ("", "persistentvolumeclaims"), object, Part::Main);
            }
        }
    }
}

/// Adds or removes an owner.
#[expect(
    clippy::fn_params_excessive_bools,
    reason = "it is the condition itself, worked out where it is called"
)]
fn own(object: &mut Value, owner: &Value, wanted: bool) {
    let mut owners = list(object, "metadata.ownerReferences").to_vec();
    let place = owners.iter().position(|one| text(one, "uid") == uid(owner));
    match (place, wanted) {
        (None, true) => owners.push(fields::controlled_by(owner)),
        (Some(place), false) => {
            owners.remove(place);
        }
        (Some(_), true) | (None, false) => return,
    }
    match owners.is_empty() {
        true => fields::remove(object, "metadata.ownerReferences"),
        false => set(object, "metadata.ownerReferences", Value::from(owners)),
    }
}

fn write_status(scene: &Scene<'_>, round: &mut Round) {
    let has =
        |pod: &&Object, revision: &Value| !is_going(pod) && label(pod, HASH) == Some(fields::name(revision));
    let pods: Vec<&Object> = scene.pods.values().collect();
    let ready: Vec<&&Object> = pods.iter().filter(|pod| is_running(pod) && is_ready(pod)).collect();
    let available = ready.iter().filter(|pod| scene.is_available(pod, round)).count();
    let mut current = pods.iter().filter(|pod| has(pod, &scene.current)).count();
    let updated = pods.iter().filter(|pod| has(pod, &scene.update)).count();
    let is_done = scene.is_rolling() && updated == pods.len() && ready.len() == pods.len();
    let mut status = at(scene.owner, "status").cloned().unwrap_or_else(|| json!({}));
    let revision = if is_done { &scene.update } else { &scene.current };
    if is_done {
        current = updated;
    }
    let size = super::replica_sets::size;
    set(
        &mut status,
        "observedGeneration",
        at(scene.owner, "metadata.generation").cloned().unwrap_or_default(),
    );
    set(&mut status, "replicas", Value::from(pods.len()));
    set_count(&mut status, "readyReplicas", size(ready.len()));
    set(&mut status, "availableReplicas", Value::from(available));
    set_count(&mut status, "currentReplicas", size(current));
    set_count(&mut status, "updatedReplicas", size(updated));
    set(&mut status, "currentRevision", Value::from(fields::name(revision)));
    set(&mut status, "updateRevision", Value::from(fields::name(&scene.update)));
    set(&mut status, "collisionCount", Value::from(int(scene.owner, "status.collisionCount").unwrap_or(0)));
    if at(scene.owner, "status") != Some(&status) {
        let mut object = scene.owner.clone();
        set(&mut object, "status", status);
        round.replace(Agent::Controllers, SETS, object, Part::Status);
    }
}
