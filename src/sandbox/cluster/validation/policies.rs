//! Permissions, autoscalers, budgets, priorities, leases, webhooks, and other settings.

use serde_json::{Value, json};

use super::resources::not_negative;
use super::workloads::{at_most_whole, number_or_percent, selector};
use super::{Causes, items, names, quoted, text};

const RBAC: &str = "rbac.authorization.k8s.io";

/// Judges the rules of a role; whether it is one of a namespace decides what they may name.
pub(super) fn role(kind: &str, object: &Value, causes: &mut Causes) {
    for (index, rule) in items(&object["rules"]).iter().enumerate() {
        let field = format!("rules[{index}]");
        let has = |member: &str| !items(&rule[member]).is_empty();
        if !has("verbs") {
            causes.required(&format!("{field}.verbs"), "verbs must contain at least one value");
        }
        if has("nonResourceURLs") {
            let at = format!("{field}.nonResourceURLs");
            if kind == "Role" {
                let words = "namespaced rules cannot apply to non-resource URLs";
                causes.invalid(&at, &rule["nonResourceURLs"], words);
            }
            if has("apiGroups") || has("resources") || has("resourceNames") {
                let words = "rules cannot apply to both regular resources and non-resource URLs";
                causes.invalid(&at, &rule["nonResourceURLs"], words);
            }
            continue;
        }
        if !has("apiGroups") {
            causes
                .required(&format!("{field}.apiGroups"), "resource rules must supply at least one api group");
        }
        if !has("resources") {
            causes
                .required(&format!("{field}.resources"), "resource rules must supply at least one resource");
        }
    }
    let aggregation = &object["aggregationRule"];
    if aggregation.is_object() && items(&aggregation["clusterRoleSelectors"]).is_empty() {
        let words = "at least one clusterRoleSelector required if aggregationRule is non-nil";
        causes.required("aggregationRule.clusterRoleSelectors", words);
    }
}

/// Judges a binding.
pub(super) fn binding(kind: &str, object: &Value, causes: &mut Causes) {
    let role = &object["roleRef"];
    if text(role, "apiGroup") != RBAC {
        causes.unsupported("roleRef.apiGroup", &role["apiGroup"], &[RBAC]);
    }
    let known: &[&str] = if kind == "RoleBinding" { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    if !known.contains(&text(role, "kind")) {
        causes.unsupported("roleRef.kind", &role["kind"], known);
    }
    let name = text(role, "name");
    if name.is_empty() {
        causes.required("roleRef.name", "");
    } else {
        causes.all_invalid("roleRef.name", &role["name"], names::path_segment(name));
    }
    for (index, subject) in items(&object["subjects"]).iter().enumerate() {
        let field = format!("subjects[{index}]");
        if text(subject, "name").is_empty() {
            causes.required(&format!("{field}.name"), "");
        }
        match text(subject, "kind") {
            "ServiceAccount" => {
                if kind == "ClusterRoleBinding" && text(subject, "namespace").is_empty() {
                    causes.required(&format!("{field}.namespace"), "");
                }
            }
            "User" | "Group" => {
                if text(subject, "apiGroup") != RBAC {
                    causes.unsupported(&format!("{field}.apiGroup"), &subject["apiGroup"], &[RBAC]);
                }
            }
            _ => {
                let known = ["ServiceAccount", "User", "Group"];
                causes.unsupported(&format!("{field}.kind"), &subject["kind"], &known);
            }
        }
    }
}

/// Judges a change of a binding: its role stays.
pub(super) fn binding_change(old: &Value, new: &Value, causes: &mut Causes) {
    if old["roleRef"] != new["roleRef"] {
        let role = &new["roleRef"];
        let shown = format!(
            "{{\"APIGroup\":{},\"Kind\":{},\"Name\":{}}}",
            role["apiGroup"], role["kind"], role["name"]
        );
        causes.invalid_text("roleRef", &shown, "cannot change roleRef");
    }
}

/// Judges an autoscaler.
pub(super) fn autoscaler(object: &Value, causes: &mut Causes) {
    let spec = &object["spec"];
    let metrics = items(&spec["metrics"]);
    let least = spec["minReplicas"].as_i64();
    if least.is_some_and(|least| least < 1) {
        causes.invalid("spec.minReplicas", &spec["minReplicas"], "must be greater than or equal to 1");
    }
    let most = spec["maxReplicas"].as_i64().unwrap_or(0);
    if most < 1 {
        causes.required("spec.maxReplicas", "must be set and greater than 0");
    }
    if least.is_some_and(|least| most < least) {
        causes.invalid("spec.maxReplicas", &json!(most), "must be greater than or equal to `minReplicas`");
    }
    let target = &spec["scaleTargetRef"];
    for member in ["kind", "name"] {
        let field = format!("spec.scaleTargetRef.{member}");
        let value = text(target, member);
        if value.is_empty() {
            causes.required(&field, "");
        } else {
            causes.all_invalid(&field, &target[member], names::path_segment(value));
        }
    }
    if text(target, "apiVersion").is_empty() {
        causes.invalid("spec.scaleTargetRef.apiVersion", &quoted(""), "apiVersion must specify API group");
    }
    for (index, one) in metrics.iter().enumerate() {
        metric(one, &format!("spec.metrics[{index}]"), causes);
    }
    if least == Some(0) && !metrics.iter().any(|one| matches!(text(one, "type"), "Object" | "External")) {
        let words = "must specify at least one Object or External metric to support scaling to zero replicas";
        causes.forbidden("spec.metrics", words);
    }
    for direction in ["scaleUp", "scaleDown"] {
        let rules = &spec["behavior"][direction];
        let field = format!("spec.behavior.{direction}");
        if rules["stabilizationWindowSeconds"].as_i64().is_some_and(|seconds| seconds > 3600) {
            let words = "must be less than or equal to 3600";
            causes.invalid(
                &format!("{field}.stabilizationWindowSeconds"),
                &rules["stabilizationWindowSeconds"],
                words,
            );
        }
        if rules.is_object() && items(&rules["policies"]).is_empty() {
            causes.required(&format!("{field}.policies"), "must specify at least one Policy");
        }
    }
}

/// The kinds of metrics with the members that describe them.
const METRICS: [(&str, &str); 5] = [
    ("ContainerResource", "containerResource"),
    ("External", "external"),
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
];

fn metric(metric: &Value, field: &str, causes: &mut Causes) {
    let kind = text(metric, "type");
    let Some((_, member)) = METRICS.iter().find(|(name, _)| *name == kind) else {
        let known = METRICS.map(|(name, _)| name);
        causes.unsupported(&format!("{field}.type"), &metric["type"], &known);
        return;
    };
    let source = &metric[*member];
    if !source.is_object() {
        causes
            .required(&format!("{field}.{member}"), "must populate information for the given metric source");
        return;
    }
    if kind == "Resource" {
        let target = &source["target"];
        let at = format!("{field}.resource.target");
        let share = &target["averageUtilization"];
        if share.is_null() && target["averageValue"].is_null() {
            let words = "must set either a target raw value or a target utilization";
            causes.required(&format!("{at}.averageUtilization"), words);
        }
        if share.as_i64().is_some_and(|share| share < 1) {
            causes.invalid(&format!("{at}.averageUtilization"), share, "must be greater than 0");
        }
        if !share.is_null() && !target["averageValue"].is_null() {
            let words = "may not set both a target raw value and a target utilization";
            causes.forbidden(&format!("{at}.averageValue"), words);
        }
    }
}

/// Judges a disruption budget.
pub(super) fn budget(object: &Value, causes: &mut Causes) {
    let spec = &object["spec"];
    let (least, most) = (&spec["minAvailable"], &spec["maxUnavailable"]);
    if !least.is_null() && !most.is_null() {
        let shown = format!(
            "{{\"MinAvailable\":{least},\"Selector\":{},\"MaxUnavailable\":{most},\"UnhealthyPodEvictionPolicy\":{}}}",
            spec["selector"], spec["unhealthyPodEvictionPolicy"]
        );
        causes.invalid_text("spec", &shown, "minAvailable and maxUnavailable cannot be both set");
    }
    for (value, member) in [(least, "minAvailable"), (most, "maxUnavailable")] {
        if !value.is_null() {
            number_or_percent(value, &format!("spec.{member}"), causes);
            at_most_whole(value, &format!("spec.{member}"), causes);
        }
    }
    let _ = selector(&spec["selector"], "spec.selector", causes);
    let known = ["AlwaysAllow", "IfHealthyBudget"];
    if let Some(policy) = spec["unhealthyPodEvictionPolicy"].as_str().filter(|policy| !known.contains(policy))
    {
        causes.unsupported("spec.unhealthyPodEvictionPolicy", &quoted(policy), &known);
    }
}

/// The highest priority that users can give.
const PRIORITY_MAX: i64 = 1_000_000_000;

/// Judges a class of priorities.
pub(super) fn priority_class(object: &Value, causes: &mut Causes) {
    let name = text(&object["metadata"], "name");
    let system = [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];
    if name.starts_with("system-") {
        if !system.iter().any(|(known, _)| *known == name) {
            let words = format!(
                "priority class names with 'system-' prefix are reserved for system use only. error: {name} is not a known system priority class"
            );
            causes.forbidden("metadata.name", &words);
        }
    } else if object["value"].as_i64().is_some_and(|value| value > PRIORITY_MAX) {
        let words = format!("maximum allowed value of a user defined priority is {PRIORITY_MAX}");
        causes.forbidden("value", &words);
    }
    let known = ["PreemptLowerPriority", "Never"];
    if let Some(policy) = object["preemptionPolicy"].as_str().filter(|policy| !known.contains(policy)) {
        causes.unsupported("preemptionPolicy", &quoted(policy), &known);
    }
}

/// Judges a lease.
pub(super) fn lease(object: &Value, causes: &mut Causes) {
    let spec = &object["spec"];
    if spec["leaseDurationSeconds"].as_i64().is_some_and(|seconds| seconds <= 0) {
        causes.invalid("spec.leaseDurationSeconds", &spec["leaseDurationSeconds"], "must be greater than 0");
    }
    causes.not_negative("spec.leaseTransitions", &spec["leaseTransitions"]);
}

/// Judges a class of runtimes.
pub(super) fn runtime_class(object: &Value, causes: &mut Causes) {
    let handler = text(object, "handler");
    if handler.is_empty() {
        causes.required("handler", "");
    } else {
        causes.all_invalid("handler", &object["handler"], names::label(handler));
    }
    for (name, value) in object["overhead"]["podFixed"].as_object().into_iter().flatten() {
        not_negative(&format!("overhead.limits[{name}]"), value, causes);
    }
}

/// Judges the webhooks of a configuration.
pub(super) fn webhooks(object: &Value, causes: &mut Causes) {
    for (index, hook) in items(&object["webhooks"]).iter().enumerate() {
        webhook(hook, &format!("webhooks[{index}]"), causes);
    }
}

fn webhook(hook: &Value, field: &str, causes: &mut Causes) {
    let name = text(hook, "name");
    if name.is_empty() {
        causes.required(&format!("{field}.name"), "");
    } else if name.split('.').count() < 3 {
        let words = "should be a domain with at least three segments separated by dots";
        causes.invalid(&format!("{field}.name"), &hook["name"], words);
    }
    rules(&hook["rules"], field, causes);
    let mut one_of = |member: &str, known: &[&str]| {
        if let Some(value) = hook[member].as_str().filter(|value| !value.is_empty() && !known.contains(value))
        {
            causes.unsupported(&format!("{field}.{member}"), &quoted(value), known);
        }
    };
    one_of("failurePolicy", &["Fail", "Ignore"]);
    one_of("matchPolicy", &["Equivalent", "Exact"]);
    one_of("sideEffects", &["None", "NoneOnDryRun"]);
    if text(hook, "sideEffects").is_empty() {
        causes.required(&format!("{field}.sideEffects"), "must specify one of None, NoneOnDryRun");
    }
    let seconds = hook["timeoutSeconds"].as_i64().unwrap_or(10);
    if !(1..=30).contains(&seconds) {
        let words = "the timeout value must be between 1 and 30 seconds";
        causes.invalid(&format!("{field}.timeoutSeconds"), &hook["timeoutSeconds"], words);
    }
    let client = &hook["clientConfig"];
    let address = client["url"].as_str();
    if address.is_some() == client["service"].is_object() {
        causes.required(&format!("{field}.clientConfig"), "exactly one of url or service is required");
    } else if let Some(address) = address {
        let scheme = address.split(':').next().unwrap_or_default();
        if scheme != "https" {
            let form = "; desired format: https://host[/path]";
            let words = format!("'https' is the only allowed URL scheme{form}");
            causes.invalid(&format!("{field}.clientConfig.url"), &quoted(scheme), &words);
        }
    }
    let versions = items(&hook["admissionReviewVersions"]);
    let at = format!("{field}.admissionReviewVersions");
    if versions.is_empty() {
        causes.required(&at, "must specify one of v1, v1beta1");
    } else if !versions.iter().any(|version| version == "v1" || version == "v1beta1") {
        causes.invalid(&at, &hook["admissionReviewVersions"], "must include at least one of v1, v1beta1");
    }
}

/// Judges which requests are matched.
fn rules(list: &Value, field: &str, causes: &mut Causes) {
    for (index, rule) in items(list).iter().enumerate() {
        let field = format!("{field}.rules[{index}]");
        let known = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
        if items(&rule["operations"]).is_empty() {
            causes.required(&format!("{field}.operations"), "");
        }
        for (index, operation) in items(&rule["operations"]).iter().enumerate() {
            if !operation.as_str().is_some_and(|operation| known.contains(&operation)) {
                causes.unsupported(&format!("{field}.operations[{index}]"), operation, &known);
            }
        }
        for (member, all, words) in [
            ("apiGroups", "*", "if '*' is present, must not specify other API groups"),
            ("apiVersions", "*", "if '*' is present, must not specify other API versions"),
            ("resources", "*/*", "if '*/*' is present, must not specify other resources"),
        ] {
            let given = items(&rule[member]);
            if given.is_empty() {
                causes.required(&format!("{field}.{member}"), "");
            } else if given.len() > 1 && given.iter().any(|one| one == all) {
                causes.invalid(&format!("{field}.{member}"), &rule[member], words);
            }
        }
    }
}

/// Judges an admission policy, but for its expressions.
pub(super) fn admission_policy(object: &Value, causes: &mut Causes) {
    let spec = &object["spec"];
    let constraints = &spec["matchConstraints"];
    if !constraints.is_object() {
        causes.required("spec.matchConstraints", "");
    } else if items(&constraints["resourceRules"]).is_empty() {
        causes.required("spec.matchConstraints.resourceRules", "");
    }
    if items(&spec["validations"]).is_empty() && items(&spec["auditAnnotations"]).is_empty() {
        let words = "validations or auditAnnotations must contain at least one item";
        causes.required("spec.validations", words);
        causes.required("spec.auditAnnotations", words);
    }
}
