//! Claims, volumes and classes of storage.

use serde_json::{Value, json};

use super::volumes::host_path;
use super::{Causes, items, names, text};
use crate::cluster::amounts::Amount;

/// How a volume may be used.
const MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

fn amount(value: &Value) -> Option<Amount> {
    Amount::read(value.as_str()?)
}

/// Judges the specification of a claim.
pub(super) fn claim(spec: &Value, field: &str, causes: &mut Causes) {
    let modes = items(&spec["accessModes"]);
    if modes.is_empty() {
        causes.required(&format!("{field}.accessModes"), "at least 1 access mode is required");
    }
    access_modes(modes, &format!("{field}.accessModes"), causes);
    let storage = &spec["resources"]["requests"]["storage"];
    let at = format!("{field}.resources[storage]");
    match amount(storage) {
        None => causes.required(&at, ""),
        Some(size) if size.is_zero() || size.is_negative() => {
            causes.invalid(&at, storage, "must be greater than zero");
        }
        Some(_) => {}
    }
    let class = text(spec, "storageClassName");
    if !class.is_empty() {
        causes.all_invalid(
            &format!("{field}.storageClassName"),
            &spec["storageClassName"],
            names::subdomain(class),
        );
    }
    volume_mode(spec, field, causes);
}

fn access_modes(modes: &[Value], field: &str, causes: &mut Causes) {
    for mode in modes {
        if !mode.as_str().is_some_and(|mode| MODES.contains(&mode)) {
            causes.unsupported(field, mode, &MODES);
        }
    }
    if modes.len() > 1 && modes.iter().any(|mode| mode == "ReadWriteOncePod") {
        causes.forbidden(field, "may not use ReadWriteOncePod with other access modes");
    }
}

fn volume_mode(spec: &Value, field: &str, causes: &mut Causes) {
    if let Some(mode) = spec["volumeMode"].as_str().filter(|mode| !matches!(*mode, "Block" | "Filesystem")) {
        causes.unsupported(&format!("{field}.volumeMode"), &json!(mode), &["Block", "Filesystem"]);
    }
}

/// Judges a volume.
pub(super) fn volume(object: &Value, causes: &mut Causes) {
    let spec = &object["spec"];
    let modes = items(&spec["accessModes"]);
    if modes.is_empty() {
        causes.required("spec.accessModes", "");
    }
    access_modes(modes, "spec.accessModes", causes);
    let capacity = &spec["capacity"];
    if capacity.as_object().is_none_or(serde_json::Map::is_empty) {
        causes.required("spec.capacity", "");
    }
    if capacity.get("storage").is_none() {
        causes.unsupported("spec.capacity", capacity, &["storage"]);
    }
    if let Some(size) = amount(&capacity["storage"]) {
        if size.is_negative() {
            causes.invalid_text(
                "spec.capacity[storage]",
                &size.written(),
                "must be a valid resource quantity",
            );
        }
        if size.is_negative() || size.is_zero() {
            causes.invalid("spec.capacity[storage]", &capacity["storage"], "must be greater than zero");
        }
    }
    let policies = ["Delete", "Recycle", "Retain"];
    if let Some(policy) = spec["persistentVolumeReclaimPolicy"].as_str().filter(|one| !policies.contains(one))
    {
        causes.unsupported("spec.persistentVolumeReclaimPolicy", &json!(policy), &policies);
    }
    source(spec, causes);
    volume_mode(spec, "spec", causes);
}

/// The kinds of sources, in the order in which the server looks at them.
const SOURCES: &[&str] = &[
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "flocker",
    "nfs",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "scaleIO",
    "local",
    "storageos",
    "csi",
];

fn source(spec: &Value, causes: &mut Causes) {
    let mut given = 0;
    for kind in SOURCES {
        let inner = &spec[*kind];
        if !inner.is_object() {
            continue;
        }
        let field = format!("spec.{kind}");
        if given > 0 {
            causes.forbidden(&field, "may not specify more than 1 volume type");
            continue;
        }
        given += 1;
        match *kind {
            "hostPath" => host_path(inner, &field, causes),
            "local" if !spec["nodeAffinity"].is_object() => {
                causes.required("spec.nodeAffinity", "Local volume requires node affinity");
            }
            "csi" => {
                for member in ["driver", "volumeHandle"] {
                    if text(inner, member).is_empty() {
                        causes.required(&format!("{field}.{member}"), "");
                    }
                }
            }
            _ => {}
        }
    }
    if given == 0 {
        causes.required("spec", "must specify a volume type");
    }
}

/// Judges a change of a claim: only what it asks for may grow, once it is bound.
pub(super) fn claim_change(old: &Value, new: &Value, causes: &mut Causes) {
    let bound = old["status"]["phase"] == "Bound";
    let rest = |object: &Value| {
        let mut spec = object["spec"].clone();
        if bound {
            spec["resources"]["requests"] = Value::Null;
            spec.as_object_mut().map(|spec| spec.shift_remove("volumeAttributesClassName"));
        }
        if old["spec"]["volumeName"].is_null() {
            spec.as_object_mut().map(|spec| spec.shift_remove("volumeName"));
        }
        if old["spec"]["storageClassName"].is_null() {
            spec.as_object_mut().map(|spec| spec.shift_remove("storageClassName"));
        }
        spec
    };
    if rest(old) != rest(new) {
        let words = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
        causes.forbidden("spec", words);
        return;
    }
    let size = |object: &Value| amount(&object["spec"]["resources"]["requests"]["storage"]);
    if let (Some(before), Some(after)) = (size(old), size(new))
        && after.compare(before).is_lt()
    {
        let words = "field can not be less than status.capacity";
        causes.forbidden("spec.resources.requests.storage", words);
    }
}
