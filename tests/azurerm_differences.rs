//! What differs between recorded plans, states and objects and ours, told by place.
//!
//! Invariant: what no two worlds would agree on (GUIDs, times, keys, hosts) is no difference.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

/// Whether a text is nothing that two worlds would agree on: GUIDs, times, keys, hosts and tokens.
fn is_made_up(name: &str, recorded: &str) -> bool {
    let names = [
        "key",
        "connection_string",
        "token",
        "etag",
        "eTag",
        "Key",
        "version_id",
        "thumbprint",
        "immutable_id",
    ];
    let holds =
        ["azure.test", "-2c6c999e", "prod-aks.azure.com", "InstrumentationKey=", "AccountKey=", "mac_"];
    uuid(recorded)
        || holds.iter().any(|part| recorded.contains(part))
        || recorded.starts_with("2026-01-02T")
        || recorded == "example.privatelink"
        || names.iter().any(|ending| name.ends_with(ending))
        || matches!(
            name,
            "host"
                | "username"
                | "client_certificate"
                | "cluster_ca_certificate"
                | "password"
                | "client_key"
                | "kube_config_raw"
                | "kube_admin_config_raw"
                | "admin_password"
                | "ip_address"
                | "private_ip_address"
                | "resourceUID"
                | "immutableId"
                | "ipAddress"
                | "start_time"
        )
}

fn uuid(text: &str) -> bool {
    text.len() == 36 && text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

fn same_text(name: &str, recorded: &str, ours: &str) -> bool {
    recorded == ours
        || (is_made_up(name, recorded) && !ours.is_empty())
        || (recorded.starts_with('/') && plain(recorded) == plain(ours))
        || same_but_for_uuids(recorded, ours)
}

/// Ids with a GUID in them, such as that of a role assignment.
fn same_but_for_uuids(recorded: &str, ours: &str) -> bool {
    let split =
        |text: &str| text.split(['/', '|', ':', '=', ';', '.']).map(str::to_owned).collect::<Vec<_>>();
    let (recorded, ours) = (split(recorded), split(ours));
    recorded.len() > 1
        && recorded.len() == ours.len()
        && recorded.iter().zip(&ours).all(|(a, b)| a == b || (uuid(a) && uuid(b)))
}

fn differences(path: &str, recorded: &Json, ours: &Json, found: &mut Vec<String>) {
    match (recorded, ours) {
        (Json::Object(a), Json::Object(b)) => {
            for name in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
                let none = Json::Null;
                let pair = (a.get(name).unwrap_or(&none), b.get(name).unwrap_or(&none));
                differences(&format!("{path}.{name}"), pair.0, pair.1, found);
            }
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            for (at, pair) in a.iter().zip(b).enumerate() {
                differences(&format!("{path}[{at}]"), pair.0, pair.1, found);
            }
        }
        (Json::Number(a), Json::Number(b)) if a.as_f64() == b.as_f64() => {}
        (Json::String(a), Json::String(b)) if same_text(last(path), a, b) => {}
        (a, b) if a == b => {}
        (a, b) => found.push(format!("{path}: recorded {}, ours {}", short(a), short(b))),
    }
}

fn last(path: &str) -> &str {
    let name = path.rsplit('.').next().unwrap_or_default();
    name.split('[').next().unwrap_or_default()
}

pub(crate) fn short(json: &Json) -> String {
    json.to_string().chars().take(300).collect()
}

/// The places that a mask marks.
fn leaves(mask: &Json, path: &str, found: &mut BTreeSet<String>) {
    match mask {
        Json::Bool(true) => drop(found.insert(path.to_owned())),
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| leaves(item, &format!("{path}[{at}]"), found));
        }
        Json::Object(members) => {
            members.iter().for_each(|(name, item)| leaves(item, &format!("{path}.{name}"), found));
        }
        Json::Null | Json::Bool(false) | Json::Number(_) | Json::String(_) => {}
    }
}

fn mask(name: &str, recorded: &Json, ours: &Json, found: &mut Vec<String>) {
    let (mut wanted, mut has) = (BTreeSet::new(), BTreeSet::new());
    leaves(recorded, "", &mut wanted);
    leaves(ours, "", &mut has);
    found.extend(wanted.difference(&has).map(|place| format!("{name}{place} is not marked")));
    found.extend(has.difference(&wanted).map(|place| format!("{name}{place} is marked")));
}

fn by_address(list: &Json) -> BTreeMap<String, Json> {
    let changes = list.as_array().cloned().unwrap_or_default();
    changes.into_iter().map(|one| (one["address"].as_str().unwrap_or_default().to_owned(), one)).collect()
}

pub(crate) fn plan(step: &Json, ours: &Json) -> Vec<String> {
    let mut found = Vec::new();
    let (recorded, changes) = (by_address(&step["plan"]), by_address(&ours["resource_changes"]));
    for (address, one) in &recorded {
        let Some(ours) = changes.get(address) else {
            found.push(format!("{address} is not planned"));
            continue;
        };
        let change = &ours["change"];
        for name in ["actions", "before", "after"] {
            differences(&format!("{address}.{name}"), &one[name], &change[name], &mut found);
        }
        for name in ["after_unknown", "before_sensitive", "after_sensitive"] {
            mask(&format!("{address}.{name}"), &one[name], &change[name], &mut found);
        }
        differences(
            &format!("{address}.action_reason"),
            &one["action_reason"],
            &ours["action_reason"],
            &mut found,
        );
        let sorted = |paths: &Json| -> BTreeSet<String> {
            paths.as_array().into_iter().flatten().map(Json::to_string).collect()
        };
        let (wanted, has) = (sorted(&one["replace_paths"]), sorted(&change["replace_paths"]));
        if wanted != has {
            found.push(format!("{address}.replace_paths: recorded {wanted:?}, ours {has:?}"));
        }
    }
    found.extend(
        changes
            .keys()
            .filter(|address| !recorded.contains_key(*address))
            .map(|address| format!("{address} is planned")),
    );
    found
}

/// What is told of what changed outside is what azurerm's refresh found.
pub(crate) fn drift(step: &Json, ours: &Json) -> Vec<String> {
    let mut found = Vec::new();
    let (recorded, drift) = (by_address(&step["resource_drift"]), by_address(&ours["resource_drift"]));
    for (address, one) in &recorded {
        let Some(ours) = drift.get(address) else { continue };
        for name in ["actions", "before", "after"] {
            differences(&format!("drift of {address}.{name}"), &one[name], &ours["change"][name], &mut found);
        }
    }
    found
}

/// The drift that matters is told: what somebody changed; not what a refresh merely completes.
pub(crate) fn told_drift(step: &Json, ours: &Json) -> Vec<String> {
    let Some(id) = step["drift"]["id"].as_str() else { return Vec::new() };
    let told = ours["resource_drift"].as_array().into_iter().flatten();
    let told = told
        .filter(|one| one["change"]["before"]["id"].as_str().is_some_and(|ours| plain(ours) == plain(id)))
        .count();
    if told == 1 { Vec::new() } else { vec![format!("the drift of {id} is told {told} times")] }
}

pub(crate) fn state(recorded: &Json, ours: &Json) -> Vec<String> {
    let mut found = Vec::new();
    let empty = Vec::new();
    let all = ours["values"]["root_module"]["resources"].as_array().unwrap_or(&empty);
    let resources = recorded["resources"].as_array().unwrap_or(&empty);
    for one in resources {
        let address = one["address"].as_str().unwrap_or_default();
        // The recorder's ARM offers no version of Kubernetes.
        if one["type"] == "azurerm_kubernetes_service_versions" && one["values"]["versions"] == json!([]) {
            continue;
        }
        let Some(ours) = all.iter().find(|ours| ours["address"] == one["address"]) else {
            found.push(format!("{address} is not in state"));
            continue;
        };
        differences(address, &one["values"], &ours["values"], &mut found);
        mask(
            &format!("{address} sensitive"),
            &one["sensitive_values"],
            &ours["sensitive_values"],
            &mut found,
        );
        differences(
            &format!("{address} schema_version"),
            &one["schema_version"],
            &ours["schema_version"],
            &mut found,
        );
    }
    if all.len() != resources.len() {
        found.push(format!("{} resources in state, recorded {}", all.len(), resources.len()));
    }
    found
}

fn is_nothing(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(members) => members.values().all(is_nothing),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

/// Texts sorted: those of a set come in any order.
fn in_order(items: &[Json]) -> Vec<Json> {
    let mut items = items.to_vec();
    if items.iter().all(Json::is_string) {
        items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    }
    items
}

/// What ARM alone says; a client that sends it back says nothing.
const OWN: &[&str] = &[
    "id",
    "name",
    "type",
    "provisioningState",
    "powerState",
    "eTag",
    "currentOrchestratorVersion",
    "nodeImageVersion",
];

/// What the service takes for the same as not being said: off, none.
fn is_off(json: &Json) -> bool {
    match json {
        Json::Bool(truth) => !truth,
        Json::String(text) => text.is_empty() || matches!(text.to_lowercase().as_str(), "none" | "disabled"),
        Json::Object(members) => {
            members.get("enabled") == Some(&Json::Bool(false))
                || members.get("type").is_some_and(|kind| kind == "None")
                || members.values().all(is_off)
        }
        Json::Array(items) => items.is_empty(),
        Json::Null => true,
        Json::Number(_) => false,
    }
}

/// Objects agree where nothing, null and empty are the same.
pub(crate) fn object(path: &str, recorded: &Json, ours: &Json, found: &mut Vec<String>) {
    match (recorded, ours) {
        // Who has no identity has no principal; the recorder's ARM kept the old one.
        (Json::Object(a), Json::Object(b))
            if last(path) == "identity" && a.get("type") == Some(&"None".into()) =>
        {
            differences(path, &a["type"], b.get("type").unwrap_or(&"None".into()), found);
        }
        (Json::Object(a), Json::Object(b)) => {
            for name in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
                let none = Json::Null;
                object(
                    &format!("{path}.{name}"),
                    a.get(name).unwrap_or(&none),
                    b.get(name).unwrap_or(&none),
                    found,
                );
            }
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            let (a, b) = (in_order(a), in_order(b));
            a.iter()
                .zip(&b)
                .enumerate()
                .for_each(|(at, (a, b))| object(&format!("{path}[{at}]"), a, b, found));
        }
        (a, b) if is_nothing(a) && is_nothing(b) => {}
        // ARM tells the type of a part too.
        (Json::Null, Json::String(_)) if last(path) == "type" => {}
        (Json::String(a), Json::String(b)) if a.eq_ignore_ascii_case(b) => {}
        (a, b) if a.is_null() && is_off(b) || b.is_null() && is_off(a) => {}
        (Json::String(a), Json::String(b)) if last(path) == "id" && !b.is_empty() && plain(a) == plain(b) => {
        }
        (Json::String(a), Json::String(b))
            if matches!(last(path), "etag" | "eTag" | "value" | "message" | "id")
                && !a.is_empty()
                && !b.is_empty() => {}
        _ => differences(path, recorded, ours, found),
    }
}

/// A body is as good when it leaves out what is nothing or what the object has anyway, and adds only what it has.
pub(crate) fn body(path: &str, recorded: &Json, ours: &Json, after: &Json, found: &mut Vec<String>) {
    match (recorded, ours) {
        (Json::Object(a), Json::Object(b)) => {
            for name in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
                let none = Json::Null;
                let after = after.as_object().and_then(|members| {
                    members.iter().find(|(one, _)| one.eq_ignore_ascii_case(name)).map(|(_, value)| value)
                });
                let pair = (a.get(name).unwrap_or(&none), b.get(name).unwrap_or(&none));
                body(&format!("{path}.{name}"), pair.0, pair.1, after.unwrap_or(&none), found);
            }
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            let (a, b) = (in_order(a), in_order(b));
            for (at, (a, b)) in a.iter().zip(&b).enumerate() {
                body(&format!("{path}[{at}]"), a, b, after.get(at).unwrap_or(&Json::Null), found);
            }
        }
        (a, b) if is_nothing(a) && is_nothing(b) => {}
        (_, Json::Null) if OWN.contains(&last(path)) => {}
        (Json::String(a), Json::String(b)) if a.eq_ignore_ascii_case(b) => {}
        (a, b) if b.is_null() && (is_within(a, after) || is_nothing_there(a, after)) => {}
        (a, b) if a.is_null() && (is_within(b, after) || is_nothing_there(b, after)) => {}
        (a, b) if is_nothing(a) && is_within(b, after) => {}
        _ => differences(path, recorded, ours, found),
    }
}

/// Whether all that a body says is so in the object.
pub(crate) fn is_within(part: &Json, whole: &Json) -> bool {
    match (part, whole) {
        (Json::Object(part), Json::Object(whole)) => part
            .iter()
            .all(|(name, one)| is_nothing(one) || whole.get(name).is_some_and(|whole| is_within(one, whole))),
        (Json::Array(part), Json::Array(whole)) if part.len() == whole.len() => {
            part.iter().zip(whole).all(|(part, whole)| is_within(part, whole))
        }
        (Json::String(part), Json::String(whole)) => part == whole || same_text("", whole, part),
        _ => part == whole,
    }
}

/// Whether a body says of something that is not there that it is off.
fn is_nothing_there(part: &Json, whole: &Json) -> bool {
    let off = |json: &Json| is_nothing(json) || json == false;
    off(whole)
        && match part {
            Json::Object(members) => members.values().all(|one| is_nothing_there(one, &Json::Null)),
            Json::Bool(_) | Json::Null | Json::String(_) | Json::Number(_) | Json::Array(_) => off(part),
        }
}

/// Small letters, and no names that a client makes up.
pub(crate) fn plain(path: &str) -> String {
    let mut parts: Vec<String> = path.trim_end_matches('/').split('/').map(str::to_lowercase).collect();
    for at in 1..parts.len() {
        if matches!(parts[at - 1].as_str(), "roleassignments" | "roledefinitions") {
            parts[at] = "*".to_owned();
        }
    }
    // A role that everybody has is the same one at every scope.
    let at = parts.iter().position(|part| part == "microsoft.authorization").filter(|at| *at == 4);
    if at.is_some() && parts.get(5).is_some_and(|part| part == "roledefinitions") {
        parts.drain(1..3);
    }
    parts.join("/")
}
