//! `azurerm_machine_learning_inference_cluster` is `Microsoft.MachineLearningServices/workspaces/computes`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.machinelearningservices/2025-06-01/workspaces/computes>

use crate::arm_client::Method;
use crate::arm_client::Request;
use crate::catalogue::cluster_rules;
use crate::catalogue::identities;
use crate::catalogue::rules::has_identity;
use crate::catalogue::rules::said;
use crate::document::at;
use crate::document::put;
use crate::resource_type::Lookup;
use crate::resource_type::{Arm, Hooks, Minutes, ResourceType, Writing};
use crate::row::{Row, block, flag, id, location, name, parent, tags, text};
use crate::spelling::Spelling;
use aksel_lang::value::Value;
use serde_json::Value as Json;
use serde_json::json;

/// The rows of `ssl`.
pub const SSL: &[Row] = &[
    text("cert", "cert").default_text("").replaces(),
    text("key", "key").default_text("").replaces(),
    text("cname", "cname").default_text("").replaces(),
    text("leaf_domain_label", "leafDomainLabel").default_text("").replaces(),
    flag("overwrite_existing_domain", "overwriteExistingDomain").replaces(),
];

/// A Kubernetes cluster on which a workspace serves.
pub const MACHINE_LEARNING_INFERENCE_CLUSTER: ResourceType = ResourceType {
    name: "azurerm_machine_learning_inference_cluster",
    arm: Arm { kind: "Microsoft.MachineLearningServices/workspaces/computes", api: "2025-06-01" },
    schema_version: 0,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        parent("machine_learning_workspace_id"),
        location(),
        text("kubernetes_cluster_id", "resourceId").required().replaces().spelled(Spelling::Id),
        text("cluster_purpose", "properties.clusterPurpose").default_text("FastProd").replaces().one_of(&[
            "DevTest",
            "FastProd",
            "DenseProd",
        ]),
        text("description", "description").replaces(),
        block("ssl", "properties.sslConfiguration", SSL)
            .replaces()
            .present_when(|json| json["status"].is_string()),
        block("identity", "/identity", identities::BOTH_KINDS_FOR_GOOD).replaces().present_when(has_identity),
        tags().replaces(),
    ],
    calls: &[],
    groups: &[],
    rules: &[cluster_rules::identity],
    hooks: Hooks {
        before_write: Some(complete),
        lookup: Some(Lookup { gives: "cluster_fqdn", request: cluster, pick: fqdn }),
        ..Hooks::NONE
    },
};

/// The address of the cluster is said beside its id.
fn cluster(planned: &Value, _subscription: &str) -> Option<Request> {
    Some(Request::plain(Method::Get, said(planned, "kubernetes_cluster_id")?, "2025-10-01"))
}

fn fqdn(body: &Json) -> Option<String> {
    let properties = &body["properties"];
    properties["fqdn"].as_str().or_else(|| properties["privateFQDN"].as_str()).map(str::to_owned)
}

fn complete(document: &mut Json, writing: &Writing<'_>) {
    put(document, "computeType", json!("AKS"));
    if let Some(location) = at(document, "/location").cloned() {
        put(document, "computeLocation", location);
    }
    if let Some(fqdn) = said(writing.planned, "cluster_fqdn") {
        put(document, "properties.clusterFqdn", json!(fqdn));
    }
    let ssl = at(document, "properties.sslConfiguration").cloned();
    if let Some(ssl) = ssl {
        let status = if ssl["leafDomainLabel"].is_string() { "Auto" } else { "Enabled" };
        put(document, "properties.sslConfiguration.status", json!(status));
    }
}
