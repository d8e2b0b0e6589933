//! What Azure refuses of a storage account, told while planning, and which changes replace it.
//!
//! Invariant: what is not known yet is not judged; each mistake is reported at its own place.

use aksel_lang::code::Code;
use aksel_lang::path::{Path, Step};
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;

use crate::catalogue::rules::said;

/// Kinds of accounts that have access tiers.
const TIERED: &[&str] = &["BlobStorage", "FileStorage", "StorageV2"];

/// Kinds of accounts that may have a hierarchy of folders.
const HIERARCHIC: &[&str] = &["BlobStorage", "BlockBlobStorage", "StorageV2"];

/// Replications within one region, and those across zones: there is no way between them in place.
const REGIONAL: &[&str] = &["LRS", "GRS", "RAGRS"];
const ZONAL: &[&str] = &["ZRS", "GZRS", "RAGZRS"];

fn is(value: &Value, name: &str) -> bool {
    value.attribute(name).and_then(Value::as_bool) == Some(true)
}

fn block<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.attribute(name)?.as_slice()?.first()
}

/// The text that an account has, its default where none is written; `None` while it is not known.
fn chosen<'a>(config: &'a Value, name: &str, usual: &'static str) -> Option<&'a str> {
    match config.attribute(name) {
        Some(value) if !value.is_known() => None,
        Some(_) | None => Some(said(config, name).unwrap_or(usual)),
    }
}

fn wrong(path: Path, summary: impl Into<String>) -> Finding {
    Finding::error(Code::InvalidConfiguration, summary.into(), "Azure would refuse this.").at(path)
}

fn within(block: &str, name: &str) -> Path {
    Path::attribute(block).then(Step::Index(0)).then(Step::Attribute(name.into()))
}

/// What an account of a kind and tier may have.
pub fn kinds(config: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    let kind = chosen(config, "account_kind", "StorageV2");
    let (Some(kind), Some(tier)) = (kind, chosen(config, "account_tier", "")) else { return findings };
    let mut refuse = |name: &str, summary: String| findings.push(wrong(Path::attribute(name), summary));
    if said(config, "access_tier").is_some() && !TIERED.contains(&kind) {
        let all = TIERED.join(" / ");
        refuse(
            "access_tier",
            format!("`access_tier` is only available for accounts where `kind` is set to one of: {all}"),
        );
    }
    if is(config, "is_hns_enabled") && !HIERARCHIC.contains(&kind) {
        let all = HIERARCHIC.join(" / ");
        refuse(
            "is_hns_enabled",
            format!(
                "`is_hns_enabled` can only be used for accounts with `account_kind` set to one of: {all}"
            ),
        );
    }
    if kind == "BlobStorage" && said(config, "account_replication_type") == Some("ZRS") {
        let summary = "`account_replication_type` of `ZRS` isn't supported for Blob Storage accounts";
        refuse("account_replication_type", summary.into());
    }
    let block_blobs = tier == "Premium" && kind == "BlockBlobStorage";
    if is(config, "nfsv3_enabled") {
        if config.attribute("is_hns_enabled").is_none_or(Value::is_known) && !is(config, "is_hns_enabled") {
            refuse(
                "nfsv3_enabled",
                "`nfsv3_enabled` can only be used when `is_hns_enabled` is `true`".into(),
            );
        }
        if !(block_blobs || tier == "Standard" && kind == "StorageV2") {
            let summary = "`nfsv3_enabled` can only be used with account tier `Standard` and account kind `StorageV2`, or account tier `Premium` and account kind `BlockBlobStorage`";
            refuse("nfsv3_enabled", summary.into());
        }
    }
    if is(config, "infrastructure_encryption_enabled")
        && !block_blobs
        && !matches!(kind, "FileStorage" | "StorageV2")
    {
        let summary = "`infrastructure_encryption_enabled` can only be used with account kind `StorageV2`, or account tier `Premium` and account kind is one of `BlockBlobStorage` or `FileStorage`";
        refuse("infrastructure_encryption_enabled", summary.into());
    }
    if block(config, "customer_managed_key").is_some() && kind != "StorageV2" && tier != "Premium" {
        let summary =
            "customer managed key can only be used with account kind `StorageV2` or account tier `Premium`";
        refuse("customer_managed_key", summary.into());
    }
    for name in ["queue_encryption_key_type", "table_encryption_key_type"] {
        if kind == "Storage" && said(config, name) == Some("Account") {
            refuse(name, format!("`{name} = \"Account\"` cannot be used with account kind `\"Storage\"`"));
        }
    }
    findings.extend(services(config, kind, tier));
    findings
}

/// What the services for blobs and shares may have.
fn services(config: &Value, kind: &str, tier: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(blobs) = block(config, "blob_properties") {
        if kind == "FileStorage" {
            let summary =
                format!("`blob_properties` aren't supported for account kind {kind:?} in sku tier {tier:?}");
            findings.push(wrong(Path::attribute("blob_properties"), summary));
        }
        findings.extend(versions(config, blobs, kind));
    }
    if let Some(shares) = block(config, "share_properties") {
        if matches!(kind, "BlobStorage" | "BlockBlobStorage") {
            let summary =
                format!("`share_properties` aren't supported for account kind {kind:?} in sku tier {tier:?}");
            findings.push(wrong(Path::attribute("share_properties"), summary));
        }
        if tier == "Standard" && block(shares, "smb").is_some_and(|smb| is(smb, "multichannel_enabled")) {
            let summary = "`multichannel_enabled` isn't supported for Standard tier Storage accounts";
            findings.push(wrong(Path::attribute("share_properties"), summary));
        }
    }
    findings
}

fn versions(config: &Value, blobs: &Value, kind: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut refuse =
        |name: &str, summary: &str| findings.push(wrong(within("blob_properties", name), summary));
    let open = |name: &str| blobs.attribute(name).is_some_and(|value| !value.is_known());
    if is(blobs, "versioning_enabled") && is(config, "is_hns_enabled") {
        refuse("versioning_enabled", "`versioning_enabled` can't be true when `is_hns_enabled` is true");
    }
    let restores = block(blobs, "restore_policy").is_some();
    if restores && !open("change_feed_enabled") && !is(blobs, "change_feed_enabled") {
        refuse("change_feed_enabled", "`change_feed_enabled` must be `true` when `restore_policy` is set");
    }
    if restores && !open("versioning_enabled") && !is(blobs, "versioning_enabled") {
        refuse("versioning_enabled", "`versioning_enabled` must be `true` when `restore_policy` is set");
    }
    if restores && said(config, "dns_endpoint_type") == Some("AzureDnsZone") {
        let summary =
            "`blob_properties.restore_policy` can't be set when `dns_endpoint_type` is set to `AzureDnsZone`";
        refuse("restore_policy", summary);
    }
    if block(config, "immutability_policy").is_some()
        && !open("versioning_enabled")
        && !is(blobs, "versioning_enabled")
    {
        refuse("versioning_enabled", "`immutability_policy` can't be set when `versioning_enabled` is false");
    }
    if kind == "Storage" {
        for name in ["last_access_time_enabled", "change_feed_enabled", "versioning_enabled"] {
            if is(blobs, name) {
                refuse(name, &format!("`{name}` can not be configured when `kind` is set to `Storage` (v1)"));
            }
        }
        if restores {
            let summary = "`restore_policy` can not be configured when `kind` is set to `Storage` (v1)";
            refuse("restore_policy", summary);
        }
    }
    findings
}

/// A directory of one's own is named in full.
pub fn directory(config: &Value) -> Vec<Finding> {
    let Some(files) = block(config, "azure_files_authentication") else { return Vec::new() };
    if said(files, "directory_type") != Some("AD") {
        return Vec::new();
    }
    let place = Path::attribute("azure_files_authentication");
    let Some(directory) = block(files, "active_directory") else {
        return vec![wrong(place, "`active_directory` is required when `directory_type` is `AD`")];
    };
    let names = ["storage_sid", "domain_sid", "forest_name", "netbios_domain_name"];
    let lacking = names.into_iter().filter(|name| {
        let known = directory.attribute(name).is_none_or(Value::is_known);
        known && said(directory, name).is_none()
    });
    let summary =
        |name: &str| format!("`active_directory.0.{name}` is required when `directory_type` is `AD`");
    lacking.map(|name| wrong(place.clone(), summary(name))).collect()
}

fn policy_state(value: &Value) -> Option<&str> {
    block(value, "immutability_policy").and_then(|policy| said(policy, "state"))
}

/// Changes that replace an account only in one direction.
pub fn replaces(prior: &Value, planned: &Value) -> Vec<Path> {
    let mut paths = Vec::new();
    let pair = |name: &str| Some((said(prior, name)?, said(planned, name)?)).filter(|(a, b)| a != b);
    if pair("account_kind").is_some_and(|(before, after)| before != "Storage" && after != "StorageV2") {
        paths.push(Path::attribute("account_kind"));
    }
    if is(prior, "large_file_share_enabled")
        && planned.attribute("large_file_share_enabled").and_then(Value::as_bool) == Some(false)
    {
        paths.push(Path::attribute("large_file_share_enabled"));
    }
    if let Some((before, after)) = pair("account_replication_type") {
        let crosses = |from: &[&str], to: &[&str]| from.contains(&before) && to.contains(&after);
        if crosses(REGIONAL, ZONAL) || crosses(ZONAL, REGIONAL) {
            paths.push(Path::attribute("account_replication_type"));
        }
    }
    if policy_state(prior) == Some("Locked") && policy_state(planned).is_some_and(|state| state != "Locked") {
        paths.push(within("immutability_policy", "state"));
    }
    paths
}

/// A policy is locked only from the unlocked state.
pub fn refuses(prior: &Value, planned: &Value) -> Vec<Finding> {
    let place = || within("immutability_policy", "state");
    match (policy_state(prior), policy_state(planned)) {
        (None, Some("Locked")) => {
            let summary = "initial value of `immutability_policy.0.state` can be either Disabled or Unlocked, got=Locked";
            vec![wrong(place(), summary)]
        }
        (Some(before), Some("Locked")) if before != "Unlocked" && before != "Locked" => {
            let summary = format!(
                "`immutability_policy.0.state` can only be set to Locked from Unlocked, got={before}"
            );
            vec![wrong(place(), summary)]
        }
        _ => Vec::new(),
    }
}
