//! Namespaces: what each is born with, and how one is emptied when it is deleted; tokens of service accounts; aggregated roles.
//!
//! Rule: <https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/>

use std::collections::BTreeMap;

use base64::Engine as _;
use serde_json::{Value, json};

use super::fields::{self, annotation, at, is_going, list, map, namespace, set, stamp, text, uid};
use super::memory::Memory;
use super::selectors;
use super::view::{Object, View};
use super::{Agent, Kind, Part, Round};

const NAMESPACES: (&str, &str) = ("", "namespaces");
const CONFIG_MAPS: (&str, &str) = ("", "configmaps");
const SECRETS: (&str, &str) = ("", "secrets");
const ACCOUNTS: (&str, &str) = ("", "serviceaccounts");
const ROOT_CA: &str = "kube-root-ca.crt";
const ROOT_CA_ABOUT: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal \
endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions \
of Kubernetes clusters.";
/// A second bundle that newer controllers publish for services; who signs serving certificates fills it in.
const SERVICE_CA: &str = "openshift-service-ca.crt";

/// Fills new namespaces and empties those that go.
pub(super) fn reconcile(view: &View<'_>, memory: &mut Memory, round: &mut Round) {
    for space in view.all(NAMESPACES.0, NAMESPACES.1) {
        if is_going(&space) {
            empty(view, round, &space);
        } else {
            furnish(view, memory, round, fields::name(&space));
        }
    }
    tokens(view, memory, round);
    aggregate(view, round);
}

fn furnish(view: &View<'_>, memory: &Memory, round: &mut Round, space: &str) {
    if view.get(ACCOUNTS.0, ACCOUNTS.1, space, "default").is_none() {
        let account = json!({
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "default", "namespace": space},
        });
        round.create(Agent::Controllers, ACCOUNTS, account);
    }
    let root = ("kubernetes.io/description", ROOT_CA_ABOUT);
    bundle(view, round, space, ROOT_CA, root, json!({"ca.crt": memory.ca_certificate()}));
    let service = ("service.beta.openshift.io/inject-cabundle", "true");
    bundle(view, round, space, SERVICE_CA, service, json!({"service-ca.crt": ""}));
}

fn bundle(view: &View<'_>, round: &mut Round, space: &str, name: &str, note: (&str, &str), data: Value) {
    match view.get(CONFIG_MAPS.0, CONFIG_MAPS.1, space, name) {
        Some(live) if name == ROOT_CA && live["data"] != data => {
            let mut object = Value::clone(&live);
            object["data"] = data;
            round.replace(Agent::Controllers, CONFIG_MAPS, object, Part::Main);
        }
        Some(_) => {}
        None => {
            let mut object = json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": name, "namespace": space},
                "data": data,
            });
            fields::annotate(&mut object, note.0, note.1);
            round.create(Agent::Controllers, CONFIG_MAPS, object);
        }
    }
}

/// One step of emptying: deletes what is there, says what is left, lets go when nothing is.
fn empty(view: &View<'_>, round: &mut Round, space: &Value) {
    let mut left: Vec<(Kind, Vec<Object>)> = Vec::new();
    for kind in view.kinds().into_iter().filter(|kind| kind.namespaced) {
        let mut objects = view.all(&kind.group, &kind.resource);
        objects.retain(|object| namespace(object) == fields::name(space));
        if !objects.is_empty() {
            left.push((kind, objects));
        }
    }
    for (kind, objects) in &left {
        for object in objects.iter().filter(|object| !is_going(object)) {
            round.delete(Agent::Controllers, (&kind.group, &kind.resource), object);
        }
    }
    if left.is_empty() {
        if list(space, "spec.finalizers").iter().any(|one| one == "kubernetes") {
            let mut object = space.clone();
            let others: Vec<Value> =
                list(space, "spec.finalizers").iter().filter(|one| *one != "kubernetes").cloned().collect();
            set(&mut object, "spec.finalizers", Value::from(others));
            round.replace(Agent::Controllers, NAMESPACES, object, Part::Finalize);
        }
        return;
    }
    say(view, round, space, &left);
}

fn say(view: &View<'_>, round: &mut Round, space: &Value, left: &[(Kind, Vec<Object>)]) {
    let mut remaining: BTreeMap<String, usize> = BTreeMap::new();
    let mut finalizers: BTreeMap<String, usize> = BTreeMap::new();
    for (kind, objects) in left {
        // Pods that end in their own time are waited for, not counted.
        if kind.resource != "pods" {
            let held = objects.iter().filter(|object| !list(object, "metadata.finalizers").is_empty());
            let held = held.count();
            if held > 0 {
                let name = if kind.group.is_empty() {
                    kind.resource.clone()
                } else {
                    format!("{}.{}", kind.resource, kind.group)
                };
                remaining.insert(name, held);
            }
        }
        for finalizer in objects.iter().flat_map(|object| list(object, "metadata.finalizers")) {
            *finalizers.entry(finalizer.as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
    }
    let counted = |map: &BTreeMap<String, usize>, what: &str| {
        let parts: Vec<String> =
            map.iter().map(|(name, count)| format!("{name} {what} {count} resource instances")).collect();
        parts.join(", ")
    };
    let resources: Vec<String> =
        remaining.iter().map(|(name, count)| format!("{name}. has {count} resource instances")).collect();
    let content = if remaining.is_empty() {
        ("False", "ContentRemoved", "All content successfully removed".to_owned())
    } else {
        ("True", "SomeResourcesRemain", format!("Some resources are remaining: {}", resources.join(", ")))
    };
    let held = if finalizers.is_empty() {
        ("False", "ContentHasNoFinalizers", "All content-preserving finalizers finished".to_owned())
    } else {
        let parts = counted(&finalizers, "in");
        (
            "True",
            "SomeFinalizersRemain",
            format!("Some content in the namespace has finalizers remaining: {parts}"),
        )
    };
    let plain = |text: &str| text.to_owned();
    let said = [
        (
            "NamespaceDeletionDiscoveryFailure",
            ("False", "ResourcesDiscovered", plain("All resources successfully discovered")),
        ),
        (
            "NamespaceDeletionGroupVersionParsingFailure",
            ("False", "ParsedGroupVersions", plain("All legacy kube types successfully parsed")),
        ),
        (
            "NamespaceDeletionContentFailure",
            (
                "False",
                "ContentDeleted",
                plain("All content successfully deleted, may be waiting on finalization"),
            ),
        ),
        ("NamespaceContentRemaining", content),
        ("NamespaceFinalizersRemaining", held),
    ];
    note(view, round, space, &said);
}

/// Whether it is so, why, and what is said of it.
type Said = (&'static str, &'static str, String);

/// Writes conditions down that are not as they were.
fn note(view: &View<'_>, round: &mut Round, space: &Value, said: &[(&str, Said)]) {
    let mut object = space.clone();
    for (kind, (status, reason, message)) in said {
        let before = fields::condition(&object, kind).cloned();
        let same = before
            .as_ref()
            .is_some_and(|one| text(one, "status") == *status && text(one, "message") == message);
        if same {
            continue;
        }
        let mut conditions = list(&object, "status.conditions").to_vec();
        conditions.retain(|one| text(one, "type") != *kind);
        conditions.push(json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "lastTransitionTime": stamp(view.now),
        }));
        set(&mut object, "status.conditions", Value::from(conditions));
    }
    set(&mut object, "status.phase", Value::from("Terminating"));
    if object != *space {
        round.replace(Agent::Controllers, NAMESPACES, object, Part::Status);
    }
}

/// Fills the token secrets that were asked for, and takes away those whose account has gone.
fn tokens(view: &View<'_>, memory: &Memory, round: &mut Round) {
    for secret in view.all(SECRETS.0, SECRETS.1) {
        if text(&secret, "type") != "kubernetes.io/service-account-token" || is_going(&secret) {
            continue;
        }
        let name = annotation(&secret, "kubernetes.io/service-account.name").unwrap_or_default();
        let known = annotation(&secret, "kubernetes.io/service-account.uid");
        let account = view
            .get(ACCOUNTS.0, ACCOUNTS.1, namespace(&secret), name)
            .filter(|account| known.is_none_or(|known| known == uid(account)));
        let Some(account) = account else {
            round.delete(Agent::Controllers, SECRETS, &secret);
            continue;
        };
        if at(&secret, "data.token").is_some() {
            continue;
        }
        let encoded = |text: &str| Value::from(base64::engine::general_purpose::STANDARD.encode(text));
        let mut object = Value::clone(&secret);
        fields::annotate(&mut object, "kubernetes.io/service-account.uid", uid(&account));
        let data = json!({
            "ca.crt": encoded(memory.ca_certificate()),
            "namespace": encoded(namespace(&secret)),
            "token": encoded(&memory.account_token(namespace(&secret), name, uid(&account))),
        });
        object["data"] = data;
        round.replace(Agent::Controllers, SECRETS, object, Part::Main);
    }
}

/// Gathers the rules of labelled cluster roles in those that aggregate them.
fn aggregate(view: &View<'_>, round: &mut Round) {
    const ROLES: (&str, &str) = ("rbac.authorization.k8s.io", "clusterroles");
    let mut roles = view.all(ROLES.0, ROLES.1);
    roles.sort_by(|a, b| fields::name(a).cmp(fields::name(b)));
    for role in roles.iter().filter(|role| at(role, "aggregationRule").is_some()) {
        let mut rules: Vec<Value> = Vec::new();
        for selector in list(role, "aggregationRule.clusterRoleSelectors") {
            let fits = |part: &&Object| {
                uid(part) != uid(role) && selectors::matches(Some(selector), map(part, "metadata.labels"))
            };
            for part in roles.iter().filter(fits) {
                for rule in list(part, "rules") {
                    if !rules.contains(rule) {
                        rules.push(rule.clone());
                    }
                }
            }
        }
        if list(role, "rules") != rules {
            let mut object = Value::clone(role);
            object["rules"] = Value::from(rules);
            round.replace(Agent::Controllers, ROLES, object, Part::Main);
        }
    }
}
