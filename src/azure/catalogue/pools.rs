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
    let mut findings = Vec::new();
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
            rotation(input.id, &name, input.api, &body)
        }
        _ => table,
    }
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
