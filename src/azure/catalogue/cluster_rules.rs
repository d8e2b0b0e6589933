//! What Azure refuses of a cluster, told while planning: networks, identities, tiers.
//!
//! Invariant: what is not known yet is not judged; each mistake is reported at its own place.

use aksel_lang::code::Code;
use aksel_lang::path::{Path, Step};
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;

use crate::catalogue::rules::said;

fn is(config: &Value, name: &str) -> bool {
    config.attribute(name).and_then(Value::as_bool) == Some(true)
}

fn is_off(config: &Value, name: &str) -> bool {
    config.attribute(name).and_then(Value::as_bool) == Some(false)
}

/// The only block of a name.
fn block<'a>(config: &'a Value, name: &str) -> Option<&'a Value> {
    config.attribute(name)?.as_slice()?.first()
}

/// Whether something is written, known or not.
fn is_written(value: &Value, name: &str) -> bool {
    value.attribute(name).is_some_and(|value| !value.is_null() && value.as_str() != Some(""))
}

fn wrong(path: Path, summary: &str) -> Finding {
    Finding::error(Code::InvalidConfiguration, summary, "Azure would refuse this.").at(path)
}

fn in_network(name: &str) -> Path {
    Path::attribute("network_profile").then(Step::Index(0)).then(Step::Attribute(name.into()))
}

/// How many texts a list has; `None` while it is not known.
fn count(value: &Value, name: &str) -> Option<usize> {
    match value.attribute(name) {
        Some(list) if !list.is_known() => None,
        Some(list) => Some(list.as_slice().map_or(0, <[Value]>::len)),
        None => Some(0),
    }
}

/// What of the network goes together.
pub fn network(config: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(profile) = block(config, "network_profile") else { return findings };
    let mut refuse = |name: &str, summary: &str| findings.push(wrong(in_network(name), summary));
    let plugin = said(profile, "network_plugin");
    let overlays = said(profile, "network_plugin_mode")
        .is_some_and(|mode| mode.eq_ignore_ascii_case("overlay"))
        || profile.attribute("network_plugin_mode").is_some_and(|mode| !mode.is_known());
    if said(profile, "pod_cidr").is_some() && plugin == Some("azure") && !overlays {
        refuse(
            "pod_cidr",
            "`pod_cidr` and `azure` cannot be set together unless specifying `network_plugin_mode` to `overlay`",
        );
    }
    let services = is_written(profile, "service_cidr") || count(profile, "service_cidrs") != Some(0);
    if is_written(profile, "dns_service_ip") != services {
        let summary = "`dns_service_ip` and `service_cidr` should all be empty or both should be set";
        refuse("service_cidr", summary);
    }
    for name in ["service_cidrs", "pod_cidrs"] {
        if count(profile, name) == Some(2)
            && count(profile, "ip_versions").is_some_and(|versions| versions != 2)
        {
            let summary = format!(
                "dual-stack networking must be enabled and `ip_versions` must be set to [\"IPv4\", \"IPv6\"] in order to specify multiple values in `{name}`"
            );
            refuse(name, &summary);
        }
    }
    if is_written(profile, "network_mode") && plugin.is_some_and(|plugin| plugin != "azure") {
        refuse("network_mode", "`network_mode` cannot be set if `network_plugin` is not `azure`");
    }
    let versions = profile.attribute("ip_versions").and_then(Value::as_slice).unwrap_or_default();
    if let [only] = versions
        && only.as_str() == Some("IPv6")
    {
        refuse(
            "ip_versions",
            "`ip_versions` must be `IPv4` or `IPv4` and `IPv6`. `IPv6` alone is not supported",
        );
    }
    findings.extend(balancing(profile));
    findings.extend(advanced(profile));
    findings.extend(closed(config, profile));
    findings
}

/// Profiles of load balancers and NAT gateways need the standard load balancer.
fn balancing(profile: &Value) -> Vec<Finding> {
    if said(profile, "load_balancer_sku") != Some("basic") {
        return Vec::new();
    }
    let profiles = [("load_balancer_profile", "load balancer"), ("nat_gateway_profile", "NAT Gateway")];
    let written = profiles.into_iter().filter(|(name, _)| block(profile, name).is_some());
    let finding = |(name, words): (&str, &str)| {
        let summary = format!(
            "only load balancer SKU 'Standard' supports {words} profiles. Provided load balancer type: basic"
        );
        wrong(in_network(name), &summary)
    };
    written.map(finding).collect()
}

/// Security of the advanced network is Cilium's.
fn advanced(profile: &Value) -> Vec<Finding> {
    let secure =
        block(profile, "advanced_networking").is_some_and(|advanced| is(advanced, "security_enabled"));
    let needs = [("network_data_plane", "cilium", "azure"), ("network_plugin", "azure", "")];
    let other = |(name, wanted, usual): &(&str, &str, &str)| {
        let known = profile.attribute(name).is_none_or(Value::is_known);
        secure && known && said(profile, name).unwrap_or(usual) != *wanted
    };
    let finding = |(name, wanted, _): (&str, &str, &str)| {
        let summary = format!(
            "when `network_profile.0.advanced_networking` has `security_enabled` set to `true`, `network_profile.0.{name}` must be set to `{wanted}`"
        );
        wrong(in_network(name), &summary)
    };
    needs.into_iter().filter(other).map(finding).collect()
}

/// Nodes that reach nothing outside take what they begin with from a cache.
fn closed(config: &Value, profile: &Value) -> Vec<Finding> {
    let open = |name: &str| {
        block(config, "bootstrap_profile")
            .and_then(|one| one.attribute(name))
            .is_some_and(|value| !value.is_known())
    };
    let source = block(config, "bootstrap_profile").and_then(|one| said(one, "artifact_source"));
    if said(profile, "outbound_type") != Some("none") || source == Some("Cache") || open("artifact_source") {
        return Vec::new();
    }
    let summary = "when `network_profile.0.outbound_type` is set to `none`, `bootstrap_profile.0.artifact_source` must be set to `Cache`";
    vec![wrong(in_network("outbound_type"), summary)]
}

/// What belongs to a private cluster.
pub fn private(config: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    let private = is(config, "private_cluster_enabled");
    let zone = said(config, "private_dns_zone_id").filter(|zone| !matches!(*zone, "System" | "None"));
    if is_written(config, "dns_prefix_private_cluster")
        && config.attribute("private_dns_zone_id").is_none_or(Value::is_known)
        && (!private || zone.is_none())
    {
        let summary = "`dns_prefix_private_cluster` should only be set for private cluster with custom private dns zone";
        findings.push(wrong(Path::attribute("dns_prefix_private_cluster"), summary));
    }
    let own = block(config, "identity").and_then(|identity| said(identity, "type")) == Some("SystemAssigned");
    if private && zone.is_some() && own {
        let summary = "a user assigned identity or a service principal must be used when using a custom private dns zone";
        findings.push(wrong(Path::attribute("private_dns_zone_id"), summary));
    }
    let channel = said(config, "automatic_upgrade_channel");
    let of_nodes = config.attribute("node_os_upgrade_channel");
    let other = of_nodes.and_then(Value::as_str).is_some_and(|channel| channel != "NodeImage");
    if channel == Some("node-image") && other {
        let summary = "`node_os_upgrade_channel` cannot be set to a value other than `NodeImage` if `automatic_upgrade_channel` is set to `node-image`";
        findings.push(wrong(Path::attribute("node_os_upgrade_channel"), summary));
    }
    findings
}

/// What needs something else to be on.
pub fn switches(config: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    if is(config, "workload_identity_enabled") && is_off(config, "oidc_issuer_enabled") {
        let summary = "`oidc_issuer_enabled` must be set to `true` to enable Azure AD Workload Identity";
        findings.push(wrong(Path::attribute("oidc_issuer_enabled"), summary));
    }
    let tier = config
        .attribute("sku_tier")
        .filter(|tier| tier.is_known())
        .map(|tier| tier.as_str().unwrap_or("Free"));
    if is(config, "cost_analysis_enabled") && tier == Some("Free") {
        let summary = "`sku_tier` must be either `Standard` or `Premium` when cost analysis is enabled";
        findings.push(wrong(Path::attribute("cost_analysis_enabled"), summary));
    }
    if said(config, "support_plan") == Some("AKSLongTermSupport")
        && tier.is_some_and(|tier| tier != "Premium")
    {
        let summary = "`sku_tier` must be `Premium` when `support_plan` is `AKSLongTermSupport`";
        findings.push(wrong(Path::attribute("support_plan"), summary));
    }
    if is(config, "local_account_disabled")
        && block(config, "azure_active_directory_role_based_access_control").is_none()
    {
        let summary = "`local_account_disabled` needs `azure_active_directory_role_based_access_control`";
        findings.push(wrong(Path::attribute("local_account_disabled"), summary));
    }
    findings
}

/// Identities that are given are named, and only those.
pub fn identity(config: &Value) -> Vec<Finding> {
    let Some(identity) = block(config, "identity") else { return Vec::new() };
    let given = identity.attribute("identity_ids");
    let named = given.is_some_and(|ids| !ids.is_known() || ids.as_slice().is_some_and(|ids| !ids.is_empty()));
    let place =
        |name: &str| Path::attribute("identity").then(Step::Index(0)).then(Step::Attribute(name.into()));
    match said(identity, "type") {
        Some(kind) if kind.contains("UserAssigned") && !named => {
            vec![wrong(
                place("type"),
                "`identity_ids` must be specified when `type` includes \"UserAssigned\"",
            )]
        }
        Some("SystemAssigned") if named => {
            let summary = "`identity_ids` can only be specified when `type` includes \"UserAssigned\"";
            vec![wrong(place("identity_ids"), summary)]
        }
        _ => Vec::new(),
    }
}
