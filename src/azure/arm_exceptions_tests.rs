//! Where a row does not fit ARM's published type, and why.
//!
//! Invariant: a place is here once, with a reason that can be checked.

const RESHAPED: &str = "a hook brings ARM's own shape into the one that the row reads, and back";
const OWN_BOTH: &str = "the service takes both kinds with a blank too, and azurerm sends it so";
const ANOTHER_VERSION: &str = "the version that azurerm asks for has it; the published one is another";
const SENT_ANYWAY: &str = "azurerm sends it, and ARM ignores it: the recorded bodies have it";

const BY_HOOK: &str = "a hook of the type gives it";
const BY_NAME: &str = "the name that ARM has in the body is the last part of the id";

const PREVIEW: &str = "azurerm asks for the preview of 2019-06-01, which has it; 2019-04-01 is published";
const OF_VAULT: &str = "a policy is a part of a vault that is there already";

/// What ARM requires and no row always gives.
pub(crate) const GIVEN_OTHERWISE: &[(&str, &str)] = &[
    ("azurerm_container_registry_task.source_trigger.authentication: token", BY_HOOK),
    (
        "azurerm_container_registry_task: platform",
        "a rule of the type asks for it, but for a task of the system",
    ),
    ("azurerm_container_registry_task: step", "a rule of the type asks for it, but for a task of the system"),
    ("azurerm_kubernetes_automatic_cluster.service_mesh: mode", BY_HOOK),
    ("azurerm_key_vault_access_policy: sku", OF_VAULT),
    ("azurerm_key_vault_access_policy: tenantId", OF_VAULT),
    ("azurerm_container_registry.georeplications: name", BY_NAME),
    ("azurerm_container_registry_webhook: serviceUri", BY_HOOK),
    ("azurerm_key_vault.access_policy: permissions", BY_HOOK),
    ("azurerm_kubernetes_cluster.aci_connector_linux: enabled", BY_HOOK),
    ("azurerm_kubernetes_cluster.confidential_computing: enabled", BY_HOOK),
    ("azurerm_kubernetes_cluster.ingress_application_gateway: enabled", BY_HOOK),
    ("azurerm_kubernetes_cluster.key_vault_secrets_provider: enabled", BY_HOOK),
    ("azurerm_kubernetes_cluster.monitor_metrics: enabled", BY_HOOK),
    ("azurerm_kubernetes_cluster.oms_agent: enabled", BY_HOOK),
    ("azurerm_machine_learning_compute_instance.assign_to_user: objectId", "azurerm leaves both optional"),
    ("azurerm_machine_learning_compute_instance.assign_to_user: tenantId", "azurerm leaves both optional"),
    ("azurerm_machine_learning_datastore_blobstorage: credentials", BY_HOOK),
    ("azurerm_machine_learning_workspace.encryption: status", BY_HOOK),
    ("azurerm_monitor_action_group.event_hub_receiver: subscriptionId", BY_HOOK),
    ("azurerm_monitor_diagnostic_setting.enabled_log: enabled", BY_HOOK),
    ("azurerm_monitor_diagnostic_setting.enabled_metric: enabled", BY_HOOK),
    ("azurerm_monitor_diagnostic_setting.enabled_metric: timeGrain", ANOTHER_VERSION),
    ("azurerm_monitor_metric_alert: criteria", BY_HOOK),
    ("azurerm_role_assignment: roleDefinitionId", "it is looked up where only its name is given"),
    ("azurerm_storage_account.blob_properties.restore_policy: enabled", BY_HOOK),
    ("azurerm_storage_management_policy.rule: type", BY_HOOK),
    ("azurerm_storage_management_policy: policy", "a policy without rules is none"),
    ("azurerm_virtual_network.encryption: enabled", BY_HOOK),
];

/// The place of a row or block, and the reason.
pub(crate) const EXCEPTIONS: &[(&str, &str)] = &[
    ("azurerm_kubernetes_automatic_cluster.service_mesh.external_ingress_gateway_enabled", RESHAPED),
    ("azurerm_kubernetes_automatic_cluster.service_mesh.internal_ingress_gateway_enabled", RESHAPED),
    ("azurerm_container_registry_task.agent_pool_name", PREVIEW),
    ("azurerm_container_registry_task.base_image_trigger.update_trigger_endpoint", PREVIEW),
    ("azurerm_container_registry_task.base_image_trigger.update_trigger_payload_type", PREVIEW),
    ("azurerm_container_registry_task.docker_step.arguments", RESHAPED),
    ("azurerm_container_registry_task.encoded_step.values", RESHAPED),
    ("azurerm_container_registry_task.file_step.values", RESHAPED),
    ("azurerm_container_registry_task.is_system_task", PREVIEW),
    ("azurerm_container_registry_task.log_template", PREVIEW),
    ("azurerm_container_registry_task.platform.architecture", PREVIEW),
    ("azurerm_application_insights.application_type", "azurerm knows six kinds more; ARM's enum is open"),
    (
        "azurerm_kubernetes_cluster.default_node_pool.linux_os_config.sysctl_config.net_ipv4_ip_local_port_range_max",
        RESHAPED,
    ),
    (
        "azurerm_kubernetes_cluster.default_node_pool.linux_os_config.sysctl_config.net_ipv4_ip_local_port_range_min",
        RESHAPED,
    ),
    ("azurerm_kubernetes_cluster.maintenance_window", RESHAPED),
    ("azurerm_kubernetes_cluster.maintenance_window_auto_upgrade", RESHAPED),
    ("azurerm_kubernetes_cluster.maintenance_window_node_os", RESHAPED),
    ("azurerm_kubernetes_cluster.service_mesh_profile.external_ingress_gateway_enabled", RESHAPED),
    ("azurerm_kubernetes_cluster.service_mesh_profile.internal_ingress_gateway_enabled", RESHAPED),
    (
        "azurerm_kubernetes_cluster_node_pool.linux_os_config.sysctl_config.net_ipv4_ip_local_port_range_max",
        RESHAPED,
    ),
    (
        "azurerm_kubernetes_cluster_node_pool.linux_os_config.sysctl_config.net_ipv4_ip_local_port_range_min",
        RESHAPED,
    ),
    ("azurerm_kubernetes_flux_configuration.git_repository.reference_type", RESHAPED),
    ("azurerm_kubernetes_flux_configuration.git_repository.reference_value", RESHAPED),
    ("azurerm_kubernetes_flux_configuration.kustomizations.name", SENT_ANYWAY),
    ("azurerm_machine_learning_datastore_blobstorage.is_default", SENT_ANYWAY),
    ("azurerm_machine_learning_workspace.identity.type", OWN_BOTH),
    ("azurerm_machine_learning_workspace.managed_network.provision_on_creation_enabled", RESHAPED),
    ("azurerm_monitor_action_group.webhook_receiver.aad_auth", RESHAPED),
    ("azurerm_monitor_data_collection_rule.kind", "azurerm knows two kinds more; ARM's enum is open"),
    ("azurerm_monitor_diagnostic_setting.enabled_log.category_group", ANOTHER_VERSION),
    ("azurerm_monitor_diagnostic_setting.enabled_metric.category", ANOTHER_VERSION),
    ("azurerm_monitor_diagnostic_setting.eventhub_name", ANOTHER_VERSION),
    ("azurerm_monitor_diagnostic_setting.log_analytics_destination_type", ANOTHER_VERSION),
    ("azurerm_monitor_diagnostic_setting.partner_solution_id", ANOTHER_VERSION),
    ("azurerm_monitor_metric_alert.application_insights_web_test_location_availability_criteria", RESHAPED),
    ("azurerm_monitor_metric_alert.criteria", RESHAPED),
    ("azurerm_monitor_metric_alert.dynamic_criteria", RESHAPED),
    ("azurerm_private_endpoint.private_dns_zone_configs", RESHAPED),
    ("azurerm_private_endpoint.private_service_connection", RESHAPED),
    ("azurerm_role_assignment.scope", "it is a part of the id and is taken out of the body again"),
    ("azurerm_storage_account.account_replication_type", RESHAPED),
    ("azurerm_storage_account.account_tier", RESHAPED),
    ("azurerm_storage_account.provisioned_billing_model_version", RESHAPED),
    ("azurerm_subnet.delegation.service_delegation.actions", SENT_ANYWAY),
    ("azurerm_virtual_network.subnet.delegation.service_delegation.actions", SENT_ANYWAY),
    ("data.azurerm_kubernetes_cluster.agent_pool_profile", RESHAPED),
    ("data.azurerm_public_ip.ip_tags", RESHAPED),
    ("data.azurerm_storage_account.account_replication_type", RESHAPED),
    ("data.azurerm_virtual_network.vnet_peerings", RESHAPED),
    ("data.azurerm_virtual_network.vnet_peerings_addresses", RESHAPED),
];
