//! Role definitions: those that are built in, and custom ones.
//!
//! Rule: <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles>

use serde_json::{Value, json};

use super::id::Id;
use super::lists::filtered;
use super::reply::{Refusal, Reply};
use super::request::{Request, Scene};

/// The type of role assignments.
pub(crate) const ASSIGNMENTS: &str = "Microsoft.Authorization/roleAssignments";
/// The type of role definitions.
pub(crate) const DEFINITIONS: &str = "Microsoft.Authorization/roleDefinitions";

/// Built-in roles: name and GUID.
const BUILT_IN: &[(&str, &str)] = &[
    ("Owner", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"),
    ("Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c"),
    ("Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7"),
    ("User Access Administrator", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"),
    ("Role Based Access Control Administrator", "f58310d9-a9f6-439a-9e8d-f62e7b41a168"),
    ("AcrPull", "7f951dda-4ed3-4680-a7ca-43fe172d538d"),
    ("AcrPush", "8311e382-0749-4cb8-b61a-304f252e45ec"),
    ("AcrDelete", "c2f4ef07-c644-48eb-af81-4b1b4947fb11"),
    ("AcrImageSigner", "6cef56e8-d556-48e5-a04f-b8e64114680f"),
    ("Container Registry Repository Reader", "b93aa761-3e63-49ed-ac28-beffa264f7ac"),
    ("Container Registry Repository Writer", "2a1e307c-b015-4ebd-883e-5b7698a07328"),
    ("Storage Blob Data Owner", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"),
    ("Storage Blob Data Contributor", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"),
    ("Storage Blob Data Reader", "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"),
    ("Storage Blob Delegator", "db58b8e5-c6ad-4a2a-8342-4190687cbf4a"),
    ("Storage Account Contributor", "17d1049b-9a84-46fb-8f53-869881c3d3ab"),
    ("Storage Account Key Operator Service Role", "81a9662b-bebf-436f-a333-f67b29880f12"),
    ("Storage File Data SMB Share Contributor", "0c867c2a-1d8c-454a-a3db-ab2ea1bdc8bb"),
    ("Storage File Data SMB Share Reader", "aba4ae5f-2193-4029-9191-0cb91df5e314"),
    ("Storage File Data Privileged Contributor", "69566ab7-960f-475b-8e7c-b3118f30c6bd"),
    ("Storage Queue Data Contributor", "974c5e8b-45b9-4653-ba55-5f855dd0fb88"),
    ("Storage Queue Data Reader", "19e7f393-937e-4f77-808e-94535e297925"),
    ("Storage Table Data Contributor", "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"),
    ("Storage Table Data Reader", "76199698-9eea-4c19-bc75-cec21354c6b6"),
    ("Azure Kubernetes Service Cluster Admin Role", "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8"),
    ("Azure Kubernetes Service Cluster User Role", "4abbcc35-e782-43d8-92c5-2d3f1bd2253f"),
    ("Azure Kubernetes Service Contributor Role", "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8"),
    ("Azure Kubernetes Service RBAC Admin", "3498e952-d568-435e-9b2c-8d77e338d7f7"),
    ("Azure Kubernetes Service RBAC Cluster Admin", "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b"),
    ("Azure Kubernetes Service RBAC Reader", "7f6c6a51-bcf8-42ba-9220-52d62157d7db"),
    ("Azure Kubernetes Service RBAC Writer", "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb"),
    ("Network Contributor", "4d97b98b-1d4f-4787-a291-c67834d212e7"),
    ("Private DNS Zone Contributor", "b12aa53e-6015-4669-85d0-8515ebb3ae7f"),
    ("DNS Zone Contributor", "befefa01-2a29-4197-83a8-272ff33ce314"),
    ("Managed Identity Operator", "f1a07417-d97a-45cb-824c-7a7467783830"),
    ("Managed Identity Contributor", "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59"),
    ("Monitoring Metrics Publisher", "3913510d-42f4-4e42-8a64-420c390055eb"),
    ("Monitoring Reader", "43d0d8ad-25c7-4714-9337-8ba259a9fe05"),
    ("Monitoring Contributor", "749f88d5-cbae-40b8-bcfc-e573ddc772fa"),
    ("Monitoring Data Reader", "b0d8363b-8ddd-447d-831f-62ca05bff136"),
    ("Log Analytics Contributor", "92aaf0da-9dab-42b6-94a3-d43ce8d16293"),
    ("Log Analytics Reader", "73c42c96-874c-492b-b04d-ab87d138a893"),
    ("Grafana Admin", "22926164-76b3-42b3-bc55-97df8dab3e41"),
    ("Grafana Editor", "a79a5197-3a5c-4973-a920-486035ffd60f"),
    ("Grafana Viewer", "60921a7e-fef1-4a43-9b16-a26c52ad4769"),
    ("Key Vault Administrator", "00482a5a-887f-4fb3-b363-3b7fe8e74483"),
    ("Key Vault Certificates Officer", "a4417e6f-fecd-4de8-b567-7b0420556985"),
    ("Key Vault Crypto Officer", "14b46e9e-c2b7-41b4-b07b-48a6ebf60603"),
    ("Key Vault Crypto Service Encryption User", "e147488a-f6f5-4113-8e2d-b22465e65bf6"),
    ("Key Vault Crypto User", "12338af0-0e69-4776-bea7-57ae8d297424"),
    ("Key Vault Reader", "21090545-7ca7-4776-b22c-e363652d74d2"),
    ("Key Vault Secrets Officer", "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"),
    ("Key Vault Secrets User", "4633458b-17de-408a-b874-0445c86b69e6"),
    ("Virtual Machine Contributor", "9980e02c-c2be-4d73-94e8-173b1dc7cf3c"),
    ("AzureML Data Scientist", "f6c7c914-8db3-469d-8ca1-694a8f32e121"),
    ("AzureML Compute Operator", "e503ece1-11d0-4e8e-8e2c-7a6c3bf38815"),
    ("Cognitive Services OpenAI User", "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"),
    ("Azure Event Hubs Data Receiver", "a638d3c7-ab3a-418d-83e6-5f17a39d4fde"),
    ("Azure Event Hubs Data Sender", "2b629674-e913-4c01-ae53-ef4638d8f975"),
    ("Azure Service Bus Data Receiver", "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0"),
    ("Azure Service Bus Data Sender", "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39"),
];

/// The list of definitions that holds at a scope, by name where `$filter` says one.
pub(crate) fn definitions(scene: &Scene<'_>, request: &Request, id: &Id) -> Reply {
    let named = filtered(request, "roleName");
    let only = filtered(request, "type");
    let matches = |name: &str| named.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(name));
    let built_in = BUILT_IN
        .iter()
        .filter(|(name, _)| matches(name) && only.as_ref().is_none_or(|kind| kind == "BuiltInRole"))
        .map(|(name, guid)| built_in(&id.scope, name, guid));
    let custom = scene.tables.objects.values().filter(|object| {
        object.kind.eq_ignore_ascii_case(DEFINITIONS)
            && matches(super::merge::text(&object.body, "properties/roleName"))
            && only.as_ref().is_none_or(|kind| kind == "CustomRole")
    });
    let value: Vec<Value> = built_in.chain(custom.map(|object| Value::Object(object.body.clone()))).collect();
    Reply::body(200, json!({"value": value}))
}

/// One built-in definition. Custom ones are objects.
///
/// # Errors
/// 404 where no role has this GUID.
pub(crate) fn definition(scene: &Scene<'_>, id: &Id) -> Result<Value, Refusal> {
    let guid = id.name();
    if let Some((name, guid)) = BUILT_IN.iter().find(|(_, known)| known.eq_ignore_ascii_case(guid)) {
        return Ok(built_in(&id.scope, name, guid));
    }
    // A custom role is known by its GUID at every scope.
    let ending = format!("/roledefinitions/{}", guid.to_lowercase());
    let custom = scene.tables.objects.iter().find(|(key, _)| key.ends_with(&ending));
    custom.map(|(_, object)| Value::Object(object.body.clone())).ok_or_else(|| {
        let message = format!("The specified role definition with ID '{guid}' does not exist.");
        Refusal::new(404, "RoleDefinitionDoesNotExist", message)
    })
}

fn built_in(scope: &str, name: &str, guid: &str) -> Value {
    // Built-in roles belong to the tenant, and are shown with the subscription they are asked at.
    let subscription: Vec<&str> = scope.split('/').take(3).collect();
    let holder = if scope.to_lowercase().starts_with("/subscriptions/") {
        subscription.join("/")
    } else {
        String::new()
    };
    json!({
        "id": format!("{holder}/providers/{DEFINITIONS}/{guid}"),
        "type": DEFINITIONS,
        "name": guid,
        "properties": {
            "roleName": name,
            "type": "BuiltInRole",
            "description": name,
            "assignableScopes": ["/"],
            "permissions": [{"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}],
            "createdOn": "2015-02-02T21:55:09.8806423Z",
            "updatedOn": "2023-08-21T15:18:30.0000000Z",
            "createdBy": null,
            "updatedBy": null,
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn roles_are_listed_once_and_have_guids() {
        let names: BTreeSet<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
        let guids: BTreeSet<&str> = BUILT_IN.iter().map(|(_, guid)| *guid).collect();
        assert_eq!((names.len(), guids.len()), (BUILT_IN.len(), BUILT_IN.len()));
        assert!(guids.iter().all(|guid| uuid::Uuid::try_parse(guid).is_ok()));
    }
}
