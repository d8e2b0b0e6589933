//! Storage: claims, volumes, classes.
//!
//! Source: <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/>

use super::metadata::{NAMESPACED, OF_CLUSTER};
use super::selector::{LABEL_SELECTOR, NODE_SELECTOR_TERM};
use super::volume::PERSISTENT_SOURCE;
use crate::kind::{Api, Kind, Limits, Wait};
use crate::row::{Row, block, blocks, flag, inline, map, text, text_set};

/// `spec` of a claim.
pub(super) const CLAIM_SPEC: &[Row] = &[
    text_set("access_modes").required().replaces(),
    block("resources", &[map("limits").quantity().replaces(), map("requests").quantity()]).required(),
    block("selector", LABEL_SELECTOR).replaces_within(),
    text("storage_class_name").computed().replaces(),
    text("volume_mode").computed().replaces(),
    text("volume_name").computed().replaces(),
];

/// `volume_claim_template` of a StatefulSet.
pub(super) const CLAIM_TEMPLATE: Row =
    blocks("volume_claim_template", &[NAMESPACED, block("spec", CLAIM_SPEC).required()])
        .key("volumeClaimTemplates")
        .replaces_within();

/// `kubernetes_persistent_volume_claim_v1`
pub const PERSISTENT_VOLUME_CLAIM: Kind = Kind::plain(
    "kubernetes_persistent_volume_claim_v1",
    "kubernetes_persistent_volume_claim",
    Api::namespaced("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    &[NAMESPACED, block("spec", CLAIM_SPEC).required(), flag("wait_until_bound").or_flag(true).local()],
)
.waits(Wait::Bound, Limits { create: Some(5), ..Limits::NONE });

/// `kubernetes_persistent_volume_v1`
pub const PERSISTENT_VOLUME: Kind = Kind::plain(
    "kubernetes_persistent_volume_v1",
    "kubernetes_persistent_volume",
    Api::cluster("v1", "PersistentVolume", "persistentvolumes"),
    &[
        OF_CLUSTER,
        block(
            "spec",
            &[
                text_set("access_modes").required(),
                map("capacity").quantity().required(),
                block("claim_ref", &[text("name").required(), text("namespace").or_text("default")])
                    .computed(),
                text_set("mount_options"),
                block(
                    "node_affinity",
                    &[block(
                        "required",
                        &[blocks("node_selector_term", NODE_SELECTOR_TERM)
                            .key("nodeSelectorTerms")
                            .required()],
                    )],
                )
                .computed(),
                text("persistent_volume_reclaim_policy").or_text("Retain"),
                inline("persistent_volume_source", PERSISTENT_SOURCE).required().replaces_within(),
                text("storage_class_name"),
                text("volume_mode").or_text("Filesystem").replaces(),
            ],
        )
        .required(),
    ],
)
.within(Limits { create: Some(5), ..Limits::NONE });

/// `kubernetes_storage_class_v1`
pub const STORAGE_CLASS: Kind = Kind::plain(
    "kubernetes_storage_class_v1",
    "kubernetes_storage_class",
    Api::cluster("storage.k8s.io/v1", "StorageClass", "storageclasses"),
    &[
        OF_CLUSTER,
        flag("allow_volume_expansion").or_flag(true),
        blocks(
            "allowed_topologies",
            &[blocks("match_label_expressions", &[text("key"), text_set("values")])],
        )
        .replaces_within(),
        text_set("mount_options").replaces(),
        map("parameters").replaces(),
        text("reclaim_policy").or_text("Delete").replaces(),
        text("storage_provisioner").key("provisioner").required().replaces(),
        text("volume_binding_mode").or_text("Immediate").replaces(),
    ],
);
