//! Nodes as AKS makes them from node pools: labels, taints, what they hold and what of it pods may use.
//!
//! Invariant: equal templates make equal nodes but for times; a pool's n-th node always has the same name.
//! Rule: <https://learn.microsoft.com/azure/aks/node-resource-reservations>

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::MANAGED_NODE;
use super::fields::stamp;
use super::history::fingerprint;
use super::quantities::written;

const MIB: i128 = 1024 * 1024;
/// What kernel and hypervisor keep of a VM's memory, in thousandths of it.
const MEMORY_LOST_PER_MILLE: i128 = 25;
/// The memory below which pods are evicted, in MiB.
const EVICTION_MIB: i128 = 100;

/// What a pool is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeMode {
    /// It runs the cluster's own pods.
    System,
    /// It runs users' pods.
    User,
}

/// What runs on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OperatingSystem {
    /// Ubuntu.
    Ubuntu,
    /// Azure Linux.
    AzureLinux,
    /// Windows Server.
    Windows,
}

impl OperatingSystem {
    fn family(self) -> &'static str {
        match self {
            Self::Ubuntu | Self::AzureLinux => "linux",
            Self::Windows => "windows",
        }
    }

    fn sku(self) -> &'static str {
        match self {
            Self::Ubuntu => "Ubuntu",
            Self::AzureLinux => "AzureLinux",
            Self::Windows => "Windows2022",
        }
    }

    fn image(self) -> (&'static str, &'static str) {
        match self {
            Self::Ubuntu => ("Ubuntu 24.04.3 LTS", "6.8.0-1040-azure"),
            Self::AzureLinux => ("Microsoft Azure Linux 3.0", "6.6.104.2-4.azl3"),
            Self::Windows => ("Windows Server 2022 Datacenter", "10.0.20348.4171"),
        }
    }
}

/// A taint of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodeTaint {
    /// The key.
    pub key: String,
    /// The value, may be empty.
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
}

impl NodeTaint {
    /// Reads `key=value:Effect`, as AKS writes taints.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (pair, effect) = text.rsplit_once(':')?;
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some(Self { key: key.into(), value: value.into(), effect: effect.into() })
    }
}

/// All that makes one node of a pool.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NodeTemplate {
    /// The pool.
    pub pool: String,
    /// The place in the pool, from 0.
    pub index: u32,
    /// The VM size, such as `Standard_D4s_v5`.
    pub vm_size: String,
    /// Its virtual processors.
    pub vcpus: u32,
    /// Its memory in GiB.
    pub memory_gib: f64,
    /// Its NVIDIA GPUs. The node shows them as if a device plug-in ran on it.
    pub gpus: u32,
    /// The labels that the user gave the pool.
    pub labels: BTreeMap<String, String>,
    /// The taints that the user gave the pool.
    pub taints: Vec<NodeTaint>,
    /// The availability zone, such as `1`.
    pub zone: Option<String>,
    /// The region, such as `westeurope`.
    pub region: String,
    /// The operating system.
    pub os: OperatingSystem,
    /// What the pool is for.
    pub mode: NodeMode,
    /// The version of Kubernetes, such as `1.34.1`.
    pub version: String,
    /// The most pods on it.
    pub max_pods: u32,
    /// The size of its disk in GiB.
    pub disk_gib: u32,
    /// Whether Azure may take it away at any time.
    pub is_spot: bool,
    /// The subscription.
    pub subscription: String,
    /// The resource group of the nodes, such as `MC_rg_cluster_westeurope`.
    pub node_resource_group: String,
}

impl NodeTemplate {
    /// The name of the pool's scale set.
    fn scale_set(&self) -> String {
        let seed = json!([self.node_resource_group, self.subscription]);
        // Eight digits, the same for all pools of a cluster.
        let digits: u64 =
            fingerprint(&seed, None).bytes().fold(17, |sum, byte| sum * 31 % 90_000_000 + u64::from(byte));
        format!("aks-{}-{:08}-vmss", self.pool, 10_000_000 + digits % 90_000_000)
    }

    /// The name of the node.
    pub(crate) fn name(&self) -> String {
        format!("{}{:0>6}", self.scale_set(), base36(self.index))
    }
}

/// Scale sets number their machines in base 36.
fn base36(number: u32) -> String {
    let mut rest = number;
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit(rest % 36, 36).unwrap_or('0'));
        rest /= 36;
        if rest == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

/// The nodes of templates, ready, as they are at a time.
pub(crate) fn nodes_from_templates(templates: &[NodeTemplate], now: Timestamp) -> Vec<Value> {
    templates.iter().map(|template| node(template, now)).collect()
}

fn node(template: &NodeTemplate, now: Timestamp) -> Value {
    let name = template.name();
    let (capacity, allocatable) = resources(template);
    let mut spec = json!({
        "podCIDR": format!("10.244.{}.0/24", address_byte(template)),
        "podCIDRs": [format!("10.244.{}.0/24", address_byte(template))],
        "providerID": format!(
            "azure:///subscriptions/{}/resourceGroups/{}/providers/Microsoft.Compute/virtualMachineScaleSets/{}/virtualMachines/{}",
            template.subscription, template.node_resource_group.to_lowercase(), template.scale_set(), template.index
        ),
    });
    let taints = taints(template);
    if !taints.is_empty() {
        spec["taints"] = Value::from(taints);
    }
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": labels(template, &name),
            "annotations": {
                "csi.volume.kubernetes.io/nodeid": format!("{{\"disk.csi.azure.com\":\"{name}\",\"file.csi.azure.com\":\"{name}\"}}"),
                "node.alpha.kubernetes.io/ttl": "0",
                "volumes.kubernetes.io/controller-managed-attach-detach": "true",
                MANAGED_NODE: template.pool,
            },
        },
        "spec": spec,
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": format!("10.224.0.{}", address_byte(template))},
                {"type": "Hostname", "address": name},
            ],
            "allocatable": allocatable,
            "capacity": capacity,
            "conditions": conditions(now),
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": info(template, &name),
        },
    })
}

/// A byte that tells the nodes of a cluster apart, as long as there are few.
fn address_byte(template: &NodeTemplate) -> u64 {
    let pool: u64 = template.pool.bytes().map(u64::from).sum();
    4 + (pool * 37 + u64::from(template.index)) % 250
}

fn labels(template: &NodeTemplate, name: &str) -> Value {
    let mode = match template.mode {
        NodeMode::System => "system",
        NodeMode::User => "user",
    };
    let zone = template.zone.as_ref().map_or("0".to_owned(), |zone| format!("{}-{zone}", template.region));
    let os = template.os.family();
    let memory = (template.memory_gib * 1024.0).round();
    let mut labels: Map<String, Value> = Map::new();
    let mut add = |key: &str, value: &str| {
        labels.insert(key.to_owned(), Value::from(value));
    };
    add("agentpool", &template.pool);
    add("beta.kubernetes.io/arch", "amd64");
    add("beta.kubernetes.io/instance-type", &template.vm_size);
    add("beta.kubernetes.io/os", os);
    add("failure-domain.beta.kubernetes.io/region", &template.region);
    add("failure-domain.beta.kubernetes.io/zone", &zone);
    add("kubernetes.azure.com/agentpool", &template.pool);
    add("kubernetes.azure.com/cluster", &template.node_resource_group);
    add("kubernetes.azure.com/mode", mode);
    add("kubernetes.azure.com/nodepool-type", "VirtualMachineScaleSets");
    add("kubernetes.azure.com/os-sku", template.os.sku());
    add("kubernetes.azure.com/os-sku-effective", template.os.sku());
    add("kubernetes.azure.com/role", "agent");
    add("kubernetes.azure.com/sku-cpu", &template.vcpus.to_string());
    add("kubernetes.azure.com/sku-memory", &format!("{memory}"));
    add("kubernetes.io/arch", "amd64");
    add("kubernetes.io/hostname", name);
    add("kubernetes.io/os", os);
    add("node.kubernetes.io/instance-type", &template.vm_size);
    add("storageprofile", "managed");
    add("storagetier", "Premium_LRS");
    add("topology.disk.csi.azure.com/zone", if template.zone.is_some() { &zone } else { "" });
    add("topology.kubernetes.io/region", &template.region);
    add("topology.kubernetes.io/zone", &zone);
    if template.gpus > 0 {
        add("accelerator", "nvidia");
        add("kubernetes.azure.com/accelerator", "nvidia");
    }
    if template.is_spot {
        add("kubernetes.azure.com/scalesetpriority", "spot");
    }
    template.labels.iter().for_each(|(key, value)| add(key, value));
    Value::Object(labels)
}

fn taints(template: &NodeTemplate) -> Vec<Value> {
    let spot = NodeTaint {
        key: "kubernetes.azure.com/scalesetpriority".into(),
        value: "spot".into(),
        effect: "NoSchedule".into(),
    };
    let mut all: Vec<&NodeTaint> = template.taints.iter().collect();
    if template.is_spot && !all.contains(&&spot) {
        all.push(&spot);
    }
    let shape = |taint: &&NodeTaint| match taint.value.as_str() {
        "" => json!({"key": taint.key, "effect": taint.effect}),
        value => json!({"key": taint.key, "value": value, "effect": taint.effect}),
    };
    all.iter().map(shape).collect()
}

/// The processor time that AKS keeps for itself, in thousandths of a core.
fn reserved_cpu(vcpus: u32) -> i128 {
    let cores = i128::from(vcpus);
    let first = [60, 40, 20, 20].iter().take(usize::try_from(cores.min(4)).unwrap_or(4)).sum::<i128>();
    first + 10 * (cores - 4).max(0)
}

/// The memory that AKS keeps for itself, in MiB: by pods since 1.29, by steps of size before.
fn reserved_memory(template: &NodeTemplate, total_mib: i128) -> i128 {
    let minor: u32 = template.version.split('.').nth(1).and_then(|part| part.parse().ok()).unwrap_or(99);
    if minor >= 29 {
        return (20 * i128::from(template.max_pods) + 50).min(total_mib / 4) + EVICTION_MIB;
    }
    let steps = [(4, 25), (4, 20), (8, 10), (112, 6), (i128::from(u32::MAX), 2)];
    let mut left = total_mib;
    let mut reserved = 750;
    for (gib, percent) in steps {
        let here = left.min(gib * 1024);
        reserved += here * percent / 100;
        left -= here;
    }
    reserved
}

fn resources(template: &NodeTemplate) -> (Value, Value) {
    let mib = |gib: f64| i128::from((gib * 1024.0) as i64);
    let nominal = mib(template.memory_gib);
    let total = nominal - nominal * MEMORY_LOST_PER_MILLE / 1000;
    let disk = i128::from(template.disk_gib) * 1024;
    let text = |name: &str, amount: i128| Value::from(written(name, amount));
    let kib = |mib: i128| Value::from(format!("{}Ki", mib * 1024));
    let mut capacity = json!({
        "cpu": template.vcpus.to_string(),
        "ephemeral-storage": kib(disk * 97 / 100),
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "memory": kib(total),
        "pods": template.max_pods.to_string(),
    });
    let mut allocatable = capacity.clone();
    let cpu = i128::from(template.vcpus) * 1000 - reserved_cpu(template.vcpus);
    allocatable["cpu"] = text("cpu", cpu);
    allocatable["memory"] = kib((total - reserved_memory(template, nominal)).max(0));
    allocatable["ephemeral-storage"] = Value::from((disk * 97 / 100 * 9 / 10 * MIB).to_string());
    if template.gpus > 0 {
        for list in [&mut capacity, &mut allocatable] {
            list["nvidia.com/gpu"] = Value::from(template.gpus.to_string());
        }
    }
    (capacity, allocatable)
}

fn conditions(now: Timestamp) -> Value {
    let quiet = [
        ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ];
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": stamp(now), "lastTransitionTime": stamp(now),
        })
    };
    let mut all: Vec<Value> =
        quiet.iter().map(|(kind, reason, message)| condition(kind, "False", reason, message)).collect();
    all.push(condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"));
    Value::from(all)
}

fn info(template: &NodeTemplate, name: &str) -> Value {
    let (image, kernel) = template.os.image();
    let id = fingerprint(&json!(name), None);
    json!({
        "architecture": "amd64",
        "bootID": format!("boot-{id}"),
        "containerRuntimeVersion": "containerd://2.1.5-1",
        "kernelVersion": kernel,
        "kubeProxyVersion": "",
        "kubeletVersion": format!("v{}", template.version),
        "machineID": id,
        "operatingSystem": template.os.family(),
        "osImage": image,
        "systemUUID": format!("uuid-{id}"),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn template(pool: &str, index: u32) -> NodeTemplate {
        NodeTemplate {
            pool: pool.into(),
            index,
            vm_size: "Standard_D4s_v5".into(),
            vcpus: 4,
            memory_gib: 16.0,
            gpus: 0,
            labels: BTreeMap::new(),
            taints: Vec::new(),
            zone: Some("1".into()),
            region: "westeurope".into(),
            os: OperatingSystem::Ubuntu,
            mode: NodeMode::System,
            version: "1.34.1".into(),
            max_pods: 110,
            disk_gib: 128,
            is_spot: false,
            subscription: "00000000-0000-0000-0000-000000000000".into(),
            node_resource_group: "MC_rg_aks_westeurope".into(),
        }
    }

    #[test]
    fn reservations_are_those_that_aks_documents() {
        let cpu: Vec<i128> = [1, 2, 4, 8, 16, 32, 64].map(reserved_cpu).to_vec();
        assert_eq!(cpu, [60, 100, 140, 180, 260, 420, 740]);
        let mut of = template("a", 0);
        let mut memory = |pods: u32, gib: i128| {
            of.max_pods = pods;
            reserved_memory(&of, gib * 1024)
        };
        assert_eq!([memory(30, 16), memory(110, 16), memory(250, 16)], [750, 2350, 4196]);
        assert_eq!([memory(250, 32), memory(250, 1900)], [5150, 5150]);
        of.version = "1.28.5".into();
        assert_eq!(reserved_memory(&of, 16 * 1024), 3412);
    }

    #[test]
    fn machines_are_numbered_in_base_36() {
        assert!(template("gpu", 0).name().ends_with("vmss000000"));
        assert!(template("gpu", 10).name().ends_with("vmss00000a"));
        assert!(template("gpu", 37).name().ends_with("vmss000011"));
    }
}
