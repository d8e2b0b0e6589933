//! `Microsoft.MachineLearningServices`: workspaces, computes, datastores.

use serde_json::json;

use super::super::{TENANT, derive, groups, merge};
use super::{Kind, Takes};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "Microsoft.MachineLearningServices/workspaces",
        api: "2025-06-01",
        created: 200,
        takes: Takes { create: 400, update: 100, delete: 200 },
        fill: |draft, body| {
            let id = draft.id.text();
            let location = groups::normal(merge::text(body, "location"));
            let host = format!("{location}.api.azureml.ms");
            merge::put(body, "properties/workspaceId", derive::guid(&id, "workspace"));
            merge::put(body, "properties/discoveryUrl", format!("https://{host}/discovery"));
            merge::put(body, "properties/mlFlowTrackingUri", format!("azureml://{host}/mlflow/v1.0{id}"));
            merge::put(body, "properties/tenantId", TENANT);
            merge::fill(body, "properties/hbiWorkspace", false);
            merge::fill(body, "properties/managedNetwork", json!({"isolationMode": "Disabled"}));
        },
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.MachineLearningServices/workspaces/computes",
        api: "2025-06-01",
        takes: Takes { create: 300, update: 100, delete: 100 },
        fill: |draft, body| {
            merge::put(body, "properties/createdOn", draft.made.rfc3339());
            merge::put(body, "properties/modifiedOn", draft.scene.now.rfc3339());
            merge::fill(body, "properties/isAttachedCompute", false);
            merge::fill(body, "properties/disableLocalAuth", false);
            if merge::text(body, "properties/computeType") == "AmlCompute" {
                merge::fill(body, "properties/properties/osType", "Linux");
                merge::fill(body, "properties/properties/allocationState", "Steady");
                merge::fill(body, "properties/properties/currentNodeCount", 0);
                merge::fill(body, "properties/properties/targetNodeCount", 0);
            }
        },
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.MachineLearningServices/workspaces/dataStores",
        api: "2025-06-01",
        ..Kind::PLAIN
    },
];
