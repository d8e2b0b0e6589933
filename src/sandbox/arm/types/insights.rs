//! `Microsoft.Insights` and `Microsoft.AlertsManagement`: application insights, alerts, data collection, diagnostics.

use serde_json::{Value, json};

use super::super::id::Id;
use super::super::reply::Refusal;
use super::super::request::Scene;
use super::super::{derive, groups, merge};
use super::{Kind, State};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "Microsoft.Insights/components",
        api: "2020-02-02",
        created: 200,
        fill: |draft, body| {
            let id = draft.id.text();
            let key = derive::guid(&id, "instrumentation");
            let location = groups::normal(merge::text(body, "location"));
            let endpoint = format!("https://{location}-5.in.applicationinsights.azure.com/");
            merge::put(body, "properties/AppId", derive::guid(&id, "app"));
            merge::put(
                body,
                "properties/ConnectionString",
                format!("InstrumentationKey={key};IngestionEndpoint={endpoint}"),
            );
            merge::put(body, "properties/InstrumentationKey", key);
            merge::put(body, "properties/Name", draft.id.name());
            merge::put(body, "properties/CreationDate", draft.made.rfc3339());
            merge::put(body, "properties/TenantId", draft.id.subscription());
            merge::fill(body, "properties/IngestionMode", "LogAnalytics");
        },
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.Insights/components/currentbillingfeatures",
        api: "2015-05-01",
        created: 200,
        computed: Some(billing),
        ..Kind::PLAIN
    },
    Kind { name: "Microsoft.Insights/actionGroups", api: "2023-01-01", state: State::Absent, ..Kind::PLAIN },
    Kind {
        name: "Microsoft.Insights/metricAlerts",
        api: "2018-03-01",
        created: 200,
        state: State::Absent,
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.Insights/diagnosticSettings",
        api: "2021-05-01-preview",
        created: 200,
        state: State::Absent,
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.Insights/dataCollectionEndpoints",
        api: "2023-03-11",
        created: 200,
        fill: |draft, body| {
            let name = draft.id.name().to_owned();
            let location = groups::normal(merge::text(body, "location"));
            let host = |service: &str| json!({"endpoint": format!("https://{name}.{location}-1.{service}.monitor.azure.com")});
            merge::put(
                body,
                "properties/immutableId",
                format!("dce-{}", derive::hex(&draft.id.text(), "immutable", 32)),
            );
            merge::put(body, "properties/configurationAccess", host("handler.control"));
            merge::put(body, "properties/logsIngestion", host("ingest"));
            merge::put(body, "properties/metricsIngestion", host("metrics.ingest"));
        },
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.Insights/dataCollectionRules",
        api: "2023-03-11",
        created: 200,
        fill: |draft, body| {
            merge::put(
                body,
                "properties/immutableId",
                format!("dcr-{}", derive::hex(&draft.id.text(), "immutable", 32)),
            );
        },
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.Insights/dataCollectionRuleAssociations",
        api: "2023-03-11",
        created: 200,
        state: State::Absent,
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.AlertsManagement/prometheusRuleGroups",
        api: "2023-03-01",
        state: State::Absent,
        ..Kind::PLAIN
    },
];

/// What every component begins with.
fn billing(_scene: &Scene<'_>, id: &Id) -> Result<Value, Refusal> {
    Ok(json!({
        "id": id.text(),
        "name": "currentbillingfeatures",
        "type": "Microsoft.Insights/components/currentbillingfeatures",
        "CurrentBillingFeatures": ["Basic"],
        "DataVolumeCap": {
            "Cap": 100,
            "MaxHistoryCap": 1000,
            "ResetTime": 0,
            "StopSendNotificationWhenHitCap": false,
            "StopSendNotificationWhenHitThreshold": false,
            "WarningThreshold": 90,
        },
        "properties": { "provisioningState": "Succeeded" },
    }))
}
