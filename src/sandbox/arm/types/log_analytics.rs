//! `Microsoft.OperationalInsights` and `Microsoft.OperationsManagement`: Log Analytics workspaces and their solutions.

use serde_json::json;

use super::super::{derive, merge};
use super::Kind;

pub(super) const KINDS: &[Kind] = &[WORKSPACE, SOLUTION];

/// What a workspace makes of the logs of one kind.
const SOLUTION: Kind =
    Kind { name: "Microsoft.OperationsManagement/solutions", api: "2015-11-01-preview", ..Kind::PLAIN };

const WORKSPACE: Kind = Kind {
    name: "Microsoft.OperationalInsights/workspaces",
    api: "2025-07-01",
    fill: |draft, body| {
        merge::fill_all(
            body,
            &[
                ("properties/sku", json!({"name": "PerGB2018"})),
                ("properties/retentionInDays", json!(30)),
                ("properties/features", json!({"enableLogAccessUsingOnlyResourcePermissions": true})),
                ("properties/workspaceCapping", json!({"dailyQuotaGb": -1})),
                ("properties/publicNetworkAccessForIngestion", json!("Enabled")),
                ("properties/publicNetworkAccessForQuery", json!("Enabled")),
            ],
        );
        merge::put(body, "properties/customerId", derive::guid(&draft.id.text(), "customer"));
        merge::put(body, "properties/createdDate", draft.made.rfc3339());
        merge::put(body, "properties/modifiedDate", draft.scene.now.rfc3339());
    },
    actions: &[("sharedKeys", |_, object, _| {
        let key = |part| derive::key(&object.id, part);
        Ok(json!({"primarySharedKey": key("primary"), "secondarySharedKey": key("secondary")}))
    })],
    ..Kind::PLAIN
};
