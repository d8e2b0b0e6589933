//! Volumes: what a pod mounts.

use super::storage::CLAIM_SPEC;
use crate::row::{Row, block, blocks, flag, map, number, text};

/// `volume` of a pod. Of volumes of single clouds, those of Azure are here.
pub(super) const VOLUME: &[Row] = &[
    AZURE_DISK,
    AZURE_FILE,
    block(
        "config_map",
        &[text("default_mode").octal().or_text("0644"), ITEMS, text("name"), flag("optional")],
    ),
    CSI,
    block("downward_api", &[text("default_mode").octal().or_text("0644"), blocks("items", DOWNWARD_ITEM)])
        .key("downwardAPI"),
    block("empty_dir", &[text("medium"), text("size_limit").quantity()]),
    block(
        "ephemeral",
        &[block(
            "volume_claim_template",
            &[block("metadata", &[map("annotations"), map("labels")]), block("spec", CLAIM_SPEC).required()],
        )
        .required()],
    ),
    HOST_PATH,
    ISCSI,
    text("name"),
    NFS,
    block("persistent_volume_claim", &[text("claim_name"), flag("read_only").or_flag(false)]),
    block(
        "projected",
        &[text("default_mode").octal().or_text("0644"), blocks("sources", PROJECTED_SOURCE).required()],
    ),
    block(
        "secret",
        &[text("default_mode").octal().or_text("0644"), ITEMS, flag("optional"), text("secret_name")],
    ),
];

const ITEMS: Row = blocks("items", &[text("key"), text("mode").octal(), text("path")]);

const DOWNWARD_ITEM: &[Row] = &[
    block("field_ref", &[text("api_version").or_text("v1"), text("field_path")]),
    text("mode").octal(),
    text("path").required(),
    block(
        "resource_field_ref",
        &[
            text("container_name").required(),
            text("divisor").quantity().or_text("1"),
            text("resource").required(),
        ],
    ),
];

const PROJECTED_SOURCE: &[Row] = &[
    block("config_map", &[ITEMS, text("name"), flag("optional")]),
    block("downward_api", &[blocks("items", DOWNWARD_ITEM)]).key("downwardAPI"),
    block("secret", &[ITEMS, text("name"), flag("optional")]),
    block(
        "service_account_token",
        &[text("audience"), number("expiration_seconds").or_number(3600), text("path").required()],
    ),
];

const AZURE_DISK: Row = block(
    "azure_disk",
    &[
        text("caching_mode").required(),
        text("data_disk_uri").key("diskURI").required(),
        text("disk_name").required(),
        text("fs_type"),
        text("kind").computed(),
        flag("read_only").or_flag(false),
    ],
);

const AZURE_FILE: Row =
    block("azure_file", &[flag("read_only"), text("secret_name").required(), text("share_name").required()]);

const CSI: Row = block(
    "csi",
    &[
        text("driver").required(),
        text("fs_type"),
        block("node_publish_secret_ref", &[text("name")]),
        flag("read_only"),
        map("volume_attributes"),
    ],
);

const HOST_PATH: Row = block("host_path", &[text("path"), text("type")]);

const ISCSI: Row = block(
    "iscsi",
    &[
        text("fs_type"),
        text("iqn").required(),
        text("iscsi_interface").or_text("default"),
        number("lun"),
        flag("read_only"),
        text("target_portal").required(),
    ],
);

const NFS: Row = block("nfs", &[text("path").required(), flag("read_only"), text("server").required()]);

/// What a persistent volume lies on.
pub(super) const PERSISTENT_SOURCE: &[Row] = &[
    AZURE_DISK,
    block(
        "azure_file",
        &[
            flag("read_only"),
            text("secret_name").required(),
            text("secret_namespace"),
            text("share_name").required(),
        ],
    ),
    block(
        "csi",
        &[
            block("controller_expand_secret_ref", SECRET),
            block("controller_publish_secret_ref", SECRET),
            text("driver").required(),
            text("fs_type"),
            block("node_publish_secret_ref", SECRET),
            block("node_stage_secret_ref", SECRET),
            flag("read_only"),
            map("volume_attributes"),
            text("volume_handle").required(),
        ],
    ),
    HOST_PATH,
    ISCSI,
    block("local", &[text("path")]),
    NFS,
];

const SECRET: &[Row] = &[text("name"), text("namespace")];
