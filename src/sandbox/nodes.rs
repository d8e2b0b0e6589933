//! Node pools as nodes: what a VM size has, and which nodes a pool implies.
//!
//! Source: <https://learn.microsoft.com/azure/virtual-machines/sizes/overview>

use serde_json::Value;

use crate::arm;
use crate::cluster::controllers::{NodeMode, NodeTaint, NodeTemplate, OperatingSystem};
use crate::world::Object;

/// Processors, memory in GiB and NVIDIA GPUs of sizes that no rule gives.
const SIZES: &[(&str, u32, f64, u32)] = &[
    ("Standard_NC4as_T4_v3", 4, 28.0, 1),
    ("Standard_NC8as_T4_v3", 8, 56.0, 1),
    ("Standard_NC16as_T4_v3", 16, 110.0, 1),
    ("Standard_NC64as_T4_v3", 64, 440.0, 4),
    ("Standard_NC6s_v3", 6, 112.0, 1),
    ("Standard_NC12s_v3", 12, 224.0, 2),
    ("Standard_NC24s_v3", 24, 448.0, 4),
    ("Standard_NC24rs_v3", 24, 448.0, 4),
    ("Standard_NC24ads_A100_v4", 24, 220.0, 1),
    ("Standard_NC48ads_A100_v4", 48, 440.0, 2),
    ("Standard_NC96ads_A100_v4", 96, 880.0, 4),
    ("Standard_NC40ads_H100_v5", 40, 320.0, 1),
    ("Standard_NC80adis_H100_v5", 80, 640.0, 2),
    ("Standard_NV6ads_A10_v5", 6, 55.0, 1),
    ("Standard_NV12ads_A10_v5", 12, 110.0, 1),
    ("Standard_NV18ads_A10_v5", 18, 220.0, 1),
    ("Standard_NV36ads_A10_v5", 36, 440.0, 1),
    ("Standard_NV36adms_A10_v5", 36, 880.0, 1),
    ("Standard_NV72ads_A10_v5", 72, 880.0, 2),
    ("Standard_ND40rs_v2", 40, 672.0, 8),
    ("Standard_ND96asr_v4", 96, 900.0, 8),
    ("Standard_ND96asr_A100_v4", 96, 900.0, 8),
    ("Standard_ND96amsr_A100_v4", 96, 1900.0, 8),
    ("Standard_ND96isr_H100_v5", 96, 1900.0, 8),
    ("Standard_ND96isr_H200_v5", 96, 1850.0, 8),
    ("Standard_DS2_v2", 2, 7.0, 0),
    ("Standard_DS3_v2", 4, 14.0, 0),
    ("Standard_DS4_v2", 8, 28.0, 0),
    ("Standard_D2_v2", 2, 7.0, 0),
    ("Standard_B2s", 2, 4.0, 0),
    ("Standard_B2ms", 2, 8.0, 0),
    ("Standard_B4ms", 4, 16.0, 0),
    ("Standard_B8ms", 8, 32.0, 0),
    ("Standard_E96s_v5", 96, 672.0, 0),
];

/// What a size has: the families tell how much memory there is for a processor.
fn size(name: &str) -> (u32, f64, u32) {
    if let Some((_, cpus, memory, gpus)) = SIZES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name)) {
        return (*cpus, *memory, *gpus);
    }
    let rest = name.strip_prefix("Standard_").unwrap_or(name);
    let family = rest.chars().next().unwrap_or('D');
    let digits: String =
        rest.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    let cpus: u32 = digits.parse().unwrap_or(2).max(1);
    let each = match family.to_ascii_uppercase() {
        'E' | 'M' => 8.0,
        'F' => 2.0,
        _ => 4.0,
    };
    (cpus, f64::from(cpus) * each, 0)
}

/// The nodes of a cluster's pools.
pub(crate) fn templates<'p>(cluster: &Object, pools: impl Iterator<Item = &'p Object>) -> Vec<NodeTemplate> {
    pools.flat_map(|pool| nodes_of(cluster, pool)).collect()
}

fn nodes_of(cluster: &Object, pool: &Object) -> Vec<NodeTemplate> {
    let profile = profile_of(pool);
    let stopped = profile["powerState"]["code"] == "Stopped";
    let count = if stopped { 0 } else { profile["count"].as_u64().unwrap_or(1) };
    let count = u32::try_from(count).unwrap_or(0).min(1000);
    (0..count).map(|index| template(cluster, pool, &profile, index)).collect()
}

fn profile_of(pool: &Object) -> Value {
    pool.body.get("properties").cloned().unwrap_or_default()
}

fn template(cluster: &Object, pool: &Object, profile: &Value, index: u32) -> NodeTemplate {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let vm_size = text(&profile["vmSize"]);
    let (vcpus, memory_gib, gpus) = size(&vm_size);
    let zones = profile["availabilityZones"].as_array().cloned().unwrap_or_default();
    let zone = zones.get(usize::try_from(index).unwrap_or(0) % zones.len().max(1)).map(text);
    let labels = profile["nodeLabels"].as_object().into_iter().flatten();
    let taints = profile["nodeTaints"].as_array().into_iter().flatten();
    let number = |value: &Value, otherwise: u32| {
        value.as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(otherwise)
    };
    NodeTemplate {
        pool: arm::text(&pool.body, "name").to_owned(),
        index,
        vm_size,
        vcpus,
        memory_gib,
        gpus,
        labels: labels.map(|(name, value)| (name.clone(), text(value))).collect(),
        taints: taints.filter_map(|taint| NodeTaint::parse(taint.as_str()?)).collect(),
        zone,
        region: arm::text(&cluster.body, "location").to_owned(),
        os: match (profile["osType"].as_str(), profile["osSKU"].as_str()) {
            (Some("Windows"), _) => OperatingSystem::Windows,
            (_, Some("AzureLinux")) => OperatingSystem::AzureLinux,
            _ => OperatingSystem::Ubuntu,
        },
        mode: if profile["mode"] == "System" { NodeMode::System } else { NodeMode::User },
        version: text(&profile["currentOrchestratorVersion"]),
        max_pods: number(&profile["maxPods"], 110),
        disk_gib: number(&profile["osDiskSizeGB"], 128),
        is_spot: profile["scaleSetPriority"] == "Spot",
        subscription: cluster.id.split('/').nth(2).unwrap_or_default().to_owned(),
        node_resource_group: arm::text(&cluster.body, "properties/nodeResourceGroup").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_off_their_names() {
        assert_eq!(size("Standard_D8s_v5"), (8, 32.0, 0));
        assert_eq!(size("Standard_E4ds_v5"), (4, 32.0, 0));
        assert_eq!(size("Standard_NC24ads_A100_v4"), (24, 220.0, 1));
    }
}
