//! Workloads: what keeps pods running.
//!
//! Source: <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/>

use super::metadata::NAMESPACED;
use super::pod_spec::{POD_SPEC, POD_TEMPLATE};
use super::selector::LABEL_SELECTOR;
use super::storage::CLAIM_TEMPLATE;
use crate::kind::{Api, Kind, Limits, Wait};
use crate::row::{Row, block, flag, number, text, texts};

/// `kubernetes_deployment_v1`
pub const DEPLOYMENT: Kind = Kind::plain(
    "kubernetes_deployment_v1",
    "kubernetes_deployment",
    Api::namespaced("apps/v1", "Deployment", "deployments"),
    &[NAMESPACED, block("spec", DEPLOYMENT_SPEC).required(), WAIT_FOR_ROLLOUT],
)
.waits(Wait::Rollout, Limits::all(10))
.version(1);

/// `kubernetes_stateful_set_v1`
pub const STATEFUL_SET: Kind = Kind::plain(
    "kubernetes_stateful_set_v1",
    "kubernetes_stateful_set",
    Api::namespaced("apps/v1", "StatefulSet", "statefulsets"),
    &[NAMESPACED, block("spec", STATEFUL_SET_SPEC).required(), WAIT_FOR_ROLLOUT],
)
.waits(Wait::Rollout, Limits { read: Some(10), ..Limits::all(10) })
.version(1);

/// `kubernetes_daemon_set_v1`
pub const DAEMON_SET: Kind = Kind::plain(
    "kubernetes_daemon_set_v1",
    "kubernetes_daemonset",
    Api::namespaced("apps/v1", "DaemonSet", "daemonsets"),
    &[NAMESPACED, block("spec", DAEMON_SET_SPEC).required(), WAIT_FOR_ROLLOUT],
)
.waits(Wait::Rollout, Limits::all(10))
.version(1);

/// `kubernetes_pod_v1`
pub const POD: Kind = Kind::plain(
    "kubernetes_pod_v1",
    "kubernetes_pod",
    Api::namespaced("v1", "Pod", "pods"),
    &[NAMESPACED, block("spec", POD_SPEC).required().replaces_within(), texts("target_state").local()],
)
.waits(Wait::Running, Limits { create: Some(5), delete: Some(5), ..Limits::NONE })
.version(1);

const WAIT_FOR_ROLLOUT: Row = flag("wait_for_rollout").or_flag(true).local();

const DEPLOYMENT_SPEC: &[Row] = &[
    number("min_ready_seconds").or_number(0),
    flag("paused").or_flag(false),
    number("progress_deadline_seconds").or_number(600),
    text("replicas").whole().computed(),
    number("revision_history_limit").or_number(10),
    block("selector", LABEL_SELECTOR).replaces_within(),
    block(
        "strategy",
        &[
            block(
                "rolling_update",
                &[
                    text("max_surge").int_or_text().or_text("25%"),
                    text("max_unavailable").int_or_text().or_text("25%"),
                ],
            )
            .computed(),
            text("type").or_text("RollingUpdate"),
        ],
    )
    .computed(),
    POD_TEMPLATE,
];

const STATEFUL_SET_SPEC: &[Row] = &[
    number("min_ready_seconds").or_number(0),
    block(
        "persistent_volume_claim_retention_policy",
        &[text("when_deleted").or_text("Retain"), text("when_scaled").or_text("Retain")],
    )
    .computed(),
    text("pod_management_policy").computed().replaces(),
    text("replicas").whole().computed(),
    number("revision_history_limit").computed().replaces(),
    block("selector", LABEL_SELECTOR).required().replaces_within(),
    text("service_name").required().replaces(),
    POD_TEMPLATE,
    block(
        "update_strategy",
        &[
            block("rolling_update", &[number("partition").or_number(0)]),
            text("type").or_text("RollingUpdate"),
        ],
    ),
    CLAIM_TEMPLATE,
];

const DAEMON_SET_SPEC: &[Row] = &[
    number("min_ready_seconds").or_number(0),
    number("revision_history_limit").or_number(10),
    block("selector", LABEL_SELECTOR).replaces_within(),
    block(
        "strategy",
        &[
            block(
                "rolling_update",
                &[
                    text("max_surge").int_or_text().or_text("0"),
                    text("max_unavailable").int_or_text().or_text("1"),
                ],
            )
            .computed(),
            text("type").or_text("RollingUpdate"),
        ],
    )
    .key("updateStrategy")
    .computed(),
    POD_TEMPLATE,
];
