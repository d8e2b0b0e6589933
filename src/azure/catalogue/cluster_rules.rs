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

/// What of the network goes together.
pub fn network(config: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(profile) = block(config, "network_profile") else { return findings };
    if is_written(profile, "dns_service_ip") != is_written(profile, "service_cidr") {
        let summary = "`dns_service_ip` and `service_cidr` should all be empty or all should be set";
        findings.push(wrong(in_network("service_cidr"), summary));
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
