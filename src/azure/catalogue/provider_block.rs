//! The provider block: credentials, the cloud and its features.
//!
//! Never: a default from the environment stands here; the settings read it.

use crate::row::{Place, Row, block, flag, text, texts};

const FEATURES_API_MANAGEMENT: &[Row] = &[
    flag("purge_soft_delete_on_destroy", "").placed(Place::State),
    flag("recover_soft_deleted", "").placed(Place::State),
];

const FEATURES_APP_CONFIGURATION: &[Row] = &[
    flag("purge_soft_delete_on_destroy", "").placed(Place::State),
    flag("recover_soft_deleted", "").placed(Place::State),
];

const FEATURES_APPLICATION_INSIGHTS: &[Row] = &[flag("disable_generated_rule", "").placed(Place::State)];

const FEATURES_COGNITIVE_ACCOUNT: &[Row] = &[flag("purge_soft_delete_on_destroy", "").placed(Place::State)];

const FEATURES_DATABRICKS_WORKSPACE: &[Row] = &[flag("force_delete", "").placed(Place::State)];

const FEATURES_ENHANCED_VALIDATION: &[Row] = &[
    flag("locations", "").placed(Place::State),
    flag("preflight_enabled", "").placed(Place::State),
    text("preflight_location_fallback", "").placed(Place::State),
    flag("resource_providers", "").placed(Place::State),
];

const FEATURES_KEY_VAULT: &[Row] = &[
    flag("purge_soft_delete_on_destroy", "").placed(Place::State),
    flag("purge_soft_deleted_certificates_on_destroy", "").placed(Place::State),
    flag("purge_soft_deleted_hardware_security_module_keys_on_destroy", "").placed(Place::State),
    flag("purge_soft_deleted_hardware_security_modules_on_destroy", "").placed(Place::State),
    flag("purge_soft_deleted_keys_on_destroy", "").placed(Place::State),
    flag("purge_soft_deleted_secrets_on_destroy", "").placed(Place::State),
    flag("recover_soft_deleted_certificates", "").placed(Place::State),
    flag("recover_soft_deleted_hardware_security_module_keys", "").placed(Place::State),
    flag("recover_soft_deleted_key_vaults", "").placed(Place::State),
    flag("recover_soft_deleted_keys", "").placed(Place::State),
    flag("recover_soft_deleted_secrets", "").placed(Place::State),
];

const FEATURES_LOG_ANALYTICS_WORKSPACE: &[Row] =
    &[flag("permanently_delete_on_destroy", "").placed(Place::State)];

const FEATURES_MACHINE_LEARNING: &[Row] =
    &[flag("purge_soft_deleted_workspace_on_destroy", "").placed(Place::State)];

const FEATURES_MANAGED_DISK: &[Row] = &[flag("expand_without_downtime", "").placed(Place::State)];

const FEATURES_NETAPP: &[Row] = &[
    flag("delete_backups_on_backup_vault_destroy", "").placed(Place::State),
    flag("prevent_volume_destruction", "").placed(Place::State),
];

const FEATURES_POSTGRESQL_FLEXIBLE_SERVER: &[Row] =
    &[flag("restart_server_on_configuration_value_change", "").placed(Place::State)];

const FEATURES_RECOVERY_SERVICE: &[Row] = &[
    flag("purge_protected_items_from_vault_on_destroy", "").placed(Place::State),
    flag("vm_backup_stop_protection_and_retain_data_on_destroy", "").placed(Place::State),
    flag("vm_backup_suspend_protection_and_retain_data_on_destroy", "").placed(Place::State),
];

const FEATURES_RECOVERY_SERVICES_VAULTS: &[Row] =
    &[flag("recover_soft_deleted_backup_protected_vm", "").placed(Place::State)];

const FEATURES_RESOURCE_GROUP: &[Row] =
    &[flag("prevent_deletion_if_contains_resources", "").placed(Place::State)];

const FEATURES_SERVICEBUS: &[Row] = &[flag("auto_delete_subscription_default_rule", "").placed(Place::State)];

const FEATURES_STORAGE: &[Row] = &[flag("data_plane_available", "").placed(Place::State)];

const FEATURES_SUBSCRIPTION: &[Row] = &[flag("prevent_cancellation_on_destroy", "").placed(Place::State)];

const FEATURES_TEMPLATE_DEPLOYMENT: &[Row] =
    &[flag("delete_nested_items_during_deletion", "").required().placed(Place::State)];

const FEATURES_VIRTUAL_MACHINE: &[Row] = &[
    flag("delete_os_disk_on_deletion", "").placed(Place::State),
    flag("detach_implicit_data_disk_on_deletion", "").placed(Place::State),
    flag("skip_shutdown_and_force_delete", "").placed(Place::State),
];

const FEATURES_VIRTUAL_MACHINE_SCALE_SET: &[Row] = &[
    flag("force_delete", "").placed(Place::State),
    flag("reimage_on_manual_upgrade", "").placed(Place::State),
    flag("roll_instances_when_required", "").placed(Place::State),
    flag("scale_to_zero_before_deletion", "").placed(Place::State),
];

const FEATURES: &[Row] = &[
    block("api_management", "", FEATURES_API_MANAGEMENT).placed(Place::State),
    block("app_configuration", "", FEATURES_APP_CONFIGURATION).placed(Place::State),
    block("application_insights", "", FEATURES_APPLICATION_INSIGHTS).placed(Place::State),
    block("cognitive_account", "", FEATURES_COGNITIVE_ACCOUNT).placed(Place::State),
    block("databricks_workspace", "", FEATURES_DATABRICKS_WORKSPACE).placed(Place::State),
    block("enhanced_validation", "", FEATURES_ENHANCED_VALIDATION).placed(Place::State),
    block("key_vault", "", FEATURES_KEY_VAULT).placed(Place::State),
    block("log_analytics_workspace", "", FEATURES_LOG_ANALYTICS_WORKSPACE).placed(Place::State),
    block("machine_learning", "", FEATURES_MACHINE_LEARNING).placed(Place::State),
    block("managed_disk", "", FEATURES_MANAGED_DISK).placed(Place::State),
    block("netapp", "", FEATURES_NETAPP).placed(Place::State),
    flag("persist_id_on_create_before_polling_for_completion", "").placed(Place::State),
    block("postgresql_flexible_server", "", FEATURES_POSTGRESQL_FLEXIBLE_SERVER).placed(Place::State),
    block("recovery_service", "", FEATURES_RECOVERY_SERVICE).placed(Place::State),
    block("recovery_services_vaults", "", FEATURES_RECOVERY_SERVICES_VAULTS).placed(Place::State),
    block("resource_group", "", FEATURES_RESOURCE_GROUP).placed(Place::State),
    block("servicebus", "", FEATURES_SERVICEBUS).placed(Place::State),
    flag("skip_import_check_on_create_and_allow_overwriting_existing_resources", "").placed(Place::State),
    block("storage", "", FEATURES_STORAGE).placed(Place::State),
    block("subscription", "", FEATURES_SUBSCRIPTION).placed(Place::State),
    block("template_deployment", "", FEATURES_TEMPLATE_DEPLOYMENT).placed(Place::State),
    block("virtual_machine", "", FEATURES_VIRTUAL_MACHINE).placed(Place::State),
    block("virtual_machine_scale_set", "", FEATURES_VIRTUAL_MACHINE_SCALE_SET).placed(Place::State),
];

/// The block `provider "azurerm"`.
pub const PROVIDER: &[Row] = &[
    text("ado_pipeline_service_connection_id", "").placed(Place::State),
    texts("auxiliary_tenant_ids", "").placed(Place::State),
    text("client_certificate", "").sensitive().placed(Place::State),
    text("client_certificate_password", "").sensitive().placed(Place::State),
    text("client_certificate_path", "").placed(Place::State),
    text("client_id", "").placed(Place::State),
    text("client_id_file_path", "").placed(Place::State),
    text("client_secret", "").sensitive().placed(Place::State),
    text("client_secret_file_path", "").placed(Place::State),
    flag("disable_correlation_request_id", "").placed(Place::State),
    flag("disable_terraform_partner_id", "").placed(Place::State),
    text("environment", "").placed(Place::State),
    block("features", "", FEATURES).at_least(1).placed(Place::State),
    text("metadata_host", "").placed(Place::State),
    text("msi_api_version", "").placed(Place::State),
    text("msi_endpoint", "").placed(Place::State),
    text("oidc_request_token", "").sensitive().placed(Place::State),
    text("oidc_request_url", "").placed(Place::State),
    text("oidc_token", "").sensitive().placed(Place::State),
    text("oidc_token_file_path", "").placed(Place::State),
    text("partner_id", "").placed(Place::State),
    text("resource_provider_registrations", "").placed(Place::State),
    texts("resource_providers_to_register", "").placed(Place::State),
    flag("storage_use_azuread", "").placed(Place::State),
    text("subscription_id", "").placed(Place::State),
    text("tenant_id", "").placed(Place::State),
    flag("use_aks_workload_identity", "").placed(Place::State),
    flag("use_cli", "").placed(Place::State),
    flag("use_msi", "").placed(Place::State),
    flag("use_oidc", "").placed(Place::State),
];
