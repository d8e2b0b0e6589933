//! The kinds that a cluster serves, and those that custom resource definitions add.
//!
//! Invariant: objects are kept by group and plural; what two versions or two groups show is one object.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::cluster::custom::Custom;
use crate::cluster::structure::{Shape, shape_of};

/// One kind in one version.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) list_kind: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) short: Vec<String>,
    pub(crate) scope: Scope,
    /// The subresources, such as `status`.
    pub(crate) parts: Vec<String>,
    pub(crate) categories: Vec<String>,
    /// What can be done with it.
    pub(crate) verbs: Vec<String>,
    /// The shape of its objects.
    pub(crate) shape: Shape,
    /// What a custom resource definition says of it.
    pub(crate) custom: Option<Arc<Custom>>,
}

/// Where objects of a kind live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Namespaced,
    Cluster,
}

/// Group, version, kind, plural, short names, scope (`n` or `c`), subresources, categories, verbs if not all.
const BUILT_IN: &[&str] = &[
    " v1 Binding bindings - n - - create",
    " v1 ComponentStatus componentstatuses cs c - - get+list",
    " v1 ConfigMap configmaps cm n - - -",
    " v1 Endpoints endpoints ep n - - -",
    " v1 Event events ev n - - -",
    " v1 LimitRange limitranges limits n - - -",
    " v1 Namespace namespaces ns c finalize,status - create+delete+get+list+patch+update+watch",
    " v1 Node nodes no c proxy,status - -",
    " v1 PersistentVolumeClaim persistentvolumeclaims pvc n status - -",
    " v1 PersistentVolume persistentvolumes pv c status - -",
    " v1 Pod pods po n attach,binding,ephemeralcontainers,eviction,exec,log,portforward,proxy,resize,status all -",
    " v1 PodTemplate podtemplates - n - - -",
    " v1 ReplicationController replicationcontrollers rc n scale,status all -",
    " v1 ResourceQuota resourcequotas quota n status - -",
    " v1 Secret secrets - n - - -",
    " v1 ServiceAccount serviceaccounts sa n token - -",
    " v1 Service services svc n proxy,status all -",
    "apiregistration.k8s.io v1 APIService apiservices - c status api-extensions -",
    "apps v1 ControllerRevision controllerrevisions - n - - -",
    "apps v1 DaemonSet daemonsets ds n status all -",
    "apps v1 Deployment deployments deploy n scale,status all -",
    "apps v1 ReplicaSet replicasets rs n scale,status all -",
    "apps v1 StatefulSet statefulsets sts n scale,status all -",
    "events.k8s.io v1 Event events ev n - - -",
    "authentication.k8s.io v1 SelfSubjectReview selfsubjectreviews - c - - create",
    "authentication.k8s.io v1 TokenReview tokenreviews - c - - create",
    "authorization.k8s.io v1 LocalSubjectAccessReview localsubjectaccessreviews - n - - create",
    "authorization.k8s.io v1 SelfSubjectAccessReview selfsubjectaccessreviews - c - - create",
    "authorization.k8s.io v1 SelfSubjectRulesReview selfsubjectrulesreviews - c - - create",
    "authorization.k8s.io v1 SubjectAccessReview subjectaccessreviews - c - - create",
    "autoscaling v2 HorizontalPodAutoscaler horizontalpodautoscalers hpa n status all -",
    "autoscaling v1 HorizontalPodAutoscaler horizontalpodautoscalers hpa n status all -",
    "batch v1 CronJob cronjobs cj n status all -",
    "batch v1 Job jobs - n status all -",
    "certificates.k8s.io v1 CertificateSigningRequest certificatesigningrequests csr c approval,status - -",
    "networking.k8s.io v1 IngressClass ingressclasses - c - - -",
    "networking.k8s.io v1 Ingress ingresses ing n status - -",
    "networking.k8s.io v1 IPAddress ipaddresses ip c - - -",
    "networking.k8s.io v1 NetworkPolicy networkpolicies netpol n - - -",
    "networking.k8s.io v1 ServiceCIDR servicecidrs - c status - -",
    "policy v1 PodDisruptionBudget poddisruptionbudgets pdb n status - -",
    "rbac.authorization.k8s.io v1 ClusterRoleBinding clusterrolebindings - c - - -",
    "rbac.authorization.k8s.io v1 ClusterRole clusterroles - c - - -",
    "rbac.authorization.k8s.io v1 RoleBinding rolebindings - n - - -",
    "rbac.authorization.k8s.io v1 Role roles - n - - -",
    "storage.k8s.io v1 CSIDriver csidrivers - c - - -",
    "storage.k8s.io v1 CSINode csinodes - c - - -",
    "storage.k8s.io v1 CSIStorageCapacity csistoragecapacities - n - - -",
    "storage.k8s.io v1 StorageClass storageclasses sc c - - -",
    "storage.k8s.io v1 VolumeAttachment volumeattachments - c status - -",
    "storage.k8s.io v1 VolumeAttributesClass volumeattributesclasses vac c - - -",
    "admissionregistration.k8s.io v1 MutatingAdmissionPolicy mutatingadmissionpolicies - c - api-extensions -",
    "admissionregistration.k8s.io v1 MutatingAdmissionPolicyBinding mutatingadmissionpolicybindings - c - api-extensions -",
    "admissionregistration.k8s.io v1 MutatingWebhookConfiguration mutatingwebhookconfigurations - c - api-extensions -",
    "admissionregistration.k8s.io v1 ValidatingAdmissionPolicy validatingadmissionpolicies - c status api-extensions -",
    "admissionregistration.k8s.io v1 ValidatingAdmissionPolicyBinding validatingadmissionpolicybindings - c - api-extensions -",
    "admissionregistration.k8s.io v1 ValidatingWebhookConfiguration validatingwebhookconfigurations - c - api-extensions -",
    "apiextensions.k8s.io v1 CustomResourceDefinition customresourcedefinitions crd,crds c status api-extensions -",
    "scheduling.k8s.io v1 PriorityClass priorityclasses pc c - - -",
    "coordination.k8s.io v1 Lease leases - n - - -",
    "node.k8s.io v1 RuntimeClass runtimeclasses - c - - -",
    "discovery.k8s.io v1 EndpointSlice endpointslices - n - - -",
    "resource.k8s.io v1 DeviceClass deviceclasses - c - - -",
    "resource.k8s.io v1 ResourceClaim resourceclaims - n status - -",
    "resource.k8s.io v1 ResourceClaimTemplate resourceclaimtemplates - n - - -",
    "resource.k8s.io v1 ResourceSlice resourceslices - c - - -",
    "flowcontrol.apiserver.k8s.io v1 FlowSchema flowschemas - c status - -",
    "flowcontrol.apiserver.k8s.io v1 PriorityLevelConfiguration prioritylevelconfigurations - c status - -",
];

/// All that can be done with most kinds.
const ALL_VERBS: &str = "create+delete+deletecollection+get+list+patch+update+watch";

/// The kinds that every cluster serves.
pub(crate) fn built_in() -> &'static [Served] {
    static KINDS: OnceLock<Vec<Served>> = OnceLock::new();
    KINDS.get_or_init(|| BUILT_IN.iter().map(|line| read(line)).collect())
}

fn read(line: &str) -> Served {
    let words: Vec<&str> = line.split(' ').collect();
    let [group, version, kind, plural, short, scope, parts, categories, verbs] = words[..] else {
        unreachable!("a line has nine words")
    };
    let list = |words: &str| words.split(',').filter(|word| *word != "-").map(str::to_owned).collect();
    let verbs = if verbs == "-" { ALL_VERBS } else { verbs };
    Served {
        group: group.into(),
        version: version.into(),
        kind: kind.into(),
        list_kind: format!("{kind}List"),
        plural: plural.into(),
        singular: kind.to_lowercase(),
        short: list(short),
        scope: if scope == "n" { Scope::Namespaced } else { Scope::Cluster },
        parts: list(parts),
        categories: list(categories),
        verbs: verbs.split('+').map(str::to_owned).collect(),
        shape: shape_of(group, version, kind).unwrap_or(Shape::Loose),
        custom: None,
    }
}

/// The kinds that a custom resource definition adds: its served versions, the storage version first.
pub(crate) fn defined(definition: &Value) -> Vec<Served> {
    let spec = &definition["spec"];
    let names = &spec["names"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let texts = |value: &Value| value.as_array().into_iter().flatten().map(text).collect::<Vec<String>>();
    let all = spec["versions"].as_array().into_iter().flatten();
    let mut versions: Vec<&Value> = all.filter(|version| version["served"] == true).collect();
    versions.sort_by_key(|version| version["storage"] != true);
    let served = |version: &&Value| {
        let custom = Custom::of(definition, version);
        let parts = ["scale", "status"];
        Served {
            group: text(&spec["group"]),
            version: text(&version["name"]),
            kind: text(&names["kind"]),
            list_kind: text(&names["listKind"]),
            plural: text(&names["plural"]),
            singular: text(&names["singular"]),
            short: texts(&names["shortNames"]),
            scope: if spec["scope"] == "Cluster" { Scope::Cluster } else { Scope::Namespaced },
            parts: parts
                .into_iter()
                .filter(|part| version["subresources"][*part].is_object())
                .map(str::to_owned)
                .collect(),
            categories: texts(&names["categories"]),
            verbs: ALL_VERBS.split('+').map(str::to_owned).collect(),
            shape: custom.shape.clone(),
            custom: Some(Arc::new(custom)),
        }
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

    /// `Deployment.apps`, `Pod`.
    pub(crate) fn qualified_kind(&self) -> String {
        if self.group.is_empty() { self.kind.clone() } else { format!("{}.{}", self.kind, self.group) }
    }

    /// Whether the status is written on its own.
    pub(crate) fn has_status(&self) -> bool {
        self.parts.iter().any(|part| part == "status")
    }

    /// Whether it is this built-in kind.
    pub(crate) fn is(&self, group: &str, plural: &str) -> bool {
        self.group == group && self.plural == plural
    }

    /// The group under which its objects are kept: events are the same in both of theirs.
    pub(crate) fn store_group(&self) -> &str {
        if self.group == "events.k8s.io" { "" } else { &self.group }
    }
}
