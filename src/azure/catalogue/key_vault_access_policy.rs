//! `azurerm_key_vault_access_policy` is one of the policies of a `Microsoft.KeyVault/vaults`.
//!
//! Source: <https://learn.microsoft.com/azure/templates/microsoft.keyvault/2026-02-01/vaults>
//!
//! Invariant: a vault's other policies stay as they are: one is added, replaced or removed by itself.

use crate::catalogue::rules::said;
use crate::resource_type::{Arm, HALF_AN_HOUR, Hooks, ResourceType};
use crate::row::{Form, Place, Row, id, text, texts};
use crate::spelling::Spelling;
use crate::steps::{Step, StepInput};
use aksel_lang::types::{Text, Type};
use aksel_lang::value::Value;
use aksel_state::intent::Deed;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The attribute and the member of each kind of permissions.
const KINDS: [(&str, &str); 4] = [
    ("certificate_permissions", "certificates"),
    ("key_permissions", "keys"),
    ("secret_permissions", "secrets"),
    ("storage_permissions", "storage"),
];

const fn of_vault(row: Row) -> Row {
    row.placed(Place::State)
}

/// What somebody may do with what is in a vault.
pub const KEY_VAULT_ACCESS_POLICY: ResourceType = ResourceType {
    name: "azurerm_key_vault_access_policy",
    arm: Arm { kind: "Microsoft.KeyVault/vaults", api: "2026-02-01" },
    schema_version: 0,
    minutes: HALF_AN_HOUR,
    attributes: &[
        id(),
        of_vault(text("key_vault_id", "")).required().replaces().spelled(Spelling::Id),
        of_vault(text("tenant_id", "")).required().replaces().formed(Form::Uuid),
        of_vault(text("object_id", "")).required().replaces().formed(Form::Uuid),
        of_vault(text("application_id", "")).replaces().formed(Form::Uuid),
        of_vault(texts("certificate_permissions", "")),
        of_vault(texts("key_permissions", "")),
        of_vault(texts("secret_permissions", "")),
        of_vault(texts("storage_permissions", "")),
    ],
    calls: &[],
    groups: &[],
    rules: &[],
    hooks: Hooks {
        identity: Some(identity),
        state_id: Some(vault_of),
        gone: Some(gone),
        after_read: Some(read),
        steps: Some(steps),
        lane: Some(lane),
        ..Hooks::NONE
    },
};

fn identity(planned: &Value, _subscription: &str) -> Option<String> {
    let (vault, object) = (said(planned, "key_vault_id")?, said(planned, "object_id")?);
    let application = said(planned, "application_id").map(|id| format!("/applicationId/{id}"));
    Some(format!("{vault}/objectId/{object}{}", application.unwrap_or_default()))
}

fn vault_of(id: &str) -> String {
    id.split("/objectId/").next().unwrap_or(id).to_owned()
}

/// The policy in a vault that an id names.
fn policy<'a>(vault: &'a Json, id: &str) -> Option<&'a Json> {
    let (_, whose) = id.split_once("/objectId/")?;
    let (object, application) = whose.split_once("/applicationId/").unwrap_or((whose, ""));
    let same = |json: &Json, wanted: &str| json.as_str().unwrap_or_default().eq_ignore_ascii_case(wanted);
    let policies = vault["properties"]["accessPolicies"].as_array()?;
    policies.iter().find(|one| same(&one["objectId"], object) && same(&one["applicationId"], application))
}

fn gone(vault: &Json, id: &str) -> bool {
    policy(vault, id).is_none()
}

/// Vaults are changed one write at a time.
fn lane(planned: &Value) -> Option<String> {
    said(planned, "key_vault_id").map(str::to_owned)
}

fn read(values: &mut BTreeMap<Text, Value>, document: &Json, id: &str) {
    let Some(policy) = policy(&document["body"], id) else { return };
    let text = |name: &str| Value::string(policy[name].as_str().unwrap_or_default());
    let vault = vault_of(id);
    let known = values.get("key_vault_id").and_then(Value::as_str).map(str::to_owned);
    let vault = known.filter(|known| known.eq_ignore_ascii_case(&vault)).unwrap_or(vault);
    values.insert("key_vault_id".into(), Value::string(vault));
    for (attribute, member) in
        [("tenant_id", "tenantId"), ("object_id", "objectId"), ("application_id", "applicationId")]
    {
        values.insert(attribute.into(), text(member));
    }
    for (attribute, member) in KINDS {
        let may = policy["permissions"][member].as_array().into_iter().flatten().filter_map(Json::as_str);
        values
            .insert(attribute.into(), Value::list(Type::String, may.map(Value::string).collect::<Vec<_>>()));
    }
}

fn written(policy: &Value) -> Json {
    let may = |attribute: &str| -> Vec<Json> {
        let items = policy.attribute(attribute).and_then(Value::as_slice).unwrap_or_default();
        items.iter().filter_map(Value::as_str).map(Json::from).collect()
    };
    let permissions: Map<String, Json> =
        KINDS.iter().map(|(attribute, member)| ((*member).to_owned(), may(attribute).into())).collect();
    let mut body = json!({
        "tenantId": said(policy, "tenant_id"),
        "objectId": said(policy, "object_id"),
        "permissions": permissions,
    });
    if let Some(application) = said(policy, "application_id") {
        body["applicationId"] = application.into();
    }
    json!({ "properties": { "accessPolicies": [body] } })
}

fn steps(input: &StepInput<'_>, _table: Vec<Step>) -> Vec<Step> {
    let (how, policy) = match input.deed {
        Deed::Create => ("add", input.planned),
        Deed::Update => ("replace", input.planned),
        Deed::Delete => ("remove", input.prior),
    };
    let vault = vault_of(input.id);
    let mut body = written(policy);
    body["name"] = vault.rsplit('/').next().unwrap_or_default().into();
    vec![Step::put(format!("{vault}/accessPolicies/{how}"), input.api, body)]
}
