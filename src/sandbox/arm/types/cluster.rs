//! `Microsoft.ContainerService/managedClusters` and their agent pools.
//!
//! A pool is an object of its own; the cluster's `agentPoolProfiles` are made of the pools when it is shown.

use serde_json::{Value as Json, json};

use crate::arm::refusal::Refusal;
use crate::arm::types::{Draft, Kind, PLAIN, TENANT, fill, guid, set, short};
use crate::arm::world::{Object, World};

/// The type of a pool.
pub(crate) const POOLS: &str = "microsoft.containerservice/managedclusters/agentpools";
const CLUSTERS: &str = "microsoft.containerservice/managedclusters";

/// The versions that can be had, the newest patch of each.
const VERSIONS: &[(&str, &str)] =
    &[("1.32", "1.32.9"), ("1.33", "1.33.5"), ("1.34", "1.34.1"), ("1.35", "1.35.0")];
const VERSION: &str = "1.34";

pub(crate) const KINDS: &[Kind] = &[
    Kind {
        kind: CLUSTERS,
        shown: "Microsoft.ContainerService/managedClusters",
        millis: 2000,
        complete,
        check,
        ..PLAIN
    },
    Kind {
        kind: POOLS,
        shown: "Microsoft.ContainerService/managedClusters/agentPools",
        millis: 800,
        complete: complete_pool,
        check: check_pool,
        ..PLAIN
    },
    Kind {
        kind: "microsoft.containerservice/managedclusters/maintenanceconfigurations",
        shown: "Microsoft.ContainerService/managedClusters/maintenanceConfigurations",
        ..PLAIN
    },
];

/// Whether an object is a cluster.
pub(crate) fn is_cluster(object: &Object) -> bool {
    object.kind == CLUSTERS
}

/// Whether an object is a pool.
pub(crate) fn is_pool(object: &Object) -> bool {
    object.kind == POOLS
}

/// The pools of a cluster, in order of their names.
pub(crate) fn pools_of<'w>(world: &'w World, cluster: &str) -> Vec<&'w Object> {
    world.below(cluster).filter(|object| is_pool(object)).collect()
}

/// The name under which a cluster's API server keeps its port.
pub(crate) fn api_server_name(cluster: &str) -> String {
    format!("cluster-{}", short(cluster, "api-server"))
}

fn patch(version: &str) -> String {
    let known = VERSIONS.iter().find(|(minor, _)| *minor == version);
    known.map_or_else(|| version.to_owned(), |(_, patch)| (*patch).to_owned())
}

fn complete(draft: &mut Draft<'_>) {
    let (id, location) = (draft.id.to_owned(), draft.location());
    draft.complete_identity();
    draft.fill("kind", "Base".into());
    draft.fill("sku", json!({ "name": "Base", "tier": "Free" }));
    draft.fill("properties.kubernetesVersion", VERSION.into());
    let version = draft.body["properties"]["kubernetesVersion"].as_str().unwrap_or(VERSION).to_owned();
    set(draft.body, "properties.currentKubernetesVersion", patch(&version).into());
    let group = format!("MC_{}_{}_{location}", draft.group, draft.name);
    draft.fill("properties.nodeResourceGroup", group.into());
    let group = draft.body["properties"]["nodeResourceGroup"].as_str().unwrap_or_default().to_owned();
    let prefix = draft.body["properties"]["dnsPrefix"].as_str().unwrap_or(draft.name).to_owned();
    let host = format!("{prefix}-{}", short(&id, "fqdn"));
    draft.keep("properties.fqdn", format!("{host}.hcp.{location}.azmk8s.io").into());
    draft.keep("properties.azurePortalFQDN", format!("{host}.portal.hcp.{location}.azmk8s.io").into());
    let private = draft.body["properties"]["apiServerAccessProfile"]["enablePrivateCluster"] == true;
    if private {
        draft.keep("properties.privateFQDN", format!("{host}.privatelink.{location}.azmk8s.io").into());
    }
    let managed = |name: &str| {
        let resource = format!(
            "/subscriptions/{}/resourceGroups/{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}",
            draft.subscription
        );
        json!({ "resourceId": resource, "clientId": guid(&resource, "client"), "objectId": guid(&resource, "principal") })
    };
    let kubelet = managed(&format!("{}-agentpool", draft.name));
    let addons: Vec<(String, Json)> = draft.body["properties"]["addonProfiles"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, addon)| addon["enabled"] == true)
        .map(|(addon, _)| (addon.clone(), managed(&format!("{}-{}", addon.to_lowercase(), draft.name))))
        .collect();
    for (addon, identity) in addons {
        draft.fill(&format!("properties.addonProfiles.{addon}.identity"), identity);
    }
    draft.fill("properties.identityProfile.kubeletidentity", kubelet);
    draft.keep("properties.resourceUID", guid(&id, "uid").replace('-', "")[..24].into());
    draft.keep("properties.powerState", json!({ "code": "Running" }));
    draft.fill("properties.maxAgentPools", 100.into());
    draft.fill("properties.enableRBAC", true.into());
    draft.fill("properties.disableLocalAccounts", false.into());
    draft.fill("properties.supportPlan", "KubernetesOfficial".into());
    draft.fill("properties.workloadAutoScalerProfile", json!({}));
    draft.fill("properties.bootstrapProfile", json!({ "artifactSource": "Direct" }));
    draft.fill(
        "properties.autoUpgradeProfile",
        json!({ "nodeOSUpgradeChannel": "NodeImage", "upgradeChannel": "none" }),
    );
    draft.fill("properties.servicePrincipalProfile", json!({ "clientId": "msi" }));
    draft.fill("properties.windowsProfile", json!({ "adminUsername": "azureuser", "enableCSIProxy": true }));
    for driver in ["diskCSIDriver", "fileCSIDriver", "snapshotController"] {
        draft.fill(&format!("properties.storageProfile.{driver}.enabled"), true.into());
    }
    complete_network(draft, &group, &id);
    if draft.body["properties"]["oidcIssuerProfile"]["enabled"] == true {
        let issuer = format!("https://{location}.oic.prod-aks.azure.com/{TENANT}/{}/", guid(&id, "issuer"));
        draft.keep("properties.oidcIssuerProfile.issuerURL", issuer.into());
    }
    if draft.body["properties"]["aadProfile"].is_object() {
        draft.fill("properties.aadProfile.tenantID", TENANT.into());
    }
}

fn complete_network(draft: &mut Draft<'_>, group: &str, id: &str) {
    let overlay = draft.body["properties"]["networkProfile"]["networkPluginMode"] == "overlay";
    let pods = overlay || draft.body["properties"]["networkProfile"]["networkPlugin"] == "kubenet";
    for (name, value) in [
        ("networkPlugin", json!("azure")),
        ("networkPolicy", json!("none")),
        ("networkDataplane", json!("azure")),
        ("loadBalancerSku", json!("standard")),
        ("outboundType", json!("loadBalancer")),
        ("serviceCidr", json!("10.0.0.0/16")),
        ("dnsServiceIP", json!("10.0.0.10")),
        ("ipFamilies", json!(["IPv4"])),
    ] {
        draft.fill(&format!("properties.networkProfile.{name}"), value);
    }
    let services = draft.body["properties"]["networkProfile"]["serviceCidr"].clone();
    draft.fill("properties.networkProfile.serviceCidrs", json!([services]));
    if pods {
        draft.fill("properties.networkProfile.podCidr", "10.244.0.0/16".into());
        let cidr = draft.body["properties"]["networkProfile"]["podCidr"].clone();
        draft.fill("properties.networkProfile.podCidrs", json!([cidr]));
    }
    if draft.body["properties"]["networkProfile"]["outboundType"] == "loadBalancer" {
        let address = format!(
            "/subscriptions/{}/resourceGroups/{group}/providers/Microsoft.Network/publicIPAddresses/{}",
            draft.subscription,
            guid(id, "outbound")
        );
        draft.fill(
            "properties.networkProfile.loadBalancerProfile",
            json!({ "managedOutboundIPs": { "count": 1 } }),
        );
        draft.fill("properties.networkProfile.loadBalancerProfile.allocatedOutboundPorts", 0.into());
        draft.fill("properties.networkProfile.loadBalancerProfile.idleTimeoutInMinutes", 30.into());
        draft.fill(
            "properties.networkProfile.loadBalancerProfile.effectiveOutboundIPs",
            json!([{ "id": address }]),
        );
        draft.fill(
            "properties.networkProfile.loadBalancerProfile.backendPoolType",
            "nodeIPConfiguration".into(),
        );
    }
}

fn check(draft: &Draft<'_>, _world: &World) -> Result<(), Refusal> {
    let pools = draft.body["properties"]["agentPoolProfiles"].as_array();
    if draft.before.is_none() && pools.is_none_or(Vec::is_empty) {
        return Err(Refusal::bad(
            "InvalidParameter",
            "Required parameter agentPoolProfiles is missing (null).",
        ));
    }
    check_version(draft.body["properties"]["kubernetesVersion"].as_str(), &draft.location())
}

fn check_version(version: Option<&str>, location: &str) -> Result<(), Refusal> {
    let Some(version) = version else { return Ok(()) };
    let minor: Vec<&str> = version.split('.').take(2).collect();
    if VERSIONS.iter().any(|(known, _)| *known == minor.join(".")) {
        return Ok(());
    }
    Err(Refusal::bad(
        "K8sVersionNotSupported",
        format!(
            "Managed cluster is on version {version} which is not supported in {location}. Please use [az aks get-versions] command to get the supported version list in this region."
        ),
    ))
}

fn complete_pool(draft: &mut Draft<'_>) {
    let id = draft.id.to_owned();
    let etag = guid(&id, &format!("etag{}", draft.now.0));
    let mut properties = draft.body["properties"].take();
    complete_profile(&mut properties, draft.before.map(|before| &before["properties"]));
    properties["eTag"] = etag.into();
    draft.body["properties"] = properties;
}

/// Completes what stands in a pool's properties.
fn complete_profile(profile: &mut Json, before: Option<&Json>) {
    let autoscaled = profile["enableAutoScaling"] == true;
    let least = profile["minCount"].as_i64().unwrap_or(1);
    let counted = before.and_then(|before| before["count"].as_i64());
    let count = if autoscaled { counted.unwrap_or(least).max(least) } else { 1 };
    for (name, value) in [
        ("count", json!(count)),
        ("mode", json!("User")),
        ("osType", json!("Linux")),
        ("osSKU", json!("Ubuntu")),
        ("osDiskSizeGB", json!(128)),
        ("osDiskType", json!("Managed")),
        ("kubeletDiskType", json!("OS")),
        ("maxPods", json!(110)),
        ("type", json!("VirtualMachineScaleSets")),
        ("enableAutoScaling", json!(false)),
        ("enableNodePublicIP", json!(false)),
        ("enableEncryptionAtHost", json!(false)),
        ("enableUltraSSD", json!(false)),
        ("enableFIPS", json!(false)),
        ("scaleDownMode", json!("Delete")),
        ("upgradeStrategy", json!("Rolling")),
        (
            "securityProfile",
            json!({ "enableVTPM": false, "enableSecureBoot": false, "sshAccess": "LocalUser" }),
        ),
        ("orchestratorVersion", json!(VERSION)),
        ("powerState", json!({ "code": "Running" })),
        ("nodeImageVersion", json!("AKSUbuntu-2204gen2containerd-202601.02.0")),
    ] {
        let missing = profile[name].is_null() || (name == "kubeletDiskType" && profile[name] == "");
        if missing {
            set(profile, name, value);
        }
    }
    if autoscaled && profile["count"].as_i64().is_some_and(|sent| sent < least) {
        set(profile, "count", least.into());
    }
    if profile["scaleSetPriority"] == "Spot" {
        fill(profile, "nodeLabels", json!({}));
        if let Some(labels) = profile["nodeLabels"].as_object_mut() {
            labels.insert("kubernetes.azure.com/scalesetpriority".into(), "spot".into());
        }
    }
    let version = profile["orchestratorVersion"].as_str().unwrap_or(VERSION).to_owned();
    set(profile, "currentOrchestratorVersion", patch(&version).into());
}

fn check_pool(draft: &Draft<'_>, world: &World) -> Result<(), Refusal> {
    let properties = &draft.body["properties"];
    let name_fits = (1..=12).contains(&draft.name.len())
        && draft.name.starts_with(|c: char| c.is_ascii_lowercase())
        && draft.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !name_fits {
        return Err(Refusal::bad(
            "InvalidParameter",
            format!(
                "The value of parameter agentPool.name is invalid. Error details: Agent pool name '{}' is invalid. A name has 1 to 12 lower case letters and digits and begins with a letter.",
                draft.name
            ),
        ));
    }
    if properties["vmSize"].as_str().is_none_or(str::is_empty) && draft.before.is_none() {
        return Err(Refusal::bad("InvalidParameter", "Required parameter vmSize is missing (null)."));
    }
    if let Some(before) = draft.before {
        for fixed in ["vmSize", "osType", "osDiskType", "osDiskSizeGB", "maxPods"] {
            let (old, new) = (&before["properties"][fixed], &properties[fixed]);
            if !new.is_null() && !old.is_null() && old != new {
                return Err(Refusal::bad(
                    "PropertyChangeNotAllowed",
                    format!("Changing property 'properties.{fixed}' is not allowed."),
                ));
            }
        }
    }
    let cluster = world
        .get(draft.parent)
        .map(|cluster| cluster.body["location"].as_str().unwrap_or_default().to_owned());
    check_version(properties["orchestratorVersion"].as_str(), &cluster.unwrap_or_default())
}
