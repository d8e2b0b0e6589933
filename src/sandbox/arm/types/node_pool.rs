//! `Microsoft.ContainerService/managedClusters/agentPools`: the node pools of a cluster.
//!
//! Invariant: a pool is an object of its own, also when it was made with its cluster; the cluster shows those it has.

use serde_json::{Map, Value, json};

use super::super::reply::Refusal;
use super::super::request::Scene;
use super::super::{derive, merge};
use super::kubernetes_cluster::{check_upgrade, patch_of};
use super::{Draft, Kind, Takes};
use crate::world::Object;

/// The type of a node pool.
pub(crate) const POOL: &str = "Microsoft.ContainerService/managedClusters/agentPools";
const NODES_MAX: u64 = 1_000;

pub(super) const KINDS: &[Kind] = &[Kind {
    name: POOL,
    api: "2025-10-01",
    takes: Takes { create: 1_000, update: 400, delete: 600 },
    check,
    check_delete,
    fill: |draft, body| {
        let control_plane = control_plane(draft).unwrap_or_default();
        fill_pool(body, &draft.id.text(), &control_plane, draft.scene.now.0);
    },
    ..Kind::PLAIN
}];

/// What cannot be changed in place.
const FIXED: &[&str] = &[
    "vmSize",
    "osDiskSizeGB",
    "osDiskType",
    "osType",
    "maxPods",
    "vnetSubnetID",
    "podSubnetID",
    "scaleSetPriority",
    "scaleSetEvictionPolicy",
    "gpuInstanceProfile",
    "kubeletDiskType",
    "enableFIPS",
    "enableNodePublicIP",
    "enableUltraSSD",
    "enableEncryptionAtHost",
];

/// The version of the cluster that a pool belongs to.
fn control_plane(draft: &Draft<'_>) -> Option<String> {
    let cluster = draft.scene.tables.objects.get(&draft.id.parent()?.key())?;
    Some(merge::text(&cluster.body, "properties/kubernetesVersion").to_owned())
}

fn check(draft: &Draft<'_>, body: &Map<String, Value>) -> Result<(), Refusal> {
    check_pool(draft.id.name(), body)?;
    if let Some(live) = draft.live {
        for field in FIXED {
            let path = format!("properties/{field}");
            let (old, new) = (merge::at(&live.body, &path), merge::at(body, &path));
            let set = new.is_some_and(|new| !new.is_null() && new.as_str() != Some(""));
            let same = match (old, new) {
                (Some(Value::String(old)), Some(Value::String(new))) => old.eq_ignore_ascii_case(new),
                (None, Some(Value::Bool(new))) => !new,
                (old, new) => old == new,
            };
            if set && !same {
                let message = format!("Changing property 'properties.{field}' is not allowed.");
                return Err(
                    Refusal::new(400, "PropertyChangeNotAllowed", message).at(&format!("properties.{field}"))
                );
            }
        }
    }
    let asked = merge::text(body, "properties/orchestratorVersion");
    if let Some(live) = draft.live {
        check_upgrade(merge::text(&live.body, "properties/orchestratorVersion"), asked)?;
    }
    let plane = control_plane(draft).unwrap_or_default();
    if !asked.is_empty() && minor(asked) > minor(&plane) {
        let message = format!(
            "Node pool version {} and control plane version {} are incompatible. Minor version of node pool version {} \
             is bigger than control plane version {}. For more information, please check https://aka.ms/aks/UpgradeVersionRules",
            patch_of(asked),
            patch_of(&plane),
            minor(asked),
            minor(&plane),
        );
        return Err(Refusal::new(400, "NodePoolMcVersionIncompatible", message));
    }
    Ok(())
}

/// The number after the first dot.
pub(super) fn minor(version: &str) -> u32 {
    version.split('.').nth(1).and_then(|part| part.parse().ok()).unwrap_or(0)
}

/// Checks what holds for a pool wherever it is written.
pub(super) fn check_pool(name: &str, body: &Map<String, Value>) -> Result<(), Refusal> {
    let first = name.chars().next().is_some_and(|c| c.is_ascii_lowercase());
    let windows = merge::text(body, "properties/osType").eq_ignore_ascii_case("Windows");
    let longest = if windows { 6 } else { 12 };
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !first || name.len() > longest || !name.chars().all(allowed) {
        let message = format!(
            "The value of parameter agentPoolProfile.name is invalid. Error details: The name '{name}' must start with a \
             lower case letter, have max length of {longest}, and only have characters a-z0-9. Please see \
             https://aka.ms/aks-naming-rules for more details."
        );
        return Err(Refusal::new(400, "InvalidParameter", message).at("agentPoolProfile.name"));
    }
    let number = |field: &str| merge::at(body, &format!("properties/{field}")).and_then(Value::as_u64);
    let system = merge::text(body, "properties/mode").eq_ignore_ascii_case("System");
    let least = u64::from(system);
    if let Some(count) = number("count")
        && !(least..=NODES_MAX).contains(&count)
    {
        let message = format!(
            "The value of parameter agentPoolProfile.count is invalid. Error details: {count} is not between {least} and {NODES_MAX}."
        );
        return Err(Refusal::new(400, "InvalidParameter", message).at("agentPoolProfile.count"));
    }
    if merge::is_on(body, "properties/enableAutoScaling") {
        let (min, max) = (number("minCount"), number("maxCount"));
        let good =
            matches!((min, max), (Some(min), Some(max)) if min <= max && max <= NODES_MAX && min >= least);
        if !good {
            let message = "The value of parameter agentPoolProfile.minCount or maxCount is invalid: with the cluster autoscaler both are needed, and minCount is at most maxCount.";
            return Err(Refusal::new(400, "InvalidParameter", message).at("agentPoolProfile.minCount"));
        }
    }
    if merge::text(body, "properties/vmSize").is_empty() {
        let message = "Required parameter agentPoolProfile.vmSize is missing (null).";
        return Err(Refusal::new(400, "InvalidParameter", message).at("agentPoolProfile.vmSize"));
    }
    Ok(())
}

/// Completes a pool, in the form of an object of its own.
pub(super) fn fill_pool(body: &mut Map<String, Value>, id: &str, control_plane: &str, changed: i64) {
    let windows = merge::text(body, "properties/osType").eq_ignore_ascii_case("Windows");
    if merge::text(body, "properties/kubeletDiskType").is_empty() {
        merge::put(body, "properties/kubeletDiskType", "OS");
    }
    merge::fill_all(
        body,
        &[
            ("properties/mode", json!("User")),
            ("properties/osType", json!("Linux")),
            ("properties/osSKU", json!(if windows { "Windows2022" } else { "Ubuntu" })),
            ("properties/osDiskType", json!("Managed")),
            ("properties/osDiskSizeGB", json!(128)),
            ("properties/maxPods", json!(110)),
            ("properties/type", json!("VirtualMachineScaleSets")),
            ("properties/scaleDownMode", json!("Delete")),
            ("properties/upgradeStrategy", json!("Rolling")),
            (
                "properties/securityProfile",
                json!({"enableVTPM": false, "enableSecureBoot": false, "sshAccess": "LocalUser"}),
            ),
            ("properties/orchestratorVersion", json!(control_plane)),
            ("properties/powerState", json!({"code": "Running"})),
        ],
    );
    let version = patch_of(merge::text(body, "properties/orchestratorVersion"));
    merge::put(body, "properties/currentOrchestratorVersion", version);
    merge::fill(body, "properties/nodeImageVersion", "AKSUbuntu-2204gen2containerd-202601.02.0");
    let number = |body: &Map<String, Value>, field: &str| {
        merge::at(body, &format!("properties/{field}")).and_then(Value::as_u64)
    };
    let autoscaled = merge::is_on(body, "properties/enableAutoScaling");
    let least = if autoscaled { number(body, "minCount").unwrap_or(1) } else { 1 };
    let most = if autoscaled { number(body, "maxCount").unwrap_or(NODES_MAX) } else { NODES_MAX };
    let count = number(body, "count");
    let count = match (autoscaled, count) {
        (true, count) => count.unwrap_or(least).clamp(least, most.max(least)),
        (false, count) => count.unwrap_or(1),
    };
    merge::put(body, "properties/count", count);
    merge::put(body, "properties/eTag", derive::guid(id, &changed.to_string()));
    merge::put(body, "properties/provisioningState", "Succeeded");
}

/// A cluster keeps a system pool for as long as it lives.
fn check_delete(scene: &Scene<'_>, pool: &Object) -> Result<(), Refusal> {
    let is_system = |pool: &Object| merge::text(&pool.body, "properties/mode").eq_ignore_ascii_case("System");
    let own = pool.id.to_lowercase();
    let siblings = own.rsplit_once('/').map_or(String::new(), |(front, _)| format!("{front}/"));
    let others: Vec<&Object> =
        scene.tables.below(&siblings).filter(|(key, _)| **key != own).map(|(_, pool)| pool).collect();
    let message = match others.iter().any(|pool| is_system(pool)) {
        true => return Ok(()),
        false if others.is_empty() => "There has to be at least one agent pool.",
        false if is_system(pool) => "There has to be at least one system agent pool.",
        false => return Ok(()),
    };
    Err(Refusal::new(400, "OperationNotAllowed", message))
}
