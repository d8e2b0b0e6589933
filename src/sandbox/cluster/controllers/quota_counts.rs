//! ResourceQuotas: what each namespace uses, as `status` tells and admission reads.
//!
//! Rule: <https://kubernetes.io/docs/concepts/policy/resource-quotas/>

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::fields::{map, namespace};
use super::view::{Object, View};
use super::{Agent, Part, Round};
use crate::cluster::amounts::Amount;
use crate::cluster::quotas;

const QUOTAS: (&str, &str) = ("", "resourcequotas");

/// Counts for all quotas. Cost: O(quotas x objects of the kinds that they count).
pub(super) fn reconcile(view: &View<'_>, round: &mut Round) {
    for quota in view.all(QUOTAS.0, QUOTAS.1) {
        let status = json!({ "hard": quota["spec"]["hard"], "used": used(view, &quota) });
        if quota["status"] != status {
            let mut new = Value::clone(&quota);
            new["status"] = status;
            round.replace(Agent::Controllers, QUOTAS, new, Part::Status);
        }
    }
}

fn used(view: &View<'_>, quota: &Value) -> Value {
    let Some(hard) = map(quota, "spec.hard") else { return json!({}) };
    let zero = Amount::read("0").expect("zero is an amount");
    let mut sums: Vec<(&String, Amount)> = hard.keys().map(|name| (name, zero)).collect();
    for (group, resource) in counted_kinds(view, hard) {
        let here = |object: &&Object| namespace(object) == namespace(quota);
        for object in view.all(&group, &resource).iter().filter(here) {
            if !quotas::concerns(quota, &resource, object) {
                continue;
            }
            let usage = quotas::usage(&group, &resource, object);
            for (name, sum) in &mut sums {
                if let Some(amount) = usage.get(*name) {
                    *sum = sum.plus(*amount);
                }
            }
        }
    }
    sums.into_iter().map(|(name, sum)| (name.clone(), Value::from(sum.written()))).collect()
}

/// The kinds whose objects the names of a quota count.
fn counted_kinds(view: &View<'_>, hard: &Map<String, Value>) -> BTreeSet<(String, String)> {
    let mut kinds = BTreeSet::new();
    for name in hard.keys() {
        if let Some(counted) = name.strip_prefix("count/") {
            let (resource, group) = counted.split_once('.').unwrap_or((counted, ""));
            if view.kinds().iter().any(|kind| kind.group == group && kind.resource == resource) {
                kinds.insert((group.to_owned(), resource.to_owned()));
            }
            continue;
        }
        let resource = match name.as_str() {
            "configmaps" | "secrets" | "replicationcontrollers" | "resourcequotas" => name.as_str(),
            name if name.starts_with("services") => "services",
            name if name == "persistentvolumeclaims"
                || name == "requests.storage"
                || name.contains(".storageclass.storage.k8s.io/") =>
            {
                "persistentvolumeclaims"
            }
            _ => "pods",
        };
        kinds.insert((String::new(), resource.to_owned()));
    }
    kinds
}
