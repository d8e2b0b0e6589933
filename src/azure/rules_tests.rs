//! Rules of resource types as a user meets them: what is refused while planning, and what replaces an object.

use aksel_lang::convert::convert;
use aksel_lang::json;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;
use insta::assert_snapshot;
use serde_json::{Value as Json, json};

use crate::check::check;
use crate::diff::decide;
use crate::provider::resource;
use crate::read::list_of;
use crate::row::{Kind, Row};
use crate::schema::row_type;

/// A configuration out of JSON: what is not written is null, and there is none of a block.
fn configuration(rows: &[Row], written: &Json) -> Value {
    let member = |row: &Row| {
        let value = match (row.kind, &written[row.name]) {
            (Kind::Block(blocks) | Kind::Objects(blocks), Json::Array(items)) => {
                list_of(blocks, items.iter().map(|item| configuration(blocks.rows, item)).collect())
            }
            (Kind::Block(blocks), Json::Null) => list_of(blocks, Vec::new()),
            (_, Json::Null) => Value::null(row_type(row)),
            (_, plain) => {
                let read = json::read(&plain.to_string()).expect("it is JSON");
                convert(&read, &row_type(row)).expect("it is of the row's type")
            }
        };
        (Text::from(row.name), value)
    };
    Value::object(rows.iter().map(member).collect::<Vec<_>>())
}

/// What is refused of a configuration, with and without an object that is there.
fn refused(type_name: &str, prior: Option<Json>, written: &Json) -> String {
    let found = resource(type_name).expect("the type is in the catalogue");
    let config = configuration(found.attributes, written);
    let prior = prior.map_or(Value::null(Type::Dynamic), |prior| configuration(found.attributes, &prior));
    let planned = decide(found, &prior, &config).planned;
    let mut findings = check(found, &config);
    findings.extend(found.hooks.refuses.iter().flat_map(|refuses| refuses(&prior, &planned)));
    findings
        .iter()
        .map(|finding| format!("{}: {}", finding.path, finding.summary))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The paths that replace an object when it changes so.
fn replaced(type_name: &str, before: &Json, after: &Json) -> String {
    let found = resource(type_name).expect("the type is in the catalogue");
    let made = decide(found, &Value::null(Type::Dynamic), &configuration(found.attributes, before));
    let prior = made.planned;
    let decided = decide(found, &prior, &configuration(found.attributes, after));
    decided.replace.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn network(profile: Json) -> Json {
    json!({ "network_profile": [profile] })
}

#[test]
fn a_network_changes_in_place_where_azure_can() {
    let cluster =
        |before: Json, after: Json| replaced("azurerm_kubernetes_cluster", &network(before), &network(after));
    let azure = |rest: (&str, &str)| json!({ "network_plugin": "azure", rest.0: rest.1 });
    for (before, after) in [
        (json!({ "network_plugin": "kubenet" }), azure(("network_plugin_mode", "overlay"))),
        (azure(("network_policy", "azure")), azure(("network_policy", "cilium"))),
        (azure(("network_policy", "")), azure(("network_policy", "calico"))),
        (azure(("network_data_plane", "azure")), azure(("network_data_plane", "cilium"))),
        (azure(("outbound_type", "loadBalancer")), azure(("outbound_type", "userDefinedRouting"))),
    ] {
        assert_eq!(cluster(before.clone(), after.clone()), "", "{before} -> {after}");
    }
    for (before, after, path) in [
        (json!({ "network_plugin": "kubenet" }), json!({ "network_plugin": "azure" }), "network_plugin"),
        (azure(("network_policy", "calico")), azure(("network_policy", "azure")), "network_policy"),
        (
            azure(("network_data_plane", "cilium")),
            azure(("network_data_plane", "azure")),
            "network_data_plane",
        ),
        (azure(("pod_cidr", "10.1.0.0/16")), azure(("pod_cidr", "10.2.0.0/16")), "pod_cidr"),
    ] {
        assert_eq!(
            cluster(before.clone(), after.clone()),
            format!("network_profile[0].{path}"),
            "{before} -> {after}"
        );
    }
}

#[test]
fn a_network_that_goes_or_comes_replaces_the_cluster() {
    let none = json!({});
    let some = network(json!({ "network_plugin": "azure" }));
    assert_eq!(replaced("azurerm_kubernetes_cluster", &none, &some), "network_profile");
}

#[test]
fn a_default_pool_of_another_name_replaces_the_cluster_unless_its_rotation_was_interrupted() {
    let named =
        |name: &str| json!({ "default_node_pool": [{ "name": name, "temporary_name_for_rotation": "tmp" }] });
    let of =
        |before: &str, after: &str| replaced("azurerm_kubernetes_cluster", &named(before), &named(after));
    assert_eq!(of("system", "other"), "default_node_pool[0].name");
    assert_eq!(of("tmp", "system"), "");
}

#[test]
fn a_pool_moves_between_the_systems_that_azure_can_change() {
    let of = |before: &str, after: &str| {
        replaced(
            "azurerm_kubernetes_cluster_node_pool",
            &json!({ "os_sku": before }),
            &json!({ "os_sku": after }),
        )
    };
    assert_eq!(of("Ubuntu", "AzureLinux"), "");
    assert_eq!(of("Windows2019", "Windows2022"), "os_sku");
}

#[test]
fn a_storage_account_is_replaced_where_there_is_no_way_in_place() {
    let of = |name: &str, before: &str, after: &str| {
        replaced("azurerm_storage_account", &json!({ name: before }), &json!({ name: after }))
    };
    assert_eq!(of("account_replication_type", "LRS", "GRS"), "");
    assert_eq!(of("account_replication_type", "LRS", "ZRS"), "account_replication_type");
    assert_eq!(of("account_kind", "Storage", "StorageV2"), "");
    assert_eq!(of("account_kind", "StorageV2", "BlobStorage"), "account_kind");
    let tier = |before: &str, after: &str| {
        replaced("azurerm_log_analytics_workspace", &json!({ "sku": before }), &json!({ "sku": after }))
    };
    assert_eq!(tier("PerGB2018", "CapacityReservation"), "");
    assert_eq!(tier("PerGB2018", "PerNode"), "sku");
}

#[test]
fn what_azure_would_refuse_of_a_cluster_is_told_before() {
    let written = json!({
        "name": "aks",
        "dns_prefix": "aks",
        "automatic_upgrade_channel": "node-image",
        "node_os_upgrade_channel": "None",
        "image_cleaner_interval_hours": 12,
        "default_node_pool": [{ "name": "system", "os_disk_size_gb": 0, "upgrade_settings": [{ "max_surge": "10%", "node_soak_duration_in_minutes": 31 }] }],
        "identity": [{ "type": "SystemAssigned" }],
        "network_profile": [{
            "network_plugin": "azure",
            "outbound_type": "none",
            "pod_cidr": "10.1.0.0/16",
            "dns_service_ip": "10.2.0.10",
            "ip_versions": ["IPv6"],
            "advanced_networking": [{ "security_enabled": true }],
        }],
    });
    assert_snapshot!(refused("azurerm_kubernetes_cluster", None, &written), @r#"
        image_cleaner_interval_hours: expected image_cleaner_interval_hours to be in the range (24 - 2160), got 12
        default_node_pool[0].os_disk_size_gb: expected default_node_pool.0.os_disk_size_gb to be at least (1), got 0
        default_node_pool[0].upgrade_settings[0].node_soak_duration_in_minutes: expected default_node_pool.0.upgrade_settings.0.node_soak_duration_in_minutes to be in the range (0 - 30), got 31
        network_profile[0].pod_cidr: `pod_cidr` and `azure` cannot be set together unless specifying `network_plugin_mode` to `overlay`
        network_profile[0].service_cidr: `dns_service_ip` and `service_cidr` should all be empty or both should be set
        network_profile[0].ip_versions: `ip_versions` must be `IPv4` or `IPv4` and `IPv6`. `IPv6` alone is not supported
        network_profile[0].network_data_plane: when `network_profile.0.advanced_networking` has `security_enabled` set to `true`, `network_profile.0.network_data_plane` must be set to `cilium`
        network_profile[0].outbound_type: when `network_profile.0.outbound_type` is set to `none`, `bootstrap_profile.0.artifact_source` must be set to `Cache`
        node_os_upgrade_channel: `node_os_upgrade_channel` cannot be set to a value other than `NodeImage` if `automatic_upgrade_channel` is set to `node-image`
    "#);
}

#[test]
fn what_azure_would_refuse_of_a_pool_is_told_before() {
    let written = json!({
        "name": "Pool1",
        "kubernetes_cluster_id": "aks",
        "os_type": "Windows",
        "upgrade_settings": [{ "node_soak_duration_in_minutes": 5 }],
        "linux_os_config": [{ "sysctl_config": [{ "vm_swappiness": 101, "net_ipv4_ip_local_port_range_min": 2000 }] }],
        "zones": ["1"],
    });
    assert_snapshot!(refused("azurerm_kubernetes_cluster_node_pool", None, &written), @r#"
        name: invalid value for name (must begin with a lowercase letter, contain only lowercase letters and numbers and be between 1 and 12 characters in length)
        kubernetes_cluster_id: parsing "aks": this is no id of a resource: it must look like `/subscriptions/<id>/resourceGroups/<name>/providers/<namespace>/<type>/<name>`
        linux_os_config[0].sysctl_config[0].vm_swappiness: expected linux_os_config.0.sysctl_config.0.vm_swappiness to be in the range (0 - 100), got 101
        upgrade_settings: either `max_surge` or `max_unavailable` must be specified in `upgrade_settings` when `priority` is not `Spot`
        linux_os_config: `linux_os_config` can only be configured when `os_type` is set to `linux`
        linux_os_config: `net_ipv4_ip_local_port_range_min` and `net_ipv4_ip_local_port_range_max` should both be set or unset
    "#);
    let spot = json!({ "name": "spot", "priority": "Spot", "upgrade_settings": [{ "max_surge": "10%" }] });
    assert_snapshot!(refused("azurerm_kubernetes_cluster_node_pool", None, &spot), @r#"
        upgrade_settings[0].max_surge: `max_surge` cannot be set when `priority` is set to `Spot`. Spot pools do not support `max_surge`
    "#);
}

#[test]
fn what_azure_would_refuse_of_a_storage_account_is_told_before() {
    let written = json!({
        "name": "stml0001",
        "account_kind": "Storage",
        "account_tier": "Standard",
        "account_replication_type": "LRS",
        "access_tier": "Hot",
        "is_hns_enabled": true,
        "nfsv3_enabled": true,
        "infrastructure_encryption_enabled": true,
        "queue_encryption_key_type": "Account",
        "network_rules": [{ "default_action": "Deny", "bypass": ["Everything"] }],
        "blob_properties": [{ "versioning_enabled": true, "delete_retention_policy": [{ "days": 366 }], "restore_policy": [{ "days": 5 }] }],
        "share_properties": [{ "smb": [{ "versions": ["SMB1.0"], "multichannel_enabled": true }] }],
    });
    assert_snapshot!(refused("azurerm_storage_account", None, &written), @r#"
        network_rules[0].bypass: expected network_rules.0.bypass to be one of ["AzureServices" "Logging" "Metrics" "None"], got Everything
        blob_properties[0].delete_retention_policy[0].days: expected blob_properties.0.delete_retention_policy.0.days to be in the range (1 - 365), got 366
        share_properties[0].smb[0].versions: expected share_properties.0.smb.0.versions to be one of ["SMB2.1" "SMB3.0" "SMB3.1.1"], got SMB1.0
        access_tier: `access_tier` is only available for accounts where `kind` is set to one of: BlobStorage / FileStorage / StorageV2
        is_hns_enabled: `is_hns_enabled` can only be used for accounts with `account_kind` set to one of: BlobStorage / BlockBlobStorage / StorageV2
        nfsv3_enabled: `nfsv3_enabled` can only be used with account tier `Standard` and account kind `StorageV2`, or account tier `Premium` and account kind `BlockBlobStorage`
        infrastructure_encryption_enabled: `infrastructure_encryption_enabled` can only be used with account kind `StorageV2`, or account tier `Premium` and account kind is one of `BlockBlobStorage` or `FileStorage`
        queue_encryption_key_type: `queue_encryption_key_type = "Account"` cannot be used with account kind `"Storage"`
        blob_properties[0].versioning_enabled: `versioning_enabled` can't be true when `is_hns_enabled` is true
        blob_properties[0].change_feed_enabled: `change_feed_enabled` must be `true` when `restore_policy` is set
        blob_properties[0].versioning_enabled: `versioning_enabled` can not be configured when `kind` is set to `Storage` (v1)
        blob_properties[0].restore_policy: `restore_policy` can not be configured when `kind` is set to `Storage` (v1)
        share_properties: `multichannel_enabled` isn't supported for Standard tier Storage accounts
    "#);
}

#[test]
fn what_azure_would_refuse_of_a_registry_is_told_before() {
    let written = json!({
        "name": "acrml0001",
        "location": "West Europe",
        "sku": "Basic",
        "anonymous_pull_enabled": true,
        "data_endpoint_enabled": true,
        "export_policy_enabled": false,
        "public_network_access_enabled": false,
        "georeplications": [{ "location": "westeurope", "global_endpoint_routing_enabled": true }],
    });
    assert_snapshot!(refused("azurerm_container_registry", None, &written), @r#"
        georeplications: an ACR geo-replication can only be applied when using the Premium Sku
        data_endpoint_enabled: `data_endpoint_enabled` can only be applied when using the Premium Sku
        anonymous_pull_enabled: `anonymous_pull_enabled` can only be applied when using the Standard/Premium Sku
        export_policy_enabled: an ACR export policy can only be disabled when using the Premium Sku. If you are downgrading from a Premium SKU please unset `export_policy_enabled` or set `export_policy_enabled = true`
        public_network_access_enabled: `public_network_access_enabled` can only be disabled for a Premium Sku
        georeplications: the `georeplications` list cannot contain the location where the Container Registry exists
    "#);
}

#[test]
fn what_goes_only_one_way_is_told_before() {
    let vault = |protected: bool| json!({ "name": "kv-ml", "purge_protection_enabled": protected, "tenant_id": "00000000-0000-0000-0000-0000000000aa" });
    assert_snapshot!(refused("azurerm_key_vault", Some(vault(true)), &vault(false)), @r#"
        purge_protection_enabled: `purge_protection_enabled`: once Purge Protection has been Enabled it's not possible to disable it
    "#);
    let workspace = json!({ "sku": "CapacityReservation", "retention_in_days": 7 });
    assert_snapshot!(refused("azurerm_log_analytics_workspace", None, &workspace), @r#"
        retention_in_days: expected retention_in_days to be in the range (30 - 730), got 7
        reservation_capacity_in_gb_per_day: `reservation_capacity_in_gb_per_day` must be set when using the `CapacityReservation` SKU
    "#);
    let address = json!({ "sku": "Standard", "allocation_method": "Dynamic", "idle_timeout_in_minutes": 31 });
    assert_snapshot!(refused("azurerm_public_ip", None, &address), @r#"
        idle_timeout_in_minutes: expected idle_timeout_in_minutes to be in the range (4 - 30), got 31
        allocation_method: `allocation_method` must be set to `Static` when `sku` is set to `Standard` or `StandardV2`
    "#);
    let endpoint = json!({ "private_service_connection": [{ "name": "st", "is_manual_connection": true }] });
    assert_snapshot!(refused("azurerm_private_endpoint", None, &endpoint), @r#"
        private_service_connection[0].request_message: "private_service_connection":"st" is invalid, the "request_message" attribute must not be empty
    "#);
    let assignment = json!({ "name": "mine", "condition_version": "3.0", "role_definition_name": "Reader" });
    assert_snapshot!(refused("azurerm_role_assignment", None, &assignment), @r#"
        name: expected "name" to be a valid UUID, got mine
        condition_version: expected condition_version to be one of ["1.0" "2.0"], got 3.0
        condition_version: `condition_version` should not be set without `condition`
    "#);
}
