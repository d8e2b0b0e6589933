//! The kinds that a cluster serves, and those that custom resource definitions add.
//!
//! Invariant: a resource is found by group and plural; each is served in one version.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Value, json};

/// One kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) short: Vec<String>,
    pub(crate) scope: Scope,
    /// Whether the status is written on its own.
    pub(crate) status: StatusPart,
}

/// Where objects of a kind live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Namespaced,
    Cluster,
}

/// Whether a kind has a `status` of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatusPart {
    Own,
    None,
}

/// Group, version, kind, plural, short names, scope (`n` or `c`), `s` for a status of its own.
const BUILT_IN: &str = "
 v1 Namespace namespaces ns cs
 v1 Node nodes no cs
 v1 Pod pods po ns
 v1 Service services svc ns
 v1 Endpoints endpoints ep n
 v1 ConfigMap configmaps cm n
 v1 Secret secrets - n
 v1 ServiceAccount serviceaccounts sa n
 v1 Event events ev n
 v1 PersistentVolume persistentvolumes pv cs
 v1 PersistentVolumeClaim persistentvolumeclaims pvc ns
 v1 ReplicationController replicationcontrollers rc ns
 v1 ResourceQuota resourcequotas quota ns
 v1 LimitRange limitranges limits n
 v1 PodTemplate podtemplates - n
apps v1 Deployment deployments deploy ns
apps v1 ReplicaSet replicasets rs ns
apps v1 StatefulSet statefulsets sts ns
apps v1 DaemonSet daemonsets ds ns
apps v1 ControllerRevision controllerrevisions - n
batch v1 Job jobs - ns
batch v1 CronJob cronjobs cj ns
autoscaling v2 HorizontalPodAutoscaler horizontalpodautoscalers hpa ns
policy v1 PodDisruptionBudget poddisruptionbudgets pdb ns
networking.k8s.io v1 Ingress ingresses ing ns
networking.k8s.io v1 IngressClass ingressclasses - c
networking.k8s.io v1 NetworkPolicy networkpolicies netpol n
rbac.authorization.k8s.io v1 Role roles - n
rbac.authorization.k8s.io v1 RoleBinding rolebindings - n
rbac.authorization.k8s.io v1 ClusterRole clusterroles - c
rbac.authorization.k8s.io v1 ClusterRoleBinding clusterrolebindings - c
storage.k8s.io v1 StorageClass storageclasses sc c
storage.k8s.io v1 CSIDriver csidrivers - c
storage.k8s.io v1 CSINode csinodes - c
storage.k8s.io v1 VolumeAttachment volumeattachments - cs
scheduling.k8s.io v1 PriorityClass priorityclasses pc c
discovery.k8s.io v1 EndpointSlice endpointslices - n
coordination.k8s.io v1 Lease leases - n
apiextensions.k8s.io v1 CustomResourceDefinition customresourcedefinitions crd,crds cs
admissionregistration.k8s.io v1 ValidatingWebhookConfiguration validatingwebhookconfigurations - c
admissionregistration.k8s.io v1 MutatingWebhookConfiguration mutatingwebhookconfigurations - c
";

/// The kinds that every cluster serves.
pub(crate) fn built_in() -> &'static [Served] {
    static KINDS: OnceLock<Vec<Served>> = OnceLock::new();
    KINDS.get_or_init(|| BUILT_IN.lines().filter(|line| !line.trim().is_empty()).map(read).collect())
}

fn read(line: &str) -> Served {
    let words: Vec<&str> = line.split(' ').collect();
    let [group, version, kind, plural, short, flags] = words[..] else {
        unreachable!("a line has six words")
    };
    Served {
        group: group.into(),
        version: version.into(),
        kind: kind.into(),
        plural: plural.into(),
        singular: kind.to_lowercase(),
        short: short.split(',').filter(|name| *name != "-").map(str::to_owned).collect(),
        scope: if flags.starts_with('n') { Scope::Namespaced } else { Scope::Cluster },
        status: if flags.ends_with('s') && flags.len() == 2 { StatusPart::Own } else { StatusPart::None },
    }
}

/// The kinds that a custom resource definition adds: its served versions, the storage version first.
pub(crate) fn defined(definition: &Value) -> Vec<Served> {
    let spec = &definition["spec"];
    let names = &spec["names"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut versions: Vec<&Value> = spec["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|version| version["served"] == true)
        .collect();
    versions.sort_by_key(|version| version["storage"] != true);
    let served = |version: &&Value| Served {
        group: text(&spec["group"]),
        version: text(&version["name"]),
        kind: text(&names["kind"]),
        plural: text(&names["plural"]),
        singular: text(&names["singular"]),
        short: names["shortNames"].as_array().into_iter().flatten().map(text).collect(),
        scope: if spec["scope"] == "Cluster" { Scope::Cluster } else { Scope::Namespaced },
        status: if version["subresources"]["status"].is_object() {
            StatusPart::Own
        } else {
            StatusPart::None
        },
    };
    versions.iter().map(served).collect()
}

impl Served {
    /// `v1`, `apps/v1`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `deployments.apps`, `pods`.
    pub(crate) fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// The entries of this kind in a list of resources.
    fn entries(&self) -> Vec<Value> {
        let namespaced = self.scope == Scope::Namespaced;
        let verbs =
            json!(["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]);
        let mut all = vec![json!({
            "name": self.plural, "singularName": self.singular, "namespaced": namespaced, "kind": self.kind,
            "verbs": verbs, "shortNames": self.short,
        })];
        let mut part = |name: &str, kind: &str, verbs: Value| {
            all.push(json!({
                "name": format!("{}/{name}", self.plural), "singularName": "", "namespaced": namespaced,
                "kind": kind, "verbs": verbs,
            }));
        };
        if self.status == StatusPart::Own {
            part("status", &self.kind, json!(["get", "patch", "update"]));
        }
        if matches!(&*self.plural, "deployments" | "replicasets" | "statefulsets" | "replicationcontrollers")
        {
            part("scale", "Scale", json!(["get", "patch", "update"]));
        }
        if self.plural == "pods" && self.group.is_empty() {
            part("log", "Pod", json!(["get"]));
            part("binding", "Binding", json!(["create"]));
            part("eviction", "Eviction", json!(["create"]));
        }
        all
    }
}

/// Discovery documents of these kinds.
pub(crate) struct Discovery<'k>(pub(crate) &'k [Served]);

impl Discovery<'_> {
    /// `/api/v1` or `/apis/{group}/{version}`; `None` if nothing is served there.
    pub(crate) fn resources(&self, group: &str, version: &str) -> Option<Value> {
        let found: Vec<Value> = self
            .0
            .iter()
            .filter(|served| served.group == group && served.version == version)
            .flat_map(Served::entries)
            .collect();
        let api = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        (!found.is_empty())
            .then(|| json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api, "resources": found }))
    }

    /// `/apis`
    pub(crate) fn groups(&self) -> Value {
        let groups: Vec<Value> = self
            .versions()
            .into_iter()
            .filter(|(group, _)| !group.is_empty())
            .map(|(group, versions)| group_of(&group, &versions))
            .collect();
        json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups })
    }

    /// `/apis/{group}`
    pub(crate) fn group(&self, group: &str) -> Option<Value> {
        let versions = self.versions().remove(group)?;
        let mut found = group_of(group, &versions);
        found["kind"] = "APIGroup".into();
        found["apiVersion"] = "v1".into();
        Some(found)
    }

    /// `/openapi/v3`: where the document of each version is.
    pub(crate) fn open_api(&self) -> Value {
        let mut paths = serde_json::Map::new();
        for served in self.0 {
            let path = base(&served.group, &served.version);
            let address = json!({ "serverRelativeURL": format!("/openapi/v3/{path}?hash=1") });
            paths.insert(path, address);
        }
        json!({ "paths": paths })
    }

    /// The document of a version: which options a patch understands. Clients look there before they use them.
    pub(crate) fn open_api_of(&self, group: &str, version: &str) -> Option<Value> {
        let mut paths = serde_json::Map::new();
        for served in self.0.iter().filter(|served| served.group == group && served.version == version) {
            let option = |name: &str| json!({ "name": name, "in": "query", "schema": { "type": "string" } });
            let patch = json!({
                "operationId": format!("patch{}", served.kind),
                "parameters": [option("dryRun"), option("fieldManager"), option("fieldValidation"), option("force")],
                "responses": { "200": { "description": "OK" } },
                "x-kubernetes-action": "patch",
                "x-kubernetes-group-version-kind": { "group": served.group, "version": served.version, "kind": served.kind },
            });
            let within = if served.scope == Scope::Namespaced { "namespaces/{namespace}/" } else { "" };
            paths.insert(
                format!("/{}/{within}{}/{{name}}", base(group, version), served.plural),
                json!({ "patch": patch }),
            );
        }
        let info = json!({ "title": "Kubernetes", "version": version });
        (!paths.is_empty()).then(
            || json!({ "openapi": "3.0.0", "info": info, "paths": paths, "components": { "schemas": {} } }),
        )
    }

    fn versions(&self) -> BTreeMap<String, Vec<String>> {
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for served in self.0 {
            let versions = all.entry(served.group.clone()).or_default();
            if !versions.contains(&served.version) {
                versions.push(served.version.clone());
            }
        }
        all
    }
}

fn base(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}

fn group_of(group: &str, versions: &[String]) -> Value {
    let entry =
        |version: &String| json!({ "groupVersion": format!("{group}/{version}"), "version": version });
    let all: Vec<Value> = versions.iter().map(entry).collect();
    json!({ "name": group, "versions": all, "preferredVersion": all.first() })
}
