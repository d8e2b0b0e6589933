//! What the API server refuses: names, missing parts, changes of what cannot change.
//!
//! Source: the messages are those recorded from Kubernetes 1.36.

mod containers;
mod custom;
mod metadata;
mod names;
mod pods;
mod policies;
mod resources;
mod services;
mod settings;
mod storage;
mod volumes;
mod workloads;

pub(crate) use custom::custom_causes;
pub(crate) use metadata::{metadata_causes, metadata_change_causes};

use serde_json::Value;

use crate::cluster::kinds::Served;
use crate::cluster::status::Cause;

/// Members that stay as they were made: kind, member, and the name under which the server speaks of it.
const FIXED: &[(&str, &str, &str)] = &[
    ("StorageClass", "parameters", "parameters"),
    ("StorageClass", "provisioner", "provisioner"),
    ("StorageClass", "reclaimPolicy", "reclaimPolicy"),
    ("StorageClass", "volumeBindingMode", "volumeBindingMode"),
    ("Secret", "type", "type"),
    ("PriorityClass", "preemptionPolicy", "preemptionPolicy"),
    ("IngressClass", "spec.controller", "spec.controller"),
    ("RuntimeClass", "handler", "handler"),
    ("EndpointSlice", "addressType", "addressType"),
    ("CSIDriver", "spec.attachRequired", "spec.attachedRequired"),
    ("VolumeAttributesClass", "driverName", "driverName"),
    ("VolumeAttributesClass", "parameters", "parameters"),
];

/// What is wrong, in the order in which it was found.
#[derive(Default)]
pub(crate) struct Causes(Vec<Cause>);

impl Causes {
    fn new() -> Causes {
        Causes::default()
    }

    fn count(&self) -> usize {
        self.0.len()
    }

    fn add(&mut self, cause: Cause) {
        self.0.push(cause);
    }

    fn invalid(&mut self, field: &str, value: &Value, words: &str) {
        self.add(Cause::invalid(field, &value.to_string(), words));
    }

    /// As `invalid`, of a value as the server's own types show it.
    fn invalid_text(&mut self, field: &str, value: &str, words: &str) {
        self.add(Cause::invalid(field, value, words));
    }

    /// All that is wrong with one value.
    fn all_invalid(&mut self, field: &str, value: &Value, faults: Vec<String>) {
        for words in faults {
            self.invalid(field, value, &words);
        }
    }

    fn required(&mut self, field: &str, words: &str) {
        self.add(Cause::required(field, words));
    }

    fn forbidden(&mut self, field: &str, words: &str) {
        self.add(Cause::forbidden(field, words));
    }

    fn unsupported(&mut self, field: &str, value: &Value, known: &[&str]) {
        self.add(Cause::unsupported(field, &value.to_string(), known));
    }

    fn unsupported_text(&mut self, field: &str, value: &str, known: &[&str]) {
        self.add(Cause::unsupported(field, value, known));
    }

    fn duplicate(&mut self, field: &str, value: &Value) {
        self.add(Cause::duplicate(field, &value.to_string()));
    }

    fn duplicate_text(&mut self, field: &str, value: &str) {
        self.add(Cause::duplicate(field, value));
    }

    fn missing(&mut self, field: &str, value: &Value) {
        self.add(Cause::missing(field, &value.to_string()));
    }

    fn missing_text(&mut self, field: &str, words: &str) {
        self.add(Cause::missing(field, words));
    }

    /// A number that is there is not negative.
    fn not_negative(&mut self, field: &str, value: &Value) {
        if value.as_i64().is_some_and(|number| number < 0) {
            self.invalid(field, value, "must be greater than or equal to 0");
        }
    }

    fn into_vec(self) -> Vec<Cause> {
        self.0
    }
}

fn quoted(text: &str) -> Value {
    Value::from(text)
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

fn at<'v>(object: &'v Value, path: &str) -> &'v Value {
    path.split('.').fold(object, |value, name| &value[name])
}

/// What is wrong with a new object.
pub(crate) fn new_causes(served: &Served, object: &Value) -> Vec<Cause> {
    let mut causes = Causes::new();
    judge(served, object, &mut causes);
    causes.into_vec()
}

fn judge(served: &Served, object: &Value, causes: &mut Causes) {
    match &*served.kind {
        "Pod" => pods::pod_spec(&object["spec"], "spec", causes),
        "Service" => services::service(object, causes),
        "EndpointSlice" => services::endpoint_slice(object, causes),
        "NetworkPolicy" => services::network_policy(object, causes),
        "IngressClass" => services::ingress_class(object, causes),
        "ConfigMap" => settings::config_map(object, causes),
        "Secret" => settings::secret(object, causes),
        "Event" if served.group.is_empty() => settings::event(object, causes),
        "CertificateSigningRequest" => settings::signing_request(object, causes),
        "PersistentVolumeClaim" => storage::claim(&object["spec"], "spec", causes),
        "PersistentVolume" => storage::volume(object, causes),
        "Role" | "ClusterRole" => policies::role(&served.kind, object, causes),
        "RoleBinding" | "ClusterRoleBinding" => policies::binding(&served.kind, object, causes),
        "HorizontalPodAutoscaler" => policies::autoscaler(object, causes),
        "PodDisruptionBudget" => policies::budget(object, causes),
        "PriorityClass" => policies::priority_class(object, causes),
        "ResourceQuota" => resources::quota(object, causes),
        "LimitRange" => resources::limit_range(object, causes),
        "Lease" => policies::lease(object, causes),
        "RuntimeClass" => policies::runtime_class(object, causes),
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => {
            policies::webhooks(object, causes)
        }
        "ValidatingAdmissionPolicy" => policies::admission_policy(object, causes),
        kind => workloads::judge(kind, object, causes),
    }
}

/// What is wrong with a change of an object.
pub(crate) fn change_causes(served: &Served, old: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = Causes::new();
    match &*served.kind {
        "Pod" => pod_change(old, new, &mut causes),
        "Service" => {
            services::service_change(old, new, &mut causes);
            judge(served, new, &mut causes);
        }
        "ConfigMap" | "Secret" => {
            judge(served, new, &mut causes);
            settings::values_change(old, new, &mut causes);
        }
        "PersistentVolumeClaim" => storage::claim_change(old, new, &mut causes),
        "RoleBinding" | "ClusterRoleBinding" => {
            judge(served, new, &mut causes);
            policies::binding_change(old, new, &mut causes);
        }
        "PriorityClass" if old["value"] != new["value"] => {
            causes.forbidden("value", "may not be changed in an update.");
        }
        "Event" => {}
        "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet" | "Job" | "CronJob" => {
            workloads::judge_change(&served.kind, old, new, &mut causes);
        }
        _ => judge(served, new, &mut causes),
    }
    for (_, member, field) in FIXED.iter().filter(|(kind, ..)| *kind == served.kind) {
        if at(old, member) != at(new, member) {
            causes.invalid(field, at(new, member), "field is immutable");
        }
    }
    causes.into_vec()
}

/// What of a pod may change: images, its deadline, more tolerations, fewer gates.
fn pod_change(old: &Value, new: &Value, causes: &mut Causes) {
    let rest = |pod: &Value| {
        let mut spec = pod["spec"].clone();
        for list in ["containers", "initContainers", "ephemeralContainers"] {
            for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                container["image"] = Value::Null;
            }
        }
        if let Some(spec) = spec.as_object_mut() {
            for member in [
                "activeDeadlineSeconds",
                "tolerations",
                "terminationGracePeriodSeconds",
                "schedulingGates",
                "ephemeralContainers",
            ] {
                spec.shift_remove(member);
            }
            if old["spec"]["schedulingGates"].is_array() {
                spec.shift_remove("nodeSelector");
                spec.shift_remove("affinity");
            }
            if old["spec"]["nodeName"].is_null() {
                spec.shift_remove("nodeName");
            }
        }
        spec
    };
    if rest(old) != rest(new) {
        let words = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
        causes.forbidden("spec", words);
    }
}
