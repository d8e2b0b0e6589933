//! What pods are given: namespaces, service accounts, configuration, secrets.

use super::metadata::{NAMESPACED, OF_CLUSTER};
use crate::kind::{Api, Kind, Limits};
use crate::row::{block_set, flag, map, number, text};

/// `kubernetes_namespace_v1`
pub const NAMESPACE: Kind = Kind::plain(
    "kubernetes_namespace_v1",
    "kubernetes_namespace",
    Api::cluster("v1", "Namespace", "namespaces"),
    &[OF_CLUSTER, flag("wait_for_default_service_account").or_flag(false).local()],
)
.within(Limits { delete: Some(5), ..Limits::NONE });

/// `kubernetes_service_account_v1`
pub const SERVICE_ACCOUNT: Kind = Kind::plain(
    "kubernetes_service_account_v1",
    "kubernetes_service_account",
    Api::namespaced("v1", "ServiceAccount", "serviceaccounts"),
    &[
        NAMESPACED,
        flag("automount_service_account_token").or_flag(true),
        text("default_secret_name")
            .read_only()
            .local()
            .deprecated("Since Kubernetes 1.24 there is no secret of a service account."),
        block_set("image_pull_secret", &[text("name")]).key("imagePullSecrets"),
        block_set("secret", &[text("name")]).key("secrets"),
    ],
)
.within(Limits { create: Some(1), ..Limits::NONE });

/// `kubernetes_config_map_v1`
pub const CONFIG_MAP: Kind = Kind::plain(
    "kubernetes_config_map_v1",
    "kubernetes_config_map",
    Api::namespaced("v1", "ConfigMap", "configmaps"),
    &[NAMESPACED, map("binary_data"), map("data"), flag("immutable")],
);

/// `kubernetes_secret_v1`
pub const SECRET: Kind = Kind::plain(
    "kubernetes_secret_v1",
    "kubernetes_secret",
    Api::namespaced("v1", "Secret", "secrets"),
    &[
        NAMESPACED,
        map("binary_data").key("data").sensitive(),
        map("binary_data_wo").key("data").write_only(),
        number("binary_data_wo_revision").local(),
        map("data").base64().computed().sensitive(),
        map("data_wo").key("data").base64().write_only(),
        number("data_wo_revision").local(),
        flag("immutable"),
        text("type").or_text("Opaque").replaces(),
        flag("wait_for_service_account_token").or_flag(true).local(),
    ],
)
.within(Limits { create: Some(1), ..Limits::NONE });
