//! Cells of what does not run: networking, storage, configuration, rights, policies.

use serde_json::{Map, Value};

use super::cells::{Shown, first_of, joined, labels, selector};

/// How many endpoints, ports and hosts are listed.
const LISTED: usize = 3;
/// How many metrics are listed.
const METRICS: usize = 2;

/// The cells of such a kind; none if it is another.
#[expect(clippy::too_many_lines, reason = "a list of kinds, a few lines each")]
pub(super) fn cells(kind: &str, shown: Shown<'_>) -> Option<Vec<Value>> {
    let text = |path: &str| Value::from(shown.text(path));
    let middle = match kind {
        "/Service" => return Some(service(shown)),
        "/Event" => return Some(event(shown)),
        "/PersistentVolume" => return Some(volume(shown)),
        "/PersistentVolumeClaim" => return Some(claim(shown)),
        "rbac.authorization.k8s.io/RoleBinding" | "rbac.authorization.k8s.io/ClusterRoleBinding" => {
            return Some(binding(shown));
        }
        "scheduling.k8s.io/PriorityClass" => {
            let value = shown.number("/value").into();
            let default = shown.is_set("/globalDefault").into();
            return Some(vec![shown.name(), value, default, shown.age(), text("/preemptionPolicy")]);
        }
        "flowcontrol.apiserver.k8s.io/FlowSchema" => return Some(flow_schema(shown)),
        "storage.k8s.io/CSIStorageCapacity" => {
            return Some(vec![shown.name(), text("/storageClassName"), text("/capacity")]);
        }
        "storage.k8s.io/StorageClass" => return Some(storage_class(shown)),
        "/Namespace" => vec![text("/status/phase")],
        "/ServiceAccount" => vec![],
        "/Secret" => vec![text("/type"), shown.size("/data").into()],
        "/ConfigMap" => vec![(shown.size("/data") + shown.size("/binaryData")).into()],
        "/Endpoints" => vec![endpoints(shown).into()],
        "/ResourceQuota" => quota(shown),
        "policy/PodDisruptionBudget" => vec![
            shown.any_or("/spec/minAvailable", "N/A"),
            shown.any_or("/spec/maxUnavailable", "N/A"),
            shown.number("/status/disruptionsAllowed").into(),
        ],
        "networking.k8s.io/Ingress" => ingress(shown),
        "networking.k8s.io/IngressClass" => vec![text("/spec/controller"), parameters(shown).into()],
        "networking.k8s.io/NetworkPolicy" => vec![selector(shown.at("/spec/podSelector"))],
        "autoscaling/HorizontalPodAutoscaler" => scaler(shown),
        "coordination.k8s.io/Lease" => vec![text("/spec/holderIdentity")],
        "discovery.k8s.io/EndpointSlice" => slice(shown),
        "apps/ControllerRevision" => vec![maker(shown), shown.number("/revision").into()],
        "node.k8s.io/RuntimeClass" => vec![text("/handler")],
        "storage.k8s.io/VolumeAttributesClass" => vec![text("/driverName")],
        "storage.k8s.io/VolumeAttachment" => vec![
            text("/spec/attacher"),
            text("/spec/source/persistentVolumeName"),
            text("/spec/nodeName"),
            shown.is_set("/status/attached").into(),
        ],
        "storage.k8s.io/CSINode" => vec![shown.size("/spec/drivers").into()],
        "storage.k8s.io/CSIDriver" => driver(shown),
        "admissionregistration.k8s.io/MutatingWebhookConfiguration"
        | "admissionregistration.k8s.io/ValidatingWebhookConfiguration" => {
            vec![shown.size("/webhooks").into()]
        }
        "admissionregistration.k8s.io/ValidatingAdmissionPolicy" => {
            let kind = shown.at("/spec/paramKind").map(|kind| {
                let part = |member: &str| kind[member].as_str().unwrap_or_default().to_owned();
                format!("{}/{}", part("apiVersion"), part("kind"))
            });
            let kind = kind.unwrap_or_else(|| "<unset>".into());
            vec![shown.size("/spec/validations").into(), kind.into()]
        }
        "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding" => {
            let reference = shown.at("/spec/paramRef").map(|reference| {
                let part = |member: &str| reference[member].as_str().unwrap_or("*").to_owned();
                format!("{}/{}", part("namespace"), part("name"))
            });
            let reference = reference.unwrap_or_else(|| "<unset>".into());
            vec![text("/spec/policyName"), reference.into()]
        }
        "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration" => {
            let limited = |path: &str| shown.any_or(&format!("/spec/limited/{path}"), "<none>");
            vec![
                text("/spec/type"),
                limited("nominalConcurrencyShares"),
                limited("limitResponse/queuing/queues"),
                limited("limitResponse/queuing/handSize"),
                limited("limitResponse/queuing/queueLengthLimit"),
            ]
        }
        "certificates.k8s.io/CertificateSigningRequest" => return Some(signing_request(shown)),
        "apiregistration.k8s.io/APIService" => api_service(shown),
        _ => return None,
    };
    let mut cells = vec![shown.name()];
    cells.extend(middle);
    cells.push(shown.age());
    Some(cells)
}

fn texts(items: &[Value], member: &str) -> Vec<String> {
    items.iter().filter_map(|one| one[member].as_str()).map(str::to_owned).collect()
}

fn service(shown: Shown<'_>) -> Vec<Value> {
    let kind = shown.text("/spec/type");
    let mut external: Vec<String> =
        shown.items("/spec/externalIPs").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let address = match kind {
        "LoadBalancer" => {
            let ingress = shown.items("/status/loadBalancer/ingress");
            let mut all: Vec<String> = ingress
                .iter()
                .filter_map(|one| one["ip"].as_str().or(one["hostname"].as_str()))
                .map(str::to_owned)
                .collect();
            all.append(&mut external);
            all.dedup();
            if all.is_empty() { "<pending>".into() } else { all.join(",").into() }
        }
        "ExternalName" => shown.text("/spec/externalName").into(),
        _ => joined(&external, ","),
    };
    let port = |port: &Value| {
        let protocol = port["protocol"].as_str().unwrap_or("TCP");
        match port["nodePort"].as_i64().filter(|node| *node > 0) {
            Some(node) => format!("{}:{node}/{protocol}", port["port"]),
            None => format!("{}/{protocol}", port["port"]),
        }
    };
    let ports: Vec<String> = shown.items("/spec/ports").iter().map(port).collect();
    vec![
        shown.name(),
        kind.into(),
        shown.text_or("/spec/clusterIP", "<none>"),
        address,
        joined(&ports, ","),
        shown.age(),
        labels(shown.at("/spec/selector")).into(),
    ]
}

fn event(shown: Shown<'_>) -> Vec<Value> {
    let unknown = || "<unknown>".to_owned();
    let first = shown.ago("/firstTimestamp").or_else(|| shown.ago("/eventTime")).unwrap_or_else(unknown);
    let mut last = shown.ago("/lastTimestamp").unwrap_or_else(|| first.clone());
    let mut times = shown.number("/count").max(1);
    if shown.at("/series").is_some() {
        last = shown.ago("/series/lastObservedTime").unwrap_or_else(unknown);
        times = shown.number("/series/count");
    }
    let kind = shown.text("/involvedObject/kind").to_lowercase();
    let object = match shown.text("/involvedObject/name") {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    let component = match shown.text("/source/component") {
        "" => shown.text("/reportingComponent"),
        component => component,
    };
    let host = match shown.text("/source/host") {
        "" => shown.text("/reportingInstance"),
        host => host,
    };
    let source = if host.is_empty() { component.to_owned() } else { format!("{component}, {host}") };
    vec![
        last.into(),
        shown.text("/type").into(),
        shown.text("/reason").into(),
        object.into(),
        shown.text("/involvedObject/fieldPath").into(),
        source.into(),
        shown.text("/message").trim().into(),
        first.into(),
        times.into(),
        shown.name(),
    ]
}

/// `ReadWriteOnce` and the like in three letters.
fn modes(modes: &[Value]) -> String {
    let short = |mode: &Value| match mode.as_str().unwrap_or_default() {
        "ReadWriteOnce" => Some("RWO"),
        "ReadOnlyMany" => Some("ROX"),
        "ReadWriteMany" => Some("RWX"),
        "ReadWriteOncePod" => Some("RWOP"),
        _ => None,
    };
    let all: Vec<&str> = modes.iter().filter_map(short).collect();
    all.join(",")
}

fn phase(shown: Shown<'_>) -> Value {
    if shown.at("/metadata/deletionTimestamp").is_some() {
        return "Terminating".into();
    }
    shown.text("/status/phase").into()
}

fn volume(shown: Shown<'_>) -> Vec<Value> {
    let claim = match (shown.text("/spec/claimRef/namespace"), shown.text("/spec/claimRef/name")) {
        ("", "") => String::new(),
        (namespace, name) => format!("{namespace}/{name}"),
    };
    vec![
        shown.name(),
        shown.text("/spec/capacity/storage").into(),
        modes(shown.items("/spec/accessModes")).into(),
        shown.text("/spec/persistentVolumeReclaimPolicy").into(),
        phase(shown),
        claim.into(),
        shown.text("/spec/storageClassName").into(),
        shown.text_or("/spec/volumeAttributesClassName", "<unset>"),
        shown.text("/status/reason").into(),
        shown.age(),
        shown.text_or("/spec/volumeMode", "<unset>"),
    ]
}

fn claim(shown: Shown<'_>) -> Vec<Value> {
    let volume = shown.text("/spec/volumeName");
    let (capacity, access) = if volume.is_empty() {
        (String::new(), String::new())
    } else {
        (shown.text("/status/capacity/storage").to_owned(), modes(shown.items("/status/accessModes")))
    };
    vec![
        shown.name(),
        phase(shown),
        volume.into(),
        capacity.into(),
        access.into(),
        shown.text("/spec/storageClassName").into(),
        shown.text_or("/spec/volumeAttributesClassName", "<unset>"),
        shown.age(),
        shown.text_or("/spec/volumeMode", "<unset>"),
    ]
}

fn storage_class(shown: Shown<'_>) -> Vec<Value> {
    let default = shown.at("/metadata/annotations/storageclass.kubernetes.io~1is-default-class");
    let mut name = shown.text("/metadata/name").to_owned();
    if default.is_some_and(|default| default == "true") {
        name.push_str(" (default)");
    }
    vec![
        name.into(),
        shown.text("/provisioner").into(),
        shown.text_or("/reclaimPolicy", "Delete"),
        shown.text_or("/volumeBindingMode", "Immediate"),
        shown.is_set("/allowVolumeExpansion").into(),
        shown.age(),
    ]
}

fn binding(shown: Shown<'_>) -> Vec<Value> {
    let of = |kind: &str| -> Vec<&Value> {
        shown.items("/subjects").iter().filter(|one| one["kind"] == kind).collect()
    };
    let names = |kind: &str| -> Value {
        let all: Vec<&str> = of(kind).iter().filter_map(|one| one["name"].as_str()).collect();
        all.join(", ").into()
    };
    let account = |one: &&Value| {
        let part = |member: &str| one[member].as_str().unwrap_or_default();
        format!("{}/{}", part("namespace"), part("name"))
    };
    let accounts: Vec<String> = of("ServiceAccount").iter().map(account).collect();
    vec![
        shown.name(),
        format!("{}/{}", shown.text("/roleRef/kind"), shown.text("/roleRef/name")).into(),
        shown.age(),
        names("User"),
        names("Group"),
        accounts.join(", ").into(),
    ]
}

fn endpoints(shown: Shown<'_>) -> String {
    let mut all = Vec::new();
    for subset in shown.items("/subsets") {
        let addresses = subset["addresses"].as_array().map_or(&[][..], Vec::as_slice);
        let ports = subset["ports"].as_array().map_or(&[][..], Vec::as_slice);
        if ports.is_empty() {
            all.extend(texts(addresses, "ip"));
        }
        for port in ports {
            all.extend(texts(addresses, "ip").into_iter().map(|ip| format!("{ip}:{}", port["port"])));
        }
    }
    first_of(&all, LISTED, "<none>")
}

fn slice(shown: Shown<'_>) -> Vec<Value> {
    let port = |port: &Value| port["port"].as_i64().map_or_else(|| "*".to_owned(), |port| port.to_string());
    let ports: Vec<String> = shown.items("/ports").iter().map(port).collect();
    let addresses = shown.items("/endpoints").iter().flat_map(|one| one["addresses"].as_array());
    let addresses: Vec<String> = addresses.flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    vec![
        shown.text("/addressType").into(),
        first_of(&ports, LISTED, "<unset>").into(),
        first_of(&addresses, LISTED, "<unset>").into(),
    ]
}

fn quota(shown: Shown<'_>) -> Vec<Value> {
    let nothing = Map::new();
    let hard = shown.at("/spec/hard").and_then(Value::as_object).unwrap_or(&nothing);
    let used = shown.at("/status/used").and_then(Value::as_object).unwrap_or(&nothing);
    let mut names: Vec<&String> = hard.keys().collect();
    names.sort();
    let written = |name: &&String| {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("0").to_owned();
        format!("{name}: {}/{}", text(used.get(*name)), text(hard.get(*name)))
    };
    let (limits, requests): (Vec<&String>, Vec<&String>) =
        names.into_iter().partition(|name| name.starts_with("limits."));
    let join = |names: Vec<&String>| names.iter().map(written).collect::<Vec<String>>().join(", ");
    vec![join(requests).into(), join(limits).into()]
}

fn ingress(shown: Shown<'_>) -> Vec<Value> {
    let hosts: Vec<String> =
        texts(shown.items("/spec/rules"), "host").into_iter().filter(|host| !host.is_empty()).collect();
    let hosts = first_of(&hosts, LISTED, "*");
    let addresses: Vec<&str> = shown
        .items("/status/loadBalancer/ingress")
        .iter()
        .filter_map(|one| one["ip"].as_str().or(one["hostname"].as_str()))
        .collect();
    let ports = if shown.items("/spec/tls").is_empty() { "80" } else { "80, 443" };
    vec![
        shown.text_or("/spec/ingressClassName", "<none>"),
        hosts.into(),
        addresses.join(",").into(),
        ports.into(),
    ]
}

fn parameters(shown: Shown<'_>) -> String {
    let Some(parameters) = shown.at("/spec/parameters") else { return "<none>".into() };
    let part = |member: &str| parameters[member].as_str().unwrap_or_default();
    match part("apiGroup") {
        "" => format!("{}/{}", part("kind"), part("name")),
        group => format!("{}.{group}/{}", part("kind"), part("name")),
    }
}

/// The workload that a revision belongs to, such as `daemonset.apps/agent`.
fn maker(shown: Shown<'_>) -> Value {
    let owners = shown.items("/metadata/ownerReferences");
    let Some(owner) = owners.iter().find(|one| one["controller"] == true) else { return "<none>".into() };
    let part = |member: &str| owner[member].as_str().unwrap_or_default();
    let kind = part("kind").to_lowercase();
    match part("apiVersion").split_once('/') {
        Some((group, _)) => format!("{kind}.{group}/{}", part("name")).into(),
        None => format!("{kind}/{}", part("name")).into(),
    }
}

fn scaler(shown: Shown<'_>) -> Vec<Value> {
    let metrics = shown.items("/spec/metrics");
    let current = shown.items("/status/currentMetrics");
    let all: Vec<String> =
        metrics.iter().enumerate().map(|(index, metric)| target(metric, current.get(index))).collect();
    let targets = match all.len() {
        0 => "<none>".to_owned(),
        count if count > METRICS => format!("{} + {} more...", all[..METRICS].join(", "), count - METRICS),
        _ => all.join(", "),
    };
    vec![
        format!("{}/{}", shown.text("/spec/scaleTargetRef/kind"), shown.text("/spec/scaleTargetRef/name"))
            .into(),
        targets.into(),
        shown.any_or("/spec/minReplicas", "<unset>"),
        shown.number("/spec/maxReplicas").into(),
        shown.number("/status/currentReplicas").into(),
    ]
}

/// What a metric is and what it is to be.
fn target(metric: &Value, current: Option<&Value>) -> String {
    let (member, named) = match metric["type"].as_str() {
        Some("Pods") => ("pods", false),
        Some("Object") => ("object", false),
        Some("External") => ("external", false),
        Some("ContainerResource") => ("containerResource", true),
        Some(_) | None => ("resource", true),
    };
    let (wanted, found) = (&metric[member]["target"], current.map(|current| &current[member]["current"]));
    let value = |kind: &str| found.and_then(|found| found[kind].as_str()).unwrap_or("<unknown>").to_owned();
    let written = if let Some(percent) = wanted["averageUtilization"].as_i64() {
        let found = found.and_then(|found| found["averageUtilization"].as_i64());
        let found = found.map_or_else(|| "<unknown>".to_owned(), |found| format!("{found}%"));
        format!("{found}/{percent}%")
    } else if let Some(average) = wanted["averageValue"].as_str() {
        let avg = if named || member == "pods" { "" } else { " (avg)" };
        format!("{}/{average}{avg}", value("averageValue"))
    } else {
        format!("{}/{}", value("value"), wanted["value"].as_str().unwrap_or("<unknown>"))
    };
    match metric[member]["name"].as_str().filter(|_| named) {
        Some(name) => format!("{name}: {written}"),
        None => written,
    }
}

fn driver(shown: Shown<'_>) -> Vec<Value> {
    let flag = |path: &str, otherwise: bool| {
        Value::from(shown.at(path).and_then(Value::as_bool).unwrap_or(otherwise))
    };
    let audiences = texts(shown.items("/spec/tokenRequests"), "audience");
    let lives: Vec<&str> =
        shown.items("/spec/volumeLifecycleModes").iter().filter_map(Value::as_str).collect();
    vec![
        flag("/spec/attachRequired", true),
        flag("/spec/podInfoOnMount", false),
        flag("/spec/storageCapacity", false),
        if audiences.is_empty() { "<unset>".into() } else { audiences.join(",").into() },
        flag("/spec/requiresRepublish", false),
        if lives.is_empty() { "<none>".into() } else { lives.join(",").into() },
    ]
}

fn flow_schema(shown: Shown<'_>) -> Vec<Value> {
    let dangling = shown.condition("Dangling").and_then(|one| one["status"].as_str()).unwrap_or("?");
    vec![
        shown.name(),
        shown.text("/spec/priorityLevelConfiguration/name").into(),
        shown.number("/spec/matchingPrecedence").into(),
        shown.text_or("/spec/distinguisherMethod/type", "<none>"),
        shown.age(),
        dangling.into(),
    ]
}

fn signing_request(shown: Shown<'_>) -> Vec<Value> {
    let is = |kind: &str| shown.condition(kind).is_some();
    let mut condition = match (is("Denied"), is("Approved")) {
        (true, _) => "Denied",
        (false, true) => "Approved",
        (false, false) => "Pending",
    }
    .to_owned();
    if is("Failed") {
        condition.push_str(",Failed");
    }
    if shown.at("/status/certificate").is_some() {
        condition.push_str(",Issued");
    }
    let lasts = shown.at("/spec/expirationSeconds").and_then(Value::as_i64);
    vec![
        shown.name(),
        shown.age(),
        shown.text("/spec/signerName").into(),
        shown.text("/spec/username").into(),
        lasts.map_or_else(|| "<none>".to_owned(), super::duration).into(),
        condition.into(),
    ]
}

fn api_service(shown: Shown<'_>) -> Vec<Value> {
    let service = match (shown.text("/spec/service/namespace"), shown.text("/spec/service/name")) {
        ("", "") => "Local".to_owned(),
        (namespace, name) => format!("{namespace}/{name}"),
    };
    let available = shown.condition("Available").map_or_else(
        || "Unknown".to_owned(),
        |one| match (one["status"].as_str().unwrap_or("Unknown"), one["reason"].as_str()) {
            ("True", _) => "True".to_owned(),
            (status, Some(reason)) => format!("{status} ({reason})"),
            (status, None) => status.to_owned(),
        },
    );
    vec![service.into(), available.into()]
}
