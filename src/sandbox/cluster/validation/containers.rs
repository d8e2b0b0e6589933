//! Containers: names, images, ports, variables, probes, resources, mounts.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::resources::container_resources;
use super::{Causes, items, names, quoted, text};

/// What containers of a pod refer to.
pub(super) struct Surroundings {
    pub(super) volumes: BTreeSet<String>,
    pub(super) claims: BTreeSet<String>,
}

/// Which containers of a pod.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Main,
    Init,
}

/// Judges a list of containers; the names of all containers of the pod are told apart.
pub(super) fn containers(
    list: &Value,
    field: &str,
    sort: Sort,
    around: &Surroundings,
    seen: &mut BTreeSet<String>,
    causes: &mut Causes,
) {
    let all = items(list);
    if all.is_empty() && sort == Sort::Main {
        causes.required(field, "");
        return;
    }
    for (index, container) in all.iter().enumerate() {
        let field = format!("{field}[{index}]");
        name_and_image(container, &field, seen, causes);
        lifecycle(&container["lifecycle"], &format!("{field}.lifecycle"), causes);
        probes(container, &field, sort, causes);
        policies(container, &field, causes);
        ports(&container["ports"], &format!("{field}.ports"), causes);
        variables(&container["env"], &format!("{field}.env"), causes);
        for from in items(&container["envFrom"]) {
            if from["configMapRef"].is_null() && from["secretRef"].is_null() {
                let words = "must specify one of: `configMapRef` or `secretRef`";
                causes.invalid(&format!("{field}.envFrom"), &quoted(""), words);
            }
        }
        mounts(container, &field, around, causes);
        pull_policy(container, &field, causes);
        container_resources(&container["resources"], &format!("{field}.resources"), &around.claims, causes);
        for resize in items(&container["resizePolicy"]) {
            if !matches!(text(resize, "resourceName"), "cpu" | "memory") {
                causes.unsupported(
                    &format!("{field}.resizePolicy"),
                    &resize["resourceName"],
                    &["cpu", "memory"],
                );
            }
        }
        security(&container["securityContext"], &format!("{field}.securityContext"), causes);
    }
}

fn name_and_image(container: &Value, field: &str, seen: &mut BTreeSet<String>, causes: &mut Causes) {
    let name = text(container, "name");
    if name.is_empty() {
        causes.required(&format!("{field}.name"), "");
    } else {
        causes.all_invalid(&format!("{field}.name"), &container["name"], names::label(name));
        if !seen.insert(name.to_owned()) {
            causes.duplicate(&format!("{field}.name"), &container["name"]);
        }
    }
    let image = text(container, "image");
    if image.is_empty() {
        causes.required(&format!("{field}.image"), "");
    } else if image.trim() != image {
        causes.invalid(
            &format!("{field}.image"),
            &container["image"],
            "must not have leading or trailing whitespace",
        );
    }
}

fn policies(container: &Value, field: &str, causes: &mut Causes) {
    let policy = text(container, "terminationMessagePolicy");
    if !matches!(policy, "" | "File" | "FallbackToLogsOnError") {
        let field = format!("{field}.terminationMessagePolicy");
        causes.unsupported(
            &field,
            &container["terminationMessagePolicy"],
            &["File", "FallbackToLogsOnError"],
        );
    }
    let restart = text(container, "restartPolicy");
    if !matches!(restart, "" | "Always" | "Never" | "OnFailure") {
        let known = ["Always", "Never", "OnFailure"];
        causes.unsupported(&format!("{field}.restartPolicy"), &container["restartPolicy"], &known);
    }
}

fn pull_policy(container: &Value, field: &str, causes: &mut Causes) {
    let policy = text(container, "imagePullPolicy");
    if !matches!(policy, "" | "Always" | "IfNotPresent" | "Never") {
        let known = ["Always", "IfNotPresent", "Never"];
        causes.unsupported(&format!("{field}.imagePullPolicy"), &container["imagePullPolicy"], &known);
    }
}

fn ports(list: &Value, field: &str, causes: &mut Causes) {
    let mut seen = BTreeSet::new();
    for (index, port) in items(list).iter().enumerate() {
        let field = format!("{field}[{index}]");
        let name = text(port, "name");
        if !name.is_empty() {
            let faults = names::port_name(name);
            if faults.is_empty() && !seen.insert(name) {
                causes.duplicate(&format!("{field}.name"), &port["name"]);
            }
            causes.all_invalid(&format!("{field}.name"), &port["name"], faults);
        }
        match port["containerPort"].as_i64().unwrap_or(0) {
            0 => causes.required(&format!("{field}.containerPort"), ""),
            number => {
                causes.all_invalid(
                    &format!("{field}.containerPort"),
                    &port["containerPort"],
                    names::port_number(number),
                );
            }
        }
        if let Some(number) = port["hostPort"].as_i64().filter(|number| *number != 0) {
            causes.all_invalid(&format!("{field}.hostPort"), &port["hostPort"], names::port_number(number));
        }
        if !matches!(text(port, "protocol"), "SCTP" | "TCP" | "UDP") {
            causes.unsupported(&format!("{field}.protocol"), &port["protocol"], &["SCTP", "TCP", "UDP"]);
        }
    }
}

/// What a variable may be taken from.
const SOURCES: [&str; 5] = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];
/// Fields of a pod that a variable may show.
const POD_FIELDS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

fn variables(list: &Value, field: &str, causes: &mut Causes) {
    for (index, variable) in items(list).iter().enumerate() {
        let field = format!("{field}[{index}]");
        let name = text(variable, "name");
        if name.is_empty() {
            causes.required(&format!("{field}.name"), "");
        } else {
            causes.all_invalid(&format!("{field}.name"), &variable["name"], names::variable(name));
        }
        if variable["valueFrom"].is_object() {
            value_from(variable, &format!("{field}.valueFrom"), causes);
        }
    }
}

fn value_from(variable: &Value, field: &str, causes: &mut Causes) {
    let from = &variable["valueFrom"];
    let given: Vec<&str> = SOURCES.into_iter().filter(|source| from[*source].is_object()).collect();
    if let Some(reference) = Some(&from["fieldRef"]).filter(|reference| reference.is_object()) {
        let path = text(reference, "fieldPath");
        let keyed = path.starts_with("metadata.labels[") || path.starts_with("metadata.annotations[");
        if path.is_empty() {
            causes.required(&format!("{field}.fieldRef.fieldPath"), "");
        } else if !POD_FIELDS.contains(&path) && !keyed {
            let words = format!("error converting fieldPath: field label not supported: {path}");
            causes.invalid(&format!("{field}.fieldRef.fieldPath"), &reference["fieldPath"], &words);
        }
    }
    if let Some(reference) = Some(&from["resourceFieldRef"]).filter(|reference| reference.is_object()) {
        let known = [
            "limits.cpu",
            "limits.ephemeral-storage",
            "limits.memory",
            "requests.cpu",
            "requests.ephemeral-storage",
            "requests.memory",
        ];
        let resource = text(reference, "resource");
        if resource.is_empty() {
            causes.required(&format!("{field}.resourceFieldRef.resource"), "");
        } else if !known.contains(&resource) && !resource.contains("hugepages-") {
            causes.unsupported(&format!("{field}.resourceFieldRef.resource"), &reference["resource"], &known);
        }
    }
    for source in ["configMapKeyRef", "secretKeyRef"] {
        if from[source].is_object() && text(&from[source], "key").is_empty() {
            causes.required(&format!("{field}.{source}.key"), "");
        }
    }
    if given.is_empty() {
        let words = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
        causes.invalid(field, &quoted(""), words);
    } else if !text(variable, "value").is_empty() {
        causes.invalid(field, &quoted(""), "may not be specified when `value` is not empty");
    } else if given.len() > 1 {
        causes.invalid(field, &quoted(""), "may not have more than one field specified at a time");
    }
}

fn mounts(container: &Value, field: &str, around: &Surroundings, causes: &mut Causes) {
    let mut seen = BTreeSet::new();
    for (index, mount) in items(&container["volumeMounts"]).iter().enumerate() {
        let field = format!("{field}.volumeMounts[{index}]");
        let name = text(mount, "name");
        if name.is_empty() {
            causes.required(&format!("{field}.name"), "");
        }
        if !name.is_empty() && !around.volumes.contains(name) {
            causes.missing(&format!("{field}.name"), &mount["name"]);
        }
        let path = text(mount, "mountPath");
        if path.is_empty() {
            causes.required(&format!("{field}.mountPath"), "");
        } else if !seen.insert(path) {
            causes.invalid(&format!("{field}.mountPath"), &mount["mountPath"], "must be unique");
        }
    }
}

/// Which handlers an action has.
const HANDLERS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "grpc"];

fn handler(action: &Value, field: &str, causes: &mut Causes) {
    let mut given = 0;
    for kind in HANDLERS.into_iter().chain(["sleep"]) {
        let inner = &action[kind];
        if !inner.is_object() {
            continue;
        }
        let field = format!("{field}.{kind}");
        if given > 0 {
            causes.forbidden(&field, "may not specify more than 1 handler type");
            continue;
        }
        given += 1;
        match kind {
            "exec" if items(&inner["command"]).is_empty() => causes.required(&format!("{field}.command"), ""),
            "httpGet" => {
                if text(inner, "path").is_empty() {
                    causes.required(&format!("{field}.path"), "");
                }
                port_or_name(&inner["port"], &format!("{field}.port"), causes);
                if !matches!(text(inner, "scheme"), "HTTP" | "HTTPS") {
                    causes.unsupported(&format!("{field}.scheme"), &inner["scheme"], &["HTTP", "HTTPS"]);
                }
            }
            "tcpSocket" => port_or_name(&inner["port"], &format!("{field}.port"), causes),
            "grpc" => port_or_name(&inner["port"], &format!("{field}.port"), causes),
            _ => {}
        }
    }
    if given == 0 {
        causes.required(field, "must specify a handler type");
    }
}

/// Judges a port by number or by name.
pub(super) fn port_or_name(port: &Value, field: &str, causes: &mut Causes) {
    match port {
        Value::String(name) => causes.all_invalid(field, port, names::port_name(name)),
        _ => causes.all_invalid(
            field,
            &json!(port.as_i64().unwrap_or(0)),
            names::port_number(port.as_i64().unwrap_or(0)),
        ),
    }
}

fn lifecycle(lifecycle: &Value, field: &str, causes: &mut Causes) {
    for hook in ["postStart", "preStop"] {
        if lifecycle[hook].is_object() {
            handler(&lifecycle[hook], &format!("{field}.{hook}"), causes);
        }
    }
}

fn probes(container: &Value, field: &str, sort: Sort, causes: &mut Causes) {
    let sidecar = sort == Sort::Init && text(container, "restartPolicy") == "Always";
    for kind in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let probe = &container[kind];
        if !probe.is_object() {
            continue;
        }
        let field = format!("{field}.{kind}");
        if sort == Sort::Init && !sidecar {
            causes.forbidden(&field, "may not be set for init containers without restartPolicy=Always");
            continue;
        }
        handler(probe, &field, causes);
        for member in
            ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"]
        {
            causes.not_negative(&format!("{field}.{member}"), &probe[member]);
        }
        if kind != "readinessProbe" && probe["successThreshold"].as_i64().unwrap_or(1) > 1 {
            causes.invalid(&format!("{field}.successThreshold"), &probe["successThreshold"], "must be 1");
        }
        if kind == "readinessProbe" && probe["terminationGracePeriodSeconds"].is_number() {
            let field = format!("{field}.terminationGracePeriodSeconds");
            causes.invalid(
                &field,
                &probe["terminationGracePeriodSeconds"],
                "must not be set for readinessProbes",
            );
        }
    }
}

/// The members of a container's security context, in the order of its type.
const SECURITY: [(&str, &str); 12] = [
    ("capabilities", "Capabilities"),
    ("privileged", "Privileged"),
    ("seLinuxOptions", "SELinuxOptions"),
    ("windowsOptions", "WindowsOptions"),
    ("runAsUser", "RunAsUser"),
    ("runAsGroup", "RunAsGroup"),
    ("runAsNonRoot", "RunAsNonRoot"),
    ("readOnlyRootFilesystem", "ReadOnlyRootFilesystem"),
    ("allowPrivilegeEscalation", "AllowPrivilegeEscalation"),
    ("procMount", "ProcMount"),
    ("seccompProfile", "SeccompProfile"),
    ("appArmorProfile", "AppArmorProfile"),
];

fn security(context: &Value, field: &str, causes: &mut Causes) {
    if !context.is_object() {
        return;
    }
    for member in ["runAsUser", "runAsGroup"] {
        let bounds = 0..=i64::from(i32::MAX);
        if context[member].as_i64().is_some_and(|id| !bounds.contains(&id)) {
            let words = "must be between 0 and 2147483647, inclusive";
            causes.invalid(&format!("{field}.{member}"), &context[member], words);
        }
    }
    let mount = text(context, "procMount");
    if !matches!(mount, "" | "Default" | "Unmasked") {
        causes.unsupported(&format!("{field}.procMount"), &context["procMount"], &["Default", "Unmasked"]);
    }
    let seccomp = &context["seccompProfile"];
    if text(seccomp, "type") == "Localhost" && text(seccomp, "localhostProfile").is_empty() {
        let field = format!("{field}.seccompProfile.localhostProfile");
        causes.required(&field, "must be set when seccomp type is Localhost");
    }
    if context["allowPrivilegeEscalation"] == false && context["privileged"] == true {
        let members: Vec<String> =
            SECURITY.iter().map(|(name, shown)| format!("\"{shown}\":{}", context[*name])).collect();
        let words = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
        causes.invalid_text(field, &format!("{{{}}}", members.join(",")), words);
    }
}
