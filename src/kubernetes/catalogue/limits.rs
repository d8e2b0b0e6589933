//! What a namespace may use, and which pods go first.

use super::metadata::{NAMESPACED, OF_CLUSTER};
use crate::kind::{Api, Kind, Limits};
use crate::row::{block, blocks, flag, map, number, text, text_set};

/// `kubernetes_resource_quota_v1`
pub const RESOURCE_QUOTA: Kind = Kind::plain(
    "kubernetes_resource_quota_v1",
    "kubernetes_resource_quota",
    Api::namespaced("v1", "ResourceQuota", "resourcequotas"),
    &[
        NAMESPACED,
        block(
            "spec",
            &[
                map("hard").quantity(),
                block(
                    "scope_selector",
                    &[blocks(
                        "match_expression",
                        &[text("operator").required(), text("scope_name").required(), text_set("values")],
                    )
                    .key("matchExpressions")],
                ),
                text_set("scopes").replaces(),
            ],
        ),
    ],
)
.within(Limits { create: Some(1), update: Some(1), ..Limits::NONE });

/// `kubernetes_limit_range_v1`
pub const LIMIT_RANGE: Kind = Kind::plain(
    "kubernetes_limit_range_v1",
    "kubernetes_limit_range",
    Api::namespaced("v1", "LimitRange", "limitranges"),
    &[
        NAMESPACED,
        block(
            "spec",
            &[blocks(
                "limit",
                &[
                    map("default").quantity(),
                    map("default_request").quantity().computed(),
                    map("max").quantity(),
                    map("max_limit_request_ratio").quantity(),
                    map("min").quantity(),
                    text("type"),
                ],
            )
            .key("limits")],
        ),
    ],
);

/// `kubernetes_priority_class_v1`
pub const PRIORITY_CLASS: Kind = Kind::plain(
    "kubernetes_priority_class_v1",
    "kubernetes_priority_class",
    Api::cluster("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses"),
    &[
        OF_CLUSTER,
        text("description"),
        flag("global_default").or_flag(false),
        text("preemption_policy").or_text("PreemptLowerPriority").replaces(),
        number("value").required().replaces(),
    ],
);
