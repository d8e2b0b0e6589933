//! `azurerm_key_vault` (data source) is `Microsoft.KeyVault/vaults`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.keyvault/2026-02-01/vaults>

use crate::resource_type::{Arm, DataSource, Hooks};
use crate::row::{Row, flag, id, name, objects, resource_group_name, tags, text, texts};
use crate::spelling::{ENABLED, Spelling};

/// The rows of `access_policy`.
pub const ACCESS_POLICY: &[Row] = &[
    text("tenant_id", "tenantId").read_only(),
    text("object_id", "objectId").read_only(),
    text("application_id", "applicationId").read_only(),
    texts("certificate_permissions", "permissions.certificates").read_only(),
    texts("key_permissions", "permissions.keys").read_only(),
    texts("secret_permissions", "permissions.secrets").read_only(),
    texts("storage_permissions", "permissions.storage").read_only(),
];

/// The rows of `network_acls`.
pub const NETWORK_ACLS: &[Row] = &[
    text("bypass", "bypass").read_only(),
    text("default_action", "defaultAction").read_only(),
    texts("ip_rules", "ipRules").read_only().spelled(Spelling::Each("value")),
    texts("virtual_network_subnet_ids", "virtualNetworkRules").read_only().spelled(Spelling::Each("id")),
];

/// A vault that exists.
pub const KEY_VAULT: DataSource = DataSource {
    name: "azurerm_key_vault",
    arm: Arm { kind: "Microsoft.KeyVault/vaults", api: "2026-02-01" },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        text("sku_name", "sku.name").read_only(),
        text("tenant_id", "tenantId").read_only(),
        text("vault_uri", "vaultUri").read_only(),
        flag("enabled_for_deployment", "enabledForDeployment").read_only(),
        flag("enabled_for_disk_encryption", "enabledForDiskEncryption").read_only(),
        flag("enabled_for_template_deployment", "enabledForTemplateDeployment").read_only(),
        flag("rbac_authorization_enabled", "enableRbacAuthorization").read_only(),
        flag("purge_protection_enabled", "enablePurgeProtection").read_only(),
        flag("public_network_access_enabled", "publicNetworkAccess").read_only().spelled(ENABLED),
        objects("access_policy", "accessPolicies", ACCESS_POLICY).read_only(),
        objects("network_acls", "networkAcls", NETWORK_ACLS).read_only().single(),
        text("location", "/location").spelled(Spelling::Location).read_only(),
        tags().read_only(),
    ],
    calls: &[],
    hooks: Hooks::NONE,
};
