//! What every cluster has from its first moment: namespaces, priorities, storage classes, the API's own Service.

use serde_json::{Value, json};

/// All objects of a new cluster, in the order in which they are made.
pub(crate) fn system_objects() -> Vec<Value> {
    let mut all: Vec<Value> = ["default", "kube-system", "kube-public", "kube-node-lease"]
        .into_iter()
        .map(|name| {
            json!({
                "apiVersion": "v1", "kind": "Namespace",
                "metadata": { "name": name, "labels": { "kubernetes.io/metadata.name": name } },
            })
        })
        .collect();
    for (name, value) in [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)]
    {
        all.push(json!({
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
            "metadata": { "name": name }, "value": value,
            "description": "Used for system critical pods.",
        }));
    }
    for (name, sku, default) in [
        ("default", "StandardSSD_LRS", true),
        ("managed-csi", "StandardSSD_LRS", false),
        ("managed-csi-premium", "Premium_LRS", false),
        ("azurefile-csi", "Standard_LRS", false),
    ] {
        all.push(storage_class(name, sku, default.to_string()));
    }
    all.push(json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": { "name": "kubernetes", "namespace": "default", "labels": { "component": "apiserver", "provider": "kubernetes" } },
        "spec": {
            "type": "ClusterIP", "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"],
            "ports": [{ "name": "https", "port": 443, "targetPort": 443, "protocol": "TCP" }],
        },
    }));
    all
}

fn storage_class(name: &str, sku: &str, default: String) -> Value {
    let files = name.starts_with("azurefile");
    json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
        "metadata": { "name": name, "annotations": { "storageclass.kubernetes.io/is-default-class": default } },
        "provisioner": if files { "file.csi.azure.com" } else { "disk.csi.azure.com" },
        "parameters": { "skuname": sku },
        "reclaimPolicy": "Delete",
        "allowVolumeExpansion": true,
        "volumeBindingMode": if files { "Immediate" } else { "WaitForFirstConsumer" },
    })
}
