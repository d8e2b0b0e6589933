//! Node pools: which changes are made in place, which by rotation, and how a rotation goes.
//!
//! A rotation makes a pool under a temporary name, deletes the pool, makes it anew and deletes the temporary one, so that
//! workloads always have nodes to move to.
//!
//! Never: a pool is deleted before its stand-in is there.

use aksel_lang::code::Code;
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_state::intent::Deed;
use serde_json::{Value as Json, json};

use crate::catalogue::kubernetes_cluster_node_pool::KUBERNETES_CLUSTER_NODE_POOL;
use crate::steps::{Step, StepInput};
use crate::write::document;

/// What cannot be changed on a pool that is there.
pub const ROTATING: &[&str] = &[
    "fips_enabled",
    "host_encryption_enabled",
    "kubelet_config",
    "kubelet_disk_type",
    "linux_os_config",
    "max_pods",
    "node_public_ip_enabled",
    "os_disk_size_gb",
    "os_disk_type",
    "pod_subnet_id",
    "snapshot_id",
    "ultra_ssd_enabled",
    "vm_size",
    "vnet_subnet_id",
    "zones",
];

/// Which of these attributes a change touches.
pub fn touched(names: &[&'static str], prior: &Value, planned: &Value) -> Vec<&'static str> {
    let differs = |name: &&&str| prior.attribute(name) != planned.attribute(name);
    names.iter().filter(differs).copied().collect()
}

/// The name under which a pool stands in while it is made anew.
pub fn stand_in(planned: &Value) -> Option<String> {
    planned
        .attribute("temporary_name_for_rotation")
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}

/// What would fail at apply.
pub fn refuses(prior: &Value, planned: &Value) -> Vec<Finding> {
    let mut findings = scaling(planned);
    findings.extend(of_spot(planned));
    if limits_without_scaling(planned).is_some() {
        let summary =
            "`max_count` and `min_count` must be set to `null` when auto_scaling_enabled is set to `false`";
        findings.push(Finding::error(
            Code::InvalidValue,
            summary,
            "Limits belong to a pool that scales by itself.",
        ));
    }
    let touched = if prior.is_null() { Vec::new() } else { touched(ROTATING, prior, planned) };
    if !touched.is_empty() && stand_in(planned).is_none() {
        let all: Vec<String> = ROTATING.iter().map(|name| (*name).to_owned()).collect();
        findings.push(no_stand_in(&all, &touched));
    }
    findings
}

fn count(pool: &Value, name: &str) -> Option<i64> {
    pool.attribute(name).and_then(Value::as_number).and_then(aksel_lang::number::Number::to_i64)
}

/// What ARM refuses of a pool that scales by itself.
pub fn scaling(pool: &Value) -> Vec<Finding> {
    let on = pool.attribute("auto_scaling_enabled").and_then(Value::as_bool) == Some(true);
    let open = |name: &str| pool.attribute(name).is_some_and(|value| !value.is_known());
    if !on || open("min_count") || open("max_count") {
        return Vec::new();
    }
    let wrong = |summary: String| {
        let detail = "A pool that scales by itself does so between two limits, and begins between them.";
        Finding::error(Code::InvalidValue, summary, detail)
    };
    let (least, most) = (count(pool, "min_count").unwrap_or(0), count(pool, "max_count").unwrap_or(0));
    if most == 0 {
        return vec![wrong(
            "`max_count` must be configured when `auto_scaling_enabled` is set to `true`".into(),
        )];
    }
    let mut findings = Vec::new();
    if least > most {
        findings.push(wrong(format!("`max_count`({most}) must be >= `min_count`({least})")));
    }
    if let Some(nodes) = count(pool, "node_count").filter(|_| !open("node_count")) {
        if nodes > most {
            findings.push(wrong(format!(
                "`node_count`({nodes}) must be equal to or less than `max_count`({most})"
            )));
        } else if nodes < least {
            findings.push(wrong(format!(
                "`node_count`({nodes}) must be equal to or greater than `min_count`({least})"
            )));
        }
    }
    findings
}

/// What only a pool of spot machines may have.
fn of_spot(pool: &Value) -> Vec<Finding> {
    let text = |name: &str| pool.attribute(name).and_then(Value::as_str).unwrap_or_default();
    if pool.attribute("priority").is_none_or(|value| !value.is_known()) || text("priority") == "Spot" {
        return Vec::new();
    }
    let wrong = |name: &str| {
        let summary = format!("`{name}` can only be set when `priority` is set to `Spot`");
        Finding::error(Code::InvalidConfiguration, summary, "Only machines that Azure may take back have it.")
            .at(aksel_lang::path::Path::attribute(name))
    };
    let priced = count(pool, "spot_max_price").is_some_and(|price| price != -1);
    let wrongs = [(!text("eviction_policy").is_empty(), "eviction_policy"), (priced, "spot_max_price")];
    wrongs.into_iter().filter(|(set, _)| *set).map(|(_, name)| wrong(name)).collect()
}

/// The finding for a rotation that has no name to stand in: `all` is what rotates, as azurerm lists it.
pub fn no_stand_in(all: &[String], touched: &[&str]) -> Finding {
    let all: Vec<String> = all.iter().map(|name| format!("{name:?}")).collect();
    let summary = format!(
        "`temporary_name_for_rotation` must be specified when updating any of the following properties [{}]",
        all.join(" ")
    );
    let detail = format!(
        "Changed: {}. Such a change makes the pool anew; its workloads need nodes meanwhile.",
        touched.join(", ")
    );
    Finding::error(Code::InvalidConfiguration, summary, detail)
        .help("set `temporary_name_for_rotation` to a name that no other pool has")
}

/// The limits of a pool that does not scale by itself.
pub fn limits_without_scaling(pool: &Value) -> Option<(i64, i64)> {
    let number = |name: &str| {
        pool.attribute(name).and_then(Value::as_number).and_then(aksel_lang::number::Number::to_i64)
    };
    let scaling = pool.attribute("auto_scaling_enabled");
    let open = scaling.is_some_and(|value| !value.is_known());
    let (most, least) = (number("max_count").unwrap_or(0), number("min_count").unwrap_or(0));
    let on = scaling.and_then(Value::as_bool) == Some(true);
    (!open && !on && (most > 0 || least > 0)).then_some((most, least))
}

/// The steps of a pool's change: a rotation where the change cannot be made in place.
pub fn rotate(input: &StepInput<'_>, table: Vec<Step>) -> Vec<Step> {
    let name = stand_in(input.planned);
    match name {
        Some(name)
            if input.deed == Deed::Update && !touched(ROTATING, input.prior, input.planned).is_empty() =>
        {
            let mut body =
                document(KUBERNETES_CLUSTER_NODE_POOL.attributes, input.planned, None)["body"].take();
            body["properties"]["type"] = json!("VirtualMachineScaleSets");
            fit(&mut body["properties"], input.planned);
            fold_ports(&mut body["properties"]);
            rotation(input.id, &name, input.api, &body)
        }
        _ => table,
    }
}

/// The range of local ports as ARM has it: one text.
pub fn fold_ports(properties: &mut Json) {
    let Some(sysctls) = properties.pointer_mut("/linuxOSConfig/sysctls").and_then(Json::as_object_mut) else {
        return;
    };
    if let Some(range) = sysctls.remove("localPortRange").filter(Json::is_object) {
        let end = |name: &str| range[name].as_i64().unwrap_or(0);
        if end("max") > 0 {
            sysctls.insert("netIpv4IpLocalPortRange".into(), format!("{} {}", end("min"), end("max")).into());
        }
    }
}

/// The range of local ports as the rows read it.
pub fn unfold_ports(properties: &mut Json) {
    let Some(sysctls) = properties.pointer_mut("/linuxOSConfig/sysctls").and_then(Json::as_object_mut) else {
        return;
    };
    let range = sysctls.get("netIpv4IpLocalPortRange").and_then(Json::as_str).map(str::to_owned);
    let ends: Vec<i64> =
        range.iter().flat_map(|text| text.split_whitespace()).filter_map(|end| end.parse().ok()).collect();
    if let [least, most] = ends.as_slice() {
        sysctls.insert("localPortRange".into(), json!({ "min": least, "max": most }));
    }
}

/// A pool as the rows read it.
pub fn unfold(document: &mut Json, _state: &Value) {
    unfold_ports(&mut document["body"]["properties"]);
}

/// Takes away what only a pool that scales by itself has, or one of spot machines.
fn fit(properties: &mut Json, planned: &Value) {
    let Some(members) = properties.as_object_mut() else { return };
    if planned.attribute("auto_scaling_enabled").and_then(Value::as_bool) != Some(true) {
        members.remove("minCount");
        members.remove("maxCount");
    }
    if planned.attribute("priority").and_then(Value::as_str) != Some("Spot") {
        members.remove("spotMaxPrice");
    }
}

/// The four steps of a rotation.
pub fn rotation(id: &str, name: &str, api: &str, body: &Json) -> Vec<Step> {
    let parent = id.rsplit_once('/').map_or("", |(parent, _)| parent);
    let other = format!("{parent}/{name}");
    vec![
        Step::put(&other, api, body.clone()),
        Step::delete(id, api),
        Step::put(id, api, body.clone()),
        Step::delete(&other, api),
    ]
}
