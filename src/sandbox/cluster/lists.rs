//! Which lists are merged by what, as the types of the API say it.
//!
//! Rule: a list is replaced as a whole (atomic), holds each value once (set), or has elements with keys (map).
//! Source: the `x-kubernetes-list-type` of <https://kubernetes.io/docs/reference/kubernetes-api/>

/// How a list is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Merging {
    /// As a whole.
    Atomic,
    /// By value.
    Set,
    /// By the values of these members.
    Map(&'static [&'static str]),
}

/// How the list of that name in an object of that name is merged; the outer name is that of the member that holds the object.
pub(crate) fn merging(outer: &str, name: &str) -> Merging {
    match name {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "volumes"
        | "env"
        | "imagePullSecrets"
        | "secrets"
        | "resourceClaims"
        | "webhooks"
        | "schedulingGates" => Merging::Map(&["name"]),
        "ports" if outer == "spec" => Merging::Map(&["port", "protocol"]),
        "ports" if matches!(outer, "containers" | "initContainers") => {
            Merging::Map(&["containerPort", "protocol"])
        }
        "volumeMounts" => Merging::Map(&["mountPath"]),
        "volumeDevices" => Merging::Map(&["devicePath"]),
        "conditions" => Merging::Map(&["type"]),
        "hostAliases" | "podIPs" | "hostIPs" => Merging::Map(&["ip"]),
        "addresses" if outer == "status" => Merging::Map(&["type"]),
        "topologySpreadConstraints" => Merging::Map(&["topologyKey", "whenUnsatisfiable"]),
        "ownerReferences" => Merging::Map(&["uid"]),
        "finalizers" => Merging::Set,
        _ => Merging::Atomic,
    }
}

/// What a key of an element is if it is left out.
pub(crate) fn key_default(name: &str) -> Option<&'static str> {
    (name == "protocol").then_some("TCP")
}
