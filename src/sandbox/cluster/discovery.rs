//! Discovery: which groups, versions and kinds a cluster serves, in the old documents and in the aggregated one.
//!
//! Source: <https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api>

use base64::Engine as _;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cluster::kinds::{Scope, Served};

/// Discovery documents of these kinds.
pub(crate) struct Discovery<'k>(pub(crate) &'k [Served]);

/// The kinds of subresources that are not those of their resource: name, group, version, kind.
const PART_KINDS: &[(&str, &str, &str, &str)] = &[
    ("scale", "autoscaling", "v1", "Scale"),
    ("eviction", "policy", "v1", "Eviction"),
    ("token", "authentication.k8s.io", "v1", "TokenRequest"),
    ("binding", "", "", "Binding"),
    ("attach", "", "", "PodAttachOptions"),
    ("exec", "", "", "PodExecOptions"),
    ("portforward", "", "", "PodPortForwardOptions"),
];

/// What can be done with a subresource.
fn part_verbs(part: &str) -> &'static [&'static str] {
    match part {
        "finalize" => &["update"],
        "binding" | "eviction" | "token" => &["create"],
        "attach" | "exec" | "portforward" => &["create", "get"],
        "log" => &["get"],
        "proxy" => &["create", "delete", "get", "patch", "update"],
        _ => &["get", "patch", "update"],
    }
}

/// The kind of a subresource with its group and version, if they are others than the resource's.
fn part_kind(served: &Served, part: &str) -> (String, Option<(&'static str, &'static str)>) {
    if part == "proxy" {
        return (format!("{}ProxyOptions", served.kind), None);
    }
    match PART_KINDS.iter().find(|(name, ..)| *name == part) {
        Some((_, "", _, kind)) => ((*kind).to_owned(), None),
        Some((_, group, version, kind)) => ((*kind).to_owned(), Some((group, version))),
        None => (served.kind.clone(), None),
    }
}

/// The entries of a kind in a list of resources.
fn entries(served: &Served) -> Vec<Value> {
    let namespaced = served.scope == Scope::Namespaced;
    let mut own = json!({
        "name": served.plural, "singularName": served.singular, "namespaced": namespaced, "kind": served.kind,
        "verbs": served.verbs,
    });
    if !served.short.is_empty() {
        own["shortNames"] = json!(served.short);
    }
    if !served.categories.is_empty() {
        own["categories"] = json!(served.categories);
    }
    if served.verbs.iter().any(|verb| verb == "list") && served.kind != "ComponentStatus" {
        own["storageVersionHash"] = version_hash(served).into();
    }
    let mut all = vec![own];
    for part in &served.parts {
        let (kind, other) = part_kind(served, part);
        let mut entry = json!({
            "name": format!("{}/{part}", served.plural), "singularName": "", "namespaced": namespaced,
            "kind": kind, "verbs": part_verbs(part),
        });
        if let Some((group, version)) = other {
            entry["group"] = group.into();
            entry["version"] = version.into();
        }
        all.push(entry);
    }
    all
}

fn version_hash(served: &Served) -> String {
    let (group, version) = match (&*served.group, &*served.kind) {
        ("events.k8s.io", _) => ("", "v1"),
        ("autoscaling", _) => ("autoscaling", "v2"),
        (group, _) => (group, &*served.version),
    };
    let digest = Sha256::digest(format!("{group}/{version}/{}", served.kind));
    base64::engine::general_purpose::STANDARD.encode(&digest[..8])
}

impl Discovery<'_> {
    /// `/api/v1` or `/apis/{group}/{version}`; `None` if nothing is served there.
    pub(crate) fn resources(&self, group: &str, version: &str) -> Option<Value> {
        let here = |served: &&Served| served.group == group && served.version == version;
        let found: Vec<Value> = self.0.iter().filter(here).flat_map(entries).collect();
        let api = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        (!found.is_empty()).then(
            || json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api, "resources": found }),
        )
    }

    /// `/apis`
    pub(crate) fn groups(&self) -> Value {
        let groups = self.versions().into_iter().filter(|(group, _)| !group.is_empty());
        let groups: Vec<Value> = groups.map(|(group, versions)| group_of(&group, &versions)).collect();
        json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups })
    }

    /// `/apis/{group}`
    pub(crate) fn group(&self, group: &str) -> Option<Value> {
        let (_, versions) = self.versions().into_iter().find(|(name, _)| name == group)?;
        let mut found = group_of(group, &versions);
        found["kind"] = "APIGroup".into();
        found["apiVersion"] = "v1".into();
        Some(found)
    }

    /// The aggregated document: of the core group (`/api`) or of all others (`/apis`).
    pub(crate) fn aggregated(&self, core: Core) -> Value {
        let items: Vec<Value> = self
            .versions()
            .into_iter()
            .filter(|(group, _)| group.is_empty() == (core == Core::Only))
            .map(|(group, versions)| {
                let metadata = if group.is_empty() { json!({}) } else { json!({ "name": group }) };
                let versions: Vec<Value> =
                    versions.iter().map(|version| self.aggregated_version(&group, version)).collect();
                json!({ "metadata": metadata, "versions": versions })
            })
            .collect();
        json!({ "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items })
    }

    fn aggregated_version(&self, group: &str, version: &str) -> Value {
        let here = |served: &&Served| served.group == group && served.version == version;
        let resources: Vec<Value> = self.0.iter().filter(here).map(aggregated_entry).collect();
        json!({ "version": version, "resources": resources, "freshness": "Current" })
    }

    /// The groups with their versions, in the order in which they are served.
    pub(crate) fn versions(&self) -> Vec<(String, Vec<String>)> {
        let mut all: Vec<(String, Vec<String>)> = Vec::new();
        for served in self.0 {
            match all.iter_mut().find(|(group, _)| *group == served.group) {
                None => all.push((served.group.clone(), vec![served.version.clone()])),
                Some((_, versions)) if !versions.contains(&served.version) => {
                    versions.push(served.version.clone());
                }
                Some(_) => {}
            }
        }
        for (_, versions) in &mut all {
            versions.sort_by_key(|version| std::cmp::Reverse(rank(version)));
        }
        all
    }
}

/// Which part of the aggregated document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Core {
    Only,
    Others,
}

/// The rank of a version: released before beta before alpha, then the greater number.
fn rank(version: &str) -> (u8, u32, u32) {
    let rest = version.strip_prefix('v').unwrap_or(version);
    let (major, stage) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let number = |text: &str| text.parse().unwrap_or(0);
    match (stage.strip_prefix("beta"), stage.strip_prefix("alpha")) {
        (Some(minor), _) => (1, number(major), number(minor)),
        (_, Some(minor)) => (0, number(major), number(minor)),
        _ => (2, number(major), 0),
    }
}

fn aggregated_entry(served: &Served) -> Value {
    let kind =
        |kind: &str, group: &str, version: &str| json!({ "group": group, "version": version, "kind": kind });
    let own = |name: &str| match served.custom {
        Some(_) => kind(name, &served.group, &served.version),
        None => kind(name, "", ""),
    };
    let scope = if served.scope == Scope::Namespaced { "Namespaced" } else { "Cluster" };
    let mut entry = json!({
        "resource": served.plural, "responseKind": own(&served.kind), "scope": scope,
        "singularResource": served.singular, "verbs": served.verbs,
    });
    if !served.short.is_empty() {
        entry["shortNames"] = json!(served.short);
    }
    if !served.categories.is_empty() {
        entry["categories"] = json!(served.categories);
    }
    let parts: Vec<Value> = served
        .parts
        .iter()
        .map(|part| {
            let (name, other) = part_kind(served, part);
            let kind = other.map_or_else(|| own(&name), |(group, version)| kind(&name, group, version));
            json!({ "subresource": part, "responseKind": kind, "verbs": part_verbs(part) })
        })
        .collect();
    if !parts.is_empty() {
        entry["subresources"] = parts.into();
    }
    entry
}

fn group_of(group: &str, versions: &[String]) -> Value {
    let entry =
        |version: &String| json!({ "groupVersion": format!("{group}/{version}"), "version": version });
    let all: Vec<Value> = versions.iter().map(entry).collect();
    json!({ "name": group, "versions": all, "preferredVersion": all.first() })
}
