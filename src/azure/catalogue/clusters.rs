//! What the cluster's table cannot say: its pools, its add-ons, its credentials.
//!
//! Invariant: the default pool is changed through `agentPools/<name>`, never through the cluster.
//! Never: a kubeconfig is shown; its values are sensitive.

use std::collections::BTreeMap;

use aksel_lang::code::Code;
use aksel_lang::path::{Path, Step as PathStep};
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_state::intent::Deed;
use base64::Engine as _;
use serde_json::{Value as Json, json};

use crate::catalogue::kubernetes_cluster::DEFAULT_NODE_POOL;
use crate::catalogue::maintenance;
use crate::catalogue::pools::{
    fold_ports, limits_without_scaling, no_stand_in, rotation, scaling, stand_in, touched, unfold_ports,
};
use crate::document::{at, put};
use crate::resource_type::Writing;
use crate::steps::{Step, StepInput};
use crate::write::block;

/// Parts of the cluster that are switched on by being written, at their paths.
const SWITCHES: &[&str] = &[
    "addonProfiles.omsagent",
    "addonProfiles.aciConnectorLinux",
    "addonProfiles.ingressApplicationGateway",
    "addonProfiles.azureKeyvaultSecretsProvider",
    "addonProfiles.ACCSGXDevicePlugin",
    "azureMonitorProfile.metrics",
    "securityProfile.azureKeyVaultKms",
    "ingressProfile.webAppRouting",
    "networkProfile.advancedNetworking",
    "windowsProfile.gmsaProfile",
];

/// What rotates the default pool, in the order in which azurerm lists it.
const ROTATING_DEFAULT: &[&str] = &[
    "name",
    "host_encryption_enabled",
    "node_public_ip_enabled",
    "fips_enabled",
    "kubelet_config",
    "kubelet_disk_type",
    "linux_os_config",
    "max_pods",
    "only_critical_addons_enabled",
    "os_disk_size_gb",
    "os_disk_type",
    "pod_subnet_id",
    "snapshot_id",
    "ultra_ssd_enabled",
    "vnet_subnet_id",
    "vm_size",
    "zones",
];

fn pool(value: &Value) -> Option<&Value> {
    value.attribute("default_node_pool").and_then(Value::as_slice).and_then(<[Value]>::first)
}

fn pool_name(value: &Value) -> Option<&str> {
    pool(value)?.attribute("name")?.as_str()
}

/// Changes of a cluster and of its pools go one after the other.
pub fn lane(planned: &Value) -> Option<String> {
    planned.attribute("id").and_then(Value::as_str).map(str::to_owned)
}

/// As `shape`, with all pools beside the default one.
pub fn shape_whole(document: &mut Json, state: &Value) {
    let pools = document["body"]["properties"]["agentPoolProfiles"].clone();
    shape(document, state);
    let properties = &mut document["body"]["properties"];
    properties["allPools"] = pools;
    if properties["linuxProfile"].is_null() {
        properties["linuxProfile"] = json!({ "adminUsername": "" });
    }
}

/// Leaves the default pool alone among the pools, and opens the kubeconfigs.
pub fn shape(document: &mut Json, state: &Value) {
    maintenance::shape(document);
    let known = pool_name(state).map(str::to_owned);
    if let Some(Json::Array(pools)) = document["body"]["properties"].get_mut("agentPoolProfiles") {
        let named =
            pools.iter().position(|pool| pool["name"].as_str() == known.as_deref() && known.is_some());
        let system = || pools.iter().position(|pool| pool["mode"] == "System");
        let chosen = named.or_else(system).unwrap_or(0);
        *pools = pools.get(chosen).cloned().into_iter().collect();
    }
    gateways_unfolded(&mut document["body"]["properties"]["serviceMeshProfile"]);
    let pools = document["body"]["properties"]["agentPoolProfiles"].as_array_mut();
    pools.into_iter().flatten().for_each(unfold_ports);
    let storage = &mut document["body"]["properties"]["storageProfile"];
    let enabled =
        |json: &Json, name: &str, otherwise: bool| json[name]["enabled"].as_bool().unwrap_or(otherwise);
    let unusual = enabled(storage, "blobCSIDriver", false)
        || !enabled(storage, "diskCSIDriver", true)
        || !enabled(storage, "fileCSIDriver", true)
        || !enabled(storage, "snapshotController", true);
    let stated =
        state.attribute("storage_profile").and_then(Value::as_slice).is_some_and(|items| !items.is_empty());
    if storage.is_object() {
        storage["stated"] = json!(unusual || stated);
    }
    for key in ["user", "admin"] {
        open_kubeconfig(document, key);
    }
}

/// A kubeconfig that ARM answered, opened.
pub fn open_kubeconfig(document: &mut Json, key: &str) {
    if let Some(raw) = kubeconfig(&document[key]) {
        document[key] = json!({ "config": opened(&raw), "raw": raw });
    }
}

fn kubeconfig(answer: &Json) -> Option<String> {
    let encoded = answer["kubeconfigs"][0]["value"].as_str()?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    String::from_utf8(bytes).ok()
}

/// Host, certificates and password of a kubeconfig's first cluster and user; null where they cannot be read.
fn opened(raw: &str) -> Json {
    let Ok(config) = serde_saphyr::from_str::<Json>(raw) else { return Json::Null };
    let (cluster, user) = (&config["clusters"][0]["cluster"], &config["users"][0]);
    let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
    json!({
        "host": text(&cluster["server"]),
        "cluster_ca_certificate": text(&cluster["certificate-authority-data"]),
        "client_certificate": text(&user["user"]["client-certificate-data"]),
        "client_key": text(&user["user"]["client-key-data"]),
        "password": text(&user["user"]["token"]),
        "username": text(&user["name"]),
    })
}

/// The id of the group that the nodes lie in.
pub fn finish(values: &mut BTreeMap<Text, Value>, _document: &Json, id: &str) {
    let group = values.get("node_resource_group").and_then(Value::as_str).unwrap_or_default();
    let subscription = id.split('/').nth(2).unwrap_or_default();
    let whole = format!("/subscriptions/{subscription}/resourceGroups/{group}");
    values.insert("node_resource_group_id".into(), Value::string(whole));
}

/// Whether a cluster that trusts Entra ID has an admin of its own beside.
pub fn has_admin(body: &Json) -> bool {
    let properties = &body["properties"];
    properties["aadProfile"].is_object() && properties["disableLocalAccounts"] != true
}

const GATEWAYS: [&str; 2] = ["External", "Internal"];

/// Whether each gateway is on, as the rows read it.
pub fn gateways_unfolded(mesh: &mut Json) {
    let all = mesh["istio"]["components"]["ingressGateways"].as_array().cloned().unwrap_or_default();
    if mesh["mode"] != "Istio" {
        return;
    }
    for mode in GATEWAYS {
        let on = all.iter().any(|one| one["mode"] == mode && one["enabled"] == true);
        mesh["gateways"][mode] = on.into();
    }
}

/// The gateways as ARM has them: a list.
pub fn gateways_folded(mesh: &mut Json) {
    let Some(switches) = mesh.as_object_mut().and_then(|members| members.remove("gateways")) else { return };
    let gateway = |mode: &&str| json!({ "mode": mode, "enabled": switches[*mode] == true });
    mesh["istio"]["components"]["ingressGateways"] = GATEWAYS.iter().map(gateway).collect();
}

/// Switches, and what ARM wants beside what the configuration says.
pub fn complete(document: &mut Json, writing: &Writing<'_>) {
    for path in SWITCHES {
        let member = pointer(document, path);
        match member {
            Some(Json::Null) => put(document, path, json!({ "enabled": false })),
            Some(_) => put(document, &format!("{path}.enabled"), json!(true)),
            None => {}
        }
    }
    if let Some(mesh) = document["body"]["properties"].get_mut("serviceMeshProfile") {
        gateways_folded(mesh);
    }
    if at(document, "aadProfile").is_some() {
        put(document, "aadProfile.managed", json!(true));
    }
    if at(document, "securityProfile.defender").is_some() {
        put(document, "securityProfile.defender.securityMonitoring.enabled", json!(true));
    }
    if at(document, "addonProfiles.azurepolicy.enabled").is_some() {
        put(document, "addonProfiles.azurepolicy.config.version", json!("v2"));
    }
    if at(document, "/sku/tier").is_some() {
        put(document, "/sku/name", json!("Base"));
    }
    if writing.prior.is_null() {
        let principal = writing
            .planned
            .attribute("service_principal")
            .and_then(Value::as_slice)
            .is_some_and(|items| !items.is_empty());
        if !principal {
            put(document, "servicePrincipalProfile.clientId", json!("msi"));
        }
        if let (Some(item), Some(properties)) =
            (pool(writing.planned), document["body"].get_mut("properties"))
        {
            properties["agentPoolProfiles"] = json!([pool_body(item)]);
        }
    }
}

fn pointer(document: &Json, path: &str) -> Option<Json> {
    let pointer = format!("/body/properties/{}", path.replace('.', "/"));
    document.pointer(&pointer).cloned()
}

/// The default pool as ARM has it within a cluster.
fn pool_body(item: &Value) -> Json {
    let mut body = block(DEFAULT_NODE_POOL, item, None);
    if let Some(members) = body.as_object_mut() {
        members.insert("mode".into(), json!("System"));
        members.insert("osType".into(), json!("Linux"));
        if !scales(item) {
            members.remove("minCount");
            members.remove("maxCount");
        }
    }
    fold_ports(&mut body);
    body
}

/// The default pool's change goes through `agentPools`.
pub fn through_pools(input: &StepInput<'_>, table: Vec<Step>) -> Vec<Step> {
    match input.deed {
        Deed::Delete => table,
        Deed::Create => table.into_iter().chain(maintenance::steps(input)).collect(),
        Deed::Update => changed(input, table).into_iter().chain(maintenance::steps(input)).collect(),
    }
}

fn changed(input: &StepInput<'_>, mut table: Vec<Step>) -> Vec<Step> {
    for step in &mut table {
        if let Some(Json::Object(properties)) = step.body.get_mut("properties") {
            properties.remove("agentPoolProfiles");
        }
    }
    let hollow = |step: &Step| {
        step.body["properties"].as_object().is_some_and(serde_json::Map::is_empty)
            && step.body.as_object().is_some_and(|members| members.len() == 1)
    };
    table.retain(|step| !hollow(step));
    let (Some(before), Some(after)) = (pool(input.prior), pool(input.planned)) else { return table };
    if before == after {
        return table;
    }
    let name = |value: &Value| value.attribute("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let address = |name: &str| format!("{}/agentPools/{name}", input.id);
    let mut body = pool_body(after);
    if let Some(members) = body.as_object_mut() {
        members.remove("name");
    }
    let scales = scales(after);
    let body = json!({ "properties": body });
    let rotates = !touched_default(before, after).is_empty();
    match stand_in(after) {
        Some(other) if rotates => {
            let mut steps = rotation(&address(&name(before)), &other, input.api, &body);
            steps[2].id = address(&name(after));
            table.extend(steps);
        }
        _ => {
            let mut body = body;
            // What is laid over a pool that scaled takes its limits away.
            if !scales {
                body["properties"]["minCount"] = Json::Null;
                body["properties"]["maxCount"] = Json::Null;
            }
            table.push(Step::merge(address(&name(after)), input.api, body));
        }
    }
    table
}

/// Whether a pool scales by itself.
fn scales(pool: &Value) -> bool {
    pool.attribute("auto_scaling_enabled").and_then(Value::as_bool) == Some(true)
}

fn touched_default(before: &Value, after: &Value) -> Vec<&'static str> {
    touched(ROTATING_DEFAULT, before, after)
}

/// What would fail at apply.
pub fn refuses(prior: &Value, planned: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(after) = pool(planned) else { return findings };
    let place = Path::attribute("default_node_pool");
    if let Some((most, least)) = limits_without_scaling(after) {
        let summary = format!(
            "expanding `default_node_pool`: `max_count`({most}) and `min_count`({least}) must be set to `null` when `auto_scaling_enabled` is set to `false`"
        );
        findings.push(
            Finding::error(Code::InvalidValue, summary, "Limits belong to a pool that scales by itself.")
                .at(place.clone()),
        );
    }
    findings.extend(scaling(after).into_iter().map(|finding| finding.at(place.clone())));
    if let Some(before) = pool(prior) {
        let touched = touched_default(before, after);
        if !touched.is_empty() && stand_in(after).is_none() {
            let all: Vec<String> =
                ROTATING_DEFAULT.iter().map(|name| format!("default_node_pool.0.{name}")).collect();
            findings.push(no_stand_in(&all, &touched).at(place));
        }
    }
    findings
}

/// Changes that replace the cluster only in one direction.
pub fn replaces(prior: &Value, planned: &Value) -> Vec<Path> {
    let mut paths = Vec::new();
    let mut asked = |path: &'static str, replaced: fn(&Value, &Value) -> bool| {
        let (Some(before), Some(after)) = (within(prior, path), within(planned, path)) else { return };
        if before != after && replaced(before, after) {
            paths.push(place(path));
        }
    };
    asked("oidc_issuer_enabled", |before, _| before.as_bool() == Some(true));
    asked("default_node_pool.0.upgrade_settings.0.drain_timeout_in_minutes", is_emptied);
    asked("default_node_pool.0.upgrade_settings.0.undrainable_node_behavior", is_emptied);
    asked("service_principal.0.client_id", |before, _| matches!(before.as_str(), Some("msi" | "")));
    asked("windows_profile.0.gmsa", is_emptied);
    asked("windows_profile.0.gmsa.0.dns_server", is_emptied);
    asked("windows_profile.0.gmsa.0.root_domain", is_emptied);
    asked("api_server_access_profile.0.subnet_id", is_emptied);
    asked("network_profile.0.network_data_plane", |before, after| {
        !is_nothing(before) && (before.as_str(), after.as_str()) != (Some("azure"), Some("cilium"))
    });
    asked("network_profile.0.network_plugin_mode", |_, after| {
        !after.as_str().is_some_and(|mode| mode.eq_ignore_ascii_case("overlay"))
    });
    // Policies move to Cilium in place.
    asked("network_profile.0.network_policy", |before, after| {
        let moves = matches!(before.as_str(), Some("azure" | "calico")) && after.as_str() == Some("cilium");
        !is_nothing(before) && !moves
    });
    asked("network_profile.0.pod_cidr", |before, _| !is_nothing(before));
    asked("network_profile.0.pod_cidrs", |before, _| !is_nothing(before));
    paths.extend(another_plugin(prior, planned));
    paths.extend(another_pool_name(prior, planned));
    paths
}

/// `kubenet` becomes an overlay of Azure's plugin in place; every other change of the plugin replaces the cluster.
fn another_plugin(prior: &Value, planned: &Value) -> Option<Path> {
    const PLUGIN: &str = "network_profile.0.network_plugin";
    let text = |value, path| within(value, path).and_then(Value::as_str);
    let (before, after) = (text(prior, PLUGIN)?, text(planned, PLUGIN)?);
    let mode = text(planned, "network_profile.0.network_plugin_mode").unwrap_or_default();
    let overlays = before == "kubenet" && after == "azure" && mode.eq_ignore_ascii_case("overlay");
    (before != after && !overlays).then(|| place(PLUGIN))
}

/// A pool that still has the name of its stand-in is in the middle of a rotation, which the next apply ends.
fn another_pool_name(prior: &Value, planned: &Value) -> Option<Path> {
    let (before, after) = (pool_name(prior)?, pool_name(planned)?);
    let interrupted = stand_in(pool(planned)?).as_deref() == Some(before);
    (before != after && !interrupted).then(|| place("default_node_pool.0.name"))
}

/// What stands at a path such as `network_profile.0.pod_cidr`; `None` where a block of it is not there.
fn within<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, step| match step.parse::<usize>() {
        Ok(index) => value.as_slice()?.get(index),
        Err(_) => value.attribute(step),
    })
}

fn place(path: &str) -> Path {
    let step = |step: &str| step.parse().map_or_else(|_| PathStep::Attribute(step.into()), PathStep::Index);
    Path(path.split('.').map(step).collect())
}

fn is_nothing(value: &Value) -> bool {
    value.is_null()
        || value.as_str() == Some("")
        || value.as_number().is_some_and(aksel_lang::number::Number::is_zero)
        || value.is_known() && value.as_slice().is_some_and(<[Value]>::is_empty)
}

fn is_emptied(before: &Value, after: &Value) -> bool {
    !is_nothing(before) && is_nothing(after)
}

/// Another issuer may follow from switching it on.
pub fn renews(prior: &Value, planned: &Value) -> Vec<&'static str> {
    let issues = |value: &Value| value.attribute("oidc_issuer_enabled").and_then(Value::as_bool);
    if issues(prior) == issues(planned) { Vec::new() } else { vec!["oidc_issuer_url"] }
}
