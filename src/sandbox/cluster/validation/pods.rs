//! Pods: everything of their specification but the containers.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::containers::{Sort, Surroundings, containers};
use super::metadata::label_causes;
use super::{Causes, items, names, quoted, text, volumes};

const IP: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

/// Judges the specification of a pod.
pub(super) fn pod_spec(spec: &Value, field: &str, causes: &mut Causes) {
    let volumes = volumes::volumes(&spec["volumes"], &format!("{field}.volumes"), causes);
    let claims = items(&spec["resourceClaims"]).iter().map(|claim| text(claim, "name").to_owned()).collect();
    let around = Surroundings { volumes, claims };
    let mut seen = BTreeSet::new();
    let at = |member: &str| format!("{field}.{member}");
    containers(&spec["containers"], &at("containers"), Sort::Main, &around, &mut seen, causes);
    containers(&spec["initContainers"], &at("initContainers"), Sort::Init, &around, &mut seen, causes);
    one_of(spec, &at(""), "restartPolicy", &["Always", "OnFailure", "Never"], causes);
    let policies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    one_of(spec, &at(""), "dnsPolicy", &policies, causes);
    label_causes(&spec["nodeSelector"], &at("nodeSelector"), causes);
    if spec["hostUsers"] == false && spec["hostNetwork"] == true {
        causes.forbidden(&at("hostNetwork"), "when `hostUsers` is false");
    }
    affinity(&spec["affinity"], &at("affinity"), causes);
    if text(spec, "dnsPolicy") == "None" && !spec["dnsConfig"].is_object() {
        causes.required(&at("dnsConfig"), "must provide `dnsConfig` when `dnsPolicy` is None");
    }
    spread(&spec["topologySpreadConstraints"], &at("topologySpreadConstraints"), causes);
    for (index, gate) in items(&spec["schedulingGates"]).iter().enumerate() {
        let field = at(&format!("schedulingGates[{index}]"));
        causes.all_invalid(&field, &gate["name"], names::key(text(gate, "name")));
    }
    named(spec, &at("nodeName"), "nodeName", names::subdomain, causes);
    if let Some(seconds) = spec["activeDeadlineSeconds"].as_i64()
        && !(1..=i64::from(i32::MAX)).contains(&seconds)
    {
        let words = "must be between 1 and 2147483647, inclusive";
        causes.invalid(&at("activeDeadlineSeconds"), &spec["activeDeadlineSeconds"], words);
    }
    named(spec, &at("hostname"), "hostname", names::label, causes);
    named(spec, &at("subdomain"), "subdomain", names::label, causes);
    tolerations(&spec["tolerations"], &at("tolerations"), causes);
    for (index, alias) in items(&spec["hostAliases"]).iter().enumerate() {
        let field = at(&format!("hostAliases[{index}].ip"));
        if text(alias, "ip").parse::<std::net::IpAddr>().is_err() {
            causes.invalid(&field, &alias["ip"], IP);
        }
    }
    let system = text(&spec["os"], "name");
    if spec["os"].is_object() && !matches!(system, "linux" | "windows") {
        causes.unsupported(&at("os"), &spec["os"]["name"], &["linux", "windows"]);
    }
}

fn one_of(spec: &Value, field: &str, member: &str, known: &[&str], causes: &mut Causes) {
    let value = text(spec, member);
    if value.is_empty() {
        causes.required(&format!("{field}{member}"), "");
    } else if !known.contains(&value) {
        causes.unsupported(&format!("{field}{member}"), &spec[member], known);
    }
}

fn named(spec: &Value, field: &str, member: &str, judge: fn(&str) -> Vec<String>, causes: &mut Causes) {
    let value = text(spec, member);
    if !value.is_empty() {
        causes.all_invalid(field, &spec[member], judge(value));
    }
}

fn tolerations(list: &Value, field: &str, causes: &mut Causes) {
    for (index, one) in items(list).iter().enumerate() {
        let field = format!("{field}[{index}]");
        let (key, operator, effect) = (text(one, "key"), text(one, "operator"), text(one, "effect"));
        if !key.is_empty() {
            causes.all_invalid(&format!("{field}.key"), &one["key"], names::key(key));
        }
        if key.is_empty() && operator != "Exists" {
            let words =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            causes.invalid(&format!("{field}.operator"), &one["operator"], words);
        }
        if one["tolerationSeconds"].is_number() && effect != "NoExecute" {
            let words = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            causes.invalid(&format!("{field}.effect"), &one["effect"], words);
        }
        match operator {
            "" | "Equal" => {
                causes.all_invalid(
                    &format!("{field}.operator"),
                    &one["value"],
                    names::value(text(one, "value")),
                );
            }
            "Exists" => {
                if !text(one, "value").is_empty() {
                    let words = "value must be empty when `operator` is 'Exists'";
                    causes.invalid(&format!("{field}.operator"), &one["value"], words);
                }
            }
            "Lt" | "Gt" => {
                let known = ["Equal", "Exists", "Lt", "Gt"];
                causes.unsupported(&format!("{field}.operator"), &one["operator"], &known);
            }
            _ => causes.unsupported(&format!("{field}.operator"), &one["operator"], &["Equal", "Exists"]),
        }
        if !matches!(effect, "" | "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
            let known = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
            causes.unsupported(&format!("{field}.effect"), &one["effect"], &known);
        }
    }
}

fn spread(list: &Value, field: &str, causes: &mut Causes) {
    let all = items(list);
    for (index, one) in all.iter().enumerate() {
        let field = format!("{field}[{index}]");
        if one["maxSkew"].as_i64().unwrap_or(0) <= 0 {
            causes.invalid(
                &format!("{field}.maxSkew"),
                &json!(one["maxSkew"].as_i64().unwrap_or(0)),
                "must be greater than zero",
            );
        }
        if text(one, "topologyKey").is_empty() {
            causes.required(&format!("{field}.topologyKey"), "can not be empty");
        }
        let action = text(one, "whenUnsatisfiable");
        if !matches!(action, "DoNotSchedule" | "ScheduleAnyway") {
            let known = ["DoNotSchedule", "ScheduleAnyway"];
            causes.unsupported(&format!("{field}.whenUnsatisfiable"), &quoted(action), &known);
        }
        let twice = all[index + 1..].iter().any(|other| {
            other["topologyKey"] == one["topologyKey"]
                && other["whenUnsatisfiable"] == one["whenUnsatisfiable"]
        });
        if twice {
            let shown = format!("{{{}, {action}}}", text(one, "topologyKey"));
            causes.duplicate(&format!("{field}.{{topologyKey, whenUnsatisfiable}}"), &quoted(&shown));
        }
        if one["minDomains"].is_number() && action != "DoNotSchedule" {
            let words = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
            causes.invalid(&format!("{field}.minDomains"), &one["minDomains"], &words);
        }
    }
}

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

fn affinity(affinity: &Value, field: &str, causes: &mut Causes) {
    let node = &affinity["nodeAffinity"];
    if node[REQUIRED].is_object() {
        node_selector(&node[REQUIRED], &format!("{field}.nodeAffinity.{REQUIRED}"), causes);
    }
    for (index, one) in items(&node[PREFERRED]).iter().enumerate() {
        let field = format!("{field}.nodeAffinity.{PREFERRED}[{index}]");
        weight(one, &field, causes);
        expressions(&one["preference"], &format!("{field}.preference"), causes);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let pods = &affinity[kind];
        for (index, term) in items(&pods[REQUIRED]).iter().enumerate() {
            pod_term(term, &format!("{field}.{kind}.{REQUIRED}[{index}]"), causes);
        }
        for (index, one) in items(&pods[PREFERRED]).iter().enumerate() {
            let field = format!("{field}.{kind}.{PREFERRED}[{index}]");
            weight(one, &field, causes);
            pod_term(&one["podAffinityTerm"], &format!("{field}.podAffinityTerm"), causes);
        }
    }
}

fn weight(one: &Value, field: &str, causes: &mut Causes) {
    let weight = one["weight"].as_i64().unwrap_or(0);
    if !(1..=100).contains(&weight) {
        causes.invalid(&format!("{field}.weight"), &json!(weight), "must be in the range 1-100");
    }
}

fn pod_term(term: &Value, field: &str, causes: &mut Causes) {
    let key = text(term, "topologyKey");
    let field = format!("{field}.topologyKey");
    if key.is_empty() {
        causes.required(&field, "can not be empty");
    }
    causes.all_invalid(&field, &quoted(key), names::key(key));
}

/// Judges a selector of nodes.
pub(super) fn node_selector(selector: &Value, field: &str, causes: &mut Causes) {
    let terms = items(&selector["nodeSelectorTerms"]);
    if terms.is_empty() {
        causes.required(&format!("{field}.nodeSelectorTerms"), "must have at least one node selector term");
    }
    for (index, term) in terms.iter().enumerate() {
        expressions(term, &format!("{field}.nodeSelectorTerms[{index}]"), causes);
    }
}

fn expressions(term: &Value, field: &str, causes: &mut Causes) {
    for (index, one) in items(&term["matchExpressions"]).iter().enumerate() {
        let field = format!("{field}.matchExpressions[{index}]");
        let count = items(&one["values"]).len();
        match text(one, "operator") {
            "In" | "NotIn" if count == 0 => {
                let words = "must be specified when `operator` is 'In' or 'NotIn'";
                causes.required(&format!("{field}.values"), words);
            }
            "Exists" | "DoesNotExist" if count > 0 => {
                let words = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                causes.forbidden(&format!("{field}.values"), words);
            }
            "Gt" | "Lt" if count != 1 => {
                let words = "must be specified single value when `operator` is 'Lt' or 'Gt'";
                causes.required(&format!("{field}.values"), words);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            _ => causes.invalid(
                &format!("{field}.operator"),
                &one["operator"],
                "not a valid selector operator",
            ),
        }
        causes.all_invalid(&format!("{field}.key"), &one["key"], names::key(text(one, "key")));
    }
}
