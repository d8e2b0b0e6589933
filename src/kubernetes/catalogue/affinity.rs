//! Affinity: near or far from which nodes and pods a pod is to run.

use super::selector::{LABEL_SELECTOR, NODE_SELECTOR_TERM};
use crate::row::{Row, block, blocks, number, text, text_set};

/// `affinity` of a pod.
pub(super) const AFFINITY: &[Row] = &[
    block("node_affinity", NODE_AFFINITY),
    block("pod_affinity", POD_AFFINITY),
    block("pod_anti_affinity", POD_AFFINITY),
];

const NODE_AFFINITY: &[Row] = &[
    block(
        "required_during_scheduling_ignored_during_execution",
        &[blocks("node_selector_term", NODE_SELECTOR_TERM).key("nodeSelectorTerms")],
    ),
    blocks(
        "preferred_during_scheduling_ignored_during_execution",
        &[number("weight").required(), block("preference", NODE_SELECTOR_TERM).required()],
    ),
];

const POD_AFFINITY: &[Row] = &[
    blocks("required_during_scheduling_ignored_during_execution", POD_AFFINITY_TERM),
    blocks(
        "preferred_during_scheduling_ignored_during_execution",
        &[number("weight").required(), block("pod_affinity_term", POD_AFFINITY_TERM).required()],
    ),
];

const POD_AFFINITY_TERM: &[Row] = &[
    block("label_selector", LABEL_SELECTOR),
    block("namespace_selector", LABEL_SELECTOR),
    text_set("namespaces"),
    text("topology_key").required(),
];
