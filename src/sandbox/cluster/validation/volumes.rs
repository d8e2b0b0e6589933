//! Volumes of pods.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Causes, items, names, text};
use crate::cluster::amounts::Amount;

/// Judges the volumes of a pod; returns their names.
pub(super) fn volumes(list: &Value, field: &str, causes: &mut Causes) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for (index, volume) in items(list).iter().enumerate() {
        let field = format!("{field}[{index}]");
        source(volume, &field, causes);
        let name = text(volume, "name");
        if name.is_empty() {
            causes.required(&format!("{field}.name"), "");
            continue;
        }
        causes.all_invalid(&format!("{field}.name"), &volume["name"], names::label(name));
        if !seen.insert(name.to_owned()) {
            causes.duplicate(&format!("{field}.name"), &volume["name"]);
        }
    }
    seen
}

/// The kinds of sources, in the order in which the server looks at them.
const SOURCES: &[&str] = &[
    "emptyDir",
    "hostPath",
    "gitRepo",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "flocker",
    "persistentVolumeClaim",
    "rbd",
    "cinder",
    "cephfs",
    "quobyte",
    "downwardAPI",
    "fc",
    "flexVolume",
    "configMap",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "storageos",
    "projected",
    "scaleIO",
    "csi",
    "ephemeral",
    "image",
];

fn source(volume: &Value, field: &str, causes: &mut Causes) {
    let mut given = 0;
    for kind in SOURCES {
        let inner = &volume[*kind];
        if !inner.is_object() {
            continue;
        }
        let field = format!("{field}.{kind}");
        if given > 0 {
            causes.forbidden(&field, "may not specify more than 1 volume type");
            continue;
        }
        given += 1;
        judge(kind, inner, &field, causes);
    }
    if given == 0 {
        causes.required(field, "must specify a volume type");
    }
}

fn judge(kind: &str, source: &Value, field: &str, causes: &mut Causes) {
    let mut need = |member: &str| {
        if text(source, member).is_empty() {
            causes.required(&format!("{field}.{member}"), "");
        }
    };
    match kind {
        "secret" => need("secretName"),
        "persistentVolumeClaim" => need("claimName"),
        "csi" => need("driver"),
        "configMap" => need("name"),
        "nfs" => {
            need("server");
            need("path");
        }
        "azureFile" => {
            need("secretName");
            need("shareName");
        }
        _ => {}
    }
    match kind {
        "emptyDir" => {
            let size = source["sizeLimit"].as_str().and_then(Amount::read);
            if size.is_some_and(Amount::is_negative) {
                let words = "SizeLimit field must be a valid resource quantity";
                causes.forbidden(&format!("{field}.sizeLimit"), words);
            }
        }
        "hostPath" => host_path(source, field, causes),
        "azureDisk" => azure_disk(source, field, causes),
        _ => {}
    }
    let mode = source["defaultMode"].as_i64();
    if mode.is_some_and(|mode| !(0..=0o777).contains(&mode)) {
        let words = "must be a number between 0 and 0777 (octal), both inclusive";
        causes.invalid(&format!("{field}.defaultMode"), &source["defaultMode"], words);
    }
    for (index, item) in items(&source["items"]).iter().enumerate() {
        let path = text(item, "path");
        if path.split('/').any(|part| part == "..") {
            causes.invalid(&format!("{field}.items[{index}].path"), &item["path"], "must not contain '..'");
        }
    }
}

/// Judges a path of a node.
pub(super) fn host_path(source: &Value, field: &str, causes: &mut Causes) {
    let path = text(source, "path");
    if path.is_empty() {
        causes.required(&format!("{field}.path"), "");
        return;
    }
    if path.split('/').any(|part| part == "..") {
        causes.invalid(&format!("{field}.path"), &source["path"], "must not contain '..'");
    }
    let known =
        ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
    if !known.contains(&text(source, "type")) {
        causes.unsupported(&format!("{field}.type"), &source["type"], &known);
    }
}

fn azure_disk(source: &Value, field: &str, causes: &mut Causes) {
    for member in ["diskName", "diskURI"] {
        if text(source, member).is_empty() {
            causes.required(&format!("{field}.{member}"), "");
        }
    }
    let address = text(source, "diskURI");
    if text(source, "kind") != "Managed" && !address.starts_with("https://") {
        let known = ["https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"];
        causes.unsupported(&format!("{field}.diskURI"), &Value::from(address), &known);
    }
}
