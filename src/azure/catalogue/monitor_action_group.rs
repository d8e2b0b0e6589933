//! `azurerm_monitor_action_group` is `Microsoft.Insights/actionGroups`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.insights/2023-01-01/actiongroups>

use crate::resource_type::{Arm, Hooks, Minutes, ResourceType, Writing};
use crate::row::{Row, block, blocks, flag, id, name, resource_group_name, tags, text};
use crate::spelling::Spelling;
use aksel_lang::value::Value;
use serde_json::Value as Json;
use serde_json::json;

/// The rows of `email_receiver`.
pub const EMAIL_RECEIVER: &[Row] = &[
    text("name", "name").required(),
    text("email_address", "emailAddress").required(),
    flag("use_common_alert_schema", "useCommonAlertSchema"),
];

/// The rows of `itsm_receiver`.
pub const ITSM_RECEIVER: &[Row] = &[
    text("name", "name").required(),
    text("workspace_id", "workspaceId").required(),
    text("connection_id", "connectionId").required(),
    text("ticket_configuration", "ticketConfiguration").required(),
    text("region", "region").required().spelled(Spelling::Location),
];

/// The rows of `azure_app_push_receiver`.
pub const AZURE_APP_PUSH_RECEIVER: &[Row] =
    &[text("name", "name").required(), text("email_address", "emailAddress").required()];

/// The rows of `sms_receiver`.
pub const SMS_RECEIVER: &[Row] = &[
    text("name", "name").required(),
    text("country_code", "countryCode").required(),
    text("phone_number", "phoneNumber").required(),
];

/// The rows of `webhook_receiver_aad_auth`.
pub const WEBHOOK_RECEIVER_AAD_AUTH: &[Row] = &[
    text("object_id", "objectId").required(),
    text("identifier_uri", "identifierUri").computed(),
    text("tenant_id", "tenantId").computed(),
];

/// The rows of `webhook_receiver`.
pub const WEBHOOK_RECEIVER: &[Row] = &[
    text("name", "name").required(),
    text("service_uri", "serviceUri").required(),
    flag("use_common_alert_schema", "useCommonAlertSchema"),
    block("aad_auth", "auth", WEBHOOK_RECEIVER_AAD_AUTH),
];

/// The rows of `automation_runbook_receiver`.
pub const AUTOMATION_RUNBOOK_RECEIVER: &[Row] = &[
    text("name", "name").required(),
    text("automation_account_id", "automationAccountId").required().spelled(Spelling::Id),
    text("runbook_name", "runbookName").required(),
    text("webhook_resource_id", "webhookResourceId").required().spelled(Spelling::Id),
    flag("is_global_runbook", "isGlobalRunbook").required(),
    text("service_uri", "serviceUri").required(),
    flag("use_common_alert_schema", "useCommonAlertSchema").default_flag(false),
];

/// The rows of `voice_receiver`.
pub const VOICE_RECEIVER: &[Row] = &[
    text("name", "name").required(),
    text("country_code", "countryCode").required(),
    text("phone_number", "phoneNumber").required(),
];

/// The rows of `logic_app_receiver`.
pub const LOGIC_APP_RECEIVER: &[Row] = &[
    text("name", "name").required(),
    text("resource_id", "resourceId").required().spelled(Spelling::Id),
    text("callback_url", "callbackUrl").required(),
    flag("use_common_alert_schema", "useCommonAlertSchema"),
];

/// The rows of `azure_function_receiver`.
pub const AZURE_FUNCTION_RECEIVER: &[Row] = &[
    text("name", "name").required(),
    text("function_app_resource_id", "functionAppResourceId").required().spelled(Spelling::Id),
    text("function_name", "functionName").required(),
    text("http_trigger_url", "httpTriggerUrl").required(),
    flag("use_common_alert_schema", "useCommonAlertSchema"),
];

/// The rows of `arm_role_receiver`.
pub const ARM_ROLE_RECEIVER: &[Row] = &[
    text("name", "name").required(),
    text("role_id", "roleId").required(),
    flag("use_common_alert_schema", "useCommonAlertSchema"),
];

/// The rows of `event_hub_receiver`.
pub const EVENT_HUB_RECEIVER: &[Row] = &[
    text("name", "name").required(),
    text("event_hub_namespace", "eventHubNameSpace").required(),
    text("event_hub_name", "eventHubName").required(),
    text("subscription_id", "subscriptionId").computed(),
    text("tenant_id", "tenantId").computed(),
    flag("use_common_alert_schema", "useCommonAlertSchema"),
];

/// Who is told when an alert fires.
pub const MONITOR_ACTION_GROUP: ResourceType = ResourceType {
    name: "azurerm_monitor_action_group",
    arm: Arm { kind: "Microsoft.Insights/actionGroups", api: "2023-01-01" },
    schema_version: 1,
    minutes: Minutes { create: 30, read: 5, update: 30, delete: 30 },
    attributes: &[
        id(),
        name(),
        resource_group_name(),
        text("location", "/location").default_text("global").replaces().spelled(Spelling::Location),
        text("short_name", "groupShortName").required().matching(r"^.{1,12}$", "between 1 and 12 characters"),
        flag("enabled", "enabled").default_flag(true),
        blocks("email_receiver", "emailReceivers", EMAIL_RECEIVER),
        blocks("itsm_receiver", "itsmReceivers", ITSM_RECEIVER),
        blocks("azure_app_push_receiver", "azureAppPushReceivers", AZURE_APP_PUSH_RECEIVER),
        blocks("sms_receiver", "smsReceivers", SMS_RECEIVER),
        blocks("webhook_receiver", "webhookReceivers", WEBHOOK_RECEIVER),
        blocks("automation_runbook_receiver", "automationRunbookReceivers", AUTOMATION_RUNBOOK_RECEIVER),
        blocks("voice_receiver", "voiceReceivers", VOICE_RECEIVER),
        blocks("logic_app_receiver", "logicAppReceivers", LOGIC_APP_RECEIVER),
        blocks("azure_function_receiver", "azureFunctionReceivers", AZURE_FUNCTION_RECEIVER),
        blocks("arm_role_receiver", "armRoleReceivers", ARM_ROLE_RECEIVER),
        blocks("event_hub_receiver", "eventHubReceivers", EVENT_HUB_RECEIVER),
        tags(),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks { before_read: Some(shape), before_write: Some(complete), ..Hooks::NONE },
};

/// What a webhook's caller signs in with is one block.
fn shape(document: &mut Json, _state: &Value) {
    let receivers = document.pointer_mut("/body/properties/webhookReceivers").and_then(Json::as_array_mut);
    for receiver in receivers.into_iter().flatten().filter(|receiver| receiver["useAadAuth"] == true) {
        let part = |name: &str| receiver[name].clone();
        let auth = json!({
            "objectId": part("objectId"),
            "identifierUri": part("identifierUri"),
            "tenantId": part("tenantId"),
        });
        receiver["auth"] = auth;
    }
}

fn complete(document: &mut Json, writing: &Writing<'_>) {
    let hubs = document.pointer_mut("/body/properties/eventHubReceivers").and_then(Json::as_array_mut);
    for hub in hubs.into_iter().flatten().filter(|hub| hub["subscriptionId"].is_null()) {
        hub["subscriptionId"] = json!(writing.subscription);
    }
    let receivers = document.pointer_mut("/body/properties/webhookReceivers").and_then(Json::as_array_mut);
    for receiver in receivers.into_iter().flatten().filter(|receiver| receiver["auth"].is_object()) {
        let auth = receiver["auth"].take();
        receiver["useAadAuth"] = json!(true);
        for name in
            ["objectId", "identifierUri", "tenantId"].into_iter().filter(|name| !auth[*name].is_null())
        {
            receiver[name] = auth[name].clone();
        }
        if let Some(members) = receiver.as_object_mut() {
            members.remove("auth");
        }
    }
}
