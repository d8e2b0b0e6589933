//! What version 4 of azurerm had and version 5 does not: it is read, said to be unused, and sent nowhere.
//!
//! Invariant: a name is here only if no row has it as a former name.

/// Type, path within it, and what to do instead.
pub const DROPPED: &[(&str, &str, &str)] = &[
    ("azurerm_container_registry", "trust_policy_enabled", "Azure has retired content trust."),
    ("azurerm_federated_identity_credential", "resource_group_name", "It follows from the identity's id."),
    (
        "azurerm_key_vault",
        "contact",
        "Contacts are resources of their own: `azurerm_key_vault_certificate_contacts`.",
    ),
    ("azurerm_monitor_diagnostic_setting", "enabled_log.retention_policy", RETENTION),
    ("azurerm_monitor_diagnostic_setting", "enabled_metric.retention_policy", RETENTION),
    ("azurerm_monitor_diagnostic_setting", "enabled_metric.enabled", "A metric that is listed is enabled."),
    (
        "azurerm_storage_account",
        "queue_properties",
        "They are a resource of their own: `azurerm_storage_account_queue_properties`.",
    ),
    (
        "azurerm_storage_account",
        "static_website",
        "It is a resource of its own: `azurerm_storage_account_static_website`.",
    ),
    ("azurerm_storage_blob", "storage_account_name", "It follows from the container's id."),
];

const RETENTION: &str = "Azure has retired it: use `azurerm_storage_management_policy`.";
