//! Limit ranges: what a namespace gives to containers that do not say what they need, and what it refuses.
//!
//! Source: <https://kubernetes.io/docs/concepts/policy/limit-range/>

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::cluster::amounts::Amount;
use crate::cluster::kinds::Served;
use crate::cluster::status::Refused;
use crate::cluster::world::World;

/// Amounts by resource.
type Amounts = BTreeMap<String, Amount>;

fn amounts(list: &Value) -> Amounts {
    let members = list.as_object().into_iter().flatten();
    members.filter_map(|(name, value)| Some((name.clone(), Amount::read(value.as_str()?)?))).collect()
}

/// Which list of a container's resources.
const LISTS: [(&str, &str, &str); 2] =
    [("requests", "defaultRequest", "request"), ("limits", "default", "limit")];

impl World {
    fn limit_ranges(&self, namespace: &str) -> Vec<Arc<Value>> {
        self.store.all("/limitranges", Some(namespace)).cloned().collect()
    }

    /// Gives a pod's containers the namespace's defaults, and refuses what is out of its range.
    ///
    /// # Errors
    /// All that is out of range.
    pub(crate) fn limit_pod(&self, served: &Served, name: &str, pod: &mut Value) -> Result<(), Refused> {
        let namespace = pod["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
        let ranges = self.limit_ranges(&namespace);
        for range in &ranges {
            give_defaults(range, pod);
        }
        let faults: Vec<String> = ranges.iter().flat_map(|range| pod_faults(range, pod)).collect();
        refuse(served, name, &faults)
    }

    /// Refuses a claim that is out of the namespace's range.
    ///
    /// # Errors
    /// All that is out of range.
    pub(crate) fn limit_claim(&self, served: &Served, claim: &Value) -> Result<(), Refused> {
        let text = |name: &str| claim["metadata"][name].as_str().unwrap_or_default();
        let requests = amounts(&claim["spec"]["resources"]["requests"]);
        let mut faults = Vec::new();
        for range in self.limit_ranges(text("namespace")) {
            for limit in of_type(&range, "PersistentVolumeClaim") {
                bounds(&limit, "PersistentVolumeClaim", &requests, &BTreeMap::new(), &mut faults);
            }
        }
        refuse(served, text("name"), &faults)
    }
}

fn refuse(served: &Served, name: &str, faults: &[String]) -> Result<(), Refused> {
    let words = match faults {
        [] => return Ok(()),
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    Err(Refused::forbidden(served, name, &words))
}

fn of_type(range: &Value, kind: &str) -> Vec<Value> {
    let all = range["spec"]["limits"].as_array().into_iter().flatten();
    all.filter(|limit| limit["type"] == kind).cloned().collect()
}

fn give_defaults(range: &Value, pod: &mut Value) {
    let mut given = Vec::new();
    for list in ["containers", "initContainers"] {
        let kind = if list == "containers" { "container" } else { "init container" };
        for container in pod["spec"].get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            for (member, default, word) in LISTS {
                let new = fill(container, member, &of_type(range, "Container"), default);
                if !new.is_empty() {
                    let name = container["name"].as_str().unwrap_or_default();
                    given.push(format!("{} {word} for {kind} {name}", new.join(", ")));
                }
            }
        }
    }
    if !given.is_empty() {
        if !pod["metadata"]["annotations"].is_object() {
            pod["metadata"]["annotations"] = json!({});
        }
        let words = format!("LimitRanger plugin set: {}", given.join("; "));
        pod["metadata"]["annotations"]["kubernetes.io/limit-ranger"] = words.into();
    }
}

/// Fills a list of a container's resources; says what was filled in.
fn fill(container: &mut Value, member: &str, limits: &[Value], default: &str) -> Vec<String> {
    let mut new = Vec::new();
    for limit in limits {
        for (name, value) in limit[default].as_object().into_iter().flatten() {
            if container["resources"][member].get(name).is_some() {
                continue;
            }
            if !container["resources"][member].is_object() {
                container["resources"][member] = json!({});
            }
            container["resources"][member][name.as_str()] = value.clone();
            new.push(name.clone());
        }
    }
    new.sort();
    new
}

fn pod_faults(range: &Value, pod: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let all = |list: &str| pod["spec"][list].as_array().cloned().unwrap_or_default();
    let sum = |member: &str| {
        let mut total = Amounts::new();
        for container in all("containers") {
            for (name, amount) in amounts(&container["resources"][member]) {
                let so_far = total.get(&name).copied();
                total.insert(name, so_far.map_or(amount, |so_far| so_far.plus(amount)));
            }
        }
        total
    };
    for limit in of_type(range, "Container") {
        for container in all("containers").iter().chain(&all("initContainers")) {
            let resources = &container["resources"];
            bounds(
                &limit,
                "Container",
                &amounts(&resources["requests"]),
                &amounts(&resources["limits"]),
                &mut faults,
            );
        }
    }
    for limit in of_type(range, "Pod") {
        bounds(&limit, "Pod", &sum("requests"), &sum("limits"), &mut faults);
    }
    faults
}

/// Judges amounts by one limit: the least, the most, the ratio.
fn bounds(limit: &Value, kind: &str, requests: &Amounts, limits: &Amounts, faults: &mut Vec<String>) {
    for (name, least) in amounts(&limit["min"]) {
        let bound = least.written();
        match (requests.get(&name), limits.get(&name)) {
            (None, _) => {
                faults.push(format!("minimum {name} usage per {kind} is {bound}.  No request is specified"))
            }
            (Some(request), _) if request.compare(least).is_lt() => faults.push(format!(
                "minimum {name} usage per {kind} is {bound}, but request is {}",
                request.written()
            )),
            (Some(_), Some(limit)) if limit.compare(least).is_lt() => faults.push(format!(
                "minimum {name} usage per {kind} is {bound}, but limit is {}",
                limit.written()
            )),
            _ => {}
        }
    }
    for (name, most) in amounts(&limit["max"]) {
        let bound = most.written();
        let found = if kind == "PersistentVolumeClaim" { requests.get(&name) } else { limits.get(&name) };
        let word = if kind == "PersistentVolumeClaim" { "request" } else { "limit" };
        match found {
            None => {
                faults.push(format!("maximum {name} usage per {kind} is {bound}.  No limit is specified"))
            }
            Some(limit) if limit.compare(most).is_gt() => faults.push(format!(
                "maximum {name} usage per {kind} is {bound}, but {word} is {}",
                limit.written()
            )),
            Some(_) => {}
        }
    }
    for (name, ratio) in amounts(&limit["maxLimitRequestRatio"]) {
        let bound = ratio.written();
        match (requests.get(&name).filter(|request| !request.is_zero()), limits.get(&name)) {
            (None, _) => faults.push(format!(
                "{name} max limit to request ratio per {kind} is {bound}, but no request is specified or request is 0"
            )),
            (_, None) => faults.push(format!(
                "{name} max limit to request ratio per {kind} is {bound}, but no limit is specified or limit is 0"
            )),
            (Some(request), Some(limit)) => {
                let found = limit.ratio(*request);
                let one = Amount::read("1").map_or(1.0, |one| ratio.ratio(one));
                if found > one {
                    faults.push(format!(
                        "{name} max limit to request ratio per {kind} is {bound}, but provided ratio is {found:.6}"
                    ));
                }
            }
        }
    }
}
