//! `Microsoft.ContainerService/managedClusters`: AKS clusters.
//!
//! Invariant: while a cluster exists, so do its node resource group and, in it, the identity of its nodes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::super::id::{GroupId, Id};
use super::super::reply::Refusal;
use super::super::request::Scene;
use super::super::{TENANT, derive, groups, merge};
use super::node_pool::{POOL, check_pool, fill_pool, minor};
use super::{Draft, Kind, State, Takes, object, part};
use crate::world::Object;

/// The type of a cluster.
pub(crate) const CLUSTER: &str = "Microsoft.ContainerService/managedClusters";
const DEFAULT_VERSION: &str = "1.34";
/// The minor versions that can be had.
const MINORS: std::ops::RangeInclusive<u32> = 30..=37;

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: CLUSTER,
        api: "2025-10-01",
        takes: Takes { create: 2_000, update: 600, delete: 800 },
        check,
        fill,
        parts,
        also: |cluster| node_group(cluster).map(|group| vec![group.key()]).unwrap_or_default(),
        view: |scene, cluster, body| {
            let list: Vec<Value> = pools(scene, &cluster.id).into_iter().map(profile).collect();
            merge::put(body, "properties/agentPoolProfiles", list);
        },
        actions: &[
            ("listClusterUserCredential", |scene, cluster, _| credential(scene, cluster, Who::User)),
            ("listClusterAdminCredential", |scene, cluster, _| credential(scene, cluster, Who::Admin)),
            ("listClusterMonitoringUserCredential", |scene, cluster, _| {
                credential(scene, cluster, Who::User)
            }),
        ],
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.ContainerService/managedClusters/maintenanceConfigurations",
        api: "2025-10-01",
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.ContainerService/managedClusters/upgradeProfiles",
        api: "2025-10-01",
        state: State::Absent,
        computed: Some(upgrades),
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.ContainerService/locations/orchestrators",
        api: "2019-08-01",
        computed: Some(|_, id| {
            let one = |minor: u32| json!({"orchestratorType": "Kubernetes", "orchestratorVersion": format!("1.{minor}.1"), "default": minor == 34});
            let list: Vec<Value> = MINORS.map(one).collect();
            Ok(
                json!({"id": id.text(), "name": "default", "type": id.kind(), "properties": {"orchestrators": list}}),
            )
        }),
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.ContainerService/locations/kubernetesVersions",
        api: "2025-10-01",
        computed: Some(|_, _| {
            let one = |minor: u32| {
                json!({
                    "version": format!("1.{minor}"), "isDefault": minor == 34,
                    "capabilities": {"supportPlan": ["KubernetesOfficial", "AKSLongTermSupport"]},
                    "patchVersions": {format!("1.{minor}.1"): {"upgrades": [format!("1.{}.1", minor + 1)]}},
                })
            };
            Ok(json!({"values": MINORS.map(one).collect::<Vec<Value>>()}))
        }),
        ..Kind::PLAIN
    },
];

/// The full version that a cluster runs which was asked for `1.34`.
pub(super) fn patch_of(version: &str) -> String {
    if version.split('.').count() == 2 { format!("{version}.1") } else { version.to_owned() }
}

/// Checks that a version can follow another one: never back, one minor at a time.
///
/// # Errors
/// 400 in the service's words.
pub(super) fn check_upgrade(from: &str, to: &str) -> Result<(), Refusal> {
    if from.is_empty() || to.is_empty() {
        return Ok(());
    }
    let parts = |version: &str| -> Vec<u32> {
        patch_of(version).split('.').filter_map(|part| part.parse().ok()).collect()
    };
    // An alias without patch is never a step back within its minor.
    let back = minor(to) < minor(from)
        || (to.split('.').count() == 3 && from.split('.').count() == 3 && parts(to) < parts(from));
    if back {
        let message =
            format!("Downgrading Kubernetes version {} to {} is not allowed.", patch_of(from), patch_of(to));
        return Err(Refusal::new(400, "OperationNotAllowed", message).at("properties.kubernetesVersion"));
    }
    if minor(to) > minor(from) + 1 {
        let message = format!(
            "Upgrading Kubernetes version {} to {} is not allowed. Available upgrades: [1.{}.1]. Please see \
             https://aka.ms/aks-supported-k8s-ver for version details.",
            patch_of(from),
            patch_of(to),
            minor(from) + 1
        );
        return Err(Refusal::new(400, "OperationNotAllowed", message).at("properties.kubernetesVersion"));
    }
    Ok(())
}

fn check(draft: &Draft<'_>, body: &Map<String, Value>) -> Result<(), Refusal> {
    let name = draft.id.name();
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.len() > 63 || !edge(name.chars().next()) || !edge(name.chars().last()) || !name.chars().all(inner)
    {
        let message = format!(
            "The name '{name}' of the managed cluster is invalid: it may hold letters, digits, '-' and '_', begins and \
             ends with a letter or a digit, and is at most 63 long."
        );
        return Err(Refusal::new(400, "InvalidParameter", message).at("name"));
    }
    let version = merge::text(body, "properties/kubernetesVersion");
    if !version.is_empty() && !MINORS.contains(&minor(version)) {
        let message = format!(
            "Managed cluster {name} is on version {}, which is not supported. Please see https://aka.ms/supported-version-list for more details.",
            patch_of(version)
        );
        return Err(Refusal::new(400, "K8sVersionNotSupported", message).at("properties.kubernetesVersion"));
    }
    if let Some(live) = draft.live {
        check_upgrade(merge::text(&live.body, "properties/kubernetesVersion"), version)?;
        for field in ["nodeResourceGroup", "dnsPrefix"] {
            let path = format!("properties/{field}");
            let (old, new) = (merge::text(&live.body, &path), merge::text(body, &path));
            if !new.is_empty() && !old.eq_ignore_ascii_case(new) {
                let message = format!("Changing property 'properties.{field}' is not allowed.");
                return Err(
                    Refusal::new(400, "PropertyChangeNotAllowed", message).at(&format!("properties.{field}"))
                );
            }
        }
    }
    let listed: Vec<Map<String, Value>> = profiles(draft.asked);
    for pool in &listed {
        check_pool(merge::text(pool, "name"), pool)?;
    }
    let is_system =
        |pool: &Map<String, Value>| merge::text(pool, "properties/mode").eq_ignore_ascii_case("System");
    if draft.live.is_none() && !listed.iter().any(is_system) {
        let message = "There has to be at least one system agent pool.";
        return Err(Refusal::new(400, "InvalidParameter", message).at("properties.agentPoolProfiles"));
    }
    Ok(())
}

/// Whether Azure runs a cluster's nodes itself.
fn is_automatic(body: &Map<String, Value>) -> bool {
    merge::text(body, "sku/name").eq_ignore_ascii_case("Automatic")
}

/// The pools in a cluster's body, in the form of objects of their own.
fn profiles(body: &Map<String, Value>) -> Vec<Map<String, Value>> {
    let listed = merge::at(body, "properties/agentPoolProfiles").and_then(Value::as_array);
    if listed.is_none_or(Vec::is_empty) && is_automatic(body) {
        let own = json!({"count": 3, "vmSize": "Standard_D4lds_v5", "mode": "System", "osType": "Linux", "osSKU": "AzureLinux", "type": "VirtualMachineScaleSets"});
        return vec![object(json!({"name": "systempool", "properties": own}))];
    }
    let own = |pool: &Value| {
        let mut properties = pool.as_object()?.clone();
        let name = properties.remove("name")?;
        Some(object(json!({"name": name, "properties": properties})))
    };
    listed.into_iter().flatten().filter_map(own).collect()
}

/// A pool as its cluster shows it.
fn profile(pool: &Object) -> Value {
    let mut profile =
        merge::at(&pool.body, "properties").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(working) = &pool.working {
        merge::put(&mut profile, "provisioningState", working.doing.as_str());
    }
    merge::put(&mut profile, "name", merge::text(&pool.body, "name"));
    Value::Object(profile)
}

/// The pools of a cluster, in the order in which they were made.
pub(crate) fn pools<'a>(scene: &Scene<'a>, cluster: &str) -> Vec<&'a Object> {
    let prefix = format!("{}/agentpools/", cluster.to_lowercase());
    let found = scene.tables.objects.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
    let mut pools: Vec<&Object> =
        found.map(|(_, pool)| pool).filter(|pool| pool.kind.eq_ignore_ascii_case(POOL)).collect();
    pools.sort_by_key(|pool| pool.made);
    pools
}

/// The resource group that holds a cluster's nodes.
pub(crate) fn node_group(cluster: &Object) -> Option<GroupId> {
    let name = merge::text(&cluster.body, "properties/nodeResourceGroup");
    let subscription = cluster.id.split('/').nth(2)?;
    (!name.is_empty()).then(|| GroupId { subscription: subscription.to_owned(), name: name.to_owned() })
}

fn fill(draft: &Draft<'_>, body: &mut Map<String, Value>) {
    if let Some(properties) = body.get_mut("properties").and_then(Value::as_object_mut) {
        properties.remove("agentPoolProfiles");
        keep(draft, properties);
    }
    let id = draft.id.text();
    let name = draft.id.name().to_owned();
    let location = groups::normal(merge::text(body, "location"));
    let group = format!("MC_{}_{name}_{location}", draft.id.group().unwrap_or(""));
    merge::fill(body, "properties/nodeResourceGroup", group);
    merge::fill(body, "properties/kubernetesVersion", DEFAULT_VERSION);
    let version = patch_of(merge::text(body, "properties/kubernetesVersion"));
    merge::put(body, "properties/currentKubernetesVersion", version);
    if is_automatic(body) {
        merge::fill_all(
            body,
            &[
                ("properties/oidcIssuerProfile", json!({"enabled": true})),
                ("properties/securityProfile/workloadIdentity", json!({"enabled": true})),
                ("properties/nodeProvisioningProfile", json!({"mode": "Auto"})),
                (
                    "properties/ingressProfile/webAppRouting",
                    json!({"enabled": true, "nginx": {"defaultIngressControllerType": "AnnotationControlled"}}),
                ),
            ],
        );
    }
    merge::fill_all(
        body,
        &[
            ("kind", json!("Base")),
            ("sku", json!({"name": "Base", "tier": "Free"})),
            ("properties/dnsPrefix", json!(name)),
            ("properties/enableRBAC", json!(true)),
            ("properties/disableLocalAccounts", json!(false)),
            ("properties/supportPlan", json!("KubernetesOfficial")),
            ("properties/servicePrincipalProfile", json!({"clientId": "msi"})),
            ("properties/powerState", json!({"code": "Running"})),
            ("properties/maxAgentPools", json!(100)),
            ("properties/storageProfile/diskCSIDriver", json!({"enabled": true})),
            ("properties/storageProfile/fileCSIDriver", json!({"enabled": true})),
            ("properties/storageProfile/snapshotController", json!({"enabled": true})),
            ("properties/workloadAutoScalerProfile", json!({})),
            ("properties/bootstrapProfile", json!({"artifactSource": "Direct"})),
            ("properties/windowsProfile", json!({"adminUsername": "azureuser", "enableCSIProxy": true})),
        ],
    );
    if merge::is_on(body, "properties/aadProfile/managed") {
        merge::fill(body, "properties/aadProfile/tenantID", TENANT);
    }
    merge::put(body, "properties/resourceUID", derive::hex(&id, "resource", 24));
    names(body, &id, &location);
    network(draft, body);
    identities(draft, body);
}

/// A PUT that leaves parts out leaves them as they are.
fn keep(draft: &Draft<'_>, properties: &mut Map<String, Value>) {
    let live = draft.live.and_then(|live| live.body.get("properties")).and_then(Value::as_object);
    for name in [
        "kubernetesVersion",
        "nodeResourceGroup",
        "dnsPrefix",
        "networkProfile",
        "identityProfile",
        "windowsProfile",
        "servicePrincipalProfile",
    ] {
        if let Some(value) = live.and_then(|live| live.get(name)) {
            merge::fill(properties, name, value.clone());
        }
    }
}

fn names(body: &mut Map<String, Value>, id: &str, location: &str) {
    let prefix = format!("{}-{}", merge::text(body, "properties/dnsPrefix"), derive::hex(id, "fqdn", 8));
    merge::put(body, "properties/fqdn", format!("{prefix}.hcp.{location}.azmk8s.io"));
    merge::put(body, "properties/azurePortalFQDN", format!("{prefix}.portal.hcp.{location}.azmk8s.io"));
    if merge::is_on(body, "properties/apiServerAccessProfile/enablePrivateCluster") {
        merge::put(body, "properties/privateFQDN", format!("{prefix}.privatelink.{location}.azmk8s.io"));
    }
    if merge::is_on(body, "properties/oidcIssuerProfile/enabled") {
        let issuer = derive::guid(id, "issuer");
        let url = format!("https://{location}.oic.prod-aks.azure.com/{TENANT}/{issuer}/");
        merge::put(body, "properties/oidcIssuerProfile/issuerURL", url);
    }
}

fn network(draft: &Draft<'_>, body: &mut Map<String, Value>) {
    merge::fill_all(
        body,
        &[
            ("properties/networkProfile/networkPlugin", json!("azure")),
            ("properties/networkProfile/loadBalancerSku", json!("standard")),
            ("properties/networkProfile/outboundType", json!("loadBalancer")),
            ("properties/networkProfile/serviceCidr", json!("10.0.0.0/16")),
            ("properties/networkProfile/dnsServiceIP", json!("10.0.0.10")),
            ("properties/networkProfile/ipFamilies", json!(["IPv4"])),
            ("properties/networkProfile/networkPolicy", json!("none")),
            ("properties/networkProfile/networkDataplane", json!("azure")),
        ],
    );
    let text = |body: &Map<String, Value>, field: &str| {
        merge::text(body, &format!("properties/networkProfile/{field}")).to_owned()
    };
    let overlay = text(body, "networkPluginMode").eq_ignore_ascii_case("overlay");
    if overlay || text(body, "networkPlugin").eq_ignore_ascii_case("kubenet") {
        merge::fill(body, "properties/networkProfile/podCidr", "10.244.0.0/16");
    }
    for (one, many) in [("serviceCidr", "serviceCidrs"), ("podCidr", "podCidrs")] {
        let path = format!("properties/networkProfile/{many}");
        let empty = merge::at(body, &path).and_then(Value::as_array).is_none_or(Vec::is_empty);
        let value = text(body, one);
        if empty && !value.is_empty() {
            merge::put(body, &path, json!([value]));
        }
    }
    if !text(body, "outboundType").eq_ignore_ascii_case("loadBalancer") {
        return;
    }
    let address = format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Network/publicIPAddresses/{}",
        draft.id.subscription(),
        merge::text(body, "properties/nodeResourceGroup"),
        derive::guid(&draft.id.text(), "outbound")
    );
    let own = "properties/networkProfile/loadBalancerProfile";
    if ["outboundIPs", "outboundIPPrefixes"]
        .iter()
        .all(|kind| merge::at(body, &format!("{own}/{kind}")).is_none())
    {
        merge::fill(body, &format!("{own}/managedOutboundIPs"), json!({"count": 1}));
    }
    merge::fill_all(
        body,
        &[
            (&format!("{own}/allocatedOutboundPorts"), json!(0)),
            (&format!("{own}/idleTimeoutInMinutes"), json!(30)),
            (&format!("{own}/effectiveOutboundIPs"), json!([{"id": address}])),
            (&format!("{own}/backendPoolType"), json!("nodeIPConfiguration")),
        ],
    );
}

/// The id of an identity in the node resource group.
fn node_identity(draft: &Draft<'_>, body: &Map<String, Value>, name: &str) -> Id {
    Id {
        scope: format!(
            "/subscriptions/{}/resourceGroups/{}",
            draft.id.subscription(),
            merge::text(body, "properties/nodeResourceGroup")
        ),
        namespace: "Microsoft.ManagedIdentity".to_owned(),
        types: vec!["userAssignedIdentities".to_owned()],
        names: vec![name.to_owned()],
    }
}

fn reference(id: &str) -> Value {
    json!({
        "resourceId": id,
        "clientId": derive::guid(id, "client"),
        "objectId": derive::guid(id, "principal"),
    })
}

fn identities(draft: &Draft<'_>, body: &mut Map<String, Value>) {
    let kubelet = node_identity(draft, body, &format!("{}-agentpool", draft.id.name())).text();
    let given = merge::text(body, "properties/identityProfile/kubeletidentity/resourceId").to_owned();
    let kubelet = if given.is_empty() { kubelet } else { given };
    merge::put(body, "properties/identityProfile/kubeletidentity", reference(&kubelet));
    let add_ons: Vec<String> = merge::at(body, "properties/addonProfiles")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(_, add_on)| add_on.get("enabled") == Some(&Value::Bool(true)))
        .map(|(name, _)| name.clone())
        .collect();
    for add_on in add_ons {
        let identity =
            node_identity(draft, body, &format!("{}-{}", add_on.to_lowercase(), draft.id.name())).text();
        merge::put(body, &format!("properties/addonProfiles/{add_on}/identity"), reference(&identity));
    }
}

/// The node resource group, the identities in it, and the pools that the body lists.
fn parts(draft: &Draft<'_>, cluster: &Object) -> Vec<Object> {
    let version = merge::text(&cluster.body, "properties/kubernetesVersion").to_owned();
    let mut parts: Vec<Object> = Vec::new();
    for pool in profiles(draft.asked) {
        let id = draft.id.child("agentPools", merge::text(&pool, "name"));
        let mut body = pool;
        fill_pool(&mut body, &id.text(), &version, draft.scene.now.0);
        parts.push(part(draft, &id, body));
    }
    parts.extend(node_resources(draft, cluster));
    parts
}

fn node_resources(draft: &Draft<'_>, cluster: &Object) -> Vec<Object> {
    let Some(group) = node_group(cluster) else { return Vec::new() };
    let location = merge::text(&cluster.body, "location").to_owned();
    let mut body = groups::fresh(&group, &location);
    merge::put(&mut body, "managedBy", cluster.id.clone());
    let resource = |id: String, kind: &str, body: Map<String, Value>| Object {
        id,
        kind: kind.to_owned(),
        body,
        made: draft.made,
        changed: draft.scene.now,
        working: None,
    };
    let mut all = vec![resource(group.text(), groups::KIND, body)];
    let own = format!("{}/", group.key());
    let referenced = [
        merge::at(&cluster.body, "properties/identityProfile").and_then(Value::as_object),
        merge::at(&cluster.body, "properties/addonProfiles").and_then(Value::as_object),
    ];
    for value in referenced.into_iter().flatten().flat_map(|map| map.values()) {
        let value = value.get("identity").unwrap_or(value);
        let Some(id) = value.get("resourceId").and_then(Value::as_str) else { continue };
        if !id.to_lowercase().starts_with(&own) {
            continue;
        }
        let name = id.rsplit('/').next().unwrap_or("");
        let kind = "Microsoft.ManagedIdentity/userAssignedIdentities";
        let body = object(json!({
            "id": id, "name": name, "type": kind, "location": location, "tags": {},
            "properties": {"tenantId": TENANT, "principalId": value.get("objectId"), "clientId": value.get("clientId")},
        }));
        all.push(resource(id.to_owned(), kind, body));
    }
    all
}

/// As whom a kubeconfig lets its holder in.
#[derive(Clone, Copy)]
enum Who {
    User,
    Admin,
}

fn credential(scene: &Scene<'_>, cluster: &Object, who: Who) -> Result<Value, Refusal> {
    let (key, user, config) = match who {
        Who::User => ("user", "clusterUser", "clusterUser"),
        Who::Admin => ("admin", "clusterAdmin", "clusterAdmin"),
    };
    if matches!(who, Who::Admin) && merge::is_on(&cluster.body, "properties/disableLocalAccounts") {
        let message =
            "Getting static credential is not allowed because this cluster is set to disable local accounts.";
        return Err(Refusal::new(400, "BadRequest", message));
    }
    let access =
        scene.tables.accesses.get(&format!("{}/{key}", cluster.id.to_lowercase())).ok_or_else(|| {
            let message = "The credentials cannot be listed while the cluster is being provisioned.";
            Refusal::new(409, "OperationNotAllowed", message)
        })?;
    let name = cluster.id.rsplit('/').next().unwrap_or("");
    let group = cluster.id.split('/').nth(4).unwrap_or("");
    let user = format!("{user}_{group}_{name}");
    let text = |value: &str| STANDARD.encode(value);
    let kubeconfig = format!(
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {}\n    server: {}\n  name: {name}\n\
         contexts:\n- context:\n    cluster: {name}\n    user: {user}\n  name: {name}\ncurrent-context: {name}\nkind: Config\n\
         preferences: {{}}\nusers:\n- name: {user}\n  user:\n    client-certificate-data: {}\n    client-key-data: {}\n    token: {}\n",
        text(&access.authority),
        access.server,
        text(&access.certificate),
        text(&access.key),
        access.token,
    );
    Ok(json!({"kubeconfigs": [{"name": config, "value": text(&kubeconfig)}]}))
}

/// What a cluster can be upgraded to.
fn upgrades(scene: &Scene<'_>, id: &Id) -> Result<Value, Refusal> {
    let parent = id.parent().ok_or_else(|| super::super::write::missing(id))?;
    let cluster =
        scene.tables.objects.get(&parent.key()).ok_or_else(|| super::super::write::missing(&parent))?;
    let version = merge::text(&cluster.body, "properties/currentKubernetesVersion").to_owned();
    let next = minor(&version) + 1;
    let upgrades: Vec<Value> = MINORS
        .contains(&next)
        .then(|| json!({"kubernetesVersion": format!("1.{next}.1")}))
        .into_iter()
        .collect();
    let pool = |pool: &Object| {
        json!({
            "name": merge::text(&pool.body, "name"),
            "osType": merge::text(&pool.body, "properties/osType"),
            "kubernetesVersion": merge::text(&pool.body, "properties/currentOrchestratorVersion"),
            "upgrades": upgrades,
        })
    };
    Ok(json!({
        "id": id.text(), "name": "default", "type": id.kind(),
        "properties": {
            "controlPlaneProfile": {"name": merge::text(&cluster.body, "name"), "osType": "Linux", "kubernetesVersion": version, "upgrades": upgrades},
            "agentPoolProfiles": pools(scene, &cluster.id).into_iter().map(pool).collect::<Vec<_>>(),
        },
    }))
}
