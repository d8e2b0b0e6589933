//! The catalogue: the resource types and data sources that the provider knows, one file each.
//!
//! Invariant: a type is in its list once.

use crate::resource_type::{DataSource, ResourceType};

pub mod application_insights;
pub mod clusters;
pub mod container_registry;
pub mod container_registry_cache_rule;
pub mod container_registry_scope_map;
pub mod container_registry_token;
pub mod data_client_config;
pub mod data_container_registry;
pub mod data_kubernetes_cluster;
pub mod data_kubernetes_service_versions;
pub mod data_resource_group;
pub mod data_role_definition;
pub mod data_storage_account;
pub mod data_subscription;
pub mod data_user_assigned_identity;
pub mod federated_identity_credential;
pub mod key_vault;
pub mod kubernetes_cluster;
pub mod kubernetes_cluster_node_pool;
pub mod log_analytics_workspace;
pub mod management_lock;
pub mod monitor_data_collection_endpoint;
pub mod monitor_workspace;
pub mod nat_gateway;
pub mod pools;
pub mod provider_block;
pub mod public_ip;
pub mod resource_group;
pub mod role_assignment;
pub mod rules;
pub mod storage_account;
pub mod storage_container;
pub mod subnet;
pub mod user_assigned_identity;
pub mod virtual_network;

/// All resource types.
pub const RESOURCES: &[&ResourceType] = &[
    &application_insights::APPLICATION_INSIGHTS,
    &container_registry::CONTAINER_REGISTRY,
    &container_registry_cache_rule::CONTAINER_REGISTRY_CACHE_RULE,
    &container_registry_scope_map::CONTAINER_REGISTRY_SCOPE_MAP,
    &container_registry_token::CONTAINER_REGISTRY_TOKEN,
    &federated_identity_credential::FEDERATED_IDENTITY_CREDENTIAL,
    &key_vault::KEY_VAULT,
    &kubernetes_cluster::KUBERNETES_CLUSTER,
    &kubernetes_cluster_node_pool::KUBERNETES_CLUSTER_NODE_POOL,
    &log_analytics_workspace::LOG_ANALYTICS_WORKSPACE,
    &management_lock::MANAGEMENT_LOCK,
    &monitor_data_collection_endpoint::MONITOR_DATA_COLLECTION_ENDPOINT,
    &monitor_workspace::MONITOR_WORKSPACE,
    &nat_gateway::NAT_GATEWAY,
    &public_ip::PUBLIC_IP,
    &resource_group::RESOURCE_GROUP,
    &role_assignment::ROLE_ASSIGNMENT,
    &storage_account::STORAGE_ACCOUNT,
    &storage_container::STORAGE_CONTAINER,
    &subnet::SUBNET,
    &user_assigned_identity::USER_ASSIGNED_IDENTITY,
    &virtual_network::VIRTUAL_NETWORK,
];

/// All data sources.
pub const DATA_SOURCES: &[&DataSource] = &[
    &data_client_config::CLIENT_CONFIG,
    &data_container_registry::CONTAINER_REGISTRY,
    &data_kubernetes_cluster::KUBERNETES_CLUSTER,
    &data_kubernetes_service_versions::KUBERNETES_SERVICE_VERSIONS,
    &data_resource_group::RESOURCE_GROUP,
    &data_role_definition::ROLE_DEFINITION,
    &data_storage_account::STORAGE_ACCOUNT,
    &data_subscription::SUBSCRIPTION,
    &data_user_assigned_identity::USER_ASSIGNED_IDENTITY,
];
