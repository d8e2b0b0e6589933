//! Autoscalers and disruption budgets: how many pods there are to be.

use super::metadata::NAMESPACED;
use super::selector::LABEL_SELECTOR;
use crate::kind::{Api, Kind};
use crate::row::{Row, block, blocks, number, text};

/// `kubernetes_horizontal_pod_autoscaler_v2`
pub const HORIZONTAL_POD_AUTOSCALER: Kind = Kind::plain(
    "kubernetes_horizontal_pod_autoscaler_v2",
    "",
    Api::namespaced("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
    &[NAMESPACED, block("spec", AUTOSCALER_SPEC).required()],
)
.without_alias();

/// `kubernetes_pod_disruption_budget_v1`
pub const POD_DISRUPTION_BUDGET: Kind = Kind::plain(
    "kubernetes_pod_disruption_budget_v1",
    "",
    Api::namespaced("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"),
    &[
        NAMESPACED,
        block(
            "spec",
            &[
                text("max_unavailable").int_or_text(),
                text("min_available").int_or_text(),
                block("selector", LABEL_SELECTOR).required(),
            ],
        )
        .required(),
    ],
)
.without_alias();

const AUTOSCALER_SPEC: &[Row] = &[
    block("behavior", &[block("scale_down", SCALING).computed(), block("scale_up", SCALING).computed()])
        .computed(),
    number("max_replicas").required(),
    blocks("metric", METRIC).key("metrics").computed(),
    number("min_replicas").or_number(1),
    block("scale_target_ref", &[text("api_version"), text("kind").required(), text("name").required()])
        .required(),
];

const SCALING: &[Row] = &[
    blocks(
        "policy",
        &[number("period_seconds").required(), text("type").required(), number("value").required()],
    )
    .key("policies")
    .required(),
    text("select_policy"),
    number("stabilization_window_seconds"),
];

const TARGET: Row = block(
    "target",
    &[
        number("average_utilization"),
        text("average_value").quantity(),
        text("type").required(),
        text("value").quantity(),
    ],
);

const METRIC_NAME: Row =
    block("metric", &[text("name").required(), block("selector", LABEL_SELECTOR)]).required();

const METRIC: &[Row] = &[
    block("container_resource", &[text("container").required(), text("name").required(), TARGET]),
    block("external", &[METRIC_NAME, TARGET]),
    block(
        "object",
        &[
            block(
                "described_object",
                &[text("api_version").required(), text("kind").required(), text("name").required()],
            )
            .required(),
            METRIC_NAME,
            TARGET,
        ],
    ),
    block("pods", &[METRIC_NAME, TARGET]),
    block("resource", &[text("name").required(), TARGET]),
    text("type").required(),
];
