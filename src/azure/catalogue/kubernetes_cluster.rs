//! `azurerm_kubernetes_cluster` is `Microsoft.ContainerService/managedClusters`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.containerservice/2025-10-01/managedclusters>

use crate::catalogue::cluster_rules;
use crate::catalogue::identities;
use crate::catalogue::pool_rows::{KUBELET_CONFIG, LINUX_OS_CONFIG, NODE_NETWORK_PROFILE};
use crate::catalogue::rules::has_identity;
use crate::group::Group;
use crate::resource_type::{Arm, Call, Hooks, Minutes, ResourceType};
use crate::row::{
    Form, Place, Row, block, flag, id, location, map, number, objects, resource_group_name, tags, text,
    text_set, texts,
};
use crate::spelling::Spelling;

/// The rows of `api_server_access_profile`.
pub const API_SERVER_ACCESS_PROFILE: &[Row] = &[
    text_set("authorized_ip_ranges", "authorizedIPRanges").formed(Form::Network),
    text("subnet_id", "subnetId").spelled(Spelling::Id),
    flag("virtual_network_integration_enabled", "enableVnetIntegration").default_flag(false),
];

/// The rows of `default_node_pool.upgrade_settings`.
pub const DEFAULT_NODE_POOL_UPGRADE_SETTINGS: &[Row] = &[
    number("drain_timeout_in_minutes", "drainTimeoutInMinutes"),
    text("max_surge", "maxSurge").formed(Form::NotEmpty).required(),
    number("node_soak_duration_in_minutes", "nodeSoakDurationInMinutes").between(0, 30),
    text("undrainable_node_behavior", "undrainableNodeBehavior").one_of(&["Cordon", "Schedule"]),
];

/// The rows of `default_node_pool`.
pub const DEFAULT_NODE_POOL: &[Row] = &[
    text("name", "name").required().matching(r"^[a-z][a-z0-9]{0,11}$", "must begin with a lowercase letter, contain only lowercase letters and numbers and be between 1 and 12 characters in length"),
    flag("auto_scaling_enabled", "enableAutoScaling"),
    text("capacity_reservation_group_id", "capacityReservationGroupID").replaces().spelled(Spelling::Id),
    flag("fips_enabled", "enableFIPS"),
    text("gpu_driver", "gpuProfile.driver").one_of(&["Install", "None"]).replaces(),
    text("gpu_instance", "gpuInstanceProfile").one_of(&["MIG1g", "MIG2g", "MIG3g", "MIG4g", "MIG7g"]).replaces(),
    flag("host_encryption_enabled", "enableEncryptionAtHost"),
    text("host_group_id", "hostGroupID").replaces().spelled(Spelling::Id),
    text("kubelet_disk_type", "kubeletDiskType").computed().one_of(&["OS", "Temporary"]),
    number("max_count", "maxCount").between(1, 1000),
    number("max_pods", "maxPods").computed(),
    number("min_count", "minCount").between(1, 1000),
    number("node_count", "count").computed().between(1, 1000),
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
    text("snapshot_id", "creationData.sourceResourceId").spelled(Spelling::Id),
    flag("ultra_ssd_enabled", "enableUltraSSD").default_flag(false),
    text("vm_size", "vmSize").formed(Form::NotEmpty).computed(),
    text("vnet_subnet_id", "vnetSubnetID").spelled(Spelling::Id),
    text("workload_runtime", "workloadRuntime").computed().one_of(&["OCIContainer", "KataVmIsolation"]),
    text_set("zones", "availabilityZones"),
    block("upgrade_settings", "upgradeSettings", DEFAULT_NODE_POOL_UPGRADE_SETTINGS),
    block("node_network_profile", "networkProfile", NODE_NETWORK_PROFILE),
    block("kubelet_config", "kubeletConfig", KUBELET_CONFIG),
    block("linux_os_config", "linuxOSConfig", LINUX_OS_CONFIG),
    text("type", "type").default_text("VirtualMachineScaleSets").replaces().one_of(&["AvailabilitySet", "VirtualMachineScaleSets"]),
    map("tags", "tags"),
    flag("only_critical_addons_enabled", "nodeTaints").spelled(Spelling::CriticalTaint),
    text("temporary_name_for_rotation", "").placed(Place::State).or_empty().matching(r"^[a-z][a-z0-9]{0,11}$", "must begin with a lowercase letter, contain only lowercase letters and numbers and be between 1 and 12 characters in length"),
];

/// The rows of `linux_profile.ssh_key`.
pub const LINUX_PROFILE_SSH_KEY: &[Row] = &[text("key_data", "keyData").required().replaces()];

/// The rows of `linux_profile`.
pub const LINUX_PROFILE: &[Row] = &[
    text("admin_username", "adminUsername").matching(r"^[a-z_][a-z0-9_-]{0,31}$", "must begin with a lowercase letter or an underscore and contain only lowercase letters, digits, underscores and hyphens").required().replaces(),
    block("ssh_key", "ssh.publicKeys", LINUX_PROFILE_SSH_KEY).at_least(1).in_array(),
];

/// The rows of `windows_profile.gmsa`.
pub const WINDOWS_PROFILE_GMSA: &[Row] =
    &[text("dns_server", "dnsServer").required(), text("root_domain", "rootDomainName").required()];

/// The rows of `windows_profile`.
pub const WINDOWS_PROFILE: &[Row] = &[
    text("admin_username", "adminUsername").required().replaces(),
    text("admin_password", "adminPassword").of_length(8, 123).required().sensitive(),
    text("license", "licenseType").one_of(&["Windows_Server"]),
    block("gmsa", "gmsaProfile", WINDOWS_PROFILE_GMSA).present_when(|json| json["enabled"] == true),
];

/// The rows of `service_principal`.
pub const SERVICE_PRINCIPAL: &[Row] = &[
    text("client_id", "clientId").required(),
    text("client_secret", "secret").formed(Form::NotEmpty).required().sensitive(),
];

/// The rows of `kubelet_identity`.
pub const KUBELET_IDENTITY: &[Row] = &[
    text("client_id", "clientId").computed().replaces(),
    text("object_id", "objectId").computed().replaces(),
    text("user_assigned_identity_id", "resourceId").computed().replaces().spelled(Spelling::Id),
];

/// The rows of `node_provisioning_profile`.
pub const NODE_PROVISIONING_PROFILE: &[Row] = &[
    text("mode", "mode").default_text("Manual").one_of(&["Auto", "Manual"]),
    text("default_node_pools", "defaultNodePools").default_text("Auto").one_of(&["Auto", "None"]),
];

/// The rows of `bootstrap_profile`.
pub const BOOTSTRAP_PROFILE: &[Row] = &[
    text("artifact_source", "artifactSource").one_of(&["Cache", "Direct"]).default_text("Direct"),
    text("container_registry_id", "containerRegistryId").spelled(Spelling::Id),
];

/// The rows of `azure_active_directory_role_based_access_control`.
pub const AZURE_ACTIVE_DIRECTORY_ROLE_BASED_ACCESS_CONTROL: &[Row] = &[
    texts("admin_group_object_ids", "adminGroupObjectIDs").formed(Form::Uuid),
    flag("azure_rbac_enabled", "enableAzureRBAC"),
    text("tenant_id", "tenantID").computed(),
];

/// The rows of `storage_profile`.
pub const STORAGE_PROFILE: &[Row] = &[
    flag("blob_driver_enabled", "blobCSIDriver.enabled").default_flag(false),
    flag("disk_driver_enabled", "diskCSIDriver.enabled").default_flag(true).or_default(),
    flag("file_driver_enabled", "fileCSIDriver.enabled").default_flag(true).or_default(),
    flag("snapshot_controller_enabled", "snapshotController.enabled").default_flag(true).or_default(),
];

/// The rows of `workload_autoscaler_profile`.
pub const WORKLOAD_AUTOSCALER_PROFILE: &[Row] = &[
    flag("keda_enabled", "keda.enabled").default_flag(false),
    flag("vertical_pod_autoscaler_enabled", "verticalPodAutoscaler.enabled").default_flag(false),
];

/// The rows of `monitor_metrics`.
pub const MONITOR_METRICS: &[Row] = &[
    text("annotations_allowed", "kubeStateMetrics.metricAnnotationsAllowList").formed(Form::NotEmpty),
    text("labels_allowed", "kubeStateMetrics.metricLabelsAllowlist").formed(Form::NotEmpty),
];

/// The rows of `microsoft_defender`.
pub const MICROSOFT_DEFENDER: &[Row] =
    &[text("log_analytics_workspace_id", "logAnalyticsWorkspaceResourceId").required().spelled(Spelling::Id)];

/// The rows of the identity of an add-on.
pub const ADDON_IDENTITY: &[Row] = &[
    text("client_id", "clientId").read_only(),
    text("object_id", "objectId").read_only(),
    text("user_assigned_identity_id", "resourceId").read_only(),
];

/// The rows of `oms_agent`.
pub const OMS_AGENT: &[Row] = &[
    text("log_analytics_workspace_id", "config.logAnalyticsWorkspaceResourceID")
        .required()
        .spelled(Spelling::Id),
    flag("msi_auth_for_monitoring_enabled", "config.useAADAuth").spelled(Spelling::FlagAsText),
    objects("oms_agent_identity", "identity", ADDON_IDENTITY).single().read_only(),
];

/// The rows of `aci_connector_linux`.
pub const ACI_CONNECTOR_LINUX: &[Row] = &[
    text("subnet_name", "config.SubnetName").formed(Form::NotEmpty).required(),
    objects("connector_identity", "identity", ADDON_IDENTITY).single().read_only(),
];

/// The rows of `ingress_application_gateway`.
pub const INGRESS_APPLICATION_GATEWAY: &[Row] = &[
    text("gateway_id", "config.applicationGatewayId").spelled(Spelling::Id),
    text("gateway_name", "config.applicationGatewayName").formed(Form::NotEmpty),
    text("subnet_cidr", "config.subnetCIDR").formed(Form::Network),
    text("subnet_id", "config.subnetId").spelled(Spelling::Id),
    text("effective_gateway_id", "config.effectiveApplicationGatewayId").read_only(),
    objects("ingress_application_gateway_identity", "identity", ADDON_IDENTITY).single().read_only(),
];

/// The rows of `key_vault_secrets_provider`.
pub const KEY_VAULT_SECRETS_PROVIDER: &[Row] = &[
    flag("secret_rotation_enabled", "config.enableSecretRotation")
        .default_flag(false)
        .spelled(Spelling::FlagAsText),
    text("secret_rotation_interval", "config.rotationPollInterval")
        .formed(Form::Duration)
        .default_text("2m")
        .or_default(),
    objects("secret_identity", "identity", ADDON_IDENTITY).single().read_only(),
];

/// The rows of `confidential_computing`.
pub const CONFIDENTIAL_COMPUTING: &[Row] =
    &[flag("sgx_quote_helper_enabled", "config.ACCSGXQuoteHelperEnabled")
        .required()
        .spelled(Spelling::FlagAsText)];

/// The rows of `http_proxy_config`.
pub const HTTP_PROXY_CONFIG: &[Row] = &[
    text("http_proxy", "httpProxy"),
    text("https_proxy", "httpsProxy"),
    text_set("no_proxy", "noProxy"),
    text("trusted_ca", "trustedCa").sensitive(),
];

/// The rows of `key_management_service`.
pub const KEY_MANAGEMENT_SERVICE: &[Row] = &[
    text("key_vault_key_id", "keyId").formed(Form::VaultKey).required(),
    text("key_vault_network_access", "keyVaultNetworkAccess")
        .one_of(&["Private", "Public"])
        .default_text("Public"),
];

/// The rows of `service_mesh_profile.certificate_authority`.
pub const SERVICE_MESH_PROFILE_CERTIFICATE_AUTHORITY: &[Row] = &[
    text("cert_chain_object_name", "certChainObjectName").formed(Form::NotEmpty).required(),
    text("cert_object_name", "certObjectName").formed(Form::NotEmpty).required(),
    text("key_object_name", "keyObjectName").formed(Form::NotEmpty).required(),
    text("key_vault_id", "keyVaultId").required(),
    text("root_cert_object_name", "rootCertObjectName").formed(Form::NotEmpty).required(),
];

/// The rows of `service_mesh_profile`.
pub const SERVICE_MESH_PROFILE: &[Row] = &[
    text("mode", "mode").required().one_of(&["Istio"]),
    texts("revisions", "istio.revisions").formed(Form::NotEmpty).required(),
    block(
        "certificate_authority",
        "istio.certificateAuthority.plugin",
        SERVICE_MESH_PROFILE_CERTIFICATE_AUTHORITY,
    ),
    flag("external_ingress_gateway_enabled", "gateways.External"),
    flag("internal_ingress_gateway_enabled", "gateways.Internal"),
];

/// The rows of `web_app_routing`.
pub const WEB_APP_ROUTING: &[Row] = &[
    text("default_nginx_controller", "nginx.defaultIngressControllerType")
        .one_of(&["AnnotationControlled", "Internal", "External", "None"])
        .default_text("AnnotationControlled"),
    texts("dns_zone_ids", "dnsZoneResourceIds").required(),
    objects("web_app_routing_identity", "identity", ADDON_IDENTITY).single().read_only(),
];

/// The rows of `upgrade_override`.
pub const UPGRADE_OVERRIDE: &[Row] = &[
    flag("force_upgrade_enabled", "forceUpgrade").required(),
    text("effective_until", "until").formed(Form::Time),
];

/// The rows of `network_profile.load_balancer_profile`.
pub const NETWORK_PROFILE_LOAD_BALANCER_PROFILE: &[Row] = &[
    text("backend_pool_type", "backendPoolType")
        .one_of(&["NodeIPConfiguration", "NodeIP"])
        .default_text("NodeIPConfiguration")
        .spelled(Spelling::Pairs(&[("NodeIPConfiguration", "NodeIPConfiguration"), ("NodeIP", "NodeIP")])),
    text_set("effective_outbound_ips", "effectiveOutboundIPs").read_only().spelled(Spelling::Each("id")),
    number("idle_timeout_in_minutes", "idleTimeoutInMinutes").between(4, 100).default_number(30),
    number("managed_outbound_ip_count", "managedOutboundIPs.count").between(1, 100).computed(),
    number("managed_outbound_ipv6_count", "managedOutboundIPs.countIPv6").between(1, 100).computed(),
    text_set("outbound_ip_address_ids", "outboundIPs.publicIPs").spelled(Spelling::Each("id")),
    text_set("outbound_ip_prefix_ids", "outboundIPPrefixes.publicIPPrefixes").spelled(Spelling::Each("id")),
    number("outbound_ports_allocated", "allocatedOutboundPorts").between(0, 64_000).default_number(0),
];

/// The rows of `network_profile.nat_gateway_profile`.
pub const NETWORK_PROFILE_NAT_GATEWAY_PROFILE: &[Row] = &[
    text_set("effective_outbound_ips", "effectiveOutboundIPs").read_only().spelled(Spelling::Each("id")),
    number("idle_timeout_in_minutes", "idleTimeoutInMinutes").between(4, 120).default_number(4),
    number("managed_outbound_ip_count", "managedOutboundIPProfile.count").between(1, 100).computed(),
];

/// The rows of `network_profile.advanced_networking`.
pub const NETWORK_PROFILE_ADVANCED_NETWORKING: &[Row] = &[
    flag("observability_enabled", "observability.enabled").default_flag(false),
    flag("security_enabled", "security.enabled").default_flag(false),
];

/// The rows of `network_profile`.
pub const NETWORK_PROFILE: &[Row] = &[
    text("network_plugin", "networkPlugin").required().one_of(&["azure", "kubenet", "none"]),
    text("network_plugin_mode", "networkPluginMode").one_of(&["overlay"]),
    text("network_policy", "networkPolicy")
        .one_of(&["calico", "azure", "cilium"])
        .computed()
        .spelled(Spelling::EmptyIs("none")),
    text("network_mode", "networkMode").one_of(&["bridge", "transparent"]).computed().replaces(),
    text("network_data_plane", "networkDataplane")
        .one_of(&["azure", "cilium"])
        .default_text("azure")
        .or_default(),
    text("dns_service_ip", "dnsServiceIP").formed(Form::Address).computed().replaces(),
    text("load_balancer_sku", "loadBalancerSku")
        .one_of(&["basic", "standard"])
        .default_text("standard")
        .replaces(),
    text("outbound_type", "outboundType")
        .one_of(&[
            "loadBalancer",
            "userDefinedRouting",
            "managedNATGateway",
            "userAssignedNATGateway",
            "none",
        ])
        .default_text("loadBalancer"),
    text("pod_cidr", "podCidr").formed(Form::Network).computed(),
    texts("pod_cidrs", "podCidrs").formed(Form::NotEmpty).computed(),
    text("service_cidr", "serviceCidr").formed(Form::Network).computed().replaces(),
    texts("service_cidrs", "serviceCidrs").formed(Form::NotEmpty).computed().replaces(),
    texts("ip_versions", "ipFamilies").one_of(&["IPv4", "IPv6"]).computed().replaces(),
    block("load_balancer_profile", "loadBalancerProfile", NETWORK_PROFILE_LOAD_BALANCER_PROFILE)
        .computed()
        .replaces(),
    block("nat_gateway_profile", "natGatewayProfile", NETWORK_PROFILE_NAT_GATEWAY_PROFILE)
        .computed()
        .replaces(),
    block("advanced_networking", "advancedNetworking", NETWORK_PROFILE_ADVANCED_NETWORKING)
        .present_when(|json| json["enabled"] == true),
];

/// The rows of `kube_config` and `kube_admin_config`.
pub const KUBE_CONFIG: &[Row] = &[
    text("client_certificate", "client_certificate").read_only().sensitive(),
    text("client_key", "client_key").read_only().sensitive(),
    text("cluster_ca_certificate", "cluster_ca_certificate").read_only().sensitive(),
    text("host", "host").read_only().sensitive(),
    text("password", "password").read_only().sensitive(),
    text("username", "username").read_only().sensitive(),
];

/// The rows of `auto_scaler_profile`.
pub const AUTO_SCALER_PROFILE: &[Row] = &[
    flag("balance_similar_node_groups", "balance-similar-node-groups")
        .default_flag(false)
        .spelled(Spelling::FlagAsText),
    flag("daemonset_eviction_for_empty_nodes_enabled", "daemonset-eviction-for-empty-nodes")
        .default_flag(false),
    flag("daemonset_eviction_for_occupied_nodes_enabled", "daemonset-eviction-for-occupied-nodes")
        .default_flag(true),
    text("empty_bulk_delete_max", "max-empty-bulk-delete").computed(),
    text("expander", "expander")
        .one_of(&["least-waste", "most-pods", "priority", "random"])
        .default_text("random"),
    flag("ignore_daemonsets_utilization_enabled", "ignore-daemonsets-utilization").default_flag(false),
    text("max_graceful_termination_sec", "max-graceful-termination-sec").computed(),
    text("max_node_provisioning_time", "max-node-provision-time").formed(Form::Duration).default_text("15m"),
    number("max_unready_nodes", "ok-total-unready-count")
        .at_the_least(0)
        .default_number(3)
        .spelled(Spelling::NumberAsText),
    number("max_unready_percentage", "max-total-unready-percentage")
        .between(0, 100)
        .default_number(45)
        .spelled(Spelling::NumberAsText),
    text("new_pod_scale_up_delay", "new-pod-scale-up-delay").formed(Form::Duration).computed(),
    text("scale_down_delay_after_add", "scale-down-delay-after-add").formed(Form::Duration).computed(),
    text("scale_down_delay_after_delete", "scale-down-delay-after-delete").formed(Form::Duration).computed(),
    text("scale_down_delay_after_failure", "scale-down-delay-after-failure")
        .formed(Form::Duration)
        .computed(),
    text("scale_down_unneeded", "scale-down-unneeded-time").formed(Form::Duration).computed(),
    text("scale_down_unready", "scale-down-unready-time").formed(Form::Duration).computed(),
    text("scale_down_utilization_threshold", "scale-down-utilization-threshold").computed(),
    text("scan_interval", "scan-interval").formed(Form::Duration).computed(),
    flag("skip_nodes_with_local_storage", "skip-nodes-with-local-storage").spelled(Spelling::FlagAsText),
    flag("skip_nodes_with_system_pods", "skip-nodes-with-system-pods")
        .default_flag(true)
        .spelled(Spelling::FlagAsText),
];

/// A Kubernetes cluster.
pub const KUBERNETES_CLUSTER: ResourceType = ResourceType {
    name: "azurerm_kubernetes_cluster",
    arm: Arm { kind: "Microsoft.ContainerService/managedClusters", api: "2025-10-01" },
    schema_version: 2,
    minutes: Minutes { create: 90, read: 5, update: 90, delete: 90 },
    attributes: &[
        id(),
        text("name", "").placed(Place::Name).required().replaces().matching(r"^[a-zA-Z0-9]$|^[a-zA-Z0-9][-_a-zA-Z0-9]{0,61}[a-zA-Z0-9]$", "1 to 63 letters, digits, hyphens and underscores, beginning and ending with a letter or digit"),
        resource_group_name(),
        location(),
        text("sku_tier", "/sku/tier").default_text("Free").one_of(&["Free", "Standard", "Premium"]),
        text("dns_prefix", "dnsPrefix").replaces().matching(r"^[a-zA-Z0-9]([-a-zA-Z0-9]{0,52}[a-zA-Z0-9])?$", "must contain between 1 and 54 characters, letters, digits and hyphens, beginning and ending with a letter or digit"),
        text("dns_prefix_private_cluster", "fqdnSubdomain").replaces(),
        text("kubernetes_version", "kubernetesVersion").formed(Form::NotEmpty).computed(),
        text("disk_encryption_set_id", "diskEncryptionSetID").replaces(),
        text("edge_zone", "/extendedLocation/name").replaces(),
        flag("local_account_disabled", "disableLocalAccounts"),
        flag("role_based_access_control_enabled", "enableRBAC").default_flag(true).replaces(),
        text("node_resource_group", "nodeResourceGroup").computed().replaces(),
        text("support_plan", "supportPlan").one_of(&["KubernetesOfficial", "AKSLongTermSupport"]).default_text("KubernetesOfficial"),
        flag("azure_policy_enabled", "addonProfiles.azurepolicy.enabled"),
        flag("http_application_routing_enabled", "addonProfiles.httpApplicationRouting.enabled"),
        text("http_application_routing_zone_name", "addonProfiles.httpApplicationRouting.config.HTTPApplicationRoutingZoneName").read_only(),
        flag("open_service_mesh_enabled", "addonProfiles.openServiceMesh.enabled"),
        flag("ai_toolchain_operator_enabled", "aiToolchainOperatorProfile.enabled").default_flag(false),
        flag("cost_analysis_enabled", "metricsProfile.costAnalysis.enabled"),
        text("automatic_upgrade_channel", "autoUpgradeProfile.upgradeChannel").spelled(Spelling::EmptyIs("none")).one_of(&["patch", "rapid", "stable", "node-image"]),
        text("node_os_upgrade_channel", "autoUpgradeProfile.nodeOSUpgradeChannel").default_text("NodeImage").one_of(&["NodeImage", "None", "SecurityPatch", "Unmanaged"]),
        flag("image_cleaner_enabled", "securityProfile.imageCleaner.enabled").or_null(),
        number("image_cleaner_interval_hours", "securityProfile.imageCleaner.intervalHours").between(24, 2160).or_null(),
        flag("workload_identity_enabled", "securityProfile.workloadIdentity.enabled").default_flag(false),
        texts("custom_ca_trust_certificates_base64", "securityProfile.customCATrustCertificates").formed(Form::Base64),
        flag("oidc_issuer_enabled", "oidcIssuerProfile.enabled").default_flag(true),
        text("oidc_issuer_url", "oidcIssuerProfile.issuerURL").read_only(),
        flag("private_cluster_enabled", "apiServerAccessProfile.enablePrivateCluster").default_flag(false).replaces(),
        flag("private_cluster_public_fqdn_enabled", "apiServerAccessProfile.enablePrivateClusterPublicFQDN").default_flag(false),
        text("private_dns_zone_id", "apiServerAccessProfile.privateDNSZone").computed().replaces(),
        flag("run_command_enabled", "apiServerAccessProfile.disableRunCommand").default_flag(true).spelled(Spelling::Inverted),
        block("api_server_access_profile", "apiServerAccessProfile", API_SERVER_ACCESS_PROFILE).present_when(|json| json["authorizedIPRanges"].as_array().is_some_and(|ranges| !ranges.is_empty()) || json["subnetId"].is_string() || json["enableVnetIntegration"] == true),
        block("default_node_pool", "agentPoolProfiles", DEFAULT_NODE_POOL).at_least(1).in_array(),
        block("linux_profile", "linuxProfile", LINUX_PROFILE),
        block("windows_profile", "windowsProfile", WINDOWS_PROFILE).computed(),
        block("service_principal", "servicePrincipalProfile", SERVICE_PRINCIPAL).present_when(|json| json["clientId"].as_str().is_some_and(|id| id != "msi")),
        block("kubelet_identity", "identityProfile.kubeletidentity", KUBELET_IDENTITY).computed(),
        block("node_provisioning_profile", "nodeProvisioningProfile", NODE_PROVISIONING_PROFILE).computed(),
        block("bootstrap_profile", "bootstrapProfile", BOOTSTRAP_PROFILE).computed(),
        block("azure_active_directory_role_based_access_control", "aadProfile", AZURE_ACTIVE_DIRECTORY_ROLE_BASED_ACCESS_CONTROL).present_when(|json| json["managed"] == true),
        block("storage_profile", "storageProfile", STORAGE_PROFILE).present_when(|json| json["stated"] == true),
        block("workload_autoscaler_profile", "workloadAutoScalerProfile", WORKLOAD_AUTOSCALER_PROFILE).present_when(|json| json["keda"].is_object() || json["verticalPodAutoscaler"].is_object()),
        block("monitor_metrics", "azureMonitorProfile.metrics", MONITOR_METRICS).present_when(|json| json["enabled"] == true),
        block("microsoft_defender", "securityProfile.defender", MICROSOFT_DEFENDER).present_when(|json| json["securityMonitoring"]["enabled"] == true),
        block("oms_agent", "addonProfiles.omsagent", OMS_AGENT).present_when(|json| json["enabled"] == true),
        block("aci_connector_linux", "addonProfiles.aciConnectorLinux", ACI_CONNECTOR_LINUX).present_when(|json| json["enabled"] == true),
        block("ingress_application_gateway", "addonProfiles.ingressApplicationGateway", INGRESS_APPLICATION_GATEWAY).present_when(|json| json["enabled"] == true),
        block("key_vault_secrets_provider", "addonProfiles.azureKeyvaultSecretsProvider", KEY_VAULT_SECRETS_PROVIDER).present_when(|json| json["enabled"] == true),
        block("confidential_computing", "addonProfiles.ACCSGXDevicePlugin", CONFIDENTIAL_COMPUTING).present_when(|json| json["enabled"] == true),
        block("http_proxy_config", "httpProxyConfig", HTTP_PROXY_CONFIG),
        block("key_management_service", "securityProfile.azureKeyVaultKms", KEY_MANAGEMENT_SERVICE).present_when(|json| json["enabled"] == true),
        block("service_mesh_profile", "serviceMeshProfile", SERVICE_MESH_PROFILE).present_when(|json| json["mode"] == "Istio"),
        block("web_app_routing", "ingressProfile.webAppRouting", WEB_APP_ROUTING).present_when(|json| json["enabled"] == true),
        block("upgrade_override", "upgradeSettings.overrideSettings", UPGRADE_OVERRIDE).present_when(|json| json["forceUpgrade"].is_boolean()),
        block("network_profile", "networkProfile", NETWORK_PROFILE).computed().replaces(),
        text("current_kubernetes_version", "currentKubernetesVersion").read_only(),
        text("fqdn", "fqdn").read_only(),
        text("portal_fqdn", "azurePortalFQDN").read_only(),
        text("private_fqdn", "privateFQDN").read_only(),
        objects("kube_config", "user:/config", KUBE_CONFIG).read_only().sensitive(),
        objects("kube_admin_config", "admin:/config", KUBE_CONFIG).read_only().sensitive(),
        text("kube_config_raw", "user:/raw").read_only().sensitive(),
        text("kube_admin_config_raw", "admin:/raw").read_only().sensitive(),
        block("identity", "/identity", identities::ONE_KIND).present_when(has_identity),
        block("auto_scaler_profile", "autoScalerProfile", AUTO_SCALER_PROFILE).computed(),
        text("node_resource_group_id", "").placed(Place::State).read_only(),
        tags(),
        block("maintenance_window", "windows:/default", MAINTENANCE_WINDOW),
        block("maintenance_window_auto_upgrade", "windows:/aksManagedAutoUpgradeSchedule", MAINTENANCE_WINDOW_UPGRADE),
        block("maintenance_window_node_os", "windows:/aksManagedNodeOSUpgradeSchedule", MAINTENANCE_WINDOW_UPGRADE),
    ],
    calls: &[Call::post("user", "listClusterUserCredential"), Call::post("admin", "listClusterAdminCredential").when(clusters::has_admin), Call::get("windows", "maintenanceConfigurations")],
    groups: &[Group::ExactlyOne(&["dns_prefix", "dns_prefix_private_cluster"]), Group::AtLeastOne(&["azure_active_directory_role_based_access_control.0.tenant_id", "azure_active_directory_role_based_access_control.0.admin_group_object_ids"]), Group::Needs("default_node_pool.0.node_public_ip_prefix_id", &["default_node_pool.0.node_public_ip_enabled"]), Group::AtLeastOne(&["ingress_application_gateway.0.gateway_id", "ingress_application_gateway.0.subnet_cidr", "ingress_application_gateway.0.subnet_id"]), Group::Conflicts("ingress_application_gateway.0.gateway_id", &["ingress_application_gateway.0.subnet_cidr", "ingress_application_gateway.0.subnet_id"]), Group::Conflicts("ingress_application_gateway.0.subnet_cidr", &["ingress_application_gateway.0.gateway_id", "ingress_application_gateway.0.subnet_id"]), Group::Conflicts("ingress_application_gateway.0.subnet_id", &["ingress_application_gateway.0.gateway_id", "ingress_application_gateway.0.subnet_cidr"]), Group::AtLeastOne(&["key_vault_secrets_provider.0.secret_rotation_enabled", "key_vault_secrets_provider.0.secret_rotation_interval"]), Group::Needs("kubelet_identity.0.client_id", &["kubelet_identity.0.object_id", "kubelet_identity.0.user_assigned_identity_id", "identity.0.identity_ids"]), Group::AtLeastOne(&["maintenance_window.0.allowed", "maintenance_window.0.not_allowed"]), Group::AtLeastOne(&["network_profile.0.advanced_networking.0.observability_enabled", "network_profile.0.advanced_networking.0.security_enabled"]), Group::Conflicts("network_profile.0.load_balancer_profile.0.managed_outbound_ip_count", &["network_profile.0.load_balancer_profile.0.outbound_ip_prefix_ids", "network_profile.0.load_balancer_profile.0.outbound_ip_address_ids"]), Group::Conflicts("network_profile.0.load_balancer_profile.0.outbound_ip_address_ids", &["network_profile.0.load_balancer_profile.0.managed_outbound_ip_count", "network_profile.0.load_balancer_profile.0.outbound_ip_prefix_ids"]), Group::Conflicts("network_profile.0.load_balancer_profile.0.outbound_ip_prefix_ids", &["network_profile.0.load_balancer_profile.0.managed_outbound_ip_count", "network_profile.0.load_balancer_profile.0.outbound_ip_address_ids"]), Group::AtLeastOne(&["node_provisioning_profile.0.mode", "node_provisioning_profile.0.default_node_pools"]), Group::ExactlyOne(&["identity", "service_principal"])],
    rules: &[cluster_rules::network, cluster_rules::private, cluster_rules::switches, cluster_rules::identity],
    hooks: Hooks { before_read: Some(clusters::shape), after_read: Some(clusters::finish), before_write: Some(clusters::complete), replaces: Some(clusters::replaces), renews: Some(clusters::renews), refuses: Some(clusters::refuses), steps: Some(clusters::through_pools), lane: Some(clusters::lane), ..Hooks::NONE },
};

use crate::catalogue::clusters;
use crate::catalogue::maintenance::{MAINTENANCE_WINDOW, MAINTENANCE_WINDOW_UPGRADE};
