//! `azurerm_kubernetes_cluster_node_pool` is `Microsoft.ContainerService/managedClusters/agentPools`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.containerservice/2025-10-01/managedclusters/agentpools>

use crate::catalogue::pool_rows::{KUBELET_CONFIG, LINUX_OS_CONFIG, NODE_NETWORK_PROFILE};
use crate::document::put;
use crate::group::Group;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType, Writing};
use crate::row::{Form, Place, Row, block, flag, id, map, number, parent, text, text_set, texts};
use crate::spelling::Spelling;
use aksel_lang::value::Value;
use serde_json::Value as Json;
use serde_json::json;

/// The rows of `upgrade_settings`.
pub const UPGRADE_SETTINGS: &[Row] = &[
    number("drain_timeout_in_minutes", "drainTimeoutInMinutes").at_the_least(0),
    text("max_surge", "maxSurge").formed(Form::NotEmpty),
    text("max_unavailable", "maxUnavailable").formed(Form::NotEmpty),
    number("node_soak_duration_in_minutes", "nodeSoakDurationInMinutes").between(0, 30),
    text("undrainable_node_behavior", "undrainableNodeBehavior").one_of(&["Cordon", "Schedule"]),
];

/// The rows of `windows_profile`.
pub const WINDOWS_PROFILE: &[Row] = &[flag("outbound_nat_enabled", "disableOutboundNat")
    .default_flag(true)
    .replaces()
    .spelled(Spelling::Inverted)];

/// A pool of nodes of a cluster.
pub const KUBERNETES_CLUSTER_NODE_POOL: ResourceType = ResourceType {
    name: "azurerm_kubernetes_cluster_node_pool",
    arm: Arm { kind: "Microsoft.ContainerService/managedClusters/agentPools", api: "2025-10-01" },
    schema_version: 1,
    minutes: Minutes { create: 60, read: 5, update: 60, delete: 60 },
    attributes: &[
        id(),
        text("name", "").placed(Place::Name).required().replaces().matching(r"^[a-z][a-z0-9]{0,11}$", "must begin with a lowercase letter, contain only lowercase letters and numbers and be between 1 and 12 characters in length"),
        parent("kubernetes_cluster_id"),
        flag("auto_scaling_enabled", "enableAutoScaling"),
        text("capacity_reservation_group_id", "capacityReservationGroupID").replaces().spelled(Spelling::Id),
        flag("fips_enabled", "enableFIPS"),
        text("gpu_driver", "gpuProfile.driver").one_of(&["Install", "None"]).or_null().replaces(),
        text("gpu_instance", "gpuInstanceProfile").one_of(&["MIG1g", "MIG2g", "MIG3g", "MIG4g", "MIG7g"]).or_null().replaces(),
        flag("host_encryption_enabled", "enableEncryptionAtHost"),
        text("host_group_id", "hostGroupID").replaces().spelled(Spelling::Id),
        text("kubelet_disk_type", "kubeletDiskType").computed().one_of(&["OS", "Temporary"]),
        number("max_count", "maxCount").between(0, 1000),
        number("max_pods", "maxPods").computed(),
        number("min_count", "minCount").between(0, 1000),
        number("node_count", "count").computed().between(0, 1000),
        map("node_labels", "nodeLabels").computed(),
        flag("node_public_ip_enabled", "enableNodePublicIP"),
        text("node_public_ip_prefix_id", "nodePublicIPPrefixID").replaces().spelled(Spelling::Id),
        text("orchestrator_version", "orchestratorVersion").formed(Form::NotEmpty).computed(),
        number("os_disk_size_gb", "osDiskSizeGB").at_the_least(1).computed(),
        text("os_disk_type", "osDiskType").default_text("Managed").one_of(&["Ephemeral", "Managed"]),
        text("os_sku", "osSKU").computed(),
        text("pod_subnet_id", "podSubnetID").spelled(Spelling::Id),
        text("proximity_placement_group_id", "proximityPlacementGroupID").replaces().spelled(Spelling::Id),
        text("scale_down_mode", "scaleDownMode").default_text("Delete").one_of(&["Delete", "Deallocate"]),
        text("snapshot_id", "creationData.sourceResourceId").or_null().spelled(Spelling::Id),
        flag("ultra_ssd_enabled", "enableUltraSSD").default_flag(false),
        text("vm_size", "vmSize").formed(Form::NotEmpty).computed(),
        text("vnet_subnet_id", "vnetSubnetID").spelled(Spelling::Id),
        text("workload_runtime", "workloadRuntime").or_null().one_of(&["OCIContainer", "KataVmIsolation", "WasmWasi"]),
        text_set("zones", "availabilityZones"),
        block("upgrade_settings", "upgradeSettings", UPGRADE_SETTINGS),
        block("node_network_profile", "networkProfile", NODE_NETWORK_PROFILE),
        block("kubelet_config", "kubeletConfig", KUBELET_CONFIG),
        block("linux_os_config", "linuxOSConfig", LINUX_OS_CONFIG),
        text("eviction_policy", "scaleSetEvictionPolicy").replaces().one_of(&["Delete", "Deallocate"]),
        text("mode", "mode").default_text("User").one_of(&["System", "User"]),
        text("node_image_version", "nodeImageVersion").read_only(),
        texts("node_taints", "nodeTaints"),
        text("os_type", "osType").default_text("Linux").replaces().one_of(&["Linux", "Windows"]),
        text("priority", "scaleSetPriority").default_text("Regular").replaces().one_of(&["Regular", "Spot"]).or_default(),
        number("spot_max_price", "spotMaxPrice").default_number(-1).replaces().or_default(),
        map("tags", "tags"),
        block("windows_profile", "windowsProfile", WINDOWS_PROFILE).replaces(),
        text("temporary_name_for_rotation", "").placed(Place::State),
    ],
    calls: &[],
    groups: &[Group::Needs("node_public_ip_prefix_id", &["node_public_ip_enabled"]), Group::Conflicts("upgrade_settings.0.max_surge", &["upgrade_settings.0.max_unavailable"]), Group::Conflicts("upgrade_settings.0.max_unavailable", &["upgrade_settings.0.max_surge"])],
    rules: &[pool_rules::upgrade, pool_rules::system_of_linux, pool_rules::ports],
    hooks: Hooks { before_read: Some(pools::unfold), before_write: Some(complete), refuses: Some(pools::refuses), replaces: Some(pool_rules::replaces), steps: Some(pools::rotate), lane: Some(lane), ..Hooks::NONE },
};

use crate::catalogue::{pool_rules, pools};

/// Pools of one cluster are changed one after the other: ARM refuses two at a time.
fn lane(planned: &Value) -> Option<String> {
    Some(planned.attribute("kubernetes_cluster_id")?.as_str()?.to_owned())
}

fn complete(document: &mut Json, writing: &Writing<'_>) {
    pools::fold_ports(&mut document["body"]["properties"]);
    if writing.prior.is_null() {
        put(document, "type", json!("VirtualMachineScaleSets"));
        let spot = writing.planned.attribute("priority").and_then(Value::as_str) == Some("Spot");
        if let Some(properties) = document["body"]["properties"].as_object_mut().filter(|_| !spot) {
            properties.remove("spotMaxPrice");
        }
    }
    // ARM judges scaling and its limits together, so they are sent together.
    let scaling = writing.planned.attribute("auto_scaling_enabled").and_then(Value::as_bool) == Some(true);
    for (name, path) in [("min_count", "minCount"), ("max_count", "maxCount")] {
        let number = writing
            .planned
            .attribute(name)
            .and_then(Value::as_number)
            .and_then(aksel_lang::number::Number::to_i64);
        match (scaling, number) {
            (true, Some(number)) => put(document, path, json!(number)),
            (false, _) if !writing.prior.is_null() => put(document, path, Json::Null),
            (true, None) | (false, _) => {}
        }
    }
}
