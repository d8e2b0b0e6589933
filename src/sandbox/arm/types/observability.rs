//! `Microsoft.Monitor` and `Microsoft.Dashboard`: managed Prometheus and Grafana.

use serde_json::json;

use super::super::{derive, groups, merge};
use super::{Kind, Takes};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "Microsoft.Monitor/accounts",
        api: "2023-04-03",
        fill: |draft, body| {
            let id = draft.id.text();
            let name = draft.id.name().to_owned();
            let location = groups::normal(merge::text(body, "location"));
            let internal = derive::guid(&id, "metrics");
            let managed = format!(
                "/subscriptions/{}/resourceGroups/MA_{name}_{location}_managed/providers/Microsoft.Insights",
                draft.id.subscription()
            );
            merge::put(body, "properties/accountId", derive::guid(&id, "account"));
            merge::put(
                body,
                "properties/metrics",
                json!({
                    "internalId": format!("mac_{internal}"),
                    "prometheusQueryEndpoint": format!("https://{name}-{}.{location}.prometheus.monitor.azure.com", &internal[..4]),
                }),
            );
            merge::put(
                body,
                "properties/defaultIngestionSettings",
                json!({
                    "dataCollectionRuleResourceId": format!("{managed}/dataCollectionRules/{name}"),
                    "dataCollectionEndpointResourceId": format!("{managed}/dataCollectionEndpoints/{name}"),
                }),
            );
        },
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.Dashboard/grafana",
        api: "2025-08-01",
        takes: Takes { create: 400, update: 100, delete: 200 },
        fill: |draft, body| {
            let digits = derive::hex(&draft.id.text(), "endpoint", 8);
            merge::fill(body, "properties/grafanaMajorVersion", "12");
            let major = merge::text(body, "properties/grafanaMajorVersion").to_owned();
            merge::put(
                body,
                "properties/endpoint",
                format!("https://{}-{digits}.grafana.azure.com", draft.id.name()),
            );
            merge::put(body, "properties/grafanaVersion", format!("{major}.1.0"));
        },
        ..Kind::PLAIN
    },
];
