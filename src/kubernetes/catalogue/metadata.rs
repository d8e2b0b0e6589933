//! The metadata that every object has.

use crate::row::{Row, block, map, number, text};

const ANNOTATIONS: Row = map("annotations");
const LABELS: Row = map("labels");
const NAME: Row = text("name").computed().replaces();
const GENERATE_NAME: Row = text("generate_name").replaces();
const NAMESPACE: Row = text("namespace").or_text("default").replaces();
const GENERATION: Row = number("generation").read_only();
const RESOURCE_VERSION: Row = text("resource_version").read_only();
const UID: Row = text("uid").read_only();

/// Of an object in a namespace.
pub(super) const NAMESPACED: Row = block(
    "metadata",
    &[ANNOTATIONS, GENERATE_NAME, GENERATION, LABELS, NAME, NAMESPACE, RESOURCE_VERSION, UID],
)
.required();

/// Of an object in a namespace whose name cannot be made up.
pub(super) const NAMED_NAMESPACED: Row =
    block("metadata", &[ANNOTATIONS, GENERATION, LABELS, NAME, NAMESPACE, RESOURCE_VERSION, UID]).required();

/// Of an object of the whole cluster.
pub(super) const OF_CLUSTER: Row =
    block("metadata", &[ANNOTATIONS, GENERATE_NAME, GENERATION, LABELS, NAME, RESOURCE_VERSION, UID])
        .required();

/// Of an object of the whole cluster whose name cannot be made up.
pub(super) const NAMED_OF_CLUSTER: Row =
    block("metadata", &[ANNOTATIONS, GENERATION, LABELS, NAME, RESOURCE_VERSION, UID]).required();

/// Of what is made from a template: the cluster names it.
pub(super) const OF_TEMPLATE: Row = block(
    "metadata",
    &[
        ANNOTATIONS,
        GENERATE_NAME,
        GENERATION,
        LABELS,
        NAME,
        text("namespace").replaces(),
        RESOURCE_VERSION,
        UID,
    ],
);
