//! `azurerm_storage_account` is `Microsoft.Storage/storageAccounts`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.storage/2025-08-01/storageaccounts>

use crate::catalogue::cluster_rules;
use crate::catalogue::identities;
use crate::catalogue::rules::has_identity;
use crate::catalogue::storage_rules;
use crate::document::{at, put};
use crate::group::Group;
use crate::resource_type::{Arm, Call, Hooks, Minutes, ResourceType, Writing};
use crate::row::{
    Form, Place, Row, Was, block, blocks, flag, id, location, number, resource_group_name, tags, text,
    text_set, texts,
};
use crate::spelling::{ENABLED, Spelling};
use aksel_lang::types::Text;
use aksel_lang::value::Value;
use serde_json::Value as Json;
use serde_json::json;
use std::collections::BTreeMap;

/// The rows of `network_rules.private_link_access`.
pub const NETWORK_RULES_PRIVATE_LINK_ACCESS: &[Row] = &[
    text("endpoint_resource_id", "resourceId").required(),
    text("endpoint_tenant_id", "tenantId").formed(Form::Uuid).computed(),
];

/// The rows of `network_rules`.
pub const NETWORK_RULES: &[Row] = &[
    text("default_action", "defaultAction").required().one_of(&["Allow", "Deny"]),
    text_set("bypass", "bypass")
        .one_of(&["AzureServices", "Logging", "Metrics", "None"])
        .computed()
        .spelled(Spelling::Commas),
    text_set("ip_rules", "ipRules").computed().spelled(Spelling::Each("value")),
    text_set("virtual_network_subnet_ids", "virtualNetworkRules").computed().spelled(Spelling::Each("id")),
    blocks("private_link_access", "resourceAccessRules", NETWORK_RULES_PRIVATE_LINK_ACCESS),
];

/// The rows of `custom_domain`.
pub const CUSTOM_DOMAIN: &[Row] =
    &[text("name", "name").required(), flag("use_subdomain", "useSubDomainName").default_flag(false)];

/// The rows of `immutability_policy`.
pub const IMMUTABILITY_POLICY: &[Row] = &[
    flag("allow_protected_append_writes", "immutabilityPolicy.allowProtectedAppendWrites").required(),
    number("period_since_creation_in_days", "immutabilityPolicy.immutabilityPeriodSinceCreationInDays")
        .required(),
    text("state", "immutabilityPolicy.state").one_of(&["Disabled", "Locked", "Unlocked"]).required(),
];

/// The rows of `routing`.
pub const ROUTING: &[Row] = &[
    text("choice", "routingChoice")
        .one_of(&["InternetRouting", "MicrosoftRouting"])
        .default_text("MicrosoftRouting"),
    flag("publish_internet_endpoints", "publishInternetEndpoints").default_flag(false),
    flag("publish_microsoft_endpoints", "publishMicrosoftEndpoints").default_flag(false),
];

/// The rows of `sas_policy`.
pub const SAS_POLICY: &[Row] = &[
    text("expiration_action", "expirationAction").one_of(&["Block", "Log"]).default_text("Log"),
    text("expiration_period", "sasExpirationPeriod").formed(Form::NotEmpty).required(),
];

/// The rows of `blob_properties.container_delete_retention_policy`.
pub const BLOB_PROPERTIES_CONTAINER_DELETE_RETENTION_POLICY: &[Row] =
    &[number("days", "days").between(1, 365).default_number(7)];

/// The rows of `blob_properties.delete_retention_policy`.
pub const BLOB_PROPERTIES_DELETE_RETENTION_POLICY: &[Row] = &[
    number("days", "days").between(1, 365).default_number(7),
    flag("permanent_delete_enabled", "allowPermanentDelete").default_flag(false),
];

/// The rows of `blob_properties.restore_policy`.
pub const BLOB_PROPERTIES_RESTORE_POLICY: &[Row] = &[number("days", "days").between(1, 365).required()];

/// The rows of `blob_properties.cors_rule`.
pub const BLOB_PROPERTIES_CORS_RULE: &[Row] = &[
    texts("allowed_headers", "allowedHeaders").required(),
    texts("allowed_methods", "allowedMethods").required(),
    texts("allowed_origins", "allowedOrigins").required(),
    texts("exposed_headers", "exposedHeaders").required(),
    number("max_age_in_seconds", "maxAgeInSeconds").required(),
];

/// The rows of `blob_properties`.
pub const BLOB_PROPERTIES: &[Row] = &[
    flag("change_feed_enabled", "changeFeed.enabled").default_flag(false),
    number("change_feed_retention_in_days", "changeFeed.retentionInDays").between(1, 146_000),
    text("default_service_version", "defaultServiceVersion").computed(),
    flag("last_access_time_enabled", "lastAccessTimeTrackingPolicy.enable").default_flag(false),
    flag("versioning_enabled", "isVersioningEnabled").default_flag(false),
    block(
        "container_delete_retention_policy",
        "containerDeleteRetentionPolicy",
        BLOB_PROPERTIES_CONTAINER_DELETE_RETENTION_POLICY,
    )
    .present_when(|json| json["enabled"] == true),
    block("delete_retention_policy", "deleteRetentionPolicy", BLOB_PROPERTIES_DELETE_RETENTION_POLICY)
        .present_when(|json| json["enabled"] == true),
    block("restore_policy", "restorePolicy", BLOB_PROPERTIES_RESTORE_POLICY)
        .present_when(|json| json["enabled"] == true),
    blocks("cors_rule", "cors.corsRules", BLOB_PROPERTIES_CORS_RULE).at_most(5),
];

/// The rows of `share_properties.cors_rule`.
pub const SHARE_PROPERTIES_CORS_RULE: &[Row] = &[
    texts("allowed_headers", "allowedHeaders").required(),
    texts("allowed_methods", "allowedMethods").required(),
    texts("allowed_origins", "allowedOrigins").required(),
    texts("exposed_headers", "exposedHeaders").required(),
    number("max_age_in_seconds", "maxAgeInSeconds").required(),
];

/// The rows of `share_properties.retention_policy`.
pub const SHARE_PROPERTIES_RETENTION_POLICY: &[Row] =
    &[number("days", "days").between(1, 365).default_number(7)];

/// The rows of `share_properties.smb`.
pub const SHARE_PROPERTIES_SMB: &[Row] = &[
    text_set("authentication_types", "authenticationMethods")
        .one_of(&["Kerberos", "NTLMv2"])
        .spelled(Spelling::Semicolons),
    text_set("channel_encryption_type", "channelEncryption")
        .one_of(&["AES-128-CCM", "AES-128-GCM", "AES-256-GCM"])
        .spelled(Spelling::Semicolons),
    text_set("kerberos_ticket_encryption_type", "kerberosTicketEncryption")
        .one_of(&["AES-256", "RC4-HMAC"])
        .spelled(Spelling::Semicolons),
    flag("multichannel_enabled", "multichannel.enabled").default_flag(false),
    text_set("versions", "versions").one_of(&["SMB2.1", "SMB3.0", "SMB3.1.1"]).spelled(Spelling::Semicolons),
];

/// The rows of `share_properties`.
pub const SHARE_PROPERTIES: &[Row] = &[
    blocks("cors_rule", "cors.corsRules", SHARE_PROPERTIES_CORS_RULE).at_most(5),
    block("retention_policy", "shareDeleteRetentionPolicy", SHARE_PROPERTIES_RETENTION_POLICY)
        .present_when(|json| json["enabled"] == true),
    block("smb", "protocolSettings.smb", SHARE_PROPERTIES_SMB),
];

/// The rows of `customer_managed_key`.
pub const CUSTOMER_MANAGED_KEY: &[Row] = &[
    text("user_assigned_identity_id", "identity.userAssignedIdentity").required(),
    text("key_vault_key_id", "keyvaultproperties")
        .formerly(&[("managed_hsm_key_id", Was::Same)])
        .required()
        .spelled(Spelling::VaultKey),
];

/// The rows of `azure_files_authentication.active_directory`.
pub const AZURE_FILES_AUTHENTICATION_ACTIVE_DIRECTORY: &[Row] = &[
    text("domain_guid", "domainGuid").required(),
    text("domain_name", "domainName").required(),
    text("domain_sid", "domainSid"),
    text("forest_name", "forestName"),
    text("netbios_domain_name", "netBiosDomainName"),
    text("storage_sid", "azureStorageSid"),
];

/// The rows of `azure_files_authentication`.
pub const AZURE_FILES_AUTHENTICATION: &[Row] = &[
    text("default_share_level_permission", "defaultSharePermission")
        .default_text("None")
        .or_default()
        .one_of(&[
            "None",
            "StorageFileDataSmbShareContributor",
            "StorageFileDataSmbShareElevatedContributor",
            "StorageFileDataSmbShareReader",
        ]),
    text("directory_type", "directoryServiceOptions").required().one_of(&["AD", "AADDS", "AADKERB"]),
    block("active_directory", "activeDirectoryProperties", AZURE_FILES_AUTHENTICATION_ACTIVE_DIRECTORY)
        .computed(),
];

/// A storage account: blobs, files, queues and tables.
pub const STORAGE_ACCOUNT: ResourceType = ResourceType {
    name: "azurerm_storage_account",
    arm: Arm { kind: "Microsoft.Storage/storageAccounts", api: "2025-08-01" },
    schema_version: 4,
    minutes: Minutes { create: 60, read: 5, update: 60, delete: 60 },
    attributes: &[
        id(),
        text("name", "").placed(Place::Name).required().replaces().matching(r"^[a-z0-9]{3,24}$", "name can only consist of lowercase letters and numbers, and must be between 3 and 24 characters long"),
        resource_group_name(),
        location(),
        text("account_kind", "/kind").default_text("StorageV2").one_of(&["Storage", "BlobStorage", "BlockBlobStorage", "FileStorage", "StorageV2"]),
        text("account_tier", "/sku/tier").required().replaces().one_of(&["Standard", "Premium"]),
        text("account_replication_type", "/sku/replication").required().one_of(&["LRS", "ZRS", "GRS", "RAGRS", "GZRS", "RAGZRS"]),
        text("access_tier", "accessTier").computed().one_of(&["Hot", "Cool", "Cold", "Premium"]),
        flag("allow_nested_items_to_be_public", "allowBlobPublicAccess").default_flag(false),
        flag("cross_tenant_replication_enabled", "allowCrossTenantReplication").default_flag(false),
        text("allowed_copy_scope", "allowedCopyScope").one_of(&["AAD", "PrivateLink"]),
        flag("shared_access_key_enabled", "allowSharedKeyAccess").default_flag(true),
        flag("default_to_oauth_authentication", "defaultToOAuthAuthentication").default_flag(false),
        text("dns_endpoint_type", "dnsEndpointType").default_text("Standard").replaces().one_of(&["Standard", "AzureDnsZone"]),
        flag("infrastructure_encryption_enabled", "encryption.requireInfrastructureEncryption").default_flag(false).replaces(),
        text("queue_encryption_key_type", "encryption.services.queue.keyType").default_text("Service").replaces().one_of(&["Account", "Service"]),
        text("table_encryption_key_type", "encryption.services.table.keyType").default_text("Service").replaces().one_of(&["Account", "Service"]),
        flag("is_hns_enabled", "isHnsEnabled").default_flag(false).replaces(),
        flag("local_user_enabled", "isLocalUserEnabled").default_flag(true),
        flag("nfsv3_enabled", "isNfsV3Enabled").default_flag(false).replaces(),
        flag("sftp_enabled", "isSftpEnabled").default_flag(false),
        flag("large_file_share_enabled", "largeFileSharesState").computed().spelled(ENABLED),
        text("min_tls_version", "minimumTlsVersion").default_text("TLS1_2").one_of(&["TLS1_2"]),
        flag("public_network_access_enabled", "publicNetworkAccess").default_flag(true).spelled(ENABLED),
        flag("https_traffic_only_enabled", "supportsHttpsTrafficOnly").default_flag(true),
        text("edge_zone", "/extendedLocation/name").replaces(),
        text("primary_location", "primaryLocation").read_only(),
        text("secondary_location", "secondaryLocation").read_only(),
        text("primary_access_key", "keys:/keys/0/value").read_only().sensitive(),
        text("secondary_access_key", "keys:/keys/1/value").read_only().sensitive(),
        block("network_rules", "networkAcls", NETWORK_RULES).computed().present_when(|json| json["defaultAction"] == "Deny" || json["ipRules"].as_array().is_some_and(|rules| !rules.is_empty()) || json["virtualNetworkRules"].as_array().is_some_and(|rules| !rules.is_empty())),
        block("custom_domain", "customDomain", CUSTOM_DOMAIN),
        block("immutability_policy", "immutableStorageWithVersioning", IMMUTABILITY_POLICY).replaces().present_when(|json| json["immutabilityPolicy"].is_object()),
        block("routing", "routingPreference", ROUTING).computed(),
        block("sas_policy", "sasPolicy", SAS_POLICY),
        block("blob_properties", "blob:/properties", BLOB_PROPERTIES).computed(),
        block("share_properties", "file:/properties", SHARE_PROPERTIES).computed(),
        block("customer_managed_key", "encryption", CUSTOMER_MANAGED_KEY).present_when(|json| json["keySource"] == "Microsoft.Keyvault"),
        text("primary_blob_endpoint", "primaryEndpoints.blob").read_only(),
        text("primary_blob_host", "primaryEndpoints.blob").read_only().spelled(Spelling::Host),
        text("primary_blob_internet_endpoint", "primaryEndpoints.internetEndpoints.blob").read_only(),
        text("primary_blob_internet_host", "primaryEndpoints.internetEndpoints.blob").read_only().spelled(Spelling::Host),
        text("primary_blob_microsoft_endpoint", "primaryEndpoints.microsoftEndpoints.blob").read_only(),
        text("primary_blob_microsoft_host", "primaryEndpoints.microsoftEndpoints.blob").read_only().spelled(Spelling::Host),
        text("primary_dfs_endpoint", "primaryEndpoints.dfs").read_only(),
        text("primary_dfs_host", "primaryEndpoints.dfs").read_only().spelled(Spelling::Host),
        text("primary_dfs_internet_endpoint", "primaryEndpoints.internetEndpoints.dfs").read_only(),
        text("primary_dfs_internet_host", "primaryEndpoints.internetEndpoints.dfs").read_only().spelled(Spelling::Host),
        text("primary_dfs_microsoft_endpoint", "primaryEndpoints.microsoftEndpoints.dfs").read_only(),
        text("primary_dfs_microsoft_host", "primaryEndpoints.microsoftEndpoints.dfs").read_only().spelled(Spelling::Host),
        text("primary_file_endpoint", "primaryEndpoints.file").read_only(),
        text("primary_file_host", "primaryEndpoints.file").read_only().spelled(Spelling::Host),
        text("primary_file_internet_endpoint", "primaryEndpoints.internetEndpoints.file").read_only(),
        text("primary_file_internet_host", "primaryEndpoints.internetEndpoints.file").read_only().spelled(Spelling::Host),
        text("primary_file_microsoft_endpoint", "primaryEndpoints.microsoftEndpoints.file").read_only(),
        text("primary_file_microsoft_host", "primaryEndpoints.microsoftEndpoints.file").read_only().spelled(Spelling::Host),
        text("primary_queue_endpoint", "primaryEndpoints.queue").read_only(),
        text("primary_queue_host", "primaryEndpoints.queue").read_only().spelled(Spelling::Host),
        text("primary_queue_microsoft_endpoint", "primaryEndpoints.microsoftEndpoints.queue").read_only(),
        text("primary_queue_microsoft_host", "primaryEndpoints.microsoftEndpoints.queue").read_only().spelled(Spelling::Host),
        text("primary_table_endpoint", "primaryEndpoints.table").read_only(),
        text("primary_table_host", "primaryEndpoints.table").read_only().spelled(Spelling::Host),
        text("primary_table_microsoft_endpoint", "primaryEndpoints.microsoftEndpoints.table").read_only(),
        text("primary_table_microsoft_host", "primaryEndpoints.microsoftEndpoints.table").read_only().spelled(Spelling::Host),
        text("primary_web_endpoint", "primaryEndpoints.web").read_only(),
        text("primary_web_host", "primaryEndpoints.web").read_only().spelled(Spelling::Host),
        text("primary_web_internet_endpoint", "primaryEndpoints.internetEndpoints.web").read_only(),
        text("primary_web_internet_host", "primaryEndpoints.internetEndpoints.web").read_only().spelled(Spelling::Host),
        text("primary_web_microsoft_endpoint", "primaryEndpoints.microsoftEndpoints.web").read_only(),
        text("primary_web_microsoft_host", "primaryEndpoints.microsoftEndpoints.web").read_only().spelled(Spelling::Host),
        text("secondary_blob_endpoint", "secondaryEndpoints.blob").read_only(),
        text("secondary_blob_host", "secondaryEndpoints.blob").read_only().spelled(Spelling::Host),
        text("secondary_blob_internet_endpoint", "secondaryEndpoints.internetEndpoints.blob").read_only(),
        text("secondary_blob_internet_host", "secondaryEndpoints.internetEndpoints.blob").read_only().spelled(Spelling::Host),
        text("secondary_blob_microsoft_endpoint", "secondaryEndpoints.microsoftEndpoints.blob").read_only(),
        text("secondary_blob_microsoft_host", "secondaryEndpoints.microsoftEndpoints.blob").read_only().spelled(Spelling::Host),
        text("secondary_dfs_endpoint", "secondaryEndpoints.dfs").read_only(),
        text("secondary_dfs_host", "secondaryEndpoints.dfs").read_only().spelled(Spelling::Host),
        text("secondary_dfs_internet_endpoint", "secondaryEndpoints.internetEndpoints.dfs").read_only(),
        text("secondary_dfs_internet_host", "secondaryEndpoints.internetEndpoints.dfs").read_only().spelled(Spelling::Host),
        text("secondary_dfs_microsoft_endpoint", "secondaryEndpoints.microsoftEndpoints.dfs").read_only(),
        text("secondary_dfs_microsoft_host", "secondaryEndpoints.microsoftEndpoints.dfs").read_only().spelled(Spelling::Host),
        text("secondary_file_endpoint", "secondaryEndpoints.file").read_only(),
        text("secondary_file_host", "secondaryEndpoints.file").read_only().spelled(Spelling::Host),
        text("secondary_file_internet_endpoint", "secondaryEndpoints.internetEndpoints.file").read_only(),
        text("secondary_file_internet_host", "secondaryEndpoints.internetEndpoints.file").read_only().spelled(Spelling::Host),
        text("secondary_file_microsoft_endpoint", "secondaryEndpoints.microsoftEndpoints.file").read_only(),
        text("secondary_file_microsoft_host", "secondaryEndpoints.microsoftEndpoints.file").read_only().spelled(Spelling::Host),
        text("secondary_queue_endpoint", "secondaryEndpoints.queue").read_only(),
        text("secondary_queue_host", "secondaryEndpoints.queue").read_only().spelled(Spelling::Host),
        text("secondary_queue_microsoft_endpoint", "secondaryEndpoints.microsoftEndpoints.queue").read_only(),
        text("secondary_queue_microsoft_host", "secondaryEndpoints.microsoftEndpoints.queue").read_only().spelled(Spelling::Host),
        text("secondary_table_endpoint", "secondaryEndpoints.table").read_only(),
        text("secondary_table_host", "secondaryEndpoints.table").read_only().spelled(Spelling::Host),
        text("secondary_table_microsoft_endpoint", "secondaryEndpoints.microsoftEndpoints.table").read_only(),
        text("secondary_table_microsoft_host", "secondaryEndpoints.microsoftEndpoints.table").read_only().spelled(Spelling::Host),
        text("secondary_web_endpoint", "secondaryEndpoints.web").read_only(),
        text("secondary_web_host", "secondaryEndpoints.web").read_only().spelled(Spelling::Host),
        text("secondary_web_internet_endpoint", "secondaryEndpoints.internetEndpoints.web").read_only(),
        text("secondary_web_internet_host", "secondaryEndpoints.internetEndpoints.web").read_only().spelled(Spelling::Host),
        text("secondary_web_microsoft_endpoint", "secondaryEndpoints.microsoftEndpoints.web").read_only(),
        text("secondary_web_microsoft_host", "secondaryEndpoints.microsoftEndpoints.web").read_only().spelled(Spelling::Host),
        block("identity", "/identity", identities::BOTH_KINDS_OLDER).present_when(has_identity),
        text("primary_blob_connection_string", "").placed(Place::State).read_only().sensitive(),
        text("primary_connection_string", "").placed(Place::State).read_only().sensitive(),
        text("provisioned_billing_model_version", "/sku/billing").replaces().one_of(&["V2"]),
        text("secondary_blob_connection_string", "").placed(Place::State).read_only().sensitive(),
        text("secondary_connection_string", "").placed(Place::State).read_only().sensitive(),
        tags(),
        block("azure_files_authentication", "azureFilesIdentityBasedAuthentication", AZURE_FILES_AUTHENTICATION).present_when(|json| json["directoryServiceOptions"].as_str().is_some_and(|kind| kind != "None")),
    ],
    calls: &[Call::post("keys", "listKeys?$expand=kerb"), Call::part("blob", "blobServices/default").when(|body| body["kind"] != "FileStorage"), Call::part("file", "fileServices/default").when(|body| body["kind"] != "BlobStorage" && body["kind"] != "BlockBlobStorage")],
    groups: &[Group::Needs("blob_properties.0.restore_policy", &["blob_properties.0.delete_retention_policy"])],
    rules: &[cluster_rules::identity, storage_rules::kinds, storage_rules::directory],
    hooks: Hooks { keeps: Some(open_to_all), replaces: Some(storage_rules::replaces), refuses: Some(storage_rules::refuses), before_read: Some(split_sku), before_write: Some(join_sku), after_read: Some(connections), ..Hooks::NONE },
};

/// Rules that let everyone in are no rules.
fn open_to_all(name: &str, prior: &Value, planned: &Value) -> bool {
    let rules = |value: &Value| value.attribute(name).and_then(Value::as_slice).map(<[Value]>::to_vec);
    let nothing = |value: &Value| !value.is_known() || value.as_slice().is_none_or(<[Value]>::is_empty);
    let after = rules(planned);
    let (Some(before), Some([only])) = (rules(prior), after.as_deref()) else { return false };
    let open = only.attribute("default_action").and_then(Value::as_str) == Some("Allow");
    let lists = ["ip_rules", "virtual_network_subnet_ids", "private_link_access"];
    name == "network_rules"
        && before.is_empty()
        && open
        && lists.iter().all(|list| only.attribute(list).is_none_or(nothing))
}

/// ARM has tier and replication in one word, `Standard_LRS`.
pub(super) fn split_sku(document: &mut Json, _state: &Value) {
    let name = document["body"]["sku"]["name"].as_str().unwrap_or_default().to_owned();
    if let Some((_, replication)) = name.split_once('_') {
        let newer = name.split('_').next().is_some_and(|tier| tier.ends_with("V2"));
        document["body"]["sku"]["replication"] = json!(replication);
        document["body"]["sku"]["billing"] = json!(if newer { "V2" } else { "" });
    }
}

fn join_sku(document: &mut Json, writing: &Writing<'_>) {
    let text =
        |name: &str| writing.planned.attribute(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    if document["body"].get("sku").is_some() {
        let tier = text("account_tier");
        document["body"]["sku"] = json!({ "name": format!("{tier}{}_{}", text("provisioned_billing_model_version"), text("account_replication_type")), "tier": tier });
    }
    if document["body"]["properties"]["encryption"].get("keyvaultproperties").is_some_and(Json::is_null) {
        put(document, "encryption.keySource", json!("Microsoft.Storage"));
    }
    let creates = writing.prior.is_null();
    let own_key = at(document, "encryption.keyvaultproperties").is_some();
    if creates || own_key {
        let source = if own_key { "Microsoft.Keyvault" } else { "Microsoft.Storage" };
        put(document, "encryption.keySource", json!(source));
    }
    if text("access_tier").is_empty()
        && creates
        && matches!(text("account_kind").as_str(), "StorageV2" | "BlobStorage")
    {
        put(document, "accessTier", json!("Hot"));
    }
    for (key, path) in [
        ("blob", "deleteRetentionPolicy"),
        ("blob", "containerDeleteRetentionPolicy"),
        ("blob", "restorePolicy"),
        ("file", "shareDeleteRetentionPolicy"),
    ] {
        let policy = &mut document[key]["properties"][path];
        if policy.get("days").is_some() {
            policy["enabled"] = json!(true);
        } else if policy.is_null()
            && let Some(properties) = document[key]["properties"].as_object_mut()
        {
            properties.remove(path);
        }
    }
    for key in ["blob", "file"] {
        let hollow = document[key]["properties"].as_object().is_none_or(serde_json::Map::is_empty);
        if let Some(members) = document.as_object_mut().filter(|_| hollow) {
            members.remove(key);
        }
    }
}

/// The connection strings that azurerm makes of names, keys and endpoints.
pub(super) fn connections(values: &mut BTreeMap<Text, Value>, document: &Json, _id: &str) {
    let text = |values: &BTreeMap<Text, Value>, name: &str| {
        values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let account = text(values, "name");
    let host = text(values, "primary_blob_host");
    let suffix = host
        .split_once(".blob.")
        .map(|(_, suffix)| suffix.to_owned())
        .unwrap_or_else(|| "core.windows.net".to_owned());
    for (which, key) in [("primary", "primary_access_key"), ("secondary", "secondary_access_key")] {
        let key = text(values, key);
        let blob = text(values, &format!("{which}_blob_endpoint"));
        let whole = format!(
            "DefaultEndpointsProtocol=https;AccountName={account};AccountKey={key};EndpointSuffix={suffix}"
        );
        let of_blob = if blob.is_empty() {
            String::new()
        } else {
            format!(
                "DefaultEndpointsProtocol=https;BlobEndpoint={blob};AccountName={account};AccountKey={key}"
            )
        };
        if !key.is_empty() {
            values.insert(format!("{which}_connection_string").into(), Value::string(whole));
            values.insert(format!("{which}_blob_connection_string").into(), Value::string(of_blob));
        }
    }
    if document["body"]["kind"] == "FileStorage" {
        values.insert("access_tier".into(), Value::string(""));
    }
}
