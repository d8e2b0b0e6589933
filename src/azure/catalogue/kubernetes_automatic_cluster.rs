//! `azurerm_kubernetes_automatic_cluster` is `Microsoft.ContainerService/managedClusters` of the kind whose nodes Azure runs.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.containerservice/2026-04-01/managedclusters>

use crate::catalogue::automatic;
use crate::catalogue::clusters;
use crate::catalogue::kubernetes_cluster::{ADDON_IDENTITY, KUBE_CONFIG};
use crate::catalogue::rules::has_identity;
use crate::catalogue::{cluster_rules, identities};
use crate::group::Group;
use crate::resource_type::{Arm, Call, Hooks, LONG, ResourceType};
use crate::row::{
    Form, Place, Row, block, flag, id, location, object, objects, resource_group_name, tags, text, text_set,
    texts,
};
use crate::spelling::{ENABLED, Spelling};

/// The rows of `api_server_access`.
pub const API_SERVER_ACCESS: &[Row] = &[
    text_set("authorized_ip_ranges", "authorizedIPRanges").formed(Form::Network),
    text("subnet_id", "subnetId").spelled(Spelling::Id),
];

/// The rows of `hosted_system`.
pub const HOSTED_SYSTEM: &[Row] = &[
    text("node_subnet_id", "nodeSubnetID").required().replaces().spelled(Spelling::Id),
    text("system_node_subnet_id", "systemNodeSubnetID").required().replaces().spelled(Spelling::Id),
];

/// The rows of `private_cluster`.
pub const PRIVATE_CLUSTER: &[Row] = &[
    text("private_dns_zone_id", "privateDNSZone").default_text("System").replaces(),
    flag("public_fully_qualified_domain_name_enabled", "enablePrivateClusterPublicFQDN").default_flag(false),
];

/// The rows of `service_mesh.certificate_authority`.
pub const SERVICE_MESH_CERTIFICATE_AUTHORITY: &[Row] = &[
    text("certificate_chain_object_name", "certChainObjectName").required().formed(Form::NotEmpty),
    text("certificate_object_name", "certObjectName").required().formed(Form::NotEmpty),
    text("key_object_name", "keyObjectName").required().formed(Form::NotEmpty),
    text("key_vault_id", "keyVaultId").required().spelled(Spelling::Id),
    text("root_certificate_object_name", "rootCertObjectName").required().formed(Form::NotEmpty),
];

/// The rows of `service_mesh`.
pub const SERVICE_MESH: &[Row] = &[
    flag("external_ingress_gateway_enabled", "gateways.External").default_flag(false),
    flag("internal_ingress_gateway_enabled", "gateways.Internal").default_flag(false),
    text("proxy_redirect_mechanism", "istio.components.proxyRedirectionMechanism")
        .default_text("InitContainers")
        .one_of(&["CNIChaining", "InitContainers"]),
    texts("revisions", "istio.revisions").required().matching("^asm-", "begins with `asm-`"),
    block("certificate_authority", "istio.certificateAuthority.plugin", SERVICE_MESH_CERTIFICATE_AUTHORITY),
];

/// The rows of `web_app_routing_ingress`.
pub const WEB_APP_ROUTING_INGRESS: &[Row] = &[
    text("default_nginx_controller", "nginx.defaultIngressControllerType")
        .spelled(Spelling::EmptyIs("None"))
        .one_of(&["AnnotationControlled", "Internal", "External"]),
    texts("dns_zone_ids", "dnsZoneResourceIds"),
    flag("istio_enabled", "gatewayAPIImplementations.appRoutingIstio.mode")
        .default_flag(false)
        .spelled(ENABLED),
    object("web_app_routing_identity", "identity", ADDON_IDENTITY).read_only(),
];

/// A Kubernetes cluster whose nodes Azure runs.
pub const KUBERNETES_AUTOMATIC_CLUSTER: ResourceType = ResourceType {
    name: "azurerm_kubernetes_automatic_cluster",
    arm: Arm { kind: "Microsoft.ContainerService/managedClusters", api: "2026-04-01" },
    schema_version: 0,
    minutes: LONG,
    attributes: &[
        id(),
        text("name", "").placed(Place::Name).required().replaces().matching(
            r"^[a-zA-Z0-9]$|^[a-zA-Z0-9][-_a-zA-Z0-9]{0,61}[a-zA-Z0-9]$",
            "1 to 63 letters, digits, hyphens and underscores, beginning and ending with a letter or digit",
        ),
        resource_group_name(),
        location(),
        block("api_server_access", "apiServerAccessProfile", API_SERVER_ACCESS).present_when(|json| {
            json["authorizedIPRanges"].as_array().is_some_and(|ranges| !ranges.is_empty())
                || json["subnetId"].is_string()
        }),
        block("private_cluster", "apiServerAccessProfile", PRIVATE_CLUSTER)
            .present_when(|json| json["enablePrivateCluster"] == true),
        block("hosted_system", "hostedSystemProfile", HOSTED_SYSTEM)
            .computed()
            .present_when(|json| json["nodeSubnetID"].is_string()),
        block("service_mesh", "serviceMeshProfile", SERVICE_MESH)
            .present_when(|json| json["mode"] == "Istio"),
        block("web_app_routing_ingress", "ingressProfile.webAppRouting", WEB_APP_ROUTING_INGRESS)
            .computed()
            .present_when(|json| json["enabled"] == true),
        block("identity", "/identity", identities::ONE_KIND).at_least(1).present_when(has_identity),
        tags(),
        text("current_kubernetes_version", "currentKubernetesVersion").read_only(),
        text("fully_qualified_domain_name", "fqdn").read_only(),
        objects("kube_config", "user:/config", KUBE_CONFIG).read_only().sensitive(),
        text("kube_config_raw", "user:/raw").read_only().sensitive(),
        text("node_resource_group_id", "").placed(Place::State).read_only(),
        text("oidc_issuer_url", "oidcIssuerProfile.issuerURL").read_only(),
        text("portal_fully_qualified_domain_name", "azurePortalFQDN").read_only(),
        text("private_fully_qualified_domain_name", "privateFQDN").read_only(),
    ],
    calls: &[Call::post("user", "listClusterUserCredential")],
    groups: &[
        Group::AtLeastOne(&["api_server_access.0.authorized_ip_ranges", "api_server_access.0.subnet_id"]),
        Group::Conflicts("api_server_access.0.authorized_ip_ranges", &["private_cluster"]),
    ],
    rules: &[cluster_rules::identity, automatic::hosted, automatic::private],
    hooks: Hooks {
        before_read: Some(automatic::shape),
        after_read: Some(automatic::finish),
        before_write: Some(automatic::complete),
        replaces: Some(automatic::replaces),
        lane: Some(clusters::lane),
        ..Hooks::NONE
    },
};
