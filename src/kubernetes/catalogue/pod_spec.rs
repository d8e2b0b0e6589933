//! What a pod consists of, and templates of pods.

use super::affinity::AFFINITY;
use super::container::{CONTAINER, SE_LINUX_OPTIONS, SECCOMP_PROFILE};
use super::metadata::OF_TEMPLATE;
use super::selector::LABEL_SELECTOR;
use super::volume::VOLUME;
use crate::row::{Row, block, blocks, flag, map, number, number_set, text, text_set, texts};

/// The rows of a pod's specification that depend on what the pod belongs to.
macro_rules! pod_spec {
    ($restart_policy:literal) => {
        &[
            number("active_deadline_seconds"),
            block("affinity", AFFINITY),
            flag("automount_service_account_token").or_flag(true),
            blocks("container", CONTAINER).key("containers"),
            block("dns_config", DNS_CONFIG),
            text("dns_policy").or_text("ClusterFirst"),
            flag("enable_service_links").or_flag(true),
            blocks("host_aliases", &[texts("hostnames").required(), text("ip").required()]),
            flag("host_ipc").key("hostIPC").or_flag(false),
            flag("host_network").or_flag(false),
            flag("host_pid").key("hostPID").or_flag(false),
            text("hostname").computed(),
            blocks("image_pull_secrets", &[text("name").required()]).computed(),
            blocks("init_container", CONTAINER).key("initContainers"),
            text("node_name").computed(),
            map("node_selector"),
            block("os", &[text("name").required()]),
            text("priority_class_name"),
            blocks("readiness_gate", &[text("condition_type").required()]).key("readinessGates").computed(),
            text("restart_policy").or_text($restart_policy),
            text("runtime_class_name"),
            text("scheduler_name").computed(),
            block("security_context", SECURITY_CONTEXT),
            text("service_account_name").computed(),
            flag("share_process_namespace").or_flag(false),
            text("subdomain"),
            number("termination_grace_period_seconds").or_number(30),
            blocks("toleration", TOLERATION).key("tolerations"),
            blocks("topology_spread_constraint", TOPOLOGY_SPREAD_CONSTRAINT).key("topologySpreadConstraints"),
            blocks("volume", VOLUME).key("volumes"),
        ]
    };
}

/// `spec` of a pod that runs on.
pub(super) const POD_SPEC: &[Row] = pod_spec!("Always");

/// `spec` of a pod that comes to an end.
const JOB_POD_SPEC: &[Row] = pod_spec!("Never");

/// `template` of a Deployment, StatefulSet or DaemonSet.
pub(super) const POD_TEMPLATE: Row = block("template", &[OF_TEMPLATE, block("spec", POD_SPEC)]).required();

/// `template` of a Job.
pub(super) const JOB_POD_TEMPLATE: Row =
    block("template", &[OF_TEMPLATE, block("spec", JOB_POD_SPEC)]).required();

const DNS_CONFIG: &[Row] = &[
    texts("nameservers"),
    blocks("option", &[text("name").required(), text("value")]).key("options"),
    texts("searches"),
];

const SECURITY_CONTEXT: &[Row] = &[
    text("fs_group").whole(),
    text("fs_group_change_policy"),
    text("run_as_group").whole(),
    flag("run_as_non_root"),
    text("run_as_user").whole(),
    block("se_linux_options", SE_LINUX_OPTIONS),
    block("seccomp_profile", SECCOMP_PROFILE),
    number_set("supplemental_groups"),
    blocks("sysctl", &[text("name").required(), text("value").required()]).key("sysctls"),
    block(
        "windows_options",
        &[
            text("gmsa_credential_spec"),
            text("gmsa_credential_spec_name"),
            flag("host_process").or_flag(false),
            text("run_as_username").key("runAsUserName"),
        ],
    ),
];

const TOLERATION: &[Row] = &[
    text("effect"),
    text("key"),
    text("operator").or_text("Equal"),
    text("toleration_seconds").whole(),
    text("value"),
];

const TOPOLOGY_SPREAD_CONSTRAINT: &[Row] = &[
    block("label_selector", LABEL_SELECTOR),
    text_set("match_label_keys"),
    number("max_skew").or_number(1),
    number("min_domains"),
    text("node_affinity_policy"),
    text("node_taints_policy"),
    text("topology_key"),
    text("when_unsatisfiable").or_text("DoNotSchedule"),
];
