//! `azurerm_kubernetes_cluster_extension` is `Microsoft.KubernetesConfiguration/extensions`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.kubernetesconfiguration/2024-11-01/extensions>

use crate::catalogue::rules::said;
use crate::document::at;
use crate::document::put;
use crate::group::Group;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType, Writing};
use crate::row::{Place, Row, block, id, map, name, object, parent, text};
use aksel_lang::value::Value;
use serde_json::Value as Json;
use serde_json::json;

/// The rows of `plan`.
pub const PLAN: &[Row] = &[
    text("name", "name").required().replaces(),
    text("product", "product").required().replaces(),
    text("publisher", "publisher").required().replaces(),
    text("promotion_code", "promotionCode").replaces(),
    text("version", "version").replaces(),
];

/// The rows of `aks_assigned_identity`.
pub const AKS_ASSIGNED_IDENTITY: &[Row] = &[
    text("type", "type").read_only(),
    text("principal_id", "principalId").read_only(),
    text("tenant_id", "tenantId").read_only(),
];

/// Software that Azure installs in a cluster.
pub const KUBERNETES_CLUSTER_EXTENSION: ResourceType = ResourceType {
    name: "azurerm_kubernetes_cluster_extension",
    arm: Arm { kind: "Microsoft.KubernetesConfiguration/extensions", api: "2024-11-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        parent("cluster_id"),
        text("extension_type", "extensionType").required().replaces(),
        text("release_train", "releaseTrain").computed().replaces(),
        text("version", "version").replaces(),
        text("release_namespace", "scope.cluster.releaseNamespace").computed().replaces(),
        text("target_namespace", "scope.namespace.targetNamespace").computed().replaces(),
        map("configuration_settings", "configurationSettings"),
        map("configuration_protected_settings", "").placed(Place::State),
        block("plan", "/plan", PLAN).replaces(),
        text("current_version", "currentVersion").read_only(),
        object("aks_assigned_identity", "aksAssignedIdentity", AKS_ASSIGNED_IDENTITY).read_only(),
    ],
    calls: &[],
    groups: &[
        Group::Conflicts("release_namespace", &["target_namespace"]),
        Group::Conflicts("release_train", &["version"]),
        Group::Conflicts("target_namespace", &["release_namespace"]),
        Group::Conflicts("version", &["release_train"]),
    ],
    rules: &[],
    hooks: Hooks { identity: Some(identity), before_write: Some(complete), ..Hooks::NONE },
};

/// It hangs on the cluster.
fn identity(planned: &Value, _subscription: &str) -> Option<String> {
    let (cluster, name) = (said(planned, "cluster_id")?, said(planned, "name")?);
    Some(format!("{cluster}/providers/Microsoft.KubernetesConfiguration/extensions/{name}"))
}

/// A version that is written stays; else Azure takes newer ones. What is protected is sent and never told.
fn complete(document: &mut Json, writing: &Writing<'_>) {
    let newer = said(writing.planned, "version").is_none();
    if writing.prior.is_null() || at(document, "version").is_some() {
        put(document, "autoUpgradeMinorVersion", json!(newer));
    }
    let secret = writing.planned.attribute("configuration_protected_settings").and_then(Value::as_named);
    if let Some(secret) = secret {
        let settings: Json = secret
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), Json::from(value.as_str()?))))
            .collect();
        put(document, "configurationProtectedSettings", settings);
    }
}
