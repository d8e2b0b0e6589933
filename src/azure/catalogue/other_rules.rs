//! What Azure refuses of vaults, workspaces and networks, told while planning, and which of their changes go only one way.
//!
//! Invariant: what is not known yet is not judged; each mistake is reported at its own place.

use aksel_lang::code::Code;
use aksel_lang::path::{Path, Step};
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;

use crate::catalogue::rules::said;

fn is(value: &Value, name: &str) -> bool {
    value.attribute(name).and_then(Value::as_bool) == Some(true)
}

fn is_off(value: &Value, name: &str) -> bool {
    value.attribute(name).and_then(Value::as_bool) == Some(false)
}

fn block<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.attribute(name)?.as_slice()?.first()
}

fn is_written(value: &Value, name: &str) -> bool {
    value.attribute(name).is_some_and(|value| !value.is_null() && value.as_str() != Some(""))
}

fn wrong(name: &str, summary: impl Into<String>) -> Finding {
    Finding::error(Code::InvalidConfiguration, summary.into(), "Azure would refuse this.")
        .at(Path::attribute(name))
}

/// A vault that was once protected from purging stays so.
pub fn purging(prior: &Value, planned: &Value) -> Vec<Finding> {
    let gives_up = is(prior, "purge_protection_enabled") && !is(planned, "purge_protection_enabled");
    let summary =
        "`purge_protection_enabled`: once Purge Protection has been Enabled it's not possible to disable it";
    (gives_up).then(|| wrong("purge_protection_enabled", summary)).into_iter().collect()
}

/// A capacity is reserved by the tier for reservations.
pub fn reservation(config: &Value) -> Vec<Finding> {
    const NAME: &str = "reservation_capacity_in_gb_per_day";
    if config.attribute("sku").is_some_and(|sku| !sku.is_known()) {
        return Vec::new();
    }
    let reserves = said(config, "sku").is_some_and(|sku| sku.eq_ignore_ascii_case("CapacityReservation"));
    match (is_written(config, NAME), reserves) {
        (true, false) => {
            vec![wrong(NAME, format!("`{NAME}` can only be used with the `CapacityReservation` SKU"))]
        }
        (false, true) => {
            vec![wrong(NAME, format!("`{NAME}` must be set when using the `CapacityReservation` SKU"))]
        }
        (true, true) | (false, false) => Vec::new(),
    }
}

/// A tier is changed in place only to and from reserved capacity, and away from a cluster.
pub fn another_tier(prior: &Value, planned: &Value) -> Vec<Path> {
    let (Some(before), Some(after)) = (said(prior, "sku"), said(planned, "sku")) else { return Vec::new() };
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let pair = |a: &str, b: &str| same(before, a) && same(after, b);
    let in_place = same(before, "LACluster")
        || pair("CapacityReservation", "PerGB2018")
        || pair("PerGB2018", "CapacityReservation");
    if same(before, after) || in_place { Vec::new() } else { vec![Path::attribute("sku")] }
}

/// Tiers that Azure makes no longer.
pub fn old_tier(prior: &Value, planned: &Value) -> Vec<Finding> {
    let sku = said(planned, "sku").filter(|sku| said(prior, "sku") != Some(*sku));
    let old =
        sku.is_some_and(|sku| sku.eq_ignore_ascii_case("Standard") || sku.eq_ignore_ascii_case("Premium"));
    let summary = "creation of log analytics workspaces with `Standard` or `Premium` SKUs is no longer supported by Azure - see https://learn.microsoft.com/en-us/azure/azure-monitor/logs/cost-logs#standard-and-premium-pricing-tiers";
    (old).then(|| wrong("sku", summary)).into_iter().collect()
}

/// Once tied to a workspace, what applications tell stays in one.
pub fn untied(prior: &Value, planned: &Value) -> Vec<Finding> {
    let gone = said(prior, "workspace_id").is_some()
        && planned.attribute("workspace_id").is_some_and(Value::is_known)
        && said(planned, "workspace_id").is_none();
    (gone).then(|| wrong("workspace_id", "`workspace_id` cannot be removed after set")).into_iter().collect()
}

/// A store of features is what its kind says.
pub fn features(config: &Value) -> Vec<Finding> {
    if config.attribute("kind").is_some_and(|kind| !kind.is_known()) {
        return Vec::new();
    }
    let (store, there) =
        (said(config, "kind") == Some("FeatureStore"), block(config, "feature_store").is_some());
    match (store, there) {
        (false, true) => {
            vec![wrong("feature_store", "`feature_store` can only be set when `kind` is `FeatureStore`")]
        }
        (true, false) => {
            vec![wrong("feature_store", "`feature_store` can not be empty when `kind` is `FeatureStore`")]
        }
        (true, true) | (false, false) => Vec::new(),
    }
}

/// Serverless machines without a public address need a subnet, where nobody else comes in either.
pub fn serverless(config: &Value) -> Vec<Finding> {
    let closed = is_off(config, "public_network_access_enabled");
    let hidden = block(config, "serverless_compute").is_some_and(|compute| {
        !is(compute, "public_ip_enabled")
            && compute.attribute("public_ip_enabled").is_none_or(Value::is_known)
            && compute.attribute("subnet_id").is_none_or(Value::is_null)
    });
    let summary = "`public_ip_enabled` must be set to  `true` if `subnet_id` is not set and `public_network_access_enabled` is `false`";
    (closed && hidden).then(|| wrong("serverless_compute", summary)).into_iter().collect()
}

/// A subnet is shared only where nothing reaches outside by itself.
pub fn sharing(config: &Value) -> Vec<Finding> {
    let open = config.attribute("default_outbound_access_enabled").is_some_and(|value| !value.is_known());
    let reaches_out = !open && !is_off(config, "default_outbound_access_enabled");
    let summary = "`sharing_scope` cannot be set if `default_outbound_access_enabled` is set to `true`";
    (said(config, "sharing_scope").is_some() && reaches_out)
        .then(|| wrong("sharing_scope", summary))
        .into_iter()
        .collect()
}

/// An address of the standard kind stays as it is, and a global one is of the standard kind.
pub fn address(config: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    let open = |name: &str| config.attribute(name).is_some_and(|value| !value.is_known());
    let sku = said(config, "sku").unwrap_or("Standard");
    if open("sku") {
        return findings;
    }
    let global = said(config, "sku_tier").is_some_and(|tier| tier.eq_ignore_ascii_case("Global"));
    if global && sku != "Standard" {
        findings.push(wrong("sku", "`sku` must be set to `Standard` when `sku_tier` is set to `Global`"));
    }
    if sku.starts_with("Standard")
        && said(config, "allocation_method").is_some_and(|method| method != "Static")
    {
        let summary =
            "`allocation_method` must be set to `Static` when `sku` is set to `Standard` or `StandardV2`";
        findings.push(wrong("allocation_method", summary));
    }
    let guarded =
        said(config, "ddos_protection_mode").is_some_and(|mode| mode.eq_ignore_ascii_case("Enabled"));
    if is_written(config, "ddos_protection_plan_id") && !guarded && !open("ddos_protection_mode") {
        let summary = "ddos protection plan id can only be set when ddos protection is enabled: `ddos_protection_plan_id` needs `ddos_protection_mode` to be `Enabled`";
        findings.push(wrong("ddos_protection_plan_id", summary));
    }
    findings
}

/// Only basic addresses are no longer made.
pub fn basic_address(prior: &Value, planned: &Value) -> Vec<Finding> {
    let summary = "creation of new `Basic` SKU public IP addresses is no longer permitted following its deprecation on March 31, 2025. This also affects `allocation_method` set to `Dynamic`, as it is only available with the `Basic` SKU. For more information, see https://azure.microsoft.com/updates/upgrade-to-standard-sku-public-ip-addresses-in-azure-by-30-september-2025-basic-sku-will-be-retired/";
    (prior.is_null() && said(planned, "sku") == Some("Basic"))
        .then(|| wrong("sku", summary))
        .into_iter()
        .collect()
}

/// A gateway of the second kind is in all zones.
pub fn zones(config: &Value) -> Vec<Finding> {
    let everywhere = said(config, "sku_name") == Some("StandardV2");
    let named = config.attribute("zones").is_some_and(|zones| !zones.is_null());
    let summary = "azurerm_nat_gateway resources with `sku_name` set to `StandardV2` are zone-redundant by default, Azure automatically deploys across all available zones. The `zones` argument must be omitted";
    (everywhere && named).then(|| wrong("zones", summary)).into_iter().collect()
}

/// A connection that somebody approves by hand says what for.
pub fn connection(config: &Value) -> Vec<Finding> {
    let Some(connection) = block(config, "private_service_connection") else { return Vec::new() };
    let name = said(connection, "name").unwrap_or_default();
    let place = Path::attribute("private_service_connection")
        .then(Step::Index(0))
        .then(Step::Attribute("request_message".into()));
    let refuse = |words: &str| {
        let summary = format!(
            "\"private_service_connection\":{name:?} is invalid, the \"request_message\" attribute {words}"
        );
        vec![wrong("private_service_connection", summary).at(place.clone())]
    };
    let message = is_written(connection, "request_message");
    if is_off(connection, "is_manual_connection") && message {
        return refuse("cannot be set if the \"is_manual_connection\" attribute is \"false\"");
    }
    if is(connection, "is_manual_connection") && !message {
        return refuse("must not be empty");
    }
    Vec::new()
}

/// The version of a condition goes with a condition.
pub fn condition(config: &Value) -> Vec<Finding> {
    let alone = is_written(config, "condition_version") && !is_written(config, "condition");
    (alone)
        .then(|| wrong("condition_version", "`condition_version` should not be set without `condition`"))
        .into_iter()
        .collect()
}
