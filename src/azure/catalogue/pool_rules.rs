//! What Azure refuses of a pool, told while planning, and which changes of it go only one way.
//!
//! Invariant: what is not known yet is not judged.

use aksel_lang::code::Code;
use aksel_lang::path::{Path, Step};
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;

use crate::catalogue::rules::said;

/// Systems that a pool moves between in place.
const MOVABLE: [&str; 2] = ["Ubuntu", "AzureLinux"];

fn block<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.attribute(name)?.as_slice()?.first()
}

fn number(value: &Value, name: &str) -> Option<i64> {
    value.attribute(name)?.as_number()?.to_i64()
}

fn is_open(value: &Value, name: &str) -> bool {
    value.attribute(name).is_some_and(|value| !value.is_known())
}

fn wrong(path: Path, summary: impl Into<String>) -> Finding {
    Finding::error(Code::InvalidConfiguration, summary.into(), "Azure would refuse this.").at(path)
}

fn within(block: &str, name: &str) -> Path {
    Path::attribute(block).then(Step::Index(0)).then(Step::Attribute(name.into()))
}

/// How a pool is upgraded: by more machines, by fewer, or, of spot machines, by neither.
pub fn upgrade(config: &Value) -> Vec<Finding> {
    let Some(settings) = block(config, "upgrade_settings") else { return Vec::new() };
    let names = ["max_surge", "max_unavailable"];
    if is_open(config, "priority") || names.iter().any(|name| is_open(settings, name)) {
        return Vec::new();
    }
    let set: Vec<&str> = names.into_iter().filter(|name| said(settings, name).is_some()).collect();
    if said(config, "priority") == Some("Spot") {
        let finding = |name: &str| {
            let summary = format!(
                "`{name}` cannot be set when `priority` is set to `Spot`. Spot pools do not support `{name}`"
            );
            wrong(within("upgrade_settings", name), summary)
        };
        return set.into_iter().map(finding).collect();
    }
    if set.is_empty() {
        let summary = "either `max_surge` or `max_unavailable` must be specified in `upgrade_settings` when `priority` is not `Spot`";
        return vec![wrong(Path::attribute("upgrade_settings"), summary)];
    }
    Vec::new()
}

/// Only nodes of Linux are configured as Linux.
pub fn system_of_linux(config: &Value) -> Vec<Finding> {
    if said(config, "os_type") == Some("Windows") && block(config, "linux_os_config").is_some() {
        let summary = "`linux_os_config` can only be configured when `os_type` is set to `linux`";
        return vec![wrong(Path::attribute("linux_os_config"), summary)];
    }
    Vec::new()
}

/// A range of ports has two ends in order.
pub fn ports(config: &Value) -> Vec<Finding> {
    let Some(sysctls) = block(config, "linux_os_config").and_then(|os| block(os, "sysctl_config")) else {
        return Vec::new();
    };
    let (low, high) = ("net_ipv4_ip_local_port_range_min", "net_ipv4_ip_local_port_range_max");
    if is_open(sysctls, low) || is_open(sysctls, high) {
        return Vec::new();
    }
    let place = || Path::attribute("linux_os_config");
    match (number(sysctls, low), number(sysctls, high)) {
        (Some(_), None) | (None, Some(_)) => {
            vec![wrong(place(), format!("`{low}` and `{high}` should both be set or unset"))]
        }
        (Some(least), Some(most)) if least > most => {
            vec![wrong(place(), format!("`{low}` should be no larger than `{high}`"))]
        }
        (Some(_), Some(_)) | (None, None) => Vec::new(),
    }
}

/// Changes that replace a pool only in one direction.
pub fn replaces(prior: &Value, planned: &Value) -> Vec<Path> {
    let mut paths = Vec::new();
    let text = |value: &Value, name: &str| value.attribute(name).and_then(Value::as_str).map(str::to_owned);
    if let (Some(before), Some(after)) = (text(prior, "os_sku"), text(planned, "os_sku")) {
        let moves = |system: &str| MOVABLE.iter().any(|start| system.starts_with(start));
        if before != after && !(moves(&before) && moves(&after)) {
            paths.push(Path::attribute("os_sku"));
        }
    }
    let (Some(before), Some(after)) = (block(prior, "upgrade_settings"), block(planned, "upgrade_settings"))
    else {
        return paths;
    };
    if number(before, "drain_timeout_in_minutes").unwrap_or(0) != 0
        && number(after, "drain_timeout_in_minutes").unwrap_or(0) == 0
    {
        paths.push(within("upgrade_settings", "drain_timeout_in_minutes"));
    }
    if said(before, "undrainable_node_behavior").is_some()
        && said(after, "undrainable_node_behavior").is_none()
    {
        paths.push(within("upgrade_settings", "undrainable_node_behavior"));
    }
    paths
}
