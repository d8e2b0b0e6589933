//! `azurerm_application_insights` is `Microsoft.Insights/components`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.insights/2020-02-02/components>

use crate::catalogue::other_rules;
use crate::document::put;
use crate::resource_type::{Arm, Call, Hooks, Minutes, ResourceType, Writing};
use crate::row::{Was, flag, id, location, name, number, resource_group_name, tags, text};
use crate::spelling::{ENABLED, Spelling};
use aksel_lang::value::Value;
use serde_json::Value as Json;
use serde_json::json;

/// What applications tell of themselves.
pub const APPLICATION_INSIGHTS: ResourceType = ResourceType {
    name: "azurerm_application_insights",
    arm: Arm { kind: "Microsoft.Insights/components", api: "2020-02-02" },
    schema_version: 2,
    minutes: Minutes { create: 60, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        location(),
        text("application_type", "Application_Type")
            .one_of(&["web", "other", "java", "MobileCenter", "phone", "store", "ios", "Node.JS"])
            .required()
            .replaces(),
        flag("ip_masking_enabled", "DisableIpMasking")
            .formerly(&[("disable_ip_masking", Was::Inverted)])
            .default_flag(true)
            .spelled(Spelling::Inverted),
        flag("local_authentication_enabled", "DisableLocalAuth")
            .formerly(&[("local_authentication_disabled", Was::Inverted)])
            .default_flag(true)
            .spelled(Spelling::Inverted),
        flag("force_customer_storage_for_profiler", "ForceCustomerStorageForProfiler").default_flag(false),
        flag("internet_ingestion_enabled", "publicNetworkAccessForIngestion")
            .default_flag(true)
            .spelled(ENABLED),
        flag("internet_query_enabled", "publicNetworkAccessForQuery").default_flag(true).spelled(ENABLED),
        number("retention_in_days", "RetentionInDays")
            .one_number(&[30, 60, 90, 120, 180, 270, 365, 550, 730])
            .default_number(90),
        number("sampling_percentage", "SamplingPercentage").between(0, 100).default_number(100).or_default(),
        text("workspace_id", "WorkspaceResourceId").computed().spelled(Spelling::Id),
        text("app_id", "AppId").read_only(),
        text("connection_string", "ConnectionString").read_only().sensitive(),
        text("instrumentation_key", "InstrumentationKey").read_only().sensitive(),
        number("daily_data_cap_in_gb", "billing:/DataVolumeCap/Cap")
            .at_the_least(0)
            .default_number(100)
            .or_default(),
        flag("daily_data_cap_notifications_enabled", "billing:/DataVolumeCap/StopSendNotificationWhenHitCap")
            .formerly(&[("daily_data_cap_notifications_disabled", Was::Inverted)])
            .default_flag(true)
            .or_default()
            .spelled(Spelling::Inverted),
        tags(),
    ],
    calls: &[Call::part("billing", "currentbillingfeatures").at("2015-05-01")],
    groups: &[],
    rules: &[],
    hooks: Hooks { refuses: Some(other_rules::untied), before_write: Some(complete), ..Hooks::NONE },
};

/// The kind and the application's id follow from what is written.
fn complete(document: &mut Json, writing: &Writing<'_>) {
    if writing.prior.is_null() {
        let text = |name: &str| {
            writing.planned.attribute(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        put(document, "/kind", json!(text("application_type")));
        put(document, "ApplicationId", json!(text("name")));
        // What the service begins with needs no request.
        let cap = &document["billing"]["DataVolumeCap"];
        let usual = cap["Cap"] == 100 && cap["StopSendNotificationWhenHitCap"] == false;
        if let Some(members) = document.as_object_mut().filter(|_| usual) {
            members.remove("billing");
        }
    }
}
