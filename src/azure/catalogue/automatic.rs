//! What the automatic cluster's table cannot say: what is switched on by being written, and what goes together.
//!
//! Never: a kubeconfig is shown; its values are sensitive.

use std::collections::BTreeMap;

use aksel_lang::code::Code;
use aksel_lang::path::{Path, Step};
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use serde_json::{Value as Json, json};

use crate::catalogue::clusters;
use crate::catalogue::rules::said;
use crate::document::put;
use crate::resource_type::Writing;

fn block<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.attribute(name)?.as_slice()?.first()
}

fn place(block: &str, name: &str) -> Path {
    Path::attribute(block).then(Step::Index(0)).then(Step::Attribute(name.into()))
}

/// Opens the kubeconfig and lays the gateways out.
pub fn shape(document: &mut Json, _state: &Value) {
    clusters::gateways_unfolded(&mut document["body"]["properties"]["serviceMeshProfile"]);
    clusters::open_kubeconfig(document, "user");
}

/// The id of the group that the nodes lie in.
pub fn finish(values: &mut BTreeMap<Text, Value>, document: &Json, id: &str) {
    let group = document["body"]["properties"]["nodeResourceGroup"].as_str().unwrap_or_default();
    let subscription = id.split('/').nth(2).unwrap_or_default();
    let whole = format!("/subscriptions/{subscription}/resourceGroups/{group}");
    values.insert("node_resource_group_id".into(), Value::string(whole));
}

/// The kind of cluster, and what is on because it is written.
pub fn complete(document: &mut Json, writing: &Writing<'_>) {
    let creates = writing.prior.is_null();
    if creates {
        put(document, "/sku", json!({ "name": "Automatic", "tier": "Standard" }));
    }
    let properties = &document["body"]["properties"];
    let touches = |name: &str| properties.get(name).is_some();
    let (access, hosted, mesh) =
        (touches("apiServerAccessProfile"), touches("hostedSystemProfile"), touches("serviceMeshProfile"));
    let routing = properties.pointer("/ingressProfile/webAppRouting").cloned();
    if access || creates {
        let private = block(writing.planned, "private_cluster").is_some();
        put(document, "apiServerAccessProfile.enablePrivateCluster", json!(private));
    }
    if hosted {
        put(document, "hostedSystemProfile.enabled", json!(true));
    }
    match routing {
        Some(Json::Null) => put(document, "ingressProfile.webAppRouting", json!({ "enabled": false })),
        Some(_) => put(document, "ingressProfile.webAppRouting.enabled", json!(true)),
        None => {}
    }
    if mesh {
        let own = block(writing.planned, "service_mesh").is_some();
        let profile = &mut document["body"]["properties"]["serviceMeshProfile"];
        if own {
            profile["mode"] = json!("Istio");
            clusters::gateways_folded(profile);
        } else {
            *profile = json!({ "mode": "Disabled" });
        }
    }
}

/// A subnet that is given up, and another kind of identity, replace the cluster.
pub fn replaces(prior: &Value, planned: &Value) -> Vec<Path> {
    let text = |value: &Value, in_block: &str, name: &str| {
        block(value, in_block).and_then(|found| said(found, name)).map(str::to_owned)
    };
    let mut paths = Vec::new();
    let kept = block(planned, "api_server_access").is_some();
    let subnet = |value: &Value| text(value, "api_server_access", "subnet_id");
    if kept && subnet(prior).is_some() && subnet(planned).is_none() {
        paths.push(place("api_server_access", "subnet_id"));
    }
    if text(prior, "identity", "type") != text(planned, "identity", "type") {
        paths.push(place("identity", "type"));
    }
    paths
}

fn wrong(path: Path, summary: &str) -> Finding {
    Finding::error(Code::InvalidConfiguration, summary, "Azure would refuse this.").at(path)
}

/// A system in subnets of one's own goes with an identity of one's own, and the API server in a subnet too.
pub fn hosted(config: &Value) -> Vec<Finding> {
    let Some(identity) = block(config, "identity").and_then(|identity| said(identity, "type")) else {
        return Vec::new();
    };
    let in_subnet = block(config, "api_server_access")
        .and_then(|access| access.attribute("subnet_id"))
        .is_some_and(|subnet| !subnet.is_null());
    let open = config.attribute("hosted_system").is_some_and(|value| !value.is_known());
    let mut findings = Vec::new();
    let mut refuse = |path: Path, summary: &str| findings.push(wrong(path, summary));
    if block(config, "hosted_system").is_some() {
        if identity != "UserAssigned" {
            refuse(
                place("identity", "type"),
                "`hosted_system` requires `identity.type` to be `UserAssigned`",
            );
        }
        if !in_subnet {
            let summary = "`hosted_system` requires `api_server_access.subnet_id` to be set";
            refuse(Path::attribute("hosted_system"), summary);
        }
    } else if !open {
        if identity != "SystemAssigned" {
            let summary = "when `hosted_system` is not configured, `identity.type` must be `SystemAssigned`";
            refuse(place("identity", "type"), summary);
        }
        if in_subnet {
            let summary =
                "when `hosted_system` is not configured, `api_server_access.subnet_id` can not be set";
            refuse(place("api_server_access", "subnet_id"), summary);
        }
    }
    findings
}

/// A zone of one's own needs an identity that may write into it.
pub fn private(config: &Value) -> Vec<Finding> {
    let zone = block(config, "private_cluster").and_then(|private| said(private, "private_dns_zone_id"));
    let own = zone.is_some_and(|zone| zone != "System" && zone != "None");
    let identity = block(config, "identity").and_then(|identity| said(identity, "type"));
    if own && identity.is_some_and(|kind| kind != "UserAssigned") {
        let summary = "a user assigned identity must be used when using a custom private dns zone";
        return vec![wrong(place("private_cluster", "private_dns_zone_id"), summary)];
    }
    Vec::new()
}
