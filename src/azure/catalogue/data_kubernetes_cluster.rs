//! `azurerm_kubernetes_cluster` (data source) is `Microsoft.ContainerService/managedClusters`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.containerservice/2025-10-01/managedclusters>

use crate::catalogue::clusters;
use crate::catalogue::kubernetes_cluster::{ADDON_IDENTITY, KUBE_CONFIG};
use crate::catalogue::rules::has_identity;
use crate::resource_type::{Arm, Call, DataSource, Hooks};
use crate::row::{
    Place, Row, flag, id, map, number, object, objects, resource_group_name, tags, text, text_set, texts,
};
use crate::spelling::Spelling;

/// The rows of `linux_profile.ssh_key`.
pub const LINUX_PROFILE_SSH_KEY: &[Row] = &[text("key_data", "keyData").read_only()];

/// The rows of `linux_profile`.
pub const LINUX_PROFILE: &[Row] = &[
    text("admin_username", "adminUsername").read_only(),
    objects("ssh_key", "ssh.publicKeys", LINUX_PROFILE_SSH_KEY).read_only().in_array(),
];

/// The rows of `windows_profile`.
pub const WINDOWS_PROFILE: &[Row] = &[text("admin_username", "adminUsername").read_only()];

/// The rows of `service_principal`.
pub const SERVICE_PRINCIPAL: &[Row] = &[text("client_id", "clientId").read_only()];

/// The rows of `kubelet_identity`.
pub const KUBELET_IDENTITY: &[Row] = &[
    text("client_id", "clientId").read_only(),
    text("object_id", "objectId").read_only(),
    text("user_assigned_identity_id", "resourceId").read_only().spelled(Spelling::Id),
];

/// The rows of `bootstrap_profile`.
pub const BOOTSTRAP_PROFILE: &[Row] = &[
    text("artifact_source", "artifactSource").read_only(),
    text("container_registry_id", "containerRegistryId").read_only().spelled(Spelling::Id),
];

/// The rows of `azure_active_directory_role_based_access_control`.
pub const AZURE_ACTIVE_DIRECTORY_ROLE_BASED_ACCESS_CONTROL: &[Row] = &[
    texts("admin_group_object_ids", "adminGroupObjectIDs").read_only(),
    flag("azure_rbac_enabled", "enableAzureRBAC").read_only(),
    text("tenant_id", "tenantID").read_only(),
];

/// The rows of `storage_profile`.
pub const STORAGE_PROFILE: &[Row] = &[
    flag("blob_driver_enabled", "blobCSIDriver.enabled").read_only(),
    flag("disk_driver_enabled", "diskCSIDriver.enabled").read_only().or_default(),
    flag("file_driver_enabled", "fileCSIDriver.enabled").read_only().or_default(),
    flag("snapshot_controller_enabled", "snapshotController.enabled").read_only().or_default(),
];

/// The rows of `microsoft_defender`.
pub const MICROSOFT_DEFENDER: &[Row] =
    &[text("log_analytics_workspace_id", "logAnalyticsWorkspaceResourceId")
        .read_only()
        .spelled(Spelling::Id)];

/// The rows of `oms_agent`.
pub const OMS_AGENT: &[Row] = &[
    text("log_analytics_workspace_id", "config.logAnalyticsWorkspaceResourceID")
        .read_only()
        .spelled(Spelling::Id),
    flag("msi_auth_for_monitoring_enabled", "config.useAADAuth").read_only().spelled(Spelling::FlagAsText),
    objects("oms_agent_identity", "identity", ADDON_IDENTITY).single().read_only(),
];

/// The rows of `aci_connector_linux`.
pub const ACI_CONNECTOR_LINUX: &[Row] = &[text("subnet_name", "config.SubnetName").read_only()];

/// The rows of `ingress_application_gateway`.
pub const INGRESS_APPLICATION_GATEWAY: &[Row] = &[
    text("gateway_id", "config.applicationGatewayId").read_only().spelled(Spelling::Id),
    text("gateway_name", "config.applicationGatewayName").read_only(),
    text("subnet_cidr", "config.subnetCIDR").read_only(),
    text("subnet_id", "config.subnetId").read_only().spelled(Spelling::Id),
    text("effective_gateway_id", "config.effectiveApplicationGatewayId").read_only(),
    objects("ingress_application_gateway_identity", "identity", ADDON_IDENTITY).single().read_only(),
];

/// The rows of `key_vault_secrets_provider`.
pub const KEY_VAULT_SECRETS_PROVIDER: &[Row] = &[
    flag("secret_rotation_enabled", "config.enableSecretRotation").read_only().spelled(Spelling::FlagAsText),
    text("secret_rotation_interval", "config.rotationPollInterval").read_only().or_default(),
    objects("secret_identity", "identity", ADDON_IDENTITY).single().read_only(),
];

/// The rows of `key_management_service`.
pub const KEY_MANAGEMENT_SERVICE: &[Row] = &[
    text("key_vault_key_id", "keyId").read_only(),
    text("key_vault_network_access", "keyVaultNetworkAccess").read_only(),
];

/// The rows of `service_mesh_profile.certificate_authority`.
pub const SERVICE_MESH_PROFILE_CERTIFICATE_AUTHORITY: &[Row] = &[
    text("cert_chain_object_name", "certChainObjectName").read_only(),
    text("cert_object_name", "certObjectName").read_only(),
    text("key_object_name", "keyObjectName").read_only(),
    text("key_vault_id", "keyVaultId").read_only(),
    text("root_cert_object_name", "rootCertObjectName").read_only(),
];

/// The rows of `service_mesh_profile`.
pub const SERVICE_MESH_PROFILE: &[Row] = &[
    text("mode", "mode").read_only(),
    texts("revisions", "istio.revisions").read_only(),
    object(
        "certificate_authority",
        "istio.certificateAuthority.plugin",
        SERVICE_MESH_PROFILE_CERTIFICATE_AUTHORITY,
    )
    .read_only(),
    flag("external_ingress_gateway_enabled", "").placed(Place::State).read_only(),
    flag("internal_ingress_gateway_enabled", "").placed(Place::State).read_only(),
];

/// The rows of `network_profile`.
pub const NETWORK_PROFILE: &[Row] = &[
    text("network_plugin", "networkPlugin").read_only().one_of(&["azure", "kubenet", "none"]),
    text("network_policy", "networkPolicy").read_only(),
    text("dns_service_ip", "dnsServiceIP").read_only(),
    text("load_balancer_sku", "loadBalancerSku").read_only(),
    text("outbound_type", "outboundType").read_only(),
    text("pod_cidr", "podCidr").read_only(),
    text("service_cidr", "serviceCidr").read_only(),
    text("docker_bridge_cidr", "").placed(Place::State).read_only(),
];

/// The rows of `identity`.
pub const IDENTITY: &[Row] = &[
    text("type", "type").read_only().one_of(&["SystemAssigned", "UserAssigned"]),
    texts("identity_ids", "userAssignedIdentities").read_only().spelled(Spelling::Keys),
    text("principal_id", "principalId").read_only(),
    text("tenant_id", "tenantId").read_only(),
];

/// The rows of `agent_pool_profile.upgrade_settings`.
pub const AGENT_POOL_PROFILE_UPGRADE_SETTINGS: &[Row] = &[
    number("drain_timeout_in_minutes", "drainTimeoutInMinutes").read_only(),
    text("max_surge", "maxSurge").read_only(),
    text("max_unavailable", "maxUnavailable").read_only(),
    number("node_soak_duration_in_minutes", "nodeSoakDurationInMinutes").read_only(),
    text("undrainable_node_behavior", "undrainableNodeBehavior").read_only(),
];

/// The rows of `agent_pool_profile`.
pub const AGENT_POOL_PROFILE: &[Row] = &[
    flag("auto_scaling_enabled", "enableAutoScaling").read_only(),
    number("count", "count").read_only(),
    number("max_count", "maxCount").read_only(),
    number("max_pods", "maxPods").read_only(),
    number("min_count", "minCount").read_only(),
    text("name", "name").read_only(),
    map("node_labels", "nodeLabels").read_only(),
    flag("node_public_ip_enabled", "enableNodePublicIP").read_only(),
    text("node_public_ip_prefix_id", "nodePublicIPPrefixID").read_only(),
    texts("node_taints", "nodeTaints").read_only(),
    text("orchestrator_version", "orchestratorVersion").read_only(),
    number("os_disk_size_gb", "osDiskSizeGB").read_only(),
    text("os_type", "osType").read_only(),
    map("tags", "tags").read_only(),
    text("type", "type").read_only(),
    objects("upgrade_settings", "upgradeSettings", AGENT_POOL_PROFILE_UPGRADE_SETTINGS).single().read_only(),
    text("vm_size", "vmSize").read_only(),
    text("vnet_subnet_id", "vnetSubnetID").read_only(),
    texts("zones", "availabilityZones").read_only(),
];

/// A cluster that exists.
pub const KUBERNETES_CLUSTER: DataSource = DataSource {
    name: "azurerm_kubernetes_cluster",
    arm: Arm { kind: "Microsoft.ContainerService/managedClusters", api: "2025-10-01" },
    attributes: &[
        id(),
        text("name", "").placed(Place::Name).required().matching(r"^[a-zA-Z0-9]$|^[a-zA-Z0-9][-_a-zA-Z0-9]{0,61}[a-zA-Z0-9]$", "1 to 63 letters, digits, hyphens and underscores, beginning and ending with a letter or digit"),
        resource_group_name(),
        text("location", "/location").spelled(Spelling::Location).read_only(),
        text("dns_prefix", "dnsPrefix").read_only().matching(r"^[a-zA-Z0-9]([-a-zA-Z0-9]{0,52}[a-zA-Z0-9])?$", "must contain between 1 and 54 characters, letters, digits and hyphens, beginning and ending with a letter or digit"),
        text("kubernetes_version", "kubernetesVersion").read_only(),
        text("disk_encryption_set_id", "diskEncryptionSetID").read_only(),
        flag("role_based_access_control_enabled", "enableRBAC").read_only(),
        text("node_resource_group", "nodeResourceGroup").read_only(),
        flag("azure_policy_enabled", "addonProfiles.azurepolicy.enabled").read_only(),
        flag("http_application_routing_enabled", "addonProfiles.httpApplicationRouting.enabled").read_only(),
        text("http_application_routing_zone_name", "addonProfiles.httpApplicationRouting.config.HTTPApplicationRoutingZoneName").read_only(),
        flag("open_service_mesh_enabled", "addonProfiles.openServiceMesh.enabled").read_only(),
        flag("oidc_issuer_enabled", "oidcIssuerProfile.enabled").read_only(),
        text("oidc_issuer_url", "oidcIssuerProfile.issuerURL").read_only(),
        flag("private_cluster_enabled", "apiServerAccessProfile.enablePrivateCluster").read_only(),
        object("linux_profile", "linuxProfile", LINUX_PROFILE).read_only(),
        object("windows_profile", "windowsProfile", WINDOWS_PROFILE).read_only(),
        object("service_principal", "servicePrincipalProfile", SERVICE_PRINCIPAL).read_only(),
        object("kubelet_identity", "identityProfile.kubeletidentity", KUBELET_IDENTITY).read_only(),
        object("bootstrap_profile", "bootstrapProfile", BOOTSTRAP_PROFILE).read_only(),
        object("azure_active_directory_role_based_access_control", "aadProfile", AZURE_ACTIVE_DIRECTORY_ROLE_BASED_ACCESS_CONTROL).read_only().present_when(|json| json["managed"] == true),
        object("storage_profile", "storageProfile", STORAGE_PROFILE).read_only(),
        object("microsoft_defender", "securityProfile.defender", MICROSOFT_DEFENDER).read_only().present_when(|json| json["securityMonitoring"]["enabled"] == true),
        object("oms_agent", "addonProfiles.omsagent", OMS_AGENT).read_only().present_when(|json| json["enabled"] == true),
        object("aci_connector_linux", "addonProfiles.aciConnectorLinux", ACI_CONNECTOR_LINUX).read_only().present_when(|json| json["enabled"] == true),
        object("ingress_application_gateway", "addonProfiles.ingressApplicationGateway", INGRESS_APPLICATION_GATEWAY).read_only().present_when(|json| json["enabled"] == true),
        object("key_vault_secrets_provider", "addonProfiles.azureKeyvaultSecretsProvider", KEY_VAULT_SECRETS_PROVIDER).read_only().present_when(|json| json["enabled"] == true),
        object("key_management_service", "securityProfile.azureKeyVaultKms", KEY_MANAGEMENT_SERVICE).read_only().present_when(|json| json["enabled"] == true),
        object("service_mesh_profile", "serviceMeshProfile", SERVICE_MESH_PROFILE).read_only().present_when(|json| json["mode"] == "Istio"),
        object("network_profile", "networkProfile", NETWORK_PROFILE).read_only(),
        text("current_kubernetes_version", "currentKubernetesVersion").read_only(),
        text("fqdn", "fqdn").read_only(),
        text("private_fqdn", "privateFQDN").read_only(),
        objects("kube_config", "user:/config", KUBE_CONFIG).read_only().sensitive(),
        objects("kube_admin_config", "admin:/config", KUBE_CONFIG).read_only().sensitive(),
        text("kube_config_raw", "user:/raw").read_only().sensitive(),
        text("kube_admin_config_raw", "admin:/raw").read_only().sensitive(),
        object("identity", "/identity", IDENTITY).read_only().present_when(has_identity),
        objects("agent_pool_profile", "allPools", AGENT_POOL_PROFILE).read_only(),
        text_set("api_server_authorized_ip_ranges", "apiServerAccessProfile.authorizedIPRanges").read_only(),
        text("node_resource_group_id", "").placed(Place::State).read_only(),
        tags().read_only(),
    ],
    calls: &[Call::post("user", "listClusterUserCredential"), Call::post("admin", "listClusterAdminCredential").when(clusters::has_admin)],
    hooks: Hooks { before_read: Some(clusters::shape_whole), after_read: Some(clusters::finish), ..Hooks::NONE },
};
