//! Policies, permissions, limits, and what extends the API.

use serde_json::{Map, Value, json};

use super::{each, fill, fill_number, fill_text, make, part};

const RBAC: &str = "rbac.authorization.k8s.io";

/// Fills in what an object of such a kind does not say.
pub(super) fn complete(kind: &str, object: &mut Value) {
    match kind {
        "RoleBinding" | "ClusterRoleBinding" => binding(object),
        "PriorityClass" => fill(object, "preemptionPolicy", json!("PreemptLowerPriority")),
        "LimitRange" => limit_range(object),
        "NetworkPolicy" => network_policy(object),
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => {
            for webhook in each(object, "webhooks") {
                fill(webhook, "failurePolicy", json!("Fail"));
                fill(webhook, "matchPolicy", json!("Equivalent"));
                make(webhook, "namespaceSelector");
                make(webhook, "objectSelector");
                fill(webhook, "timeoutSeconds", json!(10));
                if kind.starts_with("Mutating") {
                    fill(webhook, "reinvocationPolicy", json!("Never"));
                }
                each(webhook, "rules").for_each(|rule| fill(rule, "scope", json!("*")));
                if let Some(service) =
                    part(webhook, "clientConfig").and_then(|client| part(client, "service"))
                {
                    fill(service, "port", json!(443));
                }
            }
        }
        "ValidatingAdmissionPolicy" | "MutatingAdmissionPolicy" => {
            if let Some(spec) = part(object, "spec") {
                fill(spec, "failurePolicy", json!("Fail"));
                if let Some(constraints) = part(spec, "matchConstraints") {
                    match_resources(constraints);
                }
            }
        }
        "ValidatingAdmissionPolicyBinding" | "MutatingAdmissionPolicyBinding" => {
            if let Some(resources) = part(object, "spec").and_then(|spec| part(spec, "matchResources")) {
                match_resources(resources);
            }
        }
        "FlowSchema" => {
            if let Some(spec) = part(object, "spec") {
                fill_number(spec, "matchingPrecedence", 1000);
            }
        }
        "APIService" => {
            if let Some(service) = part(object, "spec").and_then(|spec| part(spec, "service")) {
                fill(service, "port", json!(443));
            }
        }
        "ResourceClaim" => {
            if let Some(spec) = part(object, "spec") {
                device_requests(spec);
            }
        }
        "ResourceClaimTemplate" => {
            if let Some(spec) = part(object, "spec").and_then(|spec| part(spec, "spec")) {
                device_requests(spec);
            }
        }
        "CustomResourceDefinition" => definition(object),
        "IngressClass" => {
            if let Some(parameters) = part(object, "spec").and_then(|spec| part(spec, "parameters")) {
                fill(parameters, "scope", json!("Cluster"));
            }
        }
        "CertificateSigningRequest" => {}
        _ => {}
    }
}

fn binding(object: &mut Value) {
    if let Some(role) = part(object, "roleRef") {
        fill_text(role, "apiGroup", RBAC);
    }
    for subject in each(object, "subjects") {
        if matches!(subject["kind"].as_str(), Some("User" | "Group")) {
            fill_text(subject, "apiGroup", RBAC);
        }
    }
}

/// What a container may have at most is what it has, and that is what it asks for.
fn limit_range(object: &mut Value) {
    let Some(spec) = part(object, "spec") else { return };
    for limit in each(spec, "limits") {
        if limit["type"] != "Container" {
            continue;
        }
        let members = |limit: &Value, name: &str| limit[name].as_object().cloned().unwrap_or_default();
        let lay = |limit: &mut Value, name: &str, under: Map<String, Value>| {
            if under.is_empty() {
                return;
            }
            make(limit, name);
            under.into_iter().for_each(|(resource, amount)| fill(&mut limit[name], &resource, amount));
        };
        let most = members(limit, "max");
        lay(limit, "default", most);
        let default = members(limit, "default");
        lay(limit, "defaultRequest", default);
        let least = members(limit, "min");
        lay(limit, "defaultRequest", least);
    }
}

fn network_policy(object: &mut Value) {
    let Some(spec) = part(object, "spec") else { return };
    for list in ["ingress", "egress"] {
        for rule in each(spec, list) {
            each(rule, "ports").for_each(|port| fill(port, "protocol", json!("TCP")));
        }
    }
    if spec["policyTypes"].as_array().is_none_or(Vec::is_empty) {
        let egress = spec["egress"].as_array().is_some_and(|rules| !rules.is_empty());
        spec["policyTypes"] = if egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
    }
}

fn match_resources(resources: &mut Value) {
    fill(resources, "matchPolicy", json!("Equivalent"));
    make(resources, "namespaceSelector");
    make(resources, "objectSelector");
    for list in ["resourceRules", "excludeResourceRules"] {
        each(resources, list).for_each(|rule| fill(rule, "scope", json!("*")));
    }
}

fn device_requests(spec: &mut Value) {
    let Some(devices) = part(spec, "devices") else { return };
    let one = |request: &mut Value| {
        fill_text(request, "allocationMode", "ExactCount");
        if request["allocationMode"] == "ExactCount" {
            fill_number(request, "count", 1);
        }
    };
    for request in each(devices, "requests") {
        if let Some(exactly) = part(request, "exactly") {
            one(exactly);
        }
        each(request, "firstAvailable").for_each(one);
    }
}

fn definition(object: &mut Value) {
    let Some(spec) = part(object, "spec") else { return };
    make(spec, "conversion");
    fill_text(&mut spec["conversion"], "strategy", "None");
    let Some(names) = part(spec, "names") else { return };
    let kind = names["kind"].as_str().unwrap_or_default().to_owned();
    if !kind.is_empty() {
        fill_text(names, "singular", &kind.to_lowercase());
        fill_text(names, "listKind", &format!("{kind}List"));
    }
}
