//! Resource quotas: what a namespace may hold, counted when something new comes.
//!
//! Source: <https://kubernetes.io/docs/concepts/policy/resource-quotas/>
//! Invariant: a quota limits only what it has been counted for: the controller fills `status` first.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::cluster::amounts::Amount;
use crate::cluster::controllers::Part;
use crate::cluster::kinds::Served;
use crate::cluster::status::Refused;
use crate::cluster::world::{Request, Strictness, Trial, World};

/// What is used, by the names of quotas.
pub(crate) type Usage = BTreeMap<String, Amount>;

/// Kinds that are counted by their plain names too.
const PLAINLY_COUNTED: [&str; 5] =
    ["configmaps", "secrets", "services", "replicationcontrollers", "resourcequotas"];

/// Resources of pods whose plain names mean requests.
const PLAIN: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

fn one() -> Amount {
    Amount::read("1").expect("one is an amount")
}

fn add(usage: &mut Usage, name: String, amount: Amount) {
    let so_far = usage.get(&name).copied();
    usage.insert(name, so_far.map_or(amount, |so_far| so_far.plus(amount)));
}

/// What an object uses.
pub(crate) fn usage(group: &str, plural: &str, object: &Value) -> Usage {
    let mut usage = Usage::new();
    let count = if group.is_empty() { format!("count/{plural}") } else { format!("count/{plural}.{group}") };
    add(&mut usage, count, one());
    if group.is_empty() && PLAINLY_COUNTED.contains(&plural) {
        add(&mut usage, plural.into(), one());
    }
    match (group, plural) {
        ("", "services") => service_usage(object, &mut usage),
        ("", "persistentvolumeclaims") => claim_usage(object, &mut usage),
        ("", "pods") => pod_usage(object, &mut usage),
        _ => {}
    }
    usage
}

fn service_usage(service: &Value, usage: &mut Usage) {
    let ports = service["spec"]["ports"].as_array().map_or(0, Vec::len);
    let ports = Amount::read(&ports.to_string()).unwrap_or_else(one);
    match service["spec"]["type"].as_str() {
        Some("NodePort") => add(usage, "services.nodeports".into(), ports),
        Some("LoadBalancer") => {
            add(usage, "services.loadbalancers".into(), one());
            add(usage, "services.nodeports".into(), ports);
        }
        Some(_) | None => {}
    }
}

fn claim_usage(claim: &Value, usage: &mut Usage) {
    add(usage, "persistentvolumeclaims".into(), one());
    let storage = claim["spec"]["resources"]["requests"]["storage"].as_str().and_then(Amount::read);
    let class = claim["spec"]["storageClassName"].as_str().filter(|class| !class.is_empty());
    if let Some(storage) = storage {
        add(usage, "requests.storage".into(), storage);
    }
    if let Some(class) = class {
        add(usage, format!("{class}.storageclass.storage.k8s.io/persistentvolumeclaims"), one());
        if let Some(storage) = storage {
            add(usage, format!("{class}.storageclass.storage.k8s.io/requests.storage"), storage);
        }
    }
}

fn pod_usage(pod: &Value, usage: &mut Usage) {
    if matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed")) {
        return;
    }
    add(usage, "pods".into(), one());
    for (list, prefix) in [("requests", "requests"), ("limits", "limits")] {
        for (name, amount) in pod_sum(pod, list) {
            if list == "requests" && PLAIN.contains(&name.as_str()) {
                add(usage, name.clone(), amount);
            }
            add(usage, format!("{prefix}.{name}"), amount);
        }
    }
}

/// What a pod asks for: the sum of its containers, or the most that one that runs before them wants.
fn pod_sum(pod: &Value, list: &str) -> Usage {
    let of = |container: &Value| -> Usage {
        let members = container["resources"][list].as_object().into_iter().flatten();
        members.filter_map(|(name, value)| Some((name.clone(), Amount::read(value.as_str()?)?))).collect()
    };
    let mut sum = Usage::new();
    for container in pod["spec"]["containers"].as_array().into_iter().flatten() {
        of(container).into_iter().for_each(|(name, amount)| add(&mut sum, name, amount));
    }
    for container in pod["spec"]["initContainers"].as_array().into_iter().flatten() {
        for (name, amount) in of(container) {
            if sum.get(&name).is_none_or(|so_far| so_far.compare(amount).is_lt()) {
                sum.insert(name, amount);
            }
        }
    }
    sum
}

/// Whether a quota concerns an object: its scopes are those of pods.
pub(crate) fn concerns(quota: &Value, plural: &str, object: &Value) -> bool {
    let plain = quota["spec"]["scopes"].as_array().cloned().unwrap_or_default();
    let selected = quota["spec"]["scopeSelector"]["matchExpressions"].as_array().cloned().unwrap_or_default();
    if plain.is_empty() && selected.is_empty() {
        return true;
    }
    if plural != "pods" {
        return false;
    }
    plain.iter().all(|scope| holds(scope.as_str().unwrap_or_default(), &Value::Null, object))
        && selected.iter().all(|one| holds(one["scopeName"].as_str().unwrap_or_default(), one, object))
}

fn holds(scope: &str, selector: &Value, pod: &Value) -> bool {
    let best_effort = crate::cluster::controllers::pods::quality(pod) == "BestEffort";
    let deadline = pod["spec"]["activeDeadlineSeconds"].as_i64().is_some_and(|seconds| seconds >= 0);
    match scope {
        "Terminating" => deadline,
        "NotTerminating" => !deadline,
        "BestEffort" => best_effort,
        "NotBestEffort" => !best_effort,
        "PriorityClass" => {
            let class = pod["spec"]["priorityClassName"].as_str().filter(|class| !class.is_empty());
            let values: Vec<&str> =
                selector["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            match selector["operator"].as_str() {
                Some("In") => class.is_some_and(|class| values.contains(&class)),
                Some("NotIn") => class.is_none_or(|class| !values.contains(&class)),
                Some("DoesNotExist") => class.is_none(),
                Some(_) | None => class.is_some(),
            }
        }
        _ => false,
    }
}

impl World {
    /// Whether the quotas of a namespace allow what is new, and counts it.
    ///
    /// # Errors
    /// The first quota that does not.
    pub(crate) fn check_quota(
        &mut self,
        served: &Served,
        old: Option<&Arc<Value>>,
        object: &Value,
    ) -> Result<(), Refused> {
        let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default().to_owned();
        let (namespace, name) = (text("namespace"), text("name"));
        if served.is("", "persistentvolumeclaims") && old.is_none() {
            self.limit_claim(served, object)?;
        }
        if namespace.is_empty() || served.custom.is_some() && old.is_some() {
            return Ok(());
        }
        let (group, plural) = (served.store_group(), &*served.plural);
        let before = old.map(|old| usage(group, plural, old)).unwrap_or_default();
        let now = usage(group, plural, object);
        let quotas: Vec<Arc<Value>> = self.store.all("/resourcequotas", Some(&namespace)).cloned().collect();
        let mut counted = Vec::new();
        for quota in quotas.iter().filter(|quota| concerns(quota, plural, object)) {
            if old.is_none() && plural == "pods" && group.is_empty() {
                must_say(served, quota, object)?;
            }
            if let Some(new) = charge(served, &name, quota, &before, &now)? {
                counted.push(new);
            }
        }
        for quota in counted {
            self.count_quota(&namespace, &quota)?;
        }
        Ok(())
    }

    fn count_quota(&mut self, namespace: &str, quota: &Value) -> Result<(), Refused> {
        let Some(served) = self.of_resource("", "resourcequotas") else { return Ok(()) };
        let name = quota["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let request = Request {
            manager: "kube-apiserver",
            trial: Trial::Real,
            part: Part::Status,
            strictness: Strictness::Ignore,
        };
        self.replace(&served, namespace, &name, quota, request).map(drop)
    }
}

/// A quota on requests and limits wants them from each container.
fn must_say(served: &Served, quota: &Value, pod: &Value) -> Result<(), Refused> {
    let hard: Vec<&String> =
        quota["status"]["hard"].as_object().into_iter().flatten().map(|(name, _)| name).collect();
    let mut missing: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for container in pod["spec"]["containers"].as_array().into_iter().flatten() {
        for name in &hard {
            let (list, resource) = match name.split_once('.') {
                Some((list @ ("requests" | "limits"), resource)) if PLAIN.contains(&resource) => {
                    (list, resource)
                }
                _ if PLAIN.contains(&name.as_str()) => ("requests", name.as_str()),
                _ => continue,
            };
            if container["resources"][list].get(resource).is_none() {
                missing
                    .entry((*name).clone())
                    .or_default()
                    .push(container["name"].as_str().unwrap_or_default());
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let text = |object: &Value| object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let parts: Vec<String> =
        missing.iter().map(|(name, containers)| format!("{name} for: {}", containers.join(","))).collect();
    let words = format!("failed quota: {}: must specify {}", text(quota), parts.join("; "));
    Err(Refused::forbidden(served, &text(pod), &words))
}

/// The quota with what is used from now on; none if nothing of it changes.
fn charge(
    served: &Served,
    name: &str,
    quota: &Value,
    before: &Usage,
    now: &Usage,
) -> Result<Option<Value>, Refused> {
    let mut new = quota.clone();
    let mut over = Vec::new();
    let mut changed = false;
    for (resource, hard) in quota["status"]["hard"].as_object().into_iter().flatten() {
        let Some(wanted) = now.get(resource) else { continue };
        let had = before.get(resource);
        if had.is_some_and(|had| had.compare(*wanted).is_ge()) {
            continue;
        }
        let used = quota["status"]["used"][resource].as_str().and_then(Amount::read);
        let (Some(used), Some(most)) = (used, hard.as_str().and_then(Amount::read)) else { continue };
        let delta = had.map_or(*wanted, |had| wanted.plus(had.negated()));
        let total = used.plus(delta);
        if total.compare(most).is_gt() {
            over.push((resource.clone(), delta.written(), used.written(), most.written()));
        }
        new["status"]["used"][resource.as_str()] = json!(total.written());
        changed = true;
    }
    if !over.is_empty() {
        let join = |part: fn(&(String, String, String, String)) -> &String| {
            over.iter().map(|one| format!("{}={}", one.0, part(one))).collect::<Vec<String>>().join(",")
        };
        let quota = quota["metadata"]["name"].as_str().unwrap_or_default();
        let words = format!(
            "exceeded quota: {quota}, requested: {}, used: {}, limited: {}",
            join(|one| &one.1),
            join(|one| &one.2),
            join(|one| &one.3)
        );
        return Err(Refused::forbidden(served, name, &words));
    }
    Ok(changed.then_some(new))
}
