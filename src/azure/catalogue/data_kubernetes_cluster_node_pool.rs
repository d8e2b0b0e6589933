//! `azurerm_kubernetes_cluster_node_pool` (data source) is `Microsoft.ContainerService/managedClusters/agentPools`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.containerservice/2025-10-01/managedclusters/agentpools>

use crate::resource_type::{Arm, DataSource, Hooks};
use crate::row::{Place, Row, flag, id, map, name, number, objects, resource_group_name, text, texts};

/// The rows of `upgrade_settings`.
pub const UPGRADE_SETTINGS: &[Row] = &[
    number("drain_timeout_in_minutes", "drainTimeoutInMinutes").read_only(),
    text("max_surge", "maxSurge").read_only(),
    text("max_unavailable", "maxUnavailable").read_only(),
    number("node_soak_duration_in_minutes", "nodeSoakDurationInMinutes").read_only(),
    text("undrainable_node_behavior", "undrainableNodeBehavior").read_only(),
];

/// A pool of nodes that exists.
pub const KUBERNETES_CLUSTER_NODE_POOL: DataSource = DataSource {
    name: "azurerm_kubernetes_cluster_node_pool",
    arm: Arm { kind: "Microsoft.ContainerService/managedClusters/agentPools", api: "2025-10-01" },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        text("kubernetes_cluster_name", "").placed(Place::Within("managedClusters")).required(),
        flag("auto_scaling_enabled", "enableAutoScaling").read_only(),
        text("eviction_policy", "scaleSetEvictionPolicy").read_only(),
        text("gpu_driver", "gpuProfile.driver").read_only(),
        number("max_count", "maxCount").read_only(),
        number("max_pods", "maxPods").read_only(),
        number("min_count", "minCount").read_only(),
        text("mode", "mode").read_only(),
        number("node_count", "count").read_only(),
        text("node_image_version", "nodeImageVersion").read_only(),
        map("node_labels", "nodeLabels").read_only(),
        flag("node_public_ip_enabled", "enableNodePublicIP").read_only(),
        text("node_public_ip_prefix_id", "nodePublicIPPrefixID").read_only(),
        texts("node_taints", "nodeTaints").read_only(),
        text("orchestrator_version", "orchestratorVersion").read_only(),
        number("os_disk_size_gb", "osDiskSizeGB").read_only(),
        text("os_disk_type", "osDiskType").read_only(),
        text("os_type", "osType").read_only(),
        text("priority", "scaleSetPriority").read_only().default_text("Regular").or_default(),
        text("proximity_placement_group_id", "proximityPlacementGroupID").read_only(),
        number("spot_max_price", "spotMaxPrice").read_only().default_number(-1).or_default(),
        map("tags", "tags").read_only(),
        objects("upgrade_settings", "upgradeSettings", UPGRADE_SETTINGS).read_only().single(),
        text("vm_size", "vmSize").read_only(),
        text("vnet_subnet_id", "vnetSubnetID").read_only(),
        texts("zones", "availabilityZones").read_only(),
    ],
    calls: &[],
    hooks: Hooks::NONE,
};
