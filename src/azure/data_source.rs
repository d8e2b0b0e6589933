//! Data sources: objects that are read by their names, and a few answers of their own.
//!
//! Never: a data source changes anything.

use std::collections::BTreeMap;

use aksel_lang::code::Code;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;
use aksel_provider::finding::Finding;
use aksel_provider::stop::Stop;
use serde_json::{Value as Json, json};

use crate::arm_client::{Method, Request};
use crate::arm_error::ArmError;
use crate::provider::data_source;
use crate::resource_id::ResourceId;
use crate::resource_type::{DataSource, identity};
use crate::schema::timeouts_type;
use crate::session::{AzureSession, Reading, value_of};

/// Reads a data source.
///
/// # Errors
/// When it is not found or cannot be read.
pub async fn read(
    session: &AzureSession,
    type_name: &str,
    config: &Value,
    stop: &Stop,
) -> Result<Value, Vec<Finding>> {
    let unknown = || {
        vec![Finding::error(Code::UnknownType, format!("the provider has no data source `{type_name}`"), "")]
    };
    let source = data_source(type_name).ok_or_else(unknown)?;
    let refused = |error: ArmError| vec![error.finding()];
    match type_name {
        "azurerm_client_config" => Ok(client_config(session, config)),
        "azurerm_subscription" => subscription(session, source, config, stop).await.map_err(refused),
        "azurerm_role_definition" => role_definition(session, source, config, stop).await,
        "azurerm_kubernetes_service_versions" => {
            versions(session, source, config, stop).await.map_err(refused)
        }
        "azurerm_resources" => crate::resource_list::read(session, source, config, stop).await,
        _ => by_name(session, source, config, stop).await,
    }
}

/// A value out of what was answered, with the timeouts that are written.
pub fn finished(source: &DataSource, document: Json, id: &ResourceId, config: &Value) -> Value {
    let reading =
        Reading { arm: source.arm, rows: source.attributes, calls: source.calls, hooks: source.hooks };
    let value = value_of(reading, document, id, config);
    let timeouts =
        config.attribute("timeouts").cloned().unwrap_or_else(|| Value::null(timeouts_type(&["read"])));
    with(value, [("timeouts", timeouts)])
}

fn with<const N: usize>(value: Value, more: [(&str, Value); N]) -> Value {
    let mut items: BTreeMap<Text, Value> = value.as_named().cloned().unwrap_or_default();
    items.extend(more.map(|(name, value)| (name.into(), value)));
    Value::object(items)
}

async fn by_name(
    session: &AzureSession,
    source: &DataSource,
    config: &Value,
    stop: &Stop,
) -> Result<Value, Vec<Finding>> {
    let subscription = &session.caller.subscription;
    let id = match source.hooks.identity {
        Some(hook) => hook(config, subscription),
        None => identity(source.arm, source.attributes, config, subscription),
    };
    let nameless =
        || vec![Finding::error(Code::MissingArgument, format!("`{}` needs a name", source.name), "")];
    let id: ResourceId = id.and_then(|id| id.parse().ok()).ok_or_else(nameless)?;
    let reading =
        Reading { arm: source.arm, rows: source.attributes, calls: source.calls, hooks: source.hooks };
    match session.read_object(reading, &id, config, stop).await {
        Ok(Some(value)) => {
            let timeouts = config.attribute("timeouts").cloned();
            Ok(with(value, [("timeouts", timeouts.unwrap_or_else(|| Value::null(timeouts_type(&["read"]))))]))
        }
        Ok(None) => Err(vec![
            Finding::error(
                Code::Arm,
                format!("{id} was not found"),
                "The data source reads what exists already.",
            )
            .help("check name and resource group, or make it a resource"),
        ]),
        Err(error) => Err(vec![error.finding()]),
    }
}

/// Who signs in; asks nobody.
fn client_config(session: &AzureSession, config: &Value) -> Value {
    let caller = &session.caller;
    let id = format!(
        "clientConfigs/clientId={};objectId={};subscriptionId={};tenantId={}",
        caller.client, caller.object, caller.subscription, caller.tenant
    );
    use base64::Engine as _;
    let id = base64::engine::general_purpose::STANDARD.encode(id);
    let text = |text: &str| Value::string(text);
    let timeouts =
        config.attribute("timeouts").cloned().unwrap_or_else(|| Value::null(timeouts_type(&["read"])));
    Value::object([
        ("client_id", text(&caller.client)),
        ("object_id", text(&caller.object)),
        ("subscription_id", text(&caller.subscription)),
        ("tenant_id", text(&caller.tenant)),
        ("id", text(&id)),
        ("timeouts", timeouts),
    ])
}

async fn subscription(
    session: &AzureSession,
    source: &DataSource,
    config: &Value,
    stop: &Stop,
) -> Result<Value, ArmError> {
    let written = config.attribute("subscription_id").and_then(Value::as_str).filter(|text| !text.is_empty());
    let name = written.unwrap_or(&session.caller.subscription).to_owned();
    let path = format!("/subscriptions/{name}");
    let answer =
        session.client()?.send(&Request::plain(Method::Get, path.clone(), source.arm.api), stop).await?;
    let id = path
        .parse::<ResourceId>()
        .map_err(|error| ArmError::refused(0, &json!({"message": error.to_string()}), &path))?;
    let value = finished(source, json!({ "body": answer.body }), &id, &Value::null(Type::Dynamic));
    Ok(with(value, [("subscription_id", Value::string(name))]))
}

/// A role by name or by id, on a scope or everywhere.
async fn role_definition(
    session: &AzureSession,
    source: &DataSource,
    config: &Value,
    stop: &Stop,
) -> Result<Value, Vec<Finding>> {
    let text = |name: &str| config.attribute(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (scope, name, guid) = (text("scope"), text("name"), text("role_definition_id"));
    let path = if guid.is_empty() {
        format!("{scope}/providers/Microsoft.Authorization/roleDefinitions?$filter=roleName eq '{name}'")
    } else {
        format!("{scope}/providers/Microsoft.Authorization/roleDefinitions/{guid}")
    };
    let refused = |error: ArmError| vec![error.finding()];
    let request = Request::plain(Method::Get, path, source.arm.api);
    let answer = session.client().map_err(refused)?.send(&request, stop).await.map_err(refused)?;
    let body = if guid.is_empty() { answer.body["value"][0].clone() } else { answer.body };
    let missing = || {
        vec![Finding::error(
            Code::Arm,
            format!("there is no role {name:?}"),
            format!("Asked: {}", request.asked()),
        )]
    };
    let id = body["id"].as_str().and_then(|id| id.parse::<ResourceId>().ok()).ok_or_else(missing)?;
    let guid = id.name().to_owned();
    let whole = id.to_string();
    let value = finished(source, json!({ "body": body }), &id, config);
    Ok(with(
        value,
        [
            ("role_definition_id", Value::string(guid)),
            ("role_definition_resource_id", Value::string(whole)),
            ("scope", Value::string(scope)),
        ],
    ))
}

/// The versions of Kubernetes that a region offers.
async fn versions(
    session: &AzureSession,
    source: &DataSource,
    config: &Value,
    stop: &Stop,
) -> Result<Value, ArmError> {
    let location = crate::spelling::normal_location(
        config.attribute("location").and_then(Value::as_str).unwrap_or_default(),
    );
    let subscription = &session.caller.subscription;
    let id =
        format!("/subscriptions/{subscription}/providers/Microsoft.ContainerService/locations/{location}");
    let request = Request::plain(Method::Get, format!("{id}/kubernetesVersions"), source.arm.api);
    let answer = session.client()?.send(&request, stop).await?;
    let previews = config.attribute("include_preview").and_then(Value::as_bool).unwrap_or(true);
    let prefix = config.attribute("version_prefix").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut found: Vec<(Vec<u64>, String)> = Vec::new();
    let mut default = None;
    for version in answer.body["values"].as_array().into_iter().flatten() {
        let preview = version["isPreview"] == true;
        for patch in version["patchVersions"].as_object().into_iter().flat_map(|patches| patches.keys()) {
            if (previews || !preview) && patch.starts_with(&prefix) {
                found.push((patch.split('.').filter_map(|part| part.parse().ok()).collect(), patch.clone()));
            }
        }
        if version["isDefault"] == true {
            let patches = version["patchVersions"].as_object().into_iter().flat_map(|patches| patches.keys());
            default = patches
                .max_by_key(|patch| {
                    patch.split('.').filter_map(|part| part.parse::<u64>().ok()).collect::<Vec<_>>()
                })
                .cloned();
        }
    }
    found.sort();
    let names: Vec<Value> = found.iter().map(|(_, name)| Value::string(name)).collect();
    let latest = found.last().map(|(_, name)| name.clone()).unwrap_or_default();
    let id: ResourceId = id.parse().map_err(|_| ArmError::refused(0, &Json::Null, &request.asked()))?;
    let value = finished(source, json!({ "body": {} }), &id, config);
    let include = config.attribute("include_preview").filter(|value| !value.is_null()).cloned();
    Ok(with(
        value,
        [
            ("location", Value::string(location)),
            ("include_preview", include.unwrap_or_else(|| true.into())),
            ("versions", Value::list(Type::String, names)),
            ("latest_version", Value::string(latest)),
            ("default_version", Value::string(default.unwrap_or_default())),
        ],
    ))
}
