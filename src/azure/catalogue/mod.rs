//! The catalogue: the resource types and data sources that the provider knows, one file each.
//!
//! Invariant: a type is in its list once.

use crate::resource_type::{DataSource, ResourceType};

pub mod alerts;
pub mod application_insights;
pub mod association;
pub mod automatic;
pub mod cluster_rules;
pub mod clusters;
pub mod container_registry;
pub mod container_registry_cache_rule;
pub mod container_registry_scope_map;
pub mod container_registry_task;
pub mod container_registry_token;
pub mod container_registry_webhook;
pub mod dashboard_grafana;
pub mod data_application_insights;
pub mod data_client_config;
pub mod data_container_registry;
pub mod data_dashboard_grafana;
pub mod data_key_vault;
pub mod data_kubernetes_cluster;
pub mod data_kubernetes_cluster_node_pool;
pub mod data_kubernetes_service_versions;
pub mod data_log_analytics_workspace;
pub mod data_machine_learning_workspace;
pub mod data_monitor_workspace;
pub mod data_public_ip;
pub mod data_resource_group;
pub mod data_resources;
pub mod data_role_definition;
pub mod data_storage_account;
pub mod data_storage_container;
pub mod data_subnet;
pub mod data_subscription;
pub mod data_user_assigned_identity;
pub mod data_virtual_network;
pub mod dropped;
pub mod endpoint_ids;
pub mod endpoints;
pub mod federated_identity_credential;
pub mod flux;
pub mod identities;
pub mod key_vault;
pub mod key_vault_access_policy;
pub mod kubernetes_automatic_cluster;
pub mod kubernetes_cluster;
pub mod kubernetes_cluster_extension;
pub mod kubernetes_cluster_node_pool;
pub mod kubernetes_cluster_trusted_access_role_binding;
pub mod kubernetes_flux_configuration;
pub mod log_analytics_solution;
pub mod log_analytics_workspace;
pub mod machine_learning_compute_cluster;
pub mod machine_learning_compute_instance;
pub mod machine_learning_datastore_blobstorage;
pub mod machine_learning_inference_cluster;
pub mod machine_learning_workspace;
pub mod maintenance;
pub mod management_lock;
pub mod monitor_action_group;
pub mod monitor_alert_prometheus_rule_group;
pub mod monitor_data_collection_endpoint;
pub mod monitor_data_collection_rule;
pub mod monitor_data_collection_rule_association;
pub mod monitor_diagnostic_setting;
pub mod monitor_metric_alert;
pub mod monitor_workspace;
pub mod nat_gateway;
pub mod nat_gateway_public_ip_association;
pub mod network_security_group;
pub mod network_security_rule;
pub mod other_rules;
pub mod pool_rows;
pub mod pool_rules;
pub mod pools;
pub mod private_endpoint;
pub mod provider_block;
pub mod public_ip;
pub mod resource_group;
pub mod role_assignment;
pub mod role_definition;
pub mod route;
pub mod route_table;
pub mod rules;
pub mod storage_account;
pub mod storage_account_network_rules;
pub mod storage_blob;
pub mod storage_container;
pub mod storage_management_policy;
pub mod storage_rules;
pub mod storage_share;
pub mod subnet;
pub mod subnet_nat_gateway_association;
pub mod subnet_network_security_group_association;
pub mod subnet_route_table_association;
pub mod tasks;
pub mod user_assigned_identity;
pub mod virtual_network;
pub mod virtual_network_peering;

/// All resource types.
pub const RESOURCES: &[&ResourceType] = &[
    &application_insights::APPLICATION_INSIGHTS,
    &container_registry::CONTAINER_REGISTRY,
    &container_registry_cache_rule::CONTAINER_REGISTRY_CACHE_RULE,
    &container_registry_scope_map::CONTAINER_REGISTRY_SCOPE_MAP,
    &container_registry_task::CONTAINER_REGISTRY_TASK,
    &container_registry_token::CONTAINER_REGISTRY_TOKEN,
    &container_registry_webhook::CONTAINER_REGISTRY_WEBHOOK,
    &dashboard_grafana::DASHBOARD_GRAFANA,
    &federated_identity_credential::FEDERATED_IDENTITY_CREDENTIAL,
    &key_vault::KEY_VAULT,
    &key_vault_access_policy::KEY_VAULT_ACCESS_POLICY,
    &kubernetes_automatic_cluster::KUBERNETES_AUTOMATIC_CLUSTER,
    &kubernetes_cluster::KUBERNETES_CLUSTER,
    &kubernetes_cluster_extension::KUBERNETES_CLUSTER_EXTENSION,
    &kubernetes_cluster_node_pool::KUBERNETES_CLUSTER_NODE_POOL,
    &kubernetes_cluster_trusted_access_role_binding::KUBERNETES_CLUSTER_TRUSTED_ACCESS_ROLE_BINDING,
    &kubernetes_flux_configuration::KUBERNETES_FLUX_CONFIGURATION,
    &log_analytics_solution::LOG_ANALYTICS_SOLUTION,
    &log_analytics_workspace::LOG_ANALYTICS_WORKSPACE,
    &machine_learning_compute_cluster::MACHINE_LEARNING_COMPUTE_CLUSTER,
    &machine_learning_compute_instance::MACHINE_LEARNING_COMPUTE_INSTANCE,
    &machine_learning_datastore_blobstorage::MACHINE_LEARNING_DATASTORE_BLOBSTORAGE,
    &machine_learning_inference_cluster::MACHINE_LEARNING_INFERENCE_CLUSTER,
    &machine_learning_workspace::MACHINE_LEARNING_WORKSPACE,
    &management_lock::MANAGEMENT_LOCK,
    &monitor_action_group::MONITOR_ACTION_GROUP,
    &monitor_alert_prometheus_rule_group::MONITOR_ALERT_PROMETHEUS_RULE_GROUP,
    &monitor_data_collection_endpoint::MONITOR_DATA_COLLECTION_ENDPOINT,
    &monitor_data_collection_rule::MONITOR_DATA_COLLECTION_RULE,
    &monitor_data_collection_rule_association::MONITOR_DATA_COLLECTION_RULE_ASSOCIATION,
    &monitor_diagnostic_setting::MONITOR_DIAGNOSTIC_SETTING,
    &monitor_metric_alert::MONITOR_METRIC_ALERT,
    &monitor_workspace::MONITOR_WORKSPACE,
    &nat_gateway::NAT_GATEWAY,
    &nat_gateway_public_ip_association::NAT_GATEWAY_PUBLIC_IP_ASSOCIATION,
    &network_security_group::NETWORK_SECURITY_GROUP,
    &network_security_rule::NETWORK_SECURITY_RULE,
    &private_endpoint::PRIVATE_ENDPOINT,
    &public_ip::PUBLIC_IP,
    &resource_group::RESOURCE_GROUP,
    &role_assignment::ROLE_ASSIGNMENT,
    &role_definition::ROLE_DEFINITION,
    &route::ROUTE,
    &route_table::ROUTE_TABLE,
    &storage_account::STORAGE_ACCOUNT,
    &storage_account_network_rules::STORAGE_ACCOUNT_NETWORK_RULES,
    &storage_blob::STORAGE_BLOB,
    &storage_container::STORAGE_CONTAINER,
    &storage_management_policy::STORAGE_MANAGEMENT_POLICY,
    &storage_share::STORAGE_SHARE,
    &subnet::SUBNET,
    &subnet_nat_gateway_association::SUBNET_NAT_GATEWAY_ASSOCIATION,
    &subnet_network_security_group_association::SUBNET_NETWORK_SECURITY_GROUP_ASSOCIATION,
    &subnet_route_table_association::SUBNET_ROUTE_TABLE_ASSOCIATION,
    &user_assigned_identity::USER_ASSIGNED_IDENTITY,
    &virtual_network::VIRTUAL_NETWORK,
    &virtual_network_peering::VIRTUAL_NETWORK_PEERING,
];

/// All data sources.
pub const DATA_SOURCES: &[&DataSource] = &[
    &data_application_insights::APPLICATION_INSIGHTS,
    &data_client_config::CLIENT_CONFIG,
    &data_container_registry::CONTAINER_REGISTRY,
    &data_dashboard_grafana::DASHBOARD_GRAFANA,
    &data_key_vault::KEY_VAULT,
    &data_kubernetes_cluster::KUBERNETES_CLUSTER,
    &data_kubernetes_cluster_node_pool::KUBERNETES_CLUSTER_NODE_POOL,
    &data_kubernetes_service_versions::KUBERNETES_SERVICE_VERSIONS,
    &data_log_analytics_workspace::LOG_ANALYTICS_WORKSPACE,
    &data_machine_learning_workspace::MACHINE_LEARNING_WORKSPACE,
    &data_monitor_workspace::MONITOR_WORKSPACE,
    &data_public_ip::PUBLIC_IP,
    &data_resource_group::RESOURCE_GROUP,
    &data_resources::RESOURCES_BY,
    &data_role_definition::ROLE_DEFINITION,
    &data_storage_account::STORAGE_ACCOUNT,
    &data_storage_container::STORAGE_CONTAINER,
    &data_subnet::SUBNET,
    &data_subscription::SUBSCRIPTION,
    &data_user_assigned_identity::USER_ASSIGNED_IDENTITY,
    &data_virtual_network::VIRTUAL_NETWORK,
];
