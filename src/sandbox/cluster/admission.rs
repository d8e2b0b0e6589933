//! Admission: what the server adds to objects before they are judged, and what it does not let in.
//!
//! Source: <https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/>

use std::sync::Arc;

use serde_json::{Value, json};

use crate::cluster::amounts::Amount;
use crate::cluster::kinds::{Scope, Served};
use crate::cluster::status::Refused;
use crate::cluster::world::World;
use crate::cluster::writes::generated_end;

/// Where a pod finds the token of its account.
const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// How many characters a generated name adds.
const GENERATED_END: usize = 5;

impl World {
    /// The namespace of a new object must be there, and stay.
    pub(crate) fn check_namespace(
        &self,
        served: &Served,
        namespace: &str,
        name: &str,
    ) -> Result<(), Refused> {
        if served.scope == Scope::Cluster {
            return Ok(());
        }
        let Some(spaces) = self.of_resource("", "namespaces") else { return Ok(()) };
        let found = self.get(&spaces, "", namespace)?;
        let going = found["metadata"]["deletionTimestamp"].is_string();
        let reviews = served.group.starts_with("auth");
        if going && !reviews { Err(Refused::going(served, name, namespace)) } else { Ok(()) }
    }

    /// What admission adds to a new object.
    ///
    /// # Errors
    /// What it does not let in.
    pub(crate) fn admit_new(&self, served: &Served, object: &mut Value) -> Result<(), Refused> {
        match (&*served.group, &*served.kind) {
            ("", "Pod") => self.admit_pod(served, object),
            ("", "Node") => {
                taint_new(object);
                Ok(())
            }
            ("", "PersistentVolumeClaim") => {
                self.default_class(object);
                add_finalizer(object, "kubernetes.io/pvc-protection");
                Ok(())
            }
            ("", "PersistentVolume") => {
                add_finalizer(object, "kubernetes.io/pv-protection");
                Ok(())
            }
            ("storage.k8s.io", "VolumeAttributesClass") => {
                add_finalizer(object, "kubernetes.io/vac-protection");
                Ok(())
            }
            ("networking.k8s.io", "Ingress") => {
                self.default_ingress_class(object);
                Ok(())
            }
            ("scheduling.k8s.io", "PriorityClass") => self.check_only_default(served, object),
            _ => Ok(()),
        }
    }

    /// What admission keeps as it is when an object changes.
    ///
    /// # Errors
    /// What it does not let in.
    pub(crate) fn admit_change(
        &self,
        served: &Served,
        old: &Value,
        object: &mut Value,
    ) -> Result<(), Refused> {
        match (&*served.group, &*served.kind) {
            ("", "Namespace") => {
                let name = object["metadata"]["name"].clone();
                set_label(object, "kubernetes.io/metadata.name", name);
            }
            ("", "PersistentVolumeClaim") => self.check_growth(served, old, object)?,
            ("", "Pod") => {
                for member in ["priority", "preemptionPolicy"] {
                    if object["spec"][member].is_null() && !old["spec"][member].is_null() {
                        object["spec"][member] = old["spec"][member].clone();
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn admit_pod(&self, served: &Served, pod: &mut Value) -> Result<(), Refused> {
        let name = name_before_admission(&pod["metadata"]).to_owned();
        let mirror = pod["metadata"]["annotations"].get("kubernetes.io/config.mirror").is_some();
        if !mirror {
            self.give_account(served, &name, pod)?;
        }
        self.give_priority(served, &name, pod)?;
        self.limit_pod(served, &name, pod)?;
        self.give_overhead(served, &name, pod)?;
        tolerate_short_outages(pod);
        self.give_topology(pod);
        Ok(())
    }

    /// A pod that has a node bears the node's region and zone.
    pub(crate) fn give_topology(&self, pod: &mut Value) {
        let node = pod["spec"]["nodeName"].as_str().unwrap_or_default();
        let Some(node) = self.find("", "nodes", "", node) else { return };
        for name in ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"] {
            if let Some(value) = node["metadata"]["labels"].get(name) {
                set_label(pod, name, value.clone());
            }
        }
    }

    /// Gives a pod its account, and a volume with the account's token.
    fn give_account(&self, served: &Served, name: &str, pod: &mut Value) -> Result<(), Refused> {
        if pod["spec"]["serviceAccountName"].as_str().is_none_or(str::is_empty) {
            pod["spec"]["serviceAccountName"] = "default".into();
            pod["spec"]["serviceAccount"] = "default".into();
        }
        let namespace = pod["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
        let account = pod["spec"]["serviceAccountName"].as_str().unwrap_or_default().to_owned();
        let Some(found) = self.find("", "serviceaccounts", &namespace, &account) else {
            let words = format!(
                "error looking up service account {namespace}/{account}: serviceaccount \"{account}\" not found"
            );
            return Err(Refused::forbidden(served, name, &words));
        };
        let wanted = pod["spec"]["automountServiceAccountToken"]
            .as_bool()
            .or_else(|| found["automountServiceAccountToken"].as_bool());
        if wanted != Some(false) {
            mount_token(pod);
        }
        if pod["spec"]["imagePullSecrets"].as_array().is_none_or(Vec::is_empty)
            && let Some(secrets @ Value::Array(_)) = found.get("imagePullSecrets")
        {
            pod["spec"]["imagePullSecrets"] = secrets.clone();
        }
        Ok(())
    }

    fn give_priority(&self, served: &Served, name: &str, pod: &mut Value) -> Result<(), Refused> {
        let class = pod["spec"]["priorityClassName"].as_str().unwrap_or_default().to_owned();
        let classes = || self.store.all("scheduling.k8s.io/priorityclasses", None);
        let found = if class.is_empty() {
            classes().find(|class| class["globalDefault"] == true).cloned()
        } else {
            let found = classes().find(|other| other["metadata"]["name"] == class.as_str()).cloned();
            if found.is_none() {
                let words = format!("no PriorityClass with name {class} was found");
                return Err(Refused::forbidden(served, name, &words));
            }
            found
        };
        let value = found.as_ref().map_or(json!(0), |class| class["value"].clone());
        if let Some(policy) = pod["spec"]["preemptionPolicy"].as_str() {
            let wanted = found
                .as_ref()
                .and_then(|class| class["preemptionPolicy"].as_str())
                .unwrap_or("PreemptLowerPriority");
            if policy != wanted {
                let words = format!(
                    "the string value of PreemptionPolicy ({policy}) must not be provided in pod spec; priority admission controller computed {wanted} from the given PriorityClass name"
                );
                return Err(Refused::forbidden(served, name, &words));
            }
        }
        if !pod["spec"]["priority"].is_null() && pod["spec"]["priority"] != value {
            let words = "the integer value of priority (".to_owned()
                + &format!(
                    "{}) must not be provided in pod spec; priority admission controller computed {value} from the given PriorityClass name",
                    pod["spec"]["priority"]
                );
            return Err(Refused::forbidden(served, name, &words));
        }
        if class.is_empty()
            && let Some(found) = &found
        {
            pod["spec"]["priorityClassName"] = found["metadata"]["name"].clone();
        }
        pod["spec"]["priority"] = value;
        let policy = found.and_then(|class| class["preemptionPolicy"].as_str().map(str::to_owned));
        pod["spec"]["preemptionPolicy"] = policy.unwrap_or_else(|| "PreemptLowerPriority".into()).into();
        Ok(())
    }

    /// What a runtime costs is added to the pod that uses it.
    fn give_overhead(&self, served: &Served, name: &str, pod: &mut Value) -> Result<(), Refused> {
        let Some(runtime) = pod["spec"]["runtimeClassName"].as_str().map(str::to_owned) else {
            if pod["spec"]["overhead"].is_object() {
                let words =
                    "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";
                return Err(Refused::forbidden(served, name, words));
            }
            return Ok(());
        };
        let Some(class) = self.find("node.k8s.io", "runtimeclasses", "", &runtime) else {
            let words = format!("pod rejected: RuntimeClass \"{runtime}\" not found");
            return Err(Refused::forbidden(served, name, &words));
        };
        if let Some(overhead) = class["overhead"].get("podFixed") {
            pod["spec"]["overhead"] = overhead.clone();
        }
        for (key, value) in class["scheduling"]["nodeSelector"].as_object().into_iter().flatten() {
            if !pod["spec"]["nodeSelector"].is_object() {
                pod["spec"]["nodeSelector"] = json!({});
            }
            pod["spec"]["nodeSelector"][key.as_str()] = value.clone();
        }
        Ok(())
    }

    /// A claim without a class gets the default one, the newest if there are several.
    /// A claim grows only where its class allows it.
    fn check_growth(&self, served: &Served, old: &Value, claim: &Value) -> Result<(), Refused> {
        let size =
            |claim: &Value| claim["spec"]["resources"]["requests"]["storage"].as_str().and_then(Amount::read);
        let (Some(before), Some(now)) = (size(old), size(claim)) else { return Ok(()) };
        if old["status"]["phase"] != "Bound" || !now.compare(before).is_gt() {
            return Ok(());
        }
        let class = claim["spec"]["storageClassName"].as_str().unwrap_or_default();
        let class = self.find("storage.k8s.io", "storageclasses", "", class);
        if class.is_some_and(|class| class["allowVolumeExpansion"] == true) {
            return Ok(());
        }
        let words = "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize";
        let name = claim["metadata"]["name"].as_str().unwrap_or_default();
        Err(Refused::forbidden(served, name, words))
    }

    fn default_class(&self, claim: &mut Value) {
        if claim["spec"]["storageClassName"].is_string() {
            return;
        }
        let default = |class: &&Arc<Value>| {
            class["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"
        };
        let made = |class: &&Arc<Value>| class["metadata"]["creationTimestamp"].as_str().map(str::to_owned);
        let found = self.store.all("storage.k8s.io/storageclasses", None).filter(default).max_by_key(made);
        if let Some(class) = found {
            claim["spec"]["storageClassName"] = class["metadata"]["name"].clone();
        }
    }

    fn default_ingress_class(&self, ingress: &mut Value) {
        let old = ingress["metadata"]["annotations"].get("kubernetes.io/ingress.class").is_some();
        if ingress["spec"]["ingressClassName"].is_string() || old {
            return;
        }
        let default = |class: &&Arc<Value>| {
            class["metadata"]["annotations"]["ingressclass.kubernetes.io/is-default-class"] == "true"
        };
        if let Some(class) = self.store.all("networking.k8s.io/ingressclasses", None).find(default) {
            ingress["spec"]["ingressClassName"] = class["metadata"]["name"].clone();
        }
    }

    /// Only one priority is everybody's.
    fn check_only_default(&self, served: &Served, class: &Value) -> Result<(), Refused> {
        if class["globalDefault"] != true {
            return Ok(());
        }
        let mut all = self.store.all("scheduling.k8s.io/priorityclasses", None);
        let other = all.find(|other| other["globalDefault"] == true).cloned();
        let Some(other) = other else { return Ok(()) };
        let name = class["metadata"]["name"].as_str().unwrap_or_default();
        let words = format!(
            "PriorityClass {} is already marked as default. Only one default can exist",
            other["metadata"]["name"].as_str().unwrap_or_default()
        );
        Err(Refused::forbidden(served, name, &words))
    }

    /// Says what is accepted but not wise.
    pub(crate) fn warn(&mut self, served: &Served, object: &Value) {
        if served.is("", "endpoints") {
            self.warnings
                .push("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice".into());
        }
        if served.is("", "services") && object["spec"]["trafficDistribution"] == "PreferClose" {
            let words = "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"";
            self.warnings.push(words.into());
        }
        if served.is("", "pods") {
            self.warnings.extend(pod_warnings(object));
        }
        if served.is("", "secrets") && object["type"] == "kubernetes.io/tls" && !has_certificate(object) {
            self.warnings.push("tls: failed to find any PEM data in certificate input".into());
        }
        if let Some(warning) = served.custom.as_ref().and_then(|custom| custom.warning.clone()) {
            self.warnings.push(warning);
        }
    }
}

fn set_label(object: &mut Value, name: &str, value: Value) {
    if !object["metadata"]["labels"].is_object() {
        object["metadata"]["labels"] = json!({});
    }
    object["metadata"]["labels"][name] = value;
}

fn add_finalizer(object: &mut Value, finalizer: &str) {
    let mut all = object["metadata"]["finalizers"].as_array().cloned().unwrap_or_default();
    if !all.iter().any(|one| one == finalizer) {
        all.push(finalizer.into());
    }
    object["metadata"]["finalizers"] = all.into();
}

/// Mounts the token of a pod's account into each container that has nothing there.
fn mount_token(pod: &mut Value) {
    let name = format!("kube-api-access-{}", generated_end());
    let mount = json!({ "name": name, "readOnly": true, "mountPath": TOKEN_PATH });
    let mut mounted = false;
    for list in ["initContainers", "containers"] {
        for container in pod["spec"].get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let mut mounts = container["volumeMounts"].as_array().cloned().unwrap_or_default();
            if mounts.iter().any(|other| other["mountPath"] == TOKEN_PATH) {
                continue;
            }
            mounts.push(mount.clone());
            container["volumeMounts"] = mounts.into();
            mounted = true;
        }
    }
    if !mounted {
        return;
    }
    let certificate = |map: &str, key: &str| json!({ "configMap": { "name": map, "items": [{ "key": key, "path": key }] } });
    let volume = json!({
        "name": name,
        "projected": {
            "sources": [
                { "serviceAccountToken": { "expirationSeconds": 3607, "path": "token" } },
                certificate("kube-root-ca.crt", "ca.crt"),
                { "downwardAPI": { "items": [{ "path": "namespace", "fieldRef": { "apiVersion": "v1", "fieldPath": "metadata.namespace" } }] } },
                certificate("openshift-service-ca.crt", "service-ca.crt"),
            ],
            "defaultMode": 420,
        },
    });
    let mut volumes = pod["spec"]["volumes"].as_array().cloned().unwrap_or_default();
    volumes.push(volume);
    pod["spec"]["volumes"] = volumes.into();
}

/// What a pod is called while it is admitted: its name is generated afterwards.
fn name_before_admission(metadata: &Value) -> &str {
    let name = metadata["name"].as_str().unwrap_or_default();
    let start = metadata["generateName"].as_str().unwrap_or_default();
    let is_generated =
        !start.is_empty() && name.strip_prefix(start).is_some_and(|end| end.len() == GENERATED_END);
    if is_generated { start } else { name }
}

/// A node takes no pods before it has said that it is ready.
fn taint_new(node: &mut Value) {
    let mut taints = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
    let own = json!({ "key": "node.kubernetes.io/not-ready", "effect": "NoSchedule" });
    if !taints.iter().any(|one| one["key"] == own["key"] && one["effect"] == own["effect"]) {
        taints.push(own);
    }
    node["spec"]["taints"] = taints.into();
}

/// A pod stays five minutes on a node that is not ready or cannot be reached, unless it says otherwise.
fn tolerate_short_outages(pod: &mut Value) {
    let mut all = pod["spec"]["tolerations"].as_array().cloned().unwrap_or_default();
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let covers = |one: &Value| {
            let effect =
                one["effect"].as_str().is_none_or(|effect| effect.is_empty() || effect == "NoExecute");
            let every = one["key"].as_str().is_none_or(str::is_empty);
            (one["key"] == key || every) && effect
        };
        if !all.iter().any(covers) {
            all.push(
                json!({ "key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300 }),
            );
        }
    }
    pod["spec"]["tolerations"] = all.into();
}

/// What of a pod is accepted but not wise.
fn pod_warnings(pod: &Value) -> Vec<String> {
    let items = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let mut found = Vec::new();
    for (index, secret) in items(&pod["spec"]["imagePullSecrets"]).iter().enumerate() {
        if secret["name"].as_str().is_none_or(str::is_empty) {
            found.push(format!("spec.imagePullSecrets[{index}].name: invalid empty name \"\""));
        }
    }
    for volume in items(&pod["spec"]["volumes"]) {
        let sources = items(&volume["projected"]["sources"]);
        let empty = sources.iter().all(|source| source.as_object().is_none_or(serde_json::Map::is_empty));
        if volume["projected"].is_object() && empty {
            let name = volume["name"].as_str().unwrap_or_default();
            found.push(format!("volume \"{name}\" (Projected) has no sources provided"));
        }
    }
    found
}

fn has_certificate(secret: &Value) -> bool {
    use base64::Engine as _;
    let text = secret["data"]["tls.crt"].as_str().unwrap_or_default();
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default();
    String::from_utf8_lossy(&bytes).contains("-----BEGIN CERTIFICATE-----")
}
