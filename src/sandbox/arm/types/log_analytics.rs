//! `Microsoft.OperationalInsights/workspaces`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha512};

use crate::arm::types::{Draft, Kind, PLAIN, guid};
use crate::arm::world::Object;

pub(crate) const KINDS: &[Kind] = &[Kind {
    kind: "microsoft.operationalinsights/workspaces",
    shown: "Microsoft.OperationalInsights/workspaces",
    millis: 300,
    complete,
    action,
    ..PLAIN
}];

fn complete(draft: &mut Draft<'_>) {
    let (id, now) = (draft.id.to_owned(), draft.now.rfc3339());
    draft.fill("properties.sku", json!({ "name": "PerGB2018" }));
    draft.fill("properties.retentionInDays", 30.into());
    draft.fill("properties.features", json!({ "enableLogAccessUsingOnlyResourcePermissions": true }));
    draft.fill("properties.workspaceCapping", json!({ "dailyQuotaGb": -1.0 }));
    draft.fill("properties.publicNetworkAccessForIngestion", "Enabled".into());
    draft.fill("properties.publicNetworkAccessForQuery", "Enabled".into());
    draft.keep("properties.customerId", guid(&id, "customer").into());
    draft.keep("properties.createdDate", now.clone().into());
    crate::arm::types::set(draft.body, "properties.modifiedDate", now.into());
}

fn action(action: &str, workspace: &Object) -> Option<Json> {
    action.eq_ignore_ascii_case("sharedKeys").then(|| {
        let key = |name: &str| STANDARD.encode(Sha512::digest(guid(&workspace.id, name).as_bytes()));
        json!({ "primarySharedKey": key("primary"), "secondarySharedKey": key("secondary") })
    })
}
