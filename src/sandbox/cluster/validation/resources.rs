//! Resources: names, amounts, and how requests and limits relate.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Causes, items, names, quoted, text};
use crate::cluster::amounts::Amount;

/// Resources that every node has.
const STANDARD: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

fn members(list: &Value) -> Vec<(&String, &Value)> {
    let mut all: Vec<(&String, &Value)> = list.as_object().into_iter().flatten().collect();
    all.sort_by_key(|(name, _)| *name);
    all
}

fn amount(value: &Value) -> Option<Amount> {
    Amount::read(value.as_str()?)
}

/// Judges an amount: it is not negative.
pub(super) fn not_negative(field: &str, value: &Value, causes: &mut Causes) {
    if amount(value).is_some_and(Amount::is_negative) {
        causes.invalid(field, value, "must be greater than or equal to 0");
    }
}

/// Judges the name of a resource of a container.
fn container_name(name: &str, field: &str, causes: &mut Causes) {
    causes.all_invalid(field, &quoted(name), names::key(name));
    if name.contains('/') {
        return;
    }
    let standard = STANDARD.contains(&name) || name.starts_with("hugepages-");
    if !standard {
        causes.invalid(field, &quoted(name), "must be a standard resource type or fully qualified");
        causes.invalid(field, &quoted(name), "must be a standard resource for containers");
    }
}

/// Judges what a container asks for and is limited to.
pub(super) fn container_resources(
    resources: &Value,
    field: &str,
    claims: &BTreeSet<String>,
    causes: &mut Causes,
) {
    let (limits, requests) = (&resources["limits"], &resources["requests"]);
    let pages = |list: &Value| {
        list.as_object().is_some_and(|all| all.keys().any(|name| name.starts_with("hugepages-")))
    };
    for (list, word) in [(limits, "limits"), (requests, "requests")] {
        for (name, value) in members(list) {
            let field = format!("{field}.{word}[{name}]");
            container_name(name, &field, causes);
            not_negative(&field, value, causes);
            whole(name, &field, value, causes);
            page(name, &field, value, causes);
            if word == "requests" {
                related(name, value, limits, field.rsplit_once('[').map_or("", |(start, _)| start), causes);
            }
        }
    }
    let some = |name: &str| requests.get(name).is_some() || limits.get(name).is_some();
    if (pages(limits) || pages(requests)) && !some("cpu") && !some("memory") {
        causes.forbidden(field, "HugePages require cpu or memory");
    }
    for (index, claim) in items(&resources["claims"]).iter().enumerate() {
        let name = text(claim, "name");
        if !claims.contains(name) {
            let known = if claims.is_empty() { "which is empty".to_owned() } else { format!("{claims:?}") };
            let words =
                format!("{}: must be one of the names in pod.spec.resourceClaims {known}", claim["name"]);
            causes.missing_text(&format!("{field}.claims[{index}]"), &words);
        }
    }
}

/// Counted resources come in whole ones.
fn whole(name: &str, field: &str, value: &Value, causes: &mut Causes) {
    if name.contains('/') && amount(value).is_some_and(Amount::has_fraction) {
        causes.invalid(field, value, "must be an integer");
    }
}

/// Large pages come in whole ones of their size.
fn page(name: &str, field: &str, value: &Value, causes: &mut Causes) {
    let Some(size) = name.strip_prefix("hugepages-").and_then(Amount::read) else { return };
    let Some(found) = amount(value) else { return };
    let ratio = found.ratio(size);
    if ratio < 1.0 || ratio.fract() != 0.0 {
        let words = format!("{} is not positive integer multiple of {name}", found.written());
        causes.invalid(field, value, &words);
    }
}

/// A request is no more than its limit; what cannot be shared is asked for as it is limited.
fn related(name: &str, value: &Value, limits: &Value, field: &str, causes: &mut Causes) {
    let shared = STANDARD.contains(&name);
    match (limits.get(name).and_then(amount), amount(value)) {
        (Some(limit), Some(request)) if !shared && request.compare(limit).is_ne() => {
            let words = format!("must be equal to {name} limit of {}", limit.written());
            causes.invalid(field, value, &words);
        }
        (Some(limit), Some(request)) if request.compare(limit).is_gt() => {
            let words = format!("must be less than or equal to {name} limit of {}", limit.written());
            causes.invalid(field, value, &words);
        }
        (None, Some(_)) if !shared && !name.is_empty() && name.contains('/') => {
            let field = field.replace(".requests", ".limits");
            causes.required(&field, "Limit must be set for non overcommitable resources");
        }
        _ => {}
    }
}

/// Resources that a quota can bound beside those of pods.
const QUOTA: &[&str] = &[
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
];
/// Those that come in whole ones.
const COUNTED: &[&str] = &[
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];

/// Judges a quota.
pub(super) fn quota(object: &Value, causes: &mut Causes) {
    let spec = &object["spec"];
    for (name, value) in members(&spec["hard"]) {
        let field = format!("spec.hard[{name}]");
        causes.all_invalid(&field, &quoted(name), names::key(name));
        let standard = QUOTA.contains(&name.as_str()) || name.contains("hugepages-");
        if !standard && !name.contains('/') {
            causes.invalid(&field, &quoted(name), "must be a standard resource type or fully qualified");
            causes.invalid(&field, &quoted(name), "must be a standard resource for quota");
        }
        not_negative(&field, value, causes);
        let counted = COUNTED.contains(&name.as_str()) || name.starts_with("count/");
        if counted && amount(value).is_some_and(Amount::has_fraction) {
            causes.invalid(&field, value, "must be an integer");
        }
    }
    scopes(spec, causes);
}

fn scopes(spec: &Value, causes: &mut Causes) {
    let known = [
        "Terminating",
        "NotTerminating",
        "BestEffort",
        "NotBestEffort",
        "PriorityClass",
        "CrossNamespacePodAffinity",
    ];
    let given: Vec<&str> = items(&spec["scopes"]).iter().filter_map(Value::as_str).collect();
    let field = "spec.scopes";
    for scope in &given {
        if !known.contains(scope) {
            causes.invalid(field, &spec["scopes"], "unsupported scope");
        }
        let pods_only = *scope == "BestEffort";
        for (name, _) in members(&spec["hard"]) {
            let fits = if pods_only { name == "pods" } else { of_pods(name) };
            if !fits {
                causes.invalid(field, &spec["scopes"], "unsupported scope applied to resource");
            }
        }
    }
    for (one, other) in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")] {
        if given.contains(&one) && given.contains(&other) {
            causes.invalid(field, &spec["scopes"], "conflicting scopes");
        }
    }
}

fn of_pods(name: &str) -> bool {
    let bare = name.strip_prefix("requests.").or_else(|| name.strip_prefix("limits.")).unwrap_or(name);
    STANDARD.contains(&bare) || name == "pods" || bare.contains('/') || bare.starts_with("hugepages-")
}

/// Judges a limit range.
pub(super) fn limit_range(object: &Value, causes: &mut Causes) {
    for (index, limit) in items(&object["spec"]["limits"]).iter().enumerate() {
        let field = format!("spec.limits[{index}]");
        let kind = text(limit, "type");
        causes.all_invalid(&format!("{field}.type"), &limit["type"], names::key(kind));
        let standard = matches!(kind, "Pod" | "Container" | "PersistentVolumeClaim");
        if !kind.is_empty() && !standard && !kind.contains('/') && names::key(kind).is_empty() {
            let words = "must be a standard limit type or fully qualified";
            causes.invalid(&format!("{field}.type"), &limit["type"], words);
        }
        if kind == "Pod" {
            for member in ["default", "defaultRequest"] {
                if !members(&limit[member]).is_empty() {
                    causes
                        .forbidden(&format!("{field}.{member}"), "may not be specified when `type` is 'Pod'");
                }
            }
        }
        if kind == "PersistentVolumeClaim" {
            let storage = |member: &str| limit[member].get("storage").is_some();
            if !storage("min") && !storage("max") {
                let words = "either minimum or maximum storage value is required, but neither was provided";
                causes.required(&format!("{field}.limits"), words);
            }
        }
        relations(limit, &field, causes);
    }
}

fn relations(limit: &Value, field: &str, causes: &mut Causes) {
    let mut all: BTreeSet<&String> = BTreeSet::new();
    for member in ["min", "max", "default", "defaultRequest", "maxLimitRequestRatio"] {
        all.extend(members(&limit[member]).into_iter().map(|(name, _)| name));
    }
    for name in all {
        let of = |member: &str| limit[member].get(name).and_then(amount);
        let (least, most) = (of("min"), of("max"));
        let (default, request) = (of("default"), of("defaultRequest"));
        let mut above =
            |low: Option<Amount>, high: Option<Amount>, at: &str, shown: Option<Amount>, words: [&str; 2]| {
                if let (Some(low), Some(high), Some(shown)) = (low, high, shown)
                    && low.compare(high).is_gt()
                {
                    let words = format!(
                        "{} value {} is greater than {} value {}",
                        words[0],
                        low.written(),
                        words[1],
                        high.written()
                    );
                    causes.invalid(&format!("{field}.{at}[{name}]"), &quoted(&shown.written()), &words);
                }
            };
        above(least, most, "min", least, ["min", "max"]);
        above(least, request, "defaultRequest", request, ["min", "default request"]);
        above(request, most, "defaultRequest", request, ["default request", "max"]);
        above(request, default, "defaultRequest", request, ["default request", "default"]);
        above(least, default, "default", least, ["min", "default"]);
        above(default, most, "default", most, ["default", "max"]);
        let one = Amount::read("1");
        if let (Some(ratio), Some(one)) = (of("maxLimitRequestRatio"), one)
            && ratio.compare(one).is_lt()
        {
            let shown = ratio.written();
            let field = format!("{field}.maxLimitRequestRatio[{name}]");
            causes.invalid(&field, &quoted(&shown), &format!("ratio {shown} is less than 1"));
        }
    }
}
