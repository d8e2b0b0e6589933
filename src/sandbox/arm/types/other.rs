//! Types of which the service adds little: key vaults, networks, monitoring, machine learning.

use serde_json::json;

use crate::arm::types::{Draft, Kind, PLAIN, TENANT, guid};

pub(crate) const KINDS: &[Kind] = &[
    Kind { kind: "microsoft.resources/resourcegroups", shown: "Microsoft.Resources/resourceGroups", ..PLAIN },
    Kind { kind: "microsoft.keyvault/vaults", shown: "Microsoft.KeyVault/vaults", complete: vault, ..PLAIN },
    Kind {
        kind: "microsoft.network/virtualnetworks",
        shown: "Microsoft.Network/virtualNetworks",
        complete: network,
        ..PLAIN
    },
    Kind {
        kind: "microsoft.network/publicipaddresses",
        shown: "Microsoft.Network/publicIPAddresses",
        complete: address,
        ..PLAIN
    },
    Kind {
        kind: "microsoft.insights/components",
        shown: "Microsoft.Insights/components",
        complete: component,
        ..PLAIN
    },
    Kind {
        kind: "microsoft.machinelearningservices/workspaces",
        shown: "Microsoft.MachineLearningServices/workspaces",
        millis: 300,
        complete: workspace,
        ..PLAIN
    },
    Kind {
        kind: "microsoft.monitor/accounts",
        shown: "Microsoft.Monitor/accounts",
        complete: monitor,
        ..PLAIN
    },
    Kind {
        kind: "microsoft.dashboard/grafana",
        shown: "Microsoft.Dashboard/grafana",
        complete: grafana,
        ..PLAIN
    },
];

fn vault(draft: &mut Draft<'_>) {
    let uri = format!("https://{}.vault.azure.net/", draft.name);
    draft.keep("properties.vaultUri", uri.into());
    draft.fill("properties.softDeleteRetentionInDays", 90.into());
    draft.fill("properties.networkAcls", json!({ "bypass": "AzureServices", "defaultAction": "Allow", "ipRules": [], "virtualNetworkRules": [] }));
}

fn network(draft: &mut Draft<'_>) {
    let id = draft.id.to_owned();
    draft.keep("properties.resourceGuid", guid(&id, "resource").into());
    draft.fill("properties.virtualNetworkPeerings", json!([]));
    draft.fill("properties.enableDdosProtection", false.into());
    draft.keep("etag", format!("W/\"{}\"", guid(&id, "etag")).into());
}

fn address(draft: &mut Draft<'_>) {
    draft.fill("properties.ipTags", json!([]));
    draft.keep("properties.ipAddress", "203.0.113.10".into());
}

fn component(draft: &mut Draft<'_>) {
    let (id, name) = (draft.id.to_owned(), draft.name.to_owned());
    let key = guid(&id, "key");
    draft.keep("properties.AppId", guid(&id, "app").into());
    let connection = format!(
        "InstrumentationKey={key};IngestionEndpoint=https://{}.in.applicationinsights.azure.com/",
        draft.location()
    );
    draft.keep("properties.InstrumentationKey", key.into());
    draft.keep("properties.ConnectionString", connection.into());
    draft.keep("properties.Name", name.into());
    draft.keep("properties.CreationDate", draft.now.rfc3339().into());
    draft.keep("properties.TenantId", draft.subscription.into());
    draft.fill("properties.IngestionMode", "LogAnalytics".into());
}

fn workspace(draft: &mut Draft<'_>) {
    let (id, location) = (draft.id.to_owned(), draft.location());
    draft.complete_identity();
    draft.keep("properties.workspaceId", guid(&id, "workspace").into());
    draft.keep("properties.discoveryUrl", format!("https://{location}.api.azureml.ms/discovery").into());
    draft.keep(
        "properties.mlFlowTrackingUri",
        format!("azureml://{location}.api.azureml.ms/mlflow/v1.0{id}").into(),
    );
    draft.keep("properties.tenantId", TENANT.into());
    draft.fill("properties.hbiWorkspace", false.into());
    draft.fill("properties.managedNetwork", json!({ "isolationMode": "Disabled" }));
}

fn monitor(draft: &mut Draft<'_>) {
    let (id, location) = (draft.id.to_owned(), draft.location());
    let managed = format!(
        "/subscriptions/{}/resourceGroups/MA_{}_{location}_managed/providers/Microsoft.Insights",
        draft.subscription, draft.name
    );
    draft.keep("properties.accountId", guid(&id, "account").into());
    draft.keep("properties.metrics.internalId", format!("mac_{}", guid(&id, "metrics")).into());
    draft.keep(
        "properties.metrics.prometheusQueryEndpoint",
        format!("https://{}.{location}.prometheus.monitor.azure.com", draft.name).into(),
    );
    draft.keep(
        "properties.defaultIngestionSettings",
        json!({
            "dataCollectionRuleResourceId": format!("{managed}/dataCollectionRules/{}", draft.name),
            "dataCollectionEndpointResourceId": format!("{managed}/dataCollectionEndpoints/{}", draft.name),
        }),
    );
}

fn grafana(draft: &mut Draft<'_>) {
    let id = draft.id.to_owned();
    draft.complete_identity();
    draft.keep(
        "properties.endpoint",
        format!("https://{}-{}.grafana.azure.com", draft.name, super::short(&id, "grafana")).into(),
    );
    draft.keep("properties.grafanaVersion", "12.1.0".into());
}
