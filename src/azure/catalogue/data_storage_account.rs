//! `azurerm_storage_account` (data source) is `Microsoft.Storage/storageAccounts`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.storage/2025-08-01/storageaccounts>

use crate::catalogue::identities;
use crate::catalogue::rules::has_identity;
use crate::catalogue::storage_account::{connections, split_sku};
use crate::resource_type::{Arm, Call, DataSource, Hooks};
use crate::row::{Place, Row, flag, id, name, object, objects, resource_group_name, tags, text, texts};
use crate::spelling::Spelling;

/// The rows of `custom_domain`.
pub const CUSTOM_DOMAIN: &[Row] = &[text("name", "name").read_only()];

/// The rows of `identity`.
pub const IDENTITY: &[Row] = &[
    text("type", "type").read_only().spelled(identities::WITHOUT_BLANK),
    texts("identity_ids", "userAssignedIdentities").read_only().spelled(Spelling::Keys),
    text("principal_id", "principalId").read_only(),
    text("tenant_id", "tenantId").read_only(),
];

/// The rows of `azure_files_authentication.active_directory`.
pub const AZURE_FILES_AUTHENTICATION_ACTIVE_DIRECTORY: &[Row] = &[
    text("domain_guid", "domainGuid").read_only(),
    text("domain_name", "domainName").read_only(),
    text("domain_sid", "domainSid").read_only(),
    text("forest_name", "forestName").read_only(),
    text("netbios_domain_name", "netBiosDomainName").read_only(),
    text("storage_sid", "azureStorageSid").read_only(),
];

/// The rows of `azure_files_authentication`.
pub const AZURE_FILES_AUTHENTICATION: &[Row] = &[
    objects("active_directory", "activeDirectoryProperties", AZURE_FILES_AUTHENTICATION_ACTIVE_DIRECTORY)
        .single()
        .read_only(),
    text("default_share_level_permission", "defaultSharePermission").read_only(),
    text("directory_type", "directoryServiceOptions").read_only(),
];

/// A storage account that exists.
pub const STORAGE_ACCOUNT: DataSource = DataSource {
    name: "azurerm_storage_account",
    arm: Arm { kind: "Microsoft.Storage/storageAccounts", api: "2025-08-01" },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        text("location", "/location").spelled(Spelling::Location).read_only(),
        text("account_kind", "/kind").read_only().one_of(&[
            "Storage",
            "BlobStorage",
            "BlockBlobStorage",
            "FileStorage",
            "StorageV2",
        ]),
        text("account_tier", "/sku/tier").read_only().one_of(&["Standard", "Premium"]),
        text("account_replication_type", "/sku/replication")
            .read_only()
            .one_of(&["LRS", "ZRS", "GRS", "RAGRS", "GZRS", "RAGZRS"]),
        text("access_tier", "accessTier").read_only().one_of(&["Hot", "Cool", "Cold", "Premium"]),
        flag("allow_nested_items_to_be_public", "allowBlobPublicAccess").read_only(),
        text("dns_endpoint_type", "dnsEndpointType").read_only().one_of(&["Standard", "AzureDnsZone"]),
        flag("infrastructure_encryption_enabled", "encryption.requireInfrastructureEncryption").read_only(),
        text("queue_encryption_key_type", "encryption.services.queue.keyType")
            .read_only()
            .one_of(&["Account", "Service"]),
        text("table_encryption_key_type", "encryption.services.table.keyType")
            .read_only()
            .one_of(&["Account", "Service"]),
        flag("is_hns_enabled", "isHnsEnabled").read_only(),
        flag("nfsv3_enabled", "isNfsV3Enabled").read_only(),
        text("min_tls_version", "minimumTlsVersion").one_of(&["TLS1_2"]),
        flag("https_traffic_only_enabled", "supportsHttpsTrafficOnly").read_only(),
        text("primary_location", "primaryLocation").read_only(),
        text("secondary_location", "secondaryLocation").read_only(),
        text("primary_access_key", "keys:/keys/0/value").read_only().sensitive(),
        text("secondary_access_key", "keys:/keys/1/value").read_only().sensitive(),
        object("custom_domain", "customDomain", CUSTOM_DOMAIN).read_only(),
        text("primary_blob_endpoint", "primaryEndpoints.blob").read_only(),
        text("primary_blob_host", "primaryEndpoints.blob").read_only().spelled(Spelling::Host),
        text("primary_blob_internet_endpoint", "primaryEndpoints.internetEndpoints.blob").read_only(),
        text("primary_blob_internet_host", "primaryEndpoints.internetEndpoints.blob")
            .read_only()
            .spelled(Spelling::Host),
        text("primary_blob_microsoft_endpoint", "primaryEndpoints.microsoftEndpoints.blob").read_only(),
        text("primary_blob_microsoft_host", "primaryEndpoints.microsoftEndpoints.blob")
            .read_only()
            .spelled(Spelling::Host),
        text("primary_dfs_endpoint", "primaryEndpoints.dfs").read_only(),
        text("primary_dfs_host", "primaryEndpoints.dfs").read_only().spelled(Spelling::Host),
        text("primary_dfs_internet_endpoint", "primaryEndpoints.internetEndpoints.dfs").read_only(),
        text("primary_dfs_internet_host", "primaryEndpoints.internetEndpoints.dfs")
            .read_only()
            .spelled(Spelling::Host),
        text("primary_dfs_microsoft_endpoint", "primaryEndpoints.microsoftEndpoints.dfs").read_only(),
        text("primary_dfs_microsoft_host", "primaryEndpoints.microsoftEndpoints.dfs")
            .read_only()
            .spelled(Spelling::Host),
        text("primary_file_endpoint", "primaryEndpoints.file").read_only(),
        text("primary_file_host", "primaryEndpoints.file").read_only().spelled(Spelling::Host),
        text("primary_file_internet_endpoint", "primaryEndpoints.internetEndpoints.file").read_only(),
        text("primary_file_internet_host", "primaryEndpoints.internetEndpoints.file")
            .read_only()
            .spelled(Spelling::Host),
        text("primary_file_microsoft_endpoint", "primaryEndpoints.microsoftEndpoints.file").read_only(),
        text("primary_file_microsoft_host", "primaryEndpoints.microsoftEndpoints.file")
            .read_only()
            .spelled(Spelling::Host),
        text("primary_queue_endpoint", "primaryEndpoints.queue").read_only(),
        text("primary_queue_host", "primaryEndpoints.queue").read_only().spelled(Spelling::Host),
        text("primary_queue_microsoft_endpoint", "primaryEndpoints.microsoftEndpoints.queue").read_only(),
        text("primary_queue_microsoft_host", "primaryEndpoints.microsoftEndpoints.queue")
            .read_only()
            .spelled(Spelling::Host),
        text("primary_table_endpoint", "primaryEndpoints.table").read_only(),
        text("primary_table_host", "primaryEndpoints.table").read_only().spelled(Spelling::Host),
        text("primary_table_microsoft_endpoint", "primaryEndpoints.microsoftEndpoints.table").read_only(),
        text("primary_table_microsoft_host", "primaryEndpoints.microsoftEndpoints.table")
            .read_only()
            .spelled(Spelling::Host),
        text("primary_web_endpoint", "primaryEndpoints.web").read_only(),
        text("primary_web_host", "primaryEndpoints.web").read_only().spelled(Spelling::Host),
        text("primary_web_internet_endpoint", "primaryEndpoints.internetEndpoints.web").read_only(),
        text("primary_web_internet_host", "primaryEndpoints.internetEndpoints.web")
            .read_only()
            .spelled(Spelling::Host),
        text("primary_web_microsoft_endpoint", "primaryEndpoints.microsoftEndpoints.web").read_only(),
        text("primary_web_microsoft_host", "primaryEndpoints.microsoftEndpoints.web")
            .read_only()
            .spelled(Spelling::Host),
        text("secondary_blob_endpoint", "secondaryEndpoints.blob").read_only(),
        text("secondary_blob_host", "secondaryEndpoints.blob").read_only().spelled(Spelling::Host),
        text("secondary_blob_internet_endpoint", "secondaryEndpoints.internetEndpoints.blob").read_only(),
        text("secondary_blob_internet_host", "secondaryEndpoints.internetEndpoints.blob")
            .read_only()
            .spelled(Spelling::Host),
        text("secondary_blob_microsoft_endpoint", "secondaryEndpoints.microsoftEndpoints.blob").read_only(),
        text("secondary_blob_microsoft_host", "secondaryEndpoints.microsoftEndpoints.blob")
            .read_only()
            .spelled(Spelling::Host),
        text("secondary_dfs_endpoint", "secondaryEndpoints.dfs").read_only(),
        text("secondary_dfs_host", "secondaryEndpoints.dfs").read_only().spelled(Spelling::Host),
        text("secondary_dfs_internet_endpoint", "secondaryEndpoints.internetEndpoints.dfs").read_only(),
        text("secondary_dfs_internet_host", "secondaryEndpoints.internetEndpoints.dfs")
            .read_only()
            .spelled(Spelling::Host),
        text("secondary_dfs_microsoft_endpoint", "secondaryEndpoints.microsoftEndpoints.dfs").read_only(),
        text("secondary_dfs_microsoft_host", "secondaryEndpoints.microsoftEndpoints.dfs")
            .read_only()
            .spelled(Spelling::Host),
        text("secondary_file_endpoint", "secondaryEndpoints.file").read_only(),
        text("secondary_file_host", "secondaryEndpoints.file").read_only().spelled(Spelling::Host),
        text("secondary_file_internet_endpoint", "secondaryEndpoints.internetEndpoints.file").read_only(),
        text("secondary_file_internet_host", "secondaryEndpoints.internetEndpoints.file")
            .read_only()
            .spelled(Spelling::Host),
        text("secondary_file_microsoft_endpoint", "secondaryEndpoints.microsoftEndpoints.file").read_only(),
        text("secondary_file_microsoft_host", "secondaryEndpoints.microsoftEndpoints.file")
            .read_only()
            .spelled(Spelling::Host),
        text("secondary_queue_endpoint", "secondaryEndpoints.queue").read_only(),
        text("secondary_queue_host", "secondaryEndpoints.queue").read_only().spelled(Spelling::Host),
        text("secondary_queue_microsoft_endpoint", "secondaryEndpoints.microsoftEndpoints.queue").read_only(),
        text("secondary_queue_microsoft_host", "secondaryEndpoints.microsoftEndpoints.queue")
            .read_only()
            .spelled(Spelling::Host),
        text("secondary_table_endpoint", "secondaryEndpoints.table").read_only(),
        text("secondary_table_host", "secondaryEndpoints.table").read_only().spelled(Spelling::Host),
        text("secondary_table_microsoft_endpoint", "secondaryEndpoints.microsoftEndpoints.table").read_only(),
        text("secondary_table_microsoft_host", "secondaryEndpoints.microsoftEndpoints.table")
            .read_only()
            .spelled(Spelling::Host),
        text("secondary_web_endpoint", "secondaryEndpoints.web").read_only(),
        text("secondary_web_host", "secondaryEndpoints.web").read_only().spelled(Spelling::Host),
        text("secondary_web_internet_endpoint", "secondaryEndpoints.internetEndpoints.web").read_only(),
        text("secondary_web_internet_host", "secondaryEndpoints.internetEndpoints.web")
            .read_only()
            .spelled(Spelling::Host),
        text("secondary_web_microsoft_endpoint", "secondaryEndpoints.microsoftEndpoints.web").read_only(),
        text("secondary_web_microsoft_host", "secondaryEndpoints.microsoftEndpoints.web")
            .read_only()
            .spelled(Spelling::Host),
        object("identity", "/identity", IDENTITY).read_only().present_when(has_identity),
        objects(
            "azure_files_authentication",
            "azureFilesIdentityBasedAuthentication",
            AZURE_FILES_AUTHENTICATION,
        )
        .single()
        .present_when(|json| json["directoryServiceOptions"].as_str().is_some_and(|kind| kind != "None"))
        .read_only(),
        text("primary_blob_connection_string", "").placed(Place::State).read_only().sensitive(),
        text("primary_connection_string", "").placed(Place::State).read_only().sensitive(),
        text("secondary_blob_connection_string", "").placed(Place::State).read_only().sensitive(),
        text("secondary_connection_string", "").placed(Place::State).read_only().sensitive(),
        tags().read_only(),
    ],
    calls: &[Call::post("keys", "listKeys?$expand=kerb")],
    hooks: Hooks { before_read: Some(split_sku), after_read: Some(connections), ..Hooks::NONE },
};
