//! `Microsoft.KubernetesConfiguration`: extensions of a cluster, and what GitOps puts into it.

use serde_json::json;

use super::super::{TENANT, derive, merge};
use super::{Kind, Takes};

const TAKES: Takes = Takes { create: 300, update: 100, delete: 100 };

pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "Microsoft.KubernetesConfiguration/extensions",
        api: "2024-11-01",
        takes: TAKES,
        fill: |draft, body| {
            let name = draft.id.name().to_owned();
            merge::fill(body, "properties/currentVersion", "1.2.3");
            merge::fill(body, "properties/scope", json!({"cluster": {"releaseNamespace": name}}));
            merge::put(body, "properties/isSystemExtension", false);
            let principal = derive::guid(&draft.id.text(), "principal");
            merge::put(
                body,
                "properties/aksAssignedIdentity",
                json!({"type": "SystemAssigned", "principalId": principal, "tenantId": TENANT}),
            );
        },
        ..Kind::PLAIN
    },
    Kind {
        name: "Microsoft.KubernetesConfiguration/fluxConfigurations",
        api: "2025-04-01",
        takes: TAKES,
        fill: |_, body| {
            merge::put(body, "properties/complianceState", "Compliant");
            merge::put(body, "properties/sourceSyncedCommitId", "main@sha1:0");
        },
        ..Kind::PLAIN
    },
];
