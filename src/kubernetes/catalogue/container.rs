//! A container of a pod.

use crate::row::{Row, block, blocks, flag, map, number, text, texts};

/// `container` and `init_container` of a pod.
pub(super) const CONTAINER: &[Row] = &[
    texts("args"),
    texts("command"),
    blocks("env", ENVIRONMENT),
    blocks("env_from", ENVIRONMENT_FROM),
    text("image"),
    text("image_pull_policy").computed(),
    block("lifecycle", &[block("post_start", HANDLER), block("pre_stop", HANDLER)]),
    block("liveness_probe", PROBE),
    text("name").required(),
    blocks("port", PORT).key("ports"),
    block("readiness_probe", PROBE),
    block("resources", RESOURCES).computed(),
    text("restart_policy").computed(),
    block("security_context", SECURITY_CONTEXT),
    block("startup_probe", PROBE),
    flag("stdin").or_flag(false),
    flag("stdin_once").or_flag(false),
    text("termination_message_path").or_text("/dev/termination-log"),
    text("termination_message_policy").computed(),
    flag("tty").or_flag(false),
    blocks("volume_device", &[text("device_path").required(), text("name").required()]).key("volumeDevices"),
    blocks("volume_mount", VOLUME_MOUNT).key("volumeMounts"),
    text("working_dir"),
];

const ENVIRONMENT: &[Row] = &[
    text("name").required(),
    text("value"),
    block(
        "value_from",
        &[
            block("config_map_key_ref", &[text("key"), text("name"), flag("optional")]),
            block("field_ref", &[text("api_version").or_text("v1"), text("field_path")]),
            block(
                "resource_field_ref",
                &[
                    text("container_name"),
                    text("divisor").quantity().or_text("1"),
                    text("resource").required(),
                ],
            ),
            block("secret_key_ref", &[text("key"), text("name"), flag("optional")]),
        ],
    ),
];

const ENVIRONMENT_FROM: &[Row] = &[
    block("config_map_ref", &[text("name").required(), flag("optional")]),
    text("prefix"),
    block("secret_ref", &[text("name").required(), flag("optional")]),
];

const EXEC: Row = block("exec", &[texts("command")]);
const HTTP_GET: Row = block(
    "http_get",
    &[
        text("host"),
        blocks("http_header", &[text("name"), text("value")]).key("httpHeaders"),
        text("path"),
        text("port").int_or_text(),
        text("scheme").or_text("HTTP"),
    ],
);
const TCP_SOCKET: Row = block("tcp_socket", &[text("port").int_or_text().required()]);

const HANDLER: &[Row] = &[EXEC, HTTP_GET, TCP_SOCKET];

const PROBE: &[Row] = &[
    EXEC,
    number("failure_threshold").or_number(3),
    block("grpc", &[number("port").required(), text("service")]),
    HTTP_GET,
    number("initial_delay_seconds"),
    number("period_seconds").or_number(10),
    number("success_threshold").or_number(1),
    TCP_SOCKET,
    number("timeout_seconds").or_number(1),
];

const PORT: &[Row] = &[
    number("container_port").required(),
    text("host_ip").key("hostIP"),
    number("host_port"),
    text("name"),
    text("protocol").or_text("TCP"),
];

/// What a container may use and what it is sure to get.
pub(super) const RESOURCES: &[Row] =
    &[map("limits").quantity().computed(), map("requests").quantity().computed()];

const VOLUME_MOUNT: &[Row] = &[
    text("mount_path").required(),
    text("mount_propagation").or_text("None"),
    text("name").required(),
    flag("read_only").or_flag(false),
    text("sub_path"),
    text("sub_path_expr"),
];

const SECURITY_CONTEXT: &[Row] = &[
    flag("allow_privilege_escalation").or_flag(true),
    block("capabilities", &[texts("add"), texts("drop")]),
    flag("privileged").or_flag(false),
    flag("read_only_root_filesystem").or_flag(false),
    text("run_as_group").whole(),
    flag("run_as_non_root"),
    text("run_as_user").whole(),
    block("seccomp_profile", SECCOMP_PROFILE),
    block("se_linux_options", SE_LINUX_OPTIONS),
];

/// A seccomp profile.
pub(super) const SECCOMP_PROFILE: &[Row] = &[text("localhost_profile"), text("type").or_text("Unconfined")];

/// SELinux labels.
pub(super) const SE_LINUX_OPTIONS: &[Row] = &[text("level"), text("role"), text("type"), text("user")];
